/*
 * SPDX-FileCopyrightText: The femtocontainer authors
 * SPDX-License-Identifier: LGPL-2.1-only
 */

/* Does what the file "script" says, line by line:
 *   trigger URL    a job, waited for; prints its verdict
 *   both URL URL   two triggers at once; prints the answer to the second one, and
 *                  then the verdict of the first
 *   slots          prints what is in the slots
 *   reading        runs the hook filter with 21
 *   alarm          runs the hook alarm with 60
 *   average        runs the hook coap/average
 *   arm N BYTES    lets the power fail, see flash.h
 *   place          prints where attached containers run from
 *   operations     prints how many there were since then
 *   fill           makes files until there is no block left
 *   empty          removes them
 *   occupy         installs containers until there is room for none
 *   detach ID      detaches a container, as the shell does
 *   remove ID      removes it
 *   break          has every write of a record fail
 *   mend           ends that
 *   spoil N        what comes next is read wrong when it is hashed for the N-th time
 *   flip FILE N    flips a bit in byte N of a file of the device
 *   install FILE HOOK SLOT
 *                  puts a file on the flash chip, and installs it with the shell
 *   parse FILE     has RIOT's SUIT parser and its storage in RAM, in place of ours, do what a
 *                  manifest for the component ram/0 says
 *   heap           prints what malloc has given
 *   coap HEX [MS]  sends a message to the CoAP server; prints the answer's code, if there
 *                  is one within so many milliseconds, or 300
 *   serve MODE     has a server of its own on the loopback serve what is fetched next: server.c
 *   packets        prints whether there are any in the packet buffer
 * URLs are coap://h/FILE?MODE, of a file in the current folder. With the modes
 * "meanwhile" and "meanwhile-cut" the hook filter runs half way, and somebody wants
 * the device to do coap://h/other.suit. */

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <malloc.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "board.h"
#include "femto_contract.h"
#include "femto_runtime.h"
#include "femto_suit.h"
#include "flash.h"
#include "native_internal.h"
#include "net/gcoap.h"
#include "net/gnrc/pktbuf.h"
#include "net/nanocoap.h"
#include "net/sock/udp.h"
#include "sched.h"
#include "server.h"
#include "shell.h"
#include "suit.h"
#include "suit/conditions.h"
#include "suit/storage.h"
#include "suit_internal.h"
#include "thread.h"
#include "vfs.h"
#include "ztimer.h"

FEMTO_HOOK(filter_hook, FEMTO_HOOK_FILTER);
FEMTO_HOOK(alarm_hook, FEMTO_HOOK_ALARM);
FEMTO_HOOK(average_hook, FEMTO_HOOK_COAP_AVERAGE);
FEMTO_HOOK(other_hook, FEMTO_HOOK_COAP_OTHER);
FEMTO_HOOK(fitting_hook, FEMTO_HOOK_A_NAME_OF_24_CHARACTERS0);
FEMTO_HOOK(longer_hook, FEMTO_HOOK_A_NAME_OF_25_CHARACTERS00);

size_t load(const char *name, uint8_t *buf, size_t max)
{
    _native_syscall_enter();
    int fd = real_open(name, O_RDONLY);
    ssize_t n = fd < 0 ? -1 : real_read(fd, buf, max);

    if (fd >= 0) {
        real_close(fd);
    }
    _native_syscall_leave();
    return n < 0 ? 0 : (size_t)n;
}

/* --- in place of a memory that reads right ------------------------------- */

static unsigned spoil;

void __real_sha256(const void *data, size_t len, void *digest);

void __wrap_sha256(const void *data, size_t len, void *digest)
{
    __real_sha256(data, len, digest);
    if (data == femto_suit_staging() && spoil > 0 && --spoil == 0) {
        ((uint8_t *)digest)[0] ^= 1;
    }
}

/* --- in place of the network --------------------------------------------- */

