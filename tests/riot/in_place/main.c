/*
 * SPDX-FileCopyrightText: The femtocontainer authors
 * SPDX-License-Identifier: LGPL-2.1-only
 */

/* Stores containers in the CPU's flash and runs them there. */

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "femto_runtime.h"
#include "hashes/sha256.h"
#include "periph/flashpage.h"
#include "suit_internal.h"
#include "thrice.fc.h"
#include "twice.fc.h"

FEMTO_HOOK(filter, FEMTO_HOOK_FILTER);

static const char component[] = "fc/filter/0";
static const unsigned place = FEMTO_SUIT_PLACE_REVOKED + 1;

void femto_suit_sha256(const uint8_t *buf, uint32_t len, uint8_t digest[32])
{
    sha256(buf, len, digest);
}

static void _store(uint32_t sequence, const uint8_t *image, uint32_t len)
{
    femto_suit_record_t record = { .sequence = sequence, .size = len };
    uint8_t *payload = (uint8_t *)(uintptr_t)image;

    femto_suit_sha256(image, len, record.digest);
    printf("store %" PRIu32 ": %d\n", sequence,
           femto_suit_store_write(place, component, &record, &payload));
}

/* Finds the present record, as after a restart, and runs its container. */
static void _run(void)
{
    static uint64_t ram[(TWICE_RAM > THRICE_RAM ? TWICE_RAM : THRICE_RAM) / 8 + 1];
    femto_suit_record_t record = { 0 };
    femto_refusal_t why;
    uint8_t *payload = NULL;
    int64_t sample = 21, value = 0;
    int err = femto_suit_store_read(place, component, &record, &payload,
                                    CONFIG_FEMTOCONTAINER_SUIT_IMAGE);

    printf("record: %s, sequence %" PRIu32 ", %" PRIu32 " bytes\n",
           err == 0 ? "good" : err == -ENOENT ? "none" : "damaged", record.sequence, record.size);
    if (err != 0 || record.size == 0) {
        return;
    }
    femto_program_t program = {
        .name = "filter", .image = payload, .image_len = record.size,
        .ram = (uint8_t *)ram, .ram_len = sizeof(ram),
    };
    int id = femto_container_install(&program, FEMTO_TENANT_ACME);
    uint16_t code = femto_container_attach(id, FEMTO_HOOK_FILTER, &why);
    const femto_image_t *image = &femto_container_get(id)->instance.image;

    femto_hook_trigger(&filter, &sample, sizeof(sample), &value);
    /* pages from the end; text and constants are in the same one */
    printf("attach: %u, value %" PRId32 ", page -%u -%u\n", code, (int32_t)value,
           FLASHPAGE_NUMOF - flashpage_page(image->text),
           FLASHPAGE_NUMOF - flashpage_page(image->rodata));
    femto_container_remove(id);
}

int main(void)
{
    /* blank, as a chip comes; QEMU begins with zeros */
    for (unsigned page = FLASHPAGE_NUMOF - 4; page < FLASHPAGE_NUMOF; page++) {
        flashpage_erase(page);
    }
    printf("store: %d\n", femto_suit_store_init());
    _run();
    _store(1, TWICE_IMAGE, TWICE_IMAGE_LEN);
    _run();
    _store(2, THRICE_IMAGE, THRICE_IMAGE_LEN);
    _run();
    _store(3, TWICE_IMAGE, TWICE_IMAGE_LEN);
    _run();
    _store(4, NULL, 0);
    _run();
    puts("end");
    return 0;
}
