// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT

package main

import (
	"context"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"github.com/femtocontainer/femtocontainer/femto/device"
	"github.com/femtocontainer/femtocontainer/femto/transport"
)

const deviceCommands = "there are list, info, stats, attach, detach, run, stop, store, slots, log, rm and revoke"

func deviceCmd(u *ui) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "device COMMAND",
		Short: "ask a device about its containers, or change what they do",
		Long: `Device asks one device, over CoAP, what containers it has, how they are, and what
its firmware allows: list, info and stats. These change nothing. The firmware
needs the module femtocontainer_views; docs/device-views.cddl describes what goes
over the wire.

Attach, detach, run and stop change what a container does, and store what is in
the key-value stores. A device takes that over CoAPs only, from those who know its
pre-shared key (--psk). The firmware needs the module femtocontainer_manage;
docs/management.cddl describes what goes over the wire.

Slots and log show what was installed over the network, and rm and revoke, which
take the operator's key, undo that. Here the firmware needs femtocontainer_suit;
docs/deployment.md describes what goes over the wire.`,
		Example: `  femto device list --to coap://[2001:db8::2]
  femto device info 0 --to coap://[2001:db8::2]
  femto device stats --to coap://node.example -o json
  femto device stop 0 --to coaps://[2001:db8::2] --psk kitchen.psk
  femto device slots --to coap://[2001:db8::2]`,
		GroupID: groupDevice,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) == 0 {
				return usagef("which command? %s", deviceCommands)
			}
			return usagef("there is no command %q; %s", args[0], deviceCommands)
		},
		RunE: func(*cobra.Command, []string) error { return nil }, // Args refuses first

		DisableFlagsInUseLine: true,
	}
	cmd.AddCommand(deviceListCmd(u), deviceInfoCmd(u), deviceStatsCmd(u))
	cmd.AddCommand(managementCmds(u)...)
	cmd.AddCommand(deploymentCmds(u)...)
	return cmd
}

// ask adapts a question to cobra: it dials, and gives the answer as JSON or
// text.
func ask[T interface{ print(*ui) }](u *ui, cmd *cobra.Command, question func(ctx context.Context, c *device.Client, args []string) (T, error)) {
	var f deviceFlags
	f.add(cmd, 20*time.Second)
	outputFlag(cmd)
	cmd.ValidArgsFunction = cobra.NoFileCompletions
	cmd.RunE = action(func(ctx context.Context, args []string) error {
		psk, err := f.check()
		if err != nil {
			return err
		}
		ctx, cancel := context.WithTimeout(ctx, f.timeout)
		defer cancel()
		c, err := device.Dial(ctx, f.to, psk)
		if err != nil {
			return err
		}
		defer c.Close()
		answer, err := question(ctx, c, args)
		if err != nil {
			return err
		}
		if u.json {
			u.object(answer)
		} else {
			answer.print(u)
		}
		return nil
	})
}

// deviceFlags say which device.
type deviceFlags struct {
	to, psk string
	timeout time.Duration
}

func (f *deviceFlags) add(cmd *cobra.Command, timeout time.Duration) {
	flags := cmd.Flags()
	flags.StringVar(&f.to, "to", "", "`URL` of the device: coap://HOST or coaps://HOST, and :PORT")
	flags.StringVar(&f.psk, "psk", "", "`FILE` with the device's pre-shared key, as femto keygen --psk makes it, for coaps")
	flags.DurationVar(&f.timeout, "timeout", timeout, "give up after this `time`")
	complete(cmd, "to")
	complete(cmd, "timeout")
}

// check reads the key, if one is given.
func (f *deviceFlags) check() (*transport.PSK, error) {
	if f.to == "" {
		return nil, usagef("which device? add --to URL, such as coaps://[2001:db8::2]")
	}
	if _, _, err := transport.Address(f.to); err != nil {
		return nil, usagef("%v", err)
	}
	if f.psk == "" {
		return nil, nil
	}
	return transport.ReadPSK(f.psk)
}

func none(cmd *cobra.Command, args []string) error {
	if len(args) > 0 {
		return usagef("%s takes no arguments", cmd.CommandPath())
	}
	return nil
}

// containerID reads the argument that names a container.
func containerID(arg string) (uint8, error) {
	id, err := strconv.ParseUint(arg, 10, 8)
	if err != nil {
		return 0, usagef("%q is not the id of a container, a number that femto device list shows", arg)
	}
	return uint8(id), nil
}

func deviceListCmd(u *ui) *cobra.Command {
	cmd := &cobra.Command{
		Use:     "list --to URL",
		Short:   "list the containers of a device",
		Long:    `List shows each container of a device: its id, name and owner, the hook that it is on, and what it is doing.`,
		Example: `  femto device list --to coap://[2001:db8::2]`,
		Args:    none,
	}
	ask(u, cmd, func(ctx context.Context, c *device.Client, _ []string) (containerList, error) {
		contract, err := c.Contract(ctx)
		if err != nil {
			return containerList{}, err
		}
		list, err := c.Containers(ctx)
		v := containerList{Containers: []containerView{}}
		for _, one := range list {
			v.Containers = append(v.Containers, newContainerView(&one, &contract))
		}
		return v, err
	})
	return cmd
}

func deviceInfoCmd(u *ui) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "info [ID] --to URL",
		Short: "show a device and its contract, or one container",
		Long: `Info shows what a device is and what its firmware allows: tenants with their
capabilities and quotas, and hooks with their limits. With the id of a container
it shows that container, with the faults of it that the device still knows.`,
		Example: `  femto device info --to coap://[2001:db8::2]
  femto device info 0 --to coap://[2001:db8::2]`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) > 1 {
				return usagef("one container at a time, not %d", len(args))
			}
			return nil
		},
	}
	ask(u, cmd, func(ctx context.Context, c *device.Client, args []string) (printer, error) {
		var id uint8
		if len(args) == 1 {
			var err error
			if id, err = containerID(args[0]); err != nil {
				return nil, err
			}
		}
		contract, err := c.Contract(ctx)
		if err != nil {
			return nil, err
		}
		if len(args) == 0 {
			return newDeviceView(ctx, c, &contract)
		}
		one, err := c.Container(ctx, id)
		if err != nil {
			return nil, err
		}
		faults, err := c.Faults(ctx)
		if err != nil {
			return nil, err
		}
		return newContainerInfo(&one, &contract, faults), nil
	})
	return cmd
}

func deviceStatsCmd(u *ui) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "stats [ID] --to URL",
		Short: "show the counters of a device, or of one container",
		Long: `Stats shows how often containers ran and faulted, and the latest fault; the
containers and events of each hook; what each tenant used; and the log of faults,
the latest first. Counters have 32 bits and wrap.
With the id of a container it shows that container.`,
		Example: `  femto device stats --to coap://[2001:db8::2]
  femto device stats 0 --to coap://[2001:db8::2] -o json`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) > 1 {
				return usagef("one container at a time, not %d", len(args))
			}
			return nil
		},
	}
	ask(u, cmd, func(ctx context.Context, c *device.Client, args []string) (printer, error) {
		if len(args) == 0 {
			return newStatsView(ctx, c)
		}
		id, err := containerID(args[0])
		if err != nil {
			return nil, err
		}
		one, err := c.Container(ctx, id)
		if err != nil {
			return nil, err
		}
		stats, err := c.ContainerStats(ctx, id)
		if err != nil {
			return nil, err
		}
		return containerCounters{Containers: []containerStats{newContainerStats(&one, &stats)}}, nil
	})
	return cmd
}
