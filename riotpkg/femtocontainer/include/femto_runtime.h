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
 * @brief       Hooks, and the containers of several tenants on them
 *
 * A hook is a place in the firmware where containers are attached. What may be
 * attached there, by whom, and what it may do is in the contract of the
 * application (`contract.toml`, docs/contracts.md), which the build turns into
 * the constant tables of femto_contract.h.
 *
 *     #include "femto_contract.h"
 *     #include "femto_runtime.h"
 *     #include "count.fc.h"
 *
 *     FEMTO_HOOK(button, FEMTO_HOOK_BUTTON);
 *     FEMTO_PROGRAM(count, COUNT);
 *
 *     int id = femto_container_install(&count, FEMTO_TENANT_ACME);
 *     femto_container_attach(id, FEMTO_HOOK_BUTTON, NULL);
 *     ...
 *     femto_hook_trigger(&button, &event, sizeof(event), NULL);
 *
 * Containers are attached, detached and replaced while their hook fires. Each
 * activation runs to its end with the container that it began with; an event
 * that comes while containers are changed waits for that.
 *
 * All functions but the queueing of events (femto_queue.h) are for threads, not
 * for interrupts.
 */

#include "femto_bucket.h"
#include "femto_container.h"
#include "femto_contract.h"
#include "mutex.h"
#include "sched.h"
#include "xfa.h"

