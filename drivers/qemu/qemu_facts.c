/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/qemu/qemu_guest.h"

#include "drivers/model/domain_vcpu.h"
#include "drivers/qemu/qemu_live.h"

/* QEMU reports no more virtual CPUs and disks than this to us. */
#define ITEMS_MAX 4096u

void guest_facts_clear(QemuFacts *facts)
{
        for (size_t i = 0; i < facts->n_disks; i++)
                g_free(facts->disks[i].alias);
        g_free(facts->disks);
        g_free(facts->vcpu_threads);
        *facts = (QemuFacts) {};
}

static void on_cpus(QemuGuest *guest, JsonNode *result)
{
        JsonArray *array = qmp_node_array(result);
        unsigned n = MIN(domain_vcpus_max(guest->live), ITEMS_MAX);

        g_free(guest->facts.vcpu_threads);
        guest->facts.vcpu_threads = g_new0(pid_t, n);
        guest->facts.n_vcpus = n;
        for (unsigned i = 0; array && i < MIN(json_array_get_length(array), ITEMS_MAX); i++) {
                JsonObject *cpu = qmp_array_object(array, i);
                uint64_t index = 0;
                int64_t thread = 0;

                if (cpu && qmp_get_u64(cpu, "cpu-index", &index) > 0 && index < n &&
                    qmp_get_i64(cpu, "thread-id", &thread) > 0 && thread > 0 && thread <= INT32_MAX)
                        guest->facts.vcpu_threads[index] = (pid_t) thread;
        }
}

static void on_balloon(QemuGuest *guest, JsonNode *result)
{
        JsonObject *object = qmp_node_object(result);
        uint64_t actual;

        if (object && qmp_get_u64(object, "actual", &actual) > 0 &&
            actual / 1024 != guest->domain->summary.memory)
                domain_set_balloon(guest->domain, actual / 1024);
}

/* docs/interop/virtio-balloon-stats.rst of QEMU; sizes there are bytes, an unknown value is 2^64 - 1. */
static const struct {
        const char *name;
        uint64_t divisor;
} balloon_stats[_QEMU_BALLOON_MAX] = {
        [QEMU_BALLOON_SWAP_IN] = { "stat-swap-in", 1024 },
        [QEMU_BALLOON_SWAP_OUT] = { "stat-swap-out", 1024 },
        [QEMU_BALLOON_MAJOR_FAULT] = { "stat-major-faults", 1 },
        [QEMU_BALLOON_MINOR_FAULT] = { "stat-minor-faults", 1 },
        [QEMU_BALLOON_UNUSED] = { "stat-free-memory", 1024 },
        [QEMU_BALLOON_AVAILABLE] = { "stat-total-memory", 1024 },
        [QEMU_BALLOON_USABLE] = { "stat-available-memory", 1024 },
        [QEMU_BALLOON_DISK_CACHES] = { "stat-disk-caches", 1024 },
        [QEMU_BALLOON_HUGETLB_PGALLOC] = { "stat-htlb-pgalloc", 1 },
        [QEMU_BALLOON_HUGETLB_PGFAIL] = { "stat-htlb-pgfail", 1 },
};

static void on_balloon_stats(QemuGuest *guest, JsonNode *result)
{
        JsonObject *object = qmp_node_object(result), *stats = NULL;

        if (!object || qmp_get_object(object, "stats", &stats) <= 0)
                return;
        guest->facts.balloon_updated = 0;
        (void) qmp_get_u64(object, "last-update", &guest->facts.balloon_updated);
        guest->facts.balloon_known = 0;
        for (QemuBalloonFact i = 0; i < _QEMU_BALLOON_MAX; i++) {
                uint64_t value;

                /* 2^64 - 1 does not fit a JSON integer and arrives as an error or as -1 */
                if (qmp_get_u64(stats, balloon_stats[i].name, &value) <= 0 || value >= INT64_MAX)
                        continue;
                guest->facts.balloon[i] = value / balloon_stats[i].divisor;
                guest->facts.balloon_known |= 1u << i;
        }
}

