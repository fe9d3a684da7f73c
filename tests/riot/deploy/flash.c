/*
 * SPDX-FileCopyrightText: The femtocontainer authors
 * SPDX-License-Identifier: LGPL-2.1-only
 */

/* Flash in a file, which loses power when told to: in the middle of the n-th program
 * or erase, leaving the first bytes of it. It is a chip, as that of native, or the
 * CPU's own. */

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>

#include "board.h"
#include "femto_suit.h"
#include "flash.h"
#include "kernel_defines.h"
#include "mtd.h"
#include "native_internal.h"

#if IS_USED(MODULE_FEMTOCONTAINER_SUIT_FLASH)
#include "periph/flashpage.h"
enum { SIZE = FLASHPAGE_SIZE * FLASHPAGE_NUMOF };
#else
enum { SIZE = MTD_SECTOR_NUM * MTD_SECTOR_SIZE };
#endif

static uint8_t *flash;      /* the file */
static unsigned operations; /* since it was armed */
static unsigned cut_at, cut_after;

void flash_arm(unsigned n, unsigned bytes)
{
    operations = 0;
    cut_at = n;
    cut_after = bytes;
}

unsigned flash_operations(void)
{
    return operations;
}

/* How much of an operation happens. */
static uint32_t _begin(uint32_t size)
{
    operations++;
    return operations == cut_at ? cut_after % (size + 1) : size;
}

static void _end(void)
{
    if (operations == cut_at) {
        real_exit(FLASH_CUT);
    }
}

static bool _map(void *at, int fixed)
{
    int fd = real_open("flash.bin", O_RDWR);

    flash = fd < 0 ? MAP_FAILED
                   : mmap(at, SIZE, PROT_READ | PROT_WRITE, MAP_SHARED | fixed, fd, 0);
    return flash != MAP_FAILED;
}

static void _program(uint8_t *to, const uint8_t *from, uint32_t size)
{
    uint32_t done = _begin(size);

    for (uint32_t i = 0; i < done; i++) {
        to[i] &= from[i];
    }
    _end();
}

static void _erase_bytes(uint8_t *at, uint32_t size)
{
    memset(at, 0xff, _begin(size));
    _end();
}

#if IS_USED(MODULE_FEMTOCONTAINER_SUIT_FLASH)

void __wrap_flashpage_erase(unsigned page)
{
    _erase_bytes(flashpage_addr(page), FLASHPAGE_SIZE);
}

void __wrap_flashpage_write(void *to, const void *from, size_t len)
{
    assert((uintptr_t)to % FLASHPAGE_WRITE_BLOCK_ALIGNMENT == 0
           && (uintptr_t)from % FLASHPAGE_WRITE_BLOCK_ALIGNMENT == 0
           && len % FLASHPAGE_WRITE_BLOCK_SIZE == 0);
    _program(to, from, len);
}

bool flash_has(const void *at)
{
    return (uintptr_t)at - CPU_FLASH_BASE < (uintptr_t)SIZE;
}

int flash_init(void)
{
    return _map(_native_flash, MAP_FIXED) ? 0 : -EIO;
}

#else

bool flash_has(const void *at)
{
    (void)at;
    return false;
}

int flash_init(void)
{
    return femto_suit_format_blank(MTD_0);
}

static int _init(mtd_dev_t *dev)
{
    if (flash != NULL) {
        return 0;
    }
    dev->sector_count = MTD_SECTOR_NUM;
    return _map(NULL, 0) ? 0 : -EIO;
}

static int _read(mtd_dev_t *dev, void *buf, uint32_t addr, uint32_t size)
{
    (void)dev;
    if (addr > SIZE || size > SIZE - addr) {
        return -EOVERFLOW;
    }
    memcpy(buf, flash + addr, size);
    return 0;
}

static int _write_page(mtd_dev_t *dev, const void *buf, uint32_t page, uint32_t offset,
                       uint32_t size)
{
    uint32_t addr = page * dev->page_size + offset;

    if (offset > dev->page_size || addr >= SIZE) {
        return -EOVERFLOW;
    }
    if (size > dev->page_size - offset) {
        size = dev->page_size - offset;
    }
    _program(flash + addr, buf, size);
    return (int)size;
}

static int _erase(mtd_dev_t *dev, uint32_t addr, uint32_t size)
{
    (void)dev;
    if (addr > SIZE || size > SIZE - addr || addr % MTD_SECTOR_SIZE || size % MTD_SECTOR_SIZE) {
        return -EOVERFLOW;
    }
    _erase_bytes(flash + addr, size);
    return 0;
}

static int _power(mtd_dev_t *dev, enum mtd_power_state power)
{
    (void)dev;
    (void)power;
    return -ENOTSUP;
}

const mtd_desc_t __wrap_native_flash_driver = {
    .init = _init,
    .read = _read,
    .write_page = _write_page,
    .erase = _erase,
    .power = _power,
};

#endif
