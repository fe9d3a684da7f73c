// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT

// Command verdicts replays what gate A found: it compares what the Go packages
// say of a file with what the core says. A file is an image, on which decoder
// and verifier give a verdict, or a call of a function in a state of the
// machine, which ends in .json (package replay):
//
//	go run ./femto/prove/verdicts build/prove/1.fc build/prove/2.json
//
// It fails where they differ. Gate A prints such commands with counterexamples.
package main

import (
	"flag"
	"fmt"
	"os"

	"github.com/femtocontainer/femtocontainer/femto/prove/replay"
)

func main() {
	root := flag.String("root", ".", "of the repository whose core is compiled")
	flag.Parse()
	if err := run(*root, flag.Args()); err != nil {
		fmt.Fprintln(os.Stderr, "verdicts:", err)
		os.Exit(1)
	}
}

func run(root string, files []string) error {
	core := replay.Of(root)
	defer core.Close()
	differ := 0
	for _, file := range files {
		r, err := core.File(file)
		if err != nil {
			return err
		}
		fmt.Print(r)
		if !r.Same {
			differ++
		}
	}
	if differ > 0 {
		return fmt.Errorf("Go and C differ on %d of %d files", differ, len(files))
	}
	return nil
}
