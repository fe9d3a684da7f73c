// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT

package sysapi

import (
	"bytes"
	"fmt"
	"strconv"
)

// MaxWidth is the greatest field width of a conversion.
const MaxWidth = 64

// A conversion is one % of a format string.
type conversion struct {
	left, zero bool
	width      int
	long       bool // 64 bits
	verb       byte // d u x X c s p %
}

// parseConversion reads what follows a %; ok is false for anything but what
// printf's row documents.
func parseConversion(s []byte) (c conversion, rest []byte, ok bool) {
	next := func() byte {
		if len(s) == 0 {
			return 0
		}
		return s[0]
	}
	if next() == '%' {
		return conversion{verb: '%'}, s[1:], true
	}
	for ; next() == '-' || next() == '0'; s = s[1:] {
		if next() == '-' {
			c.left = true
		} else {
			c.zero = true
		}
	}
	for ; next() >= '0' && next() <= '9'; s = s[1:] {
		if c.width = c.width*10 + int(next()-'0'); c.width > MaxWidth {
			return c, s, false
		}
	}
	for n := 0; next() == 'l' && n < 2; n++ {
		c.long = true
		s = s[1:]
	}
	switch c.verb = next(); c.verb {
	case 'i':
		c.verb = 'd'
	case 'd', 'u', 'x', 'X':
	case 'c', 's', 'p':
		if c.long {
			return c, s, false
		}
	default:
		return c, s, false
	}
	return c, s[1:], true
}

// conversions lists those of a format string that take an argument, and is
// false if one is not allowed.
func conversions(format []byte) (list []conversion, ok bool) {
	for {
		i := bytes.IndexByte(format, '%')
		if i < 0 {
			return list, true
		}
		c, rest, ok := parseConversion(format[i+1:])
		if !ok {
			return nil, false
		}
		if c.verb != '%' {
			list = append(list, c)
		}
		format = rest
	}
}

// Render is what printf prints for a format and arguments that Check passed.
func Render(format []byte, args []Input) []byte {
	var out []byte
	for {
		i := bytes.IndexByte(format, '%')
		if i < 0 {
			return append(out, format...)
		}
		out = append(out, format[:i]...)
		c, rest, _ := parseConversion(format[i+1:])
		format = rest
		if c.verb == '%' {
			out = append(out, '%')
			continue
		}
		out = append(out, c.render(args[0])...)
		args = args[1:]
	}
}

func (c conversion) render(arg Input) []byte {
	v := arg.Value
	if !c.long {
		v = uint64(uint32(v))
	}
	var sign, body string
	number := true
	switch c.verb {
	case 'd':
		n := int64(v)
		if !c.long {
			n = int64(int32(v))
		}
		body = strconv.FormatInt(n, 10)
		if n < 0 {
			sign, body = "-", body[1:]
		}
	case 'u':
		body = strconv.FormatUint(v, 10)
	case 'x':
		body = strconv.FormatUint(v, 16)
	case 'X':
		body = fmt.Sprintf("%X", v)
	case 'p':
		body, number = fmt.Sprintf("0x%08x", v), false
	case 'c':
		body, number = string([]byte{byte(v)}), false
	case 's':
		body, number = string(arg.Bytes), false
	}
	pad := bytes.Repeat([]byte{' '}, max(0, c.width-len(sign)-len(body)))
	switch {
	case c.left:
		return append([]byte(sign+body), pad...)
	case c.zero && number:
		return append([]byte(sign), append(bytes.Repeat([]byte{'0'}, len(pad)), body...)...)
	}
	return append(pad, sign+body...)
}
