// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT

package contract

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/pelletier/go-toml/v2/unstable"

	"github.com/femtocontainer/femtocontainer/femto/diag"
	"github.com/femtocontainer/femtocontainer/femto/image"
	"github.com/femtocontainer/femtocontainer/femto/sysapi"
)

// Parse reads a contract. The name is for messages. Files that it refers to
// are read with readFile, whose argument is the path as the contract has it;
// nil refuses them.
//
// An error joins one *diag.Error for everything that is wrong, in the order of
// the file.
func Parse(name string, text []byte, readFile func(path string) ([]byte, error)) (*Contract, error) {
	p := &parser{document: read(name, text), readFile: readFile, c: &Contract{}, keys: map[[KeySize]byte]owner{}}
	if !p.broken {
		p.file()
		p.confirm()
	}
	if err := p.err(); err != nil {
		return nil, err
	}
	return p.c, nil
}

type parser struct {
	*document
	readFile func(path string) ([]byte, error)
	c        *Contract
	keys     map[[KeySize]byte]owner
}

// An owner is where a public key was seen first.
type owner struct {
	tenant string
	at     place
}

// A section is a table whose keys are known and of the right type.
type section struct {
	p     *parser
	table *table
	title string // as in the file
	good  map[string]*entry
	given map[string]uint32 // numbers, defaults included
}

// section checks the keys of a table against Keys.
func (p *parser) section(t *table, where, title string) *section {
	s := &section{p, t, title, map[string]*entry{}, map[string]uint32{}}
	keys := keysOf(where)
	for _, k := range keys {
		s.given[k.Name] = k.Default
	}
	for _, e := range t.entries {
		i := slices.IndexFunc(keys, func(k *Key) bool { return k.Name == e.key })
		if i < 0 {
			p.report(diag.ContractUnknownKey, e.at, "there is no key %q in %s", e.key, title).
				WithHint("it can have %s", list(keys, func(k *Key) string { return k.Name }))
			continue
		}
		if s.typed(keys[i], e) {
			s.good[e.key] = e
		}
	}
	for _, k := range keys {
		if k.Required && t.find(k.Name) == nil {
			p.report(diag.ContractMissingKey, t.at, "%s has no %s", title, k.Name).WithHint("add %s: %s", k.Name, plain(k.Doc))
		}
	}
	return s
}

// plain is documentation without its Markdown.
func plain(doc string) string { return strings.ReplaceAll(doc, "`", "") }

// typed checks the type of a value, and the range of a number.
func (s *section) typed(k *Key, e *entry) bool {
	wanted := map[Kind]unstable.Kind{Number: unstable.Integer, Bool: unstable.Bool, Text: unstable.String, Texts: unstable.Array, Table: unstable.Table}[k.Kind]
	wrong := func(v *value) bool {
		s.p.report(diag.ContractType, v.at, "%s of %s is %s, and this is %s", k.Name, s.title, k.Kind, describe(v.kind))
		return false
	}
	if e.val.kind != wanted {
		return wrong(e.val)
	}
	switch k.Kind {
	case Texts:
		for _, v := range e.val.list {
			if v.kind != unstable.String {
				return wrong(v)
			}
		}
	case Number:
		n, err := strconv.ParseInt(e.val.text, 0, 64) // its notation is for confirm to judge
		if err != nil || n < int64(k.Min) || n > int64(k.Max) {
			s.p.report(diag.ContractRange, e.val.at, "%s of %s is %s; it can be %s", k.Name, s.title, e.val.text, k.span()).
				WithHint("%s: %s", k.Name, plain(k.Doc))
			return false
		}
		s.given[k.Name] = uint32(n)
	}
	return true
}

func describe(k unstable.Kind) string {
	switch k {
	case unstable.String:
		return "a string"
	case unstable.Integer:
		return "a whole number"
	case unstable.Float:
		return "a floating-point number"
	case unstable.Bool:
		return "true or false"
	case unstable.Array:
		return "an array"
	case unstable.Table:
		return "a table"
	}
	return "a date or time"
}

// store puts the numbers of the section where they belong.
func (s *section) store(numbers map[string]*uint32) {
	for name, to := range numbers {
		*to = s.given[name]
	}
}

// texts are the strings of an array, without those that come again.
func (s *section) texts(key string) (values []*value) {
	e := s.good[key]
	if e == nil {
		return nil
	}
	for _, v := range e.val.list {
		if slices.ContainsFunc(values, func(w *value) bool { return w.text == v.text }) {
			s.p.report(diag.ContractDuplicate, v.at, "%q is there twice", v.text).WithHint("remove one")
			continue
		}
		values = append(values, v)
	}
	return values
}

