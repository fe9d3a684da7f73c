// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT

package random

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"math/rand/v2"
	"os/exec"
	"path/filepath"
	"slices"

	"github.com/femtocontainer/femtocontainer/femto/bv"
	"github.com/femtocontainer/femtocontainer/femto/diag"
	"github.com/femtocontainer/femtocontainer/femto/isa"
)

// build compiles the driver with the core.
func build(v *variant, core, driver, out, level string) error {
	files, err := filepath.Glob(filepath.Join(core, "*.c"))
	if err != nil {
		return err
	}
	files = slices.DeleteFunc(files, func(f string) bool { return filepath.Base(f) == "femto_sys.c" })
	args := []string{"-std=c11", level, fmt.Sprintf("-m%d", v.model.PtrBits), "-I", core, "-o", out, driver}
	for _, d := range v.defines() {
		args = append(args, "-D"+d)
	}
	if b, err := exec.Command("gcc", append(args, files...)...).CombinedOutput(); err != nil {
		return fmt.Errorf("gcc -m%d: %w\n%s", v.model.PtrBits, err, b)
	}
	return nil
}

// programs lists what there is to compare in one variant.
func programs(v *variant) []*program {
	var out []*program
	for i := range isa.Table {
		out = append(out, &program{variant: v, what: resume, row: &isa.Table[i], op: isa.Table[i].Opcode})
	}
	for _, op := range []uint8{0x00, 0x8f, 0xb8, 0xff} { // no row
		out = append(out, &program{variant: v, what: resume, op: op})
	}
	if v.fast {
		return out // the rest is the same text
	}
	for _, what := range []uint32{read, write, room, pcOf} {
		out = append(out, &program{variant: v, what: what})
	}
	for k := range uint32(isa.NumSegments) {
		out = append(out, &program{variant: v, what: grant, segment: k})
	}
	d := dice{rand.New(rand.NewPCG(2, 18))}
	for op := range 256 {
		p := &program{variant: v, what: verify, op: uint8(op), shape: d.common()}
		d.text(p.shape)
		out = append(out, p)
	}
	return out
}

// draw is a state for p.
func (p *program) draw(d dice) *state {
	s := d.common()
	if p.what == resume {
		s = d.instruction(p.row, p.op)
	}
	if p.what == verify {
		s.Text, s.Slots, s.PC = p.shape.Text, p.shape.Slots, p.shape.PC
		d.looked(s, p.op)
	}
	s.What = p.what
	if p.what == grant {
		s.Segment = p.segment
	}
	return s
}

// compare runs n states of p in gcc's program and in the executor's terms.
func (p *program) compare(bin string, n int, seed uint64) error {
	d := dice{rand.New(rand.NewPCG(seed, uint64(p.op)<<8|uint64(p.what)))}
	states := make([]*state, n)
	var in []byte
	var err error
	for i := range states {
		states[i] = p.draw(d)
		if in, err = states[i].encode(in); err != nil {
			return err
		}
	}
	cmd := exec.Command(bin)
	cmd.Stdin = bytes.NewReader(in)
	pipe, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	from := bufio.NewReaderSize(pipe, 1<<16)
	buf := make([]byte, binary.Size(outcome{}))
	var differs error
	for _, s := range states {
		var got outcome
		if err := got.decode(from, buf); err != nil {
			differs = fmt.Errorf("%v: the program stopped: %w", p, err)
			break
		}
		if err := p.check(s, &got); err != nil {
			differs = fmt.Errorf("%v: %w\nfrom %+v\ngcc  %+v", p, err, *s, got)
			break
		}
	}
	_, _ = io.Copy(io.Discard, from)
	if err := cmd.Wait(); err != nil && differs == nil {
		return err
	}
	return differs
}

// env gives the variables of p their values in s.
func (p *program) env(s *state) bv.Env {
	env := bv.Env{
		"text_addr": s.textAddr(p.variant.model.PtrBits), "pc": uint64(s.PC), "room": uint64(s.Room), "fuel": uint64(s.Fuel),
		"depth": uint64(s.Depth), "frame_size": uint64(s.FrameSize), "level": uint64(s.Level), "address": uint64(s.Address),
		"address64": s.Address64, "len": uint64(s.Len), "flag": uint64(s.Flag),
		"helper_status": uint64(s.HelperStat), "helper_r0": s.HelperR0, "helper_room": uint64(s.HelperRoom),
		"imm2": s.Text[s.PC+1] >> 32, "entry": uint64(s.Entry),
		"helper0": uint64(s.Helpers[0]), "helper1": uint64(s.Helpers[1]), "granted0": uint64(s.Granted[0]), "granted1": uint64(s.Granted[1]),
	}
	slot := s.Text[s.PC]
	env["dreg"], env["sreg"], env["off"], env["imm"] = slot>>8&15, slot>>12&15, slot>>16&0xffff, slot>>32
	for i, v := range s.R {
		env[regNames[i]] = v
	}
	for k := range s.End {
		env[endNames[k]], env[writableNames[k]] = uint64(s.End[k]), uint64(s.Writable[k])
	}
	for _, h := range p.heads {
		env[h.name] = bv.Eval(h.value, env)
	}
	for _, c := range p.pieces {
		if c.Val.Op != bv.OpVar {
			continue
		}
		off := bv.Eval(c.Off, env)
		var from []byte
		if p.textObject[c.Val] {
			for _, slot := range s.Text {
				from = binary.LittleEndian.AppendUint64(from, slot)
			}
		} else if p.frameObject[c.Val] {
			from = savedBytes(&s.Saved)
		} else if k := bv.Eval(c.Index, env); k < isa.NumSegments {
			from = s.Bytes[k][:]
		}
		env[c.Val.Name] = little(from, off, c.Val.Width/8)
	}
	return env
}

