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
 * @brief       Who may change this device over the network
 *
 * There is one role, the operator, which is whoever knows the device's pre-shared
 * key. Requests that change something come over CoAPs; over plain CoAP they are
 * answered 4.01. Modules:
 *
 * - `femtocontainer_suit`: containers from the network, see femto_suit.h
 * - `femtocontainer_manage`: attach, detach, run and stop containers, and change
 *   their stores, at /fc/manage: docs/management.cddl. It needs no call; without
 *   femtocontainer_suit, the application calls @ref femto_operator_admit.
 */

#include "net/credman.h"

#ifdef __cplusplus
extern "C" {
#endif

/**
 * @brief   Take requests over CoAPs from who knows this key
 *
 * A second call with the same tag changes nothing.
 *
 * @param[in]   psk     pre-shared key and identity; stays
 *
 * @return  0
 * @return  what credman_add() or sock_dtls_add_credential() refused it with
 */
int femto_operator_admit(const credman_credential_t *psk);

#ifdef __cplusplus
}
#endif

/** @} */
