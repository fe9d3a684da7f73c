/*
 * SPDX-FileCopyrightText: The femtocontainer authors
 * SPDX-License-Identifier: LGPL-2.1-only
 */

/**
 * @ingroup     pkg_femtocontainer
 * @{
 *
 * @file
 * @brief       Records of what is installed, in pages of the CPU's own flash
 *
 * Each component has two banks of pages. A record is written into the one that
 * does not have the present record: the payload first, then a header, which is
 * what makes it the present one, then a copy of the header, without which a bit
 * that goes bad would bring back the old record. Containers run from there.
 *
 * @}
 */

#include <assert.h>
#include <errno.h>
#include <string.h>

#include "macros/math.h"
#include "periph/flashpage.h"
#include "suit_internal.h"

/* What is programmed at once, padded: flash with error correction takes whole
 * blocks, and each only once. */
#define UNIT 64u
static_assert(UNIT % FLASHPAGE_WRITE_BLOCK_SIZE == 0 && UNIT >= sizeof(femto_suit_header_t)
              && FLASHPAGE_SIZE % UNIT == 0, "not a flash that this store knows");

/* A bank: header, its copy, payload */
#define PAGES(payload) DIV_ROUND_UP(2 * UNIT + (payload), FLASHPAGE_SIZE)
enum {
    REVOKED_PAGES = PAGES(CONFIG_FEMTOCONTAINER_SUIT_REVOKED * FEMTO_SUIT_KEY_ID),
    SLOT_PAGES = PAGES(CONFIG_FEMTOCONTAINER_SUIT_IMAGE),
    ALL_PAGES = 2 * (REVOKED_PAGES + FEMTO_TOTAL_CONTAINERS * SLOT_PAGES),
};

#if CONFIG_FEMTOCONTAINER_SUIT_FLASH_END
#define END CONFIG_FEMTOCONTAINER_SUIT_FLASH_END
#else
#define END FLASHPAGE_NUMOF
#endif
static_assert(ALL_PAGES < END, "slots do not fit into the flash");

/* The firmware leaves enough pages. */
static bool there;

/* The list of revoked keys has the last pages, where it stays when slots change. */
static unsigned _pages(unsigned place)
{
    return place == FEMTO_SUIT_PLACE_REVOKED ? REVOKED_PAGES : SLOT_PAGES;
}

static unsigned _first_page(unsigned place, unsigned bank)
{
    unsigned end = place == FEMTO_SUIT_PLACE_REVOKED
                   ? END : END - 2 * (REVOKED_PAGES + (place - 1) * SLOT_PAGES);

    return end - (2 - bank) * _pages(place);
}

static uint8_t *_bank(unsigned place, unsigned bank)
{
    return flashpage_addr(_first_page(place, bank));
}

static bool _is_blank(const uint8_t *unit)
{
    for (unsigned i = 0; i < UNIT; i++) {
        if (unit[i] != FLASHPAGE_ERASE_STATE) {
            return false;
        }
    }
    return true;
}

/* The bank of the present record; -ENOENT, or -EBADMSG when there was one */
static int _present(unsigned place, const char *component, femto_suit_record_t *record)
{
    int present = -ENOENT;

    for (unsigned bank = 0; bank < 2; bank++) {
        const uint8_t *copy = _bank(place, bank) + UNIT;
        const femto_suit_header_t *header = (const void *)(copy - UNIT);

        if (!femto_suit_header_is(header, component)) {
            header = (const void *)copy;
        }
        if (femto_suit_header_is(header, component)) {
            if (present < 0 || header->record.sequence > record->sequence) {
                *record = header->record;
                present = bank;
            }
        }
        else if (present < 0 && !_is_blank(copy)) {
            present = -EBADMSG; /* nobody begins with the copy */
        }
    }
    return present;
}

static int _program(uint8_t *to, const void *what, uint32_t len)
{
    const uint8_t *from = what;
    _Alignas(8) uint8_t unit[UNIT];

    for (uint32_t at = 0; at < len; at += UNIT) {
        uint32_t n = len - at < UNIT ? len - at : UNIT;
        memset(unit, FLASHPAGE_ERASE_STATE, UNIT);
        memcpy(unit, from + at, n);
        flashpage_write(to + at, unit, UNIT);
    }
    return memcmp(to, from, len) == 0 ? 0 : -EIO;
}

int femto_suit_store_write(unsigned place, const char *component,
                           const femto_suit_record_t *record, uint8_t **payload)
{
    femto_suit_header_t header;
    femto_suit_record_t old;
    unsigned bank = _present(place, component, &old) == 0;  /* the other one */
    uint8_t *at = _bank(place, bank);

    if (!there || 2 * UNIT + record->size > _pages(place) * FLASHPAGE_SIZE) {
        return -ENOSPC;
    }
    for (unsigned i = 0; i < _pages(place); i++) {
        flashpage_erase(_first_page(place, bank) + i);
    }
    femto_suit_header_make(&header, component, record);
    int err = _program(at + 2 * UNIT, *payload, record->size);
    if (err == 0) {
        err = _program(at, &header, sizeof(header));
    }
    if (err == 0) {
        err = _program(at + UNIT, &header, sizeof(header));
    }
    *payload = at + 2 * UNIT;
    return err;
}

int femto_suit_store_read(unsigned place, const char *component, femto_suit_record_t *record,
                          uint8_t **payload, uint32_t max)
{
    int bank = there ? _present(place, component, record) : -ENOSPC;

    if (bank < 0) {
        return bank;
    }
    *payload = _bank(place, bank) + 2 * UNIT;
    return record->size <= max && femto_suit_payload_is(record, *payload) ? 0 : -EBADMSG;
}

#ifdef MODULE_CORTEXM_COMMON
extern const uint8_t _etext[], _srelocate[], _erelocate[];
#endif

int femto_suit_store_init(void)
{
    there = true;
#ifdef MODULE_CORTEXM_COMMON
    /* values of variables are behind the code */
    const uint8_t *end = _etext + (_erelocate - _srelocate);
    there = end <= (uint8_t *)flashpage_addr(END - ALL_PAGES);
#endif
    return there ? 0 : -ENOSPC;
}
