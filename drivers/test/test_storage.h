/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Storage pools and volumes of the pretended host: pools of every type, all of them in memory. */

#include "drivers/ops_storage.h"

/* Bytes of every pool, as in libvirt's test driver. */
#define TEST_POOL_CAPACITY (UINT64_C(100) << 30)

/* All of them. */
uint32_t test_pool_types(const Driver *driver);
int test_pool_define(StoragePool *pool, StoragePoolDef *def, Job *job, Error *error);
int test_pool_undefine(StoragePool *pool, Job *job, Error *error);
int test_pool_start(StoragePool *pool, StoragePoolDef *def, StoragePoolStartFlags flags, Job *job, Error *error);
int test_pool_stop(StoragePool *pool, Job *job, Error *error);
int test_pool_build(StoragePool *pool, StoragePoolBuildFlags flags, Job *job, Error *error);
int test_pool_delete(StoragePool *pool, StoragePoolDeleteFlags flags, Job *job, Error *error);
int test_pool_refresh(StoragePool *pool, Job *job, Error *error);
int test_pool_set_autostart(StoragePool *pool, bool autostart, Job *job, Error *error);
int test_pool_find_sources(Driver *driver, StoragePoolType type, const StoragePoolDef *source, Job *job, Error *error);
int test_vol_create(StoragePool *pool, StorageVolDef *def, StorageVol *source, StorageVolCreateFlags flags, Job *job,
                         Error *error);
int test_vol_delete(StorageVol *vol, StorageVolDeleteFlags flags, Job *job, Error *error);
int test_vol_resize(StorageVol *vol, StorageVolDef *def, Job *job, Error *error);
int test_vol_wipe(StorageVol *vol, unsigned algorithm, Job *job, Error *error);
int test_vol_download(StorageVol *vol, uint64_t offset, uint64_t length, Job *job, Error *error);
int test_vol_upload(StorageVol *vol, uint64_t offset, uint64_t length, Job *job, Error *error);

/* Of the XML: the pool runs. *ret is borrowed. And a volume in it. */
int test_pool_add(Driver *driver, const char *xml, size_t size, StoragePool **ret, Error *error);
int test_vol_add(StoragePool *pool, const char *xml, size_t size, Error *error);

/* The pool "default-pool" of libvirt's test:///default, which is running. */
int test_storage_add_default(Driver *driver, Error *error);
