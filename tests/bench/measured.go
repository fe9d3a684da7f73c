// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT

package main

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// Tests of tests/riot that measure. They run here with -figures, so that there is one
// way to build firmware and to run it.
const (
	costTest    = "TestCost"        // instructions of a Cortex-M4, but bytes of a container
	recheckTest = "TestRecheck"     // instructions of a Cortex-M4
	installTest = "TestInstallTime" // microseconds
)

// A riotRow is one figure of such a test.
type riotRow struct {
	Test  string `json:"test"`
	What  string `json:"what"`
	Value int    `json:"value"`
}

// measureRIOT runs the tests that belong to the target.
func (b *bench) measureRIOT(o options) error {
	var tests []string
	if o.engine == "" && o.wantTarget("cortex-m4") {
		tests = append(tests, costTest, recheckTest)
	}
	if o.engine == "" && o.wantTarget(host.name) {
		tests = append(tests, installTest)
	}
	if missing := missingTools("go"); missing != nil && tests != nil {
		b.skip(strings.Join(tests, ", "), missing, "golang")
		return nil
	}
	for _, test := range tests {
		b.progress.step("RIOT: %s", test)
		if err := b.measureBy(test); err != nil {
			return err
		}
	}
	return nil
}

func (b *bench) measureBy(test string) error {
	name := filepath.Join(b.dir, test+".json")
	out, err := b.command("go", "test", "-count", "1", "-timeout", "15m", "../riot", "-v", "-riot", "-run", "^"+test+"$",
		"-figures", name, "-installs", "15").CombinedOutput()
	if err != nil {
		return fmt.Errorf("tests/riot: %s: %w\n%s", test, err, out)
	}
	for _, line := range strings.Split(string(out), "\n") {
		if strings.HasPrefix(line, "SKIP") {
			b.skipLine(line)
		}
	}
	f, err := os.Open(name)
	if os.IsNotExist(err) {
		return nil // skipped
	}
	if err != nil {
		return err
	}
	defer f.Close()
	for rows := json.NewDecoder(f); rows.More(); {
		var row riotRow
		if err := rows.Decode(&row); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		b.report.RIOT = append(b.report.RIOT, row)
	}
	return nil
}

func (r *report) riot(test, what string) float64 {
	for _, row := range r.RIOT {
		if row.Test == test && row.What == what {
			return float64(row.Value)
		}
	}
	return notMeasured
}

func (r *report) installGoal() goal {
	return atMost("deployment: 1 KiB installed on native64, ideal link, ms from trigger to activation", 300, r.riot(installTest, "all")/1000, "%.0f")
}

// What TestRecheck counts, dearest first.
var recheckParts = []struct{ what, title string }{
	{"signature", "Ed25519 (HACL*)"},
	{"hashes", "SHA-256: the record's digest, the signed digest, key ids"},
	{"store", "record read (littlefs, chip in RAM)"},
	{"verifier", "verifier: at the check, and when it is attached"},
	{"rest", "everything else: image, contract, slot, attaching"},
	{"console", "what is printed"},
	{"all", "all"},
}

func (b *bench) recheckSection() *section {
	s := &section{id: "recheck", title: "Re-check of a slot at boot: Cortex-M4, instructions", head: []string{"what"}}
	var sizes []string
	for _, row := range b.report.RIOT {
		if size, ok := strings.CutSuffix(row.What, " bytes, all"); ok && row.Test == recheckTest {
			sizes = append(sizes, size)
			s.head = append(s.head, "image of "+size+" bytes")
		}
	}
	if len(sizes) == 0 {
		return s
	}
	for _, part := range recheckParts {
		cells := []string{part.title}
		for _, size := range sizes {
			cell := "-"
			if n := b.report.riot(recheckTest, size+" bytes, "+part.what); !math.IsNaN(n) {
				cell = strconv.FormatFloat(n, 'f', 0, 64)
			}
			cells = append(cells, cell)
		}
		s.add(cells...)
	}
	s.notes = []string{"what an installed container adds to femto_suit_boot(), of which all is what ships, under QEMU; nearly all of the image is text"}
	return s
}

func (b *bench) installSection() *section {
	s := &section{id: "install", title: "Install of 1 KiB over an ideal link to native64, ms", head: []string{"what", "ms"}}
	for _, row := range b.report.RIOT {
		if row.Test == installTest {
			s.add(row.What, strconv.FormatFloat(float64(row.Value)/1000, 'f', 1, 64))
		}
	}
	if len(s.rows) > 0 {
		s.notes = []string{"medians of 15 replacements on a shared machine; the session is there already; the application has a reading each 100 ms"}
	}
	return s
}
