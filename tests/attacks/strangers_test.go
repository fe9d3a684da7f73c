// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT

package attacks

import (
	"bytes"
	"encoding/binary"
	"errors"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/femtocontainer/femtocontainer/cbridge"
	"github.com/femtocontainer/femtocontainer/femto/asm"
	"github.com/femtocontainer/femtocontainer/femto/convert"
	"github.com/femtocontainer/femtocontainer/femto/diag"
	"github.com/femtocontainer/femtocontainer/femto/image"
	"github.com/femtocontainer/femtocontainer/femto/isa"
	"github.com/femtocontainer/femtocontainer/femto/link"
	"github.com/femtocontainer/femtocontainer/tests/engines"
	"github.com/femtocontainer/femtocontainer/tests/sanitizer"
)

const noiseSize = 16 << 20

// seeds are good images of several shapes.
func seeds() [][]byte {
	hook := &[16]byte{1, 2, 3, 4}
	big := assemble(`
	.frame 64
	.depth 3
	r6 = r1
	r1 = d ll
	r2 = 4
	call 3
	r7 = r0
	call f
	if r0 s> -5 goto out
	r0 = 0x1122334455667788 ll
out:	r0 += r7
	r3 = *(u16 *)(r6 + 1)
	lock *(u64 *)(r10 - 8) += r3
	exit
f:	r0 = r ll
	r0 = *(u64 *)(r0 + 0)
	w0 /= 7
	exit
	.rodata
r:	.quad 0x8000000000000001
	.data
d:	.byte 1, 2, 3, 4
	.bss
	.zero 12`)
	big.Entries = []image.Entry{{Name: "main", Hook: hook}, {Name: "f", Slot: 15}, {Name: "g", Slot: 15, Hook: hook}}
	signed := assemble("r0 = 1\nexit")
	signed.Signature = []byte{0xd2, 1, 2, 3, 4, 5}
	return [][]byte{
		encode(assemble("exit")), encode(assemble("r0 = 0\nloop: r0 += 1\nif r0 < 50 goto loop\nexit")), encode(big), encode(signed),
	}
}

// agreed gives each image to the host's decoder and verifier, to the C core as
// it ships, and to the core with sanitizers; all must come to one verdict, and
// where it is to run, to one outcome. It returns the verdicts.
func agreed(t *testing.T, images [][]byte) (verdicts []Outcome) {
	t.Helper()
	var cases []sanitizer.Case
	for _, b := range images {
		a := Attack{Image: b, Fuel: 500, Ctx: []byte{1, 2, 3, 4, 5}}
		v := a.Run(engines.Reference)
		if v.Refused {
			code, pc := cbridge.Check(b, engines.Granted)
			require.Equal(t, v, refused(code, int(pc)), "% x", cut(b))
			require.True(t, isCode(code), "% x", cut(b))
		}
		verdicts = append(verdicts, v)
		cases = append(cases, a.sanitizerCase())
	}
	sanitized(t, cases, func(build string, i int, line string) {
		require.Equal(t, verdicts[i], outcome(t, line), "%s: % x", build, cut(images[i]))
	})
	return verdicts
}

func cut(b []byte) []byte { return b[:min(len(b), 400)] }

// TestTruncatedAnywhere: every beginning of an image is refused.
func TestTruncatedAnywhere(t *testing.T) {
	var images [][]byte
	for _, b := range seeds() {
		for n := range b {
			images = append(images, b[:n])
		}
	}
	for i, v := range agreed(t, images) {
		assert.True(t, v.Refused, "% x", images[i])
	}
	t.Logf("%d beginnings of %d images refused", len(images), len(seeds()))
}

// TestEveryLength sets each length of the header to each value that a careless
// loader gets wrong, alone and in pairs.
func TestEveryLength(t *testing.T) {
	var images [][]byte
	for _, b := range seeds()[1:3] {
		n := uint32(len(b))
		values := []uint32{0, 1, 7, 8, 9, n - 1, n, n + 1, isa.MaxSegment, isa.MaxSegment + 1, 1<<24 - 1, 1 << 24,
			0x7fffffff, 0x80000000, 0xfffffff0, 0xfffffff8, 0xffffffff, -n, -n + 8}
		fields := []int{atTotal, atText, atROData, atData, atBSS}
		for i, f := range fields {
			for _, v := range values {
				images = append(images, patch(b, f, v))
				for _, g := range fields[:i] {
					for _, w := range values {
						images = append(images, patch(patch(b, f, v), g, w))
					}
				}
			}
		}
		// The header's bytes, entries and helpers take every value.
		for at := range min(len(b), 100) {
			step := 1
			if at > atBSS && at < image.HeaderSize {
				step = 37 // each of these costs megabytes to clear
			}
			for v := 0; v < 256; v += step {
				c := append([]byte(nil), b...)
				c[at] = byte(v)
				images = append(images, c)
			}
		}
	}
	refusals := 0
	for _, v := range agreed(t, images) {
		if v.Refused {
			refusals++
		}
	}
	assert.Greater(t, refusals, len(images)/2)
	t.Logf("%d of %d images refused", refusals, len(images))
}

