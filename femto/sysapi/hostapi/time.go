// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT

package hostapi

import (
	"time"

	"github.com/femtocontainer/femtocontainer/femto/sysapi"
)

func (h *Host) microseconds() uint32 { return uint32(h.now.Microseconds()) }

// wait lets time pass, and is false when the container was asked to stop in
// that time or before.
func (h *Host) wait(d time.Duration) bool {
	until := h.now + d
	if h.opts.Stop > 0 && until >= h.opts.Stop {
		h.now = max(h.now, h.opts.Stop)
		return false
	}
	h.now = until
	return true
}

func (h *Host) sleep(us uint32) int32 {
	if !h.wait(time.Duration(us) * time.Microsecond) {
		return errno("ECANCELED")
	}
	return 0
}

func (h *Host) ztimerSleep(c *call) int32 { return h.sleep(uint32(c.in[0].Value)) }

// periodicWakeup counts as RIOT does: a target that is more than a period ahead
// is one that has passed.
func (h *Host) periodicWakeup(c *call) int32 {
	period := uint32(c.in[1].Value)
	target := c.in[0].Scalar() + period
	if ahead := target - h.microseconds(); ahead <= period {
		if err := h.sleep(ahead); err < 0 {
			return err
		}
	}
	c.in[0].SetScalar(target)
	return 0
}

func (h *Host) eventWait(c *call) int32 {
	buf, timeout := c.in[0].Bytes, uint32(c.in[2].Value)
	limit := time.Duration(timeout) * time.Millisecond
	if len(h.events) == 0 || timeout != sysapi.Forever && h.events[0].At > h.now+limit {
		if timeout == sysapi.Forever || !h.wait(limit) {
			return errno("ECANCELED") // nothing more is going to happen
		}
		return errno("ETIMEDOUT")
	}
	e := h.events[0]
	if !h.wait(max(0, e.At-h.now)) {
		return errno("ECANCELED")
	}
	h.events = h.events[1:]
	if len(e.Context) > len(buf) {
		return errno("EMSGSIZE")
	}
	return int32(copy(buf, e.Context))
}
