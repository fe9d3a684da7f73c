// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT

package contract

import (
	"fmt"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/femtocontainer/femtocontainer/femto/diag"
	"github.com/femtocontainer/femtocontainer/femto/sysapi"
)

const page = "../../docs/contracts.md"

//go:generate go test -run ^TestDocumentedKeys$ -update .

// The tables of keys in docs/contracts.md are those of Keys.
func TestDocumentedKeys(t *testing.T) {
	text, err := os.ReadFile(page)
	require.NoError(t, err)
	const begin, end = "<!-- keys: begin -->\n", "<!-- keys: end -->"
	before, rest, ok := strings.Cut(string(text), begin)
	require.True(t, ok)
	have, after, ok := strings.Cut(rest, end)
	require.True(t, ok)
	var want strings.Builder
	for _, x := range []struct{ table, title string }{
		{"", "Top of the file"}, {tenantTable, "`[tenants.NAME]`"}, {quotaTable, "`[tenants.NAME.quota]`"}, {hookTable, "`[hooks.NAME]`"},
	} {
		fmt.Fprintf(&want, "\n### %s\n\n%s", x.title, Doc(x.table))
	}
	want.WriteString("\n")
	if *update {
		require.NoError(t, os.WriteFile(page, []byte(before+begin+want.String()+end+after), 0o666))
		return
	}
	assert.Equal(t, want.String(), have, "go generate ./femto/contract")
}

// Contracts on the page are what it says they are.
func TestDocumentedContracts(t *testing.T) {
	text, err := os.ReadFile(page)
	require.NoError(t, err)
	blocks := regexp.MustCompile("(?ms)^```toml( invalid| whole)?\n(.*?)^```$").FindAllStringSubmatch(string(text), -1)
	require.Len(t, blocks, 3)
	for _, b := range blocks {
		_, err := Parse("contracts.md", []byte(b[2]), nil)
		assert.Equal(t, b[1] == " invalid", err != nil, "%v", err)
		if b[1] == " whole" {
			everything(t, b[2])
		}
	}
	for _, p := range Policies {
		assert.Contains(t, string(text), "| `"+p+"` |")
	}
}

// TestDocumentedHooks: docs/hooks.md has a container for each hook of its
// contract, which are of all kinds. TestTutorials in tests/riot builds them.
func TestDocumentedHooks(t *testing.T) {
	text, err := os.ReadFile("../../docs/hooks.md")
	require.NoError(t, err)
	block := regexp.MustCompile("(?ms)^```toml contract.toml\n(.*?)^```$").FindSubmatch(text)
	require.NotNil(t, block)
	c, err := Parse("hooks.md", block[1], nil)
	require.NoError(t, err)
	for _, h := range c.Hooks {
		assert.Contains(t, string(text), fmt.Sprintf("\nSEC(%q)\n", "hook/"+h.Name))
	}
	kinds, _, ok := strings.Cut(string(text), "A module is taken with")
	require.True(t, ok)
	assert.Len(t, c.Hooks, strings.Count(kinds, "\n| ")-1, "the table's kinds of hooks")
}

// everything wants each key, capability and policy in a contract.
func everything(t *testing.T, toml string) {
	t.Helper()
	for _, k := range Keys {
		if k.Kind != Table {
			assert.Regexp(t, `(?m)^`+k.Name+` = `, toml, "of %s", k.Table)
		}
	}
	words := []string{}
	for _, c := range sysapi.Capabilities {
		words = append(words, c.Name)
	}
	for _, w := range append(words, Policies...) {
		assert.Contains(t, toml, `"`+w+`"`)
	}
	for _, code := range regexp.MustCompile(`FC(\d{4})`).FindAllStringSubmatch(toml, -1) {
		n, err := strconv.Atoi(code[1])
		require.NoError(t, err)
		_, known := diag.Lookup(diag.Code(n))
		assert.True(t, known, code[0])
	}
}

// The page names the capabilities that need a quota; they are the ones that
// enough knows.
func TestDocumentedNeeds(t *testing.T) {
	text, err := os.ReadFile(page)
	require.NoError(t, err)
	_, part, _ := strings.Cut(string(text), "| capability | quota |")
	part, _, _ = strings.Cut(part, "\n\n")
	for _, c := range sysapi.Capabilities {
		_, err := Parse("x.toml", fmt.Appendf(nil, "version = 1\n[tenants.a]\nkeys = [\"3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c\"]\ncapabilities = [%q]\n"+
			"quota = { fuel_per_second = 9 }\n[hooks.h]\ntenants = [\"a\"]\nfuel = 1\n", c.Name), nil)
		assert.Equal(t, strings.Contains(part, "`"+c.Name+"`"), err != nil, "%s: %v", c.Name, err)
	}
}
