// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT

package riot

import (
	"io"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/creack/pty"
	"github.com/stretchr/testify/require"
)

// A terminal runs a program on a pseudo-terminal, as a person would.
type terminal struct {
	t    *testing.T
	cmd  *exec.Cmd
	tty  *os.File
	done chan struct{} // closed at the end of the output

	mu   sync.Mutex
	seen strings.Builder
}

// openTerminal starts the program. It is stopped with all its children at the
// end of the test.
func openTerminal(t *testing.T, dir string, env []string, name string, args ...string) *terminal {
	t.Helper()
	cmd := exec.Command(name, args...)
	cmd.Dir, cmd.Env = dir, env
	tty, err := pty.Start(cmd) // in a session, and thus a process group, of its own
	require.NoError(t, err)

	term := &terminal{t: t, cmd: cmd, tty: tty, done: make(chan struct{})}
	go term.read()
	t.Cleanup(term.close)
	return term
}

func (term *terminal) read() {
	defer close(term.done)
	buf := make([]byte, 4096)
	for {
		n, err := term.tty.Read(buf)
		term.mu.Lock()
		term.seen.Write(buf[:n])
		term.mu.Unlock()
		if err != nil { // EIO when the last process is gone
			return
		}
	}
}

// output is what was printed so far, with plain line ends.
func (term *terminal) output() string {
	term.mu.Lock()
	defer term.mu.Unlock()
	return strings.ReplaceAll(term.seen.String(), "\r\n", "\n")
}

// expect waits until all the texts were printed, in this order.
func (term *terminal) expect(limit time.Duration, texts ...string) {
	term.t.Helper()
	deadline := time.After(limit)
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for ended := false; ; {
		missing := firstMissing(term.output(), texts)
		if missing == "" {
			return
		}
		if ended {
			term.t.Fatalf("the program ended without printing %q. It printed:\n%s", missing, term.output())
		}
		select {
		case <-tick.C:
		case <-term.done:
			ended = true // once more, the last bytes may have just come
		case <-deadline:
			term.t.Fatalf("%q was not printed within %v. The output was:\n%s", missing, limit, term.output())
		}
	}
}

// firstMissing is the first text that does not follow those before it.
func firstMissing(output string, texts []string) string {
	for _, text := range texts {
		_, rest, found := strings.Cut(output, text)
		if !found {
			return text
		}
		output = rest
	}
	return ""
}

// interrupt presses Ctrl-C.
func (term *terminal) interrupt() {
	_, err := io.WriteString(term.tty, "\x03")
	require.NoError(term.t, err)
}

func (term *terminal) close() {
	_ = syscall.Kill(-term.cmd.Process.Pid, syscall.SIGKILL)
	_ = term.tty.Close()
	_ = term.cmd.Wait()
}
