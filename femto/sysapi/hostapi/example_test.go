// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT

package hostapi_test

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/femtocontainer/femtocontainer/femto/diag"
	"github.com/femtocontainer/femtocontainer/femto/image"
	"github.com/femtocontainer/femtocontainer/femto/link"
	"github.com/femtocontainer/femtocontainer/femto/sysapi"
	"github.com/femtocontainer/femtocontainer/femto/sysapi/hostapi"
	"github.com/femtocontainer/femtocontainer/femto/vm"
)

// build compiles a container, and skips where no clang is installed.
func build(t *testing.T, source string) *image.Image {
	t.Helper()
	found := false
	for _, c := range []string{"clang", "clang-19", "clang-18", "clang-17", "clang-16", "clang-15", "clang-14"} {
		_, err := exec.LookPath(c)
		found = found || err == nil
	}
	if !found {
		fmt.Printf("SKIP: %s: clang is not installed\n", t.Name())
		t.SkipNow()
	}
	file := filepath.Join(t.TempDir(), "container.c")
	require.NoError(t, os.WriteFile(file, []byte(source), 0o600))
	out, err := link.Build(context.Background(), []string{file}, link.BuildOptions{
		Header: string(sysapi.Header()),
		Options: link.Options{Resolve: func(name string) (uint16, bool) {
			c := sysapi.ByName[name]
			if c == nil {
				return 0, false
			}
			return c.ID, true
		}},
	})
	require.NoError(t, err)
	return out.Image
}

// A machine is one of the interpreters.
type machine interface {
	Run(entry uint32, ctx []byte, fuel uint32) vm.Result
	Stack() []byte
	Data() []byte
}

type callFunc = func(mem vm.Memory, id uint16, args [5]uint64, room uint32) (uint64, uint32, diag.Code)

// engines makes an instance with each interpreter, the reference first. The C
// engines are added where there is cgo.
var engines = []struct {
	name string
	open func(t *testing.T, img *image.Image, call callFunc) machine
}{
	{"vm", func(t *testing.T, img *image.Image, call callFunc) machine {
		m, err := vm.New(img, vm.Options{Call: call})
		require.NoError(t, err)
		return m
	}},
}

// The documentation's examples print what it says.
func TestExamplesOfTheDocumentation(t *testing.T) {
	for _, mod := range sysapi.Modules {
		t.Run(mod.Name, func(t *testing.T) {
			t.Parallel()
			img := build(t, "#include <femto.h>\n"+mod.Example)
			var out bytes.Buffer
			var led *hostapi.Sensor
			options := func() hostapi.Options {
				out.Reset()
				room, err := hostapi.ParseSensor("room:SENSE_TEMP=21.56")
				require.NoError(t, err)
				led, err = hostapi.ParseSensor("led:ACT_SWITCH")
				require.NoError(t, err)
				o := hostapi.Options{Console: &out, Sensors: []*hostapi.Sensor{room, led}}
				if mod.Name == "coap" {
					o.Request = &hostapi.Request{Method: 1, Format: sysapi.NoFormat}
				}
				return o
			}
			for _, engine := range engines {
				h := hostapi.New(options())
				res := engine.open(t, img, h.Call).Run(img.Entries[0].Slot, h.Context(), 100_000)
				require.Nil(t, res.Fault, engine.name)
				assert.Equal(t, mod.Output, out.String(), engine.name)
				switch mod.Name {
				case "coap":
					response, err := h.Response(res.R0)
					require.NoError(t, err)
					format := uint16(0)
					assert.Equal(t, &hostapi.Response{Code: 2<<5 | 5, Format: &format, Payload: []byte("21.56")}, response)
				case "saul":
					assert.Equal(t, []hostapi.Reading{{Values: []int16{0}}}, led.Written, "2156 is not above 3000")
				default:
					assert.Zero(t, res.R0)
				}
			}
		})
	}
}

// Use case of the earlier design: a container samples a sensor once a second
// and keeps the average of the last ten, another answers requests with it.
func TestAverageAndResponder(t *testing.T) {
	sampler := build(t, `#include <femto.h>
#define WINDOW 10
#define AVERAGE 1

static int32_t values[WINDOW];
static uint32_t count;

int64_t sample(void)
{
    int32_t sensor = saul_reg_find_type(SAUL_SENSE_TEMP);
    uint32_t last = ztimer_now();

    do {
        phydat_t reading;
        if (saul_reg_read(sensor, &reading) > 0) {
            values[count++ % WINDOW] = reading.val[0];
            int32_t sum = 0;
            uint32_t n = count < WINDOW ? count : WINDOW;
            for (uint32_t i = 0; i < n; i++) {
                sum += values[i];
            }
            store_global(AVERAGE, (uint32_t)sum / n);
        }
    } while (ztimer_periodic_wakeup(&last, 1000000) == 0);
    return count;
}
`)
	responder := build(t, `#include <femto.h>
int64_t respond(const femto_coap_ctx_t *ctx)
{
    uint32_t average;

    if (fetch_global(1, &average) < 0) {
        gcoap_resp_init(ctx, COAP_CODE_PATH_NOT_FOUND);
        return coap_opt_finish(ctx, COAP_OPT_FINISH_NONE);
    }
    gcoap_resp_init(ctx, COAP_CODE_CONTENT);
    coap_add_format(ctx, COAP_FORMAT_TEXT);
    int32_t len = coap_opt_finish(ctx, COAP_OPT_FINISH_PAYLOAD);
    return len + fmt_s16_dfp((char *)coap_get_pdu(ctx), average, -2);
}
`)
	sensor, err := hostapi.ParseSensor("room:SENSE_TEMP=10.00;20.00;30.00")
	require.NoError(t, err)
	shared := hostapi.Stores{}
	request := &hostapi.Request{Method: 1, Format: sysapi.NoFormat}

	answer := func() *hostapi.Response {
		h := hostapi.New(hostapi.Options{Stores: shared, Request: request})
		m, err := vm.New(responder, vm.Options{Call: h.Call})
		require.NoError(t, err)
		res := m.Run(0, h.Context(), 10_000)
		require.Nil(t, res.Fault)
		r, err := h.Response(res.R0)
		require.NoError(t, err)
		return r
	}
	shared[sysapi.Global] = &hostapi.Store{}
	assert.Equal(t, uint8(4<<5|4), answer().Code, "no average yet")

	// 12 readings: 10, 20 and then 30; the last ten have 30 only.
	h := hostapi.New(hostapi.Options{Stores: shared, Sensors: []*hostapi.Sensor{sensor}, Stop: 11_500_000_000})
	m, err := vm.New(sampler, vm.Options{Call: h.Call})
	require.NoError(t, err)
	res := m.Run(sampler.Entries[0].Slot, nil, 100_000)
	require.Nil(t, res.Fault)
	assert.EqualValues(t, 12, res.R0)
	assert.Equal(t, "30.00", string(answer().Payload))
}
