/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/model/domain_rules.h"

#include <string.h>

bool checker_expect(DefChecker *checker, const Breach *breaches, size_t n)
{
        for (size_t i = 0; i < n; i++)
                if (breaches[i].broken) {
                        checker_fail(checker, ERROR_CONFIG_UNSUPPORTED, breaches[i].where, "%s", breaches[i].text);
                        return false;
                }
        return true;
}

bool virtio_is_given(const DomainVirtio *virtio)
{
        return virtio->iommu != TRISTATE_ABSENT || virtio->ats != TRISTATE_ABSENT ||
               virtio->packed != TRISTATE_ABSENT || virtio->page_per_vq != TRISTATE_ABSENT;
}

bool is_virtio_model(const char *model)
{
        return model && g_str_has_prefix(model, "virtio");
}

bool is_virtio_scsi(const DomainController *controller)
{
        return controller->type == DOMAIN_CONTROLLER_SCSI &&
               (controller->model == DOMAIN_CONTROLLER_MODEL_VIRTIO_SCSI ||
                controller->model == DOMAIN_CONTROLLER_MODEL_VIRTIO_TRANSITIONAL ||
                controller->model == DOMAIN_CONTROLLER_MODEL_VIRTIO_NON_TRANSITIONAL);
}

const DomainDef *checker_qemu_domain(const DefChecker *checker)
{
        const DomainDef *def = checker_root(checker);

        return def->type == DOMAIN_VIRT_QEMU || def->type == DOMAIN_VIRT_KVM ? def : NULL;
}

const DomainDef *checker_qemu_machine(const DefChecker *checker, const MachineTraits **ret)
{
        const DomainDef *def = checker_qemu_domain(checker);

        if (!def || !def->os.arch || !def->os.machine)
                return NULL;
        *ret = machine_traits(def->os.arch, def->os.machine);
        return def;
}

bool domain_is_s390(const DomainDef *def)
{
        return def->os.arch && g_str_has_prefix(def->os.arch, "s390");
}

bool domain_is_pseries(const DomainDef *def)
{
        return def->os.machine && g_str_has_prefix(def->os.machine, "pseries");
}

DomainAddressType device_address_type(const DomainDevice *device)
{
        return device->address ? device->address->type : 0;
}

bool has_other_address(const DomainDevice *device, uint32_t types)
{
        return device->address && !(types & IS(device->address->type));
}

bool iotune_has_limit(const DomainIoTune *tune)
{
        DomainIoTune none = { .set = tune->set, .raw = tune->raw, .group = tune->group };

        return memcmp(&none, tune, sizeof(none)) != 0;
}

bool domain_has_iothread(const DomainDef *def, uint32_t id)
{
        uint32_t n_lower = 0;

        DEF_FOREACH(thread, def->iothread_items) {
                if (thread->id == id)
                        return true;
                n_lower += thread->id < id;
        }
        return def->iothreads > def->iothread_items.n && id - n_lower <= def->iothreads - def->iothread_items.n;
}

static void check_queues(const DomainIothreadMapping *mapping, uint32_t n_queues, GHashTable *mapped,
                         DefChecker *checker)
{
        DEF_FOREACH(queue, mapping->queues) {
                if (queue->id >= n_queues)
                        checker_fail(checker, ERROR_CONFIG_UNSUPPORTED, "driver/iothreads/iothread/queue",
                                     "iothread queue '%" PRIu32 "' mapping out of range", queue->id);
                else if (!g_hash_table_add(mapped, GUINT_TO_POINTER(queue->id)))
                        checker_fail(checker, ERROR_CONFIG_UNSUPPORTED, "driver/iothreads/iothread/queue",
                                     "iothread queue '%" PRIu32 "' is already assigned", queue->id);
        }
}

void check_iothread_mapping(const DomainDef *def, const DomainIothreadMapping *const *items, uint32_t n,
                            uint32_t n_queues, DefChecker *checker)
{
        g_autoptr(GHashTable) mapped = g_hash_table_new(NULL, NULL), used = g_hash_table_new(NULL, NULL);
        bool by_hand = n > 0 && items[0]->queues.n > 0;

        for (uint32_t i = 0; i < n; i++) {
                if (!domain_has_iothread(def, items[i]->id))
                        checker_fail(checker, ERROR_CONFIG_UNSUPPORTED, "driver/iothreads/iothread",
                                     "iothread '%" PRIu32 "' not defined in iothreadid", items[i]->id);
                if (!g_hash_table_add(used, GUINT_TO_POINTER(items[i]->id)))
                        checker_fail(checker, ERROR_CONFIG_UNSUPPORTED, "driver/iothreads/iothread",
                                     "iothread '%" PRIu32 "' is mapped twice", items[i]->id);
                if ((items[i]->queues.n > 0) != by_hand) {
                        checker_fail(checker, ERROR_CONFIG_UNSUPPORTED, "driver/iothreads/iothread",
                                     "iothread to queue mapping must be provided for all iothreads or for none");
                        return;
                }
                if (by_hand && n_queues > 0)
                        check_queues(items[i], n_queues, mapped, checker);
        }
        if (by_hand && n_queues == 0)
                checker_fail(checker, ERROR_CONFIG_UNSUPPORTED, "driver/@queues",
                             "iothread queue mapping requires the number of queues to be set");
        else if (by_hand && g_hash_table_size(mapped) < n_queues)
                checker_fail(checker, ERROR_CONFIG_UNSUPPORTED, "driver/iothreads",
                             "missing iothread mapping for a queue");
}

void check_shared_memory(const DomainDef *def, const char *what, DefChecker *checker)
{
        bool shared = def->memory_backing && streq_ptr(def->memory_backing->access, "shared");
        bool all = shared || (def->cpu && def->cpu->cells.n > 0);

        if (domain_is_s390(def))
                return;
        if (def->cpu)
                DEF_FOREACH(cell, def->cpu->cells)
                        all &= cell->access ? streq(cell->access, "shared") : shared;
        if (!all)
                checker_fail(checker, ERROR_CONFIG_UNSUPPORTED, NULL,
                             "'%s' requires shared memory: <memoryBacking><access mode='shared'/>", what);
}
