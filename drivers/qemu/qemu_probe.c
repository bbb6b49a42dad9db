/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/qemu/qemu_caps_private.h"

#include "drivers/qemu/qmp.h"

#include <string.h>
#include <sys/socket.h>

#define LOG_CATEGORY "qemu"
#include "service/base/log.h"

#define MONITOR_FD 3
/* An emulator that gives up closes its monitor first; its last words and its status are worth this wait. */
#define LAST_WORDS_USEC (500 * USEC_PER_MSEC)

typedef enum ProbeQuestion {
        ASK_VERSION,
        ASK_TARGET,
        ASK_KVM,
        ASK_MACHINES,
        ASK_DEVICES,
        ASK_OBJECTS,
        ASK_OPTIONS,
        ASK_SCHEMA,
        ASK_CPUS,
        ASK_HOST_CPU,
        ASK_MAX_CPU,
        _ASK_MAX,
} ProbeQuestion;

static const struct {
        const char *command;
        const char *arguments;
        bool optional; /* not every target has it, or not every host */
} questions[_ASK_MAX] = {
        [ASK_VERSION] = { "query-version" },
        [ASK_TARGET] = { "query-target" },
        [ASK_KVM] = { "query-kvm" },
        [ASK_MACHINES] = { "query-machines" },
        [ASK_DEVICES] = { "qom-list-types", "{\"implements\":\"device\",\"abstract\":false}" },
        [ASK_OBJECTS] = { "qom-list-types", "{\"implements\":\"user-creatable\",\"abstract\":false}" },
        [ASK_OPTIONS] = { "query-command-line-options" },
        [ASK_SCHEMA] = { "query-qmp-schema" },
        [ASK_CPUS] = { "query-cpu-definitions", NULL, true },
        [ASK_HOST_CPU] = { "query-cpu-model-expansion", "{\"type\":\"full\",\"model\":{\"name\":\"host\"}}",
                           true },
        [ASK_MAX_CPU] = { "query-cpu-model-expansion", "{\"type\":\"full\",\"model\":{\"name\":\"max\"}}",
                          true },
};

typedef struct ProbeReply {
        QemuProbe *probe;
        JsonNode *result;
} ProbeReply;

struct QemuProbe {
        Launcher *launcher;
        char *binary;
        const QemuProbeUser *user;
        QemuProbeDone done;
        void *userdata;
        Qmp *qmp;
        ProcessRun *run;
        sd_event_source *timer;
        ProbeReply replies[_ASK_MAX];
        unsigned n_missing;
        bool without_sandbox;
        JsonNode *answer;   /* set while it is run for its help */
        QemuHelp help;      /* that is asked for then */
        JsonNode *with_kvm; /* set while the emulator runs once more, to be asked what it can do without KVM */
        Error error;
};

static int probe_start(QemuProbe *probe, Error *error);
static void probe_ask_help(QemuProbe *probe);

/* Ends the emulator and what is known of it. */
static void probe_stop(QemuProbe *probe)
{
        probe->timer = sd_event_source_disable_unref(probe->timer);
        probe->run = process_run_cancel(probe->run);
        if (probe->qmp) {
                /* replies that fail now must not find it */
                Qmp *qmp = g_steal_pointer(&probe->qmp);

                qmp_unref(qmp);
        }
        for (size_t i = 0; i < _ASK_MAX; i++)
                g_clear_pointer(&probe->replies[i].result, json_node_unref);
}

QemuProbe *qemu_probe_free(QemuProbe *probe)
{
        if (!probe)
                return NULL;
        probe_stop(probe);
        error_clear(&probe->error);
        g_clear_pointer(&probe->with_kvm, json_node_unref);
        g_clear_pointer(&probe->answer, json_node_unref);
        g_free(probe->binary);
        g_free(probe);
        return NULL;
}

/* The owner may free the probe in done: nothing follows these two. */

static void probe_succeed(QemuProbe *probe)
{
        g_autoptr(JsonNode) json = g_steal_pointer(&probe->answer);
        _cleanup_error_ Error error = ERROR_INIT;

        probe_stop(probe);
        probe->done(probe->userdata, json, &error);
}

/* All that the monitor can tell has been told. */
static void probe_leave_monitor(QemuProbe *probe, JsonNode *json)
{
        probe_stop(probe);
        probe->answer = json_node_ref(json);
        probe->help = 0;
        probe_ask_help(probe);
}

