// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT

// Package convert makes container images from files of the earlier rBPF format,
// as the tools of the first Femto-Container wrote them.
//
//	img, warnings, err := convert.RBPF(old, convert.Options{})
//
// All integers are little endian. The header is seven 32-bit words: the magic
// rBPF, version, flags (bit 0: compressed text, which is refused), the lengths
// in bytes of data, rodata and text, and the number of functions. The three
// sections follow in this order, then for each function three 16-bit words: the
// offset of its name in rodata, flags, and the offset of its code in the text.
//
// Its code is eBPF with two more wide instructions, LDDWD (0xb8) and LDDWR
// (0xd8), which add an offset to the address of data and of rodata; they become
// wide loads of the final address. Numbers of system calls are kept. The old
// format has no call depth and no frame size: a frame gets 512 bytes unless
// Options says otherwise.
//
// As with a linked image, whether the instructions are legal is for package
// verify to say.
package convert
