// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT

package mutation

func proofs(file string) string { return "femto/prove/coq/" + file }

// coqProofs: errors in the model, in the operators and in the machine around
// them, and claims without proof.
var coqProofs = []Mutant{
	{Name: "Coq: no address check", File: proofs("model.v"), Old: "if size =? 8 then (bvult (bvadd 32 addr 7) last) else", New: "if size =? 8 then true else", Gate: theorem("facts.v")},
	{Name: "Coq: last bytes unchecked", File: proofs("model.v"), Old: "(bvult (bvadd 32 addr 3) last)", New: "(bvult (bvadd 32 addr 0) last)", Gate: theorem("facts.v")},
	{Name: "Coq: one byte too far", File: proofs("model.v"), Old: "(bvult (bvadd 32 addr 1) last)", New: "(bvule (bvadd 32 addr 1) last)", Gate: theorem("facts.v")},
	{Name: "Coq: segment number not masked to 3 bits", File: proofs("model.v"), Old: "(bvand 32 (bvlshr 32 addr 24) 7)", New: "(bvand 32 (bvlshr 32 addr 24) 15)", Gate: theorem("facts.v")},
	{Name: "Coq: offset of 25 bits", File: proofs("model.v"), Old: "(bvand 32 addr 16777215)", New: "(bvand 32 addr 33554431)", Gate: theorem("facts.v")},
	{Name: "Coq: fuel always suffices", File: proofs("model.v"), Old: "(bvsle 32 0 (bvsub 32 bound next))", New: "true", Gate: theorem("facts.v")},
	{Name: "Coq: a jump is not charged", File: proofs("model.v"), Old: "(bvadd 32 bound (bvsub 32 target next))", New: "(bvadd 32 target (bvsub 32 bound target))", Gate: theorem("facts.v")},
	{Name: "Coq: register 11 may be read", File: proofs("model.v"), Old: "(bveq (f_op f) 115) && (bvult (f_dreg f) 11)", New: "(bveq (f_op f) 115) && (bvult (f_dreg f) 12)", Gate: theorem("facts.v")},
	{Name: "Coq: r10 may be written", File: proofs("model.v"), Old: "(bveq (f_op f) 7) && (bvult (f_dreg f) 10)", New: "(bveq (f_op f) 7) && (bvult (f_dreg f) 11)", Gate: theorem("facts.v")},
	{Name: "Coq: wide is one slot", File: proofs("model.v"), Old: "r_kind := Wide; r_opcode := 24; r_width := 2", New: "r_kind := Wide; r_opcode := 24; r_width := 1", Gate: theorem("facts.v")},
	{Name: "Coq: a conditional jump may end the text", File: proofs("model.v"), Old: "r_kind := Jump; r_opcode := 21; r_width := 1; r_ends := false", New: "r_kind := Jump; r_opcode := 21; r_width := 1; r_ends := true", Gate: theorem("facts.v")},
	{Name: "Coq: address of 33 bits", File: proofs("model.v"), Old: "r_addr := fun e => (bvadd 32 ", New: "r_addr := fun e => (bvadd 33 ", N: 35, Gate: theorem("facts.v")},
	{Name: "Coq: offset not sign-extended", File: proofs("model.v"), Old: "(sext 16 32 (e_off e))", New: "(zext 32 (e_off e))", N: 80, Gate: theorem("samples.v")},
	{Name: "Coq: sum for difference", File: proofs("model.v"), Old: "(bvsub 64 (e_dst e) (e_src e))", New: "(bvadd 64 (e_dst e) (e_src e))", Gate: theorem("samples.v")},
	{Name: "Coq: arithmetic shift fills with zeros", File: proofs("bits.v"), Old: "wrap w (Z.shiftr (signed w a) (Z.min b (w - 1)))", New: "wrap w (Z.shiftr a (Z.min b (w - 1)))", Gate: theorem("samples.v")},
	{Name: "Coq: a store needs only to read", File: proofs("machine.v"), Old: "(last_of c (writes_memory (r_kind r)) (index a))", New: "(last_of c false (index a))", Gate: theorem("isolation.v")},
	{Name: "Coq: a store one byte off", File: proofs("machine.v"), Old: "store_le m (index a) (place a) (r_size r)", New: "store_le m (index a) (place a + 1) (r_size r)", Gate: theorem("isolation.v")},
	{Name: "Coq: a load one byte off", File: proofs("machine.v"), Old: "(m (index a)) (place a) else 0", New: "(m (index a)) (place a - 1) else 0", Gate: theorem("isolation.v")},
	{Name: "Coq: a register one up", File: proofs("machine.v"), Old: "ToDst => set (regs u) (f_dreg f) (r_value r e)", New: "ToDst => set (regs u) (f_dreg f + 1) (r_value r e)", Gate: theorem("progress.v")},
	{Name: "Coq: calls beyond the depth", File: proofs("machine.v"), Old: "if Z.of_nat (length (frames u)) + 1 <? c_depth c", New: "if Z.of_nat (length (frames u)) <? c_depth c", Gate: theorem("progress.v")},
	{Name: "Coq: return into the call", File: proofs("machine.v"), Old: "(Frame next (regs u) :: frames u)", New: "(Frame (next + 1) (regs u) :: frames u)", Gate: theorem("progress.v")},
	{Name: "Coq: exit keeps r10", File: proofs("machine.v"), Old: "wrap 64 (regs u frame_reg + c_frame c)", New: "wrap 64 (regs u frame_reg)", Gate: theorem("progress.v")},
	{Name: "Coq: target not checked", File: proofs("machine.v"), Old: "| Jump | CallLocal => landing c (next + signed 32 (r_distance r e))", New: "| Jump | CallLocal => true", Gate: theorem("progress.v")},
	{Name: "Coq: second slot not checked", File: proofs("machine.v"), Old: "(i + 1 <? c_len c) && second_ok (decode (c_text c (i + 1)))", New: "(i + 1 <? c_len c)", Gate: theorem("progress.v")},
	{Name: "Coq: the text may fall through", File: proofs("machine.v"), Old: "((next <? c_len c) || r_ends r)", New: "true", Gate: theorem("progress.v")},
	{Name: "Coq: helper not granted", File: proofs("machine.v"), Old: "| CallHelper => existsb (Z.eqb (extract 0 16 (f_imm f))) (c_helpers c)", New: "| CallHelper => true", Gate: theorem("progress.v")},
	{Name: "Coq: a jump that ignores fuel", File: proofs("machine.v"), Old: "if affords (bound u) next\n        then Result Running (transfer u next target (regs u) (frames u)) m", New: "if affords (bound u) next || true\n        then Result Running (transfer u next target (regs u) (frames u)) m", Gate: theorem("bounded.v")},
	{Name: "Coq: a helper's price adds fuel", File: proofs("machine.v"), Old: "(wrap 32 (bound u - a_price a))", New: "(wrap 32 (bound u + a_price a))", Gate: theorem("bounded.v")},
	{Name: "Coq: a lemma admitted", File: proofs("bits.v"), Old: "intros. apply Z.mod_small. assumption. Qed.", New: "Admitted.", Gate: theorem("bits.v contains")},
	{Name: "Coq: a lemma that is an axiom", File: proofs("bits.v"), Old: "Lemma wrap_small : forall w a, 0 <= a < 2 ^ w -> wrap w a = a.\nProof. intros. apply Z.mod_small. assumption. Qed.", New: "Axiom wrap_small : forall w a, 0 <= a < 2 ^ w -> wrap w a = a.", Gate: theorem("bits.v contains")},
	{Name: "Coq: an axiom by another name", File: proofs("bits.v"), Old: "Lemma wrap_small : forall w a, 0 <= a < 2 ^ w -> wrap w a = a.\nProof. intros. apply Z.mod_small. assumption. Qed.", New: "Conjecture wrap_small : forall w a, 0 <= a < 2 ^ w -> wrap w a = a.", Gate: theorem("rests on")},
}