var regNames, endNames, writableNames = names("r", isa.NumRegs), names("end", isa.NumSegments), names("writable", isa.NumSegments)

func names(prefix string, n int) []string {
	out := make([]string, n)
	for i := range out {
		out[i] = fmt.Sprintf("%s%d", prefix, i)
	}
	return out
}

func savedBytes(saved *[frames]frame) []byte {
	var b []byte
	for _, f := range saved {
		for _, r := range f.R {
			b = binary.LittleEndian.AppendUint64(b, r)
		}
		b = binary.LittleEndian.AppendUint32(binary.LittleEndian.AppendUint32(b, f.PC), f.Unused)
	}
	return b
}

// little is the number in n bytes, or 0 where they are not all there: on a path
// that is not taken, an offset may be anything.
func little(b []byte, off uint64, n uint8) (v uint64) {
	if off > uint64(len(b)) || uint64(n) > uint64(len(b))-off {
		return 0
	}
	for i := range uint64(n) {
		v |= uint64(b[off+i]) << (8 * i)
	}
	return v
}

func holds(conds []*bv.Term, env bv.Env) bool {
	for _, c := range conds {
		if bv.Eval(c, env) == 0 {
			return false
		}
	}
	return true
}

// check evaluates what the executor says of s, and compares.
func (p *program) check(s *state, got *outcome) error {
	env := p.env(s)
	var taken *path
	for i := range p.paths {
		if holds(p.paths[i].conds, env) {
			if taken != nil {
				return fmt.Errorf("two paths are taken")
			}
			taken = &p.paths[i]
		}
	}
	if taken == nil {
		return fmt.Errorf("no path is taken")
	}
	taken.taken++
	for _, g := range p.ex.Goals {
		if matters(g.Kind) && holds(g.Path, env) && bv.Eval(g.Cond, env) == 0 {
			return fmt.Errorf("goal fails in a state that is allowed: %s at %s", g.Kind, g.Pos)
		}
	}
	want, err := p.predict(taken, s, env, got)
	if err != nil {
		return err
	}
	if *want != *got {
		return fmt.Errorf("the executor says\n     %+v", *want)
	}
	return nil
}

// predict is what the path says the driver reports.
func (p *program) predict(e *path, s *state, env bv.Env, got *outcome) (*outcome, error) {
	eval := func(t *bv.Term) uint64 { return bv.Eval(t, env) }
	w := &outcome{Saved: s.Saved, Bytes: s.Bytes, Kept: 1,
		PC: uint32(eval(e.pc)), Room: uint32(eval(e.room)), Level: uint32(eval(e.level)), Address: uint32(eval(e.address))}
	for i, t := range e.regs {
		w.R[i] = eval(t)
	}
	for k := range e.end {
		w.End[k], w.Writable[k] = uint32(eval(e.end[k])), uint32(eval(e.writable[k]))
		if e.mapped[k] {
			w.Segment |= 1 << k
		}
	}
	switch {
	case e.goesOn:
		// The driver met the next instruction, which is illegal; its charge
		// includes itself.
		left := int32(w.Room - uint32(s.textAddr(p.variant.model.PtrBits)) - w.PC - 8)
		w.Result = uint32(diag.IllegalOpcode)
		if left < 0 {
			w.Result = uint32(diag.OutOfFuel)
		}
	case e.result != nil:
		w.Result = uint32(eval(e.result))
	case e.ptr == nil || e.ptr.Null():
	case e.ptr.Obj == p.vm:
		w.Result = 1
	case e.ptr.Obj == p.segs:
		w.Result, w.Segment, w.Offset = 2, uint32(eval(e.ptr.Index)), uint32(eval(e.ptr.Off))
	default:
		return nil, fmt.Errorf("a pointer to %v", e.ptr)
	}
	if e.reported != nil {
		w.Offset = uint32(eval(e.reported))
	}
	for _, wr := range e.stored {
		k, off := eval(wr.Index), eval(wr.Off)
		if k >= isa.NumSegments || off > segBytes || uint64(wr.Size) > segBytes-off {
			return nil, fmt.Errorf("a store to segment %d at %d", k, off)
		}
		put(w.Bytes[k][:], off, wr.Size, eval(wr.Val))
	}
	if len(e.saved) > 0 {
		b := savedBytes(&w.Saved)
		for _, wr := range e.saved {
			off := eval(wr.Off)
			if off > uint64(len(b)) || uint64(wr.Size) > uint64(len(b))-off {
				return nil, fmt.Errorf("a store to the save area at %d", off)
			}
			put(b, off, wr.Size, eval(wr.Val))
		}
		if _, err := binary.Decode(b, binary.LittleEndian, &w.Saved); err != nil {
			return nil, err
		}
	}
	if len(e.asked) > 0 {
		more := e.asked[0].More
		w.Called, w.ID, w.SeenPC, w.SeenRoom = uint32(len(e.asked)), uint32(eval(more[0])), uint32(eval(more[1])), uint32(eval(more[2]))
	}
	return w, nil
}

func put(b []byte, off uint64, n uint8, v uint64) {
	for i := range uint64(n) {
		b[off+i] = byte(v >> (8 * i))
	}
}
