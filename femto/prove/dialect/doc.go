// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT

// Package dialect checks that the C core is written in the part of GNU C that
// gate A reads. The prover preprocesses the core once for each variant that a
// build can select and passes over what does not change the meaning of the text
// that it sees; this package holds the core to that:
//
//		findings, err := dialect.Check(root)
//
//	  - A conditional is one whose every branch some variant takes, or one of a
//	    few whose other branch holds nothing but a pragma, an #error, extern "C",
//	    or names of registers. So no text is compiled on some CPU only, or by some
//	    compiler only, without having been proved.
//	  - Attributes, pragmas and reserved words are those listed here. An attribute
//	    such as pure, packed or mode, or a restrict, would change what the compiler
//	    may do with text that is proved without it.
//	  - A function that other files can call is one that a family of goals is about.
//
// What is not listed is red in make prove. When the core comes to need a new
// one, the prover has to know it first.
package dialect
