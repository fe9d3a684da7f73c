// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT

package sysapi_test

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"hash/fnv"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/femtocontainer/femtocontainer/femto/diag"
	"github.com/femtocontainer/femtocontainer/femto/image"
	"github.com/femtocontainer/femtocontainer/femto/sysapi"
	"github.com/femtocontainer/femtocontainer/femto/sysapi/attack"
	"github.com/femtocontainer/femtocontainer/femto/sysapi/hostapi"
)

type vector struct {
	ID, Room uint32
	Regs     [5]uint64
}

type result struct {
	Status, Room        uint32
	R0, Address, Memory uint64
}

// TestStubsAgainstHost attacks every call of the C stubs, under sanitizers, and
// compares status, result, fuel and memory with what the host does.
func TestStubsAgainstHost(t *testing.T) {
	need(t, "gcc")
	world := attack.NewWorld()
	var vectors []vector
	var want []result
	for i := range sysapi.Table {
		c := &sysapi.Table[i]
		for n, v := range attack.Vectors(c, world) {
			rooms := []uint32{1 << 26}
			if _, price, bad := c.Check(world.Memory(), v.Args); bad == nil && n%5 == 0 {
				rooms = append(rooms, 0, price-1, price)
			}
			for _, room := range rooms {
				vectors = append(vectors, vector{uint32(c.ID), room, v.Args})
				want = append(want, expect(c, world, v.Args, room))
			}
		}
	}
	for _, id := range []uint32{0, 0x0a, 0x16, 0x99, 0xffff, 0x10001} { // 0x10001 is not printf
		vectors = append(vectors, vector{ID: id, Room: 1 << 26})
		want = append(want, result{Status: uint32(diag.UnknownHelper), Room: 1 << 26, Memory: hashed(world.Memory())})
	}

	have := runStubs(t, world, vectors)
	require.Len(t, have, len(want))
	faults, refused := 0, 0
	for i := range want {
		require.Equal(t, want[i], have[i], "%s(%#x), room %d", nameOf(vectors[i].ID), vectors[i].Regs, vectors[i].Room)
		switch diag.Code(want[i].Status) {
		case diag.OutOfFuel:
			refused++
		case diag.BadAccess, diag.StringTooLong, diag.BadFormat:
			faults++
		}
	}
	t.Logf("%d hostile calls of %d rows: %d faults, %d out of fuel, %d answered", len(want), len(sysapi.Table), faults, refused, len(want)-faults-refused)
	require.Positive(t, refused)
	require.Greater(t, faults, len(sysapi.Table))
}

func nameOf(id uint32) string {
	if c := sysapi.ByID[uint16(id)]; c != nil && id < 1<<16 {
		return c.Name
	}
	return fmt.Sprintf("call %#x", id)
}

// hashed is what the world's memory amounts to in the driver, which leaves out
// the read-only data.
func hashed(m *attack.Memory) uint64 {
	h := fnv.New64a()
	for _, s := range m.Segments {
		if s.Number != 3 {
			h.Write(s.Bytes)
		}
	}
	return h.Sum64()
}

// expect is what the host makes of a call. Calls that need no system are those
// of hostapi; the others have the driver's handlers.
func expect(c *sysapi.Call, world *attack.World, regs [5]uint64, room uint32) result {
	mem := world.Memory()
	r := result{Room: room}
	in, price, bad := c.Check(mem, regs)
	switch {
	case bad != nil:
		r.Status, r.Address = uint32(bad.Code), uint64(bad.Address)
	case price > room:
		r.Status = uint32(diag.OutOfFuel)
	case c.Module == "base":
		r0, paid, fault := hostapi.New(hostapi.Options{}).Call(mem, c.ID, regs, room)
		r.Status = uint32(fault)
		if fault == 0 {
			r.R0, r.Room = r0, room-paid
		} else {
			r.Address = uint64(uint32(regs[0])) // only a Text argument is looked at so late
		}
	default:
		r.R0, r.Room = answer(c, in), room-price
	}
	if r.Status != uint32(diag.BadAccess) {
		r.Address = 0
	}
	r.Memory = hashed(mem)
	return r
}

// answer is what the handlers of the driver do.
func answer(c *sysapi.Call, in [sysapi.MaxArgs]sysapi.Input) uint64 {
	h := fnv.New64a()
	h.Write([]byte(c.Handler()))
	mix := func(v uint64) { _ = binary.Write(h, binary.LittleEndian, v) }
	if c.Scope != sysapi.NoScope {
		mix(uint64(c.Scope))
	}
	for i := range c.Args {
		switch a := &c.Args[i]; {
		case a.Kind == sysapi.Value || a.Kind == sysapi.Handle:
			mix(in[i].Value)
		case a.Kind == sysapi.In || a.Kind == sysapi.String:
			h.Write(in[i].Bytes)
		case a.IsScalar():
			mix(uint64(in[i].Scalar()))
		case a.Kind == sysapi.Format:
			text := sysapi.Render(in[i].Bytes, in[i+1:])
			h.Write(text)
			mix(uint64(len(text)))
		}
	}
	sum := h.Sum64()
	if c.Ret.Signed {
		sum = uint64(int64(int32(sum) >> 24)) // small, as errors are
	}
	for i := range c.Args {
		switch a := &c.Args[i]; {
		case a.IsScalar():
			if int32(sum) >= 0 {
				in[i].SetScalar(in[i].Scalar() ^ uint32(sum))
			}
		case a.Kind == sysapi.Out:
			for k := range in[i].Bytes {
				in[i].Bytes[k] = byte(sum + uint64(k))
			}
		}
	}
	if c.Ret == sysapi.Void {
		return 0
	}
	if c.Ret == sysapi.Address {
		return uint64(uint32(sum))
	}
	return c.Ret.Cut(sum)
}

