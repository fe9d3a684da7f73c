// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT

package riot

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/femtocontainer/femtocontainer/femto/diag"
)

// TestDeployCodes looks for codes that devices give and no test here expects: it reads the
// tests' strings. That a test with the code makes a device give it is for that test to show.
func TestDeployCodes(t *testing.T) {
	tests, err := filepath.Glob("*_test.go")
	require.NoError(t, err)
	var expected strings.Builder
	for _, name := range tests {
		f, err := parser.ParseFile(token.NewFileSet(), name, nil, 0) // without comments
		require.NoError(t, err)
		ast.Inspect(f, func(n ast.Node) bool {
			if s, ok := n.(*ast.BasicLit); ok && s.Kind == token.STRING {
				expected.WriteString(s.Value)
			}
			return true
		})
	}
	sources, err := filepath.Glob(filepath.Join(root, "riotpkg/femtocontainer/contrib/*.c"))
	require.NoError(t, err)
	var firmware strings.Builder
	for _, name := range sources {
		b, err := os.ReadFile(name)
		require.NoError(t, err)
		firmware.Write(b)
	}
	header := string(diag.Header())
	codes := 0
	for _, e := range diag.Table {
		if !strings.Contains(header, fmt.Sprintf("FEMTO_E_%s = %d,", e.Name, e.Code)) {
			continue
		}
		codes++
		assert.Contains(t, expected.String(), fmt.Sprintf("FC%d", e.Code), "no test expects %s of a device", e.Name)
		assert.Regexp(t, `\bFEMTO_E_`+e.Name+`\b`, firmware.String(), "no firmware gives %s", e.Name)
	}
	assert.Greater(t, codes, 30)
}