// TestMutations changes a few bytes anywhere; what is accepted then runs.
func TestMutations(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	var images [][]byte
	good := seeds()
	for range 8_000 {
		b := append([]byte(nil), good[rng.IntN(len(good))]...)
		for range 1 + rng.IntN(3) {
			at := rng.IntN(len(b))
			switch rng.IntN(4) {
			case 0:
				b[at] ^= 1 << rng.IntN(8)
			case 1:
				b[at] = byte(rng.IntN(256))
			case 2:
				b[at] = []byte{0, 1, 0x18, 0x85, 0x95, 0x7f, 0x80, 0xff}[rng.IntN(8)]
			case 3:
				b[at] = b[rng.IntN(len(b))]
			}
		}
		images = append(images, b)
	}
	ran := 0
	for _, v := range agreed(t, images) {
		if !v.Refused {
			ran++
		}
	}
	assert.Greater(t, ran, 500)
	assert.Less(t, ran, 7_500)
	t.Logf("%d refused, %d ran", len(images)-ran, ran)
}

// noise is 16 MiB of several kinds: random bytes, random text, one byte over
// and over, and noise behind a good beginning.
func noise(good []byte) [][]byte {
	rng := rand.New(rand.NewPCG(3, 4))
	random := make([]byte, noiseSize)
	for i := 0; i < len(random); i += 8 {
		binary.LittleEndian.PutUint64(random[i:], rng.Uint64())
	}
	text := make([]byte, noiseSize)
	for i := range text {
		text[i] = "\n\t r0123456789+-*/=(),;:.abcdefgxyz\"%#"[random[i]%38]
	}
	behind := append(append([]byte(nil), good...), random[len(good):]...)
	return [][]byte{random, text, bytes.Repeat([]byte{0}, noiseSize), bytes.Repeat([]byte{0xff}, noiseSize), bytes.Repeat([]byte("\n"), noiseSize), behind}
}

// TestNoiseAsImage: 16 MiB of noise, and a text of nothing else.
func TestNoiseAsImage(t *testing.T) {
	good := encode(assemble("exit"))
	images := noise(good)
	headed := append([]byte(nil), images[0]...)
	copy(headed, good[:image.HeaderSize])
	images = append(images, headed)
	longest := &image.Image{Entries: []image.Entry{{Name: "main"}}, Depth: 1, Text: images[0][:isa.MaxSegment&^7]}
	images = append(images, encode(longest))
	for i, v := range agreed(t, images) {
		assert.True(t, v.Refused, "%d", i)
	}
}

// TestLargestImage: every section as long as it can be runs.
func TestLargestImage(t *testing.T) {
	img := &image.Image{Entries: []image.Entry{{Name: "main"}}, Frame: 512, Depth: 32, ROData: make([]byte, isa.MaxSegment), BSS: isa.MaxSegment}
	exit := assemble("r1 = 0x03fffff0 ll\nr0 = *(u64 *)(r1 + 0)\nr1 = 0x02fffff0 ll\n*(u64 *)(r1 + 0) = 1\nr0 = *(u64 *)(r1 + 0)\nr0 = *(u64 *)(r1 + 1)\nexit").Text
	for range isa.MaxSegment/8 - len(exit)/8 {
		img.Text = binary.LittleEndian.AppendUint64(img.Text, 0xb7)
	}
	img.Text = append(img.Text, exit...)
	img.Entries[0].Slot = uint32(len(img.Text)-len(exit)) / 8
	v := agreed(t, [][]byte{encode(img)})
	assert.Equal(t, badAccess(int(img.Entries[0].Slot)+7, 0x02fffff1), v[0])
}

// coded is nil when err, or what it wraps, has a documented code.
func coded(t *testing.T, err error, what string) {
	t.Helper()
	var e *diag.Error
	require.True(t, errors.As(err, &e), "%s: %v", what, err)
	require.True(t, isCode(e.Code), "%s: %v", what, err)
	require.Less(t, len(err.Error()), 1<<16, "%s: a message of its own size", what)
}

// TestNoiseAsInputOfTools: the assembler, linker and converter refuse it with
// a code.
func TestNoiseAsInputOfTools(t *testing.T) {
	elf := []byte("\x7fELF\x02\x01\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x01\x00\xf7\x00\x01\x00\x00\x00")
	for _, b := range append(noise(elf), noise([]byte("rBPF\x00\x00\x00\x00"))[5], nil) {
		_, err := asm.Parse("noise.s", string(b), asm.Options{})
		coded(t, err, "asm")
		_, err = link.Object(b, link.Options{})
		coded(t, err, "link")
		_, _, err = convert.RBPF(b, convert.Options{})
		coded(t, err, "convert")
		_, err = image.Decode(b)
		coded(t, err, "image")
	}
}

// TestTruncatedAssembly: a file that was cut off either assembles or is
// refused with a code.
func TestTruncatedAssembly(t *testing.T) {
	img, err := image.Decode(seeds()[2])
	require.NoError(t, err)
	src := asm.Print(img, asm.Options{})
	for n := range len(src) {
		if _, err := asm.Parse("cut.s", src[:n], asm.Options{}); err != nil {
			coded(t, err, "asm")
		}
	}
}
