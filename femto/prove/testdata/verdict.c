/* SPDX-FileCopyrightText: The femtocontainer authors */
/* SPDX-License-Identifier: MIT */

/* Prints the code and pc with which the core refuses the image in a file. */

#include <stdio.h>
#include <stdlib.h>

#include "femto_core.h"

int main(int argc, char **argv)
{
    FILE *f = argc == 2 ? fopen(argv[1], "rb") : NULL;
    if (f == NULL || fseek(f, 0, SEEK_END) != 0) {
        return 2;
    }
    const size_t len = (size_t)ftell(f);
    uint8_t *buf = malloc(len + 1);
    rewind(f);
    if (buf == NULL || fread(buf, 1, len, f) != len) {
        return 2;
    }
    femto_image_t img;
    uint32_t pc = 0;
    unsigned code = femto_image_open(&img, buf, (uint32_t)len);
    if (code == 0) { /* every system call that is imported is granted */
        code = femto_image_verify(&img, (const uint16_t *)img.helpers, img.n_helpers, &pc);
    }
    printf("%u %u\n", code, (unsigned)pc);
    return 0;
}
