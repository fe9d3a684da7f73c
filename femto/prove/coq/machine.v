(* SPDX-FileCopyrightText: The femtocontainer authors *)
(* SPDX-License-Identifier: MIT *)

(* One step of the machine, and the verifier's predicate: what package vm and
   package verify do with the rows, the address rule and the fuel rule of
   model.v. Memory is total: m s o is what lies o bytes after the start of
   segment s, whoever owns it, so that an access outside shows. *)

Require Import ZArith Bool List.
Require Import Femto.bits Femto.row Femto.model.
Import ListNotations.
Open Scope Z_scope.

Record segment := Segment { s_len : Z; s_writable : bool }.

(* What does not change while an instance runs. *)
Record config := Config
  { c_text : Z -> Z;            (* slot number to 64-bit slot *)
    c_len : Z;                  (* slots of text *)
    c_helpers : list Z;         (* helper ids granted *)
    c_entries : list Z;
    c_frame : Z;
    c_depth : Z;
    c_segments : Z -> segment }.

Definition memory := Z -> Z -> Z.

Definition readable (c : config) (s o : Z) : Prop :=
  0 <= s < num_segments /\ 0 <= o < s_len (c_segments c s).
Definition writable (c : config) (s o : Z) : Prop :=
  readable c s o /\ s_writable (c_segments c s) = true.

