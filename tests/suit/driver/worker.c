/* SPDX-FileCopyrightText: The femtocontainer authors */
/* SPDX-License-Identifier: MIT */

/* libFuzzer's entry to a whole job: our worker, the gate, and behind it RIOT's SUIT
 * parser with NanoCBOR and libcose, all as they are. What comes from the network is
 * the input's. Built twice: with OpenSSL, and with NO_CRYPTO, where every signature
 * and digest fits.
 *
 * An input is a recipe for an envelope, because one that is mutated byte by byte
 * hardly ever passes the gate; what is signed can be changed by it after all of the
 * envelope is there, and what is not is changed at the end. */

#include <stdlib.h>

#include <stdio.h>
#include <string.h>

#include "suit.c"

#include "crypto.h"
#include "hashes/sha256.h"

enum { BLOCK = 64 };

static const uint8_t *input, *input_end;

static uint32_t _take(unsigned bytes)
{
    uint32_t v = 0;

    for (; bytes > 0 && input < input_end; bytes--) {
        v = v << 8 | *input++;
    }
    return v;
}

static void must(bool b)
{
    if (!b) {
        abort();
    }
}

/* --- an envelope --------------------------------------------------------- */

typedef struct {
    uint8_t bytes[2048];
    uint32_t len;
} buffer_t;

static void _put(buffer_t *b, const void *bytes, uint32_t len)
{
    must(len <= sizeof(b->bytes) - b->len);
    memcpy(b->bytes + b->len, bytes, len);
    b->len += len;
}

#define PUT(b, string) _put(b, string, sizeof(string) - 1)

static void _put_head(buffer_t *b, unsigned major, uint32_t n)
{
    uint8_t head[5] = { (uint8_t)(major << 5) };
    unsigned bytes = n < 24 ? 0 : n < 256 ? 1 : n < 65536 ? 2 : 4;

    head[0] |= (uint8_t)(bytes == 0 ? n : bytes == 1 ? 24 : bytes == 2 ? 25 : 26);
    for (unsigned i = 0; i < bytes; i++) {
        head[1 + i] = (uint8_t)(n >> 8 * (bytes - 1 - i));
    }
    _put(b, head, 1 + bytes);
}

static void _put_string(buffer_t *b, unsigned major, const void *bytes, uint32_t len)
{
    _put_head(b, major, len);
    _put(b, bytes, len);
}

/* So many characters of a recipe, or of a name that will do */
static void _put_text(buffer_t *b, unsigned major, const char *fine, uint32_t most)
{
    char text[256];
    uint32_t len = _take(1);

    if (len == 0 || len > most + 1) {   /* most of the numbers */
        _put_string(b, major, fine, (uint32_t)strlen(fine));
        return;
    }
    len--;
    for (uint32_t i = 0; i < len; i++) {
        uint32_t c = _take(1);
        text[i] = (char)((c & 0x80) != 0 ? c : "abcdefghijklmnopqrstuvwxyz0123456789-:/.["[c % 41]);
    }
    _put_string(b, major, text, len);
}

/* Mostly the right one */
static void _put_bytes(buffer_t *b, const uint8_t *right, uint32_t len)
{
    uint32_t other = _take(1);

    _put_head(b, 2, other == 1 ? len - 1 : other == 2 ? len + 1 : len);
    _put(b, right, other == 1 ? len - 1 : len);
    if (other == 2) {
        PUT(b, "\0");
    }
    if (other == 3) {
        b->bytes[b->len - 1] ^= 1;
    }
}

static uint8_t payload[1024 + 256];
static uint32_t payload_len;

static void _sha256(const void *buf, uint32_t len, uint8_t digest[32])
{
#ifdef NO_CRYPTO
    (void)buf;
    memset(digest, (int)len, 32);
#else
    EVP_Digest(buf, len, digest, NULL, EVP_sha256(), NULL);
#endif
}

