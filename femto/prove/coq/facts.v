(* SPDX-FileCopyrightText: The femtocontainer authors *)
(* SPDX-License-Identifier: MIT *)

(* All that the theorems use of single rows, and of the address and fuel rules.
   What a row computes is not among it: to isolation, progress and bounded run,
   values are any functions. *)

Require Import ZArith Bool List Lia.
Require Import Femto.bits Femto.row Femto.model Femto.machine.
Import ListNotations.
Open Scope Z_scope.

Definition is_jump (k : kind) : bool :=
  match k with Jump | CallLocal => true | _ => false end.

Record row_ok (r : row) : Prop := RowOk
  { ok_opcode : forall f, r_matches r f = true -> f_op f = r_opcode r;
    ok_registers : forall f, r_matches r f = true -> registers_exist r f = true;
    ok_distance : forall e,
      r_distance r e = r_distance r (Env 0 0 0 (e_off e) (e_imm e) 0 0);
    ok_width : r_width r = if is_wide (r_kind r) then 2 else 1;
    ok_ends : r_ends r = true ->
      r_kind r = Exit \/ (r_kind r = Jump /\ forall e, r_taken r e = true);
    ok_addr : forall e, 0 <= r_addr r e < 4294967296;
    ok_wide : wide_opcode (r_opcode r) = is_wide (r_kind r) }.

Ltac fields_of H :=
  repeat match type of H with
         | (_ && _)%bool = true =>
           let H1 := fresh "M" in apply andb_prop in H; destruct H as [H1 H]; fields_of H1
         end.

Ltac decide_registers :=
  unfold registers_exist, num_regs, frame_reg; cbn -[Z.ltb];
  unfold bveq, bvult in *;
  repeat match goal with
         | H : (_ =? _) = true |- _ => apply Z.eqb_eq in H
         | H : (?a <? ?b) = true |- context [?a <? ?b] => rewrite H
         end; try reflexivity;
  repeat match goal with
         | |- context [?a <? ?b] => destruct (Z.ltb_spec a b); [ | lia ]
         end; reflexivity.

Ltac prove_row :=
  let f := fresh "f" in let M := fresh "M" in let e := fresh "e" in let E := fresh "E" in
  constructor;
  [ intros f M; cbn in M; fields_of M;
    match goal with H : bveq (f_op _) _ = true |- _ => exact (proj1 (Z.eqb_eq _ _) H) end
  | intros f M; cbn in M; fields_of M; decide_registers
  | intro e; reflexivity
  | reflexivity
  | intro E; first [ discriminate E | left; reflexivity
                   | right; split; [ reflexivity | intro e; reflexivity ] ]
  | intro e; cbn; first [ split; [ discriminate | reflexivity ]
                        | apply (wrap_range 32); discriminate ]
  | vm_compute; reflexivity ].

Lemma rows_ok : Forall row_ok table.
Proof. unfold table. repeat (apply Forall_cons; [ prove_row | ]). apply Forall_nil. Qed.

Lemma lookup_ok : forall f r, lookup f = Some r -> row_ok r /\ r_matches r f = true.
Proof.
  intros f r E. unfold lookup in E. apply find_some in E. destruct E as [I M].
  split; [ | exact M ]. exact (proj1 (Forall_forall row_ok table) rows_ok r I).
Qed.

Lemma decode_ranges : forall x,
  0 <= f_dreg (decode x) /\ 0 <= f_sreg (decode x).
Proof. intro x; split; cbn; apply (wrap_range 4); discriminate. Qed.

(* The address rule. *)

Lemma index_eq : forall a, 0 <= a < 4294967296 -> index a = (a / 16777216) mod 8.
Proof.
  intros a Ha. unfold index, bvand, bvlshr. cbn [Z.leb Z.compare Pos.compare Pos.compare_cont].
  rewrite Z.shiftr_div_pow2 by discriminate. change (2 ^ 24) with 16777216.
  rewrite (wrap_small 32 (a / 16777216)).
  2: { change (2 ^ 32) with 4294967296. Z.div_mod_to_equations; lia. }
  change 7 with (Z.ones 3). rewrite Z.land_ones by discriminate. change (2 ^ 3) with 8.
  apply wrap_small. change (2 ^ 32) with 4294967296. Z.div_mod_to_equations; lia.