static void probe_fail(QemuProbe *probe, const char *why)
{
        g_autoptr(JsonNode) with_kvm = g_steal_pointer(&probe->with_kvm);
        _cleanup_error_ Error error = ERROR_INIT;

        if (with_kvm) {
                /* it may have been built for KVM alone */
                log_debug("'%s' does not run without KVM: %s", probe->binary, why);
                probe_leave_monitor(probe, with_kvm);
                return;
        }
        (void) error_set(&error, ERROR_OPERATION_FAILED, "cannot find out what '%s' can do: %s",
                         probe->binary, why);
        probe_stop(probe);
        probe->done(probe->userdata, NULL, &error);
}

/* The file form, from the replies: what it needs of them, under names of our own. */

static JsonObject *reply_object(const QemuProbe *probe, ProbeQuestion i)
{
        return qmp_node_object(probe->replies[i].result);
}

static JsonArray *reply_array(const QemuProbe *probe, ProbeQuestion i)
{
        return qmp_node_array(probe->replies[i].result);
}

/* The member of each row, as an array of texts. */
static JsonArray *collect(JsonArray *rows, const char *member)
{
        JsonArray *names = json_array_new();

        for (unsigned i = 0; rows && i < json_array_get_length(rows); i++) {
                const char *name = NULL;

                (void) qmp_get_string(qmp_array_object(rows, i), member, &name);
                if (!isempty(name))
                        json_array_add_string_element(names, name);
        }
        return names;
}

/* QEMU tells since 8.2; the x86 machines before had it but for the one without PCI. */
static bool machine_acpi(JsonObject *row, const char *name, const char *target)
{
        bool acpi = false;

        if (qmp_get_bool(row, "acpi", &acpi) == 0)
                acpi = (streq(target, "x86_64") || streq(target, "i386")) && !streq(name, "isapc");
        return acpi;
}

static JsonArray *convert_machines(JsonArray *rows, const char *target)
{
        JsonArray *machines = json_array_new();

        for (unsigned i = 0; rows && i < json_array_get_length(rows); i++) {
                JsonObject *row = qmp_array_object(rows, i);
                const char *name = NULL, *alias = NULL, *cpu = NULL, *ram = NULL;
                bool is_default = false, hotplug = false, numa = false, deprecated = false;
                int64_t cpu_max = 0;

                (void) qmp_get_string(row, "name", &name);
                (void) qmp_get_string(row, "alias", &alias);
                (void) qmp_get_string(row, "default-cpu-type", &cpu);
                (void) qmp_get_string(row, "default-ram-id", &ram);
                (void) qmp_get_i64(row, "cpu-max", &cpu_max);
                (void) qmp_get_bool(row, "is-default", &is_default);
                (void) qmp_get_bool(row, "hotpluggable-cpus", &hotplug);
                (void) qmp_get_bool(row, "numa-mem-supported", &numa);
                (void) qmp_get_bool(row, "deprecated", &deprecated);
                /* no machine at all is nothing to run a guest on */
                if (!name || streq(name, "none"))
                        continue;
                json_array_add_object_element(machines,
                                              qmp_object("s:name", name, "s:alias", alias, "s:default-cpu",
                                                         cpu, "s:default-ram-id", ram, "I:cpu-max",
                                                         CLAMP(cpu_max, 0, UINT32_MAX), "b:default",
                                                         is_default, "b:hotpluggable-cpus", hotplug,
                                                         "b:numa-memory", numa, "b:deprecated", deprecated,
                                                         "b:acpi", machine_acpi(row, name, target), NULL));
        }
        return machines;
}

static QemuUsable cpu_usable(JsonObject *row)
{
        JsonArray *missing = NULL;

        if (qmp_get_array(row, "unavailable-features", &missing) <= 0)
                return QEMU_USABLE_UNKNOWN;
        return json_array_get_length(missing) == 0 ? QEMU_USABLE_YES : QEMU_USABLE_NO;
}

