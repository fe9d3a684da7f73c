/* SPDX-FileCopyrightText: The femtocontainer authors */
/* SPDX-License-Identifier: MIT */

/* Reads calls from standard input, makes them, and writes what they did. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "femto_kv.h"
#include "femto_sys.h"

enum { VALUE = 64, TENANTS = 3 };

struct call {
    uint32_t op, space, tenant, quota_entries, quota_bytes, key, a, b, len;
    uint8_t value[VALUE];
};

struct answer {
    int32_t result;
    uint32_t number, entries[TENANTS], bytes[TENANTS], changed;
    uint8_t value[VALUE];
};

static uint32_t changed_by;

static void changed(uint8_t tenant)
{
    changed_by |= 1u << tenant;
}

static femto_kv_t kv;

/* The exact size that was asked for, so that sanitizers see one byte too many. */
static void begin(uint32_t entries, uint32_t bytes)
{
    free(kv.entries);
    free(kv.bytes);
    kv = (femto_kv_t) {
        .entries = malloc(entries * sizeof(femto_kv_entry_t)),
        .bytes = malloc(bytes),
        .max_entries = entries,
        .max_bytes = bytes,
        .max_value = VALUE / 4,
        .changed = changed,
    };
}

int main(void)
{
    struct call c;

    while (fread(&c, sizeof(c), 1, stdin) == 1) {
        struct answer out = { .number = c.a };
        femto_kv_who_t who = {
            .space = (uint16_t)c.space, .tenant = (uint8_t)c.tenant,
            .max_entries = c.quota_entries, .max_bytes = c.quota_bytes,
        };
        uint8_t *value = malloc(c.len);

        memcpy(value, c.value, c.len);
        changed_by = 0;
        switch (c.op) {
        case 0:
            begin(c.quota_entries, c.quota_bytes);
            break;
        case 1:
            out.result = femto_kv_put(&kv, &who, c.key, value, c.len, c.a);
            break;
        case 2:
            out.result = femto_kv_get(&kv, who.space, c.key, value, c.len);
            memcpy(out.value, value, c.len);
            break;
        case 3:
            out.result = femto_kv_fetch(&kv, who.space, c.key, &out.number);
            break;
        case 4:
            out.result = femto_kv_cas(&kv, &who, c.key, c.a, c.b);
            break;
        case 5:
            out.result = femto_kv_delete(&kv, &who, c.key);
            break;
        case 6:
            out.number = c.key;
            out.result = femto_kv_next(&kv, who.space, &out.number);
            break;
        case 7:
            femto_kv_clear(&kv, who.space);
            break;
        case 8: {
            uint16_t space = (uint16_t)c.space;

            out.number = c.key;
            out.result = femto_kv_next_kept(&kv, (uint8_t)c.tenant, &space, &out.number, out.value);
            out.changed = space;
            break;
        }
        default:
            return 2;
        }
        free(value);
        for (uint8_t t = 0; t < TENANTS; t++) {
            femto_kv_usage(&kv, t, &out.entries[t], &out.bytes[t]);
        }
        out.changed = (c.op == 8) ? out.changed : changed_by;
        if (fwrite(&out, sizeof(out), 1, stdout) != 1 || fflush(stdout) != 0) {
            return 1;
        }
    }
    return 0;
}