(* What the loader and the host's API promise about the segments. *)
Definition layout_ok (c : config) : Prop :=
  s_len (c_segments c 0) = 0 /\ s_len (c_segments c 7) = 0 /\
  forall s, 0 <= s < num_segments -> 0 <= s_len (c_segments c s) <= max_segment.

Record frame := Frame { fr_pc : Z; fr_regs : Z -> Z }.

Record cpu (H : Type) := Cpu
  { pc : Z; bound : Z; regs : Z -> Z; frames : list frame; host : H }.
Arguments Cpu {H}. Arguments pc {H}. Arguments bound {H}. Arguments regs {H}.
Arguments frames {H}. Arguments host {H}.

Inductive fault := BadAccess | CallDepth | OutOfFuel | HelperFault (code : Z).
Inductive outcome := Running | Exited | Faulted (f : fault) | Stuck.

Record result (H : Type) := Result { res_outcome : outcome; res_cpu : cpu H; res_mem : memory }.
Arguments Result {H}. Arguments res_outcome {H}. Arguments res_cpu {H}. Arguments res_mem {H}.

(* A helper is any function of its number, r1 to r5, the fuel left, whatever
   state the host keeps, and memory. *)
Record answer (H : Type) := Answer
  { a_fault : option Z; a_r0 : Z; a_price : Z; a_host : H; a_mem : memory }.
Arguments a_fault {H}. Arguments a_r0 {H}. Arguments a_price {H}.
Arguments a_host {H}. Arguments a_mem {H}.
Definition helper (H : Type) := Z -> list Z -> Z -> H -> memory -> answer H.

Definition agree (c : config) (m1 m2 : memory) : Prop :=
  forall s o, readable c s o -> m1 s o = m2 s o.

(* The interface of helpers: only granted writable bytes change, and nothing
   depends on bytes that are not readable. A price is not negative. *)
Record helper_ok {H : Type} (c : config) (call : helper H) : Prop := HelperOk
  { ok_writes : forall id args room h m s o,
      ~ writable c s o -> a_mem (call id args room h m) s o = m s o;
    ok_price : forall id args room h m, 0 <= a_price (call id args room h m);
    ok_reads : forall id args room h m1 m2, agree c m1 m2 ->
      a_fault (call id args room h m1) = a_fault (call id args room h m2) /\
      a_r0 (call id args room h m1) = a_r0 (call id args room h m2) /\
      a_price (call id args room h m1) = a_price (call id args room h m2) /\
      a_host (call id args room h m1) = a_host (call id args room h m2) /\
      agree c (a_mem (call id args room h m1)) (a_mem (call id args room h m2)) }.

Definition decode (slot : Z) : fields :=
  Fields (extract 0 8 slot) (extract 8 4 slot) (extract 12 4 slot)
         (extract 16 16 slot) (extract 32 32 slot).

Definition fetch (c : config) (i : Z) : option fields :=
  if (0 <=? i) && (i <? c_len c) then Some (decode (c_text c i)) else None.

Definition lookup (f : fields) : option row := find (fun r => r_matches r f) table.

(* There are registers 0..10, and r10 has no way to be written. *)
Definition registers_exist (r : row) (f : fields) : bool :=
  (negb (r_reads_dst r) || (f_dreg f <? num_regs)) &&
  (negb (r_reads_src r) || (f_sreg f <? num_regs)) &&
  match r_to r with
  | ToDst => f_dreg f <? frame_reg
  | ToSrc => f_sreg f <? frame_reg
  | ToNone | ToR0 => true
  end.

(* The guest address one past the last byte of segment i, or 0. *)
Definition last_of (c : config) (write : bool) (i : Z) : Z :=
  let s := c_segments c i in
  if (0 <? s_len s) && (s_writable s || negb write)
  then i * 2 ^ segment_bits + s_len s else 0.

Definition writes_memory (k : kind) : bool :=
  match k with Store | Atomic => true | _ => false end.
Definition reads_memory (k : kind) : bool :=
  match k with Load | Atomic => true | _ => false end.

Fixpoint load_le (n : nat) (b : Z -> Z) (o : Z) : Z :=
  match n with
  | O => 0
  | S n => b o + 256 * load_le n b (o + 1)
  end.

Definition store_le (m : memory) (s o size v : Z) : memory := fun s' o' =>
  if (s' =? s) && (o <=? o') && (o' <? o + size)
  then extract (8 * (o' - o)) 8 v else m s' o'.

Definition set (g : Z -> Z) (i v : Z) : Z -> Z := fun j => if j =? i then v else g j.

Section Step.
  Context {H : Type} (c : config) (call : helper H).

  Definition env_of (u : cpu H) (f : fields) (imm2 mem : Z) : env :=
    Env (regs u (f_dreg f)) (regs u (f_sreg f)) (regs u 0) (f_off f) (f_imm f) imm2 mem.

  Definition written (r : row) (f : fields) (e : env) (u : cpu H) : Z -> Z :=
    match r_to r with
    | ToNone => regs u
    | ToDst => set (regs u) (f_dreg f) (r_value r e)
    | ToSrc => set (regs u) (f_sreg f) (r_value r e)
    | ToR0 => set (regs u) 0 (r_value r e)
    end.

  Definition go (u : cpu H) (next : Z) (g : Z -> Z) : cpu H :=
    Cpu next (bound u) g (frames u) (host u).
  Definition transfer (u : cpu H) (next target : Z) (g : Z -> Z) (fs : list frame) : cpu H :=
    Cpu target (moved (bound u) next target) g fs (host u).

  (* A fault, too, charges through the faulting instruction. *)
  Definition fail (u : cpu H) (m : memory) (next : Z) (f : fault) : result H :=
    Result (Faulted (if affords (bound u) next then f else OutOfFuel)) u m.

  Definition access (r : row) (f : fields) (u : cpu H) (m : memory) (next : Z) : result H :=
    let a := r_addr r (env_of u f 0 0) in
    if resolve (r_size r) a (last_of c (writes_memory (r_kind r)) (index a)) then
      let found := if reads_memory (r_kind r)
                   then load_le (Z.to_nat (r_size r)) (m (index a)) (place a) else 0 in
      let e := env_of u f 0 found in
      Result Running (go u next (written r f e u))
             (if writes_memory (r_kind r)
              then store_le m (index a) (place a) (r_size r) (r_stored r e) else m)
    else fail u m next BadAccess.

  Definition ask (f : fields) (u : cpu H) (m : memory) (next : Z) : result H :=
    let id := extract 0 16 (f_imm f) in
    if existsb (Z.eqb id) (c_helpers c) then
      if affords (bound u) next then
        let room := wrap 32 (bound u - next) in
        let a := call id (map (regs u) [1; 2; 3; 4; 5]) room (host u) m in
        match a_fault a with
        | Some code =>
          Result (Faulted (HelperFault code))
                 (Cpu (pc u) (bound u) (regs u) (frames u) (a_host a)) (a_mem a)
        | None =>
          if a_price a <=? room
          then Result Running
                 (Cpu next (wrap 32 (bound u - a_price a)) (set (regs u) 0 (a_r0 a))
                      (frames u) (a_host a)) (a_mem a)
          else Result (Faulted OutOfFuel) u m
        end
      else Result (Faulted OutOfFuel) u m
    else Result Stuck u m.

  Definition execute (r : row) (f : fields) (imm2 : Z) (u : cpu H) (m : memory) : result H :=
    let next := pc u + r_width r in
    let e := env_of u f imm2 0 in
    let target := wrap 32 (next + r_distance r e) in
    match r_kind r with
    | ALU | Wide => Result Running (go u next (written r f e u)) m
    | Load | Store | Atomic => access r f u m next
    | Jump =>
      if r_taken r e then
        if affords (bound u) next
        then Result Running (transfer u next target (regs u) (frames u)) m
        else Result (Faulted OutOfFuel) u m
      else Result Running (go u next (regs u)) m
    | CallHelper => ask f u m next
    | CallLocal =>
      if affords (bound u) next then
        if Z.of_nat (length (frames u)) + 1 <? c_depth c
        then Result Running
               (transfer u next target
                  (set (regs u) frame_reg (wrap 64 (regs u frame_reg - c_frame c)))
                  (Frame next (regs u) :: frames u)) m
        else Result (Faulted CallDepth) u m
      else Result (Faulted OutOfFuel) u m
    | Exit =>
      if affords (bound u) next then
        match frames u with
        | [] => Result Exited u m
        | fr :: fs =>
          Result Running
            (transfer u next (fr_pc fr)
               (fun i => if (first_saved <=? i) && (i <=? last_saved) then fr_regs fr i
                         else if i =? frame_reg then wrap 64 (regs u frame_reg + c_frame c)
                         else regs u i) fs) m
        end
      else Result (Faulted OutOfFuel) u m
    end.

  (* Stuck: pc outside text, an illegal instruction, a register that does not
     exist, half a wide instruction, a helper that is not granted. *)
  Definition step (u : cpu H) (m : memory) : result H :=
    match fetch c (pc u) with
    | None => Result Stuck u m
    | Some f =>
      match lookup f with
      | None => Result Stuck u m
      | Some r =>
        if registers_exist r f then
          if r_width r =? 2 then
            match fetch c (pc u + 1) with
            | None => Result Stuck u m
            | Some f2 => execute r f (f_imm f2) u m
            end
          else execute r f 0 u m
        else Result Stuck u m
      end
    end.

  (* At most n steps. *)
  Fixpoint run (n : nat) (u : cpu H) (m : memory) : result H :=
    match n with
    | O => Result Running u m
    | S n =>
      let x := step u m in
      match res_outcome x with
      | Running => run n (res_cpu x) (res_mem x)
      | _ => x
      end
    end.
End Step.

(* The verifier: one linear pass, as package verify makes it. *)

Definition is_wide (k : kind) : bool := match k with Wide => true | _ => false end.
Definition wide_opcode (op : Z) : bool :=
  existsb (fun r => (r_opcode r =? op) && is_wide (r_kind r)) table.

Definition landing (c : config) (t : Z) : bool :=
  (0 <=? t) && (t <? c_len c) &&
  ((t =? 0) || negb (wide_opcode (f_op (decode (c_text c (t - 1)))))).

Definition second_ok (f : fields) : bool :=
  (f_op f =? 0) && (f_dreg f =? 0) && (f_sreg f =? 0) && (f_off f =? 0).

(* The row of the slot at i, when the verifier has nothing to say about it. *)
Definition check_slot (c : config) (i : Z) : option row :=
  let f := decode (c_text c i) in
  match lookup f with
  | None => None
  | Some r =>
    let next := i + r_width r in
    let e := Env 0 0 0 (f_off f) (f_imm f) 0 0 in
    if match r_kind r with
       | Wide => (i + 1 <? c_len c) && second_ok (decode (c_text c (i + 1)))
       | CallHelper => existsb (Z.eqb (extract 0 16 (f_imm f))) (c_helpers c)
       | Jump | CallLocal => landing c (next + signed 32 (r_distance r e))
       | _ => true
       end && ((next <? c_len c) || r_ends r)
    then Some r else None
  end.

Fixpoint scan (c : config) (n : nat) (i : Z) : bool :=
  if i =? c_len c then true else
  match n with
  | O => false
  | S n => match check_slot c i with
           | Some r => scan c n (i + r_width r)
           | None => false
           end
  end.

Definition accept (c : config) : bool :=
  (0 <? c_len c) && (c_len c <=? max_segment / 8) &&
  (1 <=? c_depth c) && (c_depth c <=? max_depth) &&
  (0 <=? c_frame c) && (c_frame c <=? max_frame) &&
  forallb (landing c) (c_entries c) && scan c (Z.to_nat (c_len c)) 0.

(* The start of an activation at an entry point, with fuel for one slice. *)
Definition started {H : Type} (c : config) (u : cpu H) (fuel : Z) : Prop :=
  In (pc u) (c_entries c) /\ frames u = [] /\
  regs u frame_reg = seg_stack * 2 ^ segment_bits + c_depth c * c_frame c /\
  0 <= fuel <= max_fuel /\ bound u = pc u + fuel.
