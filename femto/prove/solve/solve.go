// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT

// Package solve asks SMT solvers, as processes that read SMT-LIB text.
//
//	p, err := solve.Start(solve.Z3)
//	r := p.Check(bv.SMTQuery(terms...), 2*time.Second, nil)
//	r.Status // Unsat: no values make all terms true
//
// Everything that is not the word sat or unsat, be it unknown, a time-out, a
// crash or an error message, is Unknown with the reason.
package solve

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"time"
)

// Status is a solver's answer.
type Status uint8

// The answers.
const (
	Unknown Status = iota
	Unsat
	Sat
)

func (s Status) String() string { return [...]string{"unknown", "unsat", "sat"}[s] }

// A Result is an answer, with the values asked for when it is Sat.
type Result struct {
	Status Status
	Reason string // of Unknown
	Values map[string]uint64
	Took   time.Duration
}

// A Kind is a solver and its options.
type Kind struct {
	Name    string
	command []string
}

// The solvers. CVC5Int translates bit vectors to integers, which decides
// identities of products and quotients on which bit-blasting does not end.
var (
	Z3      = Kind{"z3", []string{"z3", "-in", "-smt2"}}
	CVC5    = Kind{"cvc5", []string{"cvc5", "--lang", "smt2", "--incremental"}}
	CVC5Int = Kind{"cvc5-int", []string{"cvc5", "--lang", "smt2", "--incremental", "--solve-bv-as-int=sum"}}
)

// Version is the solver's own word for its version.
func (k Kind) Version() (string, error) {
	out, err := exec.Command(k.command[0], "--version").Output()
	if err != nil {
		return "", fmt.Errorf("solver %s: %w", k.command[0], err)
	}
	line, _, _ := strings.Cut(string(out), "\n")
	return line, nil
}

// A Process is a running solver, for one goroutine at a time.
type Process struct {
	kind  Kind
	cmd   *exec.Cmd
	in    io.WriteCloser
	lines chan string
}

// Start runs a solver.
func Start(k Kind) (*Process, error) {
	p := &Process{kind: k}
	return p, p.start()
}

func (p *Process) start() error {
	p.cmd = exec.Command(p.kind.command[0], p.kind.command[1:]...)
	in, err := p.cmd.StdinPipe()
	if err != nil {
		return err
	}
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		return err
	}
	p.cmd.Stderr = nil
	if err := p.cmd.Start(); err != nil {
		return fmt.Errorf("solver %s: %w", p.kind.Name, err)
	}
	p.in = in
	lines := make(chan string, 64)
	p.lines = lines
	go func() {
		defer close(lines)
		r := bufio.NewReader(out)
		for {
			s, err := r.ReadString('\n')
			if s != "" {
				lines <- strings.TrimSpace(s)
			}
			if err != nil {
				return
			}
		}
	}()
	return nil
}

// Close ends the process.
func (p *Process) Close() {
	if p.cmd == nil {
		return
	}
	p.in.Close()
	p.cmd.Process.Kill()
	// The reader may wait for room; drain so that it ends.
	for range p.lines {
	}
	p.cmd.Wait()
	p.cmd = nil
}

const marker = "--end--"

// Check decides the conjunction of the assertions in text, and gives the
// values of the variables named when they can be true.
func (p *Process) Check(text string, limit time.Duration, variables []string) Result {
	began := time.Now()
	r := p.check(text, limit, variables)
	r.Took = time.Since(began)
	if r.Status == Unknown {
		// Whatever state it is in, the next question gets a fresh process.
		p.Close()
	}
	return r
}

