// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT

package cir

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func load(t *testing.T, src string) (*Unit, error) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "x.c")
	require.NoError(t, os.WriteFile(file, []byte("#include <stdint.h>\n"+src), 0o600))
	return Load(ILP32, nil, file)
}

// TestUnknownConstructsAreErrors: what the executor does not know is never
// skipped.
func TestUnknownConstructsAreErrors(t *testing.T) {
	for name, src := range map[string]string{
		"floating point":       "float f(float x) { return x; }",
		"union":                "union u { int a; char b; }; int f(union u *p) { return p->a; }",
		"bit field":            "struct s { int a : 3; }; int f(struct s *p) { return p->a; }",
		"assembly":             "void f(void) { __asm__ volatile (\"nop\"); }",
		"assembly that sets":   "void f(void) { int x; __asm__ volatile (\"\" : \"=r\"(x) :: \"r4\"); }",
		"fetch of no register": "uint32_t INSN, IMM; const uint32_t *PC; void f(void) { __asm__ (\"ldrd %0, %1, [%2], #8\" : \"=r\"(INSN), \"=r\"(IMM), \"+r\"(PC)); }",
		"computed goto":        "int f(void *p) { goto *p; }",
		"volatile":             "int f(volatile int *p) { return *p; }",
		"variable array":       "int f(int n) { int a[n]; a[0] = 1; return a[0]; }",
		"integer to pointer":   "int f(uintptr_t n) { return *(int *)n; }",
		"pointer to short":     "uint16_t f(int *p) { return (uint16_t)(uintptr_t)p + (uint16_t)p; }",
		"unordered effects":    "int f(int i) { return i++ + i; }",
		"unordered calls":      "int g(void); int h(void); int f(void) { return g() + h(); }",
		"unordered store":      "void f(int *a, int i) { i = i++; a[0] = i; }",
		"compound literal":     "struct s { int a; }; void f(struct s *a) { *a = (struct s){ 1 }; }",
		"variadic call":        "int p(const char *, ...); int f(void) { return p(0); }",
		"goto into two heads":  "int f(int i) { if (i) goto a; b: i++; a: i--; if (i) goto b; return i; }",
		"address kept":         "int f(void) { int *p; { int a = 1; p = &a; } return *p; }",
		"address kept, chosen": "int f(int i) { const int *p; { int a[2]; a[0] = 1; p = i ? &a[1] : a; } return *p; }",
		"address given back":   "static int *f(void) { { int a = 1; return &a; } }",
		"statement expr":       "int f(int i) { return ({ i; }); }",
	} {
		t.Run(name, func(t *testing.T) {
			_, err := load(t, src)
			require.Error(t, err)
			t.Log(err)
		})
	}
}

func TestLowering(t *testing.T) {
	u, err := load(t, `
struct s { uint8_t a; uint64_t r[3]; struct s *next; };
static const uint8_t table[4] = { 1, [2] = 7 };
static uint32_t two(uint32_t x) { return x + 2u; }
uint32_t f(struct s *p, uint32_t n)
{
    uint32_t sum = 0;
    for (uint32_t i = 0; i < n; i++) {
        if (p->r[i & 1] == 3 && table[i & 3] > 1) {
            continue;
        }
        sum += two(i) + two(n);
    }
    return sum;
}`)
	require.NoError(t, err)
	f := u.Funcs["f"]
	require.Len(t, f.Loops, 1)
	var names []string
	for _, v := range f.Loops[0].Assigned {
		names = append(names, v.Name)
	}
	assert.Equal(t, []string{"i", "sum"}, names)
	assert.Equal(t, map[string]uint64{"[0]": 1, "[2]": 7}, u.Globals["table"].Init)
	assert.EqualValues(t, 40, u.Structs["s"].Size) // 8 + 24 + 4, padded
}

// TestClosure: what is remembered of a function tells texts apart that differ in
// nothing but which of two objects of one name they mean.
func TestClosure(t *testing.T) {
	closure := func(src string) string {
		u, err := load(t, src)
		require.NoError(t, err)
		return Closure([]*Unit{u}, "f")
	}
	const inner = "int f(void) { int a = 1; { int a = 2; a += 3; } return a; }"
	assert.Equal(t, closure(inner), closure("int g(void) { return 0; } /* more */\n"+inner))
	assert.NotEqual(t, closure(inner), closure("int f(void) { int a = 1; { int a = 2; } a += 3; return a; }"))
}

// TestSame: which accesses may touch one object.
func TestSame(t *testing.T) {
	u, err := load(t, "struct a; struct b; uint8_t *bytes; const uint8_t *more; void *any; uint32_t *words; struct a *x; struct b *y; int32_t i; uint32_t j;")
	require.NoError(t, err)
	same := func(a, b string) bool { return Same(u.Globals[a].Type, u.Globals[b].Type) }
	assert.True(t, same("i", "j"))
	assert.True(t, same("bytes", "more"))
	for _, p := range [][2]string{{"bytes", "any"}, {"bytes", "words"}, {"x", "y"}, {"words", "j"}} {
		assert.False(t, same(p[0], p[1]), p)
	}
}

// TestConstant: what is constant is what the last * says.
func TestConstant(t *testing.T) {
	u, err := load(t, "static const int a = 1; extern int *const b; const int *c; int *const *d; extern int *const e[2]; static const int f[2][2] = { { 1 } };")
	require.NoError(t, err)
	for name, want := range map[string]bool{"a": true, "b": true, "c": false, "d": false, "e": true, "f": true} {
		assert.Equal(t, want, u.Globals[name].Const, name)
	}
}

// TestModels: the same text has the sizes of its target.
func TestModels(t *testing.T) {
	file := filepath.Join(t.TempDir(), "x.c")
	require.NoError(t, os.WriteFile(file, []byte("#include <stddef.h>\nstruct s { void *p; size_t n; };\nunsigned f(struct s *x) { return sizeof(*x); }\n"), 0o600))
	for model, size := range map[Model]int64{ILP32: 8, LP64: 16} {
		u, err := Load(model, nil, file)
		require.NoError(t, err)
		assert.Equal(t, size, u.Structs["s"].Size)
	}
}
