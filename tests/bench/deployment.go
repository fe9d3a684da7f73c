// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT

package main

import (
	"debug/elf"
	"fmt"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

const (
	deploymentApp   = "tests/riot/deploy"
	deploymentBoard = "nrf52840dk" // a Cortex-M4, and has what every store needs
	deploymentLimit = 6 << 10
)

var deploymentStores = []string{"vfs", "flash"}

// A deploymentRow is the flash of one object of femtocontainer_suit with one
// store, initial values of variables included, as far as the linker keeps it.
type deploymentRow struct {
	Store  string `json:"store"`
	Object string `json:"object"`
	Ours   bool   `json:"ours"` // or of RIOT's module suit, which brings nothing but this
	Flash  int    `json:"flash"`
}

// deploymentEntries are where the rest of a firmware enters these objects.
var deploymentEntries = []string{
	"femto_suit_start",                             // called by the application
	"suit_init_conditions",                         // called by RIOT's auto_init
	"femto_suit_storage",                           // in RIOT's array of storages
	"__wrap_dtls_new_peer", "__wrap_netq_node_new", // in place of tinydtls'
}

// deployments compiles what takes containers from the network, as RIOT does for
// a firmware, and reads the objects. What it uses of libraries (HACL*, libcose,
// NanoCBOR, tinydtls, CoAP, SHA-256, file system) is not among them.
func (b *bench) deployments(o options) error {
	riot, ok := b.wantRIOT("deployment (size)", o)
	if !ok {
		return nil
	}
	for _, store := range deploymentStores {
		b.progress.step("size: deployment, store %s", store)
		dir, err := b.makeRIOT(deploymentApp, "deployment-objects", deploymentBoard, riot, "STORE="+store)
		if err != nil {
			return err
		}
		rows, err := deploymentRows(dir, store)
		if err != nil {
			return err
		}
		b.report.Deployment = append(b.report.Deployment, rows...)
	}
	return nil
}

func deploymentRows(dir, store string) ([]deploymentRow, error) {
	var all []string
	for _, pattern := range []string{"femtocontainer_contrib/suit*.o", "femtocontainer_contrib/operator.o", "femtocontainer_contrib/tinydtls.o", "suit*/*.o"} {
		objects, err := filepath.Glob(filepath.Join(dir, pattern))
		if err != nil {
			return nil, err
		}
		if len(objects) == 0 {
			return nil, fmt.Errorf("deployment: no objects %s", pattern)
		}
		all = append(all, slices.DeleteFunc(objects, func(object string) bool {
			return filepath.Base(object) == "worker.o" // nothing calls it, so it is not linked
		})...)
	}
	entries := deploymentEntries
	if store == "vfs" {
		entries = append(slices.Clone(entries), "femto_suit_format_blank")
	}
	unused, err := unusedSections(dir, all, entries)
	if err != nil {
		return nil, err
	}
	var rows []deploymentRow
	for _, object := range all {
		f, err := elf.Open(object)
		if err != nil {
			return nil, err
		}
		flash := 0
		for _, s := range f.Sections {
			if s.Flags&elf.SHF_ALLOC != 0 && s.Type != elf.SHT_NOBITS && !unused[object+" "+s.Name] {
				flash += int(s.Size)
			}
		}
		f.Close()
		name, _ := filepath.Rel(dir, object)
		rows = append(rows, deploymentRow{store, strings.TrimSuffix(name, ".o"),
			strings.HasPrefix(name, "femtocontainer_contrib/"), flash})
	}
	return rows, nil
}

var removedSection = regexp.MustCompile(`removing unused section '(.+)' in file '(.+)'`)

// unusedSections asks the linker what of objects nothing reaches from the
// entries, as a set of "OBJECT SECTION".
func unusedSections(dir string, objects, entries []string) (map[string]bool, error) {
	args := []string{"-r", "--gc-sections", "--print-gc-sections", "-o", filepath.Join(dir, "linked.o"), "-e", entries[0]}
	for _, entry := range entries {
		args = append(args, "--require-defined="+entry)
	}
	out, err := exec.Command("arm-none-eabi-ld", append(args, objects...)...).CombinedOutput()
	if err != nil {
		return nil, fmt.Errorf("deployment: %w\n%s", err, out)
	}
	unused := map[string]bool{}
	for _, m := range removedSection.FindAllStringSubmatch(string(out), -1) {
		unused[m[2]+" "+m[1]] = true
	}
	return unused, nil
}

// deployment is the flash of a store's objects, ours or RIOT's.
func (r *report) deployment(store string, ours bool) float64 {
	sum := 0
	for _, row := range r.Deployment {
		if row.Store == store && row.Ours == ours {
			sum += row.Flash
		}
	}
	if sum == 0 {
		return notMeasured
	}
	return float64(sum)
}

func (r *report) deploymentGoal(store string) goal {
	g := atMost("deployment, store "+store+": flash, Cortex-M4, bytes", deploymentLimit, r.deployment(store, true), "%.0f")
	if riot := r.deployment(store, false); riot > 0 {
		g.measured += fmt.Sprintf(" (and RIOT's suit: %.0f)", riot)
	}
	return g
}

func (b *bench) deploymentSection() *section {
	s := &section{id: "deployment", title: "Deployment: flash on a Cortex-M4 (" + deploymentBoard + "), bytes",
		head: []string{"store", "object", "of", "flash"}}
	rows := slices.Clone(b.report.Deployment)
	for i, row := range rows {
		if i > 0 && rows[i-1].Ours && !row.Ours || i > 0 && rows[i-1].Store != row.Store {
			s.total(b, rows[i-1])
		}
		s.add(row.Store, filepath.Base(row.Object), row.of(), strconv.Itoa(row.Flash))
		if i == len(rows)-1 {
			s.total(b, row)
		}
	}
	s.notes = []string{"text, constants and initial values of variables, by object file, as RIOT compiles and links them; not among them: " +
		"the libraries (HACL*, libcose, NanoCBOR, tinydtls, gcoap, SHA-256, littlefs), and the runtime that attaches what was installed"}
	return s
}

func (s *section) total(b *bench, last deploymentRow) {
	s.add(last.Store, "all", last.of(), fmt.Sprintf("%.0f", b.report.deployment(last.Store, last.Ours)))
}

func (r deploymentRow) of() string {
	if r.Ours {
		return "femtocontainer"
	}
	return "RIOT"
}
