/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/qemu/qemu_plug_vcpus.h"

#include "drivers/model/domain_vcpu.h"
#include "drivers/qemu/qemu_unplug.h"

#include <string.h>

/* Processors of a machine, see domain_vcpus_set(). */
#define MAP_SIZE UINT16_MAX

struct QemuPlugVcpus {
        Domain *domain;
        GArray *on, *off;
        guint n_on, n_off; /* that are done */
        Qmp *qmp;
        uint64_t number;  /* of the command that has no reply yet, or 0 */
        JsonNode *places; /* answer of query-hotpluggable-cpus */
        QemuUnplug *unplug;
        QemuPlugVcpusDone done;
        void *userdata;
};

QemuPlugVcpus *qemu_plug_vcpus_free(QemuPlugVcpus *plug)
{
        if (!plug)
                return NULL;
        if (plug->number != 0)
                qmp_forget(plug->qmp, plug->number);
        qemu_unplug_free(plug->unplug);
        qmp_unref(plug->qmp);
        g_clear_pointer(&plug->places, json_node_unref);
        g_array_unref(plug->on);
        g_array_unref(plug->off);
        domain_unref(plug->domain);
        g_free(plug);
        return NULL;
}

/* As the machine's devices are called, see build_plugged_vcpus(). Free with g_free(). */
static char *alias_of(uint32_t id)
{
        return g_strdup_printf("vcpu%" PRIu32, id);
}

bool qemu_vcpu_is_plugged(const DomainDef *live, uint32_t id)
{
        DEF_FOREACH(vcpu, live->vcpu_items)
                if (vcpu->id == id)
                        return vcpu->enabled == TRISTATE_YES && vcpu->hotpluggable == TRISTATE_YES;
        return false;
}

static void set_live(QemuGuest *guest, uint32_t id, bool enabled)
{
        _cleanup_(domain_def_unrefp) DomainDef *live = domain_def_copy(guest->live);
        g_autofree uint8_t *map = g_new0(uint8_t, MAP_SIZE);

        map[id] = 1;
        domain_vcpus_set(live, map, enabled);
        if (domain_def_seal(live, NULL, NULL) >= 0)
                guest_set_live(guest, live);
}

void qemu_vcpu_added(QemuGuest *guest, uint32_t id)
{
        set_live(guest, id, true);
}

bool qemu_vcpu_removed(QemuGuest *guest, const char *alias)
{
        uint32_t id;

        if (!g_str_has_prefix(alias, "vcpu") || parse_u32(alias + strlen("vcpu"), &id) < 0 ||
            !qemu_vcpu_is_plugged(guest->live, id))
                return false;
        set_live(guest, id, false);
        qemu_unplug_tell(guest, alias, QEMU_UNPLUG_GONE);
        return true;
}

static void finish(QemuPlugVcpus *plug, Error *error)
{
        _cleanup_error_ Error none = ERROR_INIT;

        plug->done(plug->userdata, error ?: &none);
}

/* The number among all; QEMU tells the last one first. */
static JsonObject *find_place(const QemuPlugVcpus *plug, uint32_t id)
{
        JsonArray *places = qmp_node_array(plug->places);
        guint n = places ? json_array_get_length(places) : 0;

        return id < n ? qmp_array_object(places, n - 1 - id) : NULL;
}

/* The command's arguments are the caller's. */
static int make_device(const QemuPlugVcpus *plug, uint32_t id, JsonObject **ret, Error *error)
{
        JsonObject *place = find_place(plug, id), *props = NULL;
        g_autofree char *alias = alias_of(id);
        const char *type = NULL;
        uint64_t n = 0;
        g_autoptr(GList) names = NULL;
        JsonObject *device;

        if (!place || qmp_get_string(place, "type", &type) <= 0 || qmp_get_object(place, "props", &props) <= 0 ||
            qmp_get_u64(place, "vcpus-count", &n) <= 0)
                return error_set(error, ERROR_OPERATION_UNSUPPORTED,
                                 "this machine has no place for processor %" PRIu32 " while it runs", id);
        if (n != 1)
                return error_set(error, ERROR_OPERATION_UNSUPPORTED,
                                 "processors of this machine come %" PRIu64 " at a time, which is not supported", n);
        device = qmp_object("s:driver", type, "s:id", alias, NULL);
        names = json_object_get_members(props);
        for (GList *name = names; name; name = name->next)
                json_object_set_member(device, name->data, json_object_dup_member(props, name->data));
        *ret = device;
        return 0;
}

