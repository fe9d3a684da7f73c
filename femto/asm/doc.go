// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT

// Package asm reads and writes container programs as text, in the syntax of
// LLVM's BPF assembler. It also reads the mnemonics of uBPF.
//
//	p, err := asm.Parse("add.s", "r0 = *(u32 *)(r1 + 0)\n r0 += 2\n exit", asm.Options{})
//	b, err := p.Image.Encode()
//	fmt.Print(asm.Print(p.Image, asm.Options{}))
//
// Instructions are read and written with the Syntax of the rows of isa.Table,
// and the uBPF forms are derived from a row's name and kind, so nothing here
// knows an opcode. Symbols, jump fix-ups and encoding are those of
// github.com/cilium/ebpf/asm.
//
// A line holds labels (NAME:), then a directive or an instruction, then a
// comment after ;, # or //. Beyond instructions:
//
//	.entry LABEL, "NAME", "UUID"    an entry point; name and hook are optional
//	.globl LABEL                    the same, when there is no .entry
//	.frame N, .depth N              stack bytes of a frame, frames live at once
//	.helper NAME                    imports a helper that is not called
//	.text .data .rodata .bss        or .section NAME, as compilers write it
//	.byte .short .long .quad .ascii .asciz .zero .align ...
//	r1 = LABEL ll                   address of a label in .data, .bss or .rodata
//	.quad N                         in .text: a slot that is not an instruction
//
// Without .frame a frame has 512 bytes; without .depth the depth is that of
// the call graph; without entry points slot 0 is "main".
//
// Print and Parse are inverses: an image that decodes, whatever its text, is
// printed as a file from which Parse makes an equal image. Print needs no legal
// instructions, and Parse verifies nothing beyond the fields of one
// instruction; that is the work of package verify.
//
// Not here: macros, expressions beyond LABEL+N, the output of clang -S with
// anything that an image cannot hold.
package asm
