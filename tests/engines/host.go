// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT

package engines

import (
	"github.com/femtocontainer/femtocontainer/femto/diag"
	"github.com/femtocontainer/femtocontainer/femto/vm"
)

// Helpers of the test host, which tests/sanitizer/driver/host.h has in C.
const (
	Mix   uint16 = 1      // r0 = r1 + 3 r2 + 5 r3 + 7 r4 + 11 r5
	Fill  uint16 = 2      // r2 bytes at r1 become the byte r3; r0 = r1
	Sum   uint16 = 3      // r0 = sum over i of (i + 1) times byte i, of r2 bytes at r1
	Fail  uint16 = 4      // the fault HostFault
	Last  uint16 = 0xffff // r0 = 0x1122
	Fifth uint16 = 5      // declared by some images, never granted
)

// HostFault is what Fail ends an activation with.
const HostFault diag.Code = 3998

// Granted lists the helpers that Host answers.
var Granted = []uint16{Mix, Fill, Sum, Fail, Last}

// Host answers them. Mix costs 2, Fill and Sum 1 and one more for every
// 8 bytes; what cannot be paid for has no effect.
func Host(mem vm.Memory, id uint16, a [5]uint64, room uint32) (r0 uint64, price uint32, fault diag.Code) {
	switch id {
	case Mix:
		return a[0] + 3*a[1] + 5*a[2] + 7*a[3] + 11*a[4], 2, 0
	case Fill, Sum:
		n := uint32(a[1])
		if price = 1 + n/8; price > room {
			return 0, price, 0
		}
		access := mem.Write
		if id == Sum {
			access = mem.Read
		}
		b, ok := access(a[0], n)
		if !ok {
			return 0, 0, diag.BadAccess
		}
		if id == Fill {
			for i := range b {
				b[i] = byte(a[2])
			}
			return a[0], price, 0
		}
		for i, c := range b {
			r0 += uint64(i+1) * uint64(c)
		}
		return r0, price, 0
	case Fail:
		return 0, 0, HostFault
	case Last:
		return 0x1122, 0, 0
	}
	return 0, 0, diag.UnknownHelper
}
