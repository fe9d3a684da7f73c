(* SPDX-FileCopyrightText: The femtocontainer authors *)
(* SPDX-License-Identifier: MIT *)

(* Progress: what the verifier accepts is never stuck. *)

Require Import ZArith Bool List Lia.
Require Import Femto.bits Femto.row Femto.model Femto.machine Femto.facts.
Import ListNotations.
Open Scope Z_scope.

(* What holds between any two steps of an accepted program. *)
Record inv {H : Type} (c : config) (u : cpu H) : Prop := Inv
  { inv_pc : landing c (pc u) = true;
    inv_frames : Forall (fun fr => landing c (fr_pc fr) = true) (frames u);
    inv_depth : Z.of_nat (length (frames u)) < c_depth c;
    inv_r10 : regs u frame_reg =
      seg_stack * 2 ^ segment_bits + (c_depth c - Z.of_nat (length (frames u))) * c_frame c }.

Lemma accept_parts : forall c, accept c = true ->
  0 < c_len c <= 2097151 /\ 1 <= c_depth c <= 32 /\ 0 <= c_frame c <= 512 /\
  forallb (landing c) (c_entries c) = true /\ scan c (Z.to_nat (c_len c)) 0 = true.
Proof.
  intros c A. unfold accept in A.
  change (max_segment / 8) with 2097151 in A.
  unfold max_depth, max_frame in A. fields_of A.
  repeat match goal with
         | X : (_ <? _) = true |- _ => apply Z.ltb_lt in X
         | X : (_ <=? _) = true |- _ => apply Z.leb_le in X
         end.
  repeat split; first [ lia | assumption ].
Qed.

Lemma landing_range : forall c t, landing c t = true -> 0 <= t < c_len c.
Proof.
  intros c t L. unfold landing in L. fields_of L.
  repeat match goal with
         | X : (_ <=? _) = true |- _ => apply Z.leb_le in X
         | X : (_ <? _) = true |- _ => apply Z.ltb_lt in X
         end. lia.
Qed.

Lemma landing_intro : forall c t, 0 <= t < c_len c ->
  t = 0 \/ wide_opcode (f_op (decode (c_text c (t - 1)))) = false -> landing c t = true.
Proof.
  intros c t R P. unfold landing.
  rewrite (proj2 (Z.leb_le 0 t)), (proj2 (Z.ltb_lt t (c_len c))) by lia.
  destruct P as [-> | ->]; [ reflexivity | apply orb_true_r ].
Qed.

Lemma landing_before : forall c t, landing c t = true ->
  t = 0 \/ wide_opcode (f_op (decode (c_text c (t - 1)))) = false.
Proof.
  intros c t L. unfold landing in L. apply andb_prop in L. destruct L as [_ L].
  destruct (Z.eqb_spec t 0); [ left; assumption | right ].
  apply negb_true_iff. exact L.
Qed.

Lemma check_slot_ok : forall c i r, check_slot c i = Some r ->
  lookup (decode (c_text c i)) = Some r /\
  (r_kind r = Wide -> i + 1 < c_len c /\ f_op (decode (c_text c (i + 1))) = 0) /\
  (r_kind r = CallHelper ->
   existsb (Z.eqb (extract 0 16 (f_imm (decode (c_text c i))))) (c_helpers c) = true) /\
  (is_jump (r_kind r) = true ->
   landing c (i + r_width r + signed 32 (r_distance r
     (Env 0 0 0 (f_off (decode (c_text c i))) (f_imm (decode (c_text c i))) 0 0))) = true) /\
  (i + r_width r < c_len c \/ r_ends r = true).
