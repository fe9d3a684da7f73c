// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT

package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// A line is what a firmware printed about one workload (firmware/report.h).
type line struct {
	workload, bytecode      string
	load, verify, run, fuel uint64
	result                  uint64
	status                  uint
	stack                   uint64
}

func parseLines(output []byte) ([]line, error) {
	var lines []line
	for _, text := range strings.Split(string(output), "\n") {
		text = strings.TrimRight(text, "\r")
		if text == "" {
			continue
		}
		var l line
		_, err := fmt.Sscanf(text, "row %s %s load=%d verify=%d run=%d r0=%x fuel=%d status=%d stack=%d",
			&l.workload, &l.bytecode, &l.load, &l.verify, &l.run, &l.result, &l.fuel, &l.status, &l.stack)
		if err != nil {
			return nil, fmt.Errorf("the firmware printed %q", text)
		}
		lines = append(lines, l)
	}
	return lines, nil
}

// check refuses a line that is not a correct run of its workload.
func (l line) check() error {
	for _, w := range workloads {
		if w.name != l.workload {
			continue
		}
		if l.status != 0 {
			return fmt.Errorf("%s (%s) failed with FC%04d", l.workload, l.bytecode, l.status)
		}
		if l.result != w.result {
			return fmt.Errorf("%s (%s) returned %#x, not %#x", l.workload, l.bytecode, l.result, w.result)
		}
		return nil
	}
	return fmt.Errorf("unknown workload %q", l.workload)
}

// A subject is a program that runs all workloads: native code, or containers
// in one engine.
type subject struct {
	engine string   // native, small, fast
	opt    string   // Os, O2
	flags  []string // preprocessor and engine flags
	// sources are compiled with flags, and main.c with the workloads' headers.
	sources []string
}

// build compiles and links s for t and returns the executable.
func (b *bench) build(t target, s subject) (string, error) {
	dir := filepath.Join(b.dir, t.name+"-"+s.engine+"-"+s.opt)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", err
	}
	flags := append([]string{"-" + s.opt, "-std=gnu11", "-Wall", "-Wextra", "-ffunction-sections", "-fdata-sections",
		"-I", "firmware", "-I", "workloads", "-I", b.dir}, s.flags...)
	objects, err := b.compile(t, flags, s.sources, dir)
	if err != nil {
		return "", err
	}
	exe := filepath.Join(dir, "bench.elf")
	args := append([]string{}, t.cc[1:]...)
	args = append(args, "-"+s.opt, "-Wl,--gc-sections", "-o", exe)
	args = append(args, objects...)
	args = append(args, t.link...)
	if out, err := b.command(t.cc[0], args...).CombinedOutput(); err != nil {
		return "", fmt.Errorf("%s: link %s: %w\n%s", t.name, s.engine, err, out)
	}
	return exe, nil
}

// emulate runs an executable under QEMU and reads its lines.
func (b *bench) emulate(t target, exe string, extra ...string) ([]line, error) {
	args := append(append(append([]string{}, t.qemu[1:]...), extra...), t.elfFlag, exe)
	out, err := b.output(t.qemu[0], args...)
	if err != nil {
		return nil, fmt.Errorf("%s: %w\n%s", t.name, err, out)
	}
	return b.lines(t.name, out)
}

// lines parses and checks the output of a program.
func (b *bench) lines(where string, out []byte) ([]line, error) {
	lines, err := parseLines(out)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", where, err)
	}
	if len(lines) == 0 {
		return nil, fmt.Errorf("%s: the firmware printed nothing", where)
	}
	for _, l := range lines {
		if err := l.check(); err != nil {
			return nil, fmt.Errorf("%s: %w", where, err)
		}
	}
	return lines, nil
}

// output runs a command to its end, at most two minutes, and returns both of
// its streams: semihosting writes to one or the other, depending on the library.
func (b *bench) output(name string, args ...string) ([]byte, error) {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir = b.root
	var buf bytes.Buffer
	cmd.Stdout, cmd.Stderr = &buf, &buf
	err := cmd.Run()
	if ctx.Err() != nil {
		err = fmt.Errorf("%s did not end within two minutes", name)
	}
	return buf.Bytes(), err
}

// command prepares a command that runs in this directory.
func (b *bench) command(name string, args ...string) *exec.Cmd {
	cmd := exec.Command(name, args...)
	cmd.Dir = b.root
	return cmd
}

// measure runs s on t, with the cycle estimate where the target has one.
func (b *bench) measure(t target, s subject) error {
	exe, err := b.build(t, s)
	if err != nil {
		return err
	}
	lines, err := b.emulate(t, exe)
	if err != nil {
		return fmt.Errorf("%s: %w", s.engine, err)
	}
	var estimates []estimate
	if t.plugin && b.trace != "" {
		if estimates, err = b.estimate(t, exe); err != nil {
			return err
		}
		if len(estimates) != len(lines) {
			return fmt.Errorf("%s: %d windows traced, %d rows printed", t.name, len(estimates), len(lines))
		}
	}
	for i, l := range lines {
		r := row{Target: t.name, Engine: s.engine, Opt: s.opt, Bytecode: l.bytecode, Workload: l.workload,
			Load: l.load, Verify: l.verify, Run: l.run, Fuel: l.fuel, Stack: l.stack}
		if estimates != nil {
			r.Cycles = &estimates[i]
		}
		b.report.Rows = append(b.report.Rows, r)
	}
	return nil
}

// estimate runs exe once more, with the tracing plugin.
func (b *bench) estimate(t target, exe string) ([]estimate, error) {
	name := exe + ".trace"
	if _, err := b.emulate(t, exe, "-plugin", b.trace+",out="+name); err != nil {
		return nil, err
	}
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	windows, err := parseTrace(f)
	if err != nil {
		return nil, err
	}
	estimates := make([]estimate, len(windows))
	for i, w := range windows {
		estimates[i] = cycles(w)
	}
	return estimates, nil
}

// buildTrace compiles the plugin; without a host compiler there is no estimate.
func (b *bench) buildTrace() error {
	name := filepath.Join(b.dir, "trace.so")
	out, err := b.command("gcc", "-O2", "-Wall", "-Wextra", "-shared", "-fPIC", "-o", name, "firmware/trace.c").CombinedOutput()
	if err != nil {
		return fmt.Errorf("trace plugin: %w\n%s", err, out)
	}
	b.trace = name
	return nil
}
