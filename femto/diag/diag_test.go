// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT

package diag

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestTable(t *testing.T) {
	names := map[string]bool{}
	last := Code(0)
	for _, e := range Table {
		assert.Greater(t, e.Code, last, "the table ascends")
		last = e.Code
		assert.False(t, names[e.Name], "%s is there twice", e.Name)
		names[e.Name] = true
		assert.Equal(t, strings.ToUpper(e.Name), e.Name)
		assert.NotContains(t, e.Name, " ")
		assert.NotEmpty(t, e.Short)
		assert.False(t, strings.HasSuffix(e.Short, "."), "%s", e.Short)
		assert.True(t, strings.HasSuffix(e.Long, "."), "%s: %s", e.Name, e.Long)
	}
}

func TestParse(t *testing.T) {
	for _, s := range []string{"FC2021", "fc2021", "2021"} {
		c, err := Parse(s)
		require.NoError(t, err, s)
		assert.Equal(t, BadTarget, c)
	}
	for _, s := range []string{"", "FC", "21", "FC20210", "x2021", "-021", "20 1", "FC202x"} {
		_, err := Parse(s)
		assert.Error(t, err, "%q", s)
	}
}

func TestExplain(t *testing.T) {
	long, ok := Explain(OutOfFuel)
	assert.True(t, ok)
	assert.Contains(t, long, "fuel")
	_, ok = Explain(9999)
	assert.False(t, ok)
	assert.Empty(t, Code(9999).Short())
}

func TestError(t *testing.T) {
	e := At(BadTarget, 3, "jump to slot %d", 12)
	assert.Equal(t, "FC2021: jump to slot 12 (pc 3)", e.Error())
	e.File, e.Line, e.Insn = "blink.c", 12, "goto +8"
	assert.Equal(t, "blink.c:12: FC2021: jump to slot 12 (pc 3: goto +8)", e.Error())
	assert.Equal(t, e.Error(), e.Detail())
	e.Col = 7
	assert.Equal(t, "blink.c:12:7: FC2021: jump to slot 12 (pc 3: goto +8)", e.Error())
	assert.Equal(t, e.Error()+"\n  hint: look", e.WithHint("look").Detail())
	assert.Equal(t, "FC1001: no", New(BadObject, "no").Error())
	assert.Equal(t, "a.o: FC1001: no", (&Error{Code: BadObject, File: "a.o", PC: NoPC, Msg: "no"}).Error())
	assert.Equal(t, "FC0007", fmt.Sprint(Code(7)))
}
