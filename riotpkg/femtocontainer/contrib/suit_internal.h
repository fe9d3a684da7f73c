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
 * @brief       What the parts of the module femtocontainer_suit know of each other
 *
 * suit_coap.c takes triggers and tells the status; suit.c does one job at a
 * time; suit_slots.c has the images; suit_vfs.c or suit_flash.c keeps them.
 */

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>

#include "femto_contract.h"
#include "femto_suit.h"
#include "femto_suit_codes.h"
#include "modules.h"
#include "mutex.h"
#include "suit_gate.h"

#ifdef __cplusplus
extern "C" {
#endif

/** @name   Store: suit_vfs.c or suit_flash.c
 *  After a power cut there is a component's old record or the new one. Without
 *  either module nothing outlives a reboot.
 *  @{ */
/** @brief  What is stored with the payload */
typedef struct {
    uint32_t sequence;  /**< of the manifest */
    uint32_t size;      /**< bytes of the payload; 0: a tombstone */
    uint8_t digest[32]; /**< SHA-256 of the payload */
} femto_suit_record_t;

/** @brief  A record as it is stored, in the byte order of the CPU */
typedef struct {
    uint8_t magic[4];
    femto_suit_record_t record;
    uint8_t check[4];   /**< SHA-256 of all that and the component's name begins so */
} femto_suit_header_t;

enum {
    FEMTO_SUIT_PLACE_REVOKED = 0,   /**< place of the list of revoked keys; slots come next */
};

/** @brief  Make a record's header: suit_record.c */
void femto_suit_header_make(femto_suit_header_t *header, const char *component,
                            const femto_suit_record_t *record);

/** @brief  Is it a header of this component, and undamaged? */
bool femto_suit_header_is(const femto_suit_header_t *header, const char *component);

/** @brief  Does the payload have the record's digest? */
bool femto_suit_payload_is(const femto_suit_record_t *record, const uint8_t *payload);

#if IS_USED(MODULE_FEMTOCONTAINER_SUIT_VFS) || IS_USED(MODULE_FEMTOCONTAINER_SUIT_FLASH) \
    || defined(DOXYGEN)
/**
 * @brief   Put a component's record in place of the old one
 *
 * @param[in]       place       FEMTO_SUIT_PLACE_REVOKED, or the slot's
 * @param[in]       component   its name
 * @param[in]       record      the record
 * @param[in,out]   payload     what to store; then where to run it from
 *
 * @return  0 or -errno
 */
int femto_suit_store_write(unsigned place, const char *component,
                           const femto_suit_record_t *record, uint8_t **payload);

/**
 * @brief   Read a component's record
 *
 * @param[in]       place       as in femto_suit_store_write()
 * @param[in]       component   likewise
 * @param[out]      record      the record; as it was if neither header is good
 * @param[in,out]   payload     room for it, @p max bytes; then where it is
 * @param[in]       max         bytes of the longest payload
 *
 * @return  0
 * @return  -ENOENT     there is none
 * @return  -EBADMSG    cannot be read, or is damaged
 * @return  other -errno of the file system
 */
int femto_suit_store_read(unsigned place, const char *component, femto_suit_record_t *record,
                          uint8_t **payload, uint32_t max);

/** @brief  Remove what a power cut left; -errno when there is no store */
int femto_suit_store_init(void);
#else
static inline int femto_suit_store_write(unsigned place, const char *component,
                                         const femto_suit_record_t *record, uint8_t **payload)
{
    (void)place;
    (void)component;
    (void)record;
    (void)payload;
    return 0;
}

static inline int femto_suit_store_read(unsigned place, const char *component,
                                        femto_suit_record_t *record, uint8_t **payload,
                                        uint32_t max)
{
    (void)place;
    (void)component;
    (void)record;
    (void)payload;
    (void)max;
    return -ENOENT;
}

static inline int femto_suit_store_init(void)
{
    return 0;
}
#endif
/** @} */

/** @name   Slots: suit_slots.c
 *  @{ */
/** @brief  As in docs/deployment.cddl */
typedef enum {
    FEMTO_SUIT_EMPTY,
    FEMTO_SUIT_ATTACHED,
    FEMTO_SUIT_WAITING,
    FEMTO_SUIT_REMOVED,
    FEMTO_SUIT_REFUSED,
} femto_suit_slot_state_t;

/** @brief  Memory of an installed container: suit_slots.c */
typedef struct femto_suit_place femto_suit_place_t;

/** @brief  A slot of a hook */
typedef struct {
    uint8_t state;                      /**< femto_suit_slot_state_t */
    uint8_t index;                      /**< place of its record in the store */
    uint8_t hook;                       /**< number in femto_contract.h */
    uint8_t number;                     /**< among the slots of the hook */
    uint8_t container;                  /**< id in the runtime, or FEMTO_NONE */
    uint8_t tenant;                     /**< number of its owner, or FEMTO_NONE: unknown */
    femto_suit_place_t *place;          /**< nobody else's */
    femto_suit_record_t record;         /**< what is stored */
    uint8_t key_id[FEMTO_SUIT_KEY_ID];  /**< of the tenant's key */
    femto_suit_verdict_t why;           /**< it is not attached */
} femto_suit_slot_t;

/** @brief  Of all hooks; those of a hook that takes none from the network are empty */
extern femto_suit_slot_t femto_suit_slots[FEMTO_TOTAL_CONTAINERS];

/** @brief  Revoked keys */
typedef struct {
    uint32_t sequence;
    bool damaged;   /**< the stored list cannot be read */
    uint8_t n;
    uint8_t id[CONFIG_FEMTOCONTAINER_SUIT_REVOKED][FEMTO_SUIT_KEY_ID];
} femto_suit_revoked_t;
extern femto_suit_revoked_t femto_suit_revoked_keys;

/** @brief  Held by the worker when it changes what others read, and by those */
void femto_suit_lock(void);

/** @brief  Ends that */
void femto_suit_unlock(void);

/** @brief  Ends that, and what resources tell is not what it was */
void femto_suit_changed(void);

/** @brief  Name of a hook that takes containers from the network, or NULL */
const char *femto_suit_hook_name(unsigned hook);

/** @brief  Component of a slot, into @p out of FEMTO_SUIT_NAME_MAX + 1 bytes */
void femto_suit_slot_name(const femto_suit_slot_t *slot, char *out);

/** @brief  Number the slots, once */
void femto_suit_slots_init(void);

/** @brief  Read, check and attach what is stored */
void femto_suit_boot(void);

/**
 * @brief   See whether containers are still attached
 *
 * Others detach and remove them, too, and the runtime those that fault.
 *
 * @pre     femto_suit_lock() was called
 */
void femto_suit_look(void);

/** @brief  Where the next payload is received: CONFIG_FEMTOCONTAINER_SUIT_IMAGE bytes */
uint8_t *femto_suit_staging(void);

/**
 * @brief   Is there such a component, and is the manifest newer than what it has?
 *
 * @param[out]  slot    that it is about; NULL: the revoked keys
 */
femto_suit_verdict_t femto_suit_target(const femto_suit_manifest_t *m, femto_suit_slot_t **slot);

/**
 * @brief   Do what a manifest says, with the payload that is in the staging place
 *
 * All checks come first, then the switch of the record, then that in the runtime.
 *
 * @pre     the payload has size and digest
 *
 * @param[in]   slot    from femto_suit_target()
 */
femto_suit_verdict_t femto_suit_do(const femto_suit_manifest_t *m, femto_suit_slot_t *slot);

/** @brief  Slot of a hook by its number; FC4013 or FC4014 */
femto_suit_verdict_t femto_suit_find(unsigned hook, unsigned number, femto_suit_slot_t **slot);

/**
 * @brief   Begin with what is to come into a slot
 *
 * @return  its record, of the present image, for femto_suit_put() to store
 */
femto_suit_record_t *femto_suit_prepare(const femto_suit_slot_t *slot);

/**
 * @brief   Install what is in the staging place
 *
 * @pre     femto_suit_prepare(), and the payload has the record's size and digest
 *
 * @param[in]   component   name of the slot
 */
femto_suit_verdict_t femto_suit_put(femto_suit_slot_t *slot, const char *component);

/** @brief  Print what came of @p component, which was @p done unless it was refused */
void femto_suit_say(const char *component, femto_suit_verdict_t verdict, const char *done,
                    uint32_t sequence);
/** @} */

/** @name   Worker: suit.c
 *  @{ */
/** @brief  As in docs/deployment.cddl */
typedef enum {
    FEMTO_SUIT_IDLE,
    FEMTO_SUIT_FETCHING_MANIFEST,
    FEMTO_SUIT_CHECKING,
    FEMTO_SUIT_FETCHING,
    FEMTO_SUIT_INSTALLING,
} femto_suit_job_state_t;

/** @brief  How a job ended */
typedef struct {
    femto_suit_verdict_t verdict;
    uint32_t job;           /**< its number */
    uint32_t sequence;      /**< if there is a component */
    uint32_t seconds;       /**< from boot to its end */
    char component[FEMTO_SUIT_NAME_MAX + 1];    /**< empty: did not become known */
} femto_suit_result_t;

/** @brief  What the status resource tells of jobs */
typedef struct {
    uint32_t job;           /**< taken last */
    uint32_t results;       /**< jobs that ended; they are in log[(i) % LOG] */
    uint32_t received;      /**< bytes of the manifest, or of the image */
    uint32_t size;          /**< bytes of the image */
    uint32_t version;       /**< changes with anything that a resource tells */
    uint8_t state;          /**< femto_suit_job_state_t */
    femto_suit_result_t log[CONFIG_FEMTOCONTAINER_SUIT_LOG];
} femto_suit_status_t;
extern femto_suit_status_t femto_suit_status;

/** @brief  What the worker does, one after another */
typedef struct femto_suit_job {
    /** Does it; component and sequence number of @p m go to the log */
    femto_suit_verdict_t (*run)(struct femto_suit_job *job, femto_suit_manifest_t *m);
    femto_suit_verdict_t verdict;   /**< what came of it */
    mutex_t done;                   /**< locked until then, if somebody waits */
} femto_suit_job_t;

/**
 * @brief   Do as a manifest says
 *
 * @param[in]   url     of the manifest, @p len characters
 * @param[out]  job     number of the job
 *
 * @return  0, FC4001, FC4002 or FC4029
 */
uint16_t femto_suit_trigger(const uint8_t *url, uint32_t len, uint32_t *job);

/** @brief  Thread of the worker, or KERNEL_PID_UNDEF */
extern kernel_pid_t femto_suit_worker;

/** @brief  When its job began, in ms; for that thread alone */
extern const uint32_t *const femto_suit_begin;

/** @brief  Milliseconds that the downloads of a job may take */
#define FEMTO_SUIT_TIMEOUT_MS (CONFIG_FEMTOCONTAINER_SUIT_TIMEOUT * 1000u)

/** @brief  Have a job done, and wait for it; FC4002, or its verdict */
femto_suit_verdict_t femto_suit_job_wait(femto_suit_job_t *job);
/** @} */

/** @brief  Register the resources: suit_coap.c */
int femto_suit_coap_init(const credman_credential_t *psk);

#ifdef __cplusplus
}
#endif

/** @} */
