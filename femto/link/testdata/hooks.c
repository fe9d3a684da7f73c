// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT
// SEC("hook/NAME") and SEC("hook/UUID") bind to a hook; other sections are entry
// points without one. Several functions can share a section.
//! entries timer again exact plain
//! run timer = 1
//! run again = 2
//! run exact = 3
//! run plain = 4

#define SEC(name) __attribute__((section(name), used))

SEC("hook/timer") int timer(void) { return 1; }
SEC("hook/timer") int again(void) { return 2; }
SEC("hook/123e4567-e89b-12d3-a456-426614174000") int exact(void) { return 3; }
SEC("xdp") int plain(void) { return 4; }
