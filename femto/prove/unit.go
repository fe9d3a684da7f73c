// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT

package prove

import (
	"fmt"
	"strings"
	"time"

	"github.com/femtocontainer/femtocontainer/femto/bv"
	"github.com/femtocontainer/femtocontainer/femto/isa"
	"github.com/femtocontainer/femtocontainer/femto/prove/cir"
	"github.com/femtocontainer/femtocontainer/femto/prove/sym"
)

// A Unit is a piece of work: the goals of one function, or of one row of the
// table in one engine.
type Unit struct {
	Family  string
	Variant string
	Item    string

	// depends is everything but the prover that decides the outcome.
	depends func() (string, error)
	run     func(ex *sym.Exec) error
	err     error // of preparing it
}

func (u *Unit) String() string { return strings.TrimSpace(u.Family + " " + u.Variant + " " + u.Item) }

// Failure is a goal that is not proved.
type Failure struct {
	Unit       string            `json:"unit"`
	Obligation int               `json:"obligation"`
	Goal       string            `json:"goal"`
	Where      string            `json:"where"`
	Reason     string            `json:"reason"` // "sat", "unknown: ...", "unsupported: ..."
	Values     map[string]uint64 `json:"values,omitempty"`

	// Memory is what Values say of the bytes of buffers, by offset.
	Memory map[string]map[uint64]byte `json:"memory,omitempty"`
}

// Tally counts goals.
type Tally struct {
	Goals    int            `json:"goals"`
	Proved   int            `json:"proved"`
	Identity int            `json:"identity"` // of the proved: both sides became one term, by lemmas
	Same     int            `json:"same"`     // of the proved: word for word another goal of the run
	Solver   map[string]int `json:"solver"`   // of the proved: by whom
}

// Add sums.
func (t *Tally) Add(o Tally) {
	t.Goals += o.Goals
	t.Proved += o.Proved
	t.Identity += o.Identity
	t.Same += o.Same
	if t.Solver == nil {
		t.Solver = make(map[string]int)
	}
	for k, v := range o.Solver {
		t.Solver[k] += v
	}
}

// Obligations names the numbers of core.md.
var Obligations = map[int]string{
	1: "equals table", 2: "no UB", 3: "memory safety", 4: "unassigned", 5: "verifier",
	6: "accepted", 7: "termination", 8: "loader", 9: "helper calls",
}

// Decided is a goal that a solver was asked about, and how long that took.
type Decided struct {
	Unit  string        `json:"unit"`
	Goal  string        `json:"goal"`
	Where string        `json:"where"`
	By    string        `json:"by"`
	Took  time.Duration `json:"took_ns"`
}

// Outcome is what became of a unit.
type Outcome struct {
	Unit        string        `json:"unit"`
	Family      string        `json:"family"`
	Variant     string        `json:"variant"`
	Cached      bool          `json:"cached,omitempty"`
	Paths       int           `json:"paths"`
	Reached     int           `json:"kinds_with_a_state,omitempty"`
	Obligations map[int]Tally `json:"obligations"`
	Lemmas      Tally         `json:"lemmas"`
	Failures    []Failure     `json:"failures,omitempty"`
	Decided     []Decided     `json:"decided,omitempty"`
	Took        time.Duration `json:"took_ns"`
}

// obligation is the number in core.md that a goal belongs to.
func obligation(family, kind string) int {
	has := func(prefixes ...string) bool {
		for _, p := range prefixes {
			if strings.HasPrefix(kind, p) {
				return true
			}
		}
		return false
	}
	switch {
	case has("index", "shift", "division", "signed overflow", "pointer", "initialised", "alignment", "aliasing", "arithmetic on"):
		return 2
	case has("read ", "write ", "null pointer", "object ", "no host address", "untouched"):
		return 3
	case has("loop ends"):
		return 7
	case family == "step":
		switch {
		case has("unassigned"):
			return 4
		case has("helper", "call of the host", "second call"):
			return 9
		case has("invariant", "unchanged", "can be resumed", "pc counts", "bound counts"):
			return 7
		}
		return 1
	}
	return map[string]int{"verify": 5, "accepted": 6, "load": 8, "start": 8, "stubs": 9}[family]
}

// Families are the parts of the proof, in the order in which they build on
// each other.
var Families = []string{"step", "accepted", "verify", "load", "start", "stubs"}

// coreUnit is a unit about functions of the core.
func coreUnit(lib *library, v variant, family, item, extra string, roots []string, run func(ex *sym.Exec, u *cir.Unit) error) *Unit {
	return &Unit{Family: family, Variant: v.Name, Item: item,
		depends: func() (string, error) {
			units, err := lib.core(v)
			if err != nil {
				return "", err
			}
			return extra + cir.Closure(units, roots...), nil
		},
		run: func(ex *sym.Exec) error {
			units, err := lib.core(v)
			if err != nil {
				return err
			}
			u, err := named(units, roots[0])
			if err != nil {
				return err
			}
			ex.Units = units
			return run(ex, u)
		}}
}

// stepUnits compares an engine with the table: one unit a row, one for each
// opcode without a row, and one for the form of the loop's state.
func stepUnits(lib *library, v variant) []*Unit {
	unit := func(item string, row *isa.Row, op uint8) *Unit {
		return coreUnit(lib, v, "step", item, describe(row), []string{"femto_resume"}, func(ex *sym.Exec, u *cir.Unit) error {
			s := stepper{world: newWorld(ex, u), row: row, op: op, loop: "femto_resume#0", names: v.names}
			if !v.regs {
				return s.run()
			}
			fast, err := named(ex.Units, "femto_run")
			if err != nil {
				return err
			}
			t := &threader{stepper: s, fast: fast}
			return t.runThreads()
		})
	}
	var out []*Unit
	for i := range isa.Table {
		out = append(out, unit(isa.Table[i].Name, &isa.Table[i], isa.Table[i].Opcode))
	}
	for op := range 256 {
		if len(isa.ByOpcode(uint8(op))) == 0 {
			out = append(out, unit(fmt.Sprintf("0x%02x", op), nil, uint8(op)))
		}
	}
	return append(out, coreUnit(lib, v, "step", "form of the state", "", []string{"femto_resume"}, func(ex *sym.Exec, u *cir.Unit) error {
		newWorld(ex, u).slotForm()
		return nil
	}))
}

// describe prints everything that a row says.
func describe(r *isa.Row) string {
	if r == nil {
		return "no row\n"
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s %v %#02x %v %v %v %v %v %d\n", r.Name, r.Kind, r.Opcode, r.DstRule, r.SrcRule, r.OffRule, r.ImmRule, r.To, r.Size)
	for _, t := range []*bv.Term{r.Value, r.Addr, r.Stored, r.Taken} {
		if t != nil {
			b.WriteString(bv.SMT(t))
		}
		b.WriteByte('\n')
	}
	return b.String()
}
