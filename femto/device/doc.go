// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT

// Package device asks one device about its containers, over CoAP.
//
//	c, err := device.Dial("coap://[2001:db8::2]")
//	...
//	defer c.Close()
//	list, err := c.Containers(ctx)
//
// The device's firmware needs the module femtocontainer_views; the resources
// and their CBOR are described in docs/device-views.cddl. Everything here reads;
// what changes a device is in packages suit and cose.
//
// What a device says is taken for input: lengths, nesting and types are
// checked, duplicate keys are refused, and an answer is either understood as a
// whole or an error. Keys that are not known are skipped, so that newer devices
// can be read. Texts come as the device sent them; escape them before they reach
// a terminal.
//
// Errors are *diag.Error: NoAnswer, BadAnswer, or NotThere when the device has
// no such container, hook or tenant.
package device