// handlersC are these handlers in C.
func handlersC() string {
	var b strings.Builder
	done := map[string]bool{}
	for i := range sysapi.Modules {
		m := &sysapi.Modules[i]
		if m.Macro() == "" {
			continue
		}
		prototypes := map[string]string{}
		for _, p := range sysapi.Handlers(m) {
			name := p[strings.Index(p, "femto_sys_")+len("femto_sys_"):]
			prototypes[name[:strings.Index(name, "(")]] = p
		}
		for _, c := range m.Calls() {
			if done[c.Handler()] {
				continue
			}
			done[c.Handler()] = true
			fmt.Fprintf(&b, "%s\n{\n    (void)vm;\n    begin(%q);\n", prototypes[c.Handler()], c.Handler())
			if c.Scope != sysapi.NoScope {
				b.WriteString("    mix(scope);\n")
			}
			size := func(a *sysapi.Arg) string {
				if a.Len != "" {
					return a.Len
				}
				return fmt.Sprint(a.Bytes())
			}
			for k := range c.Args {
				switch a := &c.Args[k]; {
				case a.Kind == sysapi.Value || a.Kind == sysapi.Handle:
					fmt.Fprintf(&b, "    mix((uint64_t)%s);\n", a.Name)
				case a.Kind == sysapi.In:
					fmt.Fprintf(&b, "    mix_bytes(%s, %s);\n", a.Name, size(a))
				case a.Kind == sysapi.String:
					fmt.Fprintf(&b, "    mix_bytes(%s, (uint32_t)strlen(%s));\n", a.Name, a.Name)
				case a.IsScalar():
					fmt.Fprintf(&b, "    mix(*%s);\n", a.Name)
				case a.Kind == sysapi.Format:
					fmt.Fprintf(&b, "    mix_format(%s, rest);\n", a.Name)
				}
			}
			if c.Ret.Signed {
				b.WriteString("    hash = (uint64_t)((int32_t)hash >> 24);\n")
			}
			for k := range c.Args {
				switch a := &c.Args[k]; {
				case a.IsScalar():
					fmt.Fprintf(&b, "    *%s ^= (uint32_t)hash;\n", a.Name)
				case a.Kind == sysapi.Out:
					fmt.Fprintf(&b, "    fill(%s, %s);\n", a.Name, size(a))
				}
			}
			if c.Ret != sysapi.Void {
				fmt.Fprintf(&b, "    return (%s)hash;\n", strings.Fields(prototypes[c.Handler()])[0])
			}
			b.WriteString("}\n\n")
		}
	}
	return b.String()
}

// runStubs builds testdata/attack.c and gives it the vectors.
func runStubs(t *testing.T, world *attack.World, vectors []vector) []result {
	dir := t.TempDir()
	contrib := filepath.Join(core, "..", "contrib")
	write(t, dir, "handlers.h", handlersC())
	binaryFile := filepath.Join(dir, "attack")
	args := append([]string{"-std=c11", "-O1", "-g", "-Wall", "-Wextra", "-Wconversion", "-Werror",
		"-fsanitize=address,undefined", "-fno-sanitize-recover=all", "-I", dir, "-I", core, "-I", contrib, "-o", binaryFile}, modules()...)
	args = append(args, filepath.Join("testdata", "attack.c"), filepath.Join(contrib, "femto_fmt.c"))
	for _, f := range []string{"femto_sys.c", "femto_vm.c", "femto_host.c", "femto_image.c", "femto_verify.c"} {
		args = append(args, filepath.Join(core, f))
	}
	run(t, "gcc", args...)

	stack, data, rodata := world.Segment(1), world.Segment(2), world.Segment(3)
	img := &image.Image{
		Entries: []image.Entry{{Name: "entry"}}, Frame: uint16(len(stack.Bytes)), Depth: 1,
		Text: []byte{0x95, 0, 0, 0, 0, 0, 0, 0}, ROData: rodata.Bytes, Data: data.Bytes,
	}
	encoded, err := img.Encode()
	require.NoError(t, err)

	stdin := bytes.NewBuffer(bytes.Join([][]byte{stack.Bytes, data.Bytes}, nil))
	require.NoError(t, binary.Write(stdin, binary.LittleEndian, vectors))
	cmd := exec.Command(binaryFile, write(t, dir, "image", string(encoded)),
		write(t, dir, "context", string(world.Segment(4).Bytes)), write(t, dir, "grant", string(world.Segment(5).Bytes)))
	cmd.Stdin = stdin
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	cmd.Env = append(os.Environ(), "ASAN_OPTIONS=detect_leaks=0")
	require.NoError(t, cmd.Run(), stderr.String())
	out := make([]result, stdout.Len()/binary.Size(result{}))
	require.NoError(t, binary.Read(&stdout, binary.LittleEndian, out))
	return out
}
