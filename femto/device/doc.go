// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT

// Package device asks one device about its containers, over CoAP, and changes
// what they do, over CoAPs.
//
//	c, err := device.Dial(ctx, "coaps://[2001:db8::2]", psk)
//	...
//	defer c.Close()
//	list, err := c.Containers(ctx)
//	err = c.Stop(ctx, list[0].ID)
//
// For reading the firmware needs the module femtocontainer_views, and for changes
// femtocontainer_manage; docs/device-views.cddl and docs/management.cddl describe
// their CBOR. What is installed is package deploy's.
//
// What a device says is taken for input: lengths, nesting and types are
// checked, duplicate keys are refused, and an answer is either understood as a
// whole or an error. Keys that are not known are skipped, so that newer devices
// can be read. Texts come as the device sent them; escape them before they reach
// a terminal.
//
// Errors are *diag.Error: those of package transport, BadAnswer, NotThere when
// the device has no such container, hook or tenant to read of, and the device's
// own for a change that it refuses.
package device
