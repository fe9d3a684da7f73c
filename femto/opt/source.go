// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT

package opt

import (
	"crypto/sha256"
	"encoding/hex"

	"github.com/femtocontainer/femtocontainer/femto/link"
)

// Linked makes the image of a linked program shorter, in place, and moves the
// source map with it.
func Linked(out *link.Output) (*Stats, error) {
	img, stats, err := Image(out.Image)
	if err != nil {
		return nil, err
	}
	out.Image = img
	if out.Source != nil {
		out.Source = moved(out.Source, img.Text, stats.Origin)
	}
	return stats, nil
}

// moved is m for the text whose slots come from origin. Functions are still in
// one piece each; one that nothing calls any more is gone.
func moved(m *link.SourceMap, text []byte, origin []int) *link.SourceMap {
	sum := sha256.Sum256(text)
	n := &link.SourceMap{Version: m.Version, Text: hex.EncodeToString(sum[:]), Functions: []link.Function{}, Lines: []link.Line{}}
	for slot, from := range origin {
		if f, ok := m.Function(from); ok {
			if k := len(n.Functions); k > 0 && n.Functions[k-1].Name == f.Name {
				n.Functions[k-1].Slots++
			} else {
				n.Functions = append(n.Functions, link.Function{Name: f.Name, Slot: uint32(slot), Slots: 1})
			}
		}
		ln, _ := m.Line(from)
		ln.Slot = uint32(slot)
		if k := len(n.Lines); k > 0 {
			last := n.Lines[k-1]
			if last.Slot = ln.Slot; last == ln {
				continue
			}
		} else if ln.Number == 0 {
			continue
		}
		n.Lines = append(n.Lines, ln)
	}
	return n
}
