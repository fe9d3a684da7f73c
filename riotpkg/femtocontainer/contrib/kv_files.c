/*
 * SPDX-FileCopyrightText: The femtocontainer authors
 * SPDX-License-Identifier: LGPL-2.1-only
 */

/**
 * @ingroup     pkg_femtocontainer
 * @{
 *
 * @file
 * @brief       Key-value entries that are kept over a restart, as files
 *
 * Each tenant has one file, kv.NAME, with all that it wants to keep. A thread of
 * low priority writes it anew some time after a change, so that many changes
 * cost one file, and not before the tenant's flash_bytes_per_hour allow that. The
 * new file takes the place of the old one by a rename: what there is after a
 * power cut is the one or the other.
 *
 *     magic      4 bytes  "FKV" 2
 *     number     4 bytes  greater than that of each file written before
 *     for each entry
 *       space    2 bytes  see femto_kv_space
 *       len      2 bytes
 *       key      4 bytes
 *       value    len bytes
 *     end        2 bytes  0
 *     checksum   2 bytes  CRC-16/CCITT-FALSE of all before
 *
 * Numbers are little endian. An entry can be in the files of two tenants, when one
 * took it over from the other, which has had no reason to write since. Then the
 * later file counts.
 *
 * @}
 */

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "auto_init_priorities.h"
#include "auto_init_utils.h"
#include "bitfield.h"
#include "byteorder.h"
#include "checksum/crc16_ccitt.h"
#include "femto_runtime.h"
#include "femto_stores.h"
#include "femto_sys.h"
#include "log.h"
#include "thread.h"
#include "thread_flags.h"
#include "vfs.h"
#include "vfs_default.h"
#include "ztimer.h"

/* Where the files are. */
#ifndef FEMTO_KV_DIRECTORY
#define FEMTO_KV_DIRECTORY VFS_DEFAULT_DATA
#endif

/* Seconds from a change until it is written, with what else changed. */
#ifndef CONFIG_FEMTOCONTAINER_KV_DELAY
#define CONFIG_FEMTOCONTAINER_KV_DELAY 5
#endif

enum {
    CHANGED = 1 << 0,   /* thread flag */
    HEADER = 8,         /* bytes of an entry before its value */
    NAME = 31,          /* characters of a tenant's name */
};

static const uint8_t _magic[4] = { 'F', 'K', 'V', 2 };
static const char _fresh[] = FEMTO_KV_DIRECTORY "/kv-new"; /* no tenant's */

static char _stack[THREAD_STACKSIZE_DEFAULT + CONFIG_FEMTOCONTAINER_KV_VALUE];
static thread_t *_thread;
static uint32_t _latest;                    /* number of the latest file */
static BITFIELD(_changed, FEMTO_TENANTS);   /* tenants with something to write */

/* Bytes that a tenant may write for now, and when that was counted. */
static struct {
    uint32_t left;
    uint32_t since; /* seconds */
} _quota[FEMTO_TENANTS];

typedef struct {
    int fd;
    uint32_t max;   /* bytes that may be written */
    uint32_t len;   /* written or read so far */
    uint16_t crc;
    int error;      /* the first one, as -errno */
} _file_t;

/* With fd -1 only counts. */
static void _write(_file_t *f, const void *buf, size_t len)
{
    if (f->error == 0 && len > f->max - f->len) {
        f->error = -EOVERFLOW;
    }
    if (f->error != 0) {
        return;
    }
    f->len += len;
    f->crc = crc16_ccitt_false_update(f->crc, buf, len);
    if (f->fd >= 0 && len > 0) {
        ssize_t n = vfs_write(f->fd, buf, len);

        f->error = (n < 0) ? (int)n : ((size_t)n == len) ? 0 : -ENOSPC;
    }
}

/* Whether there is that much. */
static bool _read(_file_t *f, void *buf, size_t len)
{
    ssize_t n = (len > 0) ? vfs_read(f->fd, buf, len) : 0;

    if (n < 0 || (size_t)n != len) {
        f->error = (n < 0) ? (int)n : -EBADMSG;
        return false;
    }
    f->len += len;
    f->crc = crc16_ccitt_false_update(f->crc, buf, len);
    return true;
}

