// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT

package replay

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/femtocontainer/femtocontainer/femto/diag"
	"github.com/femtocontainer/femtocontainer/femto/isa"
	"github.com/femtocontainer/femtocontainer/femto/sysapi"
)

//go:embed driver/driver.c
var driverC []byte

// A Result is what both sides say.
type Result struct {
	Same    bool
	What    string // is replayed
	Go, C   []string
	Notes   []string
	columns bool
}

// String is a table of both sides, or one line for a verdict.
func (r *Result) String() string {
	if !r.columns {
		s := fmt.Sprintf("%s: Go: %s; C: %s", r.What, strings.Join(r.Go, ", "), strings.Join(r.C, ", "))
		if !r.Same {
			s += "; they differ"
		}
		return s + "\n"
	}
	var b strings.Builder
	b.WriteString(r.What + "\n")
	for _, n := range r.Notes {
		fmt.Fprintf(&b, "  %s\n", n)
	}
	width := len("Go")
	for _, name := range r.names() {
		width = max(width, min(len(find(r.Go, name)), 60))
	}
	fmt.Fprintf(&b, "  %-10s %-*s  %s\n", "", width, "Go", "C")
	for _, name := range r.names() {
		have, there := find(r.Go, name), find(r.C, name)
		mark := " "
		if have != there {
			mark = "*"
		} else if !slices.Contains([]string{"handler", "status", "gives", "start", "r0", "room", "address"}, name) {
			continue // both as it was
		}
		fmt.Fprintf(&b, "%s %-10s %-*s  %s\n", mark, name, width, have, there)
	}
	if r.Same {
		b.WriteString("  Go and C agree: no run shows the goal that is red, or the state found is one that none reaches\n")
	} else {
		b.WriteString("  they differ in what is marked\n")
	}
	return b.String()
}

// names of all that one of both sides says, in order.
func (r *Result) names() (out []string) {
	for _, l := range slices.Concat(r.Go, r.C) {
		if n, _, _ := cut(l); !slices.Contains(out, n) {
			out = append(out, n)
		}
	}
	return out
}

// cut takes a line apart; names of numbered things have two words.
func cut(line string) (name, value string, ok bool) {
	name, value, ok = strings.Cut(line, " ")
	if name == "segment" || name == "mapped" || name == "entry" {
		var number string
		number, value, ok = strings.Cut(value, " ")
		name += " " + number
	}
	return name, value, ok
}

// find gives the value of a name, or "-".
func find(ls []string, name string) string {
	for _, l := range ls {
		if n, v, _ := cut(l); n == name {
			var code int
			if _, err := fmt.Sscanf(v, "%d", &code); (name == "status" || name == "start") && err == nil && code != 0 {
				v += fmt.Sprintf(" (%v, %s)", diag.Code(code), diag.Code(code).Short())
			}
			return v
		}
	}
	return "-"
}

// A Core compiles the core under a root as often as needed.
type Core struct {
	root  string
	built map[string]*driver
}

// Of is the core under root.
func Of(root string) *Core { return &Core{root: root, built: map[string]*driver{}} }

// Close removes what was compiled.
func (k *Core) Close() {
	for _, d := range k.built {
		os.RemoveAll(d.dir)
	}
}

