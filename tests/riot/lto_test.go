// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT

package riot

import (
	"debug/elf"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestLTO builds with RIOT's LTO=1. The core stays out of link-time
// optimization: with it, the registers that femto_fast.c sets aside on
// Cortex-M4 are an error of the linker, and with luck only that.
//
// The firmware for Cortex-M4 is not run, since QEMU cannot run it: link-time
// optimization inlines the function that the module qemu_stm32 replaces.
func TestLTO(t *testing.T) {
	for _, board := range []string{"native64", "nucleo-f411re"} {
		t.Run(board, func(t *testing.T) {
			app := example("faulty", board, "fast")
			app.variant += "-lto"
			app.env = append(app.env, "LTO=1")
			app.build(t)

			assert.True(t, forLTO(t, app, "femtocontainer_contrib"), "the build does not heed LTO=1")
			assert.False(t, forLTO(t, app, "femtocontainer"), "the core is optimized when linking")
			if board == "native64" {
				openTerminal(t, root, nil, app.elf()).expect(runTimeout, printed["faulty"]...)
			}
		})
	}
}

// forLTO tells whether an object of the module has GCC's intermediate code.
func forLTO(t *testing.T, app application, module string) bool {
	objects, err := filepath.Glob(filepath.Join(app.bin(), app.board, module, "*.o"))
	require.NoError(t, err)
	require.NotEmpty(t, objects)
	for _, name := range objects {
		f, err := elf.Open(name)
		require.NoError(t, err)
		defer f.Close()
		for _, s := range f.Sections {
			if strings.HasPrefix(s.Name, ".gnu.lto_") {
				return true
			}
		}
	}
	return false
}
