// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT

package main

import (
	"bufio"
	"bytes"
	"io"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/creack/pty"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/femtocontainer/femtocontainer/femto/deploy/deploytest"
)

// femto is this test binary under the name that makes it be femto.
func femto(t *testing.T, args ...string) *exec.Cmd {
	self, err := os.Executable()
	require.NoError(t, err)
	cmd := exec.Command(self, args...)
	cmd.Args[0] = "femto"
	cmd.Dir = t.TempDir()
	cmd.Env = append(os.Environ(), "TERM=xterm", "NO_COLOR=")
	return cmd
}

// assemble makes x.fc of text in the directory of cmd.
func assemble(t *testing.T, cmd *exec.Cmd, text string) {
	asm := femto(t, "asm", "-", "-o", "x.fc")
	asm.Dir = cmd.Dir
	asm.Stdin = bytes.NewBufferString(text)
	out, err := asm.CombinedOutput()
	require.NoError(t, err, "%s", out)
}

// onTerminal runs cmd on a terminal of its own and gives what it shows.
func onTerminal(t *testing.T, cmd *exec.Cmd) string {
	master, err := pty.StartWithSize(cmd, &pty.Winsize{Rows: 24, Cols: 100})
	require.NoError(t, err)
	defer master.Close()
	timer := time.AfterFunc(60*time.Second, func() { cmd.Process.Kill() })
	defer timer.Stop()
	shown, _ := io.ReadAll(master) // ends with EIO when the program does
	_ = cmd.Wait()
	return string(shown)
}

func TestColoursOnTerminalsOnly(t *testing.T) {
	args := []string{"verify", "x.fc"}
	noImage := func(cmd *exec.Cmd) *exec.Cmd {
		require.NoError(t, os.WriteFile(filepath.Join(cmd.Dir, "x.fc"), []byte("not an image, though it is long enough"), 0o666))
		return cmd
	}
	assert.Contains(t, onTerminal(t, noImage(femto(t, args...))), "x.fc: \x1b[1;31mFC2001\x1b[m: ")

	cmd := noImage(femto(t, args...))
	cmd.Env = append(cmd.Env, "NO_COLOR=1")
	assert.Contains(t, onTerminal(t, cmd), "x.fc: FC2001: ")

	out, err := noImage(femto(t, args...)).CombinedOutput()
	assert.Error(t, err)
	assert.NotContains(t, string(out), "\x1b")
}

func TestImagesStayOffTerminals(t *testing.T) {
	cmd := femto(t, "asm", "in.s", "-o", "-")
	require.NoError(t, os.WriteFile(filepath.Join(cmd.Dir, "in.s"), []byte("r0 = 0\nexit\n"), 0o666))
	shown := onTerminal(t, cmd)
	assert.Contains(t, shown, "an image is no use on a terminal")
	assert.NotContains(t, shown, "\x7fFC")
	assert.Equal(t, exitUsage, cmd.ProcessState.ExitCode())
}

// A container must not be able to steer the terminal it prints to.
func TestPrintedControlCharacters(t *testing.T) {
	const hostile = "r1 = s ll\ncall printf\nr0 = 0\nexit\n.rodata\ns:\n.byte 27, 93, 48, 59, 7, 10, 155, 0\n"
	cmd := femto(t, "run", "x.fc")
	assemble(t, cmd, hostile)
	shown := onTerminal(t, cmd)
	assert.Contains(t, shown, `\x1b]0;\x07`+"\r\n"+`\x9b`)
	assert.NotContains(t, shown, "\x1b]")

	// Into a pipe go the bytes as they are.
	cmd = femto(t, "run", "x.fc")
	assemble(t, cmd, hostile)
	out, err := cmd.Output()
	require.NoError(t, err)
	assert.True(t, bytes.HasPrefix(out, []byte("\x1b]0;\x07\n\x9b\nresult ")), "%q", out)
}

// Ctrl-C ends a container that loops, and a wait for input.
func TestInterrupt(t *testing.T) {
	const loop = "r1 = s ll\ncall printf\nagain: goto again\nexit\n.rodata\ns: .asciz \"ready\""
	for _, engine := range engineNames() {
		t.Run(engine, func(t *testing.T) {
			cmd := femto(t, "run", "x.fc", "--fuel", "4294967295", "--engine", engine)
			assemble(t, cmd, loop)
			out, err := cmd.StdoutPipe()
			require.NoError(t, err)
			interrupt(t, cmd, func() {
				_, err := io.ReadFull(out, make([]byte, len("ready")))
				require.NoError(t, err)
			})
		})
	}
	t.Run("input", func(t *testing.T) {
		cmd := femto(t, "verify", "-")
		in, err := cmd.StdinPipe()
		require.NoError(t, err)
		defer in.Close()
		interrupt(t, cmd, func() {
			// More than a pipe holds, so somebody has read.
			_, err := in.Write(make([]byte, 1<<20))
			require.NoError(t, err)
		})
	})
}

// Ctrl-C ends femto deploy while it waits for a busy device; the device has no job then.
func TestInterruptDeploy(t *testing.T) {
	p := deploytest.New(t, func(p *deploytest.Peer) { p.Busy = math.MaxInt })
	cmd := femto(t, "deploy", "s.fc", "--to", p.Secure, "--psk", "kitchen.psk", "--key", "operator.pem", "--hook", "timer", "--wait", "-o", "json")
	require.NoError(t, keyFiles(cmd.Dir))
	require.NoError(t, os.WriteFile(filepath.Join(cmd.Dir, "s.fc"), deploytest.Signed(t, 300), 0o666))
	out, err := cmd.StdoutPipe()
	require.NoError(t, err)
	lines := bufio.NewReader(out)
	interrupt(t, cmd, func() {
		line, err := lines.ReadString('\n')
		require.NoError(t, err)
		assert.Contains(t, line, `"event":"manifest"`)
	})
	assert.Zero(t, p.Status.Job)
}

// interrupt starts cmd and, when it is ready, does what Ctrl-C does.
func interrupt(t *testing.T, cmd *exec.Cmd, ready func()) {
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	require.NoError(t, cmd.Start())
	kill := time.AfterFunc(60*time.Second, func() { cmd.Process.Kill() })
	defer kill.Stop()
	ready()
	require.NoError(t, cmd.Process.Signal(os.Interrupt))
	_ = cmd.Wait()
	assert.Equal(t, exitInterrupted, cmd.ProcessState.ExitCode())
	assert.Equal(t, "femto: interrupted\n", stderr.String())
}

func TestCompletion(t *testing.T) {
	for _, c := range []struct {
		args []string
		want string
	}{
		{[]string{"explain", "FC300"}, "FC3002\tout of fuel\n"},
		{[]string{"verify", ""}, "fc\n"},
		{[]string{"run", "x.fc", "--engine", ""}, "vm\n"},
		{[]string{"run", "x.fc", "--entry", ""}, "one\ntwo\n"},
		{[]string{"inspect", "x.fc", "-o", ""}, "json\n"},
	} {
		cmd := femto(t, append([]string{"__complete"}, c.args...)...)
		assemble(t, cmd, ".globl one, two\none: exit\ntwo: exit\n")
		out, err := cmd.Output()
		require.NoError(t, err)
		assert.Contains(t, string(out), c.want, "%q", c.args)
	}
	for _, shell := range []string{"bash", "zsh", "fish", "powershell"} {
		out, err := femto(t, "completion", shell).Output()
		require.NoError(t, err)
		assert.Contains(t, string(out), "femto", shell)
	}
}
