// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT

package kconfig

import (
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const pkg = "../../riotpkg/femtocontainer"

// An entry of Kconfig, with the conditions of the menus around it.
type entry struct {
	kind, prompt, value string
	ranged              bool
	least, most         int64
	depends             []string
}

// entries reads what our Kconfig file uses of Kconfig's language.
func entries(t *testing.T) map[string]*entry {
	t.Helper()
	all := map[string]*entry{}
	var menus [][]string
	var open *entry
	choice := false
	for n, line := range strings.Split(read(t, filepath.Join(pkg, "Kconfig")), "\n") {
		word, rest, _ := strings.Cut(strings.TrimSpace(line), " ")
		switch {
		case word == "menu":
			menus = append(menus, nil)
			open = nil
		case word == "endmenu":
			menus = menus[:len(menus)-1]
			open = nil
		case word == "choice" || word == "endchoice":
			choice = word == "choice"
			open = nil
		case word == "config":
			require.NotContains(t, all, rest, "line %d", n+1)
			open = &entry{depends: slices.Concat(menus...)}
			all[rest] = open
		case word == "depends":
			conditions := strings.Split(strings.TrimPrefix(rest, "on "), " && ")
			if open == nil {
				menus[len(menus)-1] = conditions
			} else {
				open.depends = append(open.depends, conditions...)
			}
		case open == nil:
		case word == "int" || word == "string" || word == "bool":
			open.kind, open.prompt = word, rest
		case word == "default":
			open.value = rest
		case word == "range":
			least, most, _ := strings.Cut(rest, " ")
			open.ranged, open.least, open.most = true, number(t, least), number(t, most)
		}
	}
	require.Empty(t, menus)
	require.False(t, choice)
	return all
}

func read(t *testing.T, path string) string {
	t.Helper()
	b, err := os.ReadFile(path)
	require.NoError(t, err)
	return string(b)
}

func number(t *testing.T, s string) int64 {
	t.Helper()
	n, err := strconv.ParseInt(s, 0, 64)
	require.NoError(t, err)
	return n
}

// files are all that match.
func files(t *testing.T, patterns ...string) []string {
	t.Helper()
	var all []string
	for _, p := range patterns {
		found, err := filepath.Glob(p)
		require.NoError(t, err)
		require.NotEmpty(t, found, p)
		all = append(all, found...)
	}
	return all
}

var (
	symbol   = regexp.MustCompile(`CONFIG_FEMTOCONTAINER_([A-Z0-9_]*[A-Z0-9])`)
	fallback = regexp.MustCompile(`(?m)^#ifndef CONFIG_FEMTOCONTAINER_(\w+)\n#define CONFIG_FEMTOCONTAINER_(\w+) +(.+)\n#endif`)
	told     = regexp.MustCompile("`CONFIG_FEMTOCONTAINER_(\\w+)` \\(([0-9,]+)\\)")
)

func used(text string) map[string]bool {
	all := map[string]bool{}
	for _, m := range symbol.FindAllStringSubmatch(text, -1) {
		all[m[1]] = true
	}
	return all
}

// TestDefaults: with Kconfig or without, it is the same firmware.
func TestDefaults(t *testing.T) {
	all := entries(t)
	require.Greater(t, len(all), 20)
	found := map[string]bool{}
	source := map[string]bool{}
	for _, path := range files(t, pkg+"/contrib/*.[ch]", pkg+"/include/*.h") {
		text := read(t, path)
		maps.Copy(source, used(text))
		for _, m := range fallback.FindAllStringSubmatch(text, -1) {
			require.Equal(t, m[1], m[2], path)
			e := all["FEMTOCONTAINER_"+m[1]]
			if assert.NotNil(t, e, "%s has CONFIG_FEMTOCONTAINER_%s, and Kconfig does not", path, m[1]) {
				assert.Equal(t, e.value, m[3], "default of %s in Kconfig, and in %s", m[1], path)
			}
			assert.NotContains(t, found, m[1], "%s is not the only one that says what %s is", path, m[1])
			found[m[1]] = true
		}
	}
	for _, path := range files(t, pkg+"/Makefile*") {
		maps.Copy(source, used(read(t, path)))
	}
	for name, e := range all {
		name, ours := strings.CutPrefix(name, "FEMTOCONTAINER_")
		require.True(t, ours, name)
		switch e.kind {
		case "bool": // of the choice, and made into a module; the first one is what there is otherwise
			assert.True(t, source[name] || name == "FAST", "nothing uses %s", name)
		case "int":
			v := number(t, e.value)
			if e.ranged { // other than what only the board knows
				assert.Less(t, e.least, e.most, name)
				assert.True(t, e.least <= v && v <= e.most, "%s: %d is not from %d to %d", name, v, e.least, e.most)
			}
			fallthrough
		default:
			assert.True(t, found[name], "no C file says what %s is without Kconfig", name)
		}
		assert.NotEmpty(t, e.prompt, name)
	}
	for name := range source {
		assert.Contains(t, all, "FEMTOCONTAINER_"+name, "used, and not in Kconfig")
	}
}

// modules are those that a firmware can take.
func modules(t *testing.T) map[string]bool {
	t.Helper()
	all := map[string]bool{}
	text := read(t, pkg+"/Makefile.include")
	for _, m := range regexp.MustCompile(`(?m)^ *PSEUDOMODULES \+= (.*)$`).FindAllStringSubmatch(text, -1) {
		for _, name := range strings.Fields(m[1]) {
			all[name] = true
		}
	}
	calls := regexp.MustCompile(`(?m)^FEMTO_CALLS := (.*)$`).FindStringSubmatch(text)
	require.NotNil(t, calls)
	for _, pair := range strings.Fields(calls[1]) {
		name, _, _ := strings.Cut(pair, ":")
		all["femtocontainer_"+name] = true
	}
	maps.DeleteFunc(all, func(name string, _ bool) bool {
		return !strings.HasPrefix(name, "femtocontainer_") || strings.Contains(name, "$")
	})
	require.Greater(t, len(all), 15)
	return all
}

// TestModules: what entries depend on are modules, which have a file, and
// which the package's page lists.
func TestModules(t *testing.T) {
	all := modules(t)
	for name, e := range entries(t) {
		require.Equal(t, "USEPKG_FEMTOCONTAINER", e.depends[0], name)
		for _, c := range e.depends[1:] {
			module, is := strings.CutPrefix(strings.TrimPrefix(c, "!"), "USEMODULE_")
			assert.True(t, is && all[strings.ToLower(module)], "%s depends on %s, which is no module", name, c)
		}
	}

	rules := read(t, pkg+"/contrib/Makefile")
	page := read(t, pkg+"/doc.md")
	for name := range all {
		short := strings.TrimPrefix(name, "femtocontainer_")
		_, err := os.Stat(filepath.Join(pkg, "contrib", short+".c"))
		engine := short == "small" || short == "fast"
		assert.True(t, err == nil || engine || strings.Contains(rules, name), "%s has no file in contrib", name)
		if short != "queue" { // comes with those that need it
			assert.True(t, strings.Contains(page, "`"+name+"`"), "the table of modules in doc.md lacks %s", name)
		}
	}
	for _, m := range regexp.MustCompile("`(femtocontainer_[a-z0-9_]+)`").FindAllStringSubmatch(page, -1) {
		assert.True(t, all[m[1]], "doc.md: %s is no module", m[1])
	}
}

// TestCalls: docs/system-calls.md names the module that each macro of the core
// comes from.
func TestCalls(t *testing.T) {
	pairs := regexp.MustCompile(`(?m)^FEMTO_CALLS := (.*)$`).FindStringSubmatch(read(t, pkg+"/Makefile.include"))
	require.NotNil(t, pairs)
	var want, have []string
	for _, pair := range strings.Fields(pairs[1]) {
		module, macro, _ := strings.Cut(pair, ":")
		want = append(want, "`femtocontainer_"+module+"`, which defines `FEMTO_HAVE_"+macro+"`")
	}
	page := read(t, "../../docs/system-calls.md")
	for _, m := range regexp.MustCompile("In firmware with the module (.*)\\.").FindAllStringSubmatch(page, -1) {
		have = append(have, m[1])
	}
	assert.ElementsMatch(t, want, have)
}

// TestDocuments: what documents call an option is one, and has the default that
// they tell.
func TestDocuments(t *testing.T) {
	all := entries(t)
	defaults := 0
	for _, path := range files(t, "../../docs/*.md", "../../README.md", pkg+"/doc.md") {
		text := read(t, path)
		for name := range used(text) {
			assert.Contains(t, all, "FEMTOCONTAINER_"+name, path)
		}
		for _, m := range told.FindAllStringSubmatch(text, -1) {
			if e := all["FEMTOCONTAINER_"+m[1]]; e != nil {
				assert.Equal(t, e.value, strings.ReplaceAll(m[2], ",", ""), "%s tells the default of %s", path, m[1])
				defaults++
			}
		}
	}
	assert.Greater(t, defaults, 4)
}