/* Writes what the tenant wants to keep. Others change the stores meanwhile, but
 * not within an entry; such a change sets the flag again. Nothing else bounds how
 * many entries pass by: the tenant can add one ahead for each that is written. */
static void _record(_file_t *f, unsigned tenant)
{
    uint8_t value[CONFIG_FEMTOCONTAINER_KV_VALUE];
    uint8_t number[4];
    uint16_t space = 0;
    uint32_t key = 0;

    byteorder_htolebufl(number, _latest + 1);
    _write(f, _magic, sizeof(_magic));
    _write(f, number, sizeof(number));
    do {
        int32_t len = femto_kv_next_kept(femto_stores_lock(), (uint8_t)tenant, &space, &key, value);

        femto_stores_unlock();
        if (len < 0) {
            break;
        }
        uint8_t header[HEADER];

        byteorder_htolebufs(header, space);
        byteorder_htolebufs(header + 2, (uint16_t)len);
        byteorder_htolebufl(header + 4, key);
        _write(f, header, sizeof(header));
        _write(f, value, (size_t)len);
        key++;
        space = (uint16_t)(space + (key == 0)); /* after the greatest key */
    } while (space != 0 && f->error == 0);
    uint8_t end[2] = { 0 };

    _write(f, end, sizeof(end));
    byteorder_htolebufs(end, f->crc);
    _write(f, end, sizeof(end));
}

/* Whether a tenant may write that much; if so, it has. A tenant whose quota is
 * less than what it wants to keep never writes. */
static bool _pay(unsigned tenant, uint32_t bytes)
{
    uint32_t hourly = femto_tenants[tenant].quota.flash_bytes_per_hour;
    uint32_t now = ztimer_now(ZTIMER_MSEC) / 1000;
    uint32_t elapsed = now - _quota[tenant].since;
    uint64_t left = _quota[tenant].left + (uint64_t)hourly * elapsed / 3600;

    if (left > _quota[tenant].left || elapsed >= 3600) {
        _quota[tenant].left = (left < hourly) ? (uint32_t)left : hourly;
        _quota[tenant].since = now;
    }
    if (bytes > _quota[tenant].left) {
        return false;
    }
    _quota[tenant].left -= bytes;
    return true;
}

static void _path(char *path, unsigned tenant)
{
    strcpy(path, FEMTO_KV_DIRECTORY "/kv.");
    strncat(path, femto_tenants[tenant].name, NAME);
}

/* Whether the tenant's file is as it should be now. */
static bool _save(unsigned tenant)
{
    char path[sizeof(FEMTO_KV_DIRECTORY) + 4 + NAME];
    _file_t f = { .fd = -1, .max = femto_tenants[tenant].quota.flash_bytes_per_hour };

    _record(&f, tenant);
    if (f.error != 0 || !_pay(tenant, f.len)) {
        return false;
    }
    f = (_file_t){
        .fd = vfs_open(_fresh, O_CREAT | O_TRUNC | O_WRONLY, 0600),
        .max = f.len, /* what is paid */
    };
    if (f.fd < 0) {
        f.error = f.fd;
    }
    else {
        _record(&f, tenant);
        int closed = vfs_close(f.fd); /* writes what is still in the cache */

        f.error = (f.error == 0) ? closed : f.error;
    }
    if (f.error == 0) {
        _path(path, tenant);
        f.error = vfs_rename(_fresh, path);
        _latest += f.error == 0;
    }
    if (f.error != 0) {
        vfs_unlink(_fresh);
    }
    if (f.error == -EOVERFLOW) {
        return false; /* it grew meanwhile */
    }
    if (f.error != 0) {
        LOG_WARNING("femtocontainer: cannot keep what %s wants to keep: %d\n",
                    femto_tenants[tenant].name, f.error);
    }
    return true; /* the medium may be broken: not again before the next change */
}

static void *_work(void *arg)
{
    (void)arg;
    for (;;) {
        bool waits = false;

        for (unsigned t = 0; t < FEMTO_TENANTS; t++) {
            if (bf_isset(_changed, t)) {
                bf_unset_atomic(_changed, t); /* what changes from now on counts anew */
                if (!_save(t)) {
                    bf_set_atomic(_changed, t);
                    waits = true;
                }
            }
        }
        if (!waits) {
            thread_flags_wait_any(CHANGED);
        }
        ztimer_sleep(ZTIMER_MSEC, CONFIG_FEMTOCONTAINER_KV_DELAY * 1000);
    }
    return NULL;
}