static unsigned fetches;
static uint8_t file[1 << 16];

static uint32_t _trigger(const char *url);
static void _reading(void);

/* The worker begins with that. */
static atomic_bool booted;
void __real_femto_suit_boot(void);
void __wrap_femto_suit_boot(void)
{
    __real_femto_suit_boot();
    booted = true;
}

int __real_nanocoap_get_blockwise_url(const char *url, coap_blksize_t blksize,
                                      coap_blockwise_cb_t callback, void *arg);

int __wrap_nanocoap_get_blockwise_url(const char *url, coap_blksize_t blksize,
                                      coap_blockwise_cb_t callback, void *arg)
{
    static uint8_t block[64];
    char name[64];
    const char *mode = strchr(url, '?');

    fetches++;
    if (server_url(url) != NULL) {
        return __real_nanocoap_get_blockwise_url(server_url(url), blksize, callback, arg);
    }
    snprintf(name, sizeof(name), "%s", url + strlen("coap://h/"));
    name[strcspn(name, "?")] = '\0';
    mode = mode == NULL ? "" : mode + 1;

    if (strcmp(mode, "timeout") == 0) {
        return -ETIMEDOUT;
    }
    size_t len = load(name, file, sizeof(file));
    if (len == 0 && strcmp(mode, "nothing") != 0) {
        return -ENXIO;  /* what nanocoap makes of 4.04 */
    }
    for (size_t at = 0;; at += sizeof(block)) {
        size_t from = at < len ? at : len;
        size_t n = len - from < sizeof(block) ? len - from : sizeof(block);
        int more = from + n < len;
        size_t offset = at;

        memcpy(block, file + from, n);
        if (strcmp(mode, "gap") == 0 && at > 0) {
            offset += sizeof(block);
        }
        else if (strcmp(mode, "again") == 0 && at > 0) {
            offset = 0;
        }
        else if (strcmp(mode, "endless") == 0) {
            more = 1;
            n = sizeof(block);
        }
        else if (strcmp(mode, "empty") == 0) {
            more = 1;
            n = 0;
            offset = 0;
        }
        else if (strcmp(mode, "slow") == 0) {
            ztimer_sleep(ZTIMER_MSEC, 2000);
        }
        else if (strcmp(mode, "cut") == 0 && at > 0) {
            return -ETIMEDOUT;
        }
        else if (strncmp(mode, "meanwhile", 9) == 0 && at == sizeof(block)) {
            _reading();
            _trigger("coap://h/other.suit");
            if (strcmp(mode, "meanwhile-cut") == 0) {
                return -ETIMEDOUT;
            }
        }
        int res = callback(arg, offset, block, n, more);
        if (res < 0) {
            return res;
        }
        if (!more) {
            return 0;
        }
    }
}

/* --- answers -------------------------------------------------------------- */

static void _print(const char *what, const femto_suit_verdict_t v)
{
    printf("%s FC%04u", what, femto_suit_code(v));
    if (femto_suit_has_where(v)) {
        printf(" %" PRIu32, femto_suit_where(v));
    }
}

static uint32_t _trigger(const char *url)
{
    uint32_t job = 0;
    uint16_t code = femto_suit_trigger((const uint8_t *)url, strlen(url), &job);

    if (code != 0) {
        printf("trigger FC%u\n", code);
        return 0;
    }
    return job;
}

static void _reading(void)
{
    int32_t sample = 21;

    femto_hook_trigger(&filter_hook, &sample, sizeof(sample), NULL);
    printf("reading %" PRId32 "\n", sample);
}

