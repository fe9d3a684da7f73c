// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT

package main

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"
)

func embedCmd(u *ui) *cobra.Command {
	var name string
	cmd := &cobra.Command{
		Use:   "embed IN.fc -o DIR",
		Short: "turn an image into C source for a firmware",
		Long: `Embed verifies an image and writes it to DIR as C source: NAME.fc.c with the
bytes, aligned to 8, and NAME.fc.h with

    extern const uint8_t blink_fc[120];
    #define BLINK_IMAGE blink_fc
    #define BLINK_IMAGE_LEN 120u
    #define BLINK_RAM 64u          bytes of RAM that an instance needs
    #define BLINK_ENTRY_tick 0u    slot of the entry point tick

if NAME is blink. It is the file's name unless --name says otherwise.
Characters that C does not allow in identifiers become _.`,
		Example:           `  femto embed blink.fc -o build`,
		GroupID:           groupMake,
		Args:              one("image"),
		ValidArgsFunction: files("fc"),
	}
	out := outputFileFlag(cmd, "`DIR` that gets NAME.fc.c and NAME.fc.h")
	cmd.Flags().StringVar(&name, "name", "", "`NAME` in C (default: the file's, without .fc)")
	cmd.RunE = action(func(ctx context.Context, args []string) error {
		dir, err := out.dir()
		if err != nil {
			return err
		}
		if name == "" {
			if args[0] == stdio {
				return usagef("an image from standard input needs a --name")
			}
			name = strings.TrimSuffix(filepath.Base(args[0]), ".fc")
		}
		if strings.ContainsAny(name, "/\x00\n\"\\") || strings.Trim(name, ".") == "" {
			return usagef("%q is no name for C source; give one with --name", name)
		}
		p, err := u.readProgram(ctx, args[0])
		if err != nil {
			return err
		}
		if err := p.offences(); err != nil {
			return err
		}
		e, err := newEmbedding(name, p)
		if err != nil {
			return err
		}
		// The header first: make takes the .c file as the sign of completion.
		for _, f := range []struct{ suffix, text string }{{".fc.h", e.header()}, {".fc.c", e.source()}} {
			if err := u.write(filepath.Join(dir, name+f.suffix), []byte(f.text)); err != nil {
				return err
			}
		}
		if u.json {
			u.object(e.json(dir))
			return nil
		}
		u.note("%s.fc.c and .fc.h are in %s: %d bytes, %d of RAM", name, dir, len(e.bytes), e.ram)
		return nil
	})
	return cmd
}

// An embedding is what the C files say.
type embedding struct {
	name    string // of the files
	ident   string // of the array, without _fc
	bytes   []byte
	ram     uint32
	entries []embeddedEntry
}

type embeddedEntry struct {
	Macro string `json:"macro"`
	Name  string `json:"name"`
	Slot  uint32 `json:"slot"`
}

func newEmbedding(name string, p *program) (*embedding, error) {
	e := &embedding{name: name, ident: identifier(name), bytes: p.bytes, ram: deviceRAM(p.img)}
	taken := map[string]string{}
	for i, entry := range p.img.Entries {
		suffix := identifier(entry.Name)
		if entry.Name == "" {
			suffix = fmt.Sprint(i)
		}
		macro := e.macro("ENTRY_" + strings.TrimPrefix(suffix, "_"))
		if other, ok := taken[macro]; ok {
			return nil, fmt.Errorf("the entry points %q and %q would both be %s in C; rename one", other, entry.Name, macro)
		}
		taken[macro] = entry.Name
		e.entries = append(e.entries, embeddedEntry{macro, entry.Name, entry.Slot})
	}
	return e, nil
}

func (e *embedding) macro(suffix string) string { return strings.ToUpper(e.ident) + "_" + suffix }

func (e *embedding) header() string {
	var b strings.Builder
	fmt.Fprintf(&b, "/* Made by femto embed from the image %s; do not edit. */\n\n", e.name)
	fmt.Fprintf(&b, "#pragma once\n\n#include <stdint.h>\n\n")
	fmt.Fprintf(&b, "#ifdef __cplusplus\nextern \"C\" {\n#endif\n\n")
	fmt.Fprintf(&b, "extern const uint8_t %s_fc[%d];\n\n", e.ident, len(e.bytes))
	fmt.Fprintf(&b, "#define %s %s_fc\n", e.macro("IMAGE"), e.ident)
	fmt.Fprintf(&b, "#define %s %du /* bytes of the image */\n", e.macro("IMAGE_LEN"), len(e.bytes))
	fmt.Fprintf(&b, "#define %s %du /* bytes of RAM that an instance needs */\n\n", e.macro("RAM"), e.ram)
	fmt.Fprintf(&b, "/* Slots of the entry points. */\n")
	for _, entry := range e.entries {
		fmt.Fprintf(&b, "#define %s %du\n", entry.Macro, entry.Slot)
	}
	fmt.Fprintf(&b, "\n#ifdef __cplusplus\n}\n#endif\n")
	return b.String()
}

func (e *embedding) source() string {
	var b strings.Builder
	fmt.Fprintf(&b, "/* Made by femto embed from the image %s; do not edit. */\n\n", e.name)
	fmt.Fprintf(&b, "#include \"%s.fc.h\"\n\n", e.name)
	fmt.Fprintf(&b, "const uint8_t %s_fc[%d] __attribute__((aligned(8))) = {", e.ident, len(e.bytes))
	for i, c := range e.bytes {
		if i%12 == 0 {
			b.WriteString("\n   ")
		}
		fmt.Fprintf(&b, " 0x%02x,", c)
	}
	b.WriteString("\n};\n")
	return b.String()
}

func (e *embedding) json(dir string) any {
	return struct {
		Source  string          `json:"source"`
		Header  string          `json:"header"`
		Array   string          `json:"array"`
		Size    int             `json:"size"`
		RAM     uint32          `json:"ram"`
		Entries []embeddedEntry `json:"entries"`
	}{
		filepath.Join(dir, e.name+".fc.c"), filepath.Join(dir, e.name+".fc.h"),
		e.ident + "_fc", len(e.bytes), e.ram, e.entries,
	}
}

// identifier makes a C identifier of any name.
func identifier(name string) string {
	ident := strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9':
			return r
		}
		return '_'
	}, name)
	if ident == "" || ident[0] >= '0' && ident[0] <= '9' {
		ident = "_" + ident
	}
	return ident
}
