/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Secrets on disk, as libvirt lays them out: <config>/secrets/UUID.xml has the definition, UUID.base64 the value, when
 * there is one. Both have mode 0600 and are durable when a change is done. Copies of values are wiped.
 */

#include "drivers/model/secret.h"
#include "service/base/store.h"
#include "service/base/worker.h"

/* Creates the directory. Release with store_dir_unref(); workers hold references. */
int secret_store_open(const char *config_dir, StoreDir **ret, Error *error);

/* value is NULL when there is none. Returns negative, with the error, when another secret is in the way. */
typedef int (*SecretStoreVisitor)(const SecretDef *def, GBytes *value, void *userdata, Error *error);

/*
 * In the order of UUIDs. What cannot be used, or is refused by the visitor, is logged and set aside
 * ("UUID.xml.broken"); a secret whose value is broken has none. Blocks.
 */
int secret_store_load(StoreDir *dir, SecretStoreVisitor visitor, void *userdata, Error *error);

/* Each runs on a worker. Files become what the secret is: value NULL removes that of an earlier one. */
WorkerTask *secret_store_write(StoreDir *dir, WorkerPool *pool, const SecretDef *def, GBytes *value,
                               WorkerDone done, void *userdata);
WorkerTask *secret_store_remove(StoreDir *dir, WorkerPool *pool, const char *uuid, WorkerDone done,
                                void *userdata);