static void _wait(uint32_t job)
{
    const femto_suit_status_t *s = &femto_suit_status;

    if (job == 0) {
        return;
    }
    /* Below the worker, which has then printed everything: two printf() at once would
     * have malloc keep a second buffer, which "heap" shows. */
    sched_change_priority(thread_get_active(), THREAD_PRIORITY_MAIN + 2);
    while (s->results < job) {
        ztimer_sleep(ZTIMER_MSEC, 1);
    }
    sched_change_priority(thread_get_active(), THREAD_PRIORITY_MAIN);
    const femto_suit_result_t *r = &s->log[(job - 1) % CONFIG_FEMTOCONTAINER_SUIT_LOG];
    _print("verdict", r->verdict);
    printf(" %s %" PRIu32 " fetches %u\n", r->component[0] != '\0' ? r->component : "-",
           r->sequence, fetches);
    fetches = 0;
}

static void _slots(void)
{
    static const char *const states[] = { "", "attached", "waiting", "removed", "refused" };
    char name[FEMTO_SUIT_NAME_MAX + 1];

    femto_suit_lock();
    femto_suit_look();
    femto_suit_unlock();
    for (unsigned i = 0; i < FEMTO_TOTAL_CONTAINERS; i++) {
        const femto_suit_slot_t *s = &femto_suit_slots[i];
        if (s->state != FEMTO_SUIT_EMPTY) {
            femto_suit_slot_name(s, name);
            printf("slot %s %s %" PRIu32 " %02x%02x%02x%02x", name, states[s->state],
                   s->record.sequence, s->record.digest[0], s->record.digest[1],
                   s->record.digest[2], s->record.digest[3]);
            _print("", s->why);
            puts("");
        }
    }
    printf("revoked %u sequence %" PRIu32 "\n", femto_suit_revoked_keys.n,
           femto_suit_revoked_keys.sequence);
}

static void _place(void)
{
    char name[FEMTO_SUIT_NAME_MAX + 1];

    for (unsigned i = 0; i < FEMTO_TOTAL_CONTAINERS; i++) {
        const femto_suit_slot_t *s = &femto_suit_slots[i];
        if (s->state == FEMTO_SUIT_ATTACHED) {
            const femto_instance_t *run = &femto_container_get(s->container)->instance;
            bool flash = flash_has(run->image.text) && flash_has(run->image.rodata);
            femto_suit_slot_name(s, name);
            printf("place %s %s\n", name, flash ? "flash" : "RAM");
        }
    }
}

/* --- files --------------------------------------------------------------- */

#if IS_USED(MODULE_FEMTOCONTAINER_SUIT_VFS)

static void _other(char *path, unsigned i)
{
    sprintf(path, "/nvm0/other%u", i);
}

/* The file system keeps nothing of a file that it could not write whole. */
static bool _make(unsigned i, size_t size)
{
    char path[24];

    _other(path, i);
    int fd = vfs_open(path, O_CREAT | O_TRUNC | O_WRONLY, 0);
    if (fd < 0) {
        return false;
    }
    bool good = vfs_write(fd, file, size) == (ssize_t)size;
    return vfs_close(fd) == 0 && good;
}

static void _fill(void)
{
    unsigned i = 0;

    for (size_t size = sizeof(file); size >= MTD_SECTOR_SIZE / 8; size /= 2) {
        while (i < 64 && _make(i, size)) {
            i++;
        }
    }
}

static void _empty(void)
{
    char path[24];

    for (unsigned i = 0; i < 64; i++) {
        _other(path, i);
        vfs_unlink(path);
    }
}

static void _flip(const char *name, unsigned at)
{
    char path[40];
    uint8_t byte = 0;

    snprintf(path, sizeof(path), "/nvm0/%s", name);
    int fd = vfs_open(path, O_RDWR, 0);
    vfs_lseek(fd, at, SEEK_SET);
    vfs_read(fd, &byte, 1);
    byte ^= 1;
    vfs_lseek(fd, at, SEEK_SET);
    ssize_t n = vfs_write(fd, &byte, 1);
    int closed = vfs_close(fd);
    if (n != 1 || closed != 0) {
        printf("what is %s?\n", path);
    }
}

