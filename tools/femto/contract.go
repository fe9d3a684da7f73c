// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT

package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/femtocontainer/femtocontainer/femto/contract"
	"github.com/femtocontainer/femtocontainer/femto/diag"
)

func contractCmd(u *ui) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "contract COMMAND",
		Short: "say what a firmware allows, and to whom",
		Long: `A contract is a TOML file beside a firmware's sources in which its owner says
which tenants there are, on which hooks their containers may run, what these may
call, and how much of everything they get. docs/contracts.md describes it.`,
		Example: `  femto contract check building.toml
  femto contract emit building.toml -o build
  femto verify average.fc --contract building.toml --tenant acme --hook sampler`,
		GroupID: groupFirmware,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) == 0 {
				return usagef("which command? check and emit there are")
			}
			return usagef("there is no command %q; check and emit there are", args[0])
		},
		RunE: func(*cobra.Command, []string) error { return nil }, // Args refuses first

		DisableFlagsInUseLine: true,
	}
	cmd.AddCommand(contractCheckCmd(u), contractEmitCmd(u))
	return cmd
}

func contractCheckCmd(u *ui) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "check FILE.toml",
		Short: "find everything that is wrong with a contract",
		Long: `Check reads a contract and lists everything that is wrong with it, each with its
line, column, reason and code: keys that are not known, values of the wrong type
or out of range, what is twice or not defined, and what contradicts itself.`,
		Example:           `  femto contract check building.toml`,
		Args:              one("contract"),
		ValidArgsFunction: files("toml"),
	}
	outputFlag(cmd)
	cmd.RunE = action(func(ctx context.Context, args []string) error {
		c, _, err := u.readContract(ctx, args[0])
		if err != nil {
			return err
		}
		if u.json {
			u.object(newContractView(c))
			return nil
		}
		u.note("%s is accepted: %s, %s", title(args[0]), plural(len(c.Tenants), "tenant"), plural(len(c.Hooks), "hook"))
		return nil
	})
	return cmd
}

func contractEmitCmd(u *ui) *cobra.Command {
	var deps string
	cmd := &cobra.Command{
		Use:   "emit FILE.toml -o DIR",
		Short: "turn a contract into C source for a firmware",
		Long: `Emit checks a contract and writes it to DIR as C source: femto_contract.c has the
constant tables, with public keys, UUIDs, and the system calls that each tenant
may make on each hook, and femto_contract.h declares them. The same contract
always gives the same files.`,
		Example:           `  femto contract emit building.toml -o build`,
		Args:              one("contract"),
		ValidArgsFunction: files("toml"),
	}
	out := outputFileFlag(cmd, "`DIR` that gets femto_contract.c and femto_contract.h")
	cmd.Flags().StringVar(&deps, "deps", "", "`FILE` that gets make rules: femto_contract.c depends on the contract and its PEM files")
	cmd.RunE = action(func(ctx context.Context, args []string) error {
		dir, err := out.dir()
		if err != nil {
			return err
		}
		c, inputs, err := u.readContract(ctx, args[0])
		if err != nil {
			return err
		}
		source, header := filepath.Join(dir, contract.SourceFile), filepath.Join(dir, contract.HeaderFile)
		if deps != "" {
			if err := u.write(deps, makeRules(source, inputs)); err != nil {
				return err
			}
		}
		// The header first: make takes the .c file as the sign of completion.
		made := c.Files()
		for _, name := range []string{header, source} {
			if err := u.write(name, made[filepath.Base(name)]); err != nil {
				return err
			}
		}
		if u.json {
			u.object(struct {
				Source string `json:"source"`
				Header string `json:"header"`
			}{source, header})
			return nil
		}
		u.note("%s and .h are in %s: %s, %s", contract.SourceFile, dir, plural(len(c.Tenants), "tenant"), plural(len(c.Hooks), "hook"))
		return nil
	})
	return cmd
}

