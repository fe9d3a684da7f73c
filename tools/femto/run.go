// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT

package main

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/femtocontainer/femtocontainer/femto/diag"
	"github.com/femtocontainer/femtocontainer/femto/image"
	"github.com/femtocontainer/femtocontainer/femto/isa"
	"github.com/femtocontainer/femtocontainer/femto/vm"
)

const (
	// defaultFuel ends a forgotten loop within seconds on the slowest engine.
	defaultFuel = 1_000_000

	// slice is how much fuel runs between two looks at Ctrl-C.
	slice = 1 << 14
)

func runCmd(u *ui) *cobra.Command {
	var (
		entryName, context_, engineName string
		fuel                            uint32
	)
	cmd := &cobra.Command{
		Use:   "run IN.fc",
		Short: "run an image on this machine",
		Long: `Run verifies an image and calls one of its entry points, with the context
(r1 points to it, r2 is its length) that --ctx gives, on this machine.

The engines agree on everything; vm is the reference interpreter.`,
		Example: `  femto run increment.fc --ctx 2a000000
  femto run average.fc --entry sample --ctx @reading.bin --fuel 500`,
		GroupID:           groupUse,
		Args:              one("image"),
		ValidArgsFunction: files("fc"),
	}
	outputFlag(cmd)
	flags := cmd.Flags()
	flags.StringVar(&entryName, "entry", "", "entry point, by `NAME` or slot (default: the only one)")
	flags.StringVar(&context_, "ctx", "", "context, as `HEX` bytes, or as @FILE")
	flags.StringVar(&engineName, "engine", engines[0].name, "`ENGINE`: "+engineNames())
	flags.Uint32Var(&fuel, "fuel", defaultFuel, "how many 8-byte slots may execute: `N`")
	complete(cmd, "engine", strings.Split(engineNames(), ", ")...)
	complete(cmd, "fuel")
	completeEntries(u, cmd)

	cmd.RunE = action(func(ctx context.Context, args []string) error {
		engine, err := findEngine(engineName)
		if err != nil {
			return err
		}
		mem, err := u.contextBytes(ctx, context_)
		if err != nil {
			return err
		}
		p, err := u.readProgram(ctx, args[0])
		if err != nil {
			return err
		}
		if err := p.offences(); err != nil {
			return err
		}
		entry, err := findEntry(p.img, entryName)
		if err != nil {
			return err
		}
		m, err := engine.open(p)
		if err != nil {
			return locate(err, args[0])
		}
		res, err := runSliced(ctx, m, entry.Slot, mem, fuel)
		if err != nil {
			return err
		}
		if res.Fault != nil {
			locate(res.Fault, args[0])
		}
		if u.json {
			u.object(newRunJSON(res, mem))
		} else {
			u.printRun(res, mem)
		}
		if res.Fault != nil {
			return errReported
		}
		return nil
	})
	return cmd
}

// A machine is an instance of an image in one of the engines.
type machine interface {
	Start(entry uint32, ctx []byte, writable bool)
	Resume(fuel uint32) vm.Result
}

// runSliced runs an activation as a device does, in slices, and looks in
// between whether the user has had enough.
func runSliced(ctx context.Context, m machine, entry uint32, mem []byte, fuel uint32) (vm.Result, error) {
	m.Start(entry, mem, true)
	for left := fuel; ; {
		n := min(left, slice)
		left -= n
		res := m.Resume(n)
		if res.Fault == nil || res.Fault.Code != diag.OutOfFuel || left == 0 {
			return res, nil
		}
		if err := ctx.Err(); err != nil {
			return res, err
		}
	}
}

// contextBytes reads the argument of --ctx.
func (u *ui) contextBytes(ctx context.Context, arg string) ([]byte, error) {
	var b []byte
	if name, ok := strings.CutPrefix(arg, "@"); ok {
		var err error
		if b, err = u.read(ctx, name); err != nil {
			return nil, err
		}
	} else {
		digits := strings.NewReplacer(" ", "", ":", "", "_", "").Replace(strings.TrimPrefix(arg, "0x"))
		var err error
		if b, err = hex.DecodeString(digits); err != nil {
			var bad hex.InvalidByteError
			if errors.As(err, &bad) {
				return nil, usagef("--ctx: %q is not a hex digit; a file is given as @FILE", string(rune(bad)))
			}
			return nil, usagef("--ctx: an odd number of hex digits")
		}
	}
	if len(b) > isa.MaxSegment {
		return nil, usagef("--ctx: %d bytes, but a segment has at most %d", len(b), isa.MaxSegment)
	}
	return b, nil
}

