(* SPDX-FileCopyrightText: The femtocontainer authors *)
(* SPDX-License-Identifier: MIT *)

(* Bounded run: what is left of the fuel falls with every step, and cannot fall
   below zero by more than the text is long. *)

Require Import ZArith Bool List Lia.
Require Import Femto.bits Femto.row Femto.model Femto.machine Femto.facts Femto.progress.
Import ListNotations.
Open Scope Z_scope.

(* Fuel left when every slot is charged as it is executed. It may be negative
   within a straight-line run, whose charge comes at its end. *)
Definition left {H : Type} (u : cpu H) : Z := bound u - pc u.

(* A slice gives at most max_fuel, and one instruction's worth may be over from
   the slice before. *)
Record fueled {H : Type} (u : cpu H) : Prop := Fueled
  { fueled_bound : 0 <= bound u;
    fueled_left : left u <= 2 * max_fuel }.

Lemma affords_true : forall H c (u : cpu H) w, inv c u -> fueled u -> c_len c <= 2097151 ->
  1 <= w <= 2 -> affords (bound u) (pc u + w) = true -> pc u + w <= bound u.
Proof.
  intros H c u w I [B L] LEN W E. pose proof (landing_range c _ (inv_pc c u I)).
  unfold left, max_fuel in L. apply affords_ok; [ lia | exact E ].
Qed.

Lemma transfer_fueled : forall H c (u : cpu H) w t g fs, inv c u -> fueled u -> c_len c <= 2097151 ->
  1 <= w <= 2 -> affords (bound u) (pc u + w) = true -> landing c t = true ->
  fueled (transfer u (pc u + w) t g fs) /\ left (transfer u (pc u + w) t g fs) = left u - w.
Proof.
  intros H c u w t g fs I FU LEN W E T.
  pose proof (affords_true H c u w I FU LEN W E).
  pose proof (landing_range c _ T). pose proof (landing_range c _ (inv_pc c u I)).
  destruct FU as [B L]. unfold left, max_fuel in *.
  assert (M : moved (bound u) (pc u + w) t = bound u - (pc u + w) + t) by (apply moved_ok; lia).
  split; [ constructor | ]; unfold left, max_fuel; cbn [transfer bound pc]; rewrite M; lia.
Qed.

Lemma execute_bounded : forall H c (call : helper H) r imm2 u m,
  accept c = true -> helper_ok c call -> inv c u -> fueled u -> check_slot c (pc u) = Some r ->
  let x := execute c call r (decode (c_text c (pc u))) imm2 u m in
  res_outcome x = Running -> fueled (res_cpu x) /\ left (res_cpu x) <= left u - 1.