static void _put_manifest(buffer_t *m)
{
    static buffer_t common, sequence, digest, install;
    uint8_t sum[32];

    common.len = sequence.len = digest.len = install.len = 0;

    PUT(m, "\xa5\x01\x01\x02");
    _put_head(m, 0, _take(1) % 8 == 1 ? _take(4) : 1);

    PUT(&common, "\xa2\x02\x81");
    uint32_t parts = _take(1);
    parts = parts > FEMTO_SUIT_PARTS_MAX + 1 ? 3 : parts;
    uint32_t own = _take(1) % 2 == 1 && parts > 2 ? parts - 1 : parts;
    _put_head(&common, 4, parts);
    for (uint32_t i = 0; i < parts; i++) {
        _put_text(&common, 2, i == 0 ? "fc" : i == own ? "0000000000000000" : own == 2 ? "revoked"
                  : i == own - 1 ? "0" : "abc", 70);
    }
    PUT(&common, "\x04");
    PUT(&sequence, "\x86\x14\xa4\x01");
    _put_bytes(&sequence, device.vendor, 16);
    PUT(&sequence, "\x02");
    _put_bytes(&sequence, device.class_id, 16);
    PUT(&sequence, "\x03");
    PUT(&digest, "\x82\x02");
    _sha256(payload, payload_len, sum);
    _put_bytes(&digest, sum, 32);
    _put_string(&sequence, 2, digest.bytes, digest.len);
    PUT(&sequence, "\x0e");
    _put_head(&sequence, 0, _take(1) % 8 == 1 ? _take(4) : payload_len);
    PUT(&sequence, "\x01\x0f\x02\x0f");
    _put_string(&common, 2, sequence.bytes, sequence.len);
    PUT(m, "\x03");
    _put_string(m, 2, common.bytes, common.len);

    PUT(&install, "\x86\x13\xa1\x15");
    _put_text(&install, 3, "coap://[2001:db8::1]/a", 160);
    PUT(&install, "\x15\x02\x03\x0f");
    PUT(m, "\x09");
    _put_string(m, 2, install.bytes, install.len);
    PUT(m, "\x0a\x43\x82\x03\x0f");
}

static void _change(buffer_t *b)
{
    uint32_t n = _take(1);

    for (n = n > 3 ? 0 : n; n > 0; n--) {
        uint32_t at = _take(2);
        b->bytes[at % b->len] ^= (uint8_t)_take(1);
    }
}

static void _sign(const uint8_t payload_of_cose[36], uint8_t signature[64])
{
#ifdef NO_CRYPTO
    (void)payload_of_cose;
    memset(signature, 0, 64);
#else
    static EVP_PKEY *key;
    uint8_t seed[32], tbs[19 + 36] = "\x84\x6aSignature1\x43\xa1\x01\x27\x40\x58\x24";
    size_t len = 64;

    memset(seed, 1, sizeof(seed));
    if (key == NULL) {
        key = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, seed, sizeof(seed));
    }
    memcpy(tbs + 19, payload_of_cose, 36);
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    must(EVP_DigestSignInit(ctx, NULL, NULL, NULL, key) == 1
         && EVP_DigestSign(ctx, signature, &len, tbs, sizeof(tbs)) == 1);
    EVP_MD_CTX_free(ctx);
#endif
}

static void _put_envelope(buffer_t *e)
{
    static buffer_t m, field;
    uint8_t signed_payload[36] = "\x82\x02\x58\x20", signature[64];

    m.len = field.len = 0;

    _put_manifest(&m);
    _change(&m);
    _put_string(&field, 2, m.bytes, m.len);
    _sha256(field.bytes, field.len, signed_payload + 4);
    _sign(signed_payload, signature);
    PUT(e, "\xa2\x02\x58\x72\x81\x58\x6f\xd2\x84\x43\xa1\x01\x27\xa0");
    _put_string(e, 2, signed_payload, 36);
    _put_string(e, 2, signature, 64);
    PUT(e, "\x03");
    _put(e, field.bytes, field.len);
    _change(e);
}

/* --- what the worker and RIOT ask for ------------------------------------ */

static struct {
    const uint8_t *bytes;
    uint32_t len;
} files[2];
static unsigned fetches;
static uint32_t now;
static uint8_t staging[CONFIG_FEMTOCONTAINER_SUIT_IMAGE];
static unsigned long passed, done;

static unsigned locked;

void femto_suit_lock(void)
{
    must(locked++ == 0);
}

void femto_suit_unlock(void)
{
    must(locked-- == 1);
}

void femto_suit_changed(void)
{
    femto_suit_unlock();
}

int nanocoap_get_blockwise_url(const char *url, coap_blksize_t blksize,
                               coap_blockwise_cb_t callback, void *arg)
{
    enum { FINE, GAP, AGAIN, ENDLESS, EMPTY, SLOW, CUT, SHORTER, LONGER };
    uint32_t mode = _take(1);

    (void)blksize;
    must(strlen(url) <= FEMTO_SUIT_URL_MAX && fetches < 2);
    const uint8_t *bytes = files[fetches].bytes;
    uint32_t len = files[fetches].len;
    fetches++;
    if (mode == SHORTER && len > 0) {
        len--;
    }
    uint32_t blocks = 0;
    for (uint32_t at = 0;; at += BLOCK) {
        must(++blocks < 100);
        uint32_t from = at < len ? at : len;
        uint32_t n = len - from < BLOCK ? len - from : BLOCK;
        bool more = from + n < len;
        uint32_t offset = at;

        if (mode == LONGER && !more && n < BLOCK) {
            n++;
        }
        if (mode == GAP && at > 0) {
            offset += BLOCK;
        }
        else if (mode == AGAIN && at > 0) {
            offset = 0;
        }
        else if (mode == ENDLESS) {
            more = true;
            n = BLOCK;
        }
        else if (mode == EMPTY) {
            more = true;
            n = 0;
        }
        else if (mode == SLOW) {
            now += 20000;
        }
        else if (mode == CUT && at > 0) {
            return -ETIMEDOUT;
        }
        /* of this very size, for the sanitizer to see an overrun */
        uint8_t *block = calloc(1, n);
        uint32_t there = from < len ? len - from : 0;
        memcpy(block, bytes + from, n < there ? n : there);
        int res = callback(arg, offset, block, n, more);
        free(block);
        if (res < 0) {
            return res;
        }
        if (!more) {
            return 0;
        }
    }
}

