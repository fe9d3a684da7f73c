// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT

package main

import (
	"encoding/binary"
	"encoding/hex"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/femtocontainer/femtocontainer/femto/image"
	"github.com/femtocontainer/femtocontainer/femto/isa"
	"github.com/femtocontainer/femtocontainer/tests/engines"
)

const (
	callDepth = 8 // frames that the suite's programs may use, as in Linux
	fuel      = 10_000_000
)

var errUsage = errors.New("usage: conformance [MEMORY] [--engine vm|small|fast] < PROGRAM, both in hexadecimal")

func main() {
	r0, err := run(os.Args[1:], os.Stdin)
	switch {
	case errors.Is(err, errUsage):
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	case err != nil:
		fmt.Fprintln(os.Stderr, "conformance:", err)
		os.Exit(1)
	}
	fmt.Printf("%x\n", r0)
}

// run does what one call of the plugin asks for.
func run(args []string, stdin io.Reader) (r0 uint64, err error) {
	var memory []byte
	if len(args) > 0 && !strings.HasPrefix(args[0], "-") {
		if memory, err = unhex(args[0]); err != nil {
			return 0, fmt.Errorf("memory: %w", err)
		}
		args = args[1:]
	}
	flags := flag.NewFlagSet("conformance", flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	engine := flags.String("engine", engines.Reference, "")
	if err := flags.Parse(args); err != nil || flags.NArg() > 0 {
		return 0, errUsage
	}
	in, err := io.ReadAll(io.LimitReader(stdin, 64<<20))
	if err != nil {
		return 0, err
	}
	program, err := unhex(string(in))
	if err != nil {
		return 0, fmt.Errorf("program: %w", err)
	}
	return execute(*engine, program, memory)
}

// unhex reads bytes with any white space between them.
func unhex(s string) ([]byte, error) { return hex.DecodeString(strings.Join(strings.Fields(s), "")) }

// execute runs a program, given as raw text, to its result.
func execute(engine string, program, memory []byte) (uint64, error) {
	img := &image.Image{
		Entries: []image.Entry{{Name: "main"}}, Frame: isa.MaxFrame, Depth: callDepth,
		Helpers: helperIDs(), Text: raiseHelpers(program),
	}
	b, err := img.Encode()
	if err != nil {
		return 0, err
	}
	m, err := engines.New(engine, b, engines.Options{Call: call})
	if err != nil {
		return 0, err
	}
	defer m.Close()
	res := m.Run(0, memory, fuel)
	switch {
	case res.Fault == nil:
		return res.R0, nil
	case res.Fault.Code == unwound:
		return 0, nil
	}
	return 0, res.Fault
}

// raiseHelpers adds one to the number of each helper call.
func raiseHelpers(program []byte) []byte {
	out := append([]byte(nil), program...)
	for at := 0; at+8 <= len(out); {
		in := isa.Decode(binary.LittleEndian.Uint64(out[at:]))
		width := 1
		if rows := isa.ByOpcode(in.Opcode); len(rows) > 0 {
			width = rows[0].Width()
			if rows[0].Kind == isa.CallHelper && int64(in.Src) == rows[0].SrcRule.Value {
				in.Imm++
				binary.LittleEndian.PutUint64(out[at:], in.Slot())
			}
		}
		at += 8 * width
	}
	return out
}
