// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT

package sysapi

import "strings"

// Modules has all modules, in the order of documentation.
var Modules = []Module{
	{Name: "base", Title: "Memory, strings and formatting",
		Doc: "In every firmware. Compilers may call memcpy, memmove, memset and memcmp for structures and arrays.",
		Example: `uint64_t base(void)
{
    char text[32];
    uint32_t n = strlcpy(text, "room is ", sizeof(text));

    n += fmt_s16_dfp(text + n, 2156, -2);
    strlcpy(text + n, " C", sizeof(text) - n);
    printf("%s, %u characters\n", text, (uint32_t)strlen(text));
    return 0;
}
`, Output: "room is 21.56 C, 15 characters\n"},
	{Name: "console", Title: "Console and log",
		Doc: "Output has a quota of bytes per second. What does not fit is not printed at all, and the call says so.",
		Example: `uint64_t console(void)
{
    uint64_t big = 1;

    big <<= 40;
    printf("%5d|%-5d|%05d|%lx\n", -42, -42, -42, big);
    log_write(FEMTO_LOG_WARNING, "%s is %u %%", "battery", 12);
    return 0;
}
`, Output: "  -42|-42  |-0042|10000000000\nwarning: battery is 12 %\n"},
	{Name: "kv", Title: "Key-value stores",
		Doc: "Three stores, one call each: _local is the container's own, _tenant is shared by the containers of its tenant, _global by all. Keys are 32-bit numbers. " +
			"Values are numbers (store, fetch, kv_cas) or bytes (kv_put, kv_get) up to the host's limit, 64 unless it says otherwise; a number is a value of 4 bytes, little endian. " +
			"A store has a quota of entries.",
		Example: `uint64_t kv(void)
{
    uint32_t visits = 0;

    if (fetch_local(1, &visits) == FEMTO_ENOENT) {
        printf("first visit\n");
    }
    store_local(1, visits + 1);
    kv_put_local(7, "blue", 4, FEMTO_KV_NEW);
    printf("again: %d\n", kv_put_local(7, "red", 3, FEMTO_KV_NEW));

    for (uint32_t key = 0; kv_next_local(&key) >= 0; key++) {
        char value[8];
        printf("key %u has %d bytes\n", key, kv_get_local(key, value, sizeof(value)));
    }
    printf("swap: %d %d\n", kv_cas_local(1, 1, 5), kv_cas_local(1, 1, 6));

    uint32_t shared = 0;
    store_tenant(1, 20);
    store_global(1, 30);
    fetch_tenant(1, &shared);
    printf("the tenant's: %u, ", shared);
    fetch_global(1, &shared);
    printf("everybody's: %u\n", shared);
    return kv_delete_local(7);
}
`, Output: "first visit\nagain: -17\nkey 1 has 4 bytes\nkey 7 has 4 bytes\nswap: 0 -11\nthe tenant's: 20, everybody's: 30\n"},
	{Name: "time", Title: "Time",
		Example: `uint64_t time(void)
{
    printf("%u ms, %u us\n", now_ms(), ztimer_now());
    return 0;
}
`, Output: "0 ms, 0 us\n"},
	{Name: "thread", Title: "Sleeping and waiting",
		Doc: "For containers with a thread of their own; a host refuses them on a hook that must not wait. Fuel is renewed while the container sleeps, up to its contract's rate. All of these return early when the container has been asked to stop.",
		Example: `uint64_t thread(void)
{
    uint32_t last = ztimer_now();

    for (int i = 0; i < 3; i++) {
        if (ztimer_periodic_wakeup(&last, 1000000) == FEMTO_ECANCELED) {
            break;
        }
        printf("second %u\n", now_ms() / 1000);
    }
    if (event_wait(&last, sizeof(last), 2000) == FEMTO_ETIMEDOUT) {
        printf("no event\n");
    }
    return ztimer_sleep(500);
}
`, Output: "second 1\nsecond 2\nsecond 3\nno event\n"},
	{Name: "saul", Title: "Sensors, actuators and pins",
		Doc: "Devices that the firmware registered with RIOT's SAUL. Finding one gives a handle, which only this container can use. Pins are devices of the classes SAUL_SENSE_BTN and SAUL_ACT_SWITCH.",
		Example: `uint64_t saul(void)
{
    phydat_t reading;
    int32_t sensor = saul_reg_find_type(SAUL_SENSE_TEMP);
    int32_t led = saul_reg_find_type(SAUL_ACT_SWITCH);

    if (sensor < 0 || saul_reg_read(sensor, &reading) < 0) {
        printf("no temperature\n");
        return 0;
    }
    printf("temperature %d, scale %d\n", reading.val[0], reading.scale);
    gpio_write(led, reading.val[0] > 3000);
    return 0;
}
`, Output: "temperature 2156, scale -2\n"},
	{Name: "coap", Title: "Answering CoAP requests",
		Doc: "For containers on a CoAP resource, whose context is a femto_coap_ctx_t. The container returns the length of the response.",
		Example: `int64_t coap(const femto_coap_ctx_t *ctx)
{
    gcoap_resp_init(ctx, COAP_CODE_CONTENT);
    coap_add_format(ctx, COAP_FORMAT_TEXT);
    int32_t len = coap_opt_finish(ctx, COAP_OPT_FINISH_PAYLOAD);
    char *payload = (char *)coap_get_pdu(ctx);

    return len + fmt_s16_dfp(payload, 2156, -2);
}
`},
	{Name: "random", Title: "Random numbers",
		Example: `uint64_t random(void)
{
    uint8_t nonce[8];

    random_bytes(nonce, sizeof(nonce));
    printf("%d\n", random_uint32() % 6 < 6);
    return 0;
}
`, Output: "1\n"},
	{Name: "self", Title: "The container itself",
		Example: `uint64_t self(void)
{
    femto_self_t me;

    self_info(&me);
    printf("activation %u\n", me.activations);
    return 0;
}
`, Output: "activation 1\n"},
}

// Macro is what a firmware defines to have the module, "" when it always has.
func (m *Module) Macro() string {
	if m.Name == "base" {
		return ""
	}
	return "FEMTO_HAVE_" + strings.ToUpper(m.Name)
}

// Calls of the module, ascending by ID.
func (m *Module) Calls() []*Call {
	var out []*Call
	for i := range Table {
		if Table[i].Module == m.Name {
			out = append(out, &Table[i])
		}
	}
	return out
}
