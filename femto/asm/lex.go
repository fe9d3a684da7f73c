// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT

package asm

import (
	"fmt"
	"strconv"
	"strings"
)

type kind uint8

const (
	word   kind = iota // name, register, mnemonic or directive
	number             // unsigned; signs are tokens of their own
	text               // quoted, with escapes undone
	sign               // operator or punctuation
)

// A token is one symbol of a line.
type token struct {
	kind kind
	s    string // as written, but for the value of a text
	n    uint64 // of a number
	hex  bool   // a number's notation: hexadecimal may be a bit pattern
	col  int    // from 1
}

// signs are the operators of more than one character, longest first.
var signs = []string{"<<=", ">>=", "+=", "-=", "*=", "/=", "%=", "|=", "&=", "^=", "==", "!=", "<=", ">="}

// A lexError is what is wrong with a character of a line.
type lexError struct {
	col int
	msg string
}

// lex splits a line into tokens, appended to toks. A comment's text is
// returned only when it began with a semicolon, which other assemblers take as
// the end of a statement.
func lex(line string, toks []token) (_ []token, rest string, restCol int, err *lexError) {
	for i := 0; i < len(line); {
		c := line[i]
		tok := token{col: i + 1}
		switch {
		case c == ' ' || c == '\t' || c == '\r':
			i++
			continue
		case c == '#' || strings.HasPrefix(line[i:], "//"):
			return toks, "", 0, nil
		case c == ';':
			return toks, line[i+1:], i + 2, nil
		case isWordStart(line, i):
			j := i + 1
			for j < len(line) && isWordByte(line[j]) {
				j++
			}
			tok.kind, tok.s = word, line[i:j]
			i = j
		case c >= '0' && c <= '9':
			j := i + 1
			for j < len(line) && isWordByte(line[j]) {
				j++
			}
			tok.kind, tok.s = number, line[i:j]
			var msg string
			if tok.n, tok.hex, msg = parseNumber(tok.s); msg != "" {
				return toks, "", 0, &lexError{tok.col, msg}
			}
			i = j
		case c == '"':
			end := closingQuote(line, i)
			if end < 0 {
				return toks, "", 0, &lexError{tok.col, "the text has no closing quote"}
			}
			s, bad := unquote(line[i+1 : end])
			if bad >= 0 {
				return toks, "", 0, &lexError{i + 2 + bad, "unknown escape in a text"}
			}
			tok.kind, tok.s = text, s
			i = end + 1
		case c > ' ' && c < 0x7f:
			tok.kind, tok.s = sign, line[i:i+1]
			for _, s := range signs {
				if strings.HasPrefix(line[i:], s) {
					tok.s = s
					break
				}
			}
			i += len(tok.s)
		default:
			return toks, "", 0, &lexError{tok.col, fmt.Sprintf("byte 0x%02x cannot stand here", c)}
		}
		toks = append(toks, tok)
	}
	return toks, "", 0, nil
}

// isWordStart: a percent sign before a letter marks a register, as in uBPF,
// and is otherwise an operator.
func isWordStart(line string, i int) bool {
	c := line[i]
	if c == '%' {
		return i+1 < len(line) && isLetter(line[i+1])
	}
	return isLetter(c) || c == '_' || c == '.' || c == '$' || c == '@'
}

func isLetter(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' }

func isWordByte(c byte) bool {
	return isLetter(c) || c >= '0' && c <= '9' || c == '_' || c == '.' || c == '$' || c == '@'
}

// parseNumber reads decimal and 0x. A leading zero is refused, because other
// assemblers read octal there.
func parseNumber(s string) (n uint64, hex bool, msg string) {
	base, digits := 10, s
	if len(s) > 2 && s[0] == '0' && s[1]|0x20 == 'x' {
		base, digits, hex = 16, s[2:], true
	} else if len(s) > 1 && s[0] == '0' {
		return 0, false, fmt.Sprintf("%s has a leading zero; write decimal without, hexadecimal with 0x", s)
	}
	n, err := strconv.ParseUint(digits, base, 64)
	switch {
	case err == nil:
		return n, hex, ""
	case strings.Contains(err.Error(), strconv.ErrRange.Error()):
		return 0, hex, fmt.Sprintf("%s does not fit 64 bits", s)
	}
	return 0, hex, fmt.Sprintf("%s is not a number", s)
}

// closingQuote finds the end of the text that begins at i.
func closingQuote(line string, i int) int {
	for j := i + 1; j < len(line); j++ {
		switch line[j] {
		case '\\':
			j++
		case '"':
			return j
		}
	}
	return -1
}

var escapes = map[byte]byte{'n': '\n', 't': '\t', 'r': '\r', 'b': '\b', 'f': '\f', '"': '"', '\\': '\\', '\'': '\''}

// unquote undoes the escapes of GNU as: letters, up to three octal digits, and
// x with any number of hexadecimal digits of which the last two count. bad is
// the index of the offending one, or -1.
func unquote(s string) (out string, bad int) {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] != '\\' {
			b.WriteByte(s[i])
			continue
		}
		at := i
		i++
		if i == len(s) {
			return "", at
		}
		switch c := s[i]; {
		case c >= '0' && c <= '7':
			v := 0
			j := i
			for ; j < len(s) && j < i+3 && s[j] >= '0' && s[j] <= '7'; j++ {
				v = v<<3 | int(s[j]-'0')
			}
			b.WriteByte(byte(v))
			i = j - 1
		case c == 'x':
			j := i + 1
			for j < len(s) && strings.IndexByte("0123456789abcdefABCDEF", s[j]) >= 0 {
				j++
			}
			digits := s[i+1 : j]
			v, err := strconv.ParseUint(digits[max(0, len(digits)-2):], 16, 8)
			if err != nil {
				return "", at
			}
			b.WriteByte(byte(v))
			i = j - 1
		default:
			e, ok := escapes[c]
			if !ok {
				return "", at
			}
			b.WriteByte(e)
		}
	}
	return b.String(), -1
}

// quote is the inverse of unquote, in octal so that digits may follow.
func quote(b []byte) string {
	var out strings.Builder
	out.WriteByte('"')
	for _, c := range b {
		switch {
		case c == '"' || c == '\\':
			out.WriteByte('\\')
			out.WriteByte(c)
		case c == '\n':
			out.WriteString(`\n`)
		case c >= ' ' && c < 0x7f:
			out.WriteByte(c)
		default:
			fmt.Fprintf(&out, `\%03o`, c)
		}
	}
	out.WriteByte('"')
	return out.String()
}
