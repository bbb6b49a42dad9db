/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/qemu/qemu_request.h"

#include "drivers/model/domain_find.h"
#include "drivers/qemu/qemu_block.h"
#include "drivers/qemu/qemu_fd_groups.h"
#include "drivers/qemu/qemu_layer.h"
#include "drivers/qemu/qemu_names.h"

#include <string.h>

/* What QEMU is told about a machine that runs: single commands of its monitor. */

/* Keys beyond those that are the same in Linux and in QEMU's own numbers (linux/input-event-codes.h). */
static const struct {
        uint8_t linux_code, number;
} keys[] = {
        { 96, 0x9c },  { 97, 0x9d },  { 98, 0xb5 },  { 99, 0x54 },  { 100, 0xb8 }, { 102, 0xc7 }, { 103, 0xc8 },
        { 104, 0xc9 }, { 105, 0xcb }, { 106, 0xcd }, { 107, 0xcf }, { 108, 0xd0 }, { 109, 0xd1 }, { 110, 0xd2 },
        { 111, 0xd3 }, { 113, 0xa0 }, { 114, 0xae }, { 115, 0xb0 }, { 116, 0xde }, { 117, 0x59 }, { 119, 0xc6 },
        { 125, 0xdb }, { 126, 0xdc }, { 127, 0xdd },
};

/* -EINVAL for a key that has no number. */
static int linux_key(uint32_t code)
{
        if (code > 0 && code <= 88)
                return (int) code;
        for (size_t i = 0; i < ELEMENTSOF(keys); i++)
                if (keys[i].linux_code == code)
                        return keys[i].number;
        return -EINVAL;
}

static int key_number(DomainKeycodeSet set, uint32_t code)
{
        switch (set) {
        case DOMAIN_KEYCODES_LINUX:
                return linux_key(code);
        case DOMAIN_KEYCODES_XT:
        case DOMAIN_KEYCODES_XT_KBD:
        case DOMAIN_KEYCODES_QNUM:
                return code > 0 && code <= 0xff ? (int) code : -EINVAL;
        case DOMAIN_KEYCODES_ATSET1:
                if (code >> 8 == 0xe0)
                        return (int) (code & 0x7f) | 0x80;
                return code > 0 && code <= 0x7f ? (int) code : -EINVAL;
        case DOMAIN_KEYCODES_ATSET2:
        case DOMAIN_KEYCODES_ATSET3:
        case DOMAIN_KEYCODES_OSX:
        case DOMAIN_KEYCODES_USB:
        case DOMAIN_KEYCODES_WIN32:
        case _DOMAIN_KEYCODES_MAX:
                break;
        }
        return -EOPNOTSUPP;
}

static int send_key(Domain *domain, DomainKeycodeSet set, uint32_t holdtime, const uint32_t *keycodes, size_t n,
                    Job *job, Error *error)
{
        g_autoptr(JsonArray) array = json_array_new();
        JsonObject *arguments;

        for (size_t i = 0; i < n; i++) {
                int number = key_number(set, keycodes[i]);

                if (number == -EOPNOTSUPP)
                        return error_set(error, ERROR_ARGUMENT_UNSUPPORTED,
                                         "keys of the code set %d cannot be sent", set);
                if (number < 0)
                        return error_set(error, ERROR_INVALID_ARG, "cannot translate keycode %" PRIu32,
                                         keycodes[i]);
                json_array_add_object_element(array, qmp_object("s:type", "number", "i:data", number, NULL));
        }
        arguments = qmp_object("a:keys", json_array_ref(array), NULL);
        if (holdtime > 0)
                json_object_set_int_member(arguments, "hold-time", holdtime);
        return qemu_monitor_request(domain, "send-key", arguments, NULL, job, error);
}

static int inject_nmi(Domain *domain, Job *job, Error *error)
{
        return qemu_monitor_request(domain, "inject-nmi", NULL, NULL, job, error);
}