func (p *Process) check(text string, limit time.Duration, variables []string) Result {
	if p.cmd == nil {
		if err := p.start(); err != nil {
			return Result{Reason: err.Error()}
		}
	}
	var b strings.Builder
	b.WriteString("(reset)\n(set-option :produce-models true)\n(set-logic QF_BV)\n")
	b.WriteString(text)
	b.WriteString("(check-sat)\n(echo \"" + marker + "\")\n")
	deadline, stop := p.deadline(limit)
	defer stop()
	if err := p.write(b.String(), deadline); err != nil {
		return Result{Reason: err.Error()}
	}
	lines, err := p.until(deadline, limit)
	if err != nil {
		return Result{Reason: err.Error()}
	}
	if len(lines) != 1 {
		return Result{Reason: "answered " + strings.Join(lines, " ")}
	}
	switch lines[0] {
	case "unsat":
		return Result{Status: Unsat}
	case "sat":
		return Result{Status: Sat, Values: p.values(variables, limit)}
	}
	return Result{Reason: "answered " + lines[0]}
}

// deadline fires when the process has computed for limit, whatever else the
// machine does meanwhile, or, where its use of the CPU is not known or it
// computes nothing, after twenty times that.
func (p *Process) deadline(limit time.Duration) (<-chan time.Time, func()) {
	fired := make(chan time.Time, 1)
	done := make(chan struct{})
	pid := p.cmd.Process.Pid
	began, known := cpuTime(pid)
	go func() {
		wall := time.After(20 * limit)
		if !known {
			wall = time.After(limit)
		}
		tick := time.NewTicker(max(limit/20, 5*time.Millisecond))
		defer tick.Stop()
		for {
			select {
			case <-done:
				return
			case t := <-wall:
				fired <- t
				return
			case t := <-tick.C:
				if now, ok := cpuTime(pid); ok && now-began >= limit {
					fired <- t
					return
				}
			}
		}
	}()
	return fired, func() { close(done) }
}

// cpuTime is how long a process has computed, on Linux.
func cpuTime(pid int) (time.Duration, bool) {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0, false
	}
	_, rest, ok := strings.Cut(string(b), ") ")
	f := strings.Fields(rest)
	if !ok || len(f) < 13 {
		return 0, false
	}
	var ticks int64
	for _, s := range f[11:13] { // utime, stime, in hundredths of a second
		var v int64
		if _, err := fmt.Sscan(s, &v); err != nil {
			return 0, false
		}
		ticks += v
	}
	return time.Duration(ticks) * 10 * time.Millisecond, true
}

// write sends text; a solver that does not read it must not block the caller.
func (p *Process) write(text string, deadline <-chan time.Time) error {
	done := make(chan error, 1)
	in := p.in
	go func() {
		_, err := io.WriteString(in, text)
		done <- err
	}()
	select {
	case err := <-done:
		return err
	case <-deadline:
		return fmt.Errorf("does not read its input")
	}
}

// until reads lines up to the marker.
func (p *Process) until(deadline <-chan time.Time, limit time.Duration) ([]string, error) {
	var out []string
	for {
		select {
		case s, ok := <-p.lines:
			if !ok {
				return nil, fmt.Errorf("ended before it answered")
			}
			switch strings.Trim(s, "\"") {
			case marker:
				return out, nil
			case "":
			default:
				out = append(out, s)
			}
		case <-deadline:
			return nil, fmt.Errorf("no answer within %v", limit)
		}
	}
}

// values asks for a model after sat.
func (p *Process) values(names []string, limit time.Duration) map[string]uint64 {
	out := make(map[string]uint64)
	if len(names) == 0 {
		return out
	}
	deadline, stop := p.deadline(limit)
	defer stop()
	if err := p.write("(get-value ("+strings.Join(names, " ")+"))\n(echo \""+marker+"\")\n", deadline); err != nil {
		return out
	}
	lines, err := p.until(deadline, limit)
	if err != nil {
		return out
	}
	f := strings.Fields(strings.NewReplacer("(", " ", ")", " ").Replace(strings.Join(lines, " ")))
	for i := 0; i+1 < len(f); i += 2 {
		var v uint64
		switch {
		case strings.HasPrefix(f[i+1], "#x"):
			fmt.Sscanf(f[i+1][2:], "%x", &v)
		case strings.HasPrefix(f[i+1], "#b"):
			fmt.Sscanf(f[i+1][2:], "%b", &v)
		}
		out[f[i]] = v
	}
	return out
}
