(* SPDX-FileCopyrightText: The femtocontainer authors *)
(* SPDX-License-Identifier: MIT *)

(* The operators of package bv over Z. A vector of w bits is its unsigned
   value; every operator ends in wrap, so whatever it is given, its result is a
   vector of its width. *)

Require Import ZArith Bool Lia.
Open Scope Z_scope.

Definition wrap (w a : Z) : Z := a mod 2 ^ w.
Definition signed (w a : Z) : Z :=
  if 2 * wrap w a <? 2 ^ w then wrap w a else wrap w a - 2 ^ w.

Definition bit (b : bool) : Z := if b then 1 else 0.

Definition bvnot (w a : Z) : Z := wrap w (-1 - a).
Definition bvneg (w a : Z) : Z := wrap w (- a).
Definition bvand (w a b : Z) : Z := wrap w (Z.land a b).
Definition bvor (w a b : Z) : Z := wrap w (Z.lor a b).
Definition bvxor (w a b : Z) : Z := wrap w (Z.lxor a b).
Definition bvadd (w a b : Z) : Z := wrap w (a + b).
Definition bvsub (w a b : Z) : Z := wrap w (a - b).
Definition bvmul (w a b : Z) : Z := wrap w (a * b).

(* Division by zero as in SMT-LIB; the table keeps it from being seen. *)
Definition bvudiv (w a b : Z) : Z := wrap w (if b =? 0 then -1 else a / b).
Definition bvurem (w a b : Z) : Z := wrap w (if b =? 0 then a else a mod b).
Definition bvsdiv (w a b : Z) : Z :=
  wrap w (if signed w b =? 0
          then if signed w a <? 0 then 1 else -1
          else Z.quot (signed w a) (signed w b)).
Definition bvsrem (w a b : Z) : Z :=
  wrap w (if signed w b =? 0 then a else Z.rem (signed w a) (signed w b)).

Definition bvshl (w a b : Z) : Z := wrap w (if w <=? b then 0 else Z.shiftl a b).
Definition bvlshr (w a b : Z) : Z := wrap w (if w <=? b then 0 else Z.shiftr a b).
Definition bvashr (w a b : Z) : Z := wrap w (Z.shiftr (signed w a) (Z.min b (w - 1))).

(* w is the width of the result; from and low that of an operand. *)
Definition extract (lo w a : Z) : Z := wrap w (Z.shiftr a lo).
Definition concat (w low a b : Z) : Z := wrap w (Z.lor (Z.shiftl a low) b).
Definition zext (w a : Z) : Z := wrap w a.
Definition sext (from w a : Z) : Z := wrap w (signed from a).

Definition bveq (a b : Z) : bool := a =? b.
Definition bvult (a b : Z) : bool := a <? b.
Definition bvule (a b : Z) : bool := a <=? b.
Definition bvslt (w a b : Z) : bool := signed w a <? signed w b.
Definition bvsle (w a b : Z) : bool := signed w a <=? signed w b.

Lemma wrap_range : forall w a, 0 <= w -> 0 <= wrap w a < 2 ^ w.
Proof. intros. apply Z.mod_pos_bound. apply Z.pow_pos_nonneg; lia. Qed.

Lemma wrap_small : forall w a, 0 <= a < 2 ^ w -> wrap w a = a.
Proof. intros. apply Z.mod_small. assumption. Qed.

Lemma signed_wrap32 : forall a,
  - 2147483648 <= a < 2147483648 -> signed 32 (wrap 32 a) = a.
Proof.
  intros a H. unfold signed, wrap. change (2 ^ 32) with 4294967296.
  rewrite Z.mod_mod by lia.
  destruct (Z.ltb_spec (2 * (a mod 4294967296)) 4294967296);
    Z.div_mod_to_equations; lia.
Qed.

(* Adding a 32-bit distance wraps to the sum with its signed reading whenever
   that sum is an unsigned 32-bit number. *)
Lemma wrap32_add_signed : forall a d,
  0 <= a + signed 32 d < 4294967296 -> wrap 32 (a + d) = a + signed 32 d.
Proof.
  intros a d. unfold signed, wrap. change (2 ^ 32) with 4294967296.
  destruct (Z.ltb_spec (2 * (d mod 4294967296)) 4294967296);
    intro; Z.div_mod_to_equations; lia.
Qed.