static void next(QemuPlugVcpus *plug);

static void on_added(Qmp *qmp, JsonNode *result, Error *error, void *userdata)
{
        QemuPlugVcpus *plug = userdata;
        QemuGuest *guest = domain_guest(plug->domain);

        plug->number = 0;
        if (error_is_set(error)) {
                finish(plug, error);
                return;
        }
        if (guest)
                qemu_vcpu_added(guest, g_array_index(plug->on, uint32_t, plug->n_on));
        plug->n_on++;
        next(plug);
}

static void on_unplug(void *userdata, QemuUnplugEnd end)
{
        QemuPlugVcpus *plug = userdata;
        uint32_t id = g_array_index(plug->off, uint32_t, plug->n_off);
        _cleanup_error_ Error error = ERROR_INIT;

        plug->unplug = qemu_unplug_free(plug->unplug);
        switch (end) {
        case QEMU_UNPLUG_GONE:
                plug->n_off++;
                next(plug);
                return;
        case QEMU_UNPLUG_REFUSED:
                (void) error_set(&error, ERROR_OPERATION_FAILED, "the guest does not let go of processor %" PRIu32,
                                 id);
                break;
        case QEMU_UNPLUG_LATE:
                (void) error_set(&error, ERROR_OPERATION_TIMEOUT,
                                 "the guest has not let go of processor %" PRIu32 " yet, and may do so later", id);
                break;
        }
        finish(plug, &error);
}

static void on_deleted(Qmp *qmp, JsonNode *result, Error *error, void *userdata)
{
        QemuPlugVcpus *plug = userdata;
        uint32_t id = g_array_index(plug->off, uint32_t, plug->n_off);
        g_autofree char *alias = alias_of(id);
        QemuGuest *guest = domain_guest(plug->domain);

        plug->number = 0;
        if (error_is_set(error)) {
                finish(plug, error);
                return;
        }
        /* the event may have come before the reply */
        if (!guest || !qemu_vcpu_is_plugged(guest->live, id)) {
                plug->n_off++;
                next(plug);
                return;
        }
        if (qemu_unplug_wait(plug->domain, alias, on_unplug, plug, &plug->unplug, error) < 0)
                finish(plug, error);
}

static void execute(QemuPlugVcpus *plug, const char *command, JsonObject *arguments, QmpReply reply)
{
        plug->number = qmp_execute(plug->qmp, command, arguments, QMP_TIMEOUT_DEFAULT, reply, plug);
}

/* One after the other: the order is that in which the guest numbers them. */
static void next(QemuPlugVcpus *plug)
{
        _cleanup_error_ Error error = ERROR_INIT;
        g_autofree char *alias = NULL;
        JsonObject *device = NULL;

        if (plug->n_on < plug->on->len) {
                if (make_device(plug, g_array_index(plug->on, uint32_t, plug->n_on), &device, &error) < 0)
                        finish(plug, &error);
                else
                        execute(plug, "device_add", device, on_added);
                return;
        }
        if (plug->n_off == plug->off->len) {
                finish(plug, NULL);
                return;
        }
        alias = alias_of(g_array_index(plug->off, uint32_t, plug->n_off));
        execute(plug, "device_del", qmp_object("s:id", alias, NULL), on_deleted);
}

static void on_places(Qmp *qmp, JsonNode *result, Error *error, void *userdata)
{
        QemuPlugVcpus *plug = userdata;

        plug->number = 0;
        if (error_is_set(error)) {
                finish(plug, error);
                return;
        }
        plug->places = json_node_ref(result);
        next(plug);
}

int qemu_plug_vcpus_begin(Domain *domain, const GArray *on, const GArray *off, QemuPlugVcpusDone done, void *userdata,
                          QemuPlugVcpus **ret, Error *error)
{
        QemuGuest *guest = domain_guest(domain);
        QemuPlugVcpus *plug;
        int r = monitor_check(guest, error);

        if (r < 0)
                return r;
        plug = g_new0(QemuPlugVcpus, 1);
        plug->domain = domain_ref(domain);
        plug->on = g_array_copy((GArray *) on);
        plug->off = g_array_copy((GArray *) off);
        plug->qmp = qmp_ref(guest->qmp);
        plug->done = done;
        plug->userdata = userdata;
        execute(plug, "query-hotpluggable-cpus", NULL, on_places);
        *ret = plug;
        return 0;
}