// readContract reads a contract, whose paths are seen from where it is, and
// names the files that it took.
func (u *ui) readContract(ctx context.Context, name string) (c *contract.Contract, inputs []string, err error) {
	text, err := u.read(ctx, name)
	if err != nil {
		return nil, nil, err
	}
	if name != stdio {
		inputs = append(inputs, name)
	}
	c, err = contract.Parse(title(name), text, func(path string) ([]byte, error) {
		if !filepath.IsAbs(path) {
			path = filepath.Join(filepath.Dir(name), path)
		}
		inputs = append(inputs, path)
		return u.read(ctx, path)
	})
	return c, inputs, err
}

// makeRules says that target depends on the inputs, and that it is no mistake
// when one of them is gone.
func makeRules(target string, inputs []string) []byte {
	escape := strings.NewReplacer(" ", `\ `, "#", `\#`, "$", "$$").Replace
	var b strings.Builder
	fmt.Fprintf(&b, "%s:", escape(target))
	for _, name := range inputs {
		b.WriteString(" " + escape(name))
	}
	b.WriteString("\n")
	for _, name := range inputs {
		fmt.Fprintf(&b, "%s:\n", escape(name))
	}
	return []byte(b.String())
}

// A contractView is a contract as JSON.
type contractView struct {
	Errors  []jsonError  `json:"errors"`
	Tenants []tenantView `json:"tenants"`
	Hooks   []hookView   `json:"hooks"`
}

type tenantView struct {
	Name         string   `json:"name"`
	Keys         []string `json:"keys"`
	Capabilities []string `json:"capabilities"`
}

type hookView struct {
	Name   string      `json:"name"`
	UUID   string      `json:"uuid"`
	Policy string      `json:"policy"`
	Fuel   uint32      `json:"fuel"`
	Grants []grantView `json:"grants"`
}

type grantView struct {
	Tenant  string   `json:"tenant"`
	Helpers []uint16 `json:"helpers"`
}

func newContractView(c *contract.Contract) contractView {
	v := contractView{Errors: []jsonError{}}
	for _, t := range c.Tenants {
		tv := tenantView{Name: t.Name, Capabilities: t.Capabilities.Names()}
		for _, key := range t.Keys {
			tv.Keys = append(tv.Keys, fmt.Sprintf("%x", key))
		}
		v.Tenants = append(v.Tenants, tv)
	}
	for _, h := range c.Hooks {
		hv := hookView{Name: h.Name, UUID: uuid(h.UUID), Policy: h.Policy.String(), Fuel: h.Fuel}
		for i, t := range c.Tenants {
			if helpers, err := c.Grants(t.Name, h.Name); err == nil && slices.Contains(h.Tenants, i) {
				hv.Grants = append(hv.Grants, grantView{t.Name, helpers})
			}
		}
		v.Hooks = append(v.Hooks, hv)
	}
	return v
}

// A permission is the flags of a command that asks a contract about an image.
type permission struct{ file, tenant, hook string }

func permissionFlags(cmd *cobra.Command) *permission {
	p := &permission{}
	flags := cmd.Flags()
	flags.StringVar(&p.file, "contract", "", "`FILE` that has the contract of the firmware")
	flags.StringVar(&p.tenant, "tenant", "", "`NAME` of the tenant, in the contract")
	flags.StringVar(&p.hook, "hook", "", "`NAME` of the hook, in the contract")
	complete(cmd, "tenant")
	complete(cmd, "hook")
	return p
}

// asked is whether there is a contract to ask.
func (p *permission) asked() (bool, error) {
	switch {
	case p.file == "" && p.tenant == "" && p.hook == "":
		return false, nil
	case p.file == "" || p.tenant == "" || p.hook == "":
		return false, usagef("--contract, --tenant and --hook go together")
	}
	return true, nil
}

// refuses asks the contract about the program.
func (p *permission) refuses(ctx context.Context, u *ui, prog *program) error {
	c, _, err := u.readContract(ctx, p.file)
	if err != nil {
		return err
	}
	err = c.Refuse(prog.img, p.tenant, p.hook)
	if err == nil {
		return nil
	}
	var errs []error
	for _, e := range split(err) {
		var d *diag.Error
		if errors.As(e, &d) && d.Code == diag.NotGranted {
			errs = append(errs, locate(e, prog.name)) // it is about the image
		} else {
			errs = append(errs, locate(e, p.file))
		}
	}
	return errors.Join(errs...)
}
