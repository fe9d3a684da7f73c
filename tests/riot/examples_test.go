// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT

package riot

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// runTimeout is generous: emulators share a busy machine with compilers.
const runTimeout = time.Minute

// printed is what an example prints, wherever it runs.
var printed = map[string][]string{
	"increment": {"before: 41", "increment: 42", "after: 42"},
	"multiply_add": {
		"1 * 1000 + 7 = 1007, run 1",
		"2 * 1000 + 7 = 2007, run 2",
		"3 * 1000 + 7 = 3007, run 3",
	},
	"faulty": {
		"null_pointer: FC3001 at pc", "address 0x00000000",
		"overrun: FC3001 at pc", "address 0x04000010",
		"write_constant: FC3001 at pc", "address 0x03000008",
		"endless: FC3002",
		"recursion: FC3003",
		"5 faults, and still here: nothing else was touched",
	},
}

func TestNative(t *testing.T) {
	for _, run := range []struct{ board, engine string }{
		{"native64", "small"}, {"native64", "fast"}, {"native32", "small"}, {"native32", "fast"},
	} {
		for name, want := range printed {
			t.Run(name+"/"+run.board+"/"+run.engine, func(t *testing.T) {
				app := example(name, run.board, run.engine)
				app.build(t)
				openTerminal(t, root, nil, app.elf()).expect(runTimeout, want...)
			})
		}
	}
}

func TestSystemCalls(t *testing.T) {
	app := example("", "native64", "fast")
	app.dir = "tests/riot/system_calls"
	app.build(t)
	openTerminal(t, root, nil, app.elf()).expect(runTimeout,
		"mute: FC2025", "load: 0",
		"  -42|-42  |-0042|beef\n", "1099511627776\n",
		"text c %\n",
		"over?written, ?[2J, ?\n",
		"guest: battery 12\n",
		"guest: full?other: ok?\n",
		"formats: 9,", // the length of what the log's level hides
		"flood: 8,",   // 8 lines of 50 are the quota of 400
		"flood at once: 0,",
		"flood later: 8,",
		"slept 100 ms: yes",
		"the limit changes the fuel used: no",
		"elsewhere: FC2024, FC2024",
	)
}

// An emulator runs the firmware of one board.
type emulator struct {
	board   string
	engine  string
	program string
	args    []string // the path of the firmware comes after the last
	env     []string // for the build
}

var quiet = []string{"-display", "none", "-monitor", "none"}

var emulators = []emulator{
	{
		board: "microbit", program: "qemu-system-arm",
		args: []string{"-M", "microbit", "-serial", "stdio", "-kernel"},
	},
	{
		// not the board's own machine, which QEMU lacks, but its CPU and UART
		board: "nucleo-f411re", program: "qemu-system-arm",
		args: []string{"-M", "netduinoplus2", "-serial", "null", "-serial", "stdio", "-kernel"},
		env:  []string{"EXTERNAL_MODULE_DIRS=" + mustAbs("modules"), "USEMODULE=qemu_stm32"},
	},
	{
		board: "hifive1b", program: "qemu-system-riscv32",
		args: []string{"-M", "sifive_e,revb=true", "-bios", "none", "-serial", "stdio", "-kernel"},
	},
}

func TestQEMU(t *testing.T) {
	for _, e := range emulators {
		for name, want := range printed {
			for _, engine := range []string{"small", "fast"} {
				t.Run(name+"/"+e.board+"/"+engine, func(t *testing.T) {
					need(t, e.program)
					app := e.application(name, engine)
					app.build(t)
					args := append(append(quiet, e.args...), app.elf())
					openTerminal(t, root, os.Environ(), e.program, args...).expect(runTimeout, want...)
				})
			}
		}
	}
}

// TestSameAsHost wants code, pc, address and fuel of each fault to be what the
// host's engines say of the very same image.
func TestSameAsHost(t *testing.T) {
	app := example("faulty", "native64", "fast")
	app.build(t)
	term := openTerminal(t, root, nil, app.elf())
	term.expect(runTimeout, "still here")

	for _, name := range []string{"null_pointer", "overrun", "write_constant", "endless", "recursion"} {
		image := filepath.Join(app.bin(), app.board, "containers", name+".fc")
		for _, engine := range []string{"vm", "small", "fast"} {
			out, err := exec.Command(femto, "run", image, "--engine", engine, "--fuel", "1000",
				"--ctx", "00000000000000000000000000000000", "-o", "json").Output()
			var exit *exec.ExitError
			require.ErrorAs(t, err, &exit, "%s did not fault on the host", name)
			assert.Equal(t, 1, exit.ExitCode())

			var host struct {
				Fuel  uint32 `json:"fuel_used"`
				Fault struct {
					Code    string  `json:"code"`
					PC      uint32  `json:"pc"`
					Address *uint32 `json:"address"`
				} `json:"fault"`
			}
			require.NoError(t, json.Unmarshal(out, &host), "%s", out)
			line := fmt.Sprintf("%s: %s at pc %d", name, host.Fault.Code, host.Fault.PC)
			if host.Fault.Address != nil {
				line += fmt.Sprintf(", address 0x%08x", *host.Fault.Address)
			}
			assert.Contains(t, term.output(), fmt.Sprintf("%s, fuel used %d\n", line, host.Fuel), "engine %s", engine)
		}
	}
}

func (e emulator) application(name, engine string) application {
	app := example(name, e.board, engine)
	if len(e.env) > 0 {
		app.variant += "-qemu"
		app.env = append([]string{}, e.env...)
		app.env[len(app.env)-1] += " femtocontainer_" + engine
	}
	return app
}

func mustAbs(path string) string {
	abs, err := filepath.Abs(path)
	if err != nil {
		panic(err)
	}
	return abs
}
