// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT

package main

import (
	"context"
	"encoding/binary"
	"encoding/hex"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/femtocontainer/femtocontainer/femto/device"
)

// managementCmds are the commands of femto device that change what containers do.
func managementCmds(u *ui) []*cobra.Command {
	return []*cobra.Command{deviceAttachCmd(u), deviceDetachCmd(u), deviceRunCmd(u), deviceStopCmd(u), deviceStoreCmd(u)}
}

// A doneView says what was done.
type doneView struct {
	Done string `json:"done"`
	To   string `json:"to"` // a container or a store
}

func (v doneView) print(u *ui) { u.line("%s: %s", v.To, v.Done) }

// change is a command that does something to one container.
func change(u *ui, cmd *cobra.Command, done string, do func(*device.Client, context.Context, uint8) error) *cobra.Command {
	cmd.Args = one("id of a container")
	ask(u, cmd, func(ctx context.Context, c *device.Client, args []string) (doneView, error) {
		id, err := containerID(args[0])
		if err != nil {
			return doneView{}, err
		}
		return doneView{done, "container " + args[0]}, do(c, ctx, id)
	})
	return cmd
}

func deviceAttachCmd(u *ui) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "attach ID HOOK --to URL --psk FILE",
		Short: "have a container called when a hook fires",
		Long: `Attach verifies the container's image, gives it its initial data, and has it called
when the hook fires, or starts it if the hook's containers have threads. What the
container may do there is the contract's.`,
		Example: `  femto device attach 0 sampler --to coaps://[2001:db8::2] --psk kitchen.psk`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 2 {
				return usagef("attach what to what? the id of a container and the name of a hook are needed")
			}
			return nil
		},
	}
	ask(u, cmd, func(ctx context.Context, c *device.Client, args []string) (doneView, error) {
		id, err := containerID(args[0])
		if err != nil {
			return doneView{}, err
		}
		return doneView{"attached to " + args[1], "container " + args[0]}, c.Attach(ctx, id, args[1])
	})
	return cmd
}

func deviceDetachCmd(u *ui) *cobra.Command {
	return change(u, &cobra.Command{
		Use:   "detach ID --to URL --psk FILE",
		Short: "take a container off its hook",
		Long: `Detach has a container called no more, until it is attached again. It returns when
the container's last activation is over. What is installed stays.`,
		Example: `  femto device detach 0 --to coaps://[2001:db8::2] --psk kitchen.psk`,
	}, "detached", (*device.Client).Detach)
}

func deviceRunCmd(u *ui) *cobra.Command {
	return change(u, &cobra.Command{
		Use:   "run ID --to URL --psk FILE",
		Short: "start a container anew, where it is or was",
		Long: `Run gives a container its initial data and starts it again: one with a thread that
was stopped or has returned, one that was detached after faults, or any that is
on a hook.`,
		Example: `  femto device run 0 --to coaps://[2001:db8::2] --psk kitchen.psk`,
	}, "running", (*device.Client).Run)
}

func deviceStopCmd(u *ui) *cobra.Command {
	return change(u, &cobra.Command{
		Use:   "stop ID --to URL --psk FILE",
		Short: "stop a container that has a thread",
		Long: `Stop asks a container with a thread to return, and ends it if it does not. It stays
on its hook; run starts it anew.`,
		Example: `  femto device stop 0 --to coaps://[2001:db8::2] --psk kitchen.psk`,
	}, "stopped", (*device.Client).Stop)
}

func deviceStoreCmd(u *ui) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "store COMMAND",
		Short: "change what is in a device's key-value stores",
		Long: `Store changes a key of one of a device's key-value stores: a container's own
(--container), that of a tenant's containers (--tenant), or that of all (--global).
An entry counts for the quota of its tenant; in the store of all, for that of the
tenant that is named besides, or else for what the firmware keeps for itself.`,
		Example: `  femto device store set 1 2156 --container 0 --to coaps://[2001:db8::2] --psk kitchen.psk
  femto device store delete 1 --tenant acme --to coaps://[2001:db8::2] --psk kitchen.psk`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) == 0 {
				return usagef("which command? set and delete there are")
			}
			return usagef("there is no command %q; set and delete there are", args[0])
		},
		RunE: func(*cobra.Command, []string) error { return nil }, // Args refuses first

		DisableFlagsInUseLine: true,
	}
	cmd.AddCommand(storeSetCmd(u), storeDeleteCmd(u))
	return cmd
}

// storeFlags say which store.
type storeFlags struct {
	container, tenant string
	global            bool
}

