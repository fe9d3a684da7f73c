/*
 * SPDX-FileCopyrightText: The femtocontainer authors
 * SPDX-License-Identifier: LGPL-2.1-only
 */

/**
 * @file
 * @brief   What femto_suit_boot() costs for an installed container, in instructions
 *
 * QEMU has put signed images behind the firmware, one after the other. Each is
 * stored as if it had been installed, and found again as after a restart.
 */

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "board.h"
#include "byteorder.h"
#include "femto_runtime.h"
#include "femto_suit.h"
#include "fs/littlefs2_fs.h"
#include "hashes/sha256.h"
#include "instructions.h"
#include "mtd_emulated.h"
#include "suit_internal.h"
#include "vfs_default.h"

FEMTO_HOOK(filter, FEMTO_HOOK_FILTER);

MTD_EMULATED_DEV(0, 8, 16, 256);
VFS_AUTO_MOUNT(littlefs2, VFS_MTD(mtd_emulated_dev0), VFS_DEFAULT_NVM(0), 0);

#define IMAGES ((const uint8_t *)0x08080000)    /* behind the flash of the board: QEMU has more */

/* --- counting ------------------------------------------------------------ */

typedef enum { REST, SIGNATURE, HASHES, VERIFIER, STORE, CONSOLE, PARTS } part_t;

static const char *const names[PARTS] = {
    [SIGNATURE] = "signature", [HASHES] = "hashes", [VERIFIER] = "verifier", [STORE] = "store",
    [CONSOLE] = "console", [REST] = "rest",
};

static uint32_t spent[PARTS];
static uint32_t since;
static part_t current;

/* What has passed belongs to what was under way. */
static part_t _turn(part_t next)
{
    part_t before = current;
    uint32_t now = instructions_now();

    spent[before] += now - since;
    since = now;
    current = next;
    return before;
}

bool __real_femto_suit_verify(const uint8_t key[32], const uint8_t signature[64],
                              const uint8_t *msg, uint32_t len);
void __real_femto_suit_sha256(const uint8_t *buf, uint32_t len, uint8_t digest[32]);
uint16_t __real_femto_image_verify(const femto_image_t *img, const uint16_t *granted,
                                   uint32_t n_granted, uint32_t *pc);
int __real_femto_suit_store_init(void);
int __real_femto_suit_store_read(unsigned place, const char *component,
                                 femto_suit_record_t *record, uint8_t **payload, uint32_t max);
ssize_t __real_stdio_write(const void *buffer, size_t max_len);

bool __wrap_femto_suit_verify(const uint8_t key[32], const uint8_t signature[64],
                              const uint8_t *msg, uint32_t len)
{
    part_t before = _turn(SIGNATURE);
    bool good = __real_femto_suit_verify(key, signature, msg, len);

    _turn(before);
    return good;
}

void __wrap_femto_suit_sha256(const uint8_t *buf, uint32_t len, uint8_t digest[32])
{
    part_t before = _turn(HASHES);

    __real_femto_suit_sha256(buf, len, digest);
    _turn(before);
}

uint16_t __wrap_femto_image_verify(const femto_image_t *img, const uint16_t *granted,
                                   uint32_t n_granted, uint32_t *pc)
{
    part_t before = _turn(VERIFIER);
    uint16_t code = __real_femto_image_verify(img, granted, n_granted, pc);

    _turn(before);
    return code;
}

int __wrap_femto_suit_store_init(void)
{
    part_t before = _turn(STORE);
    int err = __real_femto_suit_store_init();

    _turn(before);
    return err;
}

int __wrap_femto_suit_store_read(unsigned place, const char *component,
                                 femto_suit_record_t *record, uint8_t **payload, uint32_t max)
{
    part_t before = _turn(STORE);
    int err = __real_femto_suit_store_read(place, component, record, payload, max);

    _turn(before);
    return err;
}

ssize_t __wrap_stdio_write(const void *buffer, size_t len)
{
    part_t before = _turn(CONSOLE);
    ssize_t n = __real_stdio_write(buffer, len);

    _turn(before);
    return n;
}

/* --- restarts ------------------------------------------------------------ */

static int _format(void)
{
    vfs_unmount_by_path(VFS_DEFAULT_DATA, true); /* fails the first time */
    int err = vfs_format_by_path(VFS_DEFAULT_DATA);

    return err != 0 ? err : vfs_mount_by_path(VFS_DEFAULT_DATA);
}

static int _install(const uint8_t *image, uint32_t size)
{
    femto_suit_record_t record = { .sequence = 1, .size = size };
    uint8_t *payload = (uint8_t *)(uintptr_t)image;

    sha256(image, size, record.digest);
    return femto_suit_store_write(FEMTO_SUIT_PLACE_REVOKED + 1, "fc/filter/0", &record, &payload);
}

/* All of it goes into spent. */
static void _boot(void)
{
    femto_suit_slots_init();
    memset(spent, 0, sizeof(spent));
    since = instructions_now();
    femto_suit_boot();
    _turn(REST);
}

static void _report(uint32_t size, const uint32_t empty[PARTS])
{
    uint32_t all = 0;

    for (part_t i = 0; i < PARTS; i++) {
        uint32_t n = instructions_in(spent[i] - empty[i]);
        all += n;
        printf("%" PRIu32 " bytes, %s: %" PRIu32 " instructions\n", size, names[i], n);
    }
    printf("%" PRIu32 " bytes, all: %" PRIu32 " instructions\n", size, all);
}

int main(void)
{
    uint32_t empty[PARTS];  /* what is spent when there is nothing */
    const uint8_t *image = IMAGES;

    instructions_init();
    int err = _format();
    _boot();
    memcpy(empty, spent, sizeof(empty));

    for (uint32_t size; err == 0 && (size = byteorder_lebuftohl(image + 4)) != 0; image += size) {
        size += byteorder_lebuftohs(image + 8); /* signature: docs/image-format.md */
        err = _install(image, size);
        if (err == 0) {
            _boot();
            printf("slot: state %u\n", femto_suit_slots[0].state);
            _report(size, empty);
            femto_container_remove(femto_suit_slots[0].container);
            err = _format();
        }
    }
    printf("the end: %d\n", err);
    return 0;
}
