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
	var o runOptions
	cmd := &cobra.Command{
		Use:   "run IN.fc",
		Short: "run an image on this machine",
		Long: `Run verifies an image and calls one of its entry points on this machine, with
the context (r1 points to it, r2 is its length) that --ctx gives.

The engines agree on everything. vm is the reference interpreter; it gives the
best messages and can trace. The others are the C core of the devices.

System calls find a small world, the same each time: a clock that only sleeping
moves, the store entries, sensors and CoAP request that are given here.

With --trace each executed instruction is printed on standard error, with what
it changed and the fuel used so far.`,
		Example: `  femto run increment.fc --ctx 2a000000
  femto run average.fc --entry sample --sensor 'room:SENSE_TEMP=21.5;22' --kv local:1=3
  femto run show.fc --coap GET --engine fast`,
		GroupID:           groupUse,
		Args:              one("image"),
		ValidArgsFunction: files("fc"),
	}
	outputFlag(cmd)
	flags := cmd.Flags()
	flags.StringVar(&o.entry, "entry", "", "entry point, by `NAME` or slot (default: the only one)")
	flags.StringVar(&o.context, "ctx", "", "context, as `HEX` bytes, or as @FILE")
	flags.StringVar(&o.engine, "engine", engines[0].name, "`ENGINE`: vm, small or fast")
	flags.Uint32Var(&o.fuel, "fuel", defaultFuel, "how many 8-byte slots may execute: `N`")
	flags.BoolVar(&o.trace, "trace", false, "print every executed instruction (engine vm)")
	complete(cmd, "engine", engineNames()...)
	complete(cmd, "fuel")
	completeEntries(u, cmd)
	o.world = worldFlags(cmd)
	cmd.MarkFlagsMutuallyExclusive("ctx", "coap")

	cmd.RunE = action(func(ctx context.Context, args []string) error { return u.run(ctx, args[0], &o) })
	return cmd
}

type runOptions struct {
	entry, context, engine string
	fuel                   uint32
	trace                  bool
	world                  *world
}

// run does the work of femto run.
func (u *ui) run(ctx context.Context, name string, o *runOptions) error {
	engine, err := findEngine(o.engine)
	if err != nil {
		return err
	}
	if o.trace && engine.name != engines[0].name {
		return usagef("only engine %s can trace", engines[0].name)
	}
	mem, err := u.bytes(ctx, "--ctx", o.context)
	if err != nil {
		return err
	}
	console := &console{ui: u}
	h, err := o.world.host(ctx, u, console)
	if err != nil {
		return err
	}
	if o.world.coap != "" {
		mem = h.Context()
	}
	p, err := u.readProgram(ctx, name)
	if err != nil {
		return err
	}
	if err := p.offences(); err != nil {
		return err
	}
	entry, err := findEntry(p.img, o.entry)
	if err != nil {
		return err
	}
	outside := host{call: h.Call}
	if o.trace {
		outside.trace = newTracer(u.err, p).step
	}
	m, err := engine.open(p, outside)
	if err != nil {
		return locate(err, name)
	}
	res, err := runSliced(ctx, m, entry.Slot, mem, o.fuel)
	if err != nil {
		return err
	}
	p.locateFault(res)
	a := newAnswer(res, mem, h)
	a.Output = console.kept.String()
	if o.world.coap != "" && res.Fault == nil {
		if a.Response, err = newResponse(h, res.R0); err != nil {
			u.note("no CoAP response: %v", err)
		}
	}
	if u.json {
		u.object(a)
	} else {
		console.endLine()
		a.print(u)
		if res.Fault != nil {
			u.diagnose(res.Fault)
		}
	}
	if res.Fault != nil || err != nil {
		return errReported
	}
	return nil
}

// A console takes what the container prints: to standard output as it comes,
// or, for JSON, into memory.
type console struct {
	ui   *ui
	kept strings.Builder
	open bool // the last line has not ended
}

