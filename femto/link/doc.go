// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT

// Package link makes container images from what C compilers write.
//
//	out, err := link.Build(ctx, []string{"blink.c"}, link.BuildOptions{Header: header})
//	out, err := link.Object(elf, link.Options{Resolve: sysapi})
//	b, err := out.Image.Encode()
//
// Objects from clang 14 to 19 and from gcc-bpf 12 are read (whose -mcpu=v1
// miscompiles comparisons: use v3, its default). The image gets
// every function that an entry point can reach, once, whether it stands in .text
// or in a section of its own, and of the data what these functions and that data
// refer to. Addresses are final: segment 2 holds .data* and then .bss* and common
// symbols, segment 3 .rodata*, each section at its ELF alignment, so a device
// has nothing to relocate. Pointers in initialised data are filled in. A symbol
// that no object defines must be a system call; anything else is refused with
// its name and the C line, and so is the address of a function, since no
// instruction calls through one.
//
// Entry points are the global functions in sections of their own (SEC("name")).
// Objects without such sections offer every global function that no function
// calls; beside a SEC such a function is left out, with a warning. SEC("hook/NAME") also binds to the hook NAME, or to the hook with the
// UUID that stands there.
//
// The frame size is the largest that the compiler noted in .stack_sizes; a
// function without a note counts 512 bytes, and is never guessed about. The call
// depth is the longest chain of calls.
//
// Whether the instructions are legal is package verify's matter, which every
// user of an image asks anyway; the linker looks at those that refer to
// something. It decodes them with package isa, and relocations with debug/elf,
// rather than with cilium/ebpf's loader, which skips .text without a SEC
// program, drops the relocations of data without a word, and re-encodes helper
// calls for the host's kernel. BTF line information is read with cilium/ebpf. It
// goes to a SourceMap beside the image, never into it.
package link