Qed.

Lemma place_eq : forall a, place a = a mod 16777216.
Proof.
  intro a. unfold place, bvand. change 16777215 with (Z.ones 24).
  rewrite Z.land_ones by discriminate. change (2 ^ 24) with 16777216.
  apply wrap_small. change (2 ^ 32) with 4294967296. Z.div_mod_to_equations; lia.
Qed.

Lemma resolve_sizes : forall n a last, resolve n a last = true ->
  1 <= n <= 8 /\ (a + (n - 1)) mod 4294967296 < last.
Proof.
  intros n a last. unfold resolve, bvult, bvadd, wrap. change (2 ^ 32) with 4294967296.
  destruct (Z.eqb_spec n 1) as [->|]; [ intro E; apply Z.ltb_lt in E; simpl Z.sub; lia | ].
  destruct (Z.eqb_spec n 2) as [->|]; [ intro E; apply Z.ltb_lt in E; simpl Z.sub; lia | ].
  destruct (Z.eqb_spec n 4) as [->|]; [ intro E; apply Z.ltb_lt in E; simpl Z.sub; lia | ].
  destruct (Z.eqb_spec n 8) as [->|]; [ intro E; apply Z.ltb_lt in E; simpl Z.sub; lia | ].
  discriminate.
Qed.

(* A legal access has every byte within one segment that is mapped with the
   permission. *)
Lemma resolve_ok : forall c write n a, layout_ok c -> 0 <= a < 4294967296 ->
  resolve n a (last_of c write (index a)) = true ->
  forall o, place a <= o < place a + n ->
    readable c (index a) o /\ (write = true -> writable c (index a) o).
Proof.
  intros c write n a (L0 & L7 & L) Ha E o Ho.
  apply resolve_sizes in E. destruct E as [Hn E].
  rewrite place_eq in Ho.
  pose proof (index_eq a Ha) as I.
  assert (B : 0 <= index a < 8) by (rewrite I; Z.div_mod_to_equations; lia).
  unfold last_of in E. change (2 ^ segment_bits) with 16777216 in E.
  destruct ((0 <? s_len (c_segments c (index a))) &&
            (s_writable (c_segments c (index a)) || negb write)) eqn:P.
  2: { Z.div_mod_to_equations; lia. }
  apply andb_prop in P. destruct P as [P W]. apply Z.ltb_lt in P.
  unfold num_segments, max_segment in L.
  pose proof (L (index a) B) as Hlen.
  assert (N7 : index a <> 7) by (intro X; rewrite X in P; lia).
  assert (R : readable c (index a) o).
  { split; [ exact B | ]. clear L W. 
    remember (index a) as i. remember (s_len (c_segments c i)) as len.
    clear Heqi Heqlen. Z.div_mod_to_equations. lia. }
  split; [ exact R | ]. intros ->. split; [ exact R | ].
  destruct (s_writable (c_segments c (index a))); [ reflexivity | discriminate W ].
Qed.

(* The fuel rule, while positions and what is left stay far below 2^31. *)

Lemma affords_ok : forall b n, -1073741824 <= b - n <= 1073741824 ->
  affords b n = true -> n <= b.
Proof.
  intros b n R E. unfold affords, bvsle, bvsub in E.
  rewrite signed_wrap32 in E by lia.
  change (signed 32 0) with 0 in E. apply Z.leb_le in E. lia.
Qed.

Lemma moved_ok : forall b n t, n <= b -> b - n <= 1073741824 -> 0 <= t <= 1073741824 ->
  moved b n t = b - n + t.
Proof.
  intros b n t H1 H2 H3. unfold moved, bvadd, bvsub, wrap. change (2 ^ 32) with 4294967296.
  rewrite Zplus_mod_idemp_r. rewrite Z.mod_small; lia.
Qed.
