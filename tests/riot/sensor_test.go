// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT

package riot

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestSensorTutorial follows tutorial 3 in a network of its own, and wants its
// files to be those of riotpkg/examples/sensor.
func TestSensorTutorial(t *testing.T) {
	need(t, "git", "make", "gcc", "coap-client-notls")
	path := filepath.Join(root, "docs", "tutorial-3-sensor.md")
	header := regexp.MustCompile(`(?s)\A(/\*\n \* SPDX.*?\*/\n\n|# SPDX[^\n]*\n# SPDX[^\n]*\n(#\n)?)`)
	files := 0
	for _, b := range readBlocks(t, path) {
		if b.file == "" {
			continue
		}
		files++
		text, err := os.ReadFile(filepath.Join(root, "riotpkg", "examples", "sensor", b.file))
		require.NoError(t, err)
		want := header.ReplaceAllString(string(text), "")
		want = strings.Replace(want, "include $(CURDIR)/../../../", "include ../femtocontainer/", 1)
		assert.Equal(t, want, b.text, "%s is another one than the example's", b.file)
	}
	assert.Equal(t, 6, files)

	n := newNamespace(t)
	followIn(t, path, n.name)
}

// TestSensorBLE builds the example as the tutorial says for Bluetooth.
func TestSensorBLE(t *testing.T) {
	app := example("sensor", "nrf52840dk", "fast")
	app.variant = "ble"
	app.env = append(app.env, "BLE=1")
	s := app.build(t)
	t.Logf("text / data / bss: %v", s)
	symbols, err := exec.Command("arm-none-eabi-nm", app.elf()).Output()
	require.NoError(t, err)
	for _, want := range []string{"nimble_netif_init", "nrf_temperature_saul_driver", "femto_sys_saul_reg_read", "femto_coap_request"} {
		assert.Contains(t, string(symbols), " "+want+"\n")
	}
}

// fakeSudo is for a machine where tests run as root and there is no sudo.
func fakeSudo(t *testing.T) string {
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "sudo"), []byte("#!/bin/sh\nexec \"$@\"\n"), 0o755))
	return fmt.Sprintf("PATH=%s:%s", os.Getenv("PATH"), dir)
}
