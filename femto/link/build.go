// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT

package link

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/femtocontainer/femtocontainer/femto/diag"
)

// BuildOptions are what Build is told. The zero value is usable.
type BuildOptions struct {
	Options // for the linker

	// Clang is the compiler; "" looks for clang, clang-30, ... clang-14 and
	// takes the first that can make BPF.
	Clang string

	// CPU is the instruction set, v1 to v4; "" takes v4 where clang has it
	// (from 18 on), else v3.
	CPU string

	// Header is the text of <femto.h>; "" leaves it to Include.
	Header string

	Include []string // directories (-I)
	Define  []string // macros (-D)
	Flags   []string // more arguments for clang, after all others

	// DepFile, when set, gets make rules by which DepTarget depends on the
	// sources and their headers. It is written only when the build succeeds.
	DepFile, DepTarget string
}

// baseFlags are in every compilation. Each is there for a reason:
// -fno-builtin keeps loops from becoming calls of memset and memcpy, which do
// not exist; -fstack-size-section makes the notes that the frame size comes
// from; -g makes BTF; -fdata-sections lets the linker leave out variables that
// nothing refers to; -fno-jump-tables avoids indirect jumps; a fixed compilation
// directory keeps this machine's paths out of the source map; and a crash of the
// compiler, which is how old versions refuse things, is not to fill /tmp.
var baseFlags = []string{
	"--target=bpfel", "-O2", "-g", "-Wall", "-Werror=implicit-function-declaration",
	"-ffreestanding", "-fno-builtin", "-fstack-size-section", "-fdata-sections", "-fno-jump-tables", "-fno-stack-protector",
	"-fdebug-compilation-dir=.", "-Qunused-arguments",
	"-fno-color-diagnostics", "-fno-caret-diagnostics", "-fno-crash-diagnostics",
}

// Build compiles C (or assembly) sources with clang and links them; sources whose
// names end in .o are objects already. Errors are *diag.Error, or several
// joined.
func Build(ctx context.Context, sources []string, opts BuildOptions) (*Output, error) {
	if err := opts.Options.check(); err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "femto-build-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	c := compiler{opts: opts, dir: dir}
	if opts.Header != "" {
		if err := os.WriteFile(filepath.Join(dir, "femto.h"), []byte(opts.Header), 0o600); err != nil {
			return nil, err
		}
	}
	var inputs []Input
	var deps bytes.Buffer
	for i, source := range sources {
		object := source
		if filepath.Ext(source) != ".o" {
			object = filepath.Join(dir, fmt.Sprintf("%d.o", i))
			if err := c.compile(ctx, source, object, &deps); err != nil {
				return nil, err
			}
		} else {
			deps.WriteString(c.rule(source))
		}
		elf, err := readFile(object)
		if err != nil {
			return nil, err
		}
		inputs = append(inputs, Input{Name: source, ELF: elf})
	}
	out, err := Objects(inputs, opts.Options)
	if err != nil {
		return nil, err
	}
	out.Warnings = append(c.warnings, out.Warnings...)
	if opts.DepFile != "" {
		if err := os.WriteFile(opts.DepFile, deps.Bytes(), 0o666); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// readFile stops at the size that readObject refuses.
func readFile(name string) ([]byte, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, maxObject+1))
}

// A compiler is clang, found when it is first needed.
type compiler struct {
	opts     BuildOptions
	dir      string // for temporary files, and <femto.h>
	clang    string
	cpu      string
	warnings []*diag.Error
}

func (c *compiler) compile(ctx context.Context, source, object string, deps *bytes.Buffer) error {
	if _, err := os.Stat(source); err != nil {
		return err
	}
	if c.clang == "" {
		var err error
		if c.clang, c.cpu, err = FindClang(ctx, c.opts.Clang, c.opts.CPU); err != nil {
			return err
		}
	}
	depFile := object + ".d"
	args := append([]string{}, baseFlags...)
	args = append(args, "-mcpu="+c.cpu, "-c", source, "-o", object,
		// <femto.h> is a system header, so that -MMD leaves it out of the
		// dependencies: it is gone when make looks for it.
		"-isystem", c.dir, "-fdebug-prefix-map="+c.dir+"=femto")
	if c.opts.DepFile != "" {
		args = append(args, "-MMD", "-MP", "-MF", depFile, "-MQ", c.opts.DepTarget)
	}
	for _, d := range c.opts.Include {
		args = append(args, "-I"+d)
	}
	for _, d := range c.opts.Define {
		args = append(args, "-D"+d)
	}
	args = append(args, c.opts.Flags...)

	stderr, err := run(ctx, c.clang, nil, args...)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	errs, warnings := parseClang(strings.ReplaceAll(stderr, c.dir+string(filepath.Separator), ""), source)
	c.warnings = append(c.warnings, warnings...)
	if err != nil {
		return errors.Join(errs...)
	}
	if c.opts.DepFile != "" {
		b, err := os.ReadFile(depFile)
		switch {
		case errors.Is(err, os.ErrNotExist): // .s has none
			deps.WriteString(c.rule(source))
		case err != nil:
			return err
		}
		deps.Write(b)
	}
	return nil
}

// rule is the make rule of a source that includes nothing.
func (c *compiler) rule(source string) string {
	quote := strings.NewReplacer(" ", `\ `, "#", `\#`, "$", "$$")
	return fmt.Sprintf("%s: %s\n", quote.Replace(c.opts.DepTarget), quote.Replace(source))
}

// run gives what the command said on standard error.
func run(ctx context.Context, name string, stdin io.Reader, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, name, args...)
	var stderr bytes.Buffer
	cmd.Stdin, cmd.Stderr = stdin, &stderr
	// Messages are read by parseClang, so they must not be translated.
	cmd.Env = append(os.Environ(), "LC_ALL=C")
	err := cmd.Run()
	return stderr.String(), err
}

// FindClang finds a compiler that can make BPF, and the newest instruction set
// that it has; a name or an instruction set that is given is taken, or refused.
func FindClang(ctx context.Context, clang, cpu string) (path, isa string, err error) {
	names := []string{clang}
	if clang == "" {
		names = []string{"clang"}
		for v := 30; v >= 14; v-- {
			names = append(names, fmt.Sprintf("clang-%d", v))
		}
	}
	cpus := []string{cpu}
	if cpu == "" {
		cpus = []string{"v4", "v3"}
	}
	why := ""
	for _, name := range names {
		path, err := exec.LookPath(name)
		if err != nil {
			continue
		}
		if clang != "" && cpu != "" {
			return path, cpu, nil // the compilation itself will tell
		}
		for _, cpu := range cpus {
			args := append(append([]string{}, baseFlags...), "-mcpu="+cpu, "-c", "-x", "c", "-o", os.DevNull, "-")
			stderr, err := run(ctx, path, strings.NewReader("int probe;\n"), args...)
			if err == nil {
				return path, cpu, nil
			}
			if ctx.Err() != nil {
				return "", "", ctx.Err()
			}
			if line, _, _ := strings.Cut(strings.TrimSpace(stderr), "\n"); why == "" {
				why = fmt.Sprintf("; %s: %s", name, line)
			}
		}
	}
	what := "no clang was found that can compile for BPF"
	switch {
	case clang != "":
		what = fmt.Sprintf("%s is not a clang that can compile for BPF", clang)
	case cpu != "":
		what += " " + cpu
	}
	return "", "", diag.New(diag.NoCompiler, "%s%s", what, why).WithHint("apt-get install clang (Debian 12 has clang 14, and clang-16; -mcpu=v4 needs clang 18 or newer)")
}
