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
		"one CPU only":                 "#ifdef __ARM_ARCH_6M__\nint x;\n#endif\n",
		"one compiler only":            "#ifdef __clang__\nint x;\n#endif\n",
		"C++ only":                     "#ifdef __cplusplus\nint x;\n#endif\n",
		"C++ only, nested":             "#ifdef __cplusplus\n#ifdef FEMTO_FAST_REGS\nint x;\n#endif\n#endif\n",
		"not clang":                    "#ifndef __clang__\nint x;\n#endif\n",
		"big endian":                   "#if !defined(__GNUC__) || __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__\nint x;\n#endif\n",
		"registers of x86-64":          "#if defined(__riscv)\n#elif defined(__x86_64__)\nint x;\n#endif\n",
		"no registers":                 "#if defined(__riscv)\n#elif defined(__x86_64__)\n#else\nint x;\n#endif\n",
		"another option":               "#ifdef FEMTO_UNSAFE\nint x;\n#endif\n",
		"a number":                     "#if 0\nint x;\n#endif\n",
		"pure":                         "__attribute__((pure)) int f(void);\n",
		"const function":               "int f(void) __attribute__((const));\n",
		"packed":                       "struct __attribute__((__may_alias__, packed)) s { int x; };\n",
		"mode":                         "typedef int t __attribute__((mode(HI)));\n",
		"another section":              "__attribute__((section(\".data\"))) int x;\n",
		"restrict":                     "static void f(int *restrict p);\n",
		"restrict of GNU":              "static void f(int *__restrict p);\n",
		"volatile":                     "static volatile int x;\n",
		"alignment":                    "static _Alignas(1) int x;\n",
		"built-in function":            "static int f(int x) { if (x) __builtin_unreachable(); return 1; }\n",
		"pragma pack":                  "#pragma pack(1)\n",
		"pragma fast-math":             "#pragma GCC optimize(\"strict-overflow\")\n",
		"pragma as operator":           "_Pragma(\"pack(1)\")\n",
		"macro of a header":            "#define UINT64_MAX 0xffffffffu\n",
		"macro of a function":          "#define memcpy(d, s, n) other(d, s)\n",
		"undefined again":              "#undef FEMTO_DST\n",
		"unknown header":               "#include <math.h>\n",
		"function of no goal":          "uint8_t femto_peek(const uint8_t *p)\n{\n    return p[-1];\n}\n",
		"attribute by a macro":         "#define FEMTO_X __attribute__((pure))\n",
		"engine":                       "#ifdef FEMTO_ENGINE_FAST\nint x;\n#endif\n",
		"modules":                      "#ifdef FEMTO_HAVE_KV\nint x;\n#endif\n",
		"header of another file":       "#include \"femto_fast.h\"\n",
		"version of the compiler":      "static int f(void) { return __GNUC__ == 12; }\n",
		"version, in a macro":          "#define FEMTO_X (__GNUC__ == 12)\n",
		"comment that opens a comment": "// /*\n#ifdef FEMTO_UNSAFE\nint x;\n#endif\n// */\n",
		"comment in a string":          "static const char a[] = \"/*\";\n#ifdef FEMTO_UNSAFE\n#endif\nstatic const char b[] = \"*/\";\n",
		"quote in a character":         "static const char a = '\"';\n#ifdef FEMTO_UNSAFE\n#endif\nstatic const char b = '\"';\n",
		"digraph":                      "%:ifdef FEMTO_UNSAFE\nint x;\n%:endif\n",
		"trigraph":                     "?" + "?=ifdef FEMTO_UNSAFE\nint x;\n?" + "?=endif\n",
		"comment that ends in two":     "/* *\\\n/\n#ifdef FEMTO_UNSAFE\nint x;\n#endif\n/* */\n",
		"comment that begins in two":   "int x; /\\\n* int y; */\n",
		"directive in two":             "#if\\\ndef FEMTO_UNSAFE\nint x;\n#endif\n",
	} {
		t.Run(name, func(t *testing.T) {
			got := file("x.c", text)
			require.NotEmpty(t, got)
			t.Log(got[0])
		})
	}
}

// TestConditionsInTheirFiles: a condition of one file is none of another, nor
// outside of what it belongs to.
func TestConditionsInTheirFiles(t *testing.T) {
	const cpu = "#if defined(__thumb2__)\nint x;\n#endif\n"
	assert.Empty(t, file("femto_fast.h", "#ifdef FEMTO_FAST_REGS\n"+cpu+"#endif\n"))
	assert.NotEmpty(t, file("femto_fast.h", cpu))
	assert.NotEmpty(t, file("femto_small.c", cpu))
	const engine = "#ifndef FEMTO_ENGINE_FAST\n#endif\n"
	assert.Empty(t, file("femto_small.c", engine))
	assert.NotEmpty(t, file("femto_verify.c", engine))
	const module = "#ifdef FEMTO_HAVE_KV\n#endif\n"
	assert.Empty(t, file("femto_sys.c", module))
	assert.NotEmpty(t, file("femto_step.h", module))
}

func TestRegistersSetAside(t *testing.T) {
	const good = "#if defined(__riscv)\n#define FEMTO_REG_PC \"s0\"\n#define FEMTO_REG_VM \"s1\"\n#endif\n#define FEMTO_REGS FEMTO_REG_PC, \\\n FEMTO_REG_VM\n"
	assert.Empty(t, registers("x.h", good))
	assert.Empty(t, registers("x.c", "    FEMTO_RUN_CHANGES_REGS;\n    status = femto_run(vm);\n    FEMTO_RUN_CHANGES_REGS;\n"))
	assert.NotEmpty(t, registers("x.c", "    FEMTO_RUN_CHANGES_REGS;\n    status = femto_run(vm);\n"))
	assert.NotEmpty(t, registers("x.h", strings.Replace(good, "s1", "s0", 1)))
	assert.NotEmpty(t, registers("x.h", strings.Replace(good, ", \\\n FEMTO_REG_VM", "", 1)))
}
