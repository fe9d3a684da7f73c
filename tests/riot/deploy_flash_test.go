// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT

package riot

import (
	"bytes"
	"fmt"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/femtocontainer/femtocontainer/femto/suit"
)

// The flash of deploy/Makefile: banks of 3 pages of 1 KiB for an image. At the end
// are those for revoked keys, which take a page each, and before them those of slot 0.
const (
	flashPage  = 1024
	flashUnit  = 64
	bankRevoke = flashSize - 2*flashPage
	bankSlot0  = bankRevoke - 2*3*flashPage
	bankSlot0b = bankSlot0 + 3*flashPage
)

// TestDeployFlash is TestDeploy with containers in pages of the CPU's own flash.
func TestDeployFlash(t *testing.T) { deploy(t, newDeviceWith(t, pagesFirmware)) }

// TestPowerCutsFlash enumerates fewer random lengths; operations are as many.
func TestPowerCutsFlash(t *testing.T) {
	cutPower(t, newDeviceWith(t, pagesFirmware), *powerCuts/4)
}

// TestFlashInPlace runs containers from where they are kept: text and constants are in the flash
// once installed, once replaced, and after a restart, and banks take turns.
func TestFlashInPlace(t *testing.T) {
	d := newDeviceWith(t, pagesFirmware)
	small, large := otaImage(t, "twice", acmeKey), forge(t, 1600)
	put := func(n uint32, payload []byte) string {
		return "trigger " + d.put(fmt.Sprint("f", n), order{component: filter(0), sequence: n, payload: payload})
	}
	verdict := func(n int) string { return fmt.Sprintf("verdict FC0000 fc/filter/0 %d fetches 2", n) }
	inFlash := "place fc/filter/0 flash"
	assert.Equal(t, []string{verdict(1), inFlash, "reading 42", verdict(2), inFlash, "reading 42", verdict(3), inFlash, "reading 42"},
		d.ask(put(1, small), "place", "reading", put(2, large), "place", "reading", put(3, small), "place", "reading"))
	flash := d.flash()
	for bank, image := range map[int][]byte{bankSlot0: small, bankSlot0b: large} {
		at := bank + 2*flashUnit
		assert.True(t, bytes.Equal(image, flash[at:at+len(image)]), "bank at %d", bank)
	}
	assert.Equal(t, []string{inFlash, "reading 42", verdict(4), inFlash, "reading 42"},
		d.ask("place", "reading", put(4, large), "place", "reading"))

	// with a file system they run from RAM
	assert.Equal(t, []string{"place fc/filter/0 RAM"}, func() []string {
		d := newDevice(t)
		return d.ask("trigger "+d.put("a", order{component: filter(0), sequence: 1, payload: small}), "place")[1:]
	}())
}

// TestFlashDamagedRecord has bits go bad where a record is kept. One good header is enough;
// with a damaged image, or without both headers, nothing older comes back.
func TestFlashDamagedRecord(t *testing.T) {
	const sequence = 4
	img := forge(t, 1600)
	good := fmt.Sprintf("slot fc/filter/0 attached 5 %x FC0000", digest(img))
	old := "verdict FC4014 5 fc/filter/0 5 fetches 1"
	again := "verdict FC0000 fc/filter/0 5 fetches 2"
	for _, c := range []struct {
		name string
		at   []int
		want []string
	}{
		{"header", []int{bankSlot0 + sequence}, []string{good, old, good}},
		{"its copy", []int{bankSlot0 + flashUnit + sequence}, []string{good, old, good}},
		{"image", []int{bankSlot0 + 2*flashUnit + 1000}, []string{fmt.Sprintf("slot fc/filter/0 refused 5 %x FC4025", digest(img)), old,
			fmt.Sprintf("slot fc/filter/0 refused 5 %x FC4025", digest(img))}},
		{"both headers", []int{bankSlot0 + sequence, bankSlot0 + flashUnit + sequence},
			[]string{"slot fc/filter/0 refused 0 00000000 FC4025", again, good}},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := newDeviceWith(t, pagesFirmware)
			install := "trigger " + d.put("a", order{component: filter(0), sequence: 5, payload: img})
			require.Equal(t, []string{again}, d.ask(install))
			flash := d.flash()
			for _, at := range c.at {
				flash[at] ^= 1
			}
			d.setFlash(flash)
			lines := d.ask("slots", install, "slots")
			assert.Equal(t, []string{c.want[0], "revoked 0 sequence 0", c.want[1], c.want[2], "revoked 0 sequence 0"}, lines)
		})
	}
}

// TestFlashDamagedRevocations loses the list of revoked keys: nothing is taken but a new one.
func TestFlashDamagedRevocations(t *testing.T) {
	d := newDeviceWith(t, pagesFirmware)
	install := "trigger " + d.put("a", order{component: filter(0), sequence: 1, payload: otaImage(t, "twice", acmeKey)})
	revoke := func(n uint32) string {
		return "trigger " + d.put(fmt.Sprint("r", n), order{component: suit.Revoked(), sequence: n, payload: revocation(t, secondKey)})
	}
	require.Equal(t, []string{"verdict FC0000 fc/revoked 2 fetches 2"}, d.ask(revoke(2)))
	flash := d.flash()
	flash[bankRevoke+2*flashUnit] ^= 1
	d.setFlash(flash)
	assert.Equal(t, []string{
		"revoked 0 sequence 2", "verdict FC4025 fc/filter/0 1 fetches 1", "verdict FC4014 2 fc/revoked 1 fetches 1",
		"verdict FC0000 fc/revoked 3 fetches 2", "verdict FC0000 fc/filter/0 1 fetches 2",
	}, d.ask("slots", install, revoke(1), revoke(3), install))
}

// TestFlashForeignRecord puts a good record where another slot's belongs: it is not taken.
func TestFlashForeignRecord(t *testing.T) {
	d := newDeviceWith(t, pagesFirmware)
	require.Equal(t, []string{"verdict FC0000 fc/filter/0 1 fetches 2"},
		d.ask("trigger "+d.put("a", order{component: filter(0), sequence: 1, payload: otaImage(t, "twice", acmeKey)})))
	flash := d.flash()
	copy(flash[bankSlot0-2*3*flashPage:bankSlot0], flash[bankSlot0:bankRevoke])
	d.setFlash(flash)
	assert.Equal(t, "slot fc/filter/1 refused 0 00000000 FC4025", d.ask("slots")[1])
}

// TestFlashQEMU stores containers in the flash of a Cortex-M0 and runs them there, with RIOT's driver
// for the controller of that flash, which QEMU has.
func TestFlashQEMU(t *testing.T) {
	i := slices.IndexFunc(places, func(p place) bool { return p.board == "microbit" })
	term := places[i].start(t, application{dir: "tests/riot/in_place", board: "microbit", variant: "small"})
	term.expect(runTimeout, "store: 0\n",
		"record: none, sequence 0, 0 bytes",
		"store 1: 0", "record: good, sequence 1,", "attach: 0, value 42, page -4 -4",
		"store 2: 0", "record: good, sequence 2,", "attach: 0, value 63, page -3 -3",
		"store 3: 0", "record: good, sequence 3,", "attach: 0, value 42, page -4 -4",
		"store 4: 0", "record: good, sequence 4, 0 bytes", "end")
}
