/* SPDX-FileCopyrightText: The femtocontainer authors */
/* SPDX-License-Identifier: MIT */

/* Asks the gate. Standard input is records of one byte that says what to do, a
 * length of four bytes, little endian, and that many bytes:
 *   d  the device: vendor, class and device UUID, then keys of operators
 *   x  key id of a key that is revoked
 *   m  an envelope
 *   i  digest and public key of 32 bytes each, and an image signature
 *   r  a list of revoked keys
 * The answer to each of the last three is one line. */

#include <inttypes.h>
#include <stdlib.h>

#include "crypto.h"
#include "femto_suit_codes.h"

static void manifest(const uint8_t *buf, uint32_t len)
{
    femto_suit_manifest_t m;
    femto_suit_verdict_t verdict = femto_suit_manifest_read(&m, buf, len);

    if (verdict != 0) {
        printf("%u %" PRIu32 "\n", femto_suit_code(verdict), femto_suit_where(verdict));
        return;
    }
    uint16_t code = femto_suit_manifest_check(&m, device.vendor, device.class_id, device.device);
    printf("%u 0 %s %" PRIu32 " %" PRIu32 " %s %.*s %u %d\n", code, m.component, m.sequence, m.size, m.url,
           m.hook != NULL ? (int)m.hook_len : 1, m.hook != NULL ? m.hook : "-",
           m.hook != NULL ? m.slot : 0, m.device != NULL);
}

int main(void)
{
    uint8_t head[5];

    while (fread(head, 1, sizeof(head), stdin) == sizeof(head)) {
        uint32_t len = head[1] | head[2] << 8 | head[3] << 16;
        /* on the heap and of this very size, for the sanitizer to see an overrun */
        uint8_t *buf = malloc(len);
        if (fread(buf, 1, len, stdin) != len) {
            return 1;
        }
        uint32_t where = 0;
        switch (head[0]) {
        case 'd':
            memcpy(&device, buf, 48);
            device.n_keys = (len - 48) / 32;
            device.n_revoked = 0;
            memcpy(device.keys, buf + 48, len - 48);
            break;
        case 'x':
            memcpy(device.revoked[device.n_revoked++], buf, 8);
            break;
        case 'm':
            manifest(buf, len);
            break;
        case 'i':
            printf("%u\n", femto_suit_image_key(buf + 64, len - 64) != NULL
                   && femto_suit_image_check(buf + 64, buf, buf + 32) ? 0 : FEMTO_E_IMAGE_SIGNATURE);
            break;
        case 'r': {
            uint32_t n = femto_suit_revocation_read(buf, len, &where);
            printf("%" PRIu32 " %" PRIu32 "\n", n, where);
            break;
        }
        default:
            return 1;
        }
        free(buf);
    }
    return 0;
}
