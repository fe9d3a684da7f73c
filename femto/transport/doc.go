// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT

// Package transport connects to devices: by CoAP, where everybody may ask, and by
// CoAPs, that is over DTLS, where the device takes what changes it.
//
//	psk, err := transport.ReadPSK("kitchen.psk")
//	...
//	conn, err := transport.Dial(ctx, "coaps://[2001:db8::2]", psk)
//
// DTLS is version 1.2 with TLS_PSK_WITH_AES_128_CCM_8, which RIOT's tinydtls has.
// Errors are *diag.Error: NoAnswer, NotAdmitted, BadKeyFile or OpenKeyFile.
package transport