// findEntry finds an entry point by its name, else by its slot.
func findEntry(img *image.Image, name string) (image.Entry, error) {
	if name == "" {
		if len(img.Entries) == 1 {
			return img.Entries[0], nil
		}
		return image.Entry{}, usagef("there are several entry points; choose one with --entry: %s", entryNames(img))
	}
	if e, ok := img.Entry(name); ok {
		return e, nil
	}
	if slot, err := strconv.ParseUint(name, 0, 32); err == nil {
		for _, e := range img.Entries {
			if e.Slot == uint32(slot) {
				return e, nil
			}
		}
	}
	return image.Entry{}, usagef("there is no entry point %s; the image has %s", name, entryNames(img))
}

func entryNames(img *image.Image) string {
	var names []string
	for _, e := range img.Entries {
		name := e.Name
		if name == "" {
			name = fmt.Sprint(e.Slot)
		}
		names = append(names, name)
	}
	return strings.Join(names, ", ")
}

func completeEntries(u *ui, cmd *cobra.Command) {
	err := cmd.RegisterFlagCompletionFunc("entry", func(cmd *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
		if len(args) == 1 {
			if p, err := u.readProgram(cmd.Context(), args[0]); err == nil {
				return strings.Split(entryNames(p.img), ", "), cobra.ShellCompDirectiveNoFileComp
			}
		}
		return nil, cobra.ShellCompDirectiveNoFileComp
	})
	if err != nil {
		panic(err) // the flag does not exist
	}
}

// runJSON is the answer of femto run as docs/cli.md has it. Every key is always
// there; null stands for what there is not.
type runJSON struct {
	Result   *uint64    `json:"result"`
	FuelUsed uint32     `json:"fuel_used"`
	Context  string     `json:"ctx"`
	Output   string     `json:"output"`
	Fault    *faultJSON `json:"fault"`
}

type faultJSON struct {
	Code    string  `json:"code"`
	PC      int     `json:"pc"`
	Address *uint32 `json:"address"`
	Source  *string `json:"source"`
}

func newRunJSON(res vm.Result, mem []byte) runJSON {
	out := runJSON{FuelUsed: res.FuelUsed, Context: hex.EncodeToString(mem)}
	f := res.Fault
	if f == nil {
		out.Result = &res.R0
		return out
	}
	out.Fault = &faultJSON{Code: f.Code.String(), PC: f.PC}
	if f.Code == diag.BadAccess {
		out.Fault.Address = &res.Address
	}
	if f.Line > 0 {
		source := fmt.Sprintf("%s:%d", f.File, f.Line)
		out.Fault.Source = &source
	}
	return out
}

func (u *ui) printRun(res vm.Result, mem []byte) {
	if res.Fault == nil {
		u.printf("result   %s\n", number(res.R0))
	}
	u.printf("fuel     %d\n", res.FuelUsed)
	if len(mem) > 0 {
		u.printf("context  %s\n", strings.ReplaceAll(dump(mem), "\n", "\n         "))
	}
	if res.Fault != nil {
		u.diagnose(res.Fault)
	}
}

// dump is bytes as hex, 16 on a line, and not more than anyone looks at.
func dump(b []byte) string {
	const most = 512
	var lines []string
	for line := range slices.Chunk(b[:min(len(b), most)], 16) {
		lines = append(lines, fmt.Sprintf("% x", line))
	}
	if len(b) > most {
		lines = append(lines, fmt.Sprintf("... and %d more bytes", len(b)-most))
	}
	return strings.Join(lines, "\n")
}

// number is a register for people: C functions return int more often than not.
func number(v uint64) string {
	s := fmt.Sprintf("%d (0x%x", v, v)
	switch {
	case int64(v) < 0:
		s += fmt.Sprintf(", or %d", int64(v))
	case v>>32 == 0 && int32(v) < 0:
		s += fmt.Sprintf(", or %d", int32(v))
	}
	return s + ")"
}
