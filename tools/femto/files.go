// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT

package main

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/femtocontainer/femtocontainer/femto/diag"
)

// stdio is the name of standard input and output.
const stdio = "-"

// maxInput bounds what is read into memory: an image has three sections of at
// most 16 MiB, and an object with debug information is not much more.
const maxInput = 64 << 20

// read reads a whole input. It comes back early when ctx ends, because a
// terminal or a pipe may never deliver.
func (u *ui) read(ctx context.Context, name string) ([]byte, error) {
	type answer struct {
		b   []byte
		err error
	}
	ready := make(chan answer, 1)
	go func() {
		b, err := u.readAll(name)
		ready <- answer{b, err}
	}()
	select {
	case a := <-ready:
		return a.b, a.err
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func (u *ui) readAll(name string) ([]byte, error) {
	in := u.in
	if name != stdio {
		f, err := os.Open(name)
		if err != nil {
			return nil, err
		}
		defer f.Close()
		if st, err := f.Stat(); err == nil && st.IsDir() {
			return nil, fmt.Errorf("%s is a directory", name)
		}
		in = f
	}
	b, err := io.ReadAll(io.LimitReader(in, maxInput+1))
	if err != nil {
		return nil, err
	}
	if len(b) > maxInput {
		return nil, fmt.Errorf("%s is larger than %d MiB, which no input of femto is", title(name), maxInput>>20)
	}
	return b, nil
}

// title is what messages call a file.
func title(name string) string {
	if name == stdio {
		return "standard input"
	}
	return name
}

// locate names the file in an error that names none.
func locate(err error, name string) error {
	var d *diag.Error
	if errors.As(err, &d) && d.File == "" {
		d.File = title(name)
	}
	return err
}

// write makes a file with contents b, or replaces it, as a whole: the bytes go
// to a new file beside it, which then takes its name. Standard output, and
// what is not a regular file (/dev/null, a pipe), is written to as it is.
func (u *ui) write(name string, b []byte) error {
	if name == stdio {
		if u.outTerminal {
			return usagef("an image is no use on a terminal; redirect standard output or give -o a file")
		}
		_, err := u.out.Write(b)
		return err
	}
	t, err := findTarget(name)
	if err != nil {
		return err
	}
	if t.special {
		return os.WriteFile(t.path, b, 0)
	}
	return u.replace(t.path, b, t.mode)
}

// A target is where an output file goes.
type target struct {
	path    string
	mode    fs.FileMode
	special bool // it exists and is not a regular file
}

func findTarget(name string) (target, error) {
	t := target{path: name, mode: 0o666}
	// A symbolic link stays; what it points to is replaced.
	if real, err := filepath.EvalSymlinks(name); err == nil {
		t.path = real
	}
	st, err := os.Stat(t.path)
	switch {
	case err != nil: // most likely it does not exist; creating it will tell
	case st.IsDir():
		return t, fmt.Errorf("%s is a directory", name)
	case !st.Mode().IsRegular():
		t.special = true
	default:
		t.mode = st.Mode().Perm()
	}
	return t, nil
}

// distinct refuses an output file that is also an input.
func distinct(output string, inputs ...string) error {
	out, err := os.Stat(output)
	if err != nil || !out.Mode().IsRegular() {
		return nil
	}
	for _, name := range inputs {
		if in, err := os.Stat(name); err == nil && os.SameFile(in, out) {
			return usagef("the output file %s is also an input", output)
		}
	}
	return nil
}

func (u *ui) replace(name string, b []byte, mode fs.FileMode) (err error) {
	var unique [6]byte
	rand.Read(unique[:])
	temp := filepath.Join(filepath.Dir(name), ".femto-"+hex.EncodeToString(unique[:]))
	f, err := os.OpenFile(temp, os.O_WRONLY|os.O_CREATE|os.O_EXCL, mode)
	if err != nil {
		// The name that the user knows says more than ours.
		var p *fs.PathError
		if errors.As(err, &p) {
			err = &fs.PathError{Op: "create", Path: name, Err: p.Err}
		}
		return err
	}
	u.temp.Store(&temp)
	defer func() {
		u.temp.Store(nil)
		if err != nil {
			os.Remove(temp)
		}
	}()
	_, err = f.Write(b)
	if closeErr := f.Close(); err == nil {
		err = closeErr
	}
	if err != nil {
		return err
	}
	return os.Rename(temp, name)
}
