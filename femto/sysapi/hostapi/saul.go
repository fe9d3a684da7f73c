// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT

package hostapi

import (
	"encoding/binary"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/femtocontainer/femtocontainer/femto/sysapi"
)

// Classes of devices, as SAUL numbers them.
const (
	classActuators = 0x40 // to 0x7f
	classSwitch    = 0x44
	classSensors   = 0x80 // from
	classButton    = 0x81
)

// A Reading is a physical quantity with up to three values, each multiplied by
// 10 to the power of Scale.
type Reading struct {
	Values []int16
	Unit   uint8
	Scale  int8
}

// A Sensor is a device of the SAUL registry: a sensor or an actuator.
type Sensor struct {
	Name     string
	Class    uint8
	Readings []Reading // of a sensor; the last is repeated
	Written  []Reading // to an actuator
}

// unitOf is the unit of a class's readings, where it has one.
var unitOf = map[string]string{
	"SENSE_TEMP": "UNIT_TEMP_C", "SENSE_OBJTEMP": "UNIT_TEMP_C", "SENSE_HUM": "UNIT_PERCENT", "SENSE_LIGHT": "UNIT_LUX",
	"SENSE_ACCEL": "UNIT_G_FORCE", "SENSE_GYRO": "UNIT_DPS", "SENSE_MAG": "UNIT_GAUSS", "SENSE_PRESS": "UNIT_PA",
	"SENSE_BTN": "UNIT_BOOL", "SENSE_COUNT": "UNIT_CTS", "SENSE_CO2": "UNIT_PPM", "SENSE_VOLTAGE": "UNIT_V", "SENSE_CURRENT": "UNIT_A",
	"SENSE_POWER": "UNIT_W", "SENSE_DISTANCE": "UNIT_M", "SENSE_RSSI": "UNIT_DBM", "SENSE_PH": "UNIT_PH",
}

// constant finds a number by its name in <femto.h>.
func constant(name string) (uint32, bool) {
	for _, g := range sysapi.ConstantGroups {
		for _, c := range g.Constants {
			if c.Name == name {
				return c.Value, true
			}
		}
	}
	return 0, false
}

// ParseSensor reads NAME:CLASS=READING;READING..., where CLASS is as in
// <femto.h> without SAUL_ and a READING has one to three decimal numbers, as in
// room:SENSE_TEMP=21.56;21.7 or imu:SENSE_ACCEL=0,-0.1,0.98. An actuator has
// none: led:ACT_SWITCH.
func ParseSensor(arg string) (*Sensor, error) {
	bad := func(why string) error {
		return fmt.Errorf("%q is not a sensor such as room:SENSE_TEMP=21.56;21.7 or led:ACT_SWITCH: %s", arg, why)
	}
	spec, readings, hasReadings := strings.Cut(arg, "=")
	name, class, ok := strings.Cut(spec, ":")
	if !ok || name == "" {
		return nil, bad("a name and a colon are needed")
	}
	number, ok := constant("SAUL_" + class)
	if !ok {
		return nil, bad("there is no class SAUL_" + class)
	}
	s := &Sensor{Name: name, Class: uint8(number)}
	switch {
	case s.isActuator() && hasReadings:
		return nil, bad("an actuator has no readings")
	case s.isActuator():
		return s, nil
	case !hasReadings:
		return nil, bad("a sensor needs at least one reading")
	}
	unit, _ := constant("UNIT_NONE")
	if u, ok := unitOf[class]; ok {
		unit, _ = constant(u)
	}
	list := strings.Split(readings, ";")
	// One scale for all, that of the number with the most digits after the
	// point: a driver does not change its scale from one reading to the next.
	places := 0
	for _, n := range strings.Split(strings.Join(list, ","), ",") {
		if _, fraction, ok := strings.Cut(n, "."); ok {
			places = max(places, len(fraction))
		}
	}
	for _, text := range list {
		values, err := parseValues(text, places)
		if err != nil {
			return nil, bad(err.Error())
		}
		s.Readings = append(s.Readings, Reading{values, uint8(unit), int8(-places)})
	}
	return s, nil
}