static int open_graphics(Domain *domain, uint32_t index, int fd, uint32_t flags, Job *job, Error *error)
{
        const DomainGraphics *graphics = domain->live->graphics.items[index];
        bool dbus = graphics->type == DOMAIN_GRAPHICS_DBUS;

        if (!dbus && graphics->type != DOMAIN_GRAPHICS_VNC && graphics->type != DOMAIN_GRAPHICS_SPICE)
                return error_set(error, ERROR_INTERNAL, "Can only open VNC, SPICE or D-Bus p2p graphics backends");
        if (dbus && graphics->p2p != TRISTATE_YES)
                return error_set(error, ERROR_INTERNAL, "Can only open D-Bus graphics backends that are p2p");
        return qemu_monitor_request_fd(domain, "graphicsfd", fd, "add_client",
                                       qmp_object("s:protocol",
                                                  dbus ? "@dbus-display" : domain_graphics_to_string(graphics->type),
                                                  "s:fdname", "graphicsfd", "b:skipauth",
                                                  (flags & DOMAIN_GRAPHICS_SKIPAUTH) != 0, NULL),
                                       job, error);
}

static int resize_block(Domain *domain, const char *name, uint64_t size, Job *job, Error *error)
{
        const DomainDisk *disk = domain_find_disk(domain->live, name);
        g_autofree char *node = qemu_layer_name(disk, 0, "-format");
        int r = qemu_block_check_idle(domain, disk, error);

        if (r < 0)
                return r;
        if (!qemu_disk_is_writable(disk))
                return error_set(error, ERROR_OPERATION_UNSUPPORTED, "the disk '%s' is read-only", name);
        if (size == 0)
                return error_set(error, ERROR_ARGUMENT_UNSUPPORTED,
                                 "the size of the device beneath disk '%s' cannot be taken over", name);
        return qemu_monitor_request(domain, "block_resize", qmp_object("s:node-name", node, "U:size", size, NULL),
                                    NULL, job, error);
}

static const QemuDiskFacts *find_facts(const QemuGuest *guest, const char *alias)
{
        for (size_t i = 0; i < guest->facts.n_disks; i++)
                if (streq_ptr(guest->facts.disks[i].alias, alias))
                        return guest->facts.disks + i;
        return NULL;
}

static int get_block_info(Domain *domain, const char *name, Job *job, Error *error)
{
        const QemuDiskFacts *facts;
        Params *params;
        int r = domain_check_active(domain, error);

        if (r < 0)
                return r;
        facts = find_facts(domain_guest(domain), domain_find_disk(domain->live, name)->info.alias);
        if (!facts)
                return error_set(error, ERROR_OPERATION_INVALID, "the size of disk '%s' is not known yet", name);
        params = qemu_result_params(job);
        params_add_u64(params, "capacity", facts->capacity);
        params_add_u64(params, "allocation", facts->allocation);
        params_add_u64(params, "physical", facts->physical);
        return 0;
}

/* The device's place in QEMU's tree: "/machine/peripheral/virtio-disk0/virtio-backend" belongs to that alias. */
static const DomainDisk *find_by_qdev(const DomainDef *live, const char *qdev)
{
        DEF_FOREACH(disk, live->disks) {
                g_autofree char *path = g_strdup_printf("/machine/peripheral/%s", strempty(disk->info.alias));

                if (streq_ptr(qdev, disk->info.alias) || streq_ptr(qdev, path) ||
                    (qdev && g_str_has_prefix(qdev, path) && qdev[strlen(path)] == '/'))
                        return disk;
        }
        return NULL;
}

