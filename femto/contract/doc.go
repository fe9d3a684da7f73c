// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT

// Package contract reads what the owner of a firmware allows: which tenants
// there are, where their containers may be attached, what these may call, and
// how much of everything they get.
//
//	c, err := contract.Parse("contract.toml", text, os.ReadFile)
//	...
//	helpers, err := c.Grants("acme", "scheduler")
//	err = c.Refuse(img, "acme", "scheduler") // FC2025: ... capability "saul_write" ...
//	files := c.Files()                       // constant C tables for the firmware
//
// A contract is one TOML file; docs/contracts.md describes it, and its tables
// of keys are those of Keys here. Parse is strict: a key that is not known, a
// value of another type or out of range, a name that is not defined, and two
// statements that contradict each other are errors, each with its line and
// column. It finds all of them, unless the file is not TOML.
//
// The same contract always gives the same C files. What is granted is decided
// here, by name; at run time the firmware compares numbers only.
//
// How the device enforces it is not decided here but in the RIOT package.
package contract
