// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT

package riot

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"encoding/hex"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/femtocontainer/femtocontainer/femto/cose"
	"github.com/femtocontainer/femtocontainer/femto/suit"
)

const (
	flashSize = 32 * 4096 // of deploy/Makefile
	powerCut  = 42        // exit status of deploy/flash.c
)

// Keys of tests/riot/deploy/keys, by what they are for.
func testKey(n byte) ed25519.PrivateKey {
	return ed25519.NewKeyFromSeed(bytes.Repeat([]byte{n}, ed25519.SeedSize))
}

var (
	operatorKey, secondKey      = testKey(1), testKey(2)
	acmeKey, spareKey, guestKey = testKey(3), testKey(4), testKey(5)
	strangerKey                 = testKey(6)

	testVendor = suit.VendorID("riot-os.org")
	testClass  = suit.ClassID(testVendor, "deploy-native64")
)

func public(k ed25519.PrivateKey) ed25519.PublicKey { return k.Public().(ed25519.PublicKey) }

// shippedFirmware is compiled as it ships; deployFirmware, which most tests run, with
// sanitizers, whose reports fail a test.
var (
	shippedFirmware = application{dir: "tests/riot/deploy", board: "native64", variant: "fast",
		env: []string{"USEMODULE=femtocontainer_fast"}}
	deployFirmware = sanitized("deploy")
)

// pagesFirmware keeps what is installed in the CPU's own flash.
var pagesFirmware = application{dir: "tests/riot/deploy", board: "native64", variant: "pages",
	env: []string{"USEMODULE=femtocontainer_fast", "STORE=flash"}}

var deployBuilt = map[string]bool{}

// A device is firmware and a flash chip: the file flash.bin in a folder, beside
// the files that its server has.
type device struct {
	t   *testing.T
	dir string
	elf string
}

func newDevice(t *testing.T) device { t.Helper(); return newDeviceWith(t, deployFirmware) }

func newDeviceWith(t *testing.T, firmware application) device {
	t.Helper()
	if !deployBuilt[firmware.variant] {
		firmware.build(t)
		deployBuilt[firmware.variant] = true
	}
	d := device{t, t.TempDir(), firmware.elf()}
	d.setFlash(bytes.Repeat([]byte{0xff}, flashSize))
	return d
}

func (d device) flash() []byte {
	b, err := os.ReadFile(filepath.Join(d.dir, "flash.bin"))
	require.NoError(d.t, err)
	return b
}

func (d device) setFlash(b []byte) { d.serve("flash.bin", b) }

func (d device) serve(name string, b []byte) {
	require.NoError(d.t, os.WriteFile(filepath.Join(d.dir, name), b, 0o644))
}

// run boots the device, lets it do the script, and returns what it printed from
// its boot on, without what RIOT's modules have to say.
func (d device) run(script ...string) (lines []string, status int) {
	d.t.Helper()
	d.serve("script", []byte(strings.Join(script, "\n")+"\n"))
	ctx, cancel := context.WithTimeout(d.t.Context(), runTimeout)
	defer cancel()
	log, err := os.Create(filepath.Join(d.dir, "log"))
	require.NoError(d.t, err)
	defer log.Close()
	cmd := exec.CommandContext(ctx, d.elf, "--id=1") // of this device; else it is the process id
	cmd.Dir, cmd.Env = d.dir, sanitizerEnv()
	cmd.Stdout, cmd.Stderr = log, log
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	require.NoError(d.t, cmd.Start())
	err = cmd.Wait()
	syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) // native's child
	status = cmd.ProcessState.ExitCode()
	out, readErr := os.ReadFile(log.Name())
	require.NoError(d.t, readErr)
	if status != 0 && status != powerCut {
		d.t.Fatalf("%v: %s", err, out)
	}
	for _, line := range strings.Split(string(out), "\n") {
		if worthTelling.MatchString(line) {
			lines = append(lines, line)
		}
	}
	return lines, status
}

var worthTelling = regexp.MustCompile(`^(/nvm0|begin|slot|revoked|verdict|trigger|reading|alarm|average|install|operations|fill|heap|parse|guest:|answer|place|packets|what) ?`)

// ask is run for scripts during which the power does not fail, without the first line.
func (d device) ask(script ...string) []string {
	d.t.Helper()
	lines, status := d.run(script...)
	require.Zero(d.t, status)
	require.Contains(d.t, lines[0], "begin 0, device ")
	return lines[1:]
}

func (d device) id() uuid.UUID {
	d.t.Helper()
	lines, _ := d.run()
	b, err := hex.DecodeString(lines[0][len("begin 0, device "):])
	require.NoError(d.t, err)
	return uuid.UUID(b)
}

var images sync.Map

