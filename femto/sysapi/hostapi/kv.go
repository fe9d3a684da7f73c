// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT

package hostapi

import (
	"encoding/binary"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/femtocontainer/femtocontainer/femto/sysapi"
)

// Limits of a store unless it sets others.
const (
	DefaultEntries  = 64
	DefaultMaxValue = 64
)

// A Store is one key-value store.
type Store struct {
	Entries  map[uint32]Entry
	Quota    int // entries; 0 is DefaultEntries
	MaxValue int // bytes; 0 is DefaultMaxValue
}

// An Entry is a value.
type Entry struct {
	Value   []byte
	Persist bool
}

// Stores has one for each scope.
type Stores map[sysapi.Scope]*Store

// complete adds the stores that are missing.
func (s Stores) complete() Stores {
	if s == nil {
		s = Stores{}
	}
	for _, scope := range []sysapi.Scope{sysapi.Local, sysapi.Tenant, sysapi.Global} {
		if s[scope] == nil {
			s[scope] = &Store{}
		}
		if s[scope].Entries == nil {
			s[scope].Entries = map[uint32]Entry{}
		}
	}
	return s
}

// Number is a value as the calls that store numbers have it.
func Number(v uint32) []byte { return binary.LittleEndian.AppendUint32(nil, v) }

// ParseEntry reads SCOPE:KEY=VALUE, where VALUE is a number or a text in double
// quotes, as in global:7=42 or local:1="blue", and puts it into s.
func (s Stores) ParseEntry(arg string) error {
	bad := func(why string) error {
		return fmt.Errorf("%q is not an entry such as local:1=42 or global:2=\"blue\": %s", arg, why)
	}
	name, rest, ok := strings.Cut(arg, ":")
	key, value, ok2 := strings.Cut(rest, "=")
	if !ok || !ok2 {
		return bad("a colon and an equals sign are needed")
	}
	scopes := map[string]sysapi.Scope{"local": sysapi.Local, "tenant": sysapi.Tenant, "global": sysapi.Global}
	scope, ok := scopes[name]
	if !ok {
		return bad("the scopes are local, tenant and global")
	}
	k, err := strconv.ParseUint(key, 0, 32)
	if err != nil {
		return bad("the key is not a number of 32 bits")
	}
	var b []byte
	if text, err := strconv.Unquote(value); err == nil {
		b = []byte(text)
	} else if n, err := strconv.ParseUint(value, 0, 32); err == nil {
		b = Number(uint32(n))
	} else if n, err := strconv.ParseInt(value, 0, 32); err == nil {
		b = Number(uint32(n))
	} else {
		return bad("the value is neither a number of 32 bits nor a text in quotes")
	}
	if e := s.complete()[scope].put(uint32(k), b, 0); e < 0 {
		return bad("the store is full or the value too long")
	}
	return nil
}

// Keys lists the keys, ascending.
func (s *Store) Keys() []uint32 { return slices.Sorted(maps.Keys(s.Entries)) }

func (s *Store) put(key uint32, value []byte, flags uint32) int32 {
	limit, quota := s.MaxValue, s.Quota
	if limit == 0 {
		limit = DefaultMaxValue
	}
	if quota == 0 {
		quota = DefaultEntries
	}
	_, exists := s.Entries[key]
	switch {
	case flags&^(sysapi.KVNew|sysapi.KVPersist) != 0:
		return errno("EINVAL")
	case len(value) > limit:
		return errno("EMSGSIZE")
	case exists && flags&sysapi.KVNew != 0:
		return errno("EEXIST")
	case !exists && len(s.Entries) >= quota:
		return errno("ENOSPC")
	}
	s.Entries[key] = Entry{slices.Clone(value), flags&sysapi.KVPersist != 0}
	return 0
}

func (s *Store) number(key uint32) (uint32, int32) {
	e, ok := s.Entries[key]
	switch {
	case !ok:
		return 0, errno("ENOENT")
	case len(e.Value) != 4:
		return 0, errno("EMSGSIZE")
	}
	return binary.LittleEndian.Uint32(e.Value), 0
}

func (h *Host) store(c *call) *Store { return h.opts.Stores[c.row.Scope] }

func (c *call) key() uint32 { return uint32(c.in[0].Value) }

func (h *Host) kvStore(c *call) int32 {
	return h.store(c).put(c.key(), Number(uint32(c.in[1].Value)), 0)
}

func (h *Host) kvFetch(c *call) int32 {
	v, err := h.store(c).number(c.key())
	if err == 0 {
		c.in[1].SetScalar(v)
	}
	return err
}

func (h *Host) kvPut(c *call) int32 {
	return h.store(c).put(c.key(), c.in[1].Bytes, uint32(c.in[3].Value))
}

func (h *Host) kvGet(c *call) int32 {
	e, ok := h.store(c).Entries[c.key()]
	switch {
	case !ok:
		return errno("ENOENT")
	case len(e.Value) > len(c.in[1].Bytes):
		return errno("EMSGSIZE")
	}
	return int32(copy(c.in[1].Bytes, e.Value))
}

func (h *Host) kvDelete(c *call) int32 {
	s := h.store(c)
	if _, ok := s.Entries[c.key()]; !ok {
		return errno("ENOENT")
	}
	delete(s.Entries, c.key())
	return 0
}

func (h *Host) kvNext(c *call) int32 {
	s := h.store(c)
	from := c.in[0].Scalar()
	for _, key := range s.Keys() {
		if key >= from {
			c.in[0].SetScalar(key)
			return int32(len(s.Entries[key].Value))
		}
	}
	return errno("ENOENT")
}

func (h *Host) kvCAS(c *call) int32 {
	s := h.store(c)
	v, err := s.number(c.key())
	switch {
	case err < 0:
		return err
	case v != uint32(c.in[1].Value):
		return errno("EAGAIN")
	}
	e := s.Entries[c.key()]
	e.Value = Number(uint32(c.in[2].Value))
	s.Entries[c.key()] = e
	return 0
}
