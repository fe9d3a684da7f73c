/*
 * SPDX-FileCopyrightText: The femtocontainer authors
 * SPDX-License-Identifier: LGPL-2.1-only
 */

/* A CoAP server on the loopback, so that RIOT's client fetches for once. It serves the file
 * whose name is the last part of the path, in blocks of the size that is asked for, and has
 * modes that no server should have:
 *   good       none
 *   whole      all in one message, without a block's number
 *   separate   acknowledges, and answers a little later
 *   twice      each answer four times
 *   small      in blocks of 16 bytes, whatever is asked for
 *   changes    an image is another one from the second block on
 *   hold       acknowledges each second, for 20 s, and never answers; then says so
 *   self       there is none: the device's own server is asked for its status
 *   many       there is none: a multicast address is asked */

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "net/nanocoap.h"
#include "net/sock/udp.h"
#include "server.h"
#include "thread.h"
#include "ztimer.h"

enum { PORT = 61616, HOLD = 20 };

static const char *mode;
static sock_udp_t sock;

static bool _is(const char *what)
{
    return mode != NULL && strcmp(mode, what) == 0;
}

const char *server_url(const char *url)
{
    static char other[192];

    if (mode == NULL) {
        return NULL;
    }
    const char *path = url + strlen("coap://h");
    if (_is("self")) {
        return "coap://[::1]/fc/suit/status";
    }
    snprintf(other, sizeof(other), "coap://[%s]:%d%s", _is("many") ? "ff02::1" : "::1",
             PORT, path);
    return other;
}

static void _send(const uint8_t *message, size_t len, const sock_udp_ep_t *to)
{
    sock_udp_send(&sock, message, len, to);
}

static void _acknowledge(const coap_pkt_t *request, const sock_udp_ep_t *to)
{
    uint16_t id = coap_get_id(request);
    const uint8_t ack[] = { 0x60, 0, id >> 8, id & 0xff };

    _send(ack, sizeof(ack), to);
}

static void _answer(coap_pkt_t *request, const sock_udp_ep_t *to)
{
    static uint8_t file[1 << 16], message[4 + 5 + 1 + sizeof(file)];
    char path[160];
    coap_block1_t block = { .szx = 2 };
    bool separate = _is("separate");

    coap_opt_get_string(request, COAP_OPT_URI_PATH, path, sizeof(path), '/');
    size_t len = load(strrchr(path, '/') + 1, file, sizeof(file));
    coap_get_block2(request, &block);
    uint16_t id = coap_get_id(request);
    unsigned szx = _is("small") ? 0 : block.szx, size = 16u << szx;
    size_t at = block.offset;
    if (_is("whole")) {
        size = len;
    }
    if (_is("changes") && at > 0 && strstr(path, ".suit") == NULL) {
        file[at] ^= 1;
    }
    size_t n = at >= len ? 0 : len - at < size ? len - at : size;
    uint8_t *p = message;
    *p++ = separate ? 0x40 : 0x60;
    *p++ = len == 0 ? COAP_CODE_PATH_NOT_FOUND : COAP_CODE_CONTENT;
    *p++ = id >> 8;
    *p++ = id & 0xff;
    if (!_is("whole")) {
        uint32_t value = at / size << 4 | (at + n < len) << 3 | szx;
        *p++ = 0xd2;    /* Block2, of two bytes */
        *p++ = COAP_OPT_BLOCK2 - 13;
        *p++ = value >> 8;
        *p++ = value & 0xff;
    }
    *p++ = 0xff;
    memcpy(p, file + at, n);
    if (separate) {
        _acknowledge(request, to);
        ztimer_sleep(ZTIMER_MSEC, 20);
    }
    for (unsigned i = _is("twice") ? 4 : 1; i > 0; i--) {
        _send(message, p + n - message, to);
    }
}

static void *_server(void *arg)
{
    static uint8_t message[256];
    sock_udp_ep_t local = SOCK_IPV6_EP_ANY, remote;
    coap_pkt_t request;

    local.port = PORT;
    sock_udp_create(&sock, &local, NULL, 0);
    while (1) {
        ssize_t n = sock_udp_recv(&sock, message, sizeof(message), SOCK_NO_TIMEOUT, &remote);
        if (n <= 0 || mode == NULL || coap_parse_udp(&request, message, n) < 0
            || coap_get_code_raw(&request) != COAP_METHOD_GET) {
            continue;
        }
        if (!_is("hold")) {
            _answer(&request, &remote);
            continue;
        }
        unsigned i = 0;
        for (; i < HOLD && _is("hold"); i++) {
            _acknowledge(&request, &remote);
            ztimer_sleep(ZTIMER_MSEC, 1000);
        }
        if (i == HOLD) {
            puts("answer none: the server gives up");
        }
    }
    return arg;
}

void server_begin(const char *new)
{
    static char stack[THREAD_STACKSIZE_LARGE], word[16];
    static kernel_pid_t server = KERNEL_PID_UNDEF;

    mode = NULL;
    if (new == NULL) {
        return;
    }
    snprintf(word, sizeof(word), "%s", new);
    mode = word;
    if (server == KERNEL_PID_UNDEF) {
        server = thread_create(stack, sizeof(stack), THREAD_PRIORITY_MAIN - 1, 0, _server, NULL,
                               "server");
    }
}