func (p *parser) file() {
	root := p.section(p.root, "", "the contract")
	// Tenants first, wherever they stand: hooks refer to them.
	if e := root.good["tenants"]; e != nil {
		p.named(e, "tenant", checkTenantName, p.tenant)
	}
	if e := root.good["hooks"]; e != nil {
		p.named(e, "hook", checkHookName, p.hook)
	}
}

// named reads the tables of a table of named things.
func (p *parser) named(parent *entry, what string, check func(string) error, read func(e *entry, title string)) {
	all := parent.val.table.entries
	if len(all) == 0 {
		p.report(diag.ContractMissingKey, parent.at, "there is no %s", what).WithHint("add a table [%ss.NAME]", what)
	}
	macros := map[string]string{}
	for i, e := range all {
		title := fmt.Sprintf("%s %q", what, e.key)
		if err := check(e.key); err != nil {
			p.report(diag.ContractBadName, e.at, "%v", err)
		}
		if first, ok := macros[macro(e.key)]; ok {
			p.report(diag.ContractDuplicate, e.at, "%q and %q would have the same name in C", first, e.key).WithHint("rename one")
		}
		macros[macro(e.key)] = e.key
		if i == maxNumber {
			p.report(diag.ContractRange, e.at, "a contract has at most %d %ss", maxNumber, what)
		}
		if e.val.table == nil {
			p.report(diag.ContractType, e.val.at, "%s is a table, and this is %s", title, describe(e.val.kind)).
				WithHint("write [%ss.NAME]", what)
			continue
		}
		read(e, title)
	}
}

func (p *parser) tenant(e *entry, title string) {
	s := p.section(e.val.table, tenantTable, title)
	t := Tenant{Name: e.key, Capabilities: Base | s.capabilities()}
	keys := s.texts("keys")
	if e := s.good["keys"]; e != nil && (len(keys) == 0 || len(keys) > maxKeys) {
		p.report(diag.ContractRange, e.val.at, "%s has %d keys; it can have 1 to %d", title, len(keys), maxKeys)
	}
	for _, v := range keys {
		key, err := PublicKey(v.text, p.readFile)
		if err != nil {
			p.report(diag.ContractBadKey, v.at, "public key of %s: %v", title, err).
				WithHint("openssl pkey -in private.pem -pubout prints a public key as PEM")
			continue
		}
		if first, ok := p.keys[key]; ok {
			line, _ := p.position(first.at)
			p.report(diag.ContractDuplicate, v.at, "tenant %q has this key already, in line %d", first.tenant, line).
				WithHint("a key tells whose an image is, so each tenant has its own")
			continue
		}
		p.keys[key] = owner{t.Name, v.at}
		t.Keys = append(t.Keys, key)
	}
	if e := s.good["quota"]; e != nil {
		q := p.section(e.val.table, quotaTable, "the quota of "+title)
		q.store(t.Quota.numbers())
		p.enough(s, &t)
	}
	p.c.Tenants = append(p.c.Tenants, t)
}

// enough finds capabilities that the quota makes useless.
func (p *parser) enough(s *section, t *Tenant) {
	e, quota := s.good["capabilities"], s.good["quota"].val.table
	if e == nil {
		return
	}
	for _, v := range e.val.list {
		var needs []string
		switch v.text {
		case "console", "log":
			needs = []string{"console_bytes_per_second"}
		case "kv_local", "kv_tenant", "kv_global":
			needs = []string{"kv_entries", "kv_bytes"}
		case "sleep", "event":
			needs = []string{"threads"}
		}
		for _, key := range needs {
			// A value that was refused has its own error.
			if *t.Quota.numbers()[key] == 0 && (quota.find(key) == nil || quota.find(key).val.text == "0") {
				p.report(diag.ContractConflict, v.at, "tenant %q has capability %q, but its quota has no %s", t.Name, v.text, key).
					WithHint("set %s under [tenants.%s.quota], or take the capability away", key, t.Name)
				break
			}
		}
	}
}

// capabilities are those that the key of this name lists.
func (s *section) capabilities() (set Set) {
	for _, v := range s.texts("capabilities") {
		one, ok := capability(v.text)
		if !ok {
			s.p.report(diag.ContractUndefined, v.at, "there is no capability %q", v.text).
				WithHint("there are %s", list(sysapi.Capabilities, func(c sysapi.Capability) string { return c.Name }))
		}
		set |= one
	}
	return set
}

