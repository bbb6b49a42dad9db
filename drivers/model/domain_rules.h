/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What the rules of the devices share. */

#include "drivers/model/domain_def_table.h"
#include "drivers/model/domain_machine.h"

/* Something that must not be, by its place in the element that is checked; NULL: the element itself. */
typedef struct Breach {
        bool broken;
        const char *where;
        const char *text;
} Breach;

/* Reports the first that is broken, ERROR_CONFIG_UNSUPPORTED. Returns whether none is. */
bool checker_expect(DefChecker *checker, const Breach *breaches, size_t n);
#define EXPECT_NONE(checker, ...)                                                                   \
        checker_expect(checker, (const Breach[]) { __VA_ARGS__ },                                   \
                       sizeof((const Breach[]) { __VA_ARGS__ }) / sizeof(Breach))

/* Whether anything is said that only virtio devices have. */
bool virtio_is_given(const DomainVirtio *virtio);
/* Also the variants "virtio-transitional" and "virtio-non-transitional". */
bool is_virtio_model(const char *model);
bool is_virtio_scsi(const DomainController *controller);

/* The domain that is checked when QEMU or KVM runs it; what is said of the machine may not be complete yet. */
const DomainDef *checker_qemu_domain(const DefChecker *checker);
/* Likewise when the machine is known, with what is built into it. */
const DomainDef *checker_qemu_machine(const DefChecker *checker, const MachineTraits **ret);

bool domain_is_s390(const DomainDef *def);
bool domain_is_pseries(const DomainDef *def);

/* The type of the device's address, 0: it has none (yet). */
DomainAddressType device_address_type(const DomainDevice *device);
/* Whether there is an address whose type is none of those; types: IS(…) | IS(…). */
bool has_other_address(const DomainDevice *device, uint32_t types);

/* The older place of <auth> is beside <source>. */
void check_storage_auth(const DomainStorage *storage, const StorageAuth *auth, DefChecker *checker);
bool domain_storage_is_empty(const DomainStorage *storage);
/* Whether it says more than the group. */
bool iotune_has_limit(const DomainIoTune *tune);

/* Which of the domain's I/O threads serve which of so many queues, 0: their number is not said. */
void check_iothread_mapping(const DomainDef *def, const DomainIothreadMapping *const *items, uint32_t n,
                            uint32_t n_queues, DefChecker *checker);
/* Another process that has a device ("what") sees the guest's memory. */
void check_shared_memory(const DomainDef *def, const char *what, DefChecker *checker);

/* Whether the domain has the thread; those without a number of their own have the lowest that are free. */
bool domain_has_iothread(const DomainDef *def, uint32_t id);

/* The last rule of many devices: what no QEMU can have, whichever is installed (qemu_validate.c). */
void domain_check_qemu_controller(const void *p, DefChecker *checker);
void domain_check_qemu_disk(const void *p, DefChecker *checker);
void domain_check_qemu_interface(const void *p, DefChecker *checker);
void domain_check_qemu_graphics(const void *p, DefChecker *checker);
void domain_check_qemu_input(const void *p, DefChecker *checker);
void domain_check_qemu_chardev(const void *p, DefChecker *checker);
void domain_check_qemu_hostdev(const void *p, DefChecker *checker);
void domain_check_qemu_fs(const void *p, DefChecker *checker);
void domain_check_qemu_tpm(const void *p, DefChecker *checker);
void domain_check_qemu_memory(const void *p, DefChecker *checker);