Proof.
  intros c i r E. unfold check_slot in E.
  destruct (lookup (decode (c_text c i))) as [r'|]; [ | discriminate E ].
  match type of E with (if ?b then _ else _) = _ => destruct b eqn:B; [ | discriminate E ] end.
  injection E as ->. apply andb_prop in B. destruct B as [B F].
  split; [ reflexivity | ].
  apply orb_prop in F. rewrite Z.ltb_lt in F.
  destruct (r_kind r); repeat split; intros; try discriminate; try exact B; try exact F.
  - apply andb_prop in B. destruct B as [B _]. apply Z.ltb_lt in B. exact B.
  - apply andb_prop in B. destruct B as [_ B]. unfold second_ok in B. fields_of B.
    apply Z.eqb_eq. assumption.
Qed.

Lemma op_is_wide : forall f r, lookup f = Some r -> wide_opcode (f_op f) = is_wide (r_kind r).
Proof.
  intros f r L. apply lookup_ok in L. destruct L as [OK M].
  rewrite (ok_opcode r OK f M). apply (ok_wide r OK).
Qed.

Lemma next_lands : forall c i r, check_slot c i = Some r -> 0 <= i ->
  i + r_width r < c_len c -> landing c (i + r_width r) = true.
Proof.
  intros c i r E I N. apply check_slot_ok in E. destruct E as (L & W & _).
  pose proof (op_is_wide _ _ L) as O.
  apply lookup_ok in L. destruct L as [OK _].
  rewrite (ok_width r OK) in *.
  destruct (is_wide (r_kind r)) eqn:K; apply landing_intro; try lia; right.
  - destruct W as [_ W]; [ destruct (r_kind r); try discriminate K; reflexivity | ].
    replace (i + 2 - 1) with (i + 1) by lia. rewrite W. vm_compute. reflexivity.
  - replace (i + 1 - 1) with i by lia. exact O.
Qed.

(* The linear pass meets every landing place. *)
Lemma scan_meets : forall c n p q, scan c n p = true -> 0 <= p <= q -> q < c_len c ->
  landing c q = true -> exists r, check_slot c q = Some r.
Proof.
  intros c. induction n as [|n IH]; intros p q S P Q L; cbn [scan] in S;
    destruct (Z.eqb_spec p (c_len c)); try lia; try discriminate S.
  destruct (check_slot c p) as [r|] eqn:E; [ | discriminate S ].
  destruct (Z.eq_dec p q) as [->|NE]; [ exists r; exact E | ].
  apply (IH (p + r_width r) q); try assumption.
  apply check_slot_ok in E. destruct E as (LK & _).
  pose proof (op_is_wide _ _ LK) as O.
  apply lookup_ok in LK. destruct LK as [OK _].
  rewrite (ok_width r OK) in *.
  destruct (is_wide (r_kind r)) eqn:K; [ | lia ].
  destruct (Z.eq_dec q (p + 1)) as [->|]; [ | lia ].
  apply landing_before in L. replace (p + 1 - 1) with p in L by lia.
  destruct L; [ lia | congruence ].
Qed.

Lemma accepted_slot : forall c i, accept c = true -> landing c i = true ->
  exists r, check_slot c i = Some r.
Proof.
  intros c i A L. pose proof (landing_range c i L). apply accept_parts in A.
  apply (scan_meets c (Z.to_nat (c_len c)) 0 i); try tauto; lia.
Qed.

Lemma r10_kept : forall H r f e (u : cpu H), registers_exist r f = true ->
  written r f e u frame_reg = regs u frame_reg.
Proof.
  intros H r f e u R. unfold registers_exist in R. apply andb_prop in R. destruct R as [_ R].
  unfold written, set. destruct (r_to r); try reflexivity; apply Z.ltb_lt in R;
    match goal with |- (if ?b then _ else _) = _ => destruct b eqn:X end;
    try reflexivity; apply Z.eqb_eq in X; lia.
Qed.

Lemma inv_go : forall H c (u : cpu H) next g, inv c u -> landing c next = true ->
  g frame_reg = regs u frame_reg -> inv c (go u next g).
Proof.
  intros H c u next g [P F D R] L G.
  constructor; cbn [go pc frames regs]; [ exact L | exact F | exact D | rewrite G; exact R ].
Qed.

(* One step, given what the verifier found at its pc. *)
Lemma execute_progress : forall H c (call : helper H) r imm2 u m,
  accept c = true -> inv c u -> check_slot c (pc u) = Some r ->
  let x := execute c call r (decode (c_text c (pc u))) imm2 u m in
  res_outcome x <> Stuck /\ inv c (res_cpu x).
Proof.
  intros H c call r imm2 u m A I E.
  pose proof (landing_range c (pc u) (inv_pc c u I)) as PR.
  pose proof (next_lands c (pc u) r E (proj1 PR)) as NL.
  apply check_slot_ok in E. destruct E as (L & _ & HE & J & FO).
  apply lookup_ok in L. destruct L as [OK M].
  pose proof (ok_registers r OK _ M) as RE.
  pose proof (accept_parts c A) as (LEN & DEP & FR & _).
  set (f := decode (c_text c (pc u))) in *.
  assert (T : is_jump (r_kind r) = true -> landing c
      (wrap 32 (pc u + r_width r + r_distance r (env_of u f imm2 0))) = true).
  { intro K. specialize (J K). pose proof (landing_range _ _ J).
    rewrite (ok_distance r OK (env_of u f imm2 0)). cbn [env_of e_off e_imm].
    rewrite wrap32_add_signed; [ exact J | lia ]. }
  assert (N : (r_kind r = Jump -> exists e, r_taken r e = false) -> r_kind r <> Exit ->
              landing c (pc u + r_width r) = true).
  { intros X Y. destruct FO as [FO | FO]; [ exact (NL FO) | ].
    destruct (ok_ends r OK FO) as [Z | [Z1 Z2]]; [ contradiction | ].
    destruct (X Z1) as [e B]. rewrite Z2 in B. discriminate B. }
  assert (N' : is_jump (r_kind r) = false -> r_kind r <> Exit ->
               landing c (pc u + r_width r) = true).
  { intros X Y. apply N; [ | exact Y ]. intro Z. rewrite Z in X. discriminate X. }
  assert (AC : is_jump (r_kind r) = false -> r_kind r <> Exit ->
    res_outcome (access c r f u m (pc u + r_width r)) <> Stuck /\
    inv c (res_cpu (access c r f u m (pc u + r_width r)))).
  { intros X Y. unfold access, fail.
    match goal with |- context [if resolve ?a ?b ?d then _ else _] => destruct (resolve a b d) end;
      cbn [res_outcome res_cpu]; (split; [ discriminate | ]); [ | exact I ].
    apply inv_go; [ exact I | exact (N' X Y) | exact (r10_kept _ _ _ _ _ RE) ]. }
  intro x. subst x. unfold execute.
  destruct (r_kind r).
  - split; [ discriminate | ]. apply inv_go; [ exact I | | exact (r10_kept _ _ _ _ _ RE) ].
    apply N'; [ reflexivity | discriminate ].
  - split; [ discriminate | ]. apply inv_go; [ exact I | | exact (r10_kept _ _ _ _ _ RE) ].
    apply N'; [ reflexivity | discriminate ].
  - apply AC; [ reflexivity | discriminate ].
  - apply AC; [ reflexivity | discriminate ].
  - apply AC; [ reflexivity | discriminate ].
  - destruct (r_taken r (env_of u f imm2 0)) eqn:TK.
    + match goal with |- context [if ?b then _ else _] => destruct b end;
        (split; [ discriminate | ]); cbn [res_cpu]; first [ exact I | idtac ];
      destruct I as [P F D R]; constructor; cbn [transfer pc frames regs];
        [ apply T; reflexivity | exact F | exact D | exact R ].
    + split; [ discriminate | ]. apply inv_go; [ exact I | | reflexivity ].
      apply N; [ | discriminate ]. intros _. exists (env_of u f imm2 0). exact TK.
  - unfold ask. rewrite (HE eq_refl).
    destruct (affords (bound u) (pc u + r_width r)); [ | split; [ discriminate | exact I ] ].
    match goal with |- context [match a_fault ?y with _ => _ end] => set (a := y) end.
    destruct I as [P F D R].
    destruct (a_fault a); [ split; [ discriminate | ] | ].
    { constructor; cbn [res_cpu pc frames regs];
        [ exact P | exact F | exact D | exact R ]. }
    match goal with |- context [if ?b then _ else _] => destruct b end;
      (split; [ discriminate | ]); constructor; cbn [res_cpu pc frames regs];
      [ apply N'; [ reflexivity | discriminate ] | exact F | exact D | exact R
      | exact P | exact F | exact D | exact R ].
  - destruct (affords (bound u) (pc u + r_width r)); [ | split; [ discriminate | exact I ] ].
    destruct (Z.ltb_spec (Z.of_nat (length (frames u)) + 1) (c_depth c)) as [DL|];
      (split; [ discriminate | ]); [ | exact I ].
    destruct I as [P F D R]. constructor.
    + cbn [res_cpu transfer pc]. apply T. reflexivity.
    + cbn [res_cpu transfer frames]. constructor; [ | exact F ]. cbn [fr_pc].
      apply N; [ intro Z; discriminate Z | discriminate ].
    + cbn [res_cpu transfer frames length]. lia.
    + cbn [res_cpu transfer frames length regs]. unfold set. rewrite Z.eqb_refl, R.
      rewrite wrap_small; [ lia | ].
      change (2 ^ segment_bits) with 16777216. change (2 ^ 64) with 18446744073709551616.
      unfold seg_stack. set (k := Z.of_nat (length (frames u))) in *.
      assert (0 <= k) by lia. nia.
  - destruct (affords (bound u) (pc u + r_width r)); [ | split; [ discriminate | exact I ] ].
    destruct (frames u) as [|fr fs] eqn:FS; [ split; [ discriminate | exact I ] | ].
    split; [ discriminate | ]. destruct I as [P F D R]. rewrite FS in F, D, R.
    inversion F; subst. cbn [length] in D, R. constructor; cbn [res_cpu transfer frames regs pc].
    + assumption.
    + assumption.
    + lia.
    + change ((first_saved <=? frame_reg) && (frame_reg <=? last_saved)) with false.
      cbn [andb]. rewrite Z.eqb_refl, R. rewrite wrap_small; [ lia | ].
      change (2 ^ segment_bits) with 16777216. change (2 ^ 64) with 18446744073709551616.
      unfold seg_stack. set (k := Z.of_nat (length fs)) in *.
      assert (0 <= k) by lia. nia.
Qed.

(* A step from where the invariant holds is the execution of a legal row. *)
Lemma step_is_execute : forall H c (call : helper H) u m, accept c = true -> inv c u ->
  exists r imm2, check_slot c (pc u) = Some r /\
    step c call u m = execute c call r (decode (c_text c (pc u))) imm2 u m.
Proof.
  intros H c call u m A I.
  pose proof (landing_range c (pc u) (inv_pc c u I)) as PR.
  destruct (accepted_slot c (pc u) A (inv_pc c u I)) as [r E].
  pose proof (check_slot_ok c (pc u) r E) as (L & W & _).
  pose proof (lookup_ok _ _ L) as [OK M].
  unfold step, fetch at 1.
  rewrite (proj2 (Z.leb_le 0 (pc u))), (proj2 (Z.ltb_lt (pc u) (c_len c))) by lia.
  cbn [andb]. rewrite L, (ok_registers r OK _ M).
  destruct (Z.eqb_spec (r_width r) 2) as [X|X].
  - rewrite (ok_width r OK) in X.
    destruct W as [W _]; [ destruct (r_kind r); try discriminate X; reflexivity | ].
    unfold fetch. rewrite (proj2 (Z.leb_le 0 (pc u + 1))), (proj2 (Z.ltb_lt (pc u + 1) (c_len c))) by lia.
    cbn [andb]. eexists. eexists. split; [ exact E | reflexivity ].
  - exists r, 0. split; [ exact E | reflexivity ].
Qed.

(* From a landing place with landing return addresses, a step ends at one
   again, exits or faults with a name: it is never stuck. Depth and r10 stay
   what the declared frames say. *)
Theorem progress :
  forall (H : Type) (c : config) (call : helper H), accept c = true ->
  forall u m, inv c u ->
    res_outcome (step c call u m) <> Stuck /\ inv c (res_cpu (step c call u m)).
Proof.
  intros H c call A u m I.
  destruct (step_is_execute H c call u m A I) as (r & imm2 & E & ->).
  apply execute_progress; assumption.
Qed.

Lemma run_progress : forall H c (call : helper H), accept c = true ->
  forall n u m, inv c u ->
    res_outcome (run c call n u m) <> Stuck /\ inv c (res_cpu (run c call n u m)).
Proof.
  intros H c call A. induction n as [|n IH]; intros u m I; cbn [run];
    [ split; [ discriminate | exact I ] | ].
  pose proof (progress H c call A u m I) as [NS J].
  destruct (res_outcome (step c call u m)) eqn:O;
    try (rewrite O; split; [ discriminate | exact J ]).
  - apply IH. exact J.
  - contradiction NS. reflexivity.
Qed.

Lemma started_inv : forall H c (u : cpu H) fuel, accept c = true -> started c u fuel -> inv c u.
Proof.
  intros H c u fuel A (P & F & R & _).
  apply accept_parts in A. destruct A as (_ & D & _ & E & _).
  constructor.
  - exact (proj1 (forallb_forall _ _) E (pc u) P).
  - rewrite F. constructor.
  - rewrite F. cbn. lia.
  - rewrite F, R. cbn [length]. lia.
Qed.

(* The invariant holds at the start of an activation at an entry point, so no
   run of an accepted program is ever stuck. *)
Theorem never_stuck :
  forall (H : Type) (c : config) (call : helper H), accept c = true ->
  forall u fuel m, started c u fuel ->
  forall n, res_outcome (run c call n u m) <> Stuck /\ inv c (res_cpu (run c call n u m)).
Proof.
  intros H c call A u fuel m S n. apply run_progress; [ exact A | ].
  exact (started_inv H c u fuel A S).
Qed.
