/*
 * SPDX-FileCopyrightText: The femtocontainer authors
 * SPDX-License-Identifier: LGPL-2.1-only
 */

#include <femto.h>

uint64_t devices(void)
{
    phydat_t value = { 0 };
    int32_t nobody = saul_reg_read(1, &value); /* a handle that it has not got yet */
    int32_t room = saul_reg_find_name("room");
    int32_t lamp = saul_reg_find_name("lamp");
    int32_t broken = saul_reg_find_name("broken");
    int32_t button = saul_reg_find_type(SAUL_SENSE_BTN);

    printf("guessed: %d\n", nobody);
    printf("room: class %x, %d values\n", saul_reg_type(room), saul_reg_read(room, &value));
    printf("%d, unit %d, scale %d\n", value.val[0], value.unit, value.scale);
    printf("set a sensor: %d\n", saul_reg_write(room, &value));
    printf("lamp: %d %d %d\n", gpio_write(lamp, 5), gpio_read(lamp), gpio_write(room, 1));
    printf("button: %d %d\n", gpio_read(button), gpio_write(button, 1));
    printf("broken: %d\n", saul_reg_read(broken, &value));
    printf("none: %d %d %d\n", saul_reg_find_name("nowhere"), saul_reg_find_nth(-1), saul_reg_find_nth(1000));
    printf("not handles: %d %d %d\n", saul_reg_type(0), saul_reg_type(-1), saul_reg_type(17));
    return room;
}