static void _install(const char *name, const char *hook, const char *slot)
{
    char line[80];
    size_t len = load(name, file, sizeof(file));
    int fd = vfs_open("/nvm0/other", O_CREAT | O_TRUNC | O_WRONLY, 0);

    vfs_write(fd, file, len);
    vfs_close(fd);
    snprintf(line, sizeof(line), "fc install /nvm0/other %s %s", hook, slot);
    if (shell_handle_input_line(NULL, line) == 0) {
        puts("install done");
    }
}

/* The gate, the worker and our storage take no part in this. */
static void _parse(const char *name)
{
    static uint8_t envelope[1024];
    static char url[FEMTO_SUIT_URL_MAX + 1];
    suit_manifest_t manifest = { .urlbuf = url, .urlbuf_len = sizeof(url) };
    uint8_t digest[32];
    const uint8_t *bytes = NULL;
    size_t len = 0;

    fetches = 0;
    int res = suit_parse(&manifest, envelope, load(name, envelope, sizeof(envelope)));
    suit_storage_read_ptr(suit_storage_find_by_id(".ram.0"), &bytes, &len);
    sha256(bytes, len, digest);
    printf("parse %d fetches %u, %u bytes %02x%02x%02x%02x\n", res, fetches, (unsigned)len, digest[0],
           digest[1], digest[2], digest[3]);
    fetches = 0;
}

static bool _files(const char *word, const char *a, const char *b, const char *c)
{
    if (strcmp(word, "install") == 0) {
        _install(a, b, c);
    }
    else if (strcmp(word, "parse") == 0) {
        _parse(a);
    }
    else if (strcmp(word, "fill") == 0) {
        _fill();
    }
    else if (strcmp(word, "empty") == 0) {
        _empty();
    }
    else if (strcmp(word, "break") == 0) {
        vfs_mkdir("/nvm0/fc.new", 0); /* where it makes its files */
    }
    else if (strcmp(word, "mend") == 0) {
        vfs_rmdir("/nvm0/fc.new");
    }
    else if (strcmp(word, "spoil") == 0) {
        spoil = strtoul(a, NULL, 10);
    }
    else if (strcmp(word, "flip") == 0) {
        _flip(a, strtoul(b, NULL, 10));
    }
    else {
        return false;
    }
    return true;
}

#else

static bool _files(const char *word, const char *a, const char *b, const char *c)
{
    (void)word;
    (void)a;
    (void)b;
    (void)c;
    return false;
}

#endif

/* --- script -------------------------------------------------------------- */

static void _coap(const char *hex, uint32_t ms)
{
    sock_udp_ep_t local = SOCK_IPV6_EP_ANY;
    sock_udp_ep_t server = { .family = AF_INET6, .port = CONFIG_GCOAP_PORT,
                             .netif = SOCK_ADDR_ANY_NETIF };
    sock_udp_t sock;
    uint8_t message[64], answer[256];
    size_t len = 0;

    server.addr.ipv6[15] = 1;
    for (unsigned byte; len < sizeof(message) && sscanf(hex, "%2x", &byte) == 1; hex += 2) {
        message[len++] = (uint8_t)byte;
    }
    sock_udp_create(&sock, &local, NULL, 0);
    sock_udp_send(&sock, message, len, &server);
    ssize_t n = sock_udp_recv(&sock, answer, sizeof(answer), ms * US_PER_MS, NULL);
    if (n < 4) {
        printf("answer none\n");
    }
    else {
        printf("answer %u.%02u\n", answer[1] >> 5, answer[1] & 31u);
    }
    sock_udp_close(&sock);
}

/* of AddressSanitizer, whose malloc() it is then */
size_t __sanitizer_get_current_allocated_bytes(void);

static size_t _allocated(void)
{
#ifdef __SANITIZE_ADDRESS__
    return __sanitizer_get_current_allocated_bytes();
#else
    return mallinfo2().uordblks;
#endif
}

