(* SPDX-FileCopyrightText: The femtocontainer authors *)
(* SPDX-License-Identifier: MIT *)

(* Isolation. Neither theorem needs the verifier: they hold for any text. *)

Require Import ZArith Bool List Lia.
Require Import Femto.bits Femto.row Femto.model Femto.machine Femto.facts.
Import ListNotations.
Open Scope Z_scope.

Lemma store_le_other : forall m s o size v s' o',
  ~ (s' = s /\ o <= o' < o + size) -> store_le m s o size v s' o' = m s' o'.
Proof.
  intros. unfold store_le.
  destruct (Z.eqb_spec s' s); destruct (Z.leb_spec o o'); destruct (Z.ltb_spec o' (o + size));
    cbn; try reflexivity. exfalso. lia.
Qed.

Lemma store_le_agree : forall c m1 m2 s o size v,
  agree c m1 m2 -> agree c (store_le m1 s o size v) (store_le m2 s o size v).
Proof.
  intros c m1 m2 s o size v A s' o' R. unfold store_le.
  destruct ((s' =? s) && (o <=? o') && (o' <? o + size)); [ reflexivity | apply A, R ].
Qed.

Lemma load_le_same : forall n b1 b2 o,
  (forall i, o <= i < o + Z.of_nat n -> b1 i = b2 i) -> load_le n b1 o = load_le n b2 o.
Proof.
  induction n as [|n IH]; intros b1 b2 o E; cbn [load_le]; [ reflexivity | ].
  rewrite (E o) by lia. rewrite (IH b1 b2 (o + 1)); [ reflexivity | ].
  intros i Hi. apply E. lia.
Qed.

Section Isolation.
  Context {H : Type} (c : config) (call : helper H).
  Hypothesis layout : layout_ok c.
  Hypothesis helpers : helper_ok c call.

  Definition same (x y : result H) : Prop :=
    res_outcome x = res_outcome y /\ res_cpu x = res_cpu y /\ agree c (res_mem x) (res_mem y).

  Lemma same_intro : forall o u m1 m2, agree c m1 m2 -> same (Result o u m1) (Result o u m2).
  Proof. intros. repeat split. assumption. Qed.

  Lemma execute_writes : forall r f imm2 u m s o, row_ok r ->
    ~ writable c s o -> res_mem (execute c call r f imm2 u m) s o = m s o.
  Proof.
    intros r f imm2 u m s o OK NW. unfold execute.
    assert (A : res_mem (access c r f u m (pc u + r_width r)) s o = m s o).
    { unfold access, fail.
      pose proof (ok_addr r OK (env_of u f 0 0)) as Ha.
      set (a := r_addr r (env_of u f 0 0)) in *.
      destruct (resolve (r_size r) a (last_of c (writes_memory (r_kind r)) (index a))) eqn:E;
        [ | reflexivity ].
      cbn [res_mem]. destruct (writes_memory (r_kind r)); [ | reflexivity ].
      apply store_le_other. intros [-> B]. apply NW.
      exact (proj2 (resolve_ok c true (r_size r) a layout Ha E o B) eq_refl). }
    assert (B : res_mem (ask c call f u m (pc u + r_width r)) s o = m s o).
    { unfold ask.
      repeat match goal with
             | |- context [if ?b then _ else _] => destruct b
             | |- context [match a_fault ?x with _ => _ end] => destruct (a_fault x)
             end; cbn [res_mem]; try reflexivity; apply (ok_writes c call helpers); exact NW. }
    destruct (r_kind r); try exact A; try exact B;
      repeat match goal with
             | |- context [if ?b then _ else _] => destruct b
             | |- context [match frames u with _ => _ end] => destruct (frames u)
             end; reflexivity.
  Qed.

  Lemma execute_reads : forall r f imm2 u m1 m2, row_ok r -> agree c m1 m2 ->
    same (execute c call r f imm2 u m1) (execute c call r f imm2 u m2).
  Proof.
    intros r f imm2 u m1 m2 OK AG. unfold execute.
    assert (A : same (access c r f u m1 (pc u + r_width r)) (access c r f u m2 (pc u + r_width r))).
    { unfold access, fail.
      pose proof (ok_addr r OK (env_of u f 0 0)) as Ha.
      set (a := r_addr r (env_of u f 0 0)) in *.
      destruct (resolve (r_size r) a (last_of c (writes_memory (r_kind r)) (index a))) eqn:E;
        [ | apply same_intro; exact AG ].
      replace (load_le (Z.to_nat (r_size r)) (m2 (index a)) (place a))
        with (load_le (Z.to_nat (r_size r)) (m1 (index a)) (place a)).
      - apply same_intro. destruct (writes_memory (r_kind r)); [ | exact AG ].
        apply store_le_agree. exact AG.
      - apply load_le_same. intros i Hi. apply AG.
        apply (proj1 (resolve_ok c (writes_memory (r_kind r)) (r_size r) a layout Ha E i ltac:(
          pose proof (proj1 (resolve_sizes _ _ _ E)); lia))). }
    assert (B : same (ask c call f u m1 (pc u + r_width r)) (ask c call f u m2 (pc u + r_width r))).
    { unfold ask.
      destruct (existsb (Z.eqb (extract 0 16 (f_imm f))) (c_helpers c));
        [ | apply same_intro; exact AG ].
      destruct (affords (bound u) (pc u + r_width r)); [ | apply same_intro; exact AG ].
      pose proof (ok_reads c call helpers (extract 0 16 (f_imm f)) (map (regs u) [1; 2; 3; 4; 5])
                    (wrap 32 (bound u - (pc u + r_width r))) (host u) m1 m2 AG)
        as (E1 & E2 & E3 & E4 & E5).
      rewrite <- E1, <- E2, <- E3, <- E4.
      match goal with |- context [match a_fault ?x with _ => _ end] => destruct (a_fault x) end;
        [ apply same_intro; exact E5 | ].
      match goal with |- context [if ?b then _ else _] => destruct b end;
        apply same_intro; [ exact E5 | exact AG ]. }
    destruct (r_kind r); try exact A; try exact B;
      repeat match goal with
             | |- context [if ?b then _ else _] => destruct b
             | |- context [match frames u with _ => _ end] => destruct (frames u)
             end; apply same_intro; exact AG.
  Qed.

  Lemma step_writes : forall u m s o,
    ~ writable c s o -> res_mem (step c call u m) s o = m s o.
  Proof.
    intros u m s o NW. unfold step.
    destruct (fetch c (pc u)) as [f|]; [ | reflexivity ].
    destruct (lookup f) as [r|] eqn:L; [ | reflexivity ].
    apply lookup_ok in L. destruct L as [OK _].
    destruct (registers_exist r f); [ | reflexivity ].
    destruct (r_width r =? 2); [ destruct (fetch c (pc u + 1)) | ];
      try reflexivity; apply execute_writes; assumption.
  Qed.

  Lemma step_reads : forall u m1 m2, agree c m1 m2 ->
    same (step c call u m1) (step c call u m2).
  Proof.
    intros u m1 m2 AG. unfold step.
    destruct (fetch c (pc u)) as [f|]; [ | apply same_intro; exact AG ].
    destruct (lookup f) as [r|] eqn:L; [ | apply same_intro; exact AG ].
    apply lookup_ok in L. destruct L as [OK _].
    destruct (registers_exist r f); [ | apply same_intro; exact AG ].
    destruct (r_width r =? 2); [ destruct (fetch c (pc u + 1)) | ];
      try (apply same_intro; exact AG); apply execute_reads; assumption.
  Qed.

  Lemma run_writes : forall n u m s o,
    ~ writable c s o -> res_mem (run c call n u m) s o = m s o.
  Proof.
    induction n as [|n IH]; intros u m s o NW; cbn [run]; [ reflexivity | ].
    pose proof (step_writes u m s o NW) as E.
    destruct (res_outcome (step c call u m)); try exact E.
    rewrite IH by exact NW. exact E.
  Qed.

  Lemma run_reads : forall n u m1 m2, agree c m1 m2 ->
    same (run c call n u m1) (run c call n u m2).
  Proof.
    induction n as [|n IH]; intros u m1 m2 AG; cbn [run]; [ apply same_intro; exact AG | ].
    pose proof (step_reads u m1 m2 AG) as (E1 & E2 & E3).
    rewrite <- E1. destruct (res_outcome (step c call u m1)) eqn:O;
      try (split; [ congruence | split; assumption ]).
    rewrite <- E2. apply IH. exact E3.
  Qed.
End Isolation.

(* A step, and any number of steps, changes no byte outside writable granted
   segments. *)
Theorem isolation_writes :
  forall (H : Type) (c : config) (call : helper H), layout_ok c -> helper_ok c call ->
  forall n u m s o, ~ writable c s o ->
    res_mem (step c call u m) s o = m s o /\ res_mem (run c call n u m) s o = m s o.
Proof.
  intros H c call L HO n u m s o NW. split; [ apply step_writes | apply run_writes ]; assumption.
Qed.

(* Two memories that agree on readable segments give the same outcome, pc,
   fuel, registers, frames and host state, and agree there afterwards. *)
Theorem isolation_reads :
  forall (H : Type) (c : config) (call : helper H), layout_ok c -> helper_ok c call ->
  forall n u m1 m2, agree c m1 m2 ->
    same c (step c call u m1) (step c call u m2) /\
    same c (run c call n u m1) (run c call n u m2).
Proof.
  intros H c call L HO n u m1 m2 A. split; [ apply step_reads | apply run_reads ]; assumption.
Qed.
