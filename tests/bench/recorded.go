// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT

package main

import (
	"bytes"
	_ "embed"
	"encoding/csv"
	"fmt"
	"strconv"
)

//go:embed recorded/speed.csv
var recordedSpeed []byte

//go:embed recorded/cycles.csv
var recordedCycles []byte

//go:embed recorded/size.csv
var recordedSize []byte

// A peer is another engine's recorded figures on one target.
type peer struct {
	target, engine, bytecode, opt, source string
	runs                                  map[string]float64 // by workload; the geometric mean's are all there
	load                                  float64            // 0: not recorded
}

// A peerSize is another engine's recorded code size, by target.
type peerSize struct {
	engine string
	bytes  map[string]int
}

// The engine that ratios refer to.
const reference = "Femto-Container"

func readCSV(data []byte) ([]map[string]string, error) {
	r := csv.NewReader(bytes.NewReader(data))
	r.Comment = '#'
	records, err := r.ReadAll()
	if err != nil {
		return nil, err
	}
	var rows []map[string]string
	for _, record := range records[1:] {
		row := map[string]string{}
		for i, name := range records[0] {
			row[name] = record[i]
		}
		rows = append(rows, row)
	}
	return rows, nil
}

func parsePeers(data []byte) ([]peer, error) {
	rows, err := readCSV(data)
	if err != nil {
		return nil, err
	}
	var peers []peer
	for _, row := range rows {
		p := peer{target: row["target"], engine: row["engine"], bytecode: row["bytecode"], opt: row["opt"],
			source: row["source"], runs: map[string]float64{}}
		for _, w := range workloads {
			v, err := strconv.ParseFloat(row[w.name], 64)
			if err == nil {
				p.runs[w.name] = v
			} else if w.peers || row[w.name] != "-" {
				return nil, fmt.Errorf("recorded figure of %s on %s: %w", p.engine, w.name, err)
			}
		}
		p.load, _ = strconv.ParseFloat(row["load_fletcher32"], 64)
		peers = append(peers, p)
	}
	return peers, nil
}

func parsePeerSizes(data []byte) ([]peerSize, error) {
	rows, err := readCSV(data)
	if err != nil {
		return nil, err
	}
	var sizes []peerSize
	for _, row := range rows {
		s := peerSize{engine: row["engine"], bytes: map[string]int{}}
		for _, t := range targets {
			if n, err := strconv.Atoi(row[t.name]); err == nil {
				s.bytes[t.name] = n
			}
		}
		sizes = append(sizes, s)
	}
	return sizes, nil
}

// The recorded figures are read once; their files are part of the program, so an
// error in them is one of the program.
var (
	peers      = must(parsePeers(recordedSpeed))
	peerCycles = must(parsePeers(recordedCycles))
	peerSizes  = must(parsePeerSizes(recordedSize))
)

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

func findPeer(target, engine, opt string) (peer, bool) {
	for _, p := range peers {
		if p.target == target && p.engine == engine && p.opt == opt {
			return p, true
		}
	}
	return peer{}, false
}

// cell is the figure for a workload as a table shows it.
func (p peer) cell(workload string) string {
	if v, ok := p.runs[workload]; ok {
		return strconv.FormatFloat(v, 'f', 0, 64)
	}
	return "-"
}

// six gives the peer's figures for the workloads of the geometric mean.
func (p peer) six() []float64 {
	var out []float64
	for _, w := range meanWorkloads() {
		out = append(out, p.runs[w])
	}
	return out
}
