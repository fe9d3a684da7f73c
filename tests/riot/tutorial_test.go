// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT

package riot

import (
	"bufio"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestTutorials does what the tutorials say, in an empty folder:
//
//	```sh         runs the lines; they must succeed. "make term" is ended with
//	              Ctrl-C when it has printed what follows
//	```text       must be printed by the lines before, in this order; ... stands
//	              for anything
//	```c FILE     is written to FILE, whatever the language
func TestTutorials(t *testing.T) {
	for _, name := range []string{"tutorial-1-increment.md", "tutorial-2-multiply-add.md", "tutorial-5-contracts.md", "hooks.md"} {
		t.Run(name, func(t *testing.T) {
			need(t, "git", "make", "gcc")
			follow(t, filepath.Join(root, "docs", name))
		})
	}
}

// tutorialTimeout is more than anybody would wait for one step.
const tutorialTimeout = 8 * time.Minute

const repositoryURL = "https://github.com/femtocontainer/femtocontainer"

func follow(t *testing.T, path string) { followIn(t, path, "") }

// followIn does it in a network namespace.
func followIn(t *testing.T, path, namespace string) {
	followAs(t, path, namespace, func(script string) string { return script })
}

// followAs does what rename makes of each script.
func followAs(t *testing.T, path, namespace string, rename func(script string) string) {
	home := t.TempDir()
	shell := &shell{
		t:     t,
		cwd:   home,
		state: filepath.Join(t.TempDir(), "state"),
		netns: namespace,
		env: append(os.Environ(), "RIOTBASE="+riotBase,
			// the clone is of this working tree
			"GIT_CONFIG_COUNT=1",
			"GIT_CONFIG_KEY_0=url."+copyRepository(t)+".insteadOf",
			"GIT_CONFIG_VALUE_0="+repositoryURL,
			fakeSudo(t)),
	}
	blocks := readBlocks(t, path)
	ran := 0
	for i, b := range blocks {
		switch {
		case b.file != "":
			file := filepath.Join(shell.cwd, b.file)
			require.NoError(t, os.MkdirAll(filepath.Dir(file), 0o755))
			require.NoError(t, os.WriteFile(file, []byte(b.text), 0o644))
		case b.language == "sh":
			var want []string
			if i+1 < len(blocks) && blocks[i+1].language == "text" {
				want = strings.FieldsFunc(strings.ReplaceAll(blocks[i+1].text, "...", "\n"), func(r rune) bool { return r == '\n' })
			}
			t.Logf("line %d: %s", b.line, strings.TrimSpace(b.text))
			shell.run(rename(b.text), want)
			ran++
		case b.language == "text":
			require.Equal(t, "sh", blocks[i-1].language, "line %d: output of what?", b.line)
		default:
			t.Fatalf("line %d: a %q block is neither run nor written to a file", b.line, b.language)
		}
	}
	assert.NotZero(t, ran)
}

// A shell keeps folder and environment from one block to the next.
type shell struct {
	t     *testing.T
	cwd   string
	state string
	netns string // network namespace, or ""
	env   []string
}

var waitsForever = regexp.MustCompile(`(?m)^make .*\bterm$`)

func (s *shell) run(script string, want []string) {
	s.t.Helper()
	full := "set -eu\n[ ! -e " + s.state + " ] || . " + s.state + "\ncd " + s.cwd + "\n" + script +
		"\nexport -p > " + s.state + "\npwd > " + s.state + ".cwd\n"
	command := []string{"bash", "-c", full}
	if s.netns != "" {
		command = append([]string{"ip", "netns", "exec", s.netns}, command...)
	}
	term := openTerminal(s.t, s.cwd, s.env, command[0], command[1:]...)
	term.expect(tutorialTimeout, want...)
	if waitsForever.MatchString(script) {
		require.NotEmpty(s.t, want, "nothing says when %q is done", script)
		term.interrupt()
		<-term.done
		return
	}
	select {
	case <-term.done:
	case <-time.After(tutorialTimeout):
		s.t.Fatalf("still running after %v: %s\n%s", tutorialTimeout, script, term.output())
	}
	require.NoError(s.t, term.cmd.Wait(), "%s\n%s", script, term.output())
	cwd, err := os.ReadFile(s.state + ".cwd")
	require.NoError(s.t, err)
	s.cwd = strings.TrimSpace(string(cwd))
}

type block struct {
	line     int
	language string
	file     string
	text     string
}

// readBlocks reads the fenced blocks of a Markdown file.
func readBlocks(t *testing.T, path string) []block {
	t.Helper()
	f, err := os.Open(path)
	require.NoError(t, err)
	defer f.Close()

	var blocks []block
	var open *block
	scan := bufio.NewScanner(f)
	for n := 1; scan.Scan(); n++ {
		line := scan.Text()
		info, fence := strings.CutPrefix(line, "```")
		switch {
		case fence && open == nil:
			language, file, _ := strings.Cut(info, " ")
			open = &block{line: n, language: language, file: file}
		case fence:
			blocks = append(blocks, *open)
			open = nil
		case open != nil:
			open.text += line + "\n"
		}
	}
	require.NoError(t, scan.Err())
	require.Nil(t, open, "the last block is not closed")
	require.NotEmpty(t, blocks)
	return blocks
}
