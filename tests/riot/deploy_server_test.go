// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT

package riot

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/femtocontainer/femtocontainer/femto/cose"
	container "github.com/femtocontainer/femtocontainer/femto/image"
	"github.com/femtocontainer/femtocontainer/femto/suit"
)

// TestDeployServers fetches with RIOT's CoAP client, from servers that do as they should in
// several ways, and from others that do not: those cannot have anything else installed, nor hold
// the device for longer than a job may last, nor fill its packet buffer.
func TestDeployServers(t *testing.T) {
	d := newDeviceWith(t, shippedFirmware)
	t.Parallel() // it waits, most of the time
	d.t = t
	twice := otaImage(t, "twice", acmeKey)
	var script, want []string
	number := uint32(0)
	serve := func(mode, verdict string, change func(*suit.Manifest), url string) {
		number++
		name := fmt.Sprint("image", number)
		made := d.put(name, order{component: filter(0), sequence: number, payload: twice, change: change})
		if url == "" {
			url = made
		} else {
			b, err := readFile(d.dir, name+".suit")
			require.NoError(t, err)
			d.serve("longest.suit", b)
		}
		script, want = append(script, "serve "+mode, "trigger "+url), append(want, verdict)
	}
	done := func() string { return fmt.Sprintf("verdict FC0000 fc/filter/0 %d fetches 2", number+1) }
	longest := func(name string) string { // as many options as there can be
		return "coap://h/" + strings.Repeat("x/", (suit.MaxURL-9-len(name))/2) + strings.Repeat("/", (suit.MaxURL-9-len(name))%2) + name
	}

	serve("good", done(), nil, "")
	serve("whole", done(), nil, "")
	serve("separate", done(), nil, "")
	serve("twice", done(), nil, "")
	serve("twice", done(), nil, "")
	script, want = append(script, "packets"), append(want, "packets none")
	require.Len(t, longest("longest.suit"), suit.MaxURL)
	serve("good", done(), func(m *suit.Manifest) { m.URL = longest("image6") }, longest("longest.suit"))
	serve("small", "verdict FC4003 16 - 0 fetches 1", nil, "") // the next block would be the fourth
	serve("changes", "verdict FC4016 fc/filter/0 8 fetches 2", nil, "")
	serve("self", "verdict FC4005 0 - 0 fetches 1", nil, "")
	serve("many", "verdict FC4003 0 - 0 fetches 1", nil, "")
	serve("hold", "verdict FC4003 0 - 0 fetches 1", nil, "")
	serve("good", done(), nil, "")
	script, want = append(script, "packets", "reading"), append(want, "packets none", "reading 42")
	assert.Equal(t, want, d.ask(script...))
}

// TestDeployLastSequence uses up the numbers of a slot and of the list of revoked keys: there is
// nothing newer then, not even the same number with something else.
func TestDeployLastSequence(t *testing.T) {
	d := newDeviceWith(t, shippedFirmware)
	put := func(name string, o order) string {
		o.sequence = math.MaxUint32
		return "trigger " + d.put(name, o)
	}
	twice, thrice := otaImage(t, "twice", acmeKey), otaImage(t, "thrice", acmeKey)
	d.serve("thrice", thrice)
	other := put("b", order{component: filter(0), payload: thrice})
	remove := put("c", order{component: filter(0)})
	revoke := put("d", order{component: suit.Revoked(), payload: revocation(t, strangerKey)})
	again := put("e", order{component: suit.Revoked(), payload: revocation(t, acmeKey)})
	const old = "verdict FC4014 4294967295 fc/filter/0 4294967295 fetches 1"
	assert.Equal(t, []string{"verdict FC0000 fc/filter/0 4294967295 fetches 2", old, old, "/nvm0/other: FC4014, 4294967295",
		"verdict FC0000 fc/revoked 4294967295 fetches 2", "verdict FC4014 4294967295 fc/revoked 4294967295 fetches 1", "reading 42"},
		d.ask(put("a", order{component: filter(0), payload: twice}), other, remove, "install thrice filter 0", revoke, again, "reading"))
	assert.Equal(t, []string{fmt.Sprintf("slot fc/filter/0 attached 4294967295 %x FC0000", digest(twice)), "revoked 1 sequence 4294967295",
		old, old, "verdict FC4014 4294967295 fc/revoked 4294967295 fetches 1", "reading 42"},
		d.ask("slots", other, remove, again, "reading"))
}

// TestDeployNobodyLeft revokes all keys, that of the one who does it included: what ran ends, and
// nobody has anything done any more, after a restart either.
func TestDeployNobodyLeft(t *testing.T) {
	d := newDeviceWith(t, shippedFirmware)
	twice := otaImage(t, "twice", acmeKey)
	install := "trigger " + d.put("a", order{component: filter(0), sequence: 1, payload: twice})
	all := "trigger " + d.put("b", order{component: suit.Revoked(), sequence: 1, payload: revocation(t, operatorKey, secondKey, acmeKey, spareKey, guestKey)})
	require.Equal(t, []string{"verdict FC0000 fc/filter/0 1 fetches 2", "reading 42", "verdict FC0000 fc/revoked 1 fetches 2", "reading 21"},
		d.ask(install, "reading", all, "reading"))
	assert.Equal(t, []string{
		fmt.Sprintf("slot fc/filter/0 refused 1 %x FC4020", digest(twice)), "revoked 5 sequence 1",
		"verdict FC4007 fc/filter/0 2 fetches 1", "verdict FC4007 fc/filter/0 3 fetches 1", "verdict FC4007 fc/revoked 2 fetches 1", "reading 21",
	}, d.ask("slots",
		"trigger "+d.put("c", order{component: filter(0), sequence: 2, payload: otaImage(t, "thrice", spareKey)}),
		"trigger "+d.put("d", order{component: filter(0), sequence: 3, key: secondKey}),
		"trigger "+d.put("e", order{component: suit.Revoked(), sequence: 2, payload: revocation(t, strangerKey)}), "reading"))
}

// TestDeployLongNames installs on the hook with the longest name that a file can have, bound to the
// device, which makes the longest component; on a longer one there is no place.
func TestDeployLongNames(t *testing.T) {
	d := newDevice(t)
	img, err := container.Decode(otaImage(t, "twice", nil))
	require.NoError(t, err)
	img.Entries[0].Hook = nil // for all hooks
	unsigned, err := img.Encode()
	require.NoError(t, err)
	signed, err := cose.Sign(unsigned, acmeKey)
	require.NoError(t, err)
	put := func(hook string, slot int) string {
		return "trigger " + d.put(hook, order{component: suit.Slot(hook, slot).For(d.id()), sequence: 1, payload: signed})
	}
	fits, longer := put("a-name-of-24-characters0", 0), put("a-name-of-25-characters00", 0)
	assert.Equal(t, []string{"verdict FC0000 fc/a-name-of-24-characters0/0 1 fetches 2", "verdict FC4012 fc/a-name-of-25-characters00/0 1 fetches 1"},
		d.ask(fits, longer))
	assert.Equal(t, []string{fmt.Sprintf("slot fc/a-name-of-24-characters0/0 attached 1 %x FC0000", digest(signed)), "revoked 0 sequence 0"},
		d.ask("slots"))
}