// image is a container from source, signed.
func image(t *testing.T, source string, key ed25519.PrivateKey) []byte {
	t.Helper()
	unsigned, ok := images.Load(source)
	if !ok {
		out := filepath.Join(t.TempDir(), "image.fc")
		msg, err := command(t, root, os.Environ(), femto, "build", source, "-o", out,
			"--cflags", "-I"+filepath.Join(root, "riotpkg/examples/ota"))
		require.NoError(t, err, msg)
		b, err := os.ReadFile(out)
		require.NoError(t, err)
		unsigned, _ = images.LoadOrStore(source, b)
	}
	if key == nil {
		return unsigned.([]byte)
	}
	signed, err := cose.Sign(unsigned.([]byte), key)
	require.NoError(t, err)
	return signed
}

func otaImage(t *testing.T, name string, key ed25519.PrivateKey) []byte {
	return image(t, "riotpkg/examples/ota/updates/"+name+".c", key)
}

// An order is a manifest and its payload, both served.
type order struct {
	component suit.Component
	sequence  uint32
	payload   []byte
	key       ed25519.PrivateKey
	mode      string // how the server serves the payload, see deploy/main.c
	change    func(*suit.Manifest)
}

// put serves an order's files as NAME.suit and NAME and returns the manifest's URL.
func (d device) put(name string, o order) string {
	d.t.Helper()
	m := suit.Manifest{Sequence: o.sequence, Component: o.component, Vendor: testVendor, Class: testClass,
		URL: "coap://h/" + name + o.mode, Digest: suit.Nothing}
	if len(o.payload) > 0 {
		require.NoError(d.t, m.Of(o.payload))
		d.serve(name, o.payload)
	}
	if o.change != nil {
		o.change(&m)
	}
	if o.key == nil {
		o.key = operatorKey
	}
	b, err := m.Sign(suit.RIOT09, o.key)
	require.NoError(d.t, err)
	d.serve(name+".suit", b)
	return "coap://h/" + name + ".suit"
}

func revocation(t *testing.T, keys ...ed25519.PrivateKey) []byte {
	t.Helper()
	var ids []cose.KeyID
	for _, k := range keys {
		ids = append(ids, cose.ID(public(k)))
	}
	b, err := suit.Revocation(ids)
	require.NoError(t, err)
	return b
}

// TestDeploy is a device's life: installs, replaces, removes, revokes, and boots
// in between.
func TestDeploy(t *testing.T) {
	t.Run("sanitized", func(t *testing.T) { deploy(t, newDevice(t)) })
	t.Run("shipped", func(t *testing.T) { deploy(t, newDeviceWith(t, shippedFirmware)) })
}

func deploy(t *testing.T, d device) {
	twice, thrice := otaImage(t, "twice", acmeKey), otaImage(t, "thrice", acmeKey)
	a := d.put("a", order{component: suit.Slot("filter", 0), sequence: 5, payload: twice})
	b := d.put("b", order{component: suit.Slot("filter", 0), sequence: 6, payload: thrice, key: secondKey})
	c := d.put("c", order{component: suit.Slot("filter", 1), sequence: 1, payload: twice})
	removal := d.put("removal", order{component: suit.Slot("filter", 0), sequence: 7})
	again := d.put("again", order{component: suit.Slot("filter", 0), sequence: 8, payload: twice})
	revoke := d.put("revoke", order{component: suit.Revoked(), sequence: 1, payload: revocation(t, acmeKey)})
	spare := d.put("spare", order{component: suit.Slot("filter", 0), sequence: 9, payload: otaImage(t, "thrice", spareKey)})

	assert.Equal(t, []string{"revoked 0 sequence 0", "reading 21"}, d.ask("slots", "reading"))
	assert.Equal(t, []string{
		"verdict FC0000 fc/filter/0 5 fetches 2", "reading 42",
		"verdict FC0000 fc/filter/0 6 fetches 2", "reading 63",
		"verdict FC4014 6 fc/filter/0 5 fetches 1", "reading 63",
		"verdict FC0000 fc/filter/1 1 fetches 2", "reading 126",
	}, d.ask("trigger "+a, "reading", "trigger "+b, "reading", "trigger "+a, "reading", "trigger "+c, "reading"))

	assert.Equal(t, []string{
		fmt.Sprintf("slot fc/filter/0 attached 6 %x FC0000", digest(thrice)),
		fmt.Sprintf("slot fc/filter/1 attached 1 %x FC0000", digest(twice)),
		"revoked 0 sequence 0", "reading 126",
		"verdict FC4014 6 fc/filter/0 6 fetches 1",
		"verdict FC0000 fc/filter/0 7 fetches 1", "reading 42",
	}, d.ask("slots", "reading", "trigger "+b, "trigger "+removal, "reading"))

	// what was removed stays removed, and its number counts
	assert.Equal(t, []string{
		fmt.Sprintf("slot fc/filter/0 removed 7 %x FC0000", suit.Nothing[:4]),
		fmt.Sprintf("slot fc/filter/1 attached 1 %x FC0000", digest(twice)),
		"revoked 0 sequence 0", "reading 42",
		"verdict FC4014 7 fc/filter/0 6 fetches 1",
		"verdict FC0000 fc/filter/0 8 fetches 2", "reading 84",
		"verdict FC0000 fc/revoked 1 fetches 2", "reading 21",
		"verdict FC4020 fc/filter/0 9 fetches 2",
	}, d.ask("slots", "reading", "trigger "+b, "trigger "+again, "reading", "trigger "+revoke, "reading",
		"trigger "+d.put("same", order{component: suit.Slot("filter", 0), sequence: 9, payload: thrice})))

	// revoked for ever; the tenant's other key still counts
	assert.Equal(t, []string{
		fmt.Sprintf("slot fc/filter/0 refused 8 %x FC4020", digest(twice)),
		fmt.Sprintf("slot fc/filter/1 refused 1 %x FC4020", digest(twice)),
		"revoked 1 sequence 1", "reading 21",
		"verdict FC0000 fc/filter/0 9 fetches 2", "reading 63",
	}, d.ask("slots", "reading", "trigger "+spare, "reading"))
}

