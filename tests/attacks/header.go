// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT

package attacks

import (
	"fmt"
	"strings"
)

// boardRAM suffices for every image of the corpus that is to be loaded: 32
// frames of 512 bytes, and what is saved of them.
const boardRAM = 512*32 + 40*31 + 64

// Header is a C header with the attacks, for a firmware that runs them
// (riot/main.c).
func Header(corpus []Attack) string {
	var b strings.Builder
	b.WriteString("/* Made by tests/attacks; do not edit. SPDX-License-Identifier: MIT */\n#include <stdint.h>\n\n")
	longest := 1
	for i, a := range corpus {
		longest = max(longest, len(a.Ctx))
		fmt.Fprintf(&b, "/* %s */\n", a.Name)
		array(&b, fmt.Sprintf("image_%d", i), "_Alignas(8) ", a.Image)
		array(&b, fmt.Sprintf("ctx_%d", i), "", a.Ctx)
	}
	fmt.Fprintf(&b, "\n#define ATTACKS_RAM %d\n#define ATTACKS_CTX %d\n\n", boardRAM, longest)
	b.WriteString("static const struct {\n    const uint8_t *image;\n    const uint8_t *ctx;\n    uint32_t len, ctx_len, fuel;\n    int read_only;\n} attacks[] = {\n")
	for i, a := range corpus {
		readOnly := 0
		if a.ReadOnly {
			readOnly = 1
		}
		fmt.Fprintf(&b, "    { image_%d, ctx_%d, %d, %d, %du, %d },\n", i, i, len(a.Image), len(a.Ctx), a.Fuel, readOnly)
	}
	b.WriteString("};\n")
	return b.String()
}

func array(b *strings.Builder, name, qualifier string, data []byte) {
	fmt.Fprintf(b, "static const %suint8_t %s[] = { ", qualifier, name)
	for _, c := range data {
		fmt.Fprintf(b, "%d,", c)
	}
	if len(data) == 0 {
		b.WriteString("0 ")
	}
	b.WriteString("};\n")
}
