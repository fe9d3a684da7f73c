// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT

// Package deploy brings images onto a device that is reachable by CoAP.
//
//	c, err := deploy.Dial(ctx, "coaps://[2001:db8::2]", psk)
//	...
//	defer c.Close()
//	job := deploy.Job{Component: suit.Slot("timer", 0), Image: img, Key: operator, Wait: true}
//	result, err := job.Run(ctx, c)
//
// A job asks the device who it is and what it has, makes and signs a manifest
// for it, serves manifest and image, tells the device where they are, and
// follows it to its verdict. A device that refuses gives its own code, which
// becomes the error. What goes over the network is described in docs/deployment.md
// and .cddl.
//
// A Server is a CoAP file server by itself: any block of any file at any time,
// without memory of who asked, so that lost packets and restarts on either
// side cost nothing but time.
//
// What a device or a client sends is taken for hostile. What a device says
// without DTLS can be forged by anybody on the way; only the signatures decide
// what it runs.
package deploy