// TestDeployPieces installs on a hook with a slash in its name, replaces, and
// restarts; the container finds the number of its manifest.
func TestDeployPieces(t *testing.T) {
	d := newDevice(t)
	sequence := image(t, "tests/riot/deploy/images/sequence.c", acmeKey)
	put := func(name string, n uint32) string {
		return "trigger " + d.put(name, order{component: suit.Slot("coap/average", 0), sequence: n, payload: sequence})
	}
	assert.Equal(t, []string{
		"verdict FC0000 fc/coap/average/0 7 fetches 2", "average 7",
		"verdict FC0000 fc/coap/average/0 4000000 fetches 2", "average 4000000",
	}, d.ask(put("a", 7), "average", put("b", 4000000), "average"))
	assert.Equal(t, []string{
		fmt.Sprintf("slot fc/coap/average/0 attached 4000000 %x FC0000", digest(sequence)), "revoked 0 sequence 0",
		"average 4000000",
		"verdict FC4014 4000000 fc/coap/average/0 7 fetches 1",
		"verdict FC4013 1 fc/coap/average/1 1 fetches 1",
		"verdict FC4012 fc/coap/0 1 fetches 1",
	}, d.ask("slots", "average", put("a", 7),
		"trigger "+d.put("slot", order{component: suit.Slot("coap/average", 1), sequence: 1, payload: sequence}),
		"trigger "+d.put("half", order{component: suit.Slot("coap", 0), sequence: 1, payload: sequence})))
}

// TestDeployFile installs from files of the device, as the shell does, in turns
// with manifests.
func TestDeployFile(t *testing.T) {
	d := newDevice(t)
	twice, thrice := otaImage(t, "twice", acmeKey), otaImage(t, "thrice", acmeKey)
	d.serve("twice", twice)
	d.serve("thrice", thrice)
	d.serve("unsigned", otaImage(t, "thrice", nil))
	d.serve("stranger", otaImage(t, "thrice", strangerKey))
	d.serve("guest", otaImage(t, "thrice", guestKey))
	d.serve("long", make([]byte, 2049))
	d.serve("print", image(t, "tests/riot/deploy/images/print.c", guestKey))
	put := func(name string, o order) string { return "trigger " + d.put(name, o) }

	assert.Equal(t, []string{
		"/nvm0/other: FC4017", "/nvm0/other: FC4019", "/nvm0/other: FC4021", "/nvm0/other: FC4004, 2048", "/nvm0/other: FC2003",
		"/nvm0/other: FC4012", "/nvm0/other: FC4012", "/nvm0/other: FC4013, 2", "/nvm0/other: FC4013, 2", "/nvm0/other: FC2025, needs capability console",
		"revoked 0 sequence 0", "reading 21",
		"install done", "reading 42",
	}, d.ask("install unsigned filter 0", "install stranger filter 0", "install guest filter 0", "install long filter 0", "install nothing filter 0",
		"install twice filters 0", "install twice coap.other 0", "install twice filter 2", "install twice filter x", "install print alarm 0",
		"slots", "reading", "install twice filter 0", "reading"))

	// it outlives a restart, a manifest replaces it, and it replaces what that brought
	assert.Equal(t, []string{
		fmt.Sprintf("slot fc/filter/0 attached 1 %x FC0000", digest(twice)), "revoked 0 sequence 0", "reading 42",
		"verdict FC0000 fc/filter/0 5 fetches 2", "reading 63",
		"install done", "reading 42",
		fmt.Sprintf("slot fc/filter/0 attached 6 %x FC0000", digest(twice)), "revoked 0 sequence 0",
		"/nvm0/other: FC4017", "reading 42",
	}, d.ask("slots", "reading", put("a", order{component: filter(0), sequence: 5, payload: thrice}), "reading",
		"install twice filter 0", "reading", "slots", "install unsigned filter 0", "reading"))

	// manifests that are too old stay so, and what was revoked is not taken from files
	assert.Equal(t, []string{
		"reading 42",
		"verdict FC4014 6 fc/filter/0 5 fetches 1",
		"verdict FC0000 fc/filter/0 7 fetches 1", "reading 21",
		"install done", "reading 63",
		"verdict FC4014 8 fc/filter/0 7 fetches 1",
		"verdict FC0000 fc/revoked 1 fetches 2", "reading 21",
		"/nvm0/other: FC4020", "reading 21",
	}, d.ask("reading", "trigger coap://h/a.suit",
		put("rm", order{component: filter(0), sequence: 7}), "reading",
		"install thrice filter 0", "reading", "trigger coap://h/rm.suit",
		put("revoke", order{component: suit.Revoked(), sequence: 1, payload: revocation(t, acmeKey)}), "reading",
		"install twice filter 0", "reading"))
}

