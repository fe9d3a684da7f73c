// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT

package replay_test

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/femtocontainer/femtocontainer/femto/image"
	"github.com/femtocontainer/femtocontainer/femto/isa"
	"github.com/femtocontainer/femtocontainer/femto/prove/replay"
	"github.com/femtocontainer/femtocontainer/femto/sysapi"
)

const root = "../../.."

func needGCC(t *testing.T) {
	if _, err := exec.LookPath("gcc"); err != nil {
		line := fmt.Sprintf("SKIP: %s: gcc is not installed, so nothing is replayed", t.Name())
		if os.Getenv("REQUIRE_RIOT") == "1" {
			t.Fatal(line)
		}
		fmt.Println(line)
		t.SkipNow()
	}
}

// TestEveryCallAgrees: a call of each row, in a state that has what it asks for
// and in one that has not, is the same on both sides. A row that is added is
// replayed without anyone writing anything for it.
func TestEveryCallAgrees(t *testing.T) {
	needGCC(t)
	core := replay.Of(root)
	defer core.Close()
	var modules []string
	for i := range sysapi.Modules {
		if m := &sysapi.Modules[i]; m.Macro() != "" {
			modules = append(modules, m.Name)
		}
	}
	answered := 0
	for i := range sysapi.Table {
		row := &sysapi.Table[i]
		for _, mapped := range []uint32{0, 600} {
			c := &replay.Call{Function: "femto_sys_call", Args: map[string]uint64{"id": uint64(row.ID)}, Modules: modules, Room: isa.MaxFuel}
			c.Segments[isa.SegStack] = replay.Segment{Readable: mapped, Writable: mapped}
			c.Put(isa.SegmentBase(isa.SegStack)+500, '%', 'd', 0)
			for k := range c.Regs {
				c.Regs[k] = uint64(isa.SegmentBase(isa.SegStack)) + 490
			}
			for k := range row.Args {
				if n := row.Args[k].Len; n != "" {
					c.Regs[1+row.Index(n)] = 24
				}
			}
			c.Handler.Result, c.Handler.Number = 0x1234567, 5
			r, err := core.Run(c)
			require.NoError(t, err)
			assert.True(t, r.Same, r.String())
			if mapped != 0 && r.Go[len(r.Go)-1] == "else as before" && r.C[0] != "status 3001" {
				answered++
			}
		}
	}
	assert.Equal(t, len(sysapi.Table), answered)
}

// TestFile: a call is read from a file as it was written, and what no run
// reaches is said to be so.
func TestFile(t *testing.T) {
	needGCC(t)
	core := replay.Of(root)
	defer core.Close()
	c := &replay.Call{Function: "femto_write", Args: map[string]uint64{"address": 0x04000004, "len": 8}}
	c.Segments[isa.SegContext] = replay.Segment{Readable: 16, Writable: 8}
	b, err := json.Marshal(c)
	require.NoError(t, err)
	file := filepath.Join(t.TempDir(), "call.json")
	require.NoError(t, os.WriteFile(file, b, 0o600))
	r, err := core.File(file)
	require.NoError(t, err)
	assert.True(t, r.Same, r.String())
	assert.Contains(t, r.Go, "gives nothing")
	assert.Contains(t, r.String(), "no run reaches this state: segment 4 may be written in part")

	require.NoError(t, os.WriteFile(file, []byte(`{"function": "femto_exit"}`), 0o600))
	_, err = core.File(file)
	require.ErrorContains(t, err, "femto_exit")
	require.NoError(t, os.WriteFile(file, []byte(`{"fuel": 1}`), 0o600))
	_, err = core.File(file)
	require.ErrorContains(t, err, "fuel")
}

// TestInstances: an image on its way to its first run is the same on both sides,
// and refused by both where the RAM does not do.
func TestInstances(t *testing.T) {
	needGCC(t)
	core := replay.Of(root)
	defer core.Close()
	exit := binary.LittleEndian.AppendUint64(nil, isa.Insn{Opcode: isa.ByName("exit").Opcode}.Slot())
	img := &image.Image{Frame: 16, Depth: 3, Text: append(exit, exit...), ROData: []byte("constant"), Data: []byte("initial"), BSS: 5,
		Entries: []image.Entry{{Name: "one"}, {Slot: 1, Hook: &[16]byte{1}}, {Name: "three", Hook: &[16]byte{2}}}}
	file, err := img.Encode()
	require.NoError(t, err)
	need := uint64(2*40 + 3*16 + 12)
	for _, c := range []struct {
		args map[string]uint64
		want string
	}{
		{map[string]uint64{"ram_len": need, "ctx_len": 10, "slot": 1}, "mapped 4 0xa bytes, 0x0 of them"},
		{map[string]uint64{"ram_len": need, "ctx_len": 10, "writable": 1}, "mapped 4 0xa bytes, 0xa of them"},
		{map[string]uint64{"ram_len": need - 1}, "status 2011"},
		{map[string]uint64{"ram_len": need, "ram_at": 4}, "status 2010"},
		{map[string]uint64{"ram_len": need, "ctx_len": isa.MaxSegment + 1}, "start 3006"},
	} {
		r, err := core.Run(&replay.Call{Function: "instance", Args: c.args, Image: file})
		require.NoError(t, err)
		assert.True(t, r.Same, r.String())
		assert.Contains(t, strings.Join(r.C, "\n"), c.want)
	}
}
