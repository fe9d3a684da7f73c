// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT

package riot

import (
	"flag"
	"fmt"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var soakEvents = flag.Int("soak", 100_000, "activations of TestSoak")

// TestSoak has ten containers of three tenants on one device, and replaces the
// one on the scheduler's hook each 1,000 of its activations. The recorded run in
// soak/recorded.txt is of ten million: make soak.
func TestSoak(t *testing.T) {
	app := testApplication("soak", "native64", "fast", fmt.Sprint("EVENTS=", *soakEvents))
	app.build(t)
	term := openTerminal(t, root, nil, app.elf())
	term.expect(runTimeout, "This is RIOT!")
	begin, before := time.Now(), resident(t, term.cmd.Process.Pid)
	after := before
	for !strings.Contains(term.output(), "the end") && time.Since(begin) < runTimeout+time.Duration(*soakEvents)*time.Millisecond {
		time.Sleep(50 * time.Millisecond)
		if r := resident(t, term.cmd.Process.Pid); r > 0 {
			after = r
		}
	}
	term.expect(time.Second, fmt.Sprintf("%d activations, 0 gaps, 0 dropped, replaced %d times, the other nine always ran",
		*soakEvents, *soakEvents/1000), "the end")
	t.Logf("%d activations in %.0f s; resident memory was %d KiB, is %d KiB", *soakEvents, time.Since(begin).Seconds(), before, after)
	assert.LessOrEqual(t, after, before+512, "pages of code and data that are touched first, and no more")
}

var residentLine = regexp.MustCompile(`VmRSS:\s+(\d+) kB`)

// resident is the memory of a process in KiB.
func resident(t *testing.T, pid int) int {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	require.NoError(t, err)
	m := residentLine.FindSubmatch(text)
	if m == nil {
		return 0
	}
	n, err := strconv.Atoi(string(m[1]))
	require.NoError(t, err)
	return n
}

// TestServiceLevel wants a tenant whose contract gives a hostile one at most a
// tenth of the CPU to be served at least nine tenths as often. It runs where time
// is a number of instructions.
func TestServiceLevel(t *testing.T) {
	p := places[3]
	need(t, p.program)
	app := testApplication("level", p.board, "fast", append([]string{}, p.env...)...)
	app.build(t)
	args := append([]string{"-icount", "shift=6,align=off,sleep=off"}, p.args...)
	term := openTerminal(t, root, os.Environ(), p.program, append(append(quiet, args...), app.elf())...)
	term.expect(5*runTimeout, "the end")
	lines := regexp.MustCompile(`served alone: (\d+), attacked: (\d+); the attacker used (\d+) fuel of (\d+)`).FindAllStringSubmatch(term.output(), -1)
	require.Len(t, lines, 3)
	for _, m := range lines {
		t.Log(m[0])
		var n [5]int
		for i := 1; i < len(n); i++ {
			var err error
			n[i], err = strconv.Atoi(m[i])
			require.NoError(t, err)
		}
		assert.LessOrEqual(t, 10*n[3], n[4], "at most a tenth of what the CPU can do")
		assert.GreaterOrEqual(t, 20*n[3], n[4], "and more than half of that, or it is no attack")
		assert.GreaterOrEqual(t, 10*n[2], 9*n[1], "the others are served")
	}
}
