/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/qemu/qemu_caps.h"

#include "drivers/qemu/qemu_caps_private.h"
#include "drivers/qemu/json_stream.h"
#include "drivers/qemu/qemu_cpu_features.h"
#include "drivers/qemu/qmp.h"

#include <stdlib.h>
#include <string.h>

/* Sorted, without duplicates. */
typedef struct NameSet {
        const char **names;
        size_t n;
} NameSet;

struct QemuCaps {
        gatomicrefcount n_ref;
        QemuCaps *original; /* of a copy: whose strings it has */
        GStringChunk *strings;
        const char *binary;
        const char *arch;
        uint32_t version;
        bool kvm;
        QemuMachine *machines;
        size_t n_machines;
        QemuCpu *cpus;
        size_t n_cpus;
        NameSet devices, objects, commands, events, options;
        CpuFeatures cpu_features[2]; /* [true]: with KVM */
        CpuFeatures cpu_switches;
        bool features[_QEMU_FEATURE_MAX];
};

static const char *const qemu_feature_table[_QEMU_FEATURE_MAX] = {
        [QEMU_FEATURE_DEVICE_JSON] = "device-json",
        [QEMU_FEATURE_DEVICE_JSON_HOTPLUG] = "device-json-hotplug",
        [QEMU_FEATURE_NETDEV_JSON] = "netdev-json",
        [QEMU_FEATURE_NETDEV_STREAM] = "netdev-stream",
        [QEMU_FEATURE_NETDEV_STREAM_RECONNECT] = "netdev-stream-reconnect",
        [QEMU_FEATURE_NETDEV_VHOST_VDPA] = "netdev-vhost-vdpa",
        [QEMU_FEATURE_CHARDEV_VDAGENT] = "chardev-vdagent",
        [QEMU_FEATURE_CHARDEV_DBUS] = "chardev-dbus",
        [QEMU_FEATURE_BLOCKDEV_BACKING_MASK] = "blockdev-backing-mask",
        [QEMU_FEATURE_BLOCKDEV_IO_URING] = "blockdev-io-uring",
        [QEMU_FEATURE_BLOCKDEV_SNAPSHOT_ALLOW_WRITE_ONLY] = "blockdev-snapshot-allow-write-only",
        [QEMU_FEATURE_MIGRATION_MULTIFD] = "migration-multifd",
        [QEMU_FEATURE_MIGRATION_ZEROCOPY] = "migration-zerocopy",
        [QEMU_FEATURE_MIGRATION_FILE] = "migration-file",
        [QEMU_FEATURE_SAVEVM_QMP] = "savevm-qmp",
        [QEMU_FEATURE_DISPLAY_DBUS] = "display-dbus",
        [QEMU_FEATURE_DISPLAY_SDL] = "display-sdl",
        [QEMU_FEATURE_DISPLAY_EGL_HEADLESS] = "display-egl-headless",
        [QEMU_FEATURE_AUDIO_ALSA] = "audio-alsa",
        [QEMU_FEATURE_AUDIO_DBUS] = "audio-dbus",
        [QEMU_FEATURE_AUDIO_JACK] = "audio-jack",
        [QEMU_FEATURE_AUDIO_OSS] = "audio-oss",
        [QEMU_FEATURE_AUDIO_PIPEWIRE] = "audio-pipewire",
        [QEMU_FEATURE_AUDIO_PULSEAUDIO] = "audio-pulseaudio",
        [QEMU_FEATURE_AUDIO_SDL] = "audio-sdl",
        [QEMU_FEATURE_AUDIO_SPICE] = "audio-spice",
        [QEMU_FEATURE_DISPLAY_RELOAD] = "display-reload",
        [QEMU_FEATURE_SPICE] = "spice",
        [QEMU_FEATURE_VNC] = "vnc",
        [QEMU_FEATURE_SANDBOX] = "sandbox",
        [QEMU_FEATURE_RUN_WITH_ASYNC_TEARDOWN] = "run-with-async-teardown",
        [QEMU_FEATURE_FW_CFG] = "fw-cfg",
        [QEMU_FEATURE_SMBIOS] = "smbios",
        [QEMU_FEATURE_MEMORY_BACKEND_RESERVE] = "memory-backend-reserve",
        [QEMU_FEATURE_ISCSI_BLOCKDEV] = "iscsi-blockdev",
        [QEMU_FEATURE_RBD_BLOCKDEV] = "rbd-blockdev",
        [QEMU_FEATURE_NFS_BLOCKDEV] = "nfs-blockdev",
        [QEMU_FEATURE_NVME_BLOCKDEV] = "nvme-blockdev",
        [QEMU_FEATURE_SSH_BLOCKDEV] = "ssh-blockdev",
        [QEMU_FEATURE_CURL_BLOCKDEV] = "curl-blockdev",
        [QEMU_FEATURE_GLUSTER_BLOCKDEV] = "gluster-blockdev",
};
DEFINE_STRING_TABLE(qemu_feature, QemuFeature)

