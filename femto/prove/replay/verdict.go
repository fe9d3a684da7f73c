// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT

package replay

import (
	"errors"

	"github.com/femtocontainer/femtocontainer/femto/diag"
	"github.com/femtocontainer/femtocontainer/femto/image"
	"github.com/femtocontainer/femtocontainer/femto/verify"
)

// Verdict is what the Go decoder and verifier, which are the format's and the
// table's, say of a file, with every system call granted: the first offence and
// its slot, or 0 and diag.NoPC.
func Verdict(file []byte) (code diag.Code, pc int) {
	img, err := image.Decode(file)
	if err == nil {
		err = verify.Image(img, verify.Options{})
	}
	var d *diag.Error
	if errors.As(err, &d) {
		return d.Code, d.PC
	}
	return 0, diag.NoPC
}
