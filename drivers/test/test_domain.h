/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The operations of the test driver on domains, as rows of DriverInfo.domain name them. */

#include "drivers/driver.h"

/* definitions: test_define.c */
int test_domain_normalize(Driver *driver, DomainDef *def, Job *job, Error *error);
int test_domain_define(Domain *domain, DomainDef *def, Job *job, Error *error);
int test_domain_undefine(Domain *domain, uint32_t flags, Job *job, Error *error);
int test_domain_set_autostart(Domain *domain, bool autostart, Job *job, Error *error);
int test_domain_set_autostart_once(Domain *domain, bool autostart, Job *job, Error *error);
int test_domain_rename(Domain *domain, const char *name, Job *job, Error *error);

/* machines: test_lifecycle.c */
int test_domain_start(Domain *domain, DomainDef *def, uint32_t flags, Job *job, Error *error);
int test_domain_shutdown(Domain *domain, uint32_t flags, Job *job, Error *error);
int test_domain_reboot(Domain *domain, uint32_t flags, Job *job, Error *error);
int test_domain_reset(Domain *domain, uint32_t flags, Job *job, Error *error);
int test_domain_suspend(Domain *domain, Job *job, Error *error);
int test_domain_resume(Domain *domain, Job *job, Error *error);
int test_domain_destroy(Domain *domain, uint32_t flags, Job *job, Error *error);
/* Ends what the caller has started, or is starting, with AUTODESTROY. */
void test_domain_caller_left(Domain *domain, const char *caller);

/*
 * The machine is there: the state and its events. reason is of the state "running", detail of the event
 * "started". A new domain is published.
 */
void test_domain_started(Domain *domain, bool paused, int reason, int detail);
/* The machine ends or starts anew, as the action says. */
void test_domain_follow(Domain *domain, DomainLifecycle action);
/* The machine goes, and with it a transient domain. */
void test_domain_stop(Domain *domain, int reason, int detail);

/* saved states: test_save.c */
int test_domain_save(Domain *domain, const char *file, DomainDef *def, uint32_t flags, Job *job, Error *error);
int test_domain_restore(Domain *domain, const char *file, DomainDef *def, uint32_t flags, Job *job,
                        Error *error);
int test_image_op_read(Driver *driver, const char *file, Job *job, Error *error);
int test_image_op_write(Driver *driver, const char *file, DomainDef *def, uint32_t flags, Job *job,
                        Error *error);
int test_domain_managed_read(Domain *domain, Job *job, Error *error);
int test_domain_managed_write(Domain *domain, DomainDef *def, uint32_t flags, Job *job, Error *error);
int test_domain_managed_remove(Domain *domain, Job *job, Error *error);
int test_domain_core_dump(Domain *domain, const char *file, DomainDumpFormat format, uint32_t flags, Job *job,
                          Error *error);

/* jobs of disks: test_block.c, test_threshold.c */
int test_block_start(Domain *domain, const DomainBlockRequest *request, Job *job, Error *error);
int test_block_pivot(Domain *domain, DomainBlockJob *block, Job *job, Error *error);
int test_block_set_speed(Domain *domain, DomainBlockJob *block, uint64_t bandwidth, Job *job, Error *error);
int test_block_set_threshold(Domain *domain, const char *device, uint64_t threshold, Job *job, Error *error);
/* Cancels all of the domain. */
void test_block_end_all(Domain *domain);

/* test_snapshot.c, test_checkpoint.c */
int test_snapshot_create(Domain *domain, SnapshotDef *def, uint32_t flags, Job *job, Error *error);
int test_snapshot_revert(Snapshot *snapshot, uint32_t flags, Job *job, Error *error);
int test_snapshot_delete(Snapshot *snapshot, uint32_t flags, Job *job, Error *error);
int test_checkpoint_create(Domain *domain, CheckpointDef *def, uint32_t flags, Job *job, Error *error);
int test_checkpoint_delete(Checkpoint *checkpoint, uint32_t flags, Job *job, Error *error);
int test_backup_begin(Domain *domain, BackupDef *def, CheckpointDef *checkpoint, uint32_t flags, Job *job,
                      Error *error);

/* test_screenshot.c */
int test_domain_screenshot(Domain *domain, uint32_t screen, Job *job, Error *error);

/* test_stream.c */
int test_domain_open_console(Domain *domain, const char *device, uint32_t flags, Job *job, Error *error);
int test_domain_open_channel(Domain *domain, const char *name, uint32_t flags, Job *job, Error *error);

/* test_edit.c */
uint32_t test_host_cpus(Driver *driver);
int test_domain_edit(Domain *domain, DomainEdit *edit, Job *job, Error *error);

/* test_stats.c */
void test_domain_get_stats(Domain *domain, uint32_t groups, Params *ret);
int test_domain_get_cpu_stats(Domain *domain, uint32_t cpu, Params *ret);

/* test_migration.c */
int test_domain_migrate(Domain *domain, const DomainMigration *migration, Job *job, Error *error);
int test_domain_start_post_copy(Domain *domain, Error *error);
int test_migration_get(Domain *domain, DomainMigrationSetting setting, uint64_t *ret, Error *error);
int test_migration_set(Domain *domain, DomainMigrationSetting setting, uint64_t value, Error *error);
