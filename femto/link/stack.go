// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT

package link

import (
	"strings"

	"github.com/femtocontainer/femtocontainer/femto/diag"
	"github.com/femtocontainer/femtocontainer/femto/isa"
)

// boundStack decides frame size and call depth.
func (l *linker) boundStack() error {
	if err := l.frameSize(); err != nil {
		return err
	}
	return l.callDepth()
}

func (l *linker) frameSize() error {
	need := 0
	for _, f := range l.functions {
		size := f.stack
		switch {
		case size < 0 && l.opts.Stack > 0: // the caller knows
			continue
		case size < 0:
			size = isa.MaxFrame
		case size > isa.MaxFrame:
			return f.fail(diag.StackTooLarge, f.start, "function %s needs %d bytes of stack; a frame has at most %d", f.name, size, isa.MaxFrame).
				WithHint("make large arrays static, or take them from the context")
		}
		need = max(need, (size+7)&^7)
	}
	if l.opts.Stack > 0 {
		if l.opts.Stack < need {
			l.warn(diag.StackTooLarge, "frames of %d bytes were asked for, but a function needs %d", l.opts.Stack, need)
		}
		need = l.opts.Stack
	}
	l.image.Frame = uint16(need)
	return nil
}

// callDepth finds the longest chain of calls by removing functions that no
// remaining function calls; what is left when none can be removed is a circle
// and what hangs on it. No recursion here: a hostile object may have a chain of
// a million calls.
func (l *linker) callDepth() error {
	callers := map[*function]int{}
	for _, f := range l.functions {
		for _, r := range f.refs {
			if r.callee != nil {
				callers[r.callee]++
			}
		}
	}
	depth := map[*function]int{}
	var todo []*function
	for _, f := range l.functions {
		if depth[f] = 1; callers[f] == 0 {
			todo = append(todo, f)
		}
	}
	deepest, removed := 1, 0
	for ; len(todo) > 0; removed++ {
		f := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		deepest = max(deepest, depth[f])
		for _, r := range f.refs {
			if r.callee == nil {
				continue
			}
			depth[r.callee] = max(depth[r.callee], depth[f]+1)
			if callers[r.callee]--; callers[r.callee] == 0 {
				todo = append(todo, r.callee)
			}
		}
	}
	recursive := removed < len(l.functions)
	switch {
	case recursive && l.opts.Depth == 0:
		deepest = DefaultDepth
		l.warn(diag.Recursion, "%s is a recursion; it may have %d frames", l.circle(callers), deepest)
		l.warnings[len(l.warnings)-1].Hint = "set the bound with --depth, or write a loop"
	case recursive:
		deepest = l.opts.Depth
	case l.opts.Depth > 0:
		if l.opts.Depth < deepest {
			l.warn(diag.CallsTooDeep, "a call depth of %d was asked for, but the longest chain of calls has %d frames", l.opts.Depth, deepest)
		}
		deepest = l.opts.Depth
	case deepest > isa.MaxDepth:
		return diag.New(diag.CallsTooDeep, "the longest chain of calls has %d frames; an image has at most %d", deepest, isa.MaxDepth).
			WithHint("let the compiler inline small functions (static), or bound the depth with --depth")
	}
	l.image.Depth = uint8(deepest)
	return nil
}

// circle names a recursion among the functions that still have callers. Each of
// them is called by one of them, so going backwards ends in a circle.
func (l *linker) circle(callers map[*function]int) string {
	caller := map[*function]*function{}
	var f *function
	for _, g := range l.functions {
		if callers[g] == 0 {
			continue
		}
		for _, r := range g.refs {
			if r.callee != nil && callers[r.callee] > 0 {
				caller[r.callee] = g
			}
		}
		f = g
	}
	seen := map[*function]bool{}
	for ; !seen[f]; f = caller[f] {
		seen[f] = true
	}
	names := []string{f.name}
	const enough = 8
	for g := caller[f]; g != f && len(names) < enough; g = caller[g] {
		names = append(names, g.name)
	}
	names = append(names, f.name)
	// The walk went from callee to caller.
	for i, j := 0, len(names)-1; i < j; i, j = i+1, j-1 {
		names[i], names[j] = names[j], names[i]
	}
	return strings.Join(names, " -> ")
}