static int result_disk_errors(Domain *domain, JsonNode *result, Job *job, Error *error)
{
        JsonArray *array = qmp_node_array(result);
        GPtrArray *records;

        if (!array || !domain->live)
                return qemu_bad_answer(error, "query-block");
        records = qemu_result_records(job);
        for (unsigned i = 0; i < json_array_get_length(array); i++) {
                JsonObject *block = qmp_array_object(array, i);
                const char *status = NULL, *qdev = NULL;
                const DomainDisk *disk;
                Params *record;

                if (!block || qmp_get_string(block, "io-status", &status) <= 0 || streq(status, "ok"))
                        continue;
                (void) qmp_get_string(block, "qdev", &qdev);
                disk = find_by_qdev(domain->live, qdev);
                if (!disk)
                        continue;
                record = records_add(records);
                params_add_string(record, "disk", strempty(disk->target));
                params_add_i32(record, "error", streq(status, "nospace") ? 2 : 1);
        }
        return 0;
}

static int get_disk_errors(Domain *domain, Job *job, Error *error)
{
        return qemu_monitor_request(domain, "query-block", NULL, result_disk_errors, job, error);
}

/* The only security model that we have: a user of its own for each machine. */
static void get_security_labels(Domain *domain, GPtrArray *records)
{
        const QemuGuest *guest = domain_guest(domain);
        g_autofree char *label = NULL;
        Params *record;

        if (!guest->has_uid)
                return;
        label = g_strdup_printf("+%u:+%u", (unsigned) guest->status.uid, (unsigned) guest->status.uid);
        record = records_add(records);
        params_add_string(record, "label", label);
        params_add_bool(record, "enforcing", true);
}

/* "vda", or "vda[2]" for a layer below: the node of the image's file. Free with g_free(). */
static char *file_node(const Domain *domain, const char *device)
{
        g_autofree char *target = g_strndup(device, strcspn(device, "["));
        const DomainDisk *disk = domain_find_disk(domain->live, target);
        size_t layer = 0;

        if (!disk || (strchr(device, '[') && qemu_block_layer(disk, device, &layer, NULL) < 0))
                return NULL;
        return qemu_layer_name(disk, layer, "-file");
}

int qemu_set_threshold(Domain *domain, const char *device, uint64_t threshold, Job *job, Error *error)
{
        g_autofree char *node = NULL;
        int r = domain_check_active(domain, error);

        if (r < 0)
                return r;
        node = file_node(domain, device);
        if (!node)
                return error_set(error, ERROR_INVALID_ARG, "there is no block device '%s'", device);
        return qemu_monitor_request(domain, "block-set-write-threshold",
                                    qmp_object("s:node-name", node, "U:write-threshold", threshold, NULL), NULL, job,
                                    error);
}

static int measure_dirty_rate(Domain *domain, uint32_t seconds, uint32_t flags, Job *job, Error *error)
{
        /* virDomainDirtyRateCalcFlags */
        const char *mode = flags & 1 ? "dirty-bitmap" : flags & 2 ? "dirty-ring" : "page-sampling";

        return qemu_monitor_request(domain, "calc-dirty-rate",
                                    qmp_object("u:calc-time", (unsigned) seconds, "s:mode", mode, NULL), NULL, job,
                                    error);
}

static int reload_graphics(Domain *domain, uint32_t type, Job *job, Error *error)
{
        DEF_FOREACH(graphics, domain->live->graphics)
                if (graphics->type == DOMAIN_GRAPHICS_VNC)
                        return qemu_monitor_request(domain, "display-reload",
                                                    qmp_object("s:type", "vnc", "b:tls-certs", true, NULL), NULL,
                                                    job, error);
        return error_set(error, ERROR_OPERATION_INVALID, "the machine has no VNC display");
}

const MachineOps qemu_machine_ops = {
        .send_key = send_key,
        .inject_nmi = inject_nmi,
        .open_graphics = open_graphics,
        .resize_block = resize_block,
        .get_block_info = get_block_info,
        .get_disk_errors = get_disk_errors,
        .get_security_labels = get_security_labels,
        .measure_dirty_rate = measure_dirty_rate,
        .reload_graphics = reload_graphics,
        .associate_fds = qemu_associate_fds,
        .monitor_command = qemu_monitor_command,
};
