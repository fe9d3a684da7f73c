/*
 * SPDX-FileCopyrightText: The femtocontainer authors
 * SPDX-License-Identifier: LGPL-2.1-only
 */

#pragma once

/**
 * @ingroup     pkg_femtocontainer
 * @{
 *
 * @file
 * @brief       Run containers that are part of the firmware
 *
 * A container is loaded once (@ref femto_container_load checks its image) and
 * then run as often as wanted. Each run gets one block of the caller's memory,
 * the context, and a limit of fuel. Whatever the container does, it touches
 * nothing but its own memory and that context, and it ends: with a result, or
 * with a fault that says what it tried.
 */

#include <stdbool.h>
#include <stdint.h>

#include "femto_core.h"

#ifdef __cplusplus
extern "C" {
#endif

/**
 * @brief   What a container is made of: an image, and RAM for it
 *
 * Define one with @ref FEMTO_PROGRAM. Constant, and stays where it is while a
 * container uses it.
 */
typedef struct {
    const char *name;           /**< for messages */
    const uint8_t *image;       /**< container image, aligned to 8 */
    uint32_t image_len;         /**< its length in bytes */
    uint8_t *ram;               /**< RAM for the container's stack and data, aligned to 8 */
    uint32_t ram_len;           /**< its length in bytes */
    uint32_t withheld;          /**< system calls that @ref femto_container_load does not
                                     grant: bits 1 << FEMTO_CAP_... */
    uint32_t sequence;          /**< number of the manifest that brought it, 0: none did */
} femto_program_t;

/**
 * @brief   A container: a program and its state
 *
 * Define one with @ref FEMTO_CONTAINER, or install it (femto_runtime.h). The
 * members after @p instance are of installed containers.
 */
typedef struct femto_container {
    femto_instance_t instance;  /**< state of the core; host is the program */
    uint32_t activations;       /**< since it was attached; wraps */
    uint32_t rate;              /**< when the next activation is allowed, us */
    uint16_t handles;           /**< SAUL devices that it has found, as bits */
    uint8_t faults;             /**< since it was attached, 255 for more */
    uint8_t next;               /**< id of the next container on the hook */
    uint8_t hook;               /**< number of the hook it is or was on */
    uint8_t tenant;             /**< number of its owner */
    uint8_t entry;              /**< entry point, as an index */
    uint8_t state : 3;          /**< femto_state_t */
    uint8_t in_row : 5;         /**< faults since the last activation without */
} femto_container_t;

/**
 * @brief   The container that an activation belongs to, for handlers of system
 *          calls
 */
static inline femto_container_t *femto_container_of(const femto_vm_t *vm)
{
    return (femto_container_t *)vm->instance; /* its first member */
}

/**
 * @brief   The program of a container
 *
 * @pre     @p c is loaded or installed
 */
static inline const femto_program_t *femto_container_program(const femto_container_t *c)
{
    return (const femto_program_t *)c->instance.host;
}

/**
 * @brief   How a load or a run ended
 */
typedef struct {
    uint64_t value;     /**< what the container returned */
    uint32_t fuel_used; /**< fuel it used: executed 8-byte slots, and prices of system calls */
    uint32_t pc;        /**< slot of the offending instruction */
    uint32_t address;   /**< offending guest address, for a bad access */
    uint16_t code;      /**< 0, or the number NNNN of a code FCNNNN */
} femto_result_t;

/**
 * @brief   Define a program of the image containers/NAME.c
 *
 * Takes the macros of the generated header NAME.fc.h, whose prefix is the name
 * in capitals:
 *
 *     #include "blink.fc.h"
 *     FEMTO_PROGRAM(left, BLINK);
 *     FEMTO_PROGRAM(right, BLINK);     // same code, memory of its own
 */
#define FEMTO_PROGRAM(var, PREFIX) FEMTO_PROGRAM_(var, #var, PREFIX)

/** @cond INTERNAL */
#define FEMTO_PROGRAM_(var, text, PREFIX)                                   \
    static uint64_t var ## _ram[(PREFIX ## _RAM + 7) / 8 + !PREFIX ## _RAM]; \
    static const femto_program_t var = {                                    \
        .name = text,                                                       \
        .image = PREFIX ## _IMAGE,                                          \
        .image_len = PREFIX ## _IMAGE_LEN,                                  \
        .ram = (uint8_t *)var ## _ram,                                      \
        .ram_len = PREFIX ## _RAM,                                          \
    }
/** @endcond */

/**
 * @brief   Define a container of the image containers/NAME.c
 *
 * As @ref FEMTO_PROGRAM, with a container beside it. It may make every system
 * call that the firmware has, but those that wait.
 */
#define FEMTO_CONTAINER(var, PREFIX)                                        \
    FEMTO_PROGRAM_(var ## _program, #var, PREFIX);                          \
    static femto_container_t var = {                                        \
        .instance = { .host = (void *)(uintptr_t)&var ## _program }         \
    }

/**
 * @brief   Check a container's image and make it ready to run
 *
 * @param[in,out]   c       container
 * @param[out]      result  why it was refused, and where; may be NULL
 *
 * @return  0 when it may run
 * @return  the number of a code FC2xxx when the image is refused
 */
uint16_t femto_container_load(femto_container_t *c, femto_result_t *result);

/**
 * @brief   Run a container to its end
 *
 * Runs in the caller's thread. One container runs at most once at a time; the
 * caller sees to that. After a fault the container's data are as they were
 * when it was loaded.
 *
 * @pre     @p c is loaded
 *
 * @param[in,out]   c       container
 * @param[in]       entry   entry point: PREFIX_ENTRY_name of the generated header
 * @param[in,out]   ctx     memory that the container may read and write, its
 *                          first argument; NULL for none
 * @param[in]       ctx_len length of @p ctx in bytes, its second argument
 * @param[in]       fuel    most fuel it may use; more than FEMTO_MAX_FUEL is as much
 *                          as that
 * @param[out]      result  how it ended; may be NULL
 *
 * @return  0 when the container returned
 * @return  the number of a code FC3xxx when it was stopped
 * @return  FC2024 when it has no such entry point
 */
uint16_t femto_container_run(femto_container_t *c, uint32_t entry,
                             void *ctx, uint32_t ctx_len, uint32_t fuel,
                             femto_result_t *result);

/**
 * @brief   Print how a load or a run ended, on one line
 *
 * @param[in]   name    printed first
 * @param[in]   result  what to print
 */
void femto_result_print(const char *name, const femto_result_t *result);

#ifdef __cplusplus
}
#endif

/** @} */
