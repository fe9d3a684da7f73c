/* SPDX-FileCopyrightText: The femtocontainer authors */
/* SPDX-License-Identifier: MIT */

/* Stands in for the headers of RIOT's threads and network when its SUIT parser and
 * our worker, which do not use them much, are compiled on a host: worker.c. */

#pragma once

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef int mutex_t;
#define MUTEX_INIT_LOCKED 1
static inline void mutex_lock(mutex_t *m)
{
    if ((*m)++ != 0) {
        __builtin_trap();
    }
}
static inline void mutex_init_locked(mutex_t *m)
{
    *m = 1;
}
static inline void mutex_unlock(mutex_t *m)
{
    (*m)--;
}

typedef int kernel_pid_t;
typedef void *(*thread_task_func_t)(void *);
enum { KERNEL_PID_UNDEF = 0, THREAD_STACKSIZE_LARGE = 1, THREAD_PRIORITY_MAIN = 7 };
kernel_pid_t thread_create(char *stack, int size, uint8_t priority, int flags,
                           thread_task_func_t function, void *arg, const char *name);

void random_bytes(uint8_t *buf, size_t n);
#define PRIuSIZE "zu"

enum { ZTIMER_MSEC };
uint32_t ztimer_now(int clock);

typedef int coap_blksize_t;
typedef int (*coap_blockwise_cb_t)(void *arg, size_t offset, uint8_t *buf, size_t len, int more);
int nanocoap_get_blockwise_url(const char *url, coap_blksize_t blksize,
                               coap_blockwise_cb_t callback, void *arg);
#define CONFIG_SUIT_COAP_BLOCKSIZE 2

typedef struct mtd mtd_dev_t;
typedef struct credential credman_credential_t;

/* a contract's, and the firmware's configuration */
enum { FEMTO_TOTAL_CONTAINERS = 2 };
#define CONFIG_FEMTOCONTAINER_SUIT_IMAGE        1024
#define CONFIG_FEMTOCONTAINER_SUIT_LOG          4
#define CONFIG_FEMTOCONTAINER_SUIT_REVOKED      16
#define CONFIG_FEMTOCONTAINER_SUIT_TIMEOUT      60
#define CONFIG_FEMTOCONTAINER_SUIT_URL_PREFIX   ""

/* the operator's; its seed is 32 times 1 */
static const uint8_t public_key[1][32] = { {
    0x8a, 0x88, 0xe3, 0xdd, 0x74, 0x09, 0xf1, 0x95, 0xfd, 0x52, 0xdb, 0x2d, 0x3c, 0xba, 0x5d, 0x72,
    0xca, 0x67, 0x09, 0xbf, 0x1d, 0x94, 0x12, 0x1b, 0xf3, 0x74, 0x88, 0x01, 0xb4, 0x0f, 0x6f, 0x5c,
} };