// parseValues reads up to three decimal numbers as multiples of 10^-places.
func parseValues(text string, places int) ([]int16, error) {
	numbers := strings.Split(text, ",")
	if len(numbers) > 3 {
		return nil, fmt.Errorf("%q has more than three values", text)
	}
	var values []int16
	for _, n := range numbers {
		whole, fraction, _ := strings.Cut(n, ".")
		v, err := strconv.ParseInt(whole+fraction+strings.Repeat("0", places-len(fraction)), 10, 16)
		if err != nil || whole == "" || strings.ContainsAny(fraction, "+-") {
			return nil, fmt.Errorf("%q is not a decimal number that fits 16 bits with %d digits after the point", n, places)
		}
		values = append(values, int16(v))
	}
	return values, nil
}

func (s *Sensor) isActuator() bool { return s.Class >= classActuators && s.Class < classSensors }

// bytes is a reading as phydat_t.
func (r Reading) bytes() []byte {
	var b []byte
	for i := range 3 {
		var v int16
		if i < len(r.Values) {
			v = r.Values[i]
		}
		b = binary.LittleEndian.AppendUint16(b, uint16(v))
	}
	return append(b, r.Unit, byte(r.Scale))
}

// handle gives the container a handle of device i.
func (h *Host) handle(i int) int32 {
	if i < 0 || i >= len(h.opts.Sensors) {
		return errno("ENODEV")
	}
	h.found[i] = true
	return int32(i) + 1
}

// device is what a handle of this container stands for, or nil.
func (h *Host) device(c *call) *Sensor {
	i := int(int32(c.in[0].Value)) - 1
	if !h.found[i] {
		return nil
	}
	return h.opts.Sensors[i]
}

func (h *Host) findNth(c *call) int32 { return h.handle(int(int32(c.in[0].Value))) }

func (h *Host) findType(c *call) int32 {
	return h.handle(slices.IndexFunc(h.opts.Sensors, func(s *Sensor) bool { return s.Class == uint8(c.in[0].Value) }))
}

func (h *Host) findName(c *call) int32 {
	return h.handle(slices.IndexFunc(h.opts.Sensors, func(s *Sensor) bool { return s.Name == c.in[0].Text() }))
}

func (h *Host) sensorType(c *call) int32 {
	s := h.device(c)
	if s == nil {
		return errno("EBADF")
	}
	return int32(s.Class)
}

// read takes the next reading of a sensor, or what an actuator was last set to.
func (s *Sensor) read() (Reading, bool) {
	switch {
	case s.isActuator() && len(s.Written) == 0:
		return Reading{Values: []int16{0}}, true
	case s.isActuator():
		return s.Written[len(s.Written)-1], true
	case len(s.Readings) == 0:
		return Reading{}, false
	}
	r := s.Readings[0]
	if len(s.Readings) > 1 {
		s.Readings = s.Readings[1:]
	}
	return r, true
}

func (h *Host) sensorRead(c *call) int32 {
	s := h.device(c)
	if s == nil {
		return errno("EBADF")
	}
	r, ok := s.read()
	if !ok {
		return errno("EIO")
	}
	copy(c.in[1].Bytes, r.bytes())
	return int32(len(r.Values))
}

func (h *Host) sensorWrite(c *call) int32 {
	s := h.device(c)
	switch {
	case s == nil:
		return errno("EBADF")
	case !s.isActuator():
		return errno("ENOTSUP")
	}
	b := c.in[1].Bytes
	r := Reading{Unit: b[6], Scale: int8(b[7])}
	for i := range 3 {
		r.Values = append(r.Values, int16(binary.LittleEndian.Uint16(b[2*i:])))
	}
	s.Written = append(s.Written, r)
	return int32(len(r.Values))
}

func (h *Host) gpioRead(c *call) int32 {
	s := h.device(c)
	switch {
	case s == nil:
		return errno("EBADF")
	case s.Class != classButton && s.Class != classSwitch:
		return errno("ENOTSUP")
	}
	r, ok := s.read()
	switch {
	case !ok:
		return errno("EIO")
	case r.Values[0] != 0:
		return 1
	}
	return 0
}

func (h *Host) gpioWrite(c *call) int32 {
	s := h.device(c)
	switch {
	case s == nil:
		return errno("EBADF")
	case s.Class != classSwitch:
		return errno("ENOTSUP")
	}
	level := int16(0)
	if c.in[1].Value != 0 {
		level = 1
	}
	s.Written = append(s.Written, Reading{Values: []int16{level}})
	return 0
}
