/*
 * SPDX-FileCopyrightText: The femtocontainer authors
 * SPDX-License-Identifier: LGPL-2.1-only
 */

/* A flash chip in a file, as that of native, which loses power when told to: in
 * the middle of the n-th program or erase, leaving the first bytes of it. */

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>

#include "board.h"
#include "flash.h"

#include "mtd.h"
#include "native_internal.h"

enum { SIZE = MTD_SECTOR_NUM * MTD_SECTOR_SIZE };

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

static int _init(mtd_dev_t *dev)
{
    if (flash != NULL) {
        return 0;
    }
    int fd = real_open("flash.bin", O_RDWR);
    if (fd < 0) {
        return -EIO;
    }
    flash = mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    dev->sector_count = MTD_SECTOR_NUM;
    return flash == MAP_FAILED ? -EIO : 0;
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
    uint32_t done = _begin(size);
    for (uint32_t i = 0; i < done; i++) {
        flash[addr + i] &= ((const uint8_t *)buf)[i];
    }
    _end();
    return (int)size;
}

static int _erase(mtd_dev_t *dev, uint32_t addr, uint32_t size)
{
    (void)dev;
    if (addr > SIZE || size > SIZE - addr || addr % MTD_SECTOR_SIZE || size % MTD_SECTOR_SIZE) {
        return -EOVERFLOW;
    }
    memset(flash + addr, 0xff, _begin(size));
    _end();
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
