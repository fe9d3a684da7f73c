// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT

// Command list prints the seeded errors as a table: docs/mutants.md.
//
//	go run ./femto/prove/mutation/list -write docs/mutants.md
package main

import (
	"flag"
	"fmt"
	"os"

	"github.com/femtocontainer/femtocontainer/femto/prove/mutation"
)

func main() {
	write := flag.String("write", "", "write to this file instead of standard output")
	flag.Parse()
	if *write == "" {
		fmt.Print(mutation.Document())
		return
	}
	if err := os.WriteFile(*write, []byte(mutation.Document()), 0o644); err != nil {
		fmt.Fprintln(os.Stderr, "list:", err)
		os.Exit(1)
	}
}