Proof.
  intros H c call r imm2 u m A HO I FU E.
  assert (X : inv c (res_cpu (execute c call r (decode (c_text c (pc u))) imm2 u m))).
  { apply execute_progress; assumption. }
  apply accept_parts in A. destruct A as (LEN & _). destruct LEN as [_ LEN].
  apply check_slot_ok in E. destruct E as (L & _). apply lookup_ok in L. destruct L as [OK _].
  assert (W : 1 <= r_width r <= 2).
  { rewrite (ok_width r OK). destruct (is_wide (r_kind r)); lia. }
  set (f := decode (c_text c (pc u))) in *.
  assert (G : forall g, fueled (go u (pc u + r_width r) g) /\
                        left (go u (pc u + r_width r) g) <= left u - 1).
  { intro g. destruct FU as [B F].
    split; [ constructor | ]; unfold left in *; cbn [go bound pc]; lia. }
  assert (T : forall t g fs, affords (bound u) (pc u + r_width r) = true ->
    inv c (transfer u (pc u + r_width r) t g fs) ->
    fueled (transfer u (pc u + r_width r) t g fs) /\
    left (transfer u (pc u + r_width r) t g fs) <= left u - 1).
  { intros t g fs AF J.
    destruct (transfer_fueled H c u (r_width r) t g fs I FU LEN W AF (inv_pc c _ J)) as [P Q].
    split; [ exact P | lia ]. }
  intros x. subst x. revert X. unfold execute.
  assert (AC : res_outcome (access c r f u m (pc u + r_width r)) = Running ->
    fueled (res_cpu (access c r f u m (pc u + r_width r))) /\
    left (res_cpu (access c r f u m (pc u + r_width r))) <= left u - 1).
  { unfold access, fail.
    match goal with |- context [if resolve ?a ?b ?d then _ else _] => destruct (resolve a b d) end;
      cbn [res_outcome res_cpu]; intro RUN; [ apply G | discriminate RUN ]. }
  destruct (r_kind r).
  - intros _ _. apply G.
  - intros _ _. apply G.
  - intros _. exact AC.
  - intros _. exact AC.
  - intros _. exact AC.
  - destruct (r_taken r (env_of u f imm2 0)); [ | intros _ _; apply G ].
    destruct (affords (bound u) (pc u + r_width r)) eqn:AF;
      cbn [res_outcome res_cpu]; intros J RUN; [ apply T; first [ assumption | reflexivity ] | discriminate RUN ].
  - intros _. unfold ask.
    destruct (existsb (Z.eqb (extract 0 16 (f_imm f))) (c_helpers c)); [ | discriminate ].
    destruct (affords (bound u) (pc u + r_width r)) eqn:AF; [ | discriminate ].
    pose proof (ok_price c call HO (extract 0 16 (f_imm f)) (map (regs u) [1; 2; 3; 4; 5])
                  (wrap 32 (bound u - (pc u + r_width r))) (host u) m) as PR.
    match type of PR with 0 <= a_price ?y => set (a := y) in * end.
    destruct (a_fault a); [ discriminate | ].
    pose proof (affords_true H c u (r_width r) I FU LEN W AF) as LE.
    pose proof (landing_range c _ (inv_pc c u I)) as LR.
    destruct FU as [B F]. unfold left, max_fuel in F.
    rewrite (wrap_small 32 (bound u - (pc u + r_width r))) by (change (2 ^ 32) with 4294967296; lia).
    destruct (Z.leb_spec (a_price a) (bound u - (pc u + r_width r))) as [ROOM|]; [ intros _ | discriminate ].
    cbn [res_cpu].
    assert (M : wrap 32 (bound u - a_price a) = bound u - a_price a)
      by (apply wrap_small; change (2 ^ 32) with 4294967296; lia).
    split; [ constructor | ]; unfold left, max_fuel; cbn [bound pc]; rewrite M; lia.
  - destruct (affords (bound u) (pc u + r_width r)) eqn:AF; [ | discriminate ].
    destruct (Z.of_nat (length (frames u)) + 1 <? c_depth c); [ | discriminate ].
    cbn [res_outcome res_cpu]; intros J _. apply T; first [ assumption | reflexivity ].
  - destruct (affords (bound u) (pc u + r_width r)) eqn:AF; [ | discriminate ].
    destruct (frames u) as [|fr fs]; [ discriminate | ].
    cbn [res_outcome res_cpu]; intros J _. apply T; first [ assumption | reflexivity ].
Qed.

(* Every step that does not end the slice takes at least one from the fuel
   left, which never goes below minus the length of the text. *)
Theorem fuel_decreases :
  forall (H : Type) (c : config) (call : helper H), accept c = true -> helper_ok c call ->
  forall u m, inv c u -> fueled u -> res_outcome (step c call u m) = Running ->
    fueled (res_cpu (step c call u m)) /\
    - c_len c < left (res_cpu (step c call u m)) <= left u - 1.
Proof.
  intros H c call A HO u m I FU.
  pose proof (progress H c call A u m I) as [_ J].
  destruct (step_is_execute H c call u m A I) as (r & imm2 & E & S). rewrite S in *.
  intro RUN. destruct (execute_bounded H c call r imm2 u m A HO I FU E RUN) as [P Q].
  split; [ exact P | split; [ | exact Q ] ].
  pose proof (landing_range c _ (inv_pc c _ J)). pose proof (fueled_bound _ P).
  unfold left. lia.
Qed.

Lemma runs_out : forall H c (call : helper H), accept c = true -> helper_ok c call ->
  forall n u m, inv c u -> fueled u -> left u + c_len c <= Z.of_nat n ->
  res_outcome (run c call n u m) <> Running.
Proof.
  intros H c call A HO. induction n as [|n IH]; intros u m I FU LE.
  - pose proof (landing_range c _ (inv_pc c u I)). pose proof (fueled_bound u FU).
    unfold left in LE. lia.
  - cbn [run]. pose proof (progress H c call A u m I) as [_ J].
    pose proof (fuel_decreases H c call A HO u m I FU) as D.
    destruct (res_outcome (step c call u m)) eqn:O; try (rewrite O; discriminate).
    destruct (D eq_refl) as [P Q]. apply IH; [ exact J | exact P | lia ].