static const char *const usable_table[] = {
        [QEMU_USABLE_UNKNOWN] = "unknown",
        [QEMU_USABLE_YES] = "yes",
        [QEMU_USABLE_NO] = "no",
};

const char *qemu_usable_to_string(QemuUsable usable)
{
        return usable_table[usable];
}

QemuCaps *qemu_caps_ref(QemuCaps *caps)
{
        g_atomic_ref_count_inc(&caps->n_ref);
        return caps;
}

static void name_set_clear(NameSet *set)
{
        g_free(set->names);
}

QemuCaps *qemu_caps_unref(QemuCaps *caps)
{
        if (!caps || !g_atomic_ref_count_dec(&caps->n_ref))
                return NULL;
        name_set_clear(&caps->devices);
        name_set_clear(&caps->objects);
        name_set_clear(&caps->commands);
        name_set_clear(&caps->events);
        name_set_clear(&caps->options);
        g_free(caps->machines);
        g_free(caps->cpus);
        g_clear_pointer(&caps->strings, g_string_chunk_free);
        qemu_caps_unref(caps->original);
        g_free(caps);
        return NULL;
}

static int compare_names(const void *a, const void *b)
{
        return strcmp(*(const char *const *) a, *(const char *const *) b);
}

static bool name_set_has(const NameSet *set, const char *name)
{
        return bsearch(&name, set->names, set->n, sizeof(char *), compare_names);
}

static const char *keep(QemuCaps *caps, const char *text)
{
        return text ? g_string_chunk_insert(caps->strings, text) : NULL;
}

/* These words stand in documents, logs and command lines. */
static bool is_word(const char *text)
{
        for (const char *p = text; *p; p++)
                if ((unsigned char) *p < ' ' || *p == 127)
                        return false;
        return true;
}

static int bad_form(Error *error, const char *where)
{
        return error_set(error, ERROR_OPERATION_FAILED, "capabilities of an emulator have a wrong '%s'",
                         where);
}

/* A member that must be there. */
static int read_string(QemuCaps *caps, JsonObject *o, const char *name, const char **ret, Error *error)
{
        const char *text;

        if (qmp_get_string(o, name, &text) <= 0 || !is_word(text))
                return bad_form(error, name);
        *ret = keep(caps, text);
        return 0;
}

static int read_optional(QemuCaps *caps, JsonObject *o, const char *name, const char **ret, Error *error)
{
        const char *text;

        if (qmp_get_string(o, name, &text) < 0 || (text && !is_word(text)))
                return bad_form(error, name);
        *ret = keep(caps, text);
        return 0;
}

static int read_bool(JsonObject *o, const char *name, bool *ret, Error *error)
{
        return qmp_get_bool(o, name, ret) < 0 ? bad_form(error, name) : 0;
}

static int read_u32(JsonObject *o, const char *name, uint32_t *ret, Error *error)
{
        int64_t v;

        if (qmp_get_i64(o, name, &v) <= 0 || v < 0 || v > UINT32_MAX)
                return bad_form(error, name);
        *ret = (uint32_t) v;
        return 0;
}

/* NULL when it is none. */
static const char *string_element(JsonArray *array, unsigned i)
{
        JsonNode *node = json_array_get_element(array, i);

        return JSON_NODE_HOLDS_VALUE(node) && json_node_get_value_type(node) == G_TYPE_STRING
                       ? json_node_get_string(node) : NULL;
}

static int read_names(QemuCaps *caps, JsonObject *o, const char *name, NameSet *set, Error *error)
{
        JsonArray *array;
        unsigned n;

        if (qmp_get_array(o, name, &array) <= 0)
                return bad_form(error, name);
        n = json_array_get_length(array);
        set->names = g_new0(const char *, n + 1);
        for (unsigned i = 0; i < n; i++) {
                const char *word = string_element(array, i);

                if (!word || !is_word(word))
                        return bad_form(error, name);
                set->names[set->n++] = keep(caps, word);
        }
        qsort(set->names, set->n, sizeof(char *), compare_names);
        return 0;
}

