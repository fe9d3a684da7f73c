// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT

// Command verdicts compares what decoder and verifier say of files in Go, which
// are the table's, with what loader and verifier of the core say:
//
//	go run ./femto/prove/verdicts build/prove/1.fc
//
// It fails where they differ. Gate A prints such commands with counterexamples.
package main

import (
	"errors"
	"fmt"
	"os"

	"github.com/femtocontainer/femtocontainer/cbridge"
	"github.com/femtocontainer/femtocontainer/femto/diag"
	"github.com/femtocontainer/femtocontainer/femto/image"
	"github.com/femtocontainer/femtocontainer/femto/verify"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "verdicts:", err)
		os.Exit(1)
	}
}

func run(files []string) error {
	differ := 0
	for _, file := range files {
		b, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		want, at := ours(b)
		code, pc := cbridge.Check(b, nil)
		line := fmt.Sprintf("%s: Go: %s; C: %s", file, say(want, at), say(code, int(pc)))
		if want != code || at != diag.NoPC && at != int(pc) {
			differ++
			line += "; they differ"
		}
		fmt.Println(line)
	}
	if differ > 0 {
		return fmt.Errorf("verdicts differ on %d of %d files", differ, len(files))
	}
	return nil
}

// ours is the verdict of the Go packages: the first offence.
func ours(b []byte) (diag.Code, int) {
	img, err := image.Decode(b)
	if err == nil {
		err = verify.Image(img, verify.Options{})
	}
	var d *diag.Error
	if errors.As(err, &d) {
		return d.Code, d.PC
	}
	return 0, diag.NoPC
}

func say(c diag.Code, pc int) string {
	switch {
	case c == 0:
		return "accepted"
	case c >= diag.IllegalInstruction: // about the text
		return fmt.Sprintf("%v (%s), slot %d", c, c.Short(), pc)
	}
	return fmt.Sprintf("%v (%s)", c, c.Short())
}
