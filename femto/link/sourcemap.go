// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT

package link

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"path"
	"sort"

	"github.com/cilium/ebpf/btf"

	"github.com/femtocontainer/femtocontainer/femto/image"
)

// SourceSuffix is appended to an image's file name for its source map.
const SourceSuffix = ".map"

// A SourceMap says where the instructions of an image came from. It is kept
// beside the image, as JSON, and is never sent to a device.
type SourceMap struct {
	Version   int        `json:"version"` // 1
	Text      string     `json:"text"`    // SHA-256 of the image's text
	Functions []Function `json:"functions"`
	Lines     []Line     `json:"lines"` // by slot; each counts up to the next
}

// A Function is a stretch of the text.
type Function struct {
	Name  string `json:"name"`
	Slot  uint32 `json:"slot"`
	Slots uint32 `json:"slots"`
}

// A Line is the C line that the instructions from Slot on were made from. Number
// 0 ends the previous one: nothing is known from here on.
type Line struct {
	Slot   uint32 `json:"slot"`
	File   string `json:"file,omitempty"`
	Number int    `json:"line,omitempty"`
	Column int    `json:"column,omitempty"`
	Source string `json:"source,omitempty"`
}

// position is a line's place in the sources.
func position(ln *btf.Line) (file string, number int) {
	if ln.FileName() == "" || ln.LineNumber() == 0 {
		return "", 0
	}
	return path.Clean(ln.FileName()), int(ln.LineNumber())
}

// lineAt is the line information that covers slot of the section, as long as it
// begins within f.
func (s *section) lineAt(f *function, slot uint64) *btf.Line {
	i := sort.Search(len(s.lines), func(i int) bool { return uint64(s.lines[i].Offset) > slot })
	if i == 0 || uint64(s.lines[i-1].Offset) < f.start/8 {
		return nil
	}
	return s.lines[i-1].Line
}

func (l *linker) sourceMap() *SourceMap {
	m := &SourceMap{Version: 1, Text: digest(&l.image), Functions: []Function{}, Lines: []Line{}}
	for _, f := range l.functions {
		m.Functions = append(m.Functions, Function{Name: f.name, Slot: f.slot, Slots: f.slots})
		lines := f.section.lines
		from, to := f.start/8, f.end/8
		i := sort.Search(len(lines), func(i int) bool { return uint64(lines[i].Offset) >= from })
		if i == len(lines) || uint64(lines[i].Offset) != from {
			m.add(Line{Slot: f.slot})
		}
		for ; i < len(lines) && uint64(lines[i].Offset) < to; i++ {
			ln := Line{Slot: f.slot + uint32(uint64(lines[i].Offset)-from)}
			if ln.File, ln.Number = position(lines[i].Line); ln.Number != 0 {
				ln.Column, ln.Source = int(lines[i].Line.LineColumn()), lines[i].Line.Line()
			}
			m.add(ln)
		}
	}
	return m
}

// add appends a line that says something new. Of several for one slot the last
// counts.
func (m *SourceMap) add(ln Line) {
	if n := len(m.Lines); n > 0 {
		last := m.Lines[n-1]
		if last.Slot == ln.Slot {
			m.Lines[n-1] = ln
			return
		}
		if last.Slot = ln.Slot; last == ln {
			return
		}
	}
	if len(m.Lines) > 0 || ln.Number != 0 {
		m.Lines = append(m.Lines, ln)
	}
}

func digest(img *image.Image) string {
	sum := sha256.Sum256(img.Text)
	return hex.EncodeToString(sum[:])
}

// Encode is the map as JSON.
func (m *SourceMap) Encode() ([]byte, error) { return json.MarshalIndent(m, "", " ") }

// DecodeSourceMap reads a map and refuses one that was made for another text
// than img's, because it would point at the wrong lines.
func DecodeSourceMap(b []byte, img *image.Image) (*SourceMap, error) {
	m := new(SourceMap)
	if err := json.Unmarshal(b, m); err != nil {
		return nil, fmt.Errorf("source map: %w", err)
	}
	if m.Version != 1 {
		return nil, fmt.Errorf("source map: unknown version %d", m.Version)
	}
	if m.Text != digest(img) {
		return nil, fmt.Errorf("source map: made for another image")
	}
	for i := 1; i < len(m.Lines); i++ {
		if m.Lines[i].Slot < m.Lines[i-1].Slot {
			return nil, fmt.Errorf("source map: lines are not in order")
		}
	}
	return m, nil
}

// Line finds the C line of the instruction at pc.
func (m *SourceMap) Line(pc int) (Line, bool) {
	if m == nil || pc < 0 {
		return Line{}, false
	}
	i := sort.Search(len(m.Lines), func(i int) bool { return uint64(m.Lines[i].Slot) > uint64(pc) })
	if i == 0 || m.Lines[i-1].Number == 0 {
		return Line{}, false
	}
	return m.Lines[i-1], true
}

// Position is Line in the form that verify.Options.Source has.
func (m *SourceMap) Position(pc int) (file string, line int) {
	ln, _ := m.Line(pc)
	return ln.File, ln.Number
}

// Function finds the function that the instruction at pc belongs to.
func (m *SourceMap) Function(pc int) (Function, bool) {
	if m == nil || pc < 0 {
		return Function{}, false
	}
	for _, f := range m.Functions {
		if uint64(pc) >= uint64(f.Slot) && uint64(pc)-uint64(f.Slot) < uint64(f.Slots) {
			return f, true
		}
	}
	return Function{}, false
}