#ifdef __cplusplus
extern "C" {
#endif

/** @brief  Faults in a row after which a container is detached */
#ifndef CONFIG_FEMTOCONTAINER_FAULTS
#define CONFIG_FEMTOCONTAINER_FAULTS 3
#endif

/** @brief  Containers that can be installed; 0: as many as the contract lets be attached */
#ifndef CONFIG_FEMTOCONTAINER_CONTAINERS
#define CONFIG_FEMTOCONTAINER_CONTAINERS 0
#endif

/** @brief  Faults that are remembered, those of all containers together */
#ifndef CONFIG_FEMTOCONTAINER_FAULT_LOG
#define CONFIG_FEMTOCONTAINER_FAULT_LOG 8
#endif

enum {
    FEMTO_CONTAINERS = CONFIG_FEMTOCONTAINER_CONTAINERS > 0 ? CONFIG_FEMTOCONTAINER_CONTAINERS
                                                            : FEMTO_TOTAL_CONTAINERS,
    FEMTO_NONE = 0xff,  /**< no container, no hook, no capability */
};

/** @name   Hooks
 *  @{ */

/**
 * @brief   A hook of this firmware
 *
 * Define one with @ref FEMTO_HOOK. All members are the runtime's.
 */
typedef struct femto_hook {
    const femto_hook_contract_t *contract; /**< what the contract says of it */
    mutex_t lock;           /**< held while containers run or change */
    uint32_t events;        /**< that found a container */
    uint32_t dropped;       /**< that no container saw: no room to wait, or the wrong time */
    kernel_pid_t runner;    /**< thread that runs containers here */
    uint8_t first;          /**< id of the container that was attached first */
} femto_hook_t;

/**
 * @brief   Define the hook with the number @p number of femto_contract.h
 */
#define FEMTO_HOOK(var, number)                                 \
    femto_hook_t var = {                                        \
        .contract = &femto_hook_contracts[number],              \
        .lock = MUTEX_INIT,                                     \
        .runner = KERNEL_PID_UNDEF,                             \
        .first = FEMTO_NONE,                                    \
    };                                                          \
    XFA_CONST(femto_hook_ptr_t, femto_hooks, 0) var ## _entry = &var

typedef femto_hook_t *femto_hook_ptr_t; /**< @internal */

/** All hooks of this firmware: XFA_LEN(femto_hook_ptr_t, femto_hooks) of them */
XFA_USE_CONST(femto_hook_ptr_t, femto_hooks);

/**
 * @brief   What containers get to see of an event
 */
typedef struct {
    void *ctx;              /**< context: the first argument, segment 4 */
    uint32_t ctx_len;       /**< its length in bytes: the second argument */
    void *data;             /**< segment 5, or NULL */
    uint32_t data_len;      /**< its length in bytes */
    bool ctx_read_only;     /**< containers must not write the context */
    bool data_read_only;    /**< nor the data */
} femto_event_t;

/**
 * @brief   Run the containers of a hook, in the caller's thread
 *
 * They run one after the other as the policy of the hook's contract says, each
 * with the hook's fuel at most. Those which a limit of their own or of their
 * tenant forbids to run now are skipped. On a hook with threads the event
 * is handed to the threads of its containers, which copy the context.
 *
 * Takes `sizeof(femto_vm_t)` and the engine's frame of the caller's stack.
 *
 * @param[in]   hook    hook
 * @param[in]   event   what containers see of it
 * @param[out]  value   what the last container returned; unchanged if none
 *                      did; may be NULL
 *
 * @return  number of containers that returned, or threads that were told
 */
uint32_t femto_hook_run(femto_hook_t *hook, const femto_event_t *event, int64_t *value);

/**
 * @brief   As @ref femto_hook_run, with a context that containers may write
 *
 * Costs next to nothing while no container is attached.
 */
static inline uint32_t femto_hook_trigger(femto_hook_t *hook, void *ctx, uint32_t ctx_len,
                                          int64_t *value)
{
    if (hook->first == FEMTO_NONE) {
        return 0;
    }
    femto_event_t event = { .ctx = ctx, .ctx_len = ctx_len };
    return femto_hook_run(hook, &event, value);
}

/**
 * @brief   The hook with a number of femto_contract.h, or NULL if the firmware
 *          does not have it
 */
femto_hook_t *femto_hook_find(unsigned number);

/** @brief  The number of a hook in femto_contract.h */
static inline unsigned femto_hook_number(const femto_hook_t *hook)
{
    return hook->contract - femto_hook_contracts;
}

/** @} */
/** @name   Containers
 *  @{ */

/** @brief  What a container is doing */
typedef enum {
    FEMTO_STATE_FREE,       /**< there is none with this id */
    FEMTO_STATE_INSTALLED,  /**< on no hook */
    FEMTO_STATE_ATTACHED,   /**< called when its hook fires */
    FEMTO_STATE_RUNNING,    /**< has a thread, and has not returned */
    FEMTO_STATE_ENDED,      /**< had a thread, and returned */
    FEMTO_STATE_FAULTED,    /**< was detached since it faulted too often */
} femto_state_t;

/** @brief  Why something was refused */
typedef struct {
    uint16_t code;          /**< the number NNNN of a code FCNNNN */
    uint8_t capability;     /**< of FC2025: the missing one, or FEMTO_NONE when
                                 no module of this firmware has the call */
    uint16_t helper;        /**< of FC2025: the call */
    uint32_t pc;            /**< of FC2020 to FC2024: slot; of FC4xxx: see docs/deployment.md */
} femto_refusal_t;

/**
 * @brief   Whether a program could be attached, without doing it
 *
 * Neither the hook's containers nor the program's RAM are touched, nor is it asked
 * whether there is room on the hook.
 *
 * @param[in]   program where image and RAM would be
 * @param[in]   tenant  number of its owner in femto_contract.h
 * @param[in]   hook    number of the hook in femto_contract.h
 * @param[out]  why     details of a refusal; may be NULL
 *
 * @return  0
 * @return  the number of a code FC2xxx
 */
uint16_t femto_program_check(const femto_program_t *program, unsigned tenant, unsigned hook,
                             femto_refusal_t *why);

/**
 * @brief   Make a program known, and get the id of the new container
 *
 * @param[in]   program where its image and RAM are; stays
 * @param[in]   tenant  number of its owner in femto_contract.h
 *
 * @return  id, from 0 to FEMTO_CONTAINERS - 1
 * @return  -FEMTO_E_TOO_MANY_CONTAINERS
 */
int femto_container_install(const femto_program_t *program, unsigned tenant);

/**
 * @brief   Verify a container's image and attach it to a hook
 *
 * It gets the system calls that the contract grants its tenant on this hook. The
 * entry point is the one that the image binds to the hook (SEC("hook/NAME")), or
 * else the image's only one that it binds to no hook. The container
 * begins with its initial data and is called after those already there.
 *
 * On a hook with threads it is started.
 *
 * @param[in]   id      of the container
 * @param[in]   hook    number of the hook in femto_contract.h
 * @param[out]  why     details of a refusal; may be NULL
 *
 * @return  0
 * @return  the number of a code FC2xxx
 */
uint16_t femto_container_attach(unsigned id, unsigned hook, femto_refusal_t *why);

/**
 * @brief   Take a container off its hook
 *
 * Returns when its last activation is over. A container with a thread is asked
 * to stop and waited for, which takes at most a slice of fuel, or the time that
 * the longest of its system calls takes.
 *
 * @return  0
 * @return  the number of a code FC2xxx
 */
uint16_t femto_container_detach(unsigned id);

/**
 * @brief   Put another program in a container's place
 *
 * If it is refused, the old one stays as it was. Id, tenant and, on a hook, the
 * place among the others stay in any case; counters start anew, handles are
 * gone. If the two share their RAM, events wait while the new image is verified.
 * A container that was detached because of its faults is attached with the new
 * program. On any other that is on no hook, it is verified when it is attached.
 *
 * @param[in]   id      of the container
 * @param[in]   program the new program; stays
 * @param[out]  why     details of a refusal; may be NULL
 *
 * @return  0
 * @return  the number of a code FC2xxx
 */
uint16_t femto_container_replace(unsigned id, const femto_program_t *program,
                                 femto_refusal_t *why);

/**
 * @brief   Give a container its initial data and start it again where it was
 *
 * @return  0
 * @return  the number of a code FC2xxx
 */
uint16_t femto_container_restart(unsigned id);

/**
 * @brief   Ask a container with a thread to stop, and wait until it has
 *
 * It stays attached, and begins anew with @ref femto_container_restart.
 *
 * @return  0
 * @return  the number of a code FC2xxx
 */
uint16_t femto_container_stop(unsigned id);

/**
 * @brief   Detach a container and forget it
 *
 * @return  0
 * @return  the number of a code FC2xxx
 */
uint16_t femto_container_remove(unsigned id);

/** @brief  The container with an id, or NULL. May be removed by others. */
const femto_container_t *femto_container_get(unsigned id);

/** @brief  Id of a container that was installed, for handlers of system calls */
unsigned femto_container_id(const femto_container_t *c);

/** @brief  What the container is doing */
femto_state_t femto_container_state(unsigned id);

/** @brief  Print why something was refused, on one line */
void femto_refusal_print(const char *name, const femto_refusal_t *why);

/** @} */
/** @name   What other modules keep for a container
 *  @{ */

/** @brief  Told that the container with an id is gone for good */
typedef void (*femto_removed_fn)(unsigned id);

/** All that want to be told; @ref FEMTO_ON_REMOVAL adds one */
XFA_USE_CONST(femto_removed_fn, femto_on_removal);

/**
 * @brief   Have @p fn called when a container is removed, in the thread that
 *          removes it, before the id is given to another one
 */
#define FEMTO_ON_REMOVAL(fn) \
    XFA_CONST(femto_removed_fn, femto_on_removal, 0) fn ## _on_removal = fn

/** @} */
/** @name   Tenants
 *  @{ */

/** @brief  What the containers of a tenant have used */
typedef struct {
    femto_bucket_t fuel;    /**< fuel they may use now */
    femto_bucket_t console; /**< bytes they may print now */
    uint32_t used;          /**< fuel used since the start; wraps */
    uint32_t skipped;       /**< activations that a limit forbade; wraps */
} femto_tenant_state_t;

/** @brief  By number of the tenant; read only */
extern femto_tenant_state_t femto_tenant_state[FEMTO_TENANTS];

/**
 * @brief   Take from a tenant's bucket of console output, all or nothing
 *
 * @return  whether it could be taken
 */
bool femto_tenant_print(unsigned tenant, uint32_t bytes);

/** @} */
/** @name   Faults
 *  @{ */

/** @brief  A fault, and how often it happened */
typedef struct {
    uint32_t pc;            /**< slot of the offending instruction */
    uint32_t address;       /**< offending guest address, for a bad access */
    uint32_t count;         /**< times that this happened; 0: the record is empty */
    uint32_t last;          /**< when it happened last, ms since the start */
    uint16_t code;          /**< the number NNNN of a code FC3NNN */
    uint8_t container;      /**< its id */
    uint8_t tenant;         /**< its tenant */
} femto_fault_t;

/**
 * @brief   Copy a record of the log of faults
 *
 * A container's repeated fault (same code, same place) is one record. When the
 * log is full, a new one takes the place of the oldest of the tenant that has
 * the most: no tenant can push out what others did.
 *
 * @param[in]   index   from 0 to CONFIG_FEMTOCONTAINER_FAULT_LOG - 1
 * @param[out]  out     the record
 *
 * @return  whether there is one
 */
bool femto_fault_get(unsigned index, femto_fault_t *out);

/** @} */

#ifdef __cplusplus
}
#endif

/** @} */