/* The disk's facts, which are made when there are none yet; NULL when the definition has no such disk. */
static QemuDiskFacts *disk_facts(QemuGuest *guest, JsonObject *object)
{
        QemuFacts *facts = &guest->facts;
        const char *device = NULL;
        const DomainDisk *disk = NULL;

        if (object && qmp_get_string(object, "qdev", &device) > 0)
                disk = qemu_live_disk_of_device(guest->live, device);
        if (!disk || !disk->info.alias)
                return NULL;
        for (size_t i = 0; i < facts->n_disks; i++)
                if (streq(facts->disks[i].alias, disk->info.alias))
                        return &facts->disks[i];
        facts->disks = g_renew(QemuDiskFacts, facts->disks, facts->n_disks + 1);
        facts->disks[facts->n_disks] = (QemuDiskFacts) { .alias = g_strdup(disk->info.alias) };
        return &facts->disks[facts->n_disks++];
}

static void on_block_stats(QemuGuest *guest, JsonNode *result)
{
        JsonArray *array = qmp_node_array(result);
        unsigned n = array ? MIN(json_array_get_length(array), ITEMS_MAX) : 0;

        for (unsigned i = 0; i < n; i++) {
                JsonObject *object = qmp_array_object(array, i), *stats = NULL;
                QemuDiskFacts *disk = disk_facts(guest, object);

                if (!disk || qmp_get_object(object, "stats", &stats) <= 0)
                        continue;
                (void) qmp_get_u64(stats, "rd_operations", &disk->rd_reqs);
                (void) qmp_get_u64(stats, "rd_bytes", &disk->rd_bytes);
                (void) qmp_get_u64(stats, "rd_total_time_ns", &disk->rd_ns);
                (void) qmp_get_u64(stats, "wr_operations", &disk->wr_reqs);
                (void) qmp_get_u64(stats, "wr_bytes", &disk->wr_bytes);
                (void) qmp_get_u64(stats, "wr_total_time_ns", &disk->wr_ns);
                (void) qmp_get_u64(stats, "flush_operations", &disk->fl_reqs);
                (void) qmp_get_u64(stats, "flush_total_time_ns", &disk->fl_ns);
                (void) qmp_get_u64(stats, "wr_highest_offset", &disk->allocation);
        }
}

static void on_block(QemuGuest *guest, JsonNode *result)
{
        JsonArray *array = qmp_node_array(result);
        unsigned n = array ? MIN(json_array_get_length(array), ITEMS_MAX) : 0;

        for (unsigned i = 0; i < n; i++) {
                JsonObject *object = qmp_array_object(array, i), *inserted = NULL, *image = NULL;
                QemuDiskFacts *disk = disk_facts(guest, object);

                if (!disk || qmp_get_object(object, "inserted", &inserted) <= 0 ||
                    qmp_get_object(inserted, "image", &image) <= 0)
                        continue;
                (void) qmp_get_u64(image, "virtual-size", &disk->capacity);
                (void) qmp_get_u64(image, "actual-size", &disk->physical);
        }
}

#define DEFINE_REPLY(function)                                                                              \
        static void function##_reply(Qmp *qmp, JsonNode *result, Error *error, void *userdata)              \
        {                                                                                                   \
                QemuGuest *guest = userdata;                                                                \
                                                                                                            \
                guest->facts.n_pending--;                                                                   \
                if (result)                                                                                 \
                        function(guest, result);                                                            \
        }

DEFINE_REPLY(on_cpus)
DEFINE_REPLY(on_balloon)
DEFINE_REPLY(on_balloon_stats)
DEFINE_REPLY(on_block_stats)
DEFINE_REPLY(on_block)

static void ask(QemuGuest *guest, const char *command, JsonObject *arguments, QmpReply reply)
{
        guest->facts.n_pending++;
        (void) monitor_execute(guest, command, arguments, reply, guest);
}

static bool has_balloon(const DomainDef *def)
{
        return def->memballoon && def->memballoon->model != DOMAIN_MEMBALLOON_NONE &&
               def->memballoon->info.alias;
}

void guest_refresh_facts(QemuGuest *guest)
{
        if (!guest->qmp || guest->phase != QEMU_UP || guest->facts.n_pending > 0 ||
            !qmp_is_responsive(guest->qmp))
                return;
        ask(guest, "query-cpus-fast", NULL, on_cpus_reply);
        if (has_balloon(guest->live)) {
                g_autofree char *path =
                        g_strdup_printf("/machine/peripheral/%s", guest->live->memballoon->info.alias);

                ask(guest, "query-balloon", NULL, on_balloon_reply);
                ask(guest, "qom-get", qmp_object("s:path", path, "s:property", "guest-stats", NULL),
                    on_balloon_stats_reply);
        }
        if (guest->live->disks.n > 0) {
                ask(guest, "query-blockstats", NULL, on_block_stats_reply);
                ask(guest, "query-block", NULL, on_block_reply);
        }
}
