/*
 * SPDX-FileCopyrightText: The femtocontainer authors
 * SPDX-License-Identifier: LGPL-2.1-only
 */

/**
 * @ingroup     pkg_femtocontainer
 * @{
 *
 * @file
 * @brief       Records of what is installed, as files
 *
 * A record is written whole into one file, which then takes the place of the old
 * one. Its header is there twice, before and behind the payload: without the
 * sequence number old manifests could be sent again. The file system has to make
 * that rename atomic, as littlefs does, and to have everything written on the
 * medium when a file is closed.
 *
 * @}
 */

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "femto_suit.h"
#include "suit_internal.h"
#include "vfs_default.h"

/* Where records are. */
#ifndef FEMTO_SUIT_DIRECTORY
#define FEMTO_SUIT_DIRECTORY VFS_DEFAULT_DATA
#endif

static const char fresh[] = FEMTO_SUIT_DIRECTORY "/fc.new";

enum { HEADER = sizeof(femto_suit_header_t) };

/* fc/sampler/0 is the file fc.sampler.0 */
static void _path(char *out, const char *component)
{
    out += sprintf(out, FEMTO_SUIT_DIRECTORY "/");
    for (; *component != '\0'; component++) {
        *out++ = (*component == '/') ? '.' : *component;
    }
    *out = '\0';
}

/* Header, payload, and the header again; 0 or -errno */
static int _write(int fd, const femto_suit_header_t *header, const uint8_t *payload)
{
    for (unsigned i = 0; i < 3; i++) {
        const void *piece = i == 1 ? (const void *)payload : header;
        ssize_t len = i == 1 ? header->record.size : sizeof(*header);
        ssize_t n = vfs_write(fd, piece, len);
        if (n != len) {
            return n < 0 ? n : -ENOSPC;
        }
    }
    return 0;
}

int femto_suit_store_write(unsigned place, const char *component,
                           const femto_suit_record_t *record, uint8_t **payload)
{
    char path[sizeof(FEMTO_SUIT_DIRECTORY) + 1 + FEMTO_SUIT_NAME_MAX + 1];
    femto_suit_header_t header;

    (void)place;
    femto_suit_header_make(&header, component, record);
    int fd = vfs_open(fresh, O_CREAT | O_TRUNC | O_WRONLY, 0600);
    if (fd < 0) {
        return fd;
    }
    int err = _write(fd, &header, *payload);
    int closed = vfs_close(fd); /* writes what is still in the cache */
    if (err == 0) {
        err = closed;
    }
    if (err == 0) {
        _path(path, component);
        err = vfs_rename(fresh, path);
    }
    if (err != 0) {
        vfs_unlink(fresh);  /* makes room again */
    }
    return err;
}

static bool _read_header(int fd, off_t at, const char *component, femto_suit_header_t *header)
{
    return vfs_lseek(fd, at, SEEK_SET) >= 0 && vfs_read(fd, header, HEADER) == HEADER
        && femto_suit_header_is(header, component);
}

int femto_suit_store_read(unsigned place, const char *component, femto_suit_record_t *record,
                          uint8_t **payload, uint32_t max)
{
    char path[sizeof(FEMTO_SUIT_DIRECTORY) + 1 + FEMTO_SUIT_NAME_MAX + 1];
    femto_suit_header_t header;

    (void)place;
    _path(path, component);
    int fd = vfs_open(path, O_RDONLY, 0);
    if (fd < 0) {
        return fd;
    }
    off_t end = vfs_lseek(fd, 0, SEEK_END);
    bool good = false;
    if (_read_header(fd, 0, component, &header)
        || _read_header(fd, end - HEADER, component, &header)) {
        *record = header.record;
        good = record->size <= max && end == (off_t)(HEADER + record->size + HEADER)
               && vfs_lseek(fd, HEADER, SEEK_SET) == HEADER
               && vfs_read(fd, *payload, record->size) == (ssize_t)record->size
               && femto_suit_payload_is(record, *payload);
    }
    vfs_close(fd);
    return good ? 0 : -EBADMSG;
}

/* 0 when there is such a folder */
static int _look_for(const char *path)
{
    vfs_DIR dir;
    int err = vfs_opendir(&dir, path);

    if (err == 0) {
        vfs_closedir(&dir);
    }
    return err;
}

int femto_suit_store_init(void)
{
    int err = _look_for(FEMTO_SUIT_DIRECTORY);

    if (err == 0) {
        vfs_unlink(fresh);
    }
    return err;
}

int femto_suit_format_blank(mtd_dev_t *mtd)
{
    uint8_t head[32];

    if (_look_for(VFS_DEFAULT_DATA) == 0) {
        return 0;
    }
    /* file systems begin in the first sectors */
    for (uint32_t sector = 0; sector < 2; sector++) {
        int err = mtd_read(mtd, head, sector * mtd->pages_per_sector * mtd->page_size,
                           sizeof(head));
        if (err < 0) {
            return err;
        }
        for (unsigned i = 0; i < sizeof(head); i++) {
            if (head[i] != 0xff) {
                return -EEXIST;
            }
        }
    }
    int err = vfs_format_by_path(VFS_DEFAULT_DATA);

    return err != 0 ? err : vfs_mount_by_path(VFS_DEFAULT_DATA);
}
