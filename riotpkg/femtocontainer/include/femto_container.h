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
 * @brief   A container: an image, the RAM it asks for, and its state
 *
 * Define one with @ref FEMTO_CONTAINER.
 */
typedef struct {
    femto_instance_t instance;  /**< state of the core */
    const char *name;           /**< for messages */
    const uint8_t *image;       /**< container image; stays where it is while in use */
    uint32_t image_len;         /**< its length in bytes */
    uint8_t *ram;               /**< RAM for the container's stack and data */
    uint32_t ram_len;           /**< its length in bytes */
    uint32_t capabilities;      /**< system calls it may make: bits 1 << FEMTO_CAP_... */
} femto_container_t;

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
 * @brief   Define a container of the image containers/NAME.c
 *
 * Takes the macros of the generated header NAME.fc.h, whose prefix is the name
 * in capitals:
 *
 *     #include "blink.fc.h"
 *     FEMTO_CONTAINER(left, BLINK);
 *     FEMTO_CONTAINER(right, BLINK);   // same code, memory of its own
 *
 * It may make every system call that the firmware has, unless its member
 * capabilities is given another value before it is loaded.
 */
#define FEMTO_CONTAINER(var, PREFIX)                    \
    static uint64_t var ## _ram[(PREFIX ## _RAM + 7) / 8 + !PREFIX ## _RAM]; \
    static femto_container_t var = {                    \
        .name = #var,                                   \
        .image = PREFIX ## _IMAGE,                      \
        .image_len = PREFIX ## _IMAGE_LEN,              \
        .ram = (uint8_t *)var ## _ram,                  \
        .ram_len = PREFIX ## _RAM,                      \
        .capabilities = UINT32_MAX,                     \
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
 * @param[in]       fuel    most fuel it may use
 * @param[out]      result  how it ended; may be NULL
 *
 * @return  0 when the container returned
 * @return  the number of a code FC3xxx when it was stopped
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
