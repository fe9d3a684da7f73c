// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT

package coq

import (
	"flag"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var all = flag.Bool("mutants", false, "seed every error; takes minutes")

// A mutant is an error seeded in one file, and the file whose theorems (or
// lemmas about rows) it must break.
type mutant struct{ name, file, old, now, breaks string }

var mutants = []mutant{
	// What the printer could get wrong.
	{"no address check", "model.v", "if size =? 8 then (bvult (bvadd 32 addr 7) last) else", "if size =? 8 then true else", "facts.v"},
	{"last bytes unchecked", "model.v", "(bvult (bvadd 32 addr 3) last)", "(bvult (bvadd 32 addr 0) last)", "facts.v"},
	{"one byte too far", "model.v", "(bvult (bvadd 32 addr 1) last)", "(bvule (bvadd 32 addr 1) last)", "facts.v"},
	{"segment number not masked to 3 bits", "model.v", "(bvand 32 (bvlshr 32 addr 24) 7)", "(bvand 32 (bvlshr 32 addr 24) 15)", "facts.v"},
	{"offset of 25 bits", "model.v", "(bvand 32 addr 16777215)", "(bvand 32 addr 33554431)", "facts.v"},
	{"fuel always suffices", "model.v", "(bvsle 32 0 (bvsub 32 bound next))", "true", "facts.v"},
	{"a jump is not charged", "model.v", "(bvadd 32 bound (bvsub 32 target next))", "(bvadd 32 target (bvsub 32 bound target))", "facts.v"},
	{"register 11 may be read", "model.v", "(bveq (f_op f) 115) && (bvult (f_dreg f) 11)", "(bveq (f_op f) 115) && (bvult (f_dreg f) 12)", "facts.v"},
	{"r10 may be written", "model.v", "(bveq (f_op f) 7) && (bvult (f_dreg f) 10)", "(bveq (f_op f) 7) && (bvult (f_dreg f) 11)", "facts.v"},
	{"wide is one slot", "model.v", "r_kind := Wide; r_opcode := 24; r_width := 2", "r_kind := Wide; r_opcode := 24; r_width := 1", "facts.v"},
	{"a conditional jump may end the text", "model.v", "r_kind := Jump; r_opcode := 21; r_width := 1; r_ends := false", "r_kind := Jump; r_opcode := 21; r_width := 1; r_ends := true", "facts.v"},
	{"address of 33 bits", "model.v", "r_addr := fun e => (bvadd 32 ", "r_addr := fun e => (bvadd 33 ", "facts.v"},
	{"offset not sign-extended", "model.v", "(sext 16 32 (e_off e))", "(zext 32 (e_off e))", "samples.v"},
	{"sum for difference", "model.v", "(bvsub 64 (e_dst e) (e_src e))", "(bvadd 64 (e_dst e) (e_src e))", "samples.v"},
	{"arithmetic shift fills with zeros", "bits.v", "wrap w (Z.shiftr (signed w a) (Z.min b (w - 1)))", "wrap w (Z.shiftr a (Z.min b (w - 1)))", "samples.v"},

	// What the machine or the verifier around the terms could.
	{"a store needs only to read", "machine.v", "(last_of c (writes_memory (r_kind r)) (index a))", "(last_of c false (index a))", "isolation.v"},
	{"a store one byte off", "machine.v", "store_le m (index a) (place a) (r_size r)", "store_le m (index a) (place a + 1) (r_size r)", "isolation.v"},
	{"a load one byte off", "machine.v", "(m (index a)) (place a) else 0", "(m (index a)) (place a - 1) else 0", "isolation.v"},
	{"a register one up", "machine.v", "ToDst => set (regs u) (f_dreg f) (r_value r e)", "ToDst => set (regs u) (f_dreg f + 1) (r_value r e)", "progress.v"},
	{"calls beyond the depth", "machine.v", "if Z.of_nat (length (frames u)) + 1 <? c_depth c", "if Z.of_nat (length (frames u)) <? c_depth c", "progress.v"},
	{"return into the call", "machine.v", "(Frame next (regs u) :: frames u)", "(Frame (next + 1) (regs u) :: frames u)", "progress.v"},
	{"exit keeps r10", "machine.v", "wrap 64 (regs u frame_reg + c_frame c)", "wrap 64 (regs u frame_reg)", "progress.v"},
	{"target not checked", "machine.v", "| Jump | CallLocal => landing c (next + signed 32 (r_distance r e))", "| Jump | CallLocal => true", "progress.v"},
	{"second slot not checked", "machine.v", "(i + 1 <? c_len c) && second_ok (decode (c_text c (i + 1)))", "(i + 1 <? c_len c)", "progress.v"},
	{"the text may fall through", "machine.v", "((next <? c_len c) || r_ends r)", "true", "progress.v"},
	{"helper not granted", "machine.v", "| CallHelper => existsb (Z.eqb (extract 0 16 (f_imm f))) (c_helpers c)", "| CallHelper => true", "progress.v"},
	{"a jump that ignores fuel", "machine.v", "if affords (bound u) next\n        then Result Running (transfer u next target (regs u) (frames u)) m", "if affords (bound u) next || true\n        then Result Running (transfer u next target (regs u) (frames u)) m", "bounded.v"},
	{"a helper's price adds fuel", "machine.v", "(wrap 32 (bound u - a_price a))", "(wrap 32 (bound u + a_price a))", "bounded.v"},
}

// TestMutantsAreRed seeds each error and expects the file named to fail.
func TestMutantsAreRed(t *testing.T) {
	if !*all {
		t.Skip("SKIP: seeded errors in Coq take minutes; run with -mutants")
	}
	require.True(t, prove(t, Options{}).Green(), "without an error seeded, nothing fails")
	for _, m := range mutants {
		t.Run(strings.ReplaceAll(m.name, " ", "_"), func(t *testing.T) {
			seeded := false
			rep := prove(t, Options{Edit: func(file, text string) string {
				if file != m.file {
					return text
				}
				changed := strings.ReplaceAll(text, m.old, m.now)
				seeded = changed != text
				return changed
			}})
			require.True(t, seeded, "there is nothing to change in %s", m.file)
			require.False(t, rep.Green())
			assert.Contains(t, rep.Failures[0], m.breaks+" is not proved")
			t.Log(strings.SplitN(rep.Failures[0], "\n", 5))
		})
	}
}

// TestAxiomsAreRed: what is claimed without proof shows, whatever it is called.
func TestAxiomsAreRed(t *testing.T) {
	for name, edit := range map[string]struct{ old, now string }{
		"admitted": {"intros. apply Z.mod_small. assumption. Qed.", "Admitted."},
		"axiom":    {"Lemma wrap_small : forall w a, 0 <= a < 2 ^ w -> wrap w a = a.\nProof. intros. apply Z.mod_small. assumption. Qed.", "Axiom wrap_small : forall w a, 0 <= a < 2 ^ w -> wrap w a = a."},
	} {
		t.Run(name, func(t *testing.T) {
			if !*all {
				t.Skip("SKIP: Coq takes half a minute; run with -mutants")
			}
			rep := prove(t, Options{Edit: func(file, text string) string {
				if file == "bits.v" {
					changed := strings.Replace(text, edit.old, edit.now, 1)
					require.NotEqual(t, text, changed)
					return changed
				}
				return text
			}})
			require.False(t, rep.Green())
			axioms := 0
			for _, r := range rep.Theorems {
				if strings.Contains(r.Assumptions, "wrap_small") {
					axioms++
				}
			}
			assert.Positive(t, axioms, "Print Assumptions does not name it")
		})
	}
}
