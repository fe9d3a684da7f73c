// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT
int factor = 4;
