// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT

package replay_test

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

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