/* Called with the stores locked. */
static void _on_change(uint8_t tenant)
{
    if (tenant < FEMTO_TENANTS) {
        bf_set_atomic(_changed, tenant);
        thread_flags_set(_thread, CHANGED);
    }
}

/* Reads a file to its end, and puts the entries that are not there yet into the
 * stores if kv is given. Returns whether all of it is as it should be. */
static bool _walk(_file_t *f, unsigned tenant, femto_kv_t *kv, uint32_t *number)
{
    const femto_quota_t *quota = &femto_tenants[tenant].quota;
    uint8_t value[CONFIG_FEMTOCONTAINER_KV_VALUE];
    uint8_t header[HEADER];

    if (!_read(f, header, HEADER) || memcmp(header, _magic, sizeof(_magic)) != 0) {
        return false;
    }
    *number = byteorder_lebuftohl(header + sizeof(_magic));
    for (;;) {
        if (!_read(f, header, 2)) {
            return false;
        }
        femto_kv_who_t who = {
            .space = byteorder_lebuftohs(header), .tenant = (uint8_t)tenant,
            .max_entries = quota->kv_entries, .max_bytes = quota->kv_bytes,
        };
        if (who.space == 0) {
            break;
        }
        if ((who.space != femto_kv_space(FEMTO_SCOPE_TENANT, tenant)
             && who.space != femto_kv_space(FEMTO_SCOPE_GLOBAL, FEMTO_KV_ALL))
            || !_read(f, header + 2, HEADER - 2)) {
            return false;
        }
        uint16_t len = byteorder_lebuftohs(header + 2);

        if (len > sizeof(value) || !_read(f, value, len)) {
            return false;
        }
        if (kv != NULL) {
            femto_kv_put(kv, &who, byteorder_lebuftohl(header + 4), value, len,
                         FEMTO_KV_NEW | FEMTO_KV_PERSIST);
        }
    }
    uint16_t crc = f->crc;

    return _read(f, header, sizeof(crc)) && byteorder_lebuftohs(header) == crc
           && vfs_read(f->fd, header, 1) == 0;
}

/* The number of a tenant's file, whose entries are put into the stores if kv is
 * given; 0 if there is none that is as it should be. */
static uint32_t _load(unsigned tenant, femto_kv_t *kv)
{
    char path[sizeof(FEMTO_KV_DIRECTORY) + 4 + NAME];
    uint32_t number = 0;

    _path(path, tenant);
    _file_t f = { .fd = vfs_open(path, O_RDONLY, 0) };

    if (f.fd < 0) {
        return 0; /* has never kept anything */
    }
    if (!_walk(&f, tenant, kv, &number)) {
        LOG_WARNING("femtocontainer: %s is damaged, and left alone\n", path);
        number = 0;
    }
    vfs_close(f.fd);
    return number;
}

/* The latest file first. */
static void _load_all(femto_kv_t *kv)
{
    uint32_t number[FEMTO_TENANTS];

    for (unsigned t = 0; t < FEMTO_TENANTS; t++) {
        number[t] = _load(t, NULL);
        _latest = (number[t] > _latest) ? number[t] : _latest;
    }
    for (;;) {
        unsigned next = 0;

        for (unsigned t = 1; t < FEMTO_TENANTS; t++) {
            next = (number[t] > number[next]) ? t : next;
        }
        if (number[next] == 0) {
            break;
        }
        _load(next, kv);
        number[next] = 0;
    }
}

static void _start(void)
{
    femto_kv_t *kv = femto_stores_lock();

    vfs_unlink(_fresh);
    for (unsigned t = 0; t < FEMTO_TENANTS; t++) {
        _quota[t].left = femto_tenants[t].quota.flash_bytes_per_hour;
    }
    _load_all(kv);
    kernel_pid_t pid = thread_create(_stack, sizeof(_stack), THREAD_PRIORITY_IDLE - 1, 0,
                                     _work, NULL, "femto_kv");

    _thread = thread_get(pid);
    kv->changed = _on_change;
    femto_stores_unlock();
}

AUTO_INIT(_start, AUTO_INIT_PRIORITY_AFTER(AUTO_INIT_PRIO_MOD_VFS));
