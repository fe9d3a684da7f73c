// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT

package mutation

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var (
	all  = flag.Bool("mutants", false, "seed every error, not only the sample; takes a quarter of an hour")
	only = flag.String("only", "", "seed the errors whose names match this pattern, and no others")
)

// need skips, loudly, where a tool is missing; with REQUIRE_RIOT=1 that fails.
func need(t *testing.T, tools ...string) {
	for _, tool := range tools {
		if _, err := exec.LookPath(tool); err != nil {
			line := fmt.Sprintf("SKIP: %s: %s is not installed, so the gates are not guarded", t.Name(), tool)
			if os.Getenv("REQUIRE_RIOT") == "1" {
				t.Fatal(line)
			}
			fmt.Println(line)
			t.SkipNow()
		}
	}
}

// TestMutantsAreDetected seeds errors; each must be noticed by its gate.
func TestMutantsAreDetected(t *testing.T) {
	need(t, "z3", "cvc5", "coqc", "gcc")
	root, err := filepath.Abs("../../..")
	require.NoError(t, err)
	r := &Runner{Root: root, Dir: t.TempDir()}
	seeded, noticed := 0, 0
	for i := range All {
		m := &All[i]
		if *only != "" && !regexp.MustCompile(*only).MatchString(m.Name) || *only == "" && !*all && !m.Sample {
			continue
		}
		t.Run(m.Name, func(t *testing.T) {
			began := time.Now()
			seeded++
			by, err := r.Detected(t.Context(), m)
			require.NoError(t, err)
			require.NotEmpty(t, by, "nothing noticed: %s in %s", m.Name, m.File)
			noticed++
			t.Logf("%5.1f s: %s", time.Since(began).Seconds(), by)
		})
	}
	fmt.Printf("%d of %d seeded errors noticed; the list has %d\n", noticed, seeded, len(All))
}

// TestMutantsFitTheSource: every edit of the list finds its text, whether it is
// seeded today or not.
func TestMutantsFitTheSource(t *testing.T) {
	assert.GreaterOrEqual(t, len(All), 60)
	names := make(map[string]bool)
	for i := range All {
		m := &All[i]
		assert.False(t, names[m.Name], "two mutants are called %q", m.Name)
		names[m.Name] = true
		text, err := os.ReadFile(filepath.Join("../../..", m.File))
		require.NoError(t, err)
		_, err = m.Seed(string(text))
		assert.NoError(t, err, m.Name)
	}
}

// TestListIsPrinted holds docs/mutants.md to the list.
func TestListIsPrinted(t *testing.T) {
	b, err := os.ReadFile("../../../docs/mutants.md")
	require.NoError(t, err)
	assert.Equal(t, Document(), string(b), "run go generate ./femto/prove/mutation")
}