/* QEMU's words for features; those that libvirt has not are left out. No member: none. */
static int read_cpu_words(JsonObject *o, const char *name, CpuFeatures *features, Error *error)
{
        JsonArray *words = NULL;

        if (qmp_get_array(o, name, &words) < 0)
                return bad_form(error, name);
        for (unsigned i = 0; words && i < json_array_get_length(words); i++) {
                const char *word = string_element(words, i);

                if (!word)
                        return bad_form(error, name);
                qemu_cpu_features_add(features, word);
        }
        return 0;
}

/* Not every emulator says what its processors can do, nor is there KVM everywhere. */
static int read_processor(JsonObject *o, const char *name, CpuFeatures *cpu, Error *error)
{
        JsonObject *row = NULL;
        const char *vendor = NULL;
        uint32_t family = 0, model = 0, stepping = 0;
        int r = qmp_get_object(o, name, &row);

        if (r <= 0)
                return r < 0 ? bad_form(error, name) : 0;
        if (qmp_get_string(row, "vendor", &vendor) < 0)
                return bad_form(error, "vendor");
        r = read_u32(row, "family", &family, error);
        if (r >= 0)
                r = read_u32(row, "model", &model, error);
        if (r >= 0)
                r = read_u32(row, "stepping", &stepping, error);
        if (r < 0)
                return r;
        cpu->vendor = cpu_vendor_word(vendor);
        cpu->family = family;
        cpu->model = model;
        cpu->stepping = stepping;
        return read_cpu_words(row, "features", cpu, error);
}

static int read_machine(QemuCaps *caps, JsonObject *o, QemuMachine *m, Error *error)
{
        int r = read_string(caps, o, "name", &m->name, error);

        if (r >= 0)
                r = read_optional(caps, o, "alias", &m->alias, error);
        if (r >= 0)
                r = read_optional(caps, o, "default-cpu", &m->default_cpu, error);
        if (r >= 0)
                r = read_optional(caps, o, "default-ram-id", &m->default_ram_id, error);
        if (r >= 0)
                r = read_u32(o, "cpu-max", &m->cpu_max, error);
        if (r >= 0)
                r = read_bool(o, "default", &m->is_default, error);
        if (r >= 0)
                r = read_bool(o, "hotpluggable-cpus", &m->hotpluggable_cpus, error);
        if (r >= 0)
                r = read_bool(o, "numa-memory", &m->numa_memory, error);
        if (r >= 0)
                r = read_bool(o, "deprecated", &m->deprecated, error);
        if (r >= 0)
                r = read_bool(o, "acpi", &m->acpi, error);
        return r;
}

static int read_cpu(QemuCaps *caps, JsonObject *o, QemuCpu *cpu, Error *error)
{
        const char *usable = NULL;
        int r = read_string(caps, o, "name", &cpu->name, error);

        if (r >= 0)
                r = read_optional(caps, o, "type", &cpu->type, error);
        if (r >= 0)
                r = read_bool(o, "deprecated", &cpu->deprecated, error);
        if (r >= 0)
                r = read_string(caps, o, "usable", &usable, error);
        if (r < 0)
                return r;
        r = string_table_find(usable_table, ELEMENTSOF(usable_table), usable);
        if (r < 0)
                return bad_form(error, "usable");
        cpu->usable = (QemuUsable) r;
        return read_cpu_words(o, "blockers", &cpu->blockers, error);
}

static int read_machines(QemuCaps *caps, JsonObject *o, Error *error)
{
        JsonArray *array;

        if (qmp_get_array(o, "machines", &array) <= 0)
                return bad_form(error, "machines");
        caps->machines = g_new0(QemuMachine, json_array_get_length(array));
        for (unsigned i = 0; i < json_array_get_length(array); i++) {
                JsonObject *row = qmp_array_object(array, i);
                int r = row ? read_machine(caps, row, caps->machines + caps->n_machines++, error)
                            : bad_form(error, "machines");

                if (r < 0)
                        return r;
        }
        return 0;
}