func (p *parser) hook(e *entry, title string) {
	s := p.section(e.val.table, hookTable, title)
	h := Hook{Name: e.key, Capabilities: All}
	s.store(h.numbers())
	if e := s.good["thread"]; e != nil {
		h.Thread = e.val.text == "true"
	}
	if e := s.good["policy"]; e != nil {
		i := slices.Index(Policies, e.val.text)
		if i < 0 {
			p.report(diag.ContractUndefined, e.val.at, "there is no policy %q", e.val.text).WithHint("there are %s", strings.Join(Policies, ", "))
		}
		h.Policy = Policy(max(i, 0))
	}
	if id, err := image.Hook(h.Name); err == nil { // otherwise the name was refused
		h.UUID = id
		if i := slices.IndexFunc(p.c.Hooks, func(g Hook) bool { return g.UUID == id }); i >= 0 {
			p.report(diag.ContractDuplicate, e.at, "%s is the hook %q by another name", title, p.c.Hooks[i].Name)
		}
	}
	tenants := s.texts("tenants")
	if e := s.good["tenants"]; e != nil && len(tenants) == 0 {
		p.report(diag.ContractRange, e.val.at, "%s has no tenant", title).WithHint("name one, or remove the hook from the contract")
	}
	var theirs Set
	for _, v := range tenants {
		i := slices.IndexFunc(p.c.Tenants, func(t Tenant) bool { return t.Name == v.text })
		if i < 0 {
			p.report(diag.ContractUndefined, v.at, "there is no tenant %q", v.text).
				WithHint("there are %s", list(p.c.Tenants, func(t Tenant) string { return t.Name }))
			theirs = All // unknown
			continue
		}
		h.Tenants = append(h.Tenants, i)
		t := &p.c.Tenants[i]
		theirs |= t.Capabilities
		if quota := t.Quota.FuelPerSecond; quota > 0 && h.Fuel > quota {
			p.report(diag.ContractConflict, s.good["fuel"].val.at, "%s gives an activation %d fuel, but tenant %q never has more than %d", title, h.Fuel, t.Name, quota).
				WithHint("lower fuel, or raise fuel_per_second under [tenants.%s.quota]", t.Name)
		}
		if h.Thread && t.Quota.Threads == 0 && t.Quota.FuelPerSecond > 0 {
			p.report(diag.ContractConflict, v.at, "containers on %s need a thread of their own, but tenant %q has a quota of none", title, t.Name).
				WithHint("set threads under [tenants.%s.quota]", t.Name)
		}
	}
	slices.Sort(h.Tenants)
	p.narrow(s, &h, theirs)
	if h.Policy == Single && h.Containers > 1 {
		p.report(diag.ContractConflict, s.good["policy"].val.at, "policy \"single\" of %s allows one container, not %d", title, h.Containers).
			WithHint("remove containers, or choose another policy")
	}
	p.c.Hooks = append(p.c.Hooks, h)
}

// narrow leaves the hook the capabilities that it lists, if it does, and finds
// those that no container can have there.
func (p *parser) narrow(s *section, h *Hook, theirs Set) {
	e := s.good["capabilities"]
	if e == nil {
		return
	}
	h.Capabilities = Base | s.capabilities()
	for _, v := range e.val.list {
		one, _ := capability(v.text)
		switch {
		case one&Blocking != 0 && !h.Thread:
			p.report(diag.ContractConflict, v.at, "capability %q lets a container wait, which it must not on %s", v.text, s.title).
				WithHint("set thread = true, or take the capability away")
		case s.good["tenants"] != nil && one&^(theirs|Base) != 0:
			p.report(diag.ContractConflict, v.at, "no tenant of %s has capability %q", s.title, v.text).
				WithHint("a hook can only narrow what its tenants have; grant it to one, or take it away here")
		}
	}
}

func checkTenantName(name string) error {
	if len(name) > 31 || strings.Trim(name, "abcdefghijklmnopqrstuvwxyz0123456789-") != "" || name == "" || name[0] < 'a' {
		return fmt.Errorf("%q is no name for a tenant, which is a lower-case letter and up to 30 letters, digits and -", name)
	}
	return nil
}

func checkHookName(name string) error {
	other := strings.ContainsFunc(name, func(r rune) bool { return !bare(r) && !strings.ContainsRune("./:", r) })
	if len(name) > 63 || other || name == "" || strings.ContainsRune("-_./:", rune(name[0])) {
		return fmt.Errorf("%q is no name for a hook, which is up to 63 letters, digits and -_./: and begins with a letter or digit", name)
	}
	if first, _, _ := strings.Cut(name, "/"); first == "revoked" {
		return fmt.Errorf("%q is no name for a hook, since fc/revoked is the list of revoked keys", name)
	}
	_, err := image.Hook(name)
	return err
}

// macro is what a name becomes in C.
func macro(name string) string {
	return strings.ToUpper(strings.Map(func(r rune) rune {
		if bare(r) && r != '-' {
			return r
		}
		return '_'
	}, name))
}