func (c *console) Write(b []byte) (int, error) {
	switch {
	case c.ui.json:
		return c.kept.Write(b)
	case c.ui.outTerminal:
		c.ui.printf("%s", printableLines(string(b)))
	default:
		c.ui.out.Write(b)
	}
	if len(b) > 0 {
		c.open = b[len(b)-1] != '\n'
	}
	return len(b), c.ui.flush()
}

// endLine keeps the answer from being appended to the container's last words.
func (c *console) endLine() {
	if c.open {
		c.ui.printf("\n")
	}
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

// locateFault adds what the image knows about the place of a fault.
func (p *program) locateFault(res vm.Result) {
	f := res.Fault
	if f == nil {
		return
	}
	f.Insn = p.disassemble(f.PC)
	if ln, ok := p.source.Line(f.PC); ok {
		f.File, f.Line, f.Col = ln.File, ln.Number, ln.Column
	}
	locate(f, p.name)
	if f.Code == diag.BadAccess && f.Msg == f.Code.Short() {
		// The C core says no more than the code; the address tells the rest.
		f.Msg = fmt.Sprintf("%s, at 0x%08x", f.Msg, res.Address)
	}
}

// bytes reads the argument of a flag that takes hex digits or @FILE.
func (u *ui) bytes(ctx context.Context, flag, arg string) ([]byte, error) {
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
				return nil, usagef("%s: %q is not a hex digit; a file is given as @FILE", flag, string(rune(bad)))
			}
			return nil, usagef("%s: an odd number of hex digits", flag)
		}
	}
	if len(b) > isa.MaxSegment {
		return nil, usagef("%s: %d bytes, but a segment has at most %d", flag, len(b), isa.MaxSegment)
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

// An answer is what femto run says, as docs/cli.md has it.
type answer struct {
	Result   *uint64      `json:"result"`
	FuelUsed uint32       `json:"fuel_used"`
	Context  string       `json:"ctx"`
	Output   string       `json:"output"`
	Fault    *faultAnswer `json:"fault"`

	// Present when there is something.
	Stores    []storeEntry `json:"stores,omitempty"`
	Actuators []actuator   `json:"actuators,omitempty"`
	Response  *response    `json:"response,omitempty"`

	context []byte
}

type faultAnswer struct {
	Code    string  `json:"code"`
	PC      int     `json:"pc"`
	Address *uint32 `json:"address"`
	Source  *string `json:"source"`
}

func newAnswer(res vm.Result, mem []byte, h *surroundings) *answer {
	a := &answer{
		FuelUsed: res.FuelUsed, Context: hex.EncodeToString(mem), context: mem,
		Stores: storeEntries(h), Actuators: actuators(h),
	}
	f := res.Fault
	if f == nil {
		a.Result = &res.R0
		return a
	}
	a.Fault = &faultAnswer{Code: f.Code.String(), PC: f.PC}
	if f.Code == diag.BadAccess {
		a.Fault.Address = &res.Address
	}
	if f.Line > 0 {
		source := fmt.Sprintf("%s:%d", f.File, f.Line)
		a.Fault.Source = &source
	}
	return a
}

func (a *answer) print(u *ui) {
	if a.Result != nil {
		u.printf("result   %s\n", number(*a.Result))
	}
	u.printf("fuel     %d\n", a.FuelUsed)
	if len(a.context) > 0 {
		u.printf("context  %s\n", strings.ReplaceAll(dump(a.context), "\n", "\n         "))
	}
	for _, e := range a.Stores {
		u.printf("store    %s:%d = %s\n", e.Scope, e.Key, e.Value)
	}
	for _, d := range a.Actuators {
		u.printf("device   %s = %v\n", printable(d.Name), d.Written)
	}
	if r := a.Response; r != nil {
		u.printf("CoAP     %s %q\n", r.Code, r.payload)
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
