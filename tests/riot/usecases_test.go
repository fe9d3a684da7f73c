// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT

package riot

import (
	"io"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// type as a person would.
func (term *terminal) say(line string) {
	term.t.Helper()
	_, err := io.WriteString(term.tty, line+"\n")
	require.NoError(term.t, err)
}

// ask types a command and gives what it prints up to the next prompt.
func (term *terminal) ask(line string) string {
	term.t.Helper()
	before := len(term.output())
	term.say(line)
	deadline := time.Now().Add(runTimeout)
	for time.Now().Before(deadline) {
		// the terminal and the shell may both echo what is typed
		out := strings.ReplaceAll(term.output()[before:], "\r", "")
		if i := strings.LastIndex(out, line+"\n"); i >= 0 {
			if answer, ok := strings.CutSuffix(out[i+len(line)+1:], "> "); ok {
				return answer
			}
		}
		time.Sleep(20 * time.Millisecond)
	}
	term.t.Fatalf("%s: no answer within %v. The output was:\n%s", line, runTimeout, term.output())
	return ""
}

// A place is where an example runs.
type place struct {
	board, engine string
	program       string
	args, env     []string
}

// places are native64, and what QEMU has of an M0, an RV32 and an M4. It does not
// have the clocks that RIOT would take for milliseconds, and counts instructions
// as time, else a busy host would make time pass at random.
var places = []place{
	{board: "native64", engine: "fast"},
	{
		board: "microbit", engine: "small", program: "qemu-system-arm",
		args: []string{"-M", "microbit", "-icount", "shift=6", "-serial", "stdio", "-kernel"},
		env:  []string{"USEMODULE=ztimer_no_periph_rtt"},
	},
	{
		board: "hifive1b", engine: "fast", program: "qemu-system-riscv32",
		args: []string{"-M", "sifive_e,revb=true", "-icount", "shift=4", "-bios", "none", "-serial", "stdio", "-kernel"},
		env:  []string{"USEMODULE=ztimer_no_periph_rtt"},
	},
	{
		board: "nucleo-f411re", engine: "fast", program: "qemu-system-arm",
		args: []string{"-M", "netduinoplus2", "-serial", "null", "-serial", "stdio", "-kernel"},
		env:  []string{"EXTERNAL_MODULE_DIRS=" + mustAbs("modules"), "USEMODULE=qemu_stm32 ztimer_no_periph_rtt"},
	},
}

// punctual are the same, for what is about time: timers go as RIOT expects, and no
// time passes but that of instructions, whatever the host does.
var punctual = []place{
	places[0],
	{
		board: "microbit", engine: "small", program: "qemu-system-arm",
		args: []string{"-M", "microbit", "-icount", "shift=6,align=off,sleep=off", "-serial", "stdio", "-kernel"},
		env:  []string{"USEMODULE=ztimer_no_periph_rtt"},
	},
	{
		board: "hifive1b", engine: "fast", program: "qemu-system-riscv32",
		args: []string{"-M", "sifive_e,revb=true", "-icount", "shift=4,align=off,sleep=off", "-bios", "none", "-serial", "stdio", "-kernel"},
		env:  []string{"EXTERNAL_MODULE_DIRS=" + mustAbs("modules"), "USEMODULE=qemu_sifive ztimer_no_periph_rtt"},
	},
	{
		board: "nucleo-f411re", engine: "fast", program: "qemu-system-arm",
		args: []string{"-M", "netduinoplus2", "-icount", "shift=6,align=off,sleep=off", "-serial", "null", "-serial", "stdio", "-kernel"},
		env:  []string{"EXTERNAL_MODULE_DIRS=" + mustAbs("modules"), "USEMODULE=qemu_stm32 qemu_systick ztimer_no_periph_rtt"},
	},
}

// open builds an example for the place and starts it there.
func (p place) open(t *testing.T, name string) *terminal {
	return p.start(t, example(name, p.board, p.engine))
}

func (p place) start(t *testing.T, app application) *terminal {
	if p.program == "" {
		app.build(t)
		return openTerminal(t, root, nil, app.elf())
	}
	need(t, p.program)
	app.variant += "-qemu"
	app.env = append([]string{}, p.env...)
	app.env[len(app.env)-1] += " femtocontainer_" + p.engine
	app.build(t)
	return openTerminal(t, root, os.Environ(), p.program, append(append(quiet, p.args...), app.elf())...)
}

// counted reads "fc kv": the counts of threads by pid.
func counted(t *testing.T, answer string) map[int]int {
	counts := map[int]int{}
	for _, line := range strings.Split(answer, "\n") {
		if f := strings.Fields(line); len(f) == 5 && f[0] == "local" {
			pid, err := strconv.Atoi(f[2])
			require.NoError(t, err)
			counts[pid], err = strconv.Atoi(f[4])
			require.NoError(t, err)
		}
	}
	return counts
}

// TestSchedulerExample is use case 2: a container that counts how often each
// thread gets the CPU is inserted, looked at and removed while the firmware runs.
func TestSchedulerExample(t *testing.T) {
	for _, p := range places[:3] { // the M4's timer hangs in QEMU
		t.Run(p.board, func(t *testing.T) {
			term := p.open(t, "scheduler")
			term.expect(runTimeout, "business is thread ", "> ")
			_, after, _ := strings.Cut(term.output(), "business is thread ")
			number, _, _ := strings.Cut(after, ",")
			business, err := strconv.Atoi(number)
			require.NoError(t, err)

			assert.Contains(t, term.ask("fc list"), "installed")
			assert.Empty(t, term.ask("fc attach 0 scheduler"))
			time.Sleep(time.Second)
			first := counted(t, term.ask("fc kv"))
			time.Sleep(time.Second)
			second := counted(t, term.ask("fc kv"))
			assert.Positive(t, first[business], "it ran in the first second")
			assert.Greater(t, second[business], first[business], "and in the second")
			assert.Contains(t, term.ask("fc info 0"), "may: base kv_local")
			stats := term.ask("fc stats")
			assert.Regexp(t, `scheduler +1 +1 +\d+ +0\n`, stats, "no event was dropped")

			assert.Empty(t, term.ask("fc detach 0"))
			third := counted(t, term.ask("fc kv"))
			time.Sleep(time.Second)
			assert.Equal(t, third, counted(t, term.ask("fc kv")), "nothing is counted any more")
			assert.Contains(t, term.ask("fc detach 0"), "FC2046")
			assert.Contains(t, term.ask("fc attach 0 nothing"), "FC2041")
			assert.Contains(t, term.ask("fc attach 9 scheduler"), "FC2040")
			assert.Contains(t, term.ask("fc"), "usage: fc list")
			assert.Empty(t, term.ask("fc rm 0"))
			assert.NotContains(t, term.ask("fc kv"), "local", "what it kept is gone with it")
		})
	}
}

// TestTenantsExample is use case 3: three containers of two tenants, one of them
// hostile, which all others do not notice.
func TestTenantsExample(t *testing.T) {
	for _, p := range places {
		t.Run(p.board, func(t *testing.T) {
			term := p.open(t, "tenants")
			term.expect(runTimeout,
				"average: 98, published by acme",
				"measure: 100 activations, 0 faults", "average: 100 activations, 0 faults", "hostile: ",
				"FC3001 at pc", "address 0x04000000: ",
				"FC3001 at pc", "address 0x04000004: ",
				"FC3001 at pc", "address 0x00000000: ",
				"FC3002 at pc", "and still here")
			assert.NotContains(t, term.output(), "overwritten")
			if p.board == "native64" { // elsewhere seconds pass meanwhile
				assert.LessOrEqual(t, strings.Count(term.output(), "Mallory"), 2, "what its quota allows")
			}
		})
	}
}
