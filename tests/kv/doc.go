// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT

// Package kv compares the key-value stores of the RIOT package, in C, with those
// of femto/sysapi/hostapi, which say what the system calls mean. Random
// sequences of calls by several containers of several tenants go to both; the
// C side runs under AddressSanitizer and UndefinedBehaviorSanitizer. Besides
// results and contents the test wants each quota to be exact, and to be there
// in full whatever the others do.
package kv
