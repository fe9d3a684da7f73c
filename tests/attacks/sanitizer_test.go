// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT

package attacks

import (
	"fmt"
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/femtocontainer/femtocontainer/femto/diag"
	"github.com/femtocontainer/femtocontainer/tests/engines"
	"github.com/femtocontainer/femtocontainer/tests/sanitizer"
)

func TestMain(m *testing.M) {
	status := m.Run()
	sanitizer.Remove()
	os.Exit(status)
}

// sanitized gives the cases to every build of the core with sanitizers. A
// report fails the test.
func sanitized(t *testing.T, cases []sanitizer.Case, check func(build string, i int, line string)) {
	t.Helper()
	builds, err := sanitizer.Builds()
	require.NoError(t, err)
	for _, b := range builds {
		lines, err := b.Run(cases)
		require.NoError(t, err)
		for i, line := range lines {
			check(b.Name, i, line)
		}
	}
}

// outcome reads a line of the driver.
func outcome(t *testing.T, line string) (o Outcome) {
	t.Helper()
	var used uint32
	if _, err := fmt.Sscanf(line, "refused %d %d", &o.Code, &o.PC); err == nil {
		o.Refused = true
		return o
	}
	_, err := fmt.Sscanf(line, "ran %d %d %x %d %x", &o.Code, &o.PC, &o.Address, &used, &o.R0)
	require.NoError(t, err, line)
	if o.Code != 0 {
		o.R0 = 0
	}
	return o
}

func (a Attack) sanitizerCase() sanitizer.Case {
	c := sanitizer.Case{Image: a.Image, Context: a.Ctx, Fuel: a.Fuel, Flags: sanitizer.AllEntries}
	if a.ReadOnly {
		c.Flags |= sanitizer.ReadOnly
	}
	return c
}

// isCode: every refusal and fault has a code that is documented.
func isCode(c diag.Code) bool {
	_, ok := diag.Lookup(c)
	return ok || c == engines.HostFault
}
