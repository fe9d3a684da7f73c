// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT

package sysapi

// Handlers are the prototypes that the firmware implements.
var Handlers = handlers
