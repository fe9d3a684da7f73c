(* SPDX-FileCopyrightText: The femtocontainer authors *)
(* SPDX-License-Identifier: MIT *)

(* What a row of the instruction table says, as package isa's Row. *)

Require Import ZArith String.
Open Scope Z_scope.

Inductive kind := ALU | Wide | Load | Store | Atomic | Jump | CallHelper | CallLocal | Exit.
Inductive reg := ToNone | ToDst | ToSrc | ToR0.

(* One decoded slot. Off and imm are the unsigned values of their bits. *)
Record fields := Fields { f_op : Z; f_dreg : Z; f_sreg : Z; f_off : Z; f_imm : Z }.

(* The values that effect terms are over. *)
Record env := Env
  { e_dst : Z; e_src : Z; e_r0 : Z; e_off : Z; e_imm : Z; e_imm2 : Z; e_mem : Z }.

Record row := Row
  { r_name : string;
    r_kind : kind;
    r_opcode : Z;
    r_width : Z;                (* slots *)
    r_ends : bool;              (* control does not reach the next slot *)
    r_reads_dst : bool;         (* some effect is over the register in dst *)
    r_reads_src : bool;
    r_matches : fields -> bool; (* the field rules *)
    r_to : reg;
    r_size : Z;                 (* bytes of memory *)
    r_value : env -> Z;
    r_addr : env -> Z;
    r_stored : env -> Z;
    r_taken : env -> bool;
    r_distance : env -> Z }.