void sha256(const void *buf, size_t len, void *digest)
{
#ifdef NO_CRYPTO
    volatile uint8_t sum = 0;
    for (size_t i = 0; i < len; i++) {
        sum = (uint8_t)(sum + ((const uint8_t *)buf)[i]);
    }
    memcpy(digest, buf == staging ? job.manifest.digest : any_digest, 32);
#else
    _sha256(buf, (uint32_t)len, digest);
#endif
}

int cose_crypto_verify_ed25519(const cose_key_t *key, const uint8_t *sign, size_t signlen,
                               uint8_t *msg, uint64_t msglen)
{
    return signlen == 64 && femto_suit_verify(key->x, sign, msg, (uint32_t)msglen) ? COSE_OK
         : COSE_ERR_CRYPTO;
}

uuid_t *suit_get_vendor_id(void)
{
    return (uuid_t *)device.vendor;
}

uuid_t *suit_get_class_id(void)
{
    return (uuid_t *)device.class_id;
}

uuid_t *suit_get_device_id(void)
{
    return (uuid_t *)device.device;
}

uint8_t *femto_suit_staging(void)
{
    return staging;
}

femto_suit_verdict_t femto_suit_target(const femto_suit_manifest_t *m, femto_suit_slot_t **slot)
{
    *slot = NULL;
    passed++;
    return m->sequence == 0 ? FEMTO_E_OLD_SEQUENCE
         : m->size > sizeof(staging) ? FEMTO_E_TOO_LONG : 0;
}

/* Nothing else gets here than what the manifest is about, and that whole. */
femto_suit_verdict_t femto_suit_do(const femto_suit_manifest_t *m, femto_suit_slot_t *slot)
{
    uint8_t digest[32];
    uint32_t where = UINT32_MAX;

    done++;
    must(slot == NULL && m == &job.manifest && m->size <= sizeof(staging) && m->sequence > 0);
    must(m->size == 0 || (job.wanted && femto_suit_status.received == m->size && fetches == 2));
    _sha256(staging, m->size, digest);
#ifndef NO_CRYPTO
    must(m->size == 0 || memcmp(digest, m->digest, 32) == 0);
#endif
    if (m->hook == NULL) {
        uint32_t n = femto_suit_revocation_read(staging, m->size, &where);
        must(n == 0 ? where <= m->size : n <= FEMTO_SUIT_REVOKED_MAX && 9 * n < m->size);
    }
    return 0;
}

/* what the worker prints costs more than all the rest */
void femto_suit_say(const char *component, femto_suit_verdict_t verdict, const char *done,
                    uint32_t sequence)
{
    must(strlen(component) <= FEMTO_SUIT_NAME_MAX);
    (void)verdict;
    (void)done;
    (void)sequence;
}

/* RIOT's assert() */
NORETURN void _assert_panic(void)
{
    abort();
}

uint32_t ztimer_now(int clock)
{
    (void)clock;
    return now;
}

static void _say(void)
{
    fprintf(stderr, "the gate let %lu manifests through, %lu were done\n", passed, done);
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    memcpy(device.keys[0], public_key[0], 32);
    device.n_keys = 1;
    memset(device.vendor, 'v', 16);
    memset(device.class_id, 'c', 16);
    atexit(_say);
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static buffer_t e;

    e.len = 0;
    input = data;
    input_end = data + size;
    payload_len = _take(1) % 4 == 1 ? _take(2) % 1200 : 7 * (_take(1) % 40);
    for (uint32_t i = 0; i < payload_len; i++) {
        payload[i] = (uint8_t)(i < 16 ? _take(1) : i);
    }
    _put_envelope(&e);
    files[0].bytes = e.bytes;
    files[0].len = e.len;
    files[1].bytes = payload;
    files[1].len = payload_len;
    fetches = 0;
    now = 0;
#ifdef NO_CRYPTO
    memcpy(any_digest, e.bytes + 20, 32);
#endif

    uint32_t number;
    memset(&job, 0, sizeof(job));
    must(femto_suit_trigger((const uint8_t *)"coap://h/m", 10, &number) == 0);
    mutex_lock(&wake);
    _end(_run());
    must(locked == 0);
    return 0;
}
