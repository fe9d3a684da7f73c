// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT

package riot

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/femtocontainer/femtocontainer/femto/diag"
	fc "github.com/femtocontainer/femtocontainer/femto/image"
	"github.com/femtocontainer/femtocontainer/femto/isa"
	"github.com/femtocontainer/femtocontainer/femto/sysapi"
	hostile "github.com/femtocontainer/femtocontainer/femto/sysapi/attack"
	"github.com/femtocontainer/femtocontainer/femto/sysapi/hostapi"
)

// Where the calling container finds its arguments in its context.
const hostileArgs, hostileContext = 24, 64

// hostileWorld is what tests/riot/hostile has in its memory.
func hostileWorld() *hostile.World {
	w := hostile.NewWorld()
	clear(w.Segment(isa.SegStack).Bytes)
	w.Segment(isa.SegContext).Bytes = bytes.Repeat([]byte{'A'}, hostileContext)
	w.Segment(isa.SegGrant5).Bytes = bytes.Repeat([]byte{0xa5}, 16)
	return w
}

// caller is an image that makes one call with the arguments in its context.
func caller(t *testing.T, w *hostile.World, id uint16) []byte {
	text := []byte{0xbf, 0x16, 0, 0, 0, 0, 0, 0}               // r6 = r1
	text = append(text, 0xb7, 0, 0, 0, 0xff, 0xff, 0xff, 0xff) // r0 = -1, which is no argument
	for r := range byte(sysapi.MaxArgs) {
		text = append(text, 0x79, 6<<4|(r+1), hostileArgs+8*r, 0, 0, 0, 0, 0) // rN = *(u64 *)(r6 + ...)
	}
	text = append(text, 0x85, 0, 0, 0, byte(id), byte(id>>8), 0, 0)
	text = append(text, 0x95, 0, 0, 0, 0, 0, 0, 0)
	img := fc.Image{
		Entries: []fc.Entry{{Name: "call"}},
		Frame:   uint16(len(w.Segment(isa.SegStack).Bytes)), Depth: 1,
		Helpers: []uint16{id},
		Text:    text,
		ROData:  w.Segment(isa.SegROData).Bytes,
		Data:    w.Segment(isa.SegData).Bytes,
	}
	b, err := img.Encode()
	require.NoError(t, err)
	return b
}

// hostileFile has every vector of every call, with the fault that it must end
// in, as tests/riot/hostile/main.c reads it; and how many of a call's have to end
// in one.
func hostileFile(t *testing.T) (file []byte, vectors int, faults map[string]int) {
	w := hostileWorld()
	faults = map[string]int{}
	for i := range sysapi.Table {
		c := &sysapi.Table[i]
		img, all := caller(t, w, c.ID), hostile.Vectors(c, w)
		file = binary.LittleEndian.AppendUint16(file, c.ID)
		file = binary.LittleEndian.AppendUint16(file, uint16(len(img)))
		file = binary.LittleEndian.AppendUint32(file, uint32(len(all)))
		file = append(file, img...)
		file = append(file, make([]byte, -len(img)&7)...)
		for _, v := range all {
			memory := w.Memory()
			var fault uint64
			for k := range memory.Segments {
				if s := &memory.Segments[k]; s.Number == isa.SegContext {
					for n, arg := range v.Args {
						binary.LittleEndian.PutUint64(s.Bytes[hostileArgs+8*n:], arg)
					}
				}
			}
			if _, _, bad := c.Check(memory, v.Args); bad != nil {
				fault = uint64(bad.Code)
			} else if slices.ContainsFunc(c.Args, func(a sysapi.Arg) bool { return a.Kind == sysapi.Text }) {
				// whose length is known only when it has been made
				_, _, code := hostapi.New(hostapi.Options{}).Call(memory, c.ID, v.Args, 1<<26)
				fault = uint64(code)
			}
			for _, arg := range v.Args {
				file = binary.LittleEndian.AppendUint64(file, arg)
			}
			file = binary.LittleEndian.AppendUint64(file, fault)
			if diag.Code(fault) == diag.BadAccess {
				faults[c.Name]++
			}
		}
		vectors += len(all)
	}
	return file, vectors, faults
}

// TestDefect14PointersOfHelpers makes every system call with every hostile argument
// on native64, under address and undefined-behaviour sanitizers. They are made from
// the table of system calls, so a new row is attacked without anyone writing a
// test. Earlier implementations checked no pointer of the calls named here.
func TestDefect14PointersOfHelpers(t *testing.T) {
	dir := filepath.Join(scratch, "hostile")
	require.NoError(t, os.MkdirAll(dir, 0o755))
	file, vectors, faults := hostileFile(t)
	require.NoError(t, os.WriteFile(filepath.Join(dir, "calls.bin"), file, 0o644))
	for _, name := range []string{"printf", "memcpy", "saul_reg_read", "coap_get_pdu", "fmt_s16_dfp", "fmt_u32_dec", "ztimer_periodic_wakeup"} {
		assert.Positive(t, faults[name], name)
	}

	app := sanitized("hostile", "VECTORS="+dir)
	app.build(t)
	term := openTerminal(t, root, sanitizerEnv(), app.elf())
	term.expect(5*runTimeout, fmt.Sprintf("%d calls, %d vectors, 0 wrong, and still here", len(sysapi.Table), vectors))
	assert.NotContains(t, term.output(), "ERROR: ")
	t.Logf("%d calls, %d vectors", len(sysapi.Table), vectors)
}

// sanitizedEnv has an application for native64 built with sanitizers, and with the small
// engine, since the fast one keeps registers where they do not belong. RIOT's
// arrays across files (xfa) are none of the compiler's objects, and NanoCBOR copies nothing from
// nowhere, which C allows from C2Y on.
var sanitizedEnv = []string{"USEMODULE=femtocontainer_small", "CFLAGS=" + sanitizerFlags + " -DNATIVE_MEMORY", "LINKFLAGS=" + sanitizerFlags}

const sanitizerFlags = "-fsanitize=address,undefined -fno-sanitize=object-size,nonnull-attribute -fno-sanitize-recover=all -fno-omit-frame-pointer"

func sanitized(name string, env ...string) application {
	return testApplication(name, "native64", "sanitized", append(env, sanitizedEnv...)...)
}

// RIOT's threads have stacks that the sanitizer does not know of.
func sanitizerEnv() []string {
	return append(os.Environ(), "ASAN_OPTIONS=detect_stack_use_after_return=0:detect_leaks=0", "UBSAN_OPTIONS=print_stacktrace=1")
}
