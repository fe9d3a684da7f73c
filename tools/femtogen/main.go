// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT

// Femtogen writes the generated files of the RIOT package and of docs/. It is run by go
// generate and takes no arguments; -n only says which files would change and
// exits with status 1 when any would.
package main

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"

	"github.com/femtocontainer/femtocontainer/femto/cgen"
	"github.com/femtocontainer/femtocontainer/femto/sysapi"
)

func main() {
	dry := flag.Bool("n", false, "change nothing, and fail if anything would change")
	out := flag.String("o", "", "folder to write to (default the module)")
	flag.Parse()
	changed, err := run(*dry, *out)
	if err != nil {
		fmt.Fprintln(os.Stderr, "femtogen:", err)
		os.Exit(1)
	}
	if *dry && changed {
		os.Exit(1)
	}
}

func run(dry bool, out string) (changed bool, err error) {
	if out == "" {
		var err error
		if out, err = moduleRoot(); err != nil {
			return false, err
		}
	}
	core, err := cgen.Files()
	if err != nil {
		return false, err
	}
	files := sysapi.Files()
	for name, text := range core {
		files["riotpkg/femtocontainer/"+name] = text
	}
	for _, name := range slices.Sorted(maps.Keys(files)) {
		file := filepath.Join(out, filepath.FromSlash(name))
		old, err := os.ReadFile(file)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return false, err
		}
		if bytes.Equal(old, files[name]) {
			continue
		}
		changed = true
		fmt.Println(name)
		if dry {
			continue
		}
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			return false, err
		}
		if err := os.WriteFile(file, files[name], 0o644); err != nil {
			return false, err
		}
	}
	return changed, nil
}

// moduleRoot is the nearest folder upwards that holds go.mod.
func moduleRoot() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir, nil
		}
		if parent := filepath.Dir(dir); parent != dir {
			dir = parent
			continue
		}
		return "", errors.New("not inside the module")
	}
}