static JsonArray *convert_cpus(JsonArray *rows)
{
        JsonArray *cpus = json_array_new();

        for (unsigned i = 0; rows && i < json_array_get_length(rows); i++) {
                JsonObject *row = qmp_array_object(rows, i);
                const char *name = NULL, *type = NULL;
                JsonArray *missing = NULL;
                bool deprecated = false;

                (void) qmp_get_string(row, "name", &name);
                (void) qmp_get_string(row, "typename", &type);
                (void) qmp_get_array(row, "unavailable-features", &missing);
                (void) qmp_get_bool(row, "deprecated", &deprecated);
                if (name)
                        json_array_add_object_element(
                                cpus, qmp_object("s:name", name, "s:type", type, "b:deprecated", deprecated,
                                                 "s:usable", qemu_usable_to_string(cpu_usable(row)), "a:blockers",
                                                 missing ? json_array_ref(missing) : NULL, NULL));
        }
        return cpus;
}

/* The properties of a model, from the reply to its expansion; NULL when there is none. */
static JsonObject *expanded(const QemuProbe *probe, ProbeQuestion i)
{
        JsonObject *model = NULL, *props = NULL;

        (void) qmp_get_object(reply_object(probe, i), "model", &model);
        (void) qmp_get_object(model, "props", &props);
        return props;
}

/* Names of the properties of a model; switched_on: those that are. */
static JsonArray *cpu_properties(const QemuProbe *probe, ProbeQuestion i, bool switched_on)
{
        JsonArray *names = json_array_new();
        JsonObject *props = expanded(probe, i);
        g_autoptr(GList) members = props ? json_object_get_members(props) : NULL;

        for (GList *name = members; name; name = name->next) {
                bool on = false;

                if (!switched_on || (qmp_get_bool(props, name->data, &on) > 0 && on))
                        json_array_add_string_element(names, name->data);
        }
        return names;
}

/* The best processor of a guest; NULL when the emulator does not say. */
static JsonObject *convert_processor(const QemuProbe *probe, ProbeQuestion i)
{
        JsonObject *props = expanded(probe, i);
        const char *vendor = NULL;
        int64_t family = 0, model = 0, stepping = 0;

        if (!props)
                return NULL;
        (void) qmp_get_string(props, "vendor", &vendor);
        (void) qmp_get_i64(props, "family", &family);
        (void) qmp_get_i64(props, "model", &model);
        (void) qmp_get_i64(props, "stepping", &stepping);
        return qmp_object("s:vendor", vendor, "I:family", CLAMP(family, 0, UINT32_MAX), "I:model",
                          CLAMP(model, 0, UINT32_MAX), "I:stepping", CLAMP(stepping, 0, UINT32_MAX), "a:features",
                          cpu_properties(probe, i, true), NULL);
}

static uint32_t emulator_version(JsonObject *reply)
{
        JsonObject *qemu = NULL;
        int64_t major = 0, minor = 0, micro = 0;

        (void) qmp_get_object(reply, "qemu", &qemu);
        (void) qmp_get_i64(qemu, "major", &major);
        (void) qmp_get_i64(qemu, "minor", &minor);
        (void) qmp_get_i64(qemu, "micro", &micro);
        if (major < 0 || major > 4000 || minor < 0 || minor > 999 || micro < 0 || micro > 999)
                return 0;
        return (uint32_t) (major * 1000000 + minor * 1000 + micro);
}

static JsonNode *convert(const QemuProbe *probe)
{
        JsonArray *schema = reply_array(probe, ASK_SCHEMA), *cpus = reply_array(probe, ASK_CPUS);
        JsonArray *options = collect(reply_array(probe, ASK_OPTIONS), "option");
        JsonNode *node = json_node_new(JSON_NODE_OBJECT);
        g_autoptr(JsonArray) empty = json_array_new();
        const char *target = NULL;
        bool kvm = false;

        schema = schema ?: empty;
        (void) qmp_get_string(reply_object(probe, ASK_TARGET), "arch", &target);
        target = strempty(target);
        (void) qmp_get_bool(reply_object(probe, ASK_KVM), "enabled", &kvm);

        JsonArray *features = qemu_schema_features(schema, options);

        json_node_take_object(
                node,
                qmp_object("s:binary", probe->binary, "s:arch", qemu_arch_from_target(target), "U:version",
                           (uint64_t) emulator_version(reply_object(probe, ASK_VERSION)), "b:kvm", kvm,
                           "a:machines",
                           convert_machines(reply_array(probe, ASK_MACHINES), target), "a:cpus",
                           convert_cpus(cpus), "a:devices", collect(reply_array(probe, ASK_DEVICES), "name"),
                           "a:objects", collect(reply_array(probe, ASK_OBJECTS), "name"), "a:commands",
                           qemu_schema_names(schema, "command"), "a:events",
                           qemu_schema_names(schema, "event"), "a:options", options, "a:features", features,
                           "a:cpu-switches", cpu_properties(probe, ASK_MAX_CPU, false),
                           kvm ? "o:kvm-cpu" : "o:tcg-cpu",
                           convert_processor(probe, kvm ? ASK_HOST_CPU : ASK_MAX_CPU), NULL));
        return node;
}

