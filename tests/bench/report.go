// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT

package main

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
)

// A report is everything one run measured; --save writes it, --compare reads it.
type report struct {
	Tools      map[string]string `json:"tools"` // what compiled and ran, by name
	Rows       []row             `json:"rows"`
	Sizes      []sizeRow         `json:"sizes"`
	Stacks     []stackRow        `json:"stacks"`
	Deployment []deploymentRow   `json:"deployment,omitempty"`
	RAM        []ramRow          `json:"ram,omitempty"` // of the runtime
	RIOT       []riotRow         `json:"riot,omitempty"`
	Skipped    []string          `json:"skipped,omitempty"`
}

// A row is one workload on one target in one engine.
type row struct {
	Target   string    `json:"target"`
	Engine   string    `json:"engine"`   // native, small, fast
	Opt      string    `json:"opt"`      // Os, O2
	Bytecode string    `json:"bytecode"` // v2, v3, v2-opt, v3-opt; "-" for native
	Workload string    `json:"workload"`
	Load     uint64    `json:"load,omitempty"`   // femto_attach: open, verify, lay out
	Verify   uint64    `json:"verify,omitempty"` // femto_image_verify alone
	Run      uint64    `json:"run"`              // instructions; picoseconds on the host
	Cycles   *estimate `json:"cycles,omitempty"`
	Fuel     uint64    `json:"fuel,omitempty"`  // BPF slots executed
	Stack    uint64    `json:"stack,omitempty"` // bytes of C stack below the activation
}

// A key names what a row measured.
type key struct{ Target, Engine, Opt, Bytecode, Workload string }

func (r row) key() key { return key{r.Target, r.Engine, r.Opt, r.Bytecode, r.Workload} }

// A sizeRow is the code and the RAM of one engine on one target.
type sizeRow struct {
	Target   string         `json:"target"`
	Engine   string         `json:"engine"`
	Text     int            `json:"text"` // text + rodata, bytes
	Objects  map[string]int `json:"objects"`
	Static   int            `json:"static"`   // data + bss, bytes
	Instance int            `json:"instance"` // sizeof(femto_instance_t)
	VM       int            `json:"vm"`       // sizeof(femto_vm_t)
}

// A stackRow is the C stack of a run: static, by -fstack-usage along the
// deepest path, femto_vm_t not included.
type stackRow struct {
	Target  string   `json:"target"`
	Engine  string   `json:"engine"`
	Frames  int      `json:"frames"`
	Path    []string `json:"path"`
	Outside []string `json:"outside,omitempty"` // library functions on the way, whose frames the compiler does not know
}

// find gives the row of k.
func (r *report) find(k key) (row, bool) {
	for _, row := range r.Rows {
		if row.key() == k {
			return row, true
		}
	}
	return row{}, false
}

// runs gives the run figures of an engine for workloads, or false when one is missing.
func (r *report) runs(k key, workloads []string) ([]float64, bool) {
	var out []float64
	for _, w := range workloads {
		k.Workload = w
		row, ok := r.find(k)
		if !ok {
			return nil, false
		}
		out = append(out, float64(row.Run))
	}
	return out, true
}

func (r *report) size(target, engine string) (sizeRow, bool) {
	for _, s := range r.Sizes {
		if s.Target == target && s.Engine == engine {
			return s, true
		}
	}
	return sizeRow{}, false
}

func (r *report) save(name string) error {
	data, err := json.MarshalIndent(r, "", "\t")
	if err != nil {
		return err
	}
	return os.WriteFile(name, append(data, '\n'), 0o644)
}

func loadReport(name string) (*report, error) {
	data, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	var r report
	if err := json.Unmarshal(data, &r); err != nil {
		return nil, fmt.Errorf("%s: not a report of --save: %w", name, err)
	}
	return &r, nil
}

// geomean is the geometric mean of positive numbers, NaN of none.
func geomean(values []float64) float64 {
	sum := 0.0
	for _, v := range values {
		sum += math.Log(v)
	}
	return math.Exp(sum / float64(len(values)))
}

// speedup is the geometric mean of base/ours: how many times as fast ours is.
func speedup(base, ours []float64) float64 {
	ratios := make([]float64, len(ours))
	for i := range ours {
		ratios[i] = base[i] / ours[i]
	}
	return geomean(ratios)
}
