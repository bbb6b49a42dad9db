/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/qemu/qemu_plug_reconcile.h"

#include "drivers/model/domain_vcpu.h"
#include "drivers/qemu/qemu_plug_clear.h"
#include "drivers/qemu/qemu_plug_commands.h"
#include "drivers/qemu/qemu_plug_vcpus.h"

#include <string.h>

struct QemuReconcile {
        QemuGuest *guest; /* not owned: it owns this */
        QemuCapsRequest *request;
        QemuCaps *caps;
        Qmp *qmp;
        uint64_t number; /* of the question that has no answer yet, or 0 */
};

QemuReconcile *qemu_reconcile_free(QemuReconcile *reconcile)
{
        if (!reconcile)
                return NULL;
        qemu_caps_cancel(reconcile->request);
        if (reconcile->number != 0)
                qmp_forget(reconcile->qmp, reconcile->number);
        qmp_unref(reconcile->qmp);
        qemu_caps_unref(reconcile->caps);
        g_free(reconcile);
        return NULL;
}

/* The names of what QEMU has, borrowed from the answer to qom-list. */
static GHashTable *names_of(JsonNode *answer)
{
        GHashTable *names = g_hash_table_new(g_str_hash, g_str_equal);
        JsonArray *array = qmp_node_array(answer);

        for (guint i = 0; array && i < json_array_get_length(array); i++) {
                JsonObject *item = qmp_array_object(array, i);
                const char *name = NULL;

                if (item && qmp_get_string(item, "name", &name) > 0)
                        g_hash_table_add(names, (char *) name);
        }
        return names;
}

/* What the machine would be started with, and QEMU does not have. */
static void clear_missing(QemuGuest *guest, const QemuCommand *command, GHashTable *names)
{
        for (char **arg = command->argv + 1; *arg; arg++) {
                g_autoptr(JsonNode) node = NULL;
                JsonObject *device;
                const char *id = NULL;

                if (!streq(arg[0], "-device") || !arg[1])
                        continue;
                node = json_from_string(arg[1], NULL);
                device = node ? qmp_node_object(node) : NULL;
                if (device && qmp_get_string(device, "id", &id) > 0 && !g_hash_table_contains(names, id))
                        qemu_plug_clear(guest, id);
        }
}

static void compare_vcpus(QemuGuest *guest, GHashTable *names)
{
        for (uint32_t i = 0; i < domain_vcpus_max(guest->live); i++) {
                g_autofree char *alias = g_strdup_printf("vcpu%" PRIu32, i);

                if (!g_hash_table_contains(names, alias))
                        (void) qemu_vcpu_removed(guest, alias);
                else if (!domain_vcpu_is_enabled(guest->live, i))
                        qemu_vcpu_added(guest, i);
        }
}

static void on_devices(Qmp *qmp, JsonNode *result, Error *error, void *userdata)
{
        QemuReconcile *reconcile = userdata;
        QemuGuest *guest = reconcile->guest;
        const QemuCommandOptions options = {};
        _cleanup_(qemu_command_freep) QemuCommand *command = NULL;

        reconcile->number = 0;
        if (!error_is_set(error) && guest->phase == QEMU_UP &&
            qemu_command_build(guest->live, reconcile->caps, NULL, &options, &command, NULL) >= 0) {
                g_autoptr(GHashTable) names = names_of(result);

                clear_missing(guest, command, names);
                compare_vcpus(guest, names);
        }
        guest->reconcile = qemu_reconcile_free(reconcile);
}

static void on_caps(void *userdata, QemuCaps *caps, Error *error)
{
        QemuReconcile *reconcile = userdata;

        reconcile->request = NULL;
        if (!caps) {
                reconcile->guest->reconcile = qemu_reconcile_free(reconcile);
                return;
        }
        reconcile->caps = qemu_caps_ref(caps);
        reconcile->number = qmp_execute(reconcile->qmp, "qom-list", qmp_object("s:path", "/machine/peripheral", NULL),
                                        QMP_TIMEOUT_DEFAULT, on_devices, reconcile);
}

static void close_fds(const QemuGuest *guest)
{
        PlugCommands commands = G_QUEUE_INIT;

        plug_commands_close_fds(&commands);
        for (PlugCommand *command; (command = g_queue_pop_head(&commands));) {
                (void) qmp_execute(guest->qmp, command->name, g_steal_pointer(&command->arguments),
                                   QMP_TIMEOUT_DEFAULT, NULL, NULL);
                plug_command_free(command);
        }
}

void qemu_plug_reconcile(QemuGuest *guest)
{
        QemuReconcile *reconcile = g_new0(QemuReconcile, 1);

        qemu_reconcile_free(guest->reconcile);
        close_fds(guest);
        reconcile->guest = guest;
        reconcile->qmp = qmp_ref(guest->qmp);
        guest->reconcile = reconcile;
        reconcile->request = qemu_caps_get(guest->driver->caps, guest->live->emulator, on_caps, reconcile);
}
