// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT

package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/femtocontainer/femtocontainer/femto/image"
	"github.com/femtocontainer/femtocontainer/femto/link"
	"github.com/femtocontainer/femtocontainer/femto/opt"
)

// The flags that the recorded figures were taken with. The bytecode of the
// seven recorded workloads is identical to theirs, byte for byte.
var bytecodeFlags = []string{"-target", "bpf", "-O2", "-ffreestanding", "-fno-builtin", "-fno-unroll-loops",
	"-fstack-size-section", "-Wall", "-Wextra", "-I", "workloads"}

// A variant is one way to make bytecode from C.
type variant struct {
	name      string // as in row.Bytecode
	cpu       string // clang's -mcpu
	optimised bool   // by femto/opt, as femto build does
}

var variants = []variant{
	{name: "v2", cpu: "v2"},
	{name: "v3", cpu: "v3"},
	{name: "v2-opt", cpu: "v2", optimised: true},
	{name: "v3-opt", cpu: "v3", optimised: true},
}

// The system calls that moving_average makes.
const (
	storeLocal = 0x10
	fetchLocal = 0x12
)

// buildImages compiles every workload in every variant and writes images.h,
// which firmware/container.c includes.
func (b *bench) buildImages() error {
	var data, table strings.Builder
	for _, w := range workloads {
		for _, v := range variants {
			img, err := b.buildImage(w, v)
			if err != nil {
				return fmt.Errorf("%s (%s): %w", w.name, v.name, err)
			}
			encoded, err := img.Encode()
			if err != nil {
				return fmt.Errorf("%s (%s): %w", w.name, v.name, err)
			}
			symbol := w.name + "_" + strings.ReplaceAll(v.name, "-", "_")
			fmt.Fprintf(&data, "static const uint8_t %s[] __attribute__((aligned(8))) = {%s};\n", symbol, commaBytes(encoded))
			grants := 0
			if w.grants {
				grants = 1
			}
			fmt.Fprintf(&table, "    { \"%s\", \"%s\", %s, sizeof(%s), %d },\n", w.name, v.name, symbol, symbol, grants)
		}
	}
	text := fmt.Sprintf(`/* Written by tests/bench. */
#include <stdint.h>
#define IMAGES_STORE_LOCAL %d
#define IMAGES_FETCH_LOCAL %d
typedef struct {
    const char *workload, *bytecode;
    const uint8_t *bytes;
    uint32_t len;
    int grants;
} image_t;
%sstatic const image_t images[] = {
%s};
`, storeLocal, fetchLocal, data.String(), table.String())
	return os.WriteFile(filepath.Join(b.dir, "images.h"), []byte(text), 0o644)
}

func (b *bench) buildImage(w workload, v variant) (*image.Image, error) {
	src, obj := filepath.Join("workloads", w.name+".c"), filepath.Join(b.dir, w.name+"-"+v.cpu+".o")
	args := append(append([]string{}, bytecodeFlags...), "-mcpu="+v.cpu, "-c", src, "-o", obj)
	if out, err := b.command(b.clang, args...).CombinedOutput(); err != nil || len(out) > 0 {
		return nil, fmt.Errorf("%s: %w\n%s", b.clang, orFailed(err), out)
	}
	data, err := os.ReadFile(obj)
	if err != nil {
		return nil, err
	}
	out, err := link.Object(data, link.Options{Resolve: resolve, Entries: []string{w.name}})
	if err != nil {
		return nil, err
	}
	if !v.optimised {
		return out.Image, nil
	}
	img, _, err := opt.Image(out.Image)
	return img, err
}

// resolve knows the system calls that firmware/container.c answers.
func resolve(name string) (uint16, bool) {
	switch name {
	case "store_local":
		return storeLocal, true
	case "fetch_local":
		return fetchLocal, true
	}
	return 0, false
}

func commaBytes(data []byte) string {
	var s strings.Builder
	for _, c := range data {
		fmt.Fprintf(&s, "%d,", c)
	}
	return s.String()
}