/* Whether the emulator has been started once more, for what it can do without KVM. */
static bool probe_again(QemuProbe *probe, JsonNode *json)
{
        _cleanup_error_ Error error = ERROR_INIT;
        bool kvm = false;

        (void) qmp_get_bool(qmp_node_object(json), "kvm", &kvm);
        if (!kvm || !reply_object(probe, ASK_MAX_CPU))
                return false;
        probe_stop(probe);
        probe->with_kvm = json_node_ref(json);
        if (probe_start(probe, &error) >= 0)
                return true;
        log_debug("'%s' is not asked about guests without KVM: %s", probe->binary, strempty(error.detail));
        g_clear_pointer(&probe->with_kvm, json_node_unref);
        return false;
}

static void on_all_replies(QemuProbe *probe)
{
        g_autoptr(JsonNode) json = g_steal_pointer(&probe->with_kvm);

        if (json) {
                JsonObject *answer = json_node_get_object(json);
                JsonObject *processor = convert_processor(probe, ASK_MAX_CPU);

                if (processor)
                        json_object_set_object_member(answer, "tcg-cpu", processor);
        } else {
                json = convert(probe);
                if (probe_again(probe, json))
                        return;
        }
        probe_leave_monitor(probe, json);
}

static void on_reply(Qmp *qmp, JsonNode *result, Error *error, void *userdata)
{
        ProbeReply *reply = userdata;
        QemuProbe *probe = reply->probe;

        /* the end of the connection is handled once, there */
        if (probe->qmp != qmp || error->code == ERROR_OPERATION_ABORTED)
                return;
        if (error_is_set(error) && !questions[reply - probe->replies].optional) {
                g_autofree char *why = g_strdup(error->detail);

                probe_fail(probe, why);
                return;
        }
        if (result)
                reply->result = json_node_copy(result);
        if (--probe->n_missing == 0)
                on_all_replies(probe);
}

static int on_last_words(sd_event_source *source, uint64_t usec, void *userdata)
{
        QemuProbe *probe = userdata;
        g_autofree char *why = g_strdup(probe->error.detail);

        probe_fail(probe, why);
        return 0;
}

static void on_closed(Qmp *qmp, Error *error, void *userdata)
{
        QemuProbe *probe = userdata;

        if (!error_is_set(&probe->error))
                error_move(&probe->error, error);
        if (sd_event_add_time_relative(launcher_event(probe->launcher), &probe->timer, CLOCK_MONOTONIC,
                                       LAST_WORDS_USEC, 0, on_last_words, probe) < 0)
                log_debug("no timer for the last words of '%s'", probe->binary);
}

static const QmpHandlers handlers = { .closed = on_closed };

static void on_run_done(void *userdata, const ProcessResult *result, Error *error)
{
        QemuProbe *probe = userdata;
        g_autofree char *why = NULL;

        probe->run = NULL;
        if (error_is_set(error))
                why = g_strdup(error->detail);
        else
                why = g_strdup(probe->error.detail ?: "QEMU's monitor closed the connection");
        /* built without seccomp; the probe has no rights to lose anyway */
        if (!probe->without_sandbox && strstr(why, "sandbox")) {
                _cleanup_error_ Error failure = ERROR_INIT;

                probe->without_sandbox = true;
                probe_stop(probe);
                error_clear(&probe->error);
                if (probe_start(probe, &failure) >= 0)
                        return;
                g_free(why);
                why = g_strdup(failure.detail);
        }
        probe_fail(probe, why);
}

static int run_emulator(QemuProbe *probe, const char *const *argv, const ProcessFd *fds, size_t n_fds,
                        ProcessRunDone done, Error *error)
{
        const ProcessSpec spec = {
                .path = probe->binary,
                .argv = argv,
                .uid = probe->user->uid,
                .gid = probe->user->gid,
                .groups = probe->user->groups,
                .n_groups = probe->user->n_groups,
                .fds = fds,
                .n_fds = n_fds,
                .flags = PROCESS_DIE_WITH_PARENT | PROCESS_PRIVATE_NETWORK | PROCESS_PRIVATE_IPC,
        };
        const ProcessRunOptions options = { .timeout_usec = probe->user->timeout_usec };

        return process_run(probe->launcher, &spec, &options, done, probe, &probe->run, error);
}

