// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT

package coq

//go:generate go run ./gateb -write model.v