func digest(b []byte) []byte {
	var m suit.Manifest
	if err := m.Of(b); err != nil {
		panic(err)
	}
	return m.Digest[:4]
}

var powerCuts = flag.Int("cuts", 100, "power cuts, about")

// TestPowerCuts lets the power fail in every program and erase of one install,
// one replacement, one removal and one revocation. Afterwards the device boots
// with what was there before or with what was to come, and takes the next order.
func TestPowerCuts(t *testing.T) { cutPower(t, newDeviceWith(t, shippedFirmware), *powerCuts) }

func cutPower(t *testing.T, d device, times int) {
	seed := uint64(time.Now().UnixNano())
	dice := rand.New(rand.NewPCG(seed, 1))
	t.Logf("seed %d", seed)

	twice, thrice := otaImage(t, "twice", acmeKey), otaImage(t, "thrice", acmeKey)
	d.ask("trigger "+d.put("old", order{component: suit.Slot("filter", 0), sequence: 1, payload: twice}),
		"trigger "+d.put("guest", order{component: suit.Slot("alarm", 1), sequence: 1, payload: otaImage(t, "limit", guestKey)}))
	flash := d.flash()
	next := "trigger " + d.put("next", order{component: suit.Slot("filter", 0), sequence: 9, payload: otaImage(t, "thrice", spareKey)})

	cuts := 0
	for _, s := range []struct{ name, url string }{
		{"install", d.put("install", order{component: suit.Slot("filter", 1), sequence: 2, payload: thrice})},
		{"replace", d.put("replace", order{component: suit.Slot("filter", 0), sequence: 2, payload: thrice})},
		{"remove", d.put("remove", order{component: suit.Slot("filter", 0), sequence: 2})},
		{"revoke", d.put("revoke", order{component: suit.Revoked(), sequence: 2, payload: revocation(t, acmeKey, secondKey)})},
	} {
		t.Run(s.name, func(t *testing.T) {
			d := d
			d.t = t
			state := func() []string { return d.ask("slots", "reading", "alarm") }
			d.setFlash(flash)
			before := state()
			d.setFlash(flash)
			lines := d.ask("arm 0 0", "trigger "+s.url, "operations")
			require.Contains(t, lines[0], "verdict FC0000")
			var operations int
			_, err := fmt.Sscanf(lines[1], "operations %d", &operations)
			require.NoError(t, err)
			require.Positive(t, operations)
			after := state()
			require.NotEqual(t, before, after)

			old := 0
			rounds := (times/4 + operations - 1) / operations
			for n := 1; n <= operations; n++ {
				for range rounds {
					bytes := dice.Uint32()
					d.setFlash(flash)
					_, status := d.run(fmt.Sprintf("arm %d %d", n, bytes), "trigger "+s.url)
					require.Equal(t, powerCut, status, "operation %d", n)
					cuts++
					now := state()
					if assert.ObjectsAreEqual(before, now) {
						old++
						// the same order again goes through
						require.Contains(t, d.ask("trigger " + s.url)[0], "verdict FC0000", "cut in operation %d, %d", n, bytes)
					} else {
						require.Equal(t, after, now, "cut in operation %d, %d", n, bytes)
					}
					require.Contains(t, d.ask(next)[0], "verdict FC0000", "cut in operation %d, %d", n, bytes)
				}
			}
			t.Logf("%d programs and erases, %d cuts, after %d of which the old state was there", operations, rounds*operations, old)
			assert.Positive(t, old)
		})
	}
	t.Logf("%d cuts", cuts)
}

func readFile(dir, name string) ([]byte, error) { return os.ReadFile(filepath.Join(dir, name)) }
