// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT

package sanitizer

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
)

// Flags of a Case.
const (
	SameBuffer = 1 << iota // use the buffer, RAM and instance of the case before
	ReadOnly               // the context
	GrantTwice
	ReadOnly5  // grant 5
	AllEntries // describe every entry point, too
	ReadOnly6  // grant 6
)

// A Case is one image and one activation of it.
type Case struct {
	Flags          uint32
	Image, Context []byte
	Grant5, Grant6 []byte
	Fuel, Slice    uint32 // for the first resume, and for each further one
	Rounds         uint32 // resumes at most; 0 is 1
}

// Encode is the case as the driver reads it.
func (c Case) Encode() []byte {
	var b []byte
	for _, w := range []uint32{c.Flags, uint32(len(c.Image)), uint32(len(c.Context)), uint32(len(c.Grant5)), uint32(len(c.Grant6)),
		c.Fuel, c.Slice, max(c.Rounds, 1)} {
		b = binary.LittleEndian.AppendUint32(b, w)
	}
	return bytes.Join([][]byte{b, c.Image, c.Context, c.Grant5, c.Grant6}, nil)
}

// Decode is the inverse of Encode, for any number of cases.
func Decode(b []byte) (out []Case, err error) {
	for len(b) > 0 {
		if len(b) < 32 {
			return nil, fmt.Errorf("case %d: %d bytes are less than the 32 of its head", len(out), len(b))
		}
		head := b[:32]
		w := func(i int) uint32 { return binary.LittleEndian.Uint32(head[4*i:]) }
		c := Case{Flags: w(0), Fuel: w(5), Slice: w(6), Rounds: w(7)}
		b = b[32:]
		for i, part := range []*[]byte{&c.Image, &c.Context, &c.Grant5, &c.Grant6} {
			n := w(1 + i)
			if uint64(n) > uint64(len(b)) {
				return nil, fmt.Errorf("case %d: part %d has %d bytes, but %d are left", len(out), i, n, len(b))
			}
			*part, b = b[:n:n], b[n:]
		}
		out = append(out, c)
	}
	return out, nil
}

// A Build is one engine of the core, compiled by one compiler.
type Build struct{ Name, exe string }

// variants are what is built: both engines in their portable forms, the small
// one also as a big-endian CPU compiles it, byte by byte, and both with the
// 32-bit pointers of the CPUs that they are for.
var variants = []struct{ name, compilers, flags string }{
	{"small", "gcc clang", "-DFEMTO_ENGINE_SMALL"},
	{"fast", "gcc clang", "-DFEMTO_ENGINE_FAST -DFEMTO_FAST_LOOP"},
	{"small, 32 bits", "gcc", "-DFEMTO_ENGINE_SMALL -m32"},
	{"fast, 32 bits", "gcc", "-DFEMTO_ENGINE_FAST -DFEMTO_FAST_LOOP -m32"},
}

// Builds compiles the driver in every variant, once, into a directory that
// Remove deletes. Compilers that are not installed are left out with a line on
// standard output.
var Builds = sync.OnceValues(func() (out []Build, err error) {
	_, self, _, _ := runtime.Caller(0)
	here := filepath.Dir(self)
	core := filepath.Join(here, "..", "..", "riotpkg", "femtocontainer", "core")
	if directory, err = os.MkdirTemp("", "sanitizer"); err != nil {
		return nil, err
	}
	sources, err := filepath.Glob(filepath.Join(core, "*.c"))
	if err != nil {
		return nil, err
	}
	sources = slices.DeleteFunc(sources, func(f string) bool {
		return filepath.Base(f) == "femto_sys.c" // the driver has system calls of its own
	})
	for _, v := range variants {
		for _, name := range strings.Fields(v.compilers) {
			cc := find(name)
			flags := append([]string{"-std=c11", "-g", "-O1", "-fsanitize=address,undefined", "-fno-sanitize-recover=all",
				"-fno-omit-frame-pointer", "-Wall", "-Wextra", "-Werror"}, strings.Fields(v.flags)...)
			if cc == "" || !works(cc, flags) {
				fmt.Printf("SKIP: %s under sanitizers: no %s that can do it\n", v.name, name)
				continue
			}
			b := Build{Name: v.name + " with sanitizers of " + name, exe: filepath.Join(directory, fmt.Sprint(len(out)))}
			args := append(flags, "-I"+core, "-o", b.exe, filepath.Join(here, "driver", "driver.c"))
			args = append(args, sources...)
			if msg, err := compile(cc, args...).CombinedOutput(); err != nil {
				return nil, fmt.Errorf("%s: %w: %s", b.Name, err, msg)
			}
			out = append(out, b)
		}
	}
	if len(out) == 0 {
		return nil, errors.New("neither gcc nor clang can build with sanitizers")
	}
	return out, nil
})

// find is the path of a compiler, or "". Debian has clang under numbers.
func find(name string) string {
	for _, suffix := range []string{"", "-19", "-16", "-14"} {
		if path, err := exec.LookPath(name + suffix); err == nil {
			return path
		}
	}
	return ""
}

// compile runs a compiler. Debian's gcc-12-multilib, unlike gcc-multilib, can
// live beside compilers for Linux on Arm, but leaves <asm/...> where gcc -m32
// does not look.
func compile(cc string, args ...string) *exec.Cmd {
	cmd := exec.Command(cc, args...)
	cmd.Env = append(os.Environ(), "C_INCLUDE_PATH=/usr/include/"+runtimeTriple())
	return cmd
}

func runtimeTriple() string {
	if runtime.GOARCH == "arm64" {
		return "aarch64-linux-gnu"
	}
	return "x86_64-linux-gnu"
}

// works reports whether a compiler with these flags makes programs that run.
func works(cc string, flags []string) bool {
	exe := filepath.Join(directory, "probe")
	cmd := compile(cc, append(flags, "-x", "c", "-o", exe, "-")...)
	cmd.Stdin = strings.NewReader("#include <stdio.h>\nint main(void) { return puts(\"\") < 0; }\n")
	return cmd.Run() == nil && exec.Command(exe).Run() == nil
}

var directory string

// Remove deletes what Builds made.
func Remove() {
	if directory != "" {
		os.RemoveAll(directory)
	}
}

// Run gives the cases to the driver and returns one line for each. The error
// is a sanitizer's report.
func (b Build) Run(cases []Case) ([]string, error) {
	var in, out, report bytes.Buffer
	for _, c := range cases {
		in.Write(c.Encode())
	}
	cmd := exec.Command(b.exe)
	cmd.Env = append(os.Environ(), "UBSAN_OPTIONS=print_stacktrace=1")
	cmd.Stdin, cmd.Stdout, cmd.Stderr = &in, &out, &report
	err := cmd.Run()
	lines := strings.Split(out.String(), "\n")
	lines = lines[:len(lines)-1]
	if err != nil || report.Len() > 0 {
		return nil, fmt.Errorf("%s: case %d: %v\n%s", b.Name, len(lines), err, report.String())
	}
	if len(lines) != len(cases) {
		return nil, fmt.Errorf("%s: %d lines for %d cases", b.Name, len(lines), len(cases))
	}
	return lines, nil
}
