// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT

package riot

import (
	"debug/elf"
	"flag"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A size is what a firmware takes, in bytes: text in flash, data in both, bss in
// RAM.
type size struct{ text, data, bss int }

// measure does what the size tool does, but counts constants as text even where
// a linker script lets their section be writable, as the one for RISC-V does.
func measure(t *testing.T, path string) (s size) {
	t.Helper()
	f, err := elf.Open(path)
	require.NoError(t, err)
	defer f.Close()
	for _, section := range f.Sections {
		n := int(section.Size)
		switch {
		case section.Flags&elf.SHF_ALLOC == 0:
		case section.Type == elf.SHT_NOBITS:
			s.bss += n
		case section.Flags&elf.SHF_WRITE == 0 || strings.HasPrefix(section.Name, ".rodata"):
			s.text += n
		default:
			s.data += n
		}
	}
	require.NotZero(t, s.text)
	return s
}

func (s size) String() string { return fmt.Sprintf("%d / %d / %d", s.text, s.data, s.bss) }
func (s size) flash() int     { return s.text + s.data }
func (s size) ram() int       { return s.data + s.bss }

const boardsHead = `<!-- Made by "make boards"; do not edit. SPDX-License-Identifier: MIT -->

# Boards: what the package costs

Bytes of text / data / bss of the same small application with RIOT 2026.07: without the package (` + "`tests/riot/baseline`" + `),
and as ` + "`riotpkg/examples/increment`" + ` with either engine and one container in it. What the package
adds is everything: loader, verifier, engine, system calls, the timers they use, the container's image and its RAM.
The builds are RIOT's default, optimised for size.

| board | core | without | small | fast | small adds flash, RAM | fast adds flash, RAM |
|---|---|---|---|---|---|---|
`

const updateHead = `
` + "`riotpkg/examples/ota` with `STORE=flash`" + `: everything it takes to get containers from the network on a board with a radio, linked as a
whole (RIOT, 6LoWPAN, CoAP, DTLS, SUIT and its cryptography, the package with four slots in the CPU's flash, management):

| board | core | text / data / bss | flash, of bytes | RAM, of bytes |
|---|---|---|---|---|
`

var whole = flag.Bool("whole", false, "link the example ota for a board, too; takes half a minute")

// updateBoard has a radio, and flash to run containers from.
var updateBoard = struct {
	name       string
	flash, ram int
}{"nrf52840dk", 1 << 20, 256 << 10}

// updateRow links the example ota as a whole; the linker refuses what does not fit.
func updateRow(t *testing.T) string {
	makeKeys(t)
	b := boardNamed(t, updateBoard.name)
	s := otaExample(b.name, "flash", "STORE=flash").build(t)
	assert.Greater(t, s.flash(), 80_000, "there is no network in it")
	return fmt.Sprintf("| ota on %s | %s | %v | %d of %d | %d of %d |", b.name, b.core, s, s.flash(), updateBoard.flash, s.ram(), updateBoard.ram)
}

// TestBoards builds for every board and compares the sizes with docs/boards.md.
func TestBoards(t *testing.T) {
	rows := map[string]string{}
	compilers := map[string]bool{}
	for _, b := range boards {
		t.Run(b.name, func(t *testing.T) {
			without := application{dir: "tests/riot/baseline", board: b.name, variant: "plain"}.build(t)
			small := example("increment", b.name, "small").build(t)
			fast := example("increment", b.name, "fast").build(t)
			rows[b.name] = fmt.Sprintf("| %s | %s | %v | %v | %v | %+d, %+d | %+d, %+d |",
				b.name, b.core, without, small, fast,
				small.flash()-without.flash(), small.ram()-without.ram(),
				fast.flash()-without.flash(), fast.ram()-without.ram())
			compilers[b.compiler] = true
			assert.Less(t, without.flash(), small.flash(), "the package takes no room?")
		})
	}

	if *update || *whole {
		t.Run("ota", func(t *testing.T) { rows["ota"] = updateRow(t) })
	}

	path := filepath.Join(root, "docs", "boards.md")
	if *update {
		var b strings.Builder
		b.WriteString(boardsHead)
		for _, board := range boards {
			if row, ok := rows[board.name]; ok {
				b.WriteString(row + "\n")
			}
		}
		b.WriteString(updateHead + rows["ota"] + "\n\n")
		for _, c := range slices.Sorted(maps.Keys(compilers)) {
			fmt.Fprintf(&b, "- %s\n", version(t, c))
		}
		require.NoError(t, os.WriteFile(path, []byte(b.String()), 0o644))
		return
	}

	doc, err := os.ReadFile(path)
	require.NoError(t, err)
	for _, b := range append(slices.Clone(boards), board{name: "ota", compiler: boardNamed(t, updateBoard.name).compiler}) {
		row, built := rows[b.name]
		switch {
		case !built:
		case !strings.Contains(string(doc), "- "+version(t, b.compiler)+"\n"):
			t.Logf("%s: docs/boards.md is about another compiler than this machine's", b.name)
		default:
			assert.True(t, agrees(string(doc), row), "docs/boards.md is out of date (make boards); it is now\n%s", row)
		}
	}
}

var number = regexp.MustCompile(`\d+`)

// agrees is true when the document has this row, with figures within 1 % or 64
// bytes of it: not each change of a few bytes has to touch the document.
func agrees(doc, row string) bool {
	name := strings.SplitAfterN(row, "|", 3)[1]
	for line := range strings.Lines(doc) {
		if !strings.HasPrefix(line, "|"+name) || len(number.FindAllString(line, -1)) != len(number.FindAllString(row, -1)) {
			continue
		}
		old, now := number.FindAllString(line, -1), number.FindAllString(row, -1)
		for i := range old {
			a, _ := strconv.Atoi(old[i])
			b, _ := strconv.Atoi(now[i])
			if off := max(a-b, b-a); off > 64 && off*100 > b {
				return false
			}
		}
		return true
	}
	return false
}

// version is the first line of what the compiler says of itself.
func version(t *testing.T, compiler string) string {
	out, err := exec.Command(compiler, "--version").Output()
	require.NoError(t, err)
	line, _, _ := strings.Cut(string(out), "\n")
	return line
}
