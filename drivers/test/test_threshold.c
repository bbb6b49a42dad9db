/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Tells when a guest has written behind a certain byte, as far as the counters say what it writes. */

#include "drivers/test/test_domain.h"

#include "drivers/test/test_machine.h"

#include <string.h>

typedef struct TestThreshold {
        Domain *domain; /* not owned: the machine, which has this, ends before it */
        char *device;
        char *path;
        unsigned disk;
        uint64_t threshold;
        sd_event_source *timer;
} TestThreshold;

static void threshold_free(gpointer p)
{
        TestThreshold *threshold = p;

        sd_event_source_disable_unref(threshold->timer);
        g_free(threshold->device);
        g_free(threshold->path);
        g_free(threshold);
}

/* The time that is left at the speed of the guest; the machine may be paused meanwhile. */
static uint64_t usec_left(const TestThreshold *threshold)
{
        uint64_t written = test_disk_written(test_machine(threshold->domain), threshold->disk);
        uint64_t left = threshold->threshold > written ? threshold->threshold - written : 0;

        return MIN((uint64_t) ((double) left * USEC_PER_SEC / (double) test_disk_write_rate(threshold->disk)) + 1,
                   3600 * USEC_PER_SEC);
}

static int on_time(sd_event_source *source, uint64_t usec, void *userdata)
{
        TestThreshold *threshold = userdata;
        Domain *domain = threshold->domain;
        uint64_t written = test_disk_written(test_machine(domain), threshold->disk);
        DomainBlockThresholdArgs args;
        int r;

        if (written < threshold->threshold) {
                r = sd_event_source_set_time_relative(source, MAX(usec_left(threshold), 10 * USEC_PER_MSEC));
                return r < 0 ? r : sd_event_source_set_enabled(source, SD_EVENT_ONESHOT);
        }
        args = (DomainBlockThresholdArgs) {
                .device = threshold->device,
                .path = strempty(threshold->path),
                .threshold = threshold->threshold,
                .excess = written - threshold->threshold,
        };
        domain_emit(domain, DOMAIN_SIGNAL_BLOCK_THRESHOLD, &args);
        g_ptr_array_remove(test_machine(domain)->thresholds, threshold);
        return 0;
}

static void forget(TestMachine *machine, const char *device)
{
        for (guint i = 0; i < machine->thresholds->len; i++) {
                const TestThreshold *threshold = machine->thresholds->pdata[i];

                if (streq(threshold->device, device)) {
                        g_ptr_array_remove_index(machine->thresholds, i);
                        return;
                }
        }
}

/* The disk of "vda" or of "vda[1]", and the layer. */
static int find_device(const Domain *domain, const char *device, unsigned *ret_disk, const char **ret_path,
                       Error *error)
{
        size_t n = strcspn(device, "[");
        unsigned i = 0;

        DEF_FOREACH(disk, domain->live->disks) {
                const DomainBacking *layer = disk->backing;
                uint64_t level = 0;
                g_autofree char *number = g_strndup(device + n + (device[n] == '['),
                                                    strcspn(device + n + (device[n] == '['), "]"));

                if (strlen(disk->target) != n || strncmp(disk->target, device, n) != 0) {
                        i++;
                        continue;
                }
                if (device[n] && (parse_u64(number, &level) < 0 || !g_str_has_suffix(device, "]")))
                        break;
                *ret_disk = i;
                *ret_path = disk->source.file ?: disk->source.dev;
                for (uint64_t k = 1; layer && k < level; k++)
                        layer = layer->backing;
                if (level > 0 && (!layer || layer->source.type == 0))
                        break;
                if (level > 0)
                        *ret_path = layer->source.file ?: layer->source.dev;
                return 0;
        }
        return error_set(error, ERROR_INVALID_ARG, "there is no block device '%s'", device);
}

int test_block_set_threshold(Domain *domain, const char *device, uint64_t threshold, Job *job, Error *error)
{
        TestThreshold *new;
        const char *path = NULL;
        unsigned disk = 0;
        int r = domain_check_active(domain, error);

        if (r >= 0)
                r = find_device(domain, device, &disk, &path, error);
        if (r < 0)
                return r;
        forget(test_machine(domain), device);
        if (threshold == 0)
                return 0;
        new = g_new(TestThreshold, 1);
        *new = (TestThreshold) {
                .domain = domain,
                .device = g_strdup(device),
                .path = g_strdup(path),
                .disk = disk,
                .threshold = threshold,
        };
        r = sd_event_add_time_relative(domain->object.driver->host->event, &new->timer, CLOCK_MONOTONIC, usec_left(new),
                                       USEC_PER_MSEC, on_time, new);
        if (r < 0) {
                threshold_free(new);
                return error_set_errno(error, r, "cannot set a timer");
        }
        g_ptr_array_add(test_machine(domain)->thresholds, new);
        return 0;
}

GPtrArray *test_thresholds_new(void)
{
        return g_ptr_array_new_with_free_func(threshold_free);
}
