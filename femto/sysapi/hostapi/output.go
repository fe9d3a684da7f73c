// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT

package hostapi

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/femtocontainer/femtocontainer/femto/sysapi"
)

func memset(_ *Host, c *call) int {
	for i := range c.in[0].Bytes {
		c.in[0].Bytes[i] = byte(c.in[1].Value)
	}
	return 0
}

func memcmp(_ *Host, c *call) int { return bytes.Compare(c.in[0].Bytes, c.in[1].Bytes) }

func strlcpy(_ *Host, c *call) int {
	dst, src := c.in[0].Bytes, c.in[1].Bytes
	length := len(src)
	if len(dst) > 0 {
		// copy first: src may lie in dst
		dst[copy(dst[:len(dst)-1], src)] = 0
	}
	return length
}

func fmtU32Dec(_ *Host, c *call) (uint64, []byte) {
	text := strconv.AppendUint(nil, c.in[1].Value, 10)
	return uint64(len(text)), text
}

func fmtS16DFP(_ *Host, c *call) (uint64, []byte) {
	value, digits := int16(c.in[1].Value), int32(c.in[2].Value)
	if digits < -16 || digits > 16 {
		return uint64(errno("EINVAL")), nil
	}
	sign, text := "", strconv.Itoa(int(value))
	if value < 0 {
		sign, text = "-", text[1:]
	}
	if digits >= 0 {
		text += strings.Repeat("0", int(digits))
	} else {
		// at least one digit before the point
		text = strings.Repeat("0", max(0, 1-int(digits)-len(text))) + text
		point := len(text) + int(digits)
		text = text[:point] + "." + text[point:]
	}
	return uint64(len(sign + text)), []byte(sign + text)
}

// pay takes n bytes from this second's quota of output.
func (h *Host) pay(n int) bool {
	if window := h.now.Truncate(time.Second); window != h.window {
		h.window, h.spent = window, 0
	}
	if h.opts.Quota > 0 && h.spent+n > h.opts.Quota {
		return false
	}
	h.spent += n
	return true
}

func (h *Host) printf(c *call) int32 {
	text := sysapi.Render(c.in[0].Bytes, c.in[1:])
	if !h.pay(len(text)) {
		return errno("EDQUOT")
	}
	// A console that fails is the user's matter, as it is on a device.
	_, _ = h.opts.Console.Write(text)
	return int32(len(text))
}

var levels = []string{"", "error", "warning", "info", "debug"}

func (h *Host) logWrite(c *call) int32 {
	level := uint32(c.in[0].Value)
	text := sysapi.Render(c.in[1].Bytes, c.in[2:])
	switch {
	case level < sysapi.LogError || level > sysapi.LogDebug:
		return errno("EINVAL")
	case level > h.opts.LogLevel:
		return int32(len(text))
	case !h.pay(len(text)):
		return errno("EDQUOT")
	}
	_, _ = fmt.Fprintf(h.opts.Log, "%s: %s\n", levels[level], text)
	return int32(len(text))
}