static int start_emulator(QemuProbe *probe, int monitor_fd, Error *error)
{
        const char *const argv[] = {
                probe->binary,
                "-S",
                "-no-user-config",
                "-nodefaults",
                "-display",
                "none",
                "-machine",
                probe->with_kvm ? "none,accel=tcg" : "none,accel=kvm:tcg",
                "-chardev",
                "socket,id=monitor,fd=" G_STRINGIFY(MONITOR_FD),
                "-mon",
                "chardev=monitor,mode=control",
                probe->without_sandbox ? NULL : "-sandbox",
                "on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny",
                NULL,
        };
        const ProcessFd fds[] = { { .fd = monitor_fd, .target = MONITOR_FD } };

        return run_emulator(probe, argv, fds, ELEMENTSOF(fds), on_run_done, error);
}

static void take_help(QemuProbe *probe, const char *text)
{
        JsonArray *features = json_object_get_array_member(json_node_get_object(probe->answer), "features");

        qemu_help_apply(features, probe->help, text);
        probe->help++;
        probe_ask_help(probe);
}

static void on_help(void *userdata, const ProcessResult *result, Error *error)
{
        QemuProbe *probe = userdata;

        probe->run = NULL;
        if (error_is_set(error))
                log_debug("'%s' has no help about %s: %s", probe->binary, qemu_help_option(probe->help),
                          strempty(error->detail));
        take_help(probe, error_is_set(error) ? NULL : result->out);
}

static void probe_ask_help(QemuProbe *probe)
{
        _cleanup_error_ Error error = ERROR_INIT;

        if (probe->help == _QEMU_HELP_MAX) {
                probe_succeed(probe);
                return;
        }

        const char *const argv[] = { probe->binary, qemu_help_option(probe->help), "help", NULL };

        if (run_emulator(probe, argv, NULL, 0, on_help, &error) < 0) {
                log_debug("'%s' is not asked about %s: %s", probe->binary, argv[1], strempty(error.detail));
                take_help(probe, NULL);
        }
}

static int probe_start(QemuProbe *probe, Error *error)
{
        QmpLimits limits = { .greeting_usec = probe->user->timeout_usec };
        _cleanup_close_ int theirs = -EBADF;
        int pair[2], r;

        if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0)
                return error_set_errno(error, errno, "cannot make a socket");
        theirs = pair[1];
        r = qmp_new(launcher_event(probe->launcher), pair[0], &limits, &handlers, probe, &probe->qmp, error);
        if (r < 0)
                return r;
        r = start_emulator(probe, theirs, error);
        if (r < 0) {
                probe_stop(probe);
                return r;
        }
        probe->n_missing = probe->with_kvm ? 1 : _ASK_MAX;
        for (int i = 0; i < _ASK_MAX; i++) {
                if (probe->with_kvm && i != ASK_MAX_CPU)
                        continue;

                g_autoptr(JsonNode) arguments =
                        questions[i].arguments ? json_from_string(questions[i].arguments, NULL) : NULL;

                /* the emulator as a whole has a deadline */
                (void) qmp_execute(probe->qmp, questions[i].command,
                                   arguments ? json_node_dup_object(arguments) : NULL, QMP_TIMEOUT_NONE,
                                   on_reply, probe->replies + i);
        }
        return 0;
}

int qemu_probe_new(Launcher *launcher, const char *binary, const QemuProbeUser *user, QemuProbeDone done,
                   void *userdata, QemuProbe **ret, Error *error)
{
        _cleanup_(qemu_probe_freep) QemuProbe *probe = g_new0(QemuProbe, 1);
        int r;

        probe->launcher = launcher;
        probe->binary = g_strdup(binary);
        probe->user = user;
        probe->done = done;
        probe->userdata = userdata;
        for (int i = 0; i < _ASK_MAX; i++)
                probe->replies[i].probe = probe;
        r = probe_start(probe, error);
        if (r < 0)
                return r;
        *ret = g_steal_pointer(&probe);
        return 0;
}
