// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT

package prove

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// RecordFile is where the last run of everything is recorded, below the root.
const RecordFile = "femto/prove/proved.json"

// A Record says of what, and when with how many goals, everything was proved
// with nothing remembered.
type Record struct {
	Digest  string   `json:"digest"`
	Units   int      `json:"units"`
	Goals   int      `json:"goals"`
	Lemmas  int      `json:"lemmas"`
	Seconds int      `json:"seconds"`
	Solvers []string `json:"solvers"`
}

// apart are the folders below femto/prove that decide nothing: gate B, and what tests the prover.
var apart = []string{"coq", "mutation", "random", "testdata"}

// Digest is of what the proofs depend on: the core, the tables with what they are
// made of, the prover, and which version of the C front end it is built with.
// Tests are not among them.
func Digest(root string) (string, error) {
	h := sha256.New()
	for _, dir := range []string{coreDir, "femto/bv", "femto/diag", "femto/isa", "femto/sysapi", "femto/prove"} {
		err := filepath.WalkDir(root+"/"+dir+"/", func(path string, e fs.DirEntry, err error) error {
			if err != nil {
				return err
			}
			if e.IsDir() {
				if slices.Contains(apart, e.Name()) {
					return fs.SkipDir
				}
				return nil
			}
			ext := filepath.Ext(path)
			if strings.HasSuffix(path, "_test.go") || ext != ".go" && ext != ".h" && ext != ".c" {
				return nil
			}
			b, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			name, err := filepath.Rel(root, path)
			if err != nil {
				return err
			}
			fmt.Fprintf(h, "%s %d\n", filepath.ToSlash(name), len(b))
			h.Write(b)
			return nil
		})
		if err != nil {
			return "", fmt.Errorf("digest of what the proofs depend on: %w", err)
		}
	}
	sums, err := os.ReadFile(filepath.Join(root, "go.sum"))
	if err != nil {
		return "", fmt.Errorf("digest of what the proofs depend on: %w", err)
	}
	for line := range strings.Lines(string(sums)) {
		if strings.HasPrefix(line, "modernc.org/") {
			h.Write([]byte(line))
		}
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

// Changed reports whether anything that the proofs depend on differs from what
// the record says was proved.
func Changed(root string) (bool, error) {
	b, err := os.ReadFile(filepath.Join(root, RecordFile))
	if errors.Is(err, fs.ErrNotExist) {
		return true, nil
	}
	if err != nil {
		return false, err
	}
	var r Record
	if err := json.Unmarshal(b, &r); err != nil {
		return false, fmt.Errorf("%s: %w", RecordFile, err)
	}
	digest, err := Digest(root)
	return digest != r.Digest, err
}

// Keep writes the record of a run of everything, before which the digest was
// the one given.
func (r *Report) Keep(root, before string) error {
	digest, err := Digest(root)
	if err != nil {
		return err
	}
	rec := Record{Digest: digest, Units: r.Units, Lemmas: r.Lemmas.Goals, Seconds: int(r.Took.Seconds()), Solvers: r.Solvers}
	for _, t := range r.Totals {
		rec.Goals += t.Goals
	}
	switch {
	case !r.Green() || len(r.Missing) > 0:
		return errors.New("a run that is not green is not recorded")
	case r.Cached > 0 || len(r.Families) != len(Families):
		return errors.New("a run of a part is not recorded")
	case digest != before:
		return errors.New("a run during which files changed is not recorded")
	}
	b, err := json.MarshalIndent(&rec, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(root, RecordFile), append(b, '\n'), 0o644)
}