static int read_cpus(QemuCaps *caps, JsonObject *o, Error *error)
{
        JsonArray *array;

        if (qmp_get_array(o, "cpus", &array) <= 0)
                return bad_form(error, "cpus");
        caps->cpus = g_new0(QemuCpu, json_array_get_length(array));
        for (unsigned i = 0; i < json_array_get_length(array); i++) {
                JsonObject *row = qmp_array_object(array, i);
                int r = row ? read_cpu(caps, row, caps->cpus + caps->n_cpus++, error)
                            : bad_form(error, "cpus");

                if (r < 0)
                        return r;
        }
        return 0;
}

static int read_features(QemuCaps *caps, JsonObject *o, Error *error)
{
        NameSet set = {};
        int r = read_names(caps, o, "features", &set, error);

        for (size_t i = 0; r >= 0 && i < set.n; i++) {
                r = qemu_feature_from_string(set.names[i]);
                if (r < 0)
                        r = bad_form(error, "features");
                else
                        caps->features[r] = true;
        }
        name_set_clear(&set);
        return r;
}

int qemu_caps_from_json(JsonNode *node, QemuCaps **ret, Error *error)
{
        _cleanup_(qemu_caps_unrefp) QemuCaps *caps = g_new0(QemuCaps, 1);
        const struct {
                const char *name;
                NameSet *set;
        } sets[] = {
                { "devices", &caps->devices },   { "objects", &caps->objects },
                { "commands", &caps->commands }, { "events", &caps->events },
                { "options", &caps->options },
        };
        JsonObject *o = qmp_node_object(node);
        int r;

        g_atomic_ref_count_init(&caps->n_ref);
        caps->strings = g_string_chunk_new(4096);
        if (!o)
                return bad_form(error, "type");
        r = read_string(caps, o, "binary", &caps->binary, error);
        if (r >= 0)
                r = read_string(caps, o, "arch", &caps->arch, error);
        if (r >= 0)
                r = read_u32(o, "version", &caps->version, error);
        if (r >= 0)
                r = read_bool(o, "kvm", &caps->kvm, error);
        for (size_t i = 0; r >= 0 && i < ELEMENTSOF(sets); i++)
                r = read_names(caps, o, sets[i].name, sets[i].set, error);
        if (r >= 0)
                r = read_machines(caps, o, error);
        if (r >= 0)
                r = read_cpus(caps, o, error);
        if (r >= 0)
                r = read_processor(o, "kvm-cpu", &caps->cpu_features[true], error);
        if (r >= 0)
                r = read_processor(o, "tcg-cpu", &caps->cpu_features[false], error);
        if (r >= 0)
                r = read_cpu_words(o, "cpu-switches", &caps->cpu_switches, error);
        if (r >= 0)
                r = read_features(caps, o, error);
        if (r < 0)
                return r;
        *ret = g_steal_pointer(&caps);
        return 0;
}

int qemu_caps_parse(const char *text, size_t size, QemuCaps **ret, Error *error)
{
        g_autoptr(JsonNode) node = NULL;
        int r = json_parse("a file of capabilities", text, size, JSON_DEPTH_MAX, &node, error);

        return r < 0 ? r : qemu_caps_from_json(node, ret, error);
}

const char *qemu_caps_binary(const QemuCaps *caps)
{
        return caps->binary;
}

const char *qemu_caps_arch(const QemuCaps *caps)
{
        return caps->arch;
}

uint32_t qemu_caps_version(const QemuCaps *caps)
{
        return caps->version;
}

bool qemu_caps_kvm(const QemuCaps *caps)
{
        return caps->kvm;
}

const QemuMachine *qemu_caps_machines(const QemuCaps *caps, size_t *ret_n)
{
        *ret_n = caps->n_machines;
        return caps->machines;
}

const QemuMachine *qemu_caps_machine(const QemuCaps *caps, const char *name)
{
        for (size_t i = 0; i < caps->n_machines; i++) {
                const QemuMachine *m = caps->machines + i;

                if (name ? streq(m->name, name) || streq_ptr(m->alias, name) : m->is_default)
                        return m;
        }
        return NULL;
}

const QemuCpu *qemu_caps_cpus(const QemuCaps *caps, size_t *ret_n)
{
        *ret_n = caps->n_cpus;
        return caps->cpus;
}

const QemuCpu *qemu_caps_cpu(const QemuCaps *caps, const char *name)
{
        /* as QEMU does there: libvirt's names are "POWER9" */
        bool ignore_case = g_str_has_prefix(caps->arch, "ppc");

        for (size_t i = 0; i < caps->n_cpus; i++)
                if (streq(caps->cpus[i].name, name) ||
                    (ignore_case && g_ascii_strcasecmp(caps->cpus[i].name, name) == 0))
                        return caps->cpus + i;
        return NULL;
}

