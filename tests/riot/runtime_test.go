// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT

package riot

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
)

func testApplication(name, board, variant string, env ...string) application {
	return application{dir: "tests/riot/" + name, board: board, variant: variant, env: env}
}

// TestRuntime checks what hooks do; the application prints a line for each.
func TestRuntime(t *testing.T) {
	for _, engine := range []string{"fast", "small"} {
		t.Run(engine, func(t *testing.T) {
			app := testApplication("runtime", "native64", engine, "USEMODULE=femtocontainer_"+engine)
			app.build(t)
			term := openTerminal(t, root, nil, app.elf())
			term.expect(runTimeout,
				"continue: ok", "stop on negative: ok", "stop on positive: ok", "single: ok",
				"console: FC2025, needs capability console",
				"other's hook: FC2042", "no such hook: FC2041", "number of no hook: FC2041",
				"bound to others: FC2044", "cut off: FC2003",
				"refusals: ok", "entry points: ok",
				"detached after faults: ok", "moody: ok", "endless: ok", "log of faults: ok",
				"activations per second: ok", "fuel per second: ok", "fuel of a tenant: ok",
				"replaced under fire: ok", "not in an interrupt: ok",
				"the end")
			assert.NotContains(t, term.output(), "WRONG")
		})
	}
}

// TestEvents checks where events come from: the scheduler, timers, pins, the
// start, and what containers with threads of their own wait for. "wake-up" is that
// what the scheduler's hook asks for from within RIOT's scheduler is done at once.
func TestEvents(t *testing.T) {
	for _, p := range punctual {
		t.Run(p.board, func(t *testing.T) {
			term := p.start(t, testApplication("events", p.board, p.engine))
			want := []string{"timer: ok", "boot: ok", "scheduler: ok", "wake-up: ok", "sleeper: ok", "waiter: ok", "brief: ok",
				"stubborn: ok", "spiteful: ok", "poller: ok", "the end"}
			if p.board == "native64" { // whose pins an application can move
				want = slices.Insert(want, 4, "pin: ok")
			}
			term.expect(runTimeout, want...)
			assert.NotContains(t, term.output(), "WRONG")
		})
	}
}