func (f *storeFlags) add(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringVar(&f.container, "container", "", "the store of the container with this `ID`")
	flags.StringVar(&f.tenant, "tenant", "", "the store of the containers of the tenant with this `NAME`")
	flags.BoolVar(&f.global, "global", false, "the store of all containers; --tenant says who pays")
	complete(cmd, "container")
	complete(cmd, "tenant")
}

// store asks the device for the number of a tenant.
func (f *storeFlags) store(ctx context.Context, c *device.Client) (s device.Store, name string, err error) {
	switch {
	case f.container != "" && !f.global && f.tenant == "":
		id, err := containerID(f.container)
		return device.Store{Scope: device.Local, Owner: id}, "store of container " + f.container, err
	case f.container != "" || f.tenant == "" && !f.global:
		return s, "", usagef("which store? add --container ID, --tenant NAME or --global")
	}
	s, name = device.Store{Scope: device.Shared}, "store of tenant "+f.tenant
	if f.global {
		s, name = device.Store{Scope: device.Global, Owner: device.Firmware}, "store of all"
	}
	if f.tenant == "" {
		return s, name, nil
	}
	contract, err := c.Contract(ctx)
	if err != nil {
		return s, "", err
	}
	for i, t := range contract.Tenants {
		if t.Name == f.tenant {
			s.Owner = uint8(i)
			return s, name, nil
		}
	}
	return s, "", usagef("the device has no tenant %q", f.tenant)
}

func storeKey(arg string) (uint32, error) {
	key, err := strconv.ParseUint(arg, 0, 32)
	if err != nil {
		return 0, usagef("%q is not a key, a number below 2^32", arg)
	}
	return uint32(key), nil
}

// storeValue is a number of 4 bytes, as containers store and fetch it, or bytes.
func storeValue(arg string) ([]byte, error) {
	if digits, ok := strings.CutPrefix(arg, "hex:"); ok {
		b, err := hex.DecodeString(digits)
		if err != nil {
			return nil, usagef("%q is not hex: and pairs of hex digits", arg)
		}
		return b, nil
	}
	n, err := strconv.ParseUint(arg, 0, 32)
	if err != nil {
		return nil, usagef("%q is not a value: a number below 2^32, or hex: and bytes", arg)
	}
	return binary.LittleEndian.AppendUint32(nil, uint32(n)), nil
}

func storeSetCmd(u *ui) *cobra.Command {
	var f storeFlags
	var keep bool
	cmd := &cobra.Command{
		Use:   "set KEY VALUE --to URL --psk FILE",
		Short: "set the value of a key",
		Long: `Set puts a value into a store: a number below 2^32, which takes 4 bytes, or any bytes,
as hex:0011.`,
		Example: `  femto device store set 1 2156 --container 0 --to coaps://[2001:db8::2] --psk kitchen.psk
  femto device store set 7 hex:00ff --global --to coaps://[2001:db8::2] --psk kitchen.psk`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 2 {
				return usagef("set what? a key and a value are needed")
			}
			return nil
		},
	}
	f.add(cmd)
	cmd.Flags().BoolVar(&keep, "keep", false, "keep it over a restart, if the firmware has femtocontainer_kv_files")
	ask(u, cmd, func(ctx context.Context, c *device.Client, args []string) (doneView, error) {
		key, err := storeKey(args[0])
		if err != nil {
			return doneView{}, err
		}
		value, err := storeValue(args[1])
		if err != nil {
			return doneView{}, err
		}
		s, name, err := f.store(ctx, c)
		if err != nil {
			return doneView{}, err
		}
		return doneView{"key " + args[0] + " set", name}, c.Put(ctx, s, key, value, keep)
	})
	return cmd
}

func storeDeleteCmd(u *ui) *cobra.Command {
	var f storeFlags
	cmd := &cobra.Command{
		Use:     "delete KEY --to URL --psk FILE",
		Short:   "delete a key",
		Long:    `Delete takes a key and its value out of a store.`,
		Example: `  femto device store delete 1 --tenant acme --to coaps://[2001:db8::2] --psk kitchen.psk`,
		Args:    one("key"),
	}
	f.add(cmd)
	ask(u, cmd, func(ctx context.Context, c *device.Client, args []string) (doneView, error) {
		key, err := storeKey(args[0])
		if err != nil {
			return doneView{}, err
		}
		s, name, err := f.store(ctx, c)
		if err != nil {
			return doneView{}, err
		}
		return doneView{"key " + args[0] + " deleted", name}, c.Delete(ctx, s, key)
	})
	return cmd
}