// File replays an image, or a Call in a file that ends in .json.
func (k *Core) File(name string) (*Result, error) {
	b, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	var r *Result
	if filepath.Ext(name) == ".json" {
		var c Call
		dec := json.NewDecoder(bytes.NewReader(b))
		dec.DisallowUnknownFields()
		if err := dec.Decode(&c); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		r, err = k.Run(&c)
	} else {
		r, err = k.Image(b)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	r.What = strings.TrimSuffix(name+": "+r.What, ": ")
	return r, nil
}

// Image compares the verdicts on a file.
func (k *Core) Image(file []byte) (*Result, error) {
	want, at := Verdict(file)
	d, err := k.driver(0, nil)
	if err != nil {
		return nil, err
	}
	out, err := d.run(bytes.NewReader(file), "verdict", fmt.Sprintf("len=%d", len(file)))
	if err != nil {
		return nil, err
	}
	r := &Result{Go: []string{say(want, at)}}
	var code, pc int
	if len(out) != 1 {
		return nil, fmt.Errorf("the driver printed %q", out)
	}
	if _, err := fmt.Sscan(out[0], &code, &pc); err != nil {
		r.C = out // it did not come to an end
		return r, nil
	}
	r.C = []string{say(diag.Code(code), pc)}
	r.Same = want == diag.Code(code) && (at == diag.NoPC || at == pc)
	return r, nil
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

// Run makes the call on both sides.
func (k *Core) Run(c *Call) (*Result, error) {
	ours, err := c.ours()
	if err != nil {
		return nil, err
	}
	d, err := k.driver(c.Pointers, c.Modules)
	if err != nil {
		return nil, err
	}
	argv := []string{c.Function}
	set := func(name string, v uint64) { argv = append(argv, fmt.Sprintf("%s=%#x", name, v)) }
	for _, k := range sorted(c.Args) {
		set("arg."+k, c.Args[k])
	}
	for i, v := range c.Regs {
		set(fmt.Sprintf("r%d", i), v)
	}
	memory := *bytes.NewBuffer(c.Image)
	set("len", uint64(len(c.Image)))
	for i := 1; i < isa.NumSegments-1; i++ {
		b, err := c.contents(i)
		if err != nil {
			return nil, err
		}
		memory.Write(b)
		set(fmt.Sprintf("readable%d", i), uint64(len(b)))
		set(fmt.Sprintf("writable%d", i), uint64(c.Segments[i].Writable))
	}
	for name, v := range map[string]uint32{"address": c.Address, "room": c.Room, "pc": c.PC, "bound": c.Bound, "text": c.Text, "slots": c.Slots} {
		set(name, uint64(v))
	}
	set("result", c.Handler.Result)
	set("number", c.Handler.Number)
	out, err := d.run(&memory, argv...)
	if err != nil {
		return nil, err
	}
	return &Result{What: c.String(), Go: ours, C: out, Same: slices.Equal(ours, out),
		Notes: slices.Concat(d.notes, c.Unreachable(), c.Notes), columns: true}, nil
}

// String is the call as one would write it.
func (c *Call) String() string {
	var args []string
	for _, k := range sorted(c.Args) {
		args = append(args, fmt.Sprintf("%s = %#x", k, c.Args[k]))
	}
	s := c.Function + "(" + strings.Join(args, ", ") + ")"
	if row := c.row(); row != nil && c.Function == "femto_sys_call" {
		s += ", " + row.Name
		for i := range sysapi.MaxArgs {
			s += fmt.Sprintf(", r%d = %#x", i+1, c.Regs[i+1])
		}
	}
	for i := range c.Segments {
		if g := &c.Segments[i]; g.Readable != 0 {
			s += fmt.Sprintf("\n  [0x%08x] %d bytes, %d of them to write", isa.SegmentBase(uint32(i)), g.Readable, g.Writable)
		}
	}
	return s
}

func sorted(m map[string]uint64) (names []string) {
	for k := range m {
		names = append(names, k)
	}
	slices.Sort(names)
	return names
}

// A driver is the core with driver.c, compiled.
type driver struct {
	dir, bin string
	notes    []string
}

// driver compiles for pointers of 32 or 64 bits, of this machine if gcc cannot.
func (k *Core) driver(pointers int, modules []string) (*driver, error) {
	key := fmt.Sprint(pointers, modules)
	if d := k.built[key]; d != nil {
		return d, nil
	}
	dir, err := os.MkdirTemp("", "femto-replay")
	if err != nil {
		return nil, err
	}
	d := &driver{dir: dir, bin: filepath.Join(dir, "driver")}
	k.built[key] = d
	pkg := filepath.Join(k.root, "riotpkg/femtocontainer")
	core, contrib := filepath.Join(pkg, "core"), filepath.Join(pkg, "contrib")
	header, err := os.ReadFile(filepath.Join(core, "femto_sys.h"))
	if err != nil {
		return nil, err
	}
	for name, text := range map[string][]byte{"driver.c": driverC, "handlers.h": []byte(handlers(string(header), modules))} {
		if err := os.WriteFile(filepath.Join(dir, name), text, 0o600); err != nil {
			return nil, err
		}
	}
	args := []string{"-std=c11", "-O0", "-fsanitize=address,undefined", "-fno-sanitize-recover=all", "-I", dir, "-I", core, "-I", contrib,
		"-o", d.bin, filepath.Join(dir, "driver.c"), filepath.Join(contrib, "femto_fmt.c")}
	for i := range sysapi.Modules {
		if m := &sysapi.Modules[i]; slices.Contains(modules, m.Name) {
			args = append(args, "-D"+m.Macro()+"=1")
		}
	}
	for _, f := range []string{"femto_vm.c", "femto_host.c", "femto_image.c", "femto_verify.c"} {
		args = append(args, filepath.Join(core, f))
	}
	compile := func(more ...string) error {
		out, err := exec.Command("gcc", append(more, args...)...).CombinedOutput()
		if err != nil {
			return fmt.Errorf("gcc: %w\n%s", err, out)
		}
		return nil
	}
	if pointers == 32 {
		if compile("-m32") == nil {
			return d, nil
		}
		d.notes = append(d.notes, "the goal is about pointers of 32 bits; gcc -m32 does not link here (apt package gcc-multilib), so these have another length")
	}
	if err := compile(); err != nil {
		delete(k.built, key)
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	return d, nil
}

var trouble = regexp.MustCompile(`(?m)(runtime error: .*|ERROR: \w+Sanitizer: .*?)( on address.*| on unknown address.*)?$`)

// run gives what the driver printed, or what stopped it.
func (d *driver) run(stdin io.Reader, argv ...string) ([]string, error) {
	cmd := exec.Command(d.bin, argv...)
	cmd.Stdin = stdin
	cmd.Env = append(os.Environ(), "ASAN_OPTIONS=detect_leaks=0:detect_stack_use_after_return=0")
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err := cmd.Run()
	out := strings.Split(strings.TrimSuffix(stdout.String(), "\n"), "\n")
	var exit *exec.ExitError
	switch {
	case err == nil:
		return out, nil
	case !errors.As(err, &exit):
		return nil, err
	}
	if m := trouble.FindStringSubmatch(stderr.String()); m != nil {
		return []string{"stopped " + m[1]}, nil
	}
	if !exit.Exited() { // a signal
		return []string{"stopped " + exit.String()}, nil
	}
	return nil, fmt.Errorf("the driver failed: %w\n%s", err, stderr.String())
}
