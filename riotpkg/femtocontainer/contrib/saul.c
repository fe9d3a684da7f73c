/*
 * SPDX-FileCopyrightText: The femtocontainer authors
 * SPDX-License-Identifier: LGPL-2.1-only
 */

/**
 * @ingroup     pkg_femtocontainer
 * @{
 *
 * @file
 * @brief       System calls for sensors, actuators and pins
 *
 * A handle is a device's position in SAUL's registry plus one; a container has
 * a bit for each that it has found. Devices can come and go: a handle is good
 * only while the device that was found is still at its position.
 *
 * @}
 */

#include <assert.h>
#include <errno.h>
#include <stddef.h>
#include <string.h>

#include "femto_container.h"
#include "femto_sys.h"
#include "phydat.h"
#include "saul.h"
#include "saul_reg.h"

static_assert(sizeof(phydat_t) == FEMTO_SYS_PHYDAT
              && offsetof(phydat_t, unit) == 6 && offsetof(phydat_t, scale) == 7,
              "a container's phydat_t is not RIOT's");
static_assert(SAUL_ACT_SWITCH == 0x44 && SAUL_SENSE_BTN == 0x81 && UNIT_CPM3 == 0x22,
              "RIOT has other numbers for classes and units than <femto.h>");

enum { DEVICES = 8 * sizeof(((femto_container_t *)0)->handles) };

/* What was at each position when it was found. */
static const saul_reg_t *_found[DEVICES];

static int32_t _handle(femto_vm_t *vm, const saul_reg_t *dev)
{
    const saul_reg_t *at = saul_reg;

    for (unsigned i = 0; dev != NULL && at != NULL && i < DEVICES; i++, at = at->next) {
        if (at == dev) {
            _found[i] = dev;
            femto_container_of(vm)->handles |= 1u << i;
            return (int32_t)i + 1;
        }
    }
    return FEMTO_ENODEV;
}

static saul_reg_t *_device(const femto_vm_t *vm, int32_t handle)
{
    uint32_t i = (uint32_t)handle - 1;

    if (i >= DEVICES || (femto_container_of(vm)->handles & 1u << i) == 0) {
        return NULL;
    }
    saul_reg_t *dev = saul_reg_find_nth((int)i);

    return (dev == _found[i]) ? dev : NULL;
}

/* What a driver returned, as the number of values or an error. */
static int32_t _values(int n)
{
    if (n == -ENOTSUP) {
        return FEMTO_ENOTSUP;
    }
    return (n < 1 || n > (int)PHYDAT_DIM) ? FEMTO_EIO : n;
}

int32_t femto_sys_saul_reg_find_nth(femto_vm_t *vm, int32_t pos)
{
    /* RIOT takes what is negative for 0 */
    return (pos < 0) ? FEMTO_ENODEV : _handle(vm, saul_reg_find_nth(pos));
}

int32_t femto_sys_saul_reg_find_type(femto_vm_t *vm, uint8_t type)
{
    return _handle(vm, saul_reg_find_type(type));
}

int32_t femto_sys_saul_reg_find_name(femto_vm_t *vm, const char *name)
{
    const saul_reg_t *at = saul_reg;

    /* RIOT's own does not expect devices without a name */
    while (at != NULL && (at->name == NULL || strcmp(at->name, name) != 0)) {
        at = at->next;
    }
    return _handle(vm, at);
}

int32_t femto_sys_saul_reg_type(femto_vm_t *vm, int32_t dev)
{
    const saul_reg_t *d = _device(vm, dev);

    return (d == NULL) ? FEMTO_EBADF : d->driver->type;
}

int32_t femto_sys_saul_reg_read(femto_vm_t *vm, int32_t dev, uint8_t *data)
{
    saul_reg_t *d = _device(vm, dev);
    phydat_t reading = { 0 }; /* drivers leave out what they do not measure */

    if (d == NULL) {
        return FEMTO_EBADF;
    }
    int32_t n = _values(saul_reg_read(d, &reading));

    if (n > 0) {
        memcpy(data, &reading, sizeof(reading));
    }
    return n;
}

int32_t femto_sys_saul_reg_write(femto_vm_t *vm, int32_t dev, const uint8_t *data)
{
    saul_reg_t *d = _device(vm, dev);
    phydat_t setting;

    if (d == NULL) {
        return FEMTO_EBADF;
    }
    memcpy(&setting, data, sizeof(setting));
    return _values(saul_reg_write(d, &setting));
}

int32_t femto_sys_gpio_read(femto_vm_t *vm, int32_t dev)
{
    saul_reg_t *d = _device(vm, dev);
    phydat_t reading = { 0 };

    if (d == NULL) {
        return FEMTO_EBADF;
    }
    if (d->driver->type != SAUL_SENSE_BTN && d->driver->type != SAUL_ACT_SWITCH) {
        return FEMTO_ENOTSUP;
    }
    int32_t n = _values(saul_reg_read(d, &reading));

    return (n < 0) ? n : reading.val[0] != 0;
}

int32_t femto_sys_gpio_write(femto_vm_t *vm, int32_t dev, uint32_t level)
{
    saul_reg_t *d = _device(vm, dev);
    phydat_t setting = { .val = { level != 0 }, .unit = UNIT_BOOL };

    if (d == NULL) {
        return FEMTO_EBADF;
    }
    if (d->driver->type != SAUL_ACT_SWITCH) {
        return FEMTO_ENOTSUP;
    }
    int32_t n = _values(saul_reg_write(d, &setting));

    return (n < 0) ? n : 0;
}