static void _line(char *line)
{
    char *word = strtok(line, " ");
    char *a = strtok(NULL, " ");
    char *b = strtok(NULL, " ");
    char *c = strtok(NULL, " ");
    int32_t sample = 60;
    int64_t value = -1;

    if (word == NULL) {
    }
    else if (strcmp(word, "trigger") == 0) {
        _wait(_trigger(a != NULL ? a : ""));
    }
    else if (strcmp(word, "both") == 0) {
        uint32_t job = _trigger(a);
        uint32_t other = _trigger(b);
        if (other != 0) {
            printf("trigger %s\n", other == job ? "the same" : "another");
        }
        _wait(job);
    }
    else if (strcmp(word, "slots") == 0) {
        _slots();
    }
    else if (strcmp(word, "reading") == 0) {
        _reading();
    }
    else if (strcmp(word, "alarm") == 0) {
        femto_hook_trigger(&alarm_hook, &sample, sizeof(sample), &value);
        printf("alarm %d\n", (int)value);
    }
    else if (strcmp(word, "average") == 0) {
        femto_hook_trigger(&average_hook, NULL, 0, &value);
        printf("average %d\n", (int)value);
    }
    else if (strcmp(word, "arm") == 0) {
        flash_arm(strtoul(a, NULL, 10), strtoul(b, NULL, 10));
    }
    else if (strcmp(word, "place") == 0) {
        _place();
    }
    else if (strcmp(word, "operations") == 0) {
        printf("operations %u\n", flash_operations());
    }
    else if (strcmp(word, "occupy") == 0) {
        static const femto_program_t other = { .name = "other" };
        while (femto_container_install(&other, FEMTO_TENANT_ACME) >= 0) {}
    }
    else if (strcmp(word, "detach") == 0) {
        femto_container_detach(strtoul(a, NULL, 10));
    }
    else if (strcmp(word, "remove") == 0) {
        femto_container_remove(strtoul(a, NULL, 10));
    }
    else if (strcmp(word, "heap") == 0) {
        printf("heap %zu\n", _allocated());
    }
    else if (strcmp(word, "coap") == 0) {
        _coap(a, b != NULL ? strtoul(b, NULL, 10) : 300);
    }
    else if (strcmp(word, "serve") == 0) {
        server_begin(a);
    }
    else if (strcmp(word, "packets") == 0) {
        printf("packets %s\n", gnrc_pktbuf_is_empty() ? "none" : "some");
    }
    else if (!_files(word, a, b, c)) {
        printf("what is %s?\n", word);
    }
}

int main(void)
{
    static const credman_credential_t psk = {
        .type = CREDMAN_TYPE_PSK,
        .tag = 1,
        .params.psk = { .id = { .s = "operator", .len = 8 }, .key = { .s = "0123456789abcdef", .len = 16 } },
    };
    static char script[1 << 16];
    const uint8_t *device = (const uint8_t *)suit_get_device_id();

    script[load("script", (uint8_t *)script, sizeof(script) - 1)] = '\0';
    flash_init();
    int res = femto_suit_start(&psk);
    printf("begin %d, device ", res);
    for (unsigned i = 0; i < 16; i++) {
        printf("%02x", device[i]);
    }
    puts("");
    char *line = script;
    if (strncmp(script, "early ", 6) == 0) {
        line = strchr(script, '\n');
        *line++ = '\0';
        _coap(script + 6, 300);
        printf("answer before the checks: %s\n", booted ? "no" : "yes");
    }
    /* of less priority than this thread: the checks at boot come now */
    while (!booted) {
        ztimer_sleep(ZTIMER_MSEC, 1);
    }
    while (*line != '\0') {
        char *end = strchr(line, '\n');
        if (end != NULL) {
            *end = '\0';
        }
        _line(line);
        line = end != NULL ? end + 1 : strchr(line, '\0');
    }
    puts("end");
    real_exit(0);
}