const CpuFeatures *qemu_caps_cpu_features(const QemuCaps *caps, bool kvm)
{
        return &caps->cpu_features[kvm];
}

const CpuFeatures *qemu_caps_cpu_switches(const QemuCaps *caps)
{
        return &caps->cpu_switches;
}

bool qemu_caps_has_device(const QemuCaps *caps, const char *device)
{
        return name_set_has(&caps->devices, device);
}

bool qemu_caps_has_object(const QemuCaps *caps, const char *object)
{
        return name_set_has(&caps->objects, object);
}

bool qemu_caps_has_command(const QemuCaps *caps, const char *command)
{
        return name_set_has(&caps->commands, command);
}

bool qemu_caps_has_event(const QemuCaps *caps, const char *event)
{
        return name_set_has(&caps->events, event);
}

bool qemu_caps_has_option(const QemuCaps *caps, const char *option)
{
        return name_set_has(&caps->options, option);
}

bool qemu_caps_has(const QemuCaps *caps, QemuFeature feature)
{
        return caps->features[feature];
}

static void name_set_copy(NameSet *set)
{
        const char **names = g_new0(const char *, set->n + 1);

        for (size_t i = 0; i < set->n; i++)
                names[i] = set->names[i];
        set->names = names;
}

QemuCaps *qemu_caps_copy(QemuCaps *caps)
{
        QemuCaps *copy = g_memdup2(caps, sizeof(*caps));

        g_atomic_ref_count_init(&copy->n_ref);
        copy->original = qemu_caps_ref(caps);
        copy->strings = NULL;
        copy->machines = g_memdup2(caps->machines, caps->n_machines * sizeof(*caps->machines));
        copy->cpus = g_memdup2(caps->cpus, caps->n_cpus * sizeof(*caps->cpus));
        name_set_copy(&copy->devices);
        name_set_copy(&copy->objects);
        name_set_copy(&copy->commands);
        name_set_copy(&copy->events);
        name_set_copy(&copy->options);
        return copy;
}

/* libvirt's words for features where they are other ones than ours (virQEMUCapsFlags). */
static const struct {
        const char *word;
        QemuFeature feature;
} libvirt_words[] = {
        { "device.json+hotplug", QEMU_FEATURE_DEVICE_JSON_HOTPLUG },
        { "netdev.json", QEMU_FEATURE_NETDEV_JSON },
        { "netdev.vhost-vdpa", QEMU_FEATURE_NETDEV_VHOST_VDPA },
        { "chardev.qemu-vdagent", QEMU_FEATURE_CHARDEV_VDAGENT },
        { "aio.io_uring", QEMU_FEATURE_BLOCKDEV_IO_URING },
        { "blockdev-snapshot.allow-write-only-overlay", QEMU_FEATURE_BLOCKDEV_SNAPSHOT_ALLOW_WRITE_ONLY },
        { "seccomp-sandbox", QEMU_FEATURE_SANDBOX },
        { "run-with.async-teardown", QEMU_FEATURE_RUN_WITH_ASYNC_TEARDOWN },
        { "memory-backend.reserve", QEMU_FEATURE_MEMORY_BACKEND_RESERVE },
};

static int find_feature(const char *name)
{
        for (size_t i = 0; i < ELEMENTSOF(libvirt_words); i++)
                if (streq(libvirt_words[i].word, name))
                        return (int) libvirt_words[i].feature;
        return qemu_feature_from_string(name);
}

static bool name_set_remove(NameSet *set, const char *name)
{
        const char **found = bsearch(&name, set->names, set->n, sizeof(char *), compare_names);

        if (!found)
                return false;
        set->n--;
        memmove(found, found + 1, (size_t) (set->names + set->n - found) * sizeof(*found));
        return true;
}

bool qemu_caps_set(QemuCaps *caps, const char *name, bool there)
{
        NameSet *sets[] = { &caps->devices, &caps->objects, &caps->commands, &caps->options };
        int feature = find_feature(name);
        bool known = feature >= 0;

        if (known)
                caps->features[feature] = there;
        for (size_t i = 0; i < ELEMENTSOF(sets); i++)
                known |= there ? name_set_has(sets[i], name) : name_set_remove(sets[i], name);
        return known;
}
