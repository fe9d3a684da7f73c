// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT

package attacks

import (
	"encoding/binary"
	"fmt"
	"strings"

	"github.com/femtocontainer/femtocontainer/femto/asm"
	"github.com/femtocontainer/femtocontainer/femto/diag"
	"github.com/femtocontainer/femtocontainer/femto/image"
	"github.com/femtocontainer/femtocontainer/tests/engines"
)

// An Attack is one image and one activation of it.
type Attack struct {
	Name     string
	Defect   int    // row of the list of defects, 0 for others
	Image    []byte // as it comes from the stranger
	Ctx      []byte
	ReadOnly bool // the context
	Fuel     uint32
	Want     Outcome
}

// An Outcome is what must come of an attack.
type Outcome struct {
	Refused bool      // the image was not loaded
	Code    diag.Code // 0 when the program reached its exit
	PC      int       // of a fault, or of what the verifier refused; 0 for other refusals
	Address uint32    // of a refused access
	R0      uint64    // when Code is 0
}

func (o Outcome) String() string {
	switch {
	case o.Refused:
		return fmt.Sprintf("refused %s at %d", o.Code, o.PC)
	case o.Code != 0:
		return fmt.Sprintf("fault %s at %d, address 0x%08x", o.Code, o.PC, o.Address)
	}
	return fmt.Sprintf("r0 = %#x", o.R0)
}

func refused(code diag.Code, pc int) Outcome { return Outcome{Refused: true, Code: code, PC: pc} }
func fault(code diag.Code, pc int) Outcome   { return Outcome{Code: code, PC: pc} }
func result(r0 uint64) Outcome               { return Outcome{R0: r0} }

func badAccess(pc int, address uint32) Outcome {
	return Outcome{Code: diag.BadAccess, PC: pc, Address: address}
}

// defaultFuel ends what would not end.
const defaultFuel = 100_000

// assemble makes an image of LLVM assembly. It panics, since the corpus is
// ours. Slots that are no instructions are given as .quad.
func assemble(src string) *image.Image {
	p, err := asm.Parse("attack.s", src, asm.Options{})
	if err != nil {
		panic(fmt.Sprintf("%v in\n%s", err, src))
	}
	return p.Image
}

// encode is Encode without its checks of what a well-behaved tool would write.
func encode(img *image.Image) []byte {
	b, err := img.Encode()
	if err != nil {
		panic(err)
	}
	return b
}

// program is an attack whose image has nothing wrong but its text.
func program(defect int, name, src string, want Outcome) Attack {
	return Attack{Name: name, Defect: defect, Image: encode(assemble(src)), Fuel: defaultFuel, Want: want}
}

func (a Attack) with(ctx ...byte) Attack {
	a.Ctx = ctx
	return a
}

// Run gives the attack to an engine.
func (a Attack) Run(engine string) Outcome {
	m, err := engines.New(engine, a.Image, engines.Options{Call: engines.Host, Granted: engines.Granted})
	if err != nil {
		e, ok := err.(*diag.Error)
		if !ok {
			panic(err)
		}
		return refused(e.Code, max(e.PC, 0))
	}
	defer m.Close()
	m.Start(entrySlot(a.Image), append([]byte(nil), a.Ctx...), !a.ReadOnly)
	res := m.Resume(a.Fuel)
	if res.Fault == nil {
		return result(res.R0)
	}
	o := fault(res.Fault.Code, res.Fault.PC)
	if o.Code == diag.BadAccess {
		o.Address = res.Address
	}
	return o
}

// entrySlot is the slot of an image's first entry point.
func entrySlot(img []byte) uint32 { return binary.LittleEndian.Uint32(img[image.HeaderSize:]) }

// patch is a copy of b with one 32-bit field changed.
func patch(b []byte, at int, v uint32) []byte {
	out := append([]byte(nil), b...)
	binary.LittleEndian.PutUint32(out[at:], v)
	return out
}

// Where the lengths stand in the header (docs/image-format.md).
const (
	atTotal  = 4
	atText   = 16
	atROData = 20
	atData   = 24
	atBSS    = 28
)

// repeat writes a line n times.
func repeat(line string, n int) string { return strings.Repeat(line+"\n", n) }
