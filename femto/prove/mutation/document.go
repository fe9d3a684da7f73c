// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT

package mutation

import (
	"fmt"
	"path"
	"strings"
)

// Document is docs/mutants.md.
func Document() string {
	var b strings.Builder
	fmt.Fprintf(&b, `<!-- Code generated from femto/prove/mutation; DO NOT EDIT. SPDX-License-Identifier: MIT -->

# Seeded errors

%d errors, each of which the gate named has to notice: `+"`make prove-mutants`"+`. Those marked * are seeded by `+"`make test`"+` too.
They are edits of the files named, not simulations; the edits stand in femto/prove/mutation. What counts as noticed is
said in its doc.go, what the gates are in [proofs.md](proofs.md).

| | error | file | noticed by |
|---|---|---|---|
`, len(All))
	for i := range All {
		m := &All[i]
		mark := ""
		if m.Sample {
			mark = "*"
		}
		fmt.Fprintf(&b, "| %s | %s | `%s` | %s |\n", mark, m.Name, path.Base(m.File), strings.ReplaceAll(m.Gate.String(), "|", `\|`))
	}
	return b.String()
}
