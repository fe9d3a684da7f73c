// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT

package dialect

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestCoreIsInTheDialect(t *testing.T) {
	got, err := Check("../../..")
	require.NoError(t, err)
	assert.Empty(t, got)
}

func TestCheckNeedsTheCore(t *testing.T) {
	_, err := Check(t.TempDir())
	assert.Error(t, err)
}

// TestWhatTheProverWouldNotSee: each of these would change the meaning of the
// core in some build without any goal turning red.
func TestWhatTheProverWouldNotSee(t *testing.T) {
	for name, text := range map[string]string{
		"one CPU only":         "#ifdef __ARM_ARCH_6M__\nint x;\n#endif\n",
		"one compiler only":    "#ifdef __clang__\nint x;\n#endif\n",
		"C++ only":             "#ifdef __cplusplus\nint x;\n#endif\n",
		"C++ only, nested":     "#ifdef __cplusplus\n#ifdef FEMTO_FAST_REGS\nint x;\n#endif\n#endif\n",
		"not clang":            "#ifndef __clang__\nint x;\n#endif\n",
		"big endian":           "#if !defined(__GNUC__) || __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__\nint x;\n#endif\n",
		"registers of x86-64":  "#if defined(__riscv)\n#elif defined(__x86_64__)\nint x;\n#endif\n",
		"no registers":         "#if defined(__riscv)\n#elif defined(__x86_64__)\n#else\nint x;\n#endif\n",
		"another option":       "#ifdef FEMTO_UNSAFE\nint x;\n#endif\n",
		"a number":             "#if 0\nint x;\n#endif\n",
		"pure":                 "__attribute__((pure)) int f(void);\n",
		"const function":       "int f(void) __attribute__((const));\n",
		"packed":               "struct __attribute__((__may_alias__, packed)) s { int x; };\n",
		"mode":                 "typedef int t __attribute__((mode(HI)));\n",
		"another section":      "__attribute__((section(\".data\"))) int x;\n",
		"restrict":             "static void f(int *restrict p);\n",
		"restrict of GNU":      "static void f(int *__restrict p);\n",
		"volatile":             "static volatile int x;\n",
		"alignment":            "static _Alignas(1) int x;\n",
		"built-in function":    "static int f(int x) { if (x) __builtin_unreachable(); return 1; }\n",
		"pragma pack":          "#pragma pack(1)\n",
		"pragma fast-math":     "#pragma GCC optimize(\"strict-overflow\")\n",
		"pragma as operator":   "_Pragma(\"pack(1)\")\n",
		"macro of a header":    "#define UINT64_MAX 0xffffffffu\n",
		"macro of a function":  "#define memcpy(d, s, n) other(d, s)\n",
		"undefined again":      "#undef FEMTO_DST\n",
		"unknown header":       "#include <math.h>\n",
		"function of no goal":  "uint8_t femto_peek(const uint8_t *p)\n{\n    return p[-1];\n}\n",
		"attribute by a macro": "#define FEMTO_X __attribute__((pure))\n",
	} {
		t.Run(name, func(t *testing.T) {
			got := file("x.c", text)
			require.NotEmpty(t, got)
			t.Log(got[0])
		})
	}
}

func TestRegistersSetAside(t *testing.T) {
	const good = "#if defined(__riscv)\n#define FEMTO_REG_PC \"s0\"\n#define FEMTO_REG_VM \"s1\"\n#endif\n#define FEMTO_REGS FEMTO_REG_PC, \\\n FEMTO_REG_VM\n"
	assert.Empty(t, registers("x.h", good))
	assert.Empty(t, registers("x.c", "    FEMTO_RUN_CHANGES_REGS;\n    status = femto_run(vm);\n    FEMTO_RUN_CHANGES_REGS;\n"))
	assert.NotEmpty(t, registers("x.c", "    FEMTO_RUN_CHANGES_REGS;\n    status = femto_run(vm);\n"))
	assert.NotEmpty(t, registers("x.h", strings.Replace(good, "s1", "s0", 1)))
	assert.NotEmpty(t, registers("x.h", strings.Replace(good, ", \\\n FEMTO_REG_VM", "", 1)))
}