Qed.

(* A slice ends: from any state between two steps, the run is over, by exit or a
   named fault (out of fuel being one), after at most what is left of the fuel
   plus the length of the text in steps. Fuel added to a state that had run out
   gives such a state again. *)
Theorem slice_ends :
  forall (H : Type) (c : config) (call : helper H), accept c = true -> helper_ok c call ->
  forall u m, inv c u -> fueled u ->
    let x := run c call (Z.to_nat (left u + c_len c)) u m in
    res_outcome x = Exited \/ exists f, res_outcome x = Faulted f.
Proof.
  intros H c call A HO u m I FU x.
  assert (NR : res_outcome x <> Running).
  { apply (runs_out H c call A HO); [ exact I | exact FU | ].
    pose proof (landing_range c _ (inv_pc c u I)). pose proof (fueled_bound u FU).
    unfold left. lia. }
  pose proof (proj1 (run_progress H c call A (Z.to_nat (left u + c_len c)) u m I)) as NS.
  fold x in NS. destruct (res_outcome x); try contradiction;
    [ left; reflexivity | right; eexists; reflexivity ].
Qed.

(* An activation with some fuel ends within fuel + length of text steps. *)
Theorem bounded_run :
  forall (H : Type) (c : config) (call : helper H), accept c = true -> helper_ok c call ->
  forall u fuel m, started c u fuel ->
    let x := run c call (Z.to_nat (fuel + c_len c)) u m in
    res_outcome x = Exited \/ exists f, res_outcome x = Faulted f.
Proof.
  intros H c call A HO u fuel m S.
  pose proof (started_inv H c u fuel A S) as I.
  pose proof (landing_range c _ (inv_pc c u I)) as LR.
  destruct S as (_ & _ & _ & F & B).
  replace fuel with (left u) by (unfold left; lia).
  apply slice_ends; try assumption.
  constructor; unfold left; lia.
Qed.

(* Resume: a state that ran out of fuel, given another slice's worth, is again
   one that the theorems speak of. Some fuel may be left: less than the price of
   a helper that could not be paid. *)
Theorem resumable :
  forall (H : Type) (c : config) (u : cpu H) fuel, inv c u -> fueled u -> left u <= max_fuel ->
  0 <= fuel <= max_fuel ->
    let u' := Cpu (pc u) (wrap 32 (bound u + fuel)) (regs u) (frames u) (host u) in
    accept c = true -> inv c u' /\ fueled u' /\ left u' = left u + fuel.
Proof.
  intros H c u fuel I [B L] LE F u' A. subst u'.
  apply accept_parts in A. destruct A as (LEN & _).
  pose proof (landing_range c _ (inv_pc c u I)). unfold left, max_fuel in *.
  assert (M : wrap 32 (bound u + fuel) = bound u + fuel)
    by (apply wrap_small; change (2 ^ 32) with 4294967296; lia).
  destruct I as [P FR D R].
  repeat split; cbn [bound pc frames regs]; unfold left, max_fuel; cbn [bound pc];
    rewrite ?M; first [ assumption | lia ].
Qed.

(* What the theorems assume can be so: of a text of one exit, a stack of 8 bytes
   and a helper that does nothing. *)
Definition one_exit : config :=
  Config (fun _ => 149) 1 [] [0] 8 1 (fun s => if s =? seg_stack then Segment 8 true else Segment 0 false).
Definition no_help : helper unit := fun _ _ _ h m => Answer unit None 0 0 h m.
Definition at_entry (fuel : Z) : cpu unit :=
  Cpu 0 fuel (fun r => if r =? frame_reg then seg_stack * 2 ^ segment_bits + 8 else 0) [] tt.

Theorem consistent :
  layout_ok one_exit /\ helper_ok one_exit no_help /\ accept one_exit = true /\
  forall fuel, 0 <= fuel <= max_fuel -> started one_exit (at_entry fuel) fuel.
Proof.
  split; [ | split; [ | split ] ].
  - repeat split; try reflexivity; unfold one_exit; cbn [c_segments];
      destruct (s =? seg_stack); cbn [s_len]; unfold max_segment; lia.
  - constructor; intros; cbn; [ reflexivity | lia | ].
    repeat split; assumption.
  - vm_compute. reflexivity.
  - intros fuel F. unfold started. cbn. repeat split; lia.
Qed.
