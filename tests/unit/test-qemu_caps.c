/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/qemu/qemu_caps.h"

#include "drivers/qemu/qemu_caps_private.h"
#include "drivers/qemu/qemu_cpu_features.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <cmocka.h>

#define EMULATOR "/usr/bin/qemu-system-x86_64"
#define NOBODY 65534

#define HEAD "\"binary\":\"/q\",\"arch\":\"x86_64\",\"version\":7002022,\"kvm\":true"
#define TAIL                                                                                        \
        "\"devices\":[\"b\",\"a\",\"c\"],\"objects\":[\"o\"],\"commands\":[\"cont\"],"                \
        "\"events\":[\"STOP\"],\"options\":[\"sandbox\"],\"features\":[\"vnc\"]"
#define MACHINES                                                                                    \
        "\"machines\":[{\"name\":\"m-2\",\"alias\":\"m\",\"cpu-max\":8,\"default-cpu\":\"t-cpu\"},"    \
        "{\"name\":\"m-1\",\"cpu-max\":4,\"default\":true,\"deprecated\":true}]"
#define CPUS                                                                                        \
        "\"cpus\":[{\"name\":\"base\",\"usable\":\"unknown\"},"                                       \
        "{\"name\":\"max\",\"type\":\"max-cpu\",\"usable\":\"yes\"}]"

typedef struct Fixture {
        sd_event *event;
        Launcher *launcher;
        WorkerPool *workers;
        char *dir;
        char *cache_dir;
        char *emulator; /* a script that counts its runs and becomes the real one */
        char *pattern;
        QemuCapsCache *cache;
        bool free_in_callback;
        unsigned n_done;
        QemuCaps *caps;
        Error error;
        char *all;
} Fixture;

static void test_parse(void **state)
{
        static const char text[] = "{" HEAD "," TAIL "," MACHINES "," CPUS "}";
        _cleanup_(qemu_caps_unrefp) QemuCaps *caps = NULL;
        _cleanup_error_ Error error = ERROR_INIT;
        size_t n;

        if (qemu_caps_parse(text, strlen(text), &caps, &error) < 0)
                fail_msg("%s", error.detail);
        assert_string_equal(qemu_caps_binary(caps), "/q");
        assert_string_equal(qemu_caps_arch(caps), "x86_64");
        assert_int_equal(qemu_caps_version(caps), 7002022);
        assert_true(qemu_caps_kvm(caps));
        assert_true(qemu_caps_has_device(caps, "a"));
        assert_true(qemu_caps_has_device(caps, "c"));
        assert_false(qemu_caps_has_device(caps, "d"));
        assert_false(qemu_caps_has_device(caps, ""));
        assert_true(qemu_caps_has_object(caps, "o"));
        assert_true(qemu_caps_has_command(caps, "cont"));
        assert_true(qemu_caps_has_event(caps, "STOP"));
        assert_true(qemu_caps_has_option(caps, "sandbox"));
        assert_true(qemu_caps_has(caps, QEMU_FEATURE_VNC));
        assert_false(qemu_caps_has(caps, QEMU_FEATURE_SPICE));
        (void) qemu_caps_machines(caps, &n);
        assert_int_equal(n, 2);
        assert_string_equal(qemu_caps_machine(caps, "m")->name, "m-2");
        assert_string_equal(qemu_caps_machine(caps, "m-2")->default_cpu, "t-cpu");
        assert_string_equal(qemu_caps_machine(caps, NULL)->name, "m-1");
        assert_true(qemu_caps_machine(caps, NULL)->deprecated);
        assert_null(qemu_caps_machine(caps, "x"));
        (void) qemu_caps_cpus(caps, &n);
        assert_int_equal(n, 2);
        assert_int_equal(qemu_caps_cpu(caps, "max")->usable, QEMU_USABLE_YES);
        assert_null(qemu_caps_cpu(caps, "none"));
}

static void test_parse_refuses(void **state)
{
        static const char *const texts[] = {
                "",
                "[]",
                "{}",
                "{" HEAD "," TAIL "," MACHINES "}",
                "{" HEAD "," TAIL "," CPUS "}",
                "{" HEAD "," MACHINES "," CPUS "}",
                "{" TAIL "," MACHINES "," CPUS "}",
                "{" HEAD "," TAIL ",\"machines\":[1]," CPUS "}",
                "{" HEAD "," TAIL ",\"machines\":[{\"name\":\"m\",\"cpu-max\":-1}]," CPUS "}",
                "{" HEAD "," TAIL ",\"machines\":[{\"name\":\"m\",\"cpu-max\":4294967296}]," CPUS "}",
                "{" HEAD "," TAIL ",\"machines\":[{\"cpu-max\":1}]," CPUS "}",
                "{" HEAD "," TAIL "," MACHINES ",\"cpus\":[{\"name\":\"c\",\"usable\":\"perhaps\"}]}",
                "{" HEAD "," TAIL "," MACHINES "," CPUS ",\"kvm\":1}",
                "{" HEAD "," TAIL "," MACHINES "," CPUS ",\"features\":[\"flying\"]}",
                "{" HEAD "," TAIL "," MACHINES "," CPUS ",\"devices\":[[]]}",
                "{" HEAD "," TAIL "," MACHINES "," CPUS ",\"devices\":[\"a\\n\"]}",
                "{" HEAD "," TAIL "," MACHINES "," CPUS ",\"arch\":\"\\u001b\"}",
                "{" HEAD "," TAIL "," MACHINES "," CPUS "} ",
        };

        for (size_t i = 0; i < ELEMENTSOF(texts); i++) {
                _cleanup_(qemu_caps_unrefp) QemuCaps *caps = NULL;
                _cleanup_error_ Error error = ERROR_INIT;
                int r = qemu_caps_parse(texts[i], strlen(texts[i]), &caps, &error);

                /* the last one is well-formed: so were the others but for what they are here for */
                if (i + 1 == ELEMENTSOF(texts))
                        assert_int_equal(r, 0);
                else if (r >= 0 || error.code != ERROR_OPERATION_FAILED)
                        fail_msg("%s: %d", texts[i], r);
        }
}

static void test_feature_words(void **state)
{
        for (int i = 0; i < _QEMU_FEATURE_MAX; i++) {
                assert_non_null(qemu_feature_to_string((QemuFeature) i));
                assert_int_equal(qemu_feature_from_string(qemu_feature_to_string((QemuFeature) i)), i);
        }
        assert_int_equal(qemu_feature_from_string("x"), -EINVAL);
}

static void test_schema(void **state)
{
        static const char schema[] =
                "[{\"name\":\"device_add\",\"meta-type\":\"command\",\"arg-type\":\"1\",\"features\":["
                "\"json-cli\"]},"
                "{\"name\":\"netdev_add\",\"meta-type\":\"command\",\"arg-type\":\"2\"},"
                "{\"name\":\"2\",\"meta-type\":\"object\",\"members\":[{\"name\":\"type\",\"type\":\"3\"}],"
                "\"tag\":\"type\",\"variants\":[{\"case\":\"stream\",\"type\":\"4\"}]},"
                "{\"name\":\"3\",\"meta-type\":\"enum\",\"members\":[{\"name\":\"dgram\"}],\"values\":["
                "\"stream\"]},"
                "{\"name\":\"4\",\"meta-type\":\"object\",\"members\":[{\"name\":\"reconnect\",\"type\":"
                "\"5\"}]},"
                "{\"name\":\"5\",\"meta-type\":\"builtin\"},"
                "{\"name\":\"query-display-options\",\"meta-type\":\"command\",\"ret-type\":\"6\"},"
                "{\"name\":\"6\",\"meta-type\":\"object\",\"members\":[{\"name\":\"type\",\"type\":\"7\"}]},"
                "{\"name\":\"7\",\"meta-type\":\"enum\",\"values\":[\"dbus\"]},"
                "{\"name\":\"migrate-set-capabilities\",\"meta-type\":\"command\",\"arg-type\":\"8\"},"
                "{\"name\":\"8\",\"meta-type\":\"object\",\"members\":[{\"name\":\"capabilities\",\"type\":"
                "\"[9]\"}]},"
                "{\"name\":\"[9]\",\"meta-type\":\"array\",\"element-type\":\"9\"},"
                "{\"name\":\"9\",\"meta-type\":\"object\",\"members\":[{\"name\":\"capability\",\"type\":"
                "\"10\"}]},"
                "{\"name\":\"10\",\"meta-type\":\"enum\",\"values\":[\"multifd\"]},"
                /* what nobody sends: rows that refer to themselves and each other, or are no rows */
                "{\"name\":\"blockdev-add\",\"meta-type\":\"command\",\"arg-type\":\"11\"},"
                "{\"name\":\"11\",\"meta-type\":\"array\",\"element-type\":\"11\"},"
                "{\"name\":\"migrate\",\"arg-type\":\"12\"},"
                "{\"name\":\"12\",\"meta-type\":\"alternate\",\"members\":[{\"type\":\"12\"},7]},"
                "{\"name\":\"STOP\",\"meta-type\":\"event\"},3,{},null,{\"name\":[]}]";
        g_autoptr(JsonNode) node = json_from_string(schema, NULL),
                            options = json_from_string("[\"smbios\"]", NULL);
        g_autoptr(JsonArray) features =
                qemu_schema_features(json_node_get_array(node), json_node_get_array(options));
        g_autoptr(JsonArray) commands = qemu_schema_names(json_node_get_array(node), "command");
        g_autoptr(JsonArray) events = qemu_schema_names(json_node_get_array(node), "event");
        static const char *const want[] = {
                "device-json",       "netdev-json",  "netdev-stream", "netdev-stream-reconnect",
                "migration-multifd", "display-dbus", "smbios",
        };

        assert_int_equal(json_array_get_length(features), ELEMENTSOF(want));
        for (guint i = 0; i < ELEMENTSOF(want); i++)
                assert_string_equal(json_array_get_string_element(features, i), want[i]);
        assert_int_equal(json_array_get_length(commands), 5);
        assert_int_equal(json_array_get_length(events), 1);
}

static void test_arch_words(void **state)
{
        assert_string_equal(qemu_arch_from_target("i386"), "i686");
        assert_string_equal(qemu_arch_to_target("i686"), "i386");
        assert_string_equal(qemu_arch_to_target("x86_64"), "x86_64");
        assert_string_equal(qemu_arch_from_target("aarch64"), "aarch64");
}

static void test_kvm(void **state)
{
        g_autofree char *reason = NULL, *refused = NULL;

        assert_false(qemu_kvm_available("/nonexistent/kvm", &reason));
        assert_non_null(strstr(reason, "'/nonexistent/kvm' is missing"));
        assert_false(qemu_kvm_available("/nonexistent/kvm", NULL));
        assert_false(qemu_kvm_available("/proc/self/status/kvm", &refused));
        assert_non_null(strstr(refused, "refuses to open"));
        if (getuid() != 0) {
                g_autofree char *denied = NULL;

                assert_false(qemu_kvm_available("/etc/shadow", &denied));
                assert_non_null(strstr(denied, "no permission"));
        }
        assert_true(qemu_kvm_available("/dev/null", NULL));
}

static void write_emulator(Fixture *f, const char *body)
{
        /* those that are only asked for help do not count */
        g_autofree char *text = g_strdup_printf(
                "#!/bin/sh\n[ \"$2\" = help ] || echo run >> %s/runs\n%s\n", f->dir, body);

        assert_true(g_file_set_contents(f->emulator, text, -1, NULL));
        assert_int_equal(chmod(f->emulator, 0755), 0);
}

static unsigned n_runs(Fixture *f)
{
        g_autofree char *path = g_strdup_printf("%s/runs", f->dir), *text = NULL;
        size_t size = 0;

        (void) g_file_get_contents(path, &text, &size, NULL);
        return (unsigned) (size / strlen("run\n"));
}

static void cache_open(Fixture *f, uint64_t timeout_usec)
{
        g_autofree char *directory = g_build_filename(f->dir, "mod*", NULL);
        const char *const patterns[] = { f->pattern, NULL }, *const modules[] = { directory, NULL };
        QemuCapsConfig config = {
                .emulators = patterns,
                .modules = modules,
                .cache_dir = f->cache_dir,
                .uid = getuid() == 0 ? NOBODY : 0,
                .gid = getuid() == 0 ? NOBODY : 0,
                .timeout_usec = timeout_usec,
        };
        Error error = ERROR_INIT;

        f->cache = qemu_caps_cache_free(f->cache);
        if (qemu_caps_cache_new(f->event, f->launcher, f->workers, &config, &f->cache, &error) < 0)
                fail_msg("%s", error.detail);
}

static int setup(void **state)
{
        Fixture *f = g_new0(Fixture, 1);

        f->dir = g_dir_make_tmp("test-qemu-caps-XXXXXX", NULL);
        assert_int_equal(chmod(f->dir, 0777), 0);
        f->cache_dir = g_build_filename(f->dir, "cache", NULL);
        f->emulator = g_build_filename(f->dir, "qemu-system-x86_64", NULL);
        f->pattern = g_build_filename(f->dir, "qemu-system-*", NULL);
        assert_true(sd_event_new(&f->event) >= 0);
        assert_int_equal(launcher_new(f->event, getenv("VIRTBUS_EXEC"), &f->launcher, NULL), 0);
        assert_int_equal(worker_pool_new(f->event, 2, &f->workers), 0);
        write_emulator(f, "exec " EMULATOR " \"$@\"");
        cache_open(f, 0);
        *state = f;
        return 0;
}

static void forget(Fixture *f)
{
        f->caps = qemu_caps_unref(f->caps);
        error_clear(&f->error);
        f->n_done = 0;
}

static void turn_until_no_children(Fixture *f)
{
        uint64_t end = now_usec() + 20 * USEC_PER_SEC;
        siginfo_t info;

        while (waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) == 0) {
                assert_true(now_usec() < end);
                (void) sd_event_run(f->event, 10 * USEC_PER_MSEC);
        }
}

static int teardown(void **state)
{
        Fixture *f = *state;
        g_autofree char *command = g_strdup_printf("rm -rf '%s'", f->dir);

        forget(f);
        qemu_caps_cache_free(f->cache);
        turn_until_no_children(f);
        worker_pool_free(f->workers);
        launcher_free(f->launcher);
        sd_event_unref(f->event);
        assert_int_equal(system(command), 0);
        g_free(f->dir);
        g_free(f->cache_dir);
        g_free(f->emulator);
        g_free(f->pattern);
        g_free(f->all);
        g_free(f);
        return 0;
}

static void on_done(void *userdata, QemuCaps *caps, Error *error)
{
        Fixture *f = userdata;

        f->n_done++;
        assert_true(!caps == error_is_set(error));
        qemu_caps_unref(f->caps);
        f->caps = caps ? qemu_caps_ref(caps) : NULL;
        error_clear(&f->error);
        error_move(&f->error, error);
        if (f->free_in_callback)
                f->cache = qemu_caps_cache_free(f->cache);
}

static void turn_until_done(Fixture *f, unsigned n)
{
        uint64_t end = now_usec() + 60 * USEC_PER_SEC;

        while (f->n_done < n) {
                assert_true(now_usec() < end);
                assert_true(sd_event_run(f->event, 100 * USEC_PER_MSEC) >= 0);
        }
        assert_int_equal(f->n_done, n);
}

static void get(Fixture *f)
{
        forget(f);
        (void) qemu_caps_get(f->cache, f->emulator, on_done, f);
        assert_int_equal(f->n_done, 0);
        turn_until_done(f, 1);
}

static QemuCaps *get_ok(Fixture *f)
{
        get(f);
        if (error_is_set(&f->error))
                fail_msg("%s", f->error.detail);
        return f->caps;
}

static void need_emulator(void)
{
        if (access(EMULATOR, X_OK) < 0)
                skip();
}

static bool has_feature(const QemuCaps *caps, bool kvm, const char *word)
{
        return cpu_features_has_name(qemu_caps_cpu_features(caps, kvm), word);
}

/* QEMU's own processor is what it says without KVM, whether or not there is KVM, which takes another run. */
static void test_real_processors(void **state)
{
        Fixture *f = *state;
        const char *const patterns[] = { f->pattern, NULL };
        const QemuCapsConfig as_root = { .emulators = patterns, .cache_dir = f->cache_dir };

        need_emulator();
        get_ok(f);
        assert_true(has_feature(f->caps, false, "sse4.1"));
        assert_true(has_feature(f->caps, false, "lahf_lm"));
        assert_false(has_feature(f->caps, false, "avx512f"));
        assert_int_equal(n_runs(f), qemu_caps_kvm(f->caps) ? 2 : 1);
        f->cache = qemu_caps_cache_free(f->cache);
        assert_int_equal(qemu_caps_cache_new(f->event, f->launcher, f->workers, &as_root, &f->cache, NULL), 0);
        get_ok(f);
        assert_true(has_feature(f->caps, false, "sse4.1"));
        assert_false(has_feature(f->caps, false, "avx512f"));
        if (qemu_caps_kvm(f->caps))
                assert_true(has_feature(f->caps, true, "sse2") && has_feature(f->caps, true, "x2apic"));
        else {
                print_message("what there is with KVM is not looked at: this host has none\n");
                assert_true(cpu_features_is_empty(qemu_caps_cpu_features(f->caps, true)));
        }
}

static void test_real_probe(void **state)
{
        Fixture *f = *state;
        const QemuMachine *q35;
        QemuCaps *caps;
        size_t n;

        need_emulator();
        assert_null(qemu_caps_peek(f->cache, f->emulator));
        caps = get_ok(f);
        assert_ptr_equal(qemu_caps_peek(f->cache, f->emulator), caps);
        assert_string_equal(qemu_caps_binary(caps), f->emulator);
        assert_string_equal(qemu_caps_arch(caps), "x86_64");
        assert_in_range(qemu_caps_version(caps), 6000000, 99000000);
        q35 = qemu_caps_machine(caps, "q35");
        assert_true(g_str_has_prefix(q35->name, "pc-q35-"));
        assert_true(q35->hotpluggable_cpus);
        assert_true(q35->acpi);
        assert_in_range(q35->cpu_max, 255, 8192);
        assert_string_equal(q35->default_ram_id, "pc.ram");
        assert_non_null(qemu_caps_machine(caps, NULL));
        assert_null(qemu_caps_machine(caps, "none"));
        (void) qemu_caps_cpus(caps, &n);
        assert_in_range(n, 50, 1000);
        assert_int_equal(qemu_caps_cpu(caps, "qemu64")->usable, QEMU_USABLE_YES);
        assert_true(cpu_features_is_empty(&qemu_caps_cpu(caps, "qemu64")->blockers));
        assert_true(cpu_features_has(&qemu_caps_cpu(caps, "Opteron_G3")->blockers, X86_MISALIGNSSE) ||
                    qemu_caps_kvm(caps));
        assert_true(cpu_features_has(qemu_caps_cpu_switches(caps), X86_VMX));
        assert_true(qemu_caps_has_device(caps, "virtio-net-pci"));
        assert_false(qemu_caps_has_device(caps, "virtio-pci")); /* abstract */
        assert_true(qemu_caps_has_object(caps, "memory-backend-memfd"));
        assert_true(qemu_caps_has_command(caps, "blockdev-reopen"));
        assert_true(qemu_caps_has_event(caps, "BLOCK_JOB_COMPLETED"));
        assert_true(qemu_caps_has_option(caps, "sandbox"));
        assert_true(qemu_caps_has(caps, QEMU_FEATURE_SANDBOX));
        assert_true(qemu_caps_has(caps, QEMU_FEATURE_VNC));
        assert_true(qemu_caps_has(caps, QEMU_FEATURE_MEMORY_BACKEND_RESERVE));
        assert_true(qemu_caps_has(caps, QEMU_FEATURE_MIGRATION_MULTIFD));
        if (qemu_caps_version(caps) >= 7002000) {
                assert_true(qemu_caps_has(caps, QEMU_FEATURE_DEVICE_JSON_HOTPLUG));
                assert_true(qemu_caps_has(caps, QEMU_FEATURE_NETDEV_STREAM));
        }
        if (qemu_caps_version(caps) < 8000000)
                assert_false(qemu_caps_has(caps, QEMU_FEATURE_NETDEV_STREAM_RECONNECT));
        assert_true(qemu_caps_has(caps, QEMU_FEATURE_AUDIO_ALSA));
}

/* By libvirt's word, whichever of its names QEMU tells. */
static void test_cpu_features(void **state)
{
        static const char *const there[] = { "lm", "nx", "pclmuldq", "pni", "sse4.1", "sse4.2" };
        Fixture *f = *state;

        need_emulator();
        get_ok(f);
        for (size_t i = 0; i < ELEMENTSOF(there); i++)
                if (!has_feature(f->caps, false, there[i]))
                        fail_msg("%s", there[i]);
}

/* Where the emulator lacks the model that is nearest, it is the host's processor itself. */
static void test_model_is_missing(void **state)
{
        static const char text[] = "{" HEAD "," TAIL "," MACHINES "," CPUS
                                   ",\"tcg-cpu\":{\"vendor\":\"GenuineIntel\",\"family\":6,\"model\":44,"
                                   "\"stepping\":1,\"features\":[\"aes\",\"sse2\",\"sse4-1\",\"xd\",\"flying\"]}}";
        static const char xml[] = "<domain type='qemu'><name>x</name><memory>65536</memory>"
                                  "<os><type arch='x86_64'>hvm</type></os><cpu mode='host-model'/></domain>";
        _cleanup_(qemu_caps_unrefp) QemuCaps *caps = NULL;
        _cleanup_(domain_def_unrefp) DomainDef *def = NULL;
        const CpuFeatures *features;

        assert_int_equal(qemu_caps_parse(text, strlen(text), &caps, NULL), 0);
        features = qemu_caps_cpu_features(caps, false);
        assert_string_equal(features->vendor, "Intel");
        assert_true(features->family == 6 && features->model == 44 && features->stepping == 1);
        assert_int_equal(cpu_features_size(features), 4);
        assert_true(cpu_features_has(features, X86_NX) && cpu_features_has(features, X86_SSE4_1));
        assert_null(qemu_caps_cpu_features(caps, true)->vendor);
        assert_int_equal(domain_def_parse(xml, strlen(xml), 0, NULL, &def, NULL), 0);
        assert_int_equal(qemu_cpu_spell(caps, &def, NULL), 0);
        assert_int_equal(def->cpu->mode, DOMAIN_CPU_HOST_MODEL);
}

/* Of what was built the emulator has those modules that are installed. */
static void test_modules(void **state)
{
        Fixture *f = *state;
        QemuCaps *caps;

        need_emulator();
        write_emulator(f, "case \"$*\" in '-display help') echo Available:; echo sdl; exit;; "
                          "'-audiodev help') echo Available:; echo pa; echo oss; exit;; esac\n"
                          "exec " EMULATOR " \"$@\"");
        caps = get_ok(f);
        assert_true(qemu_caps_has(caps, QEMU_FEATURE_DISPLAY_SDL));
        assert_false(qemu_caps_has(caps, QEMU_FEATURE_DISPLAY_EGL_HEADLESS));
        assert_true(qemu_caps_has(caps, QEMU_FEATURE_AUDIO_PULSEAUDIO));
        assert_true(qemu_caps_has(caps, QEMU_FEATURE_AUDIO_OSS));
        assert_false(qemu_caps_has(caps, QEMU_FEATURE_AUDIO_ALSA));
        assert_false(qemu_caps_has(caps, QEMU_FEATURE_AUDIO_SPICE));

        /* one that has no such help: the schema counts for displays, and sound is what all have */
        write_emulator(f, "[ \"$2\" != help ] || { echo Invalid parameter >&2; exit 1; }\n"
                          "exec " EMULATOR " \"$@\"");
        caps = get_ok(f);
        assert_true(qemu_caps_has(caps, QEMU_FEATURE_DISPLAY_EGL_HEADLESS));
        assert_true(qemu_caps_has(caps, QEMU_FEATURE_AUDIO_ALSA));
        assert_true(qemu_caps_has(caps, QEMU_FEATURE_AUDIO_JACK));
        if (qemu_caps_version(caps) < 8000000)
                assert_false(qemu_caps_has(caps, QEMU_FEATURE_AUDIO_PIPEWIRE));
}

static void test_shared_and_cached(void **state)
{
        Fixture *f = *state;
        QemuCaps *first;

        need_emulator();
        forget(f);
        for (int i = 0; i < 5; i++)
                (void) qemu_caps_get(f->cache, f->emulator, on_done, f);
        turn_until_done(f, 5);
        assert_false(error_is_set(&f->error));
        assert_int_equal(n_runs(f), 1);
        first = f->caps;
        assert_ptr_equal(get_ok(f), first);
        assert_int_equal(n_runs(f), 1);

        /* another life of the daemon reads the file, when the write has been done */
        for (int i = 0; i < 20; i++)
                (void) sd_event_run(f->event, 10 * USEC_PER_MSEC);
        cache_open(f, 0);
        assert_null(qemu_caps_peek(f->cache, f->emulator));
        assert_non_null(qemu_caps_machine(get_ok(f), "q35"));
        assert_int_equal(n_runs(f), 1);
}

static void test_changed_binary(void **state)
{
        Fixture *f = *state;

        need_emulator();
        (void) get_ok(f);
        write_emulator(f, "exec " EMULATOR " \"$@\" # newer");
        (void) get_ok(f);
        assert_int_equal(n_runs(f), 2);
}

/* A package of devices or displays is installed: the emulator is the same file, and can do more. */
static void test_changed_modules(void **state)
{
        Fixture *f = *state;
        g_autofree char *dir = g_build_filename(f->dir, "modules", NULL), *file = g_build_filename(dir, "a.so", NULL);

        need_emulator();
        assert_int_equal(mkdir(dir, 0755), 0);
        (void) get_ok(f);
        (void) get_ok(f);
        assert_int_equal(n_runs(f), 1);
        assert_true(g_file_set_contents(file, "", 0, NULL));
        (void) get_ok(f);
        assert_int_equal(n_runs(f), 2);
}

static void test_damaged_file(void **state)
{
        static const char *const damages[] = {
                "echo x | tee %s/*.json",
                "truncate -s 0 %s/*.json",
                "truncate -s -10 %s/*.json",
                "sed -i 's/\"cpu-max\"/\"cpu-min\"/g' %s/*.json",
        };
        Fixture *f = *state;

        need_emulator();
        (void) get_ok(f);
        for (size_t i = 0; i < ELEMENTSOF(damages); i++) {
                g_autofree char *command = g_strdup_printf(damages[i], f->cache_dir);

                for (int j = 0; j < 20; j++)
                        (void) sd_event_run(f->event, 10 * USEC_PER_MSEC);
                assert_int_equal(system(command), 0);
                cache_open(f, 0);
                (void) get_ok(f);
                assert_int_equal(n_runs(f), i + 2);
        }
}

static void assert_fails(Fixture *f, const char *text)
{
        get(f);
        assert_null(f->caps);
        assert_int_equal(f->error.code, ERROR_OPERATION_FAILED);
        if (!strstr(f->error.detail, text))
                fail_msg("%s", f->error.detail);
        assert_null(qemu_caps_peek(f->cache, f->emulator));
}

static void test_failures(void **state)
{
        Fixture *f = *state;

        write_emulator(f, "echo no such library >&2; exit 3");
        assert_fails(f, "can do: 'qemu-system-x86_64' exited with status 3: no such library");
        assert_fails(f, "no such library");
        assert_int_equal(n_runs(f), 2);
        write_emulator(f, "kill -9 $$");
        assert_fails(f, "was killed by signal 9");
        write_emulator(f, "exit 0");
        assert_fails(f, "QEMU's monitor closed the connection");
        write_emulator(f, "echo garbage >&3; exec sleep 1000");
        assert_fails(f, "QEMU's monitor sent no value where one must be");
        write_emulator(f, "exec 3>&-; exec sleep 1000");
        assert_fails(f, "QEMU's monitor closed the connection");
        cache_open(f, 200 * USEC_PER_MSEC);
        write_emulator(f, "exec sleep 1000");
        assert_fails(f, "in time");

        /* then it works again */
        need_emulator();
        cache_open(f, 0);
        write_emulator(f, "exec " EMULATOR " \"$@\"");
        (void) get_ok(f);
}

static void test_without_sandbox(void **state)
{
        Fixture *f = *state;

        need_emulator();
        write_emulator(
                f, "case \"$*\" in *-sandbox*) echo 'there is no option group sandbox' >&2; exit 1;; esac\n"
                   "exec " EMULATOR " \"$@\"");
        (void) get_ok(f);
        assert_int_equal(n_runs(f), 2);
}

/* Whoever runs the probe cannot harm: it has another user, no rights and no network. */
static void test_rights_of_the_probe(void **state)
{
        Fixture *f = *state;
        g_autofree char *path = g_strdup_printf("%s/status", f->dir), *text = NULL;
        g_autofree char *body = g_strdup_printf("cat /proc/self/status > %s; exit 1", path);

        write_emulator(f, body);
        get(f);
        assert_true(g_file_get_contents(path, &text, NULL, NULL));
        assert_non_null(strstr(text, "\nNoNewPrivs:\t1\n"));
        assert_non_null(strstr(text, "\nCapEff:\t0000000000000000\n"));
        if (getuid() == 0)
                assert_non_null(strstr(text, "\nUid:\t65534\t65534\t65534\t65534\n"));
}

static void test_allowed(void **state)
{
        Fixture *f = *state;
        _cleanup_(qemu_caps_cache_freep) QemuCapsCache *usual = NULL;
        g_autofree char *dotted =
                g_strdup_printf("%s/../%s/qemu-system-x86_64", f->dir, strrchr(f->dir, '/') + 1);
        g_autofree char *deeper = g_strdup_printf("%s/qemu-system-x/y", f->dir);
        g_autofree char *doubled = g_strdup_printf("/%s", f->emulator);
        const char *const refused[] = { "/bin/sh", "qemu-system-x86_64",
                                        "",        "/usr/bin/qemu-img",
                                        dotted,    deeper,
                                        doubled,   "/usr/bin/qemu-system-x86_64" };

        assert_int_equal(
                qemu_caps_cache_new(f->event, f->launcher, f->workers, &(QemuCapsConfig) {}, &usual, NULL),
                0);
        assert_true(qemu_caps_binary_allowed(usual, "/usr/bin/qemu-system-x86_64"));
        assert_true(qemu_caps_binary_allowed(usual, "/usr/libexec/qemu-kvm"));
        assert_false(qemu_caps_binary_allowed(usual, "/usr/bin/qemu-img"));
        assert_false(qemu_caps_binary_allowed(usual, f->emulator));
        assert_true(qemu_caps_binary_allowed(f->cache, f->emulator));
        assert_false(qemu_caps_binary_allowed(f->cache, NULL));
        for (size_t i = 0; i < ELEMENTSOF(refused); i++) {
                assert_false(qemu_caps_binary_allowed(f->cache, refused[i]));
                forget(f);
                (void) qemu_caps_get(f->cache, refused[i], on_done, f);
                assert_int_equal(f->n_done, 0);
                turn_until_done(f, 1);
                assert_int_equal(f->error.code, ERROR_INVALID_ARG);
        }
        assert_int_equal(n_runs(f), 0);
}

static void test_missing_binary(void **state)
{
        Fixture *f = *state;
        g_autofree char *path = g_strdup_printf("%s/qemu-system-absent", f->dir);

        (void) qemu_caps_get(f->cache, path, on_done, f);
        turn_until_done(f, 1);
        assert_int_equal(f->error.code, ERROR_SYSTEM_ERROR);
        assert_non_null(strstr(f->error.detail, "No such file"));

        forget(f);
        assert_int_equal(chmod(f->emulator, 0644), 0);
        get(f);
        assert_true(error_is_set(&f->error));
        assert_int_equal(n_runs(f), 0);
}

static void on_never(void *userdata, QemuCaps *caps, Error *error)
{
        fail();
}

static void test_cancel_and_free(void **state)
{
        Fixture *f = *state;

        write_emulator(f, "exec sleep 1000");
        for (int turns = 0; turns < 8; turns++) {
                QemuCapsRequest *request = qemu_caps_get(f->cache, f->emulator, on_never, f);

                for (int i = 0; i < turns; i++)
                        (void) sd_event_run(f->event, 20 * USEC_PER_MSEC);
                assert_null(qemu_caps_cancel(request));
                (void) qemu_caps_get(f->cache, f->emulator, on_never, f);
                (void) qemu_caps_get(f->cache, "/bin/sh", on_never, f);
                (void) qemu_caps_get_all(f->cache, (QemuCapsAllDone) (void *) on_never, f);
                cache_open(f, 0);
        }
        assert_null(qemu_caps_cancel(NULL));
}

static void test_freed_in_callback(void **state)
{
        Fixture *f = *state;

        f->free_in_callback = true;
        (void) qemu_caps_get(f->cache, "/bin/sh", on_done, f);
        (void) qemu_caps_get(f->cache, "/bin/sh", on_never, f);
        turn_until_done(f, 1);
        assert_null(f->cache);
        cache_open(f, 0);
        write_emulator(f, "exit 1");
        (void) qemu_caps_get(f->cache, f->emulator, on_done, f);
        (void) qemu_caps_get(f->cache, f->emulator, on_never, f);
        turn_until_done(f, 2);
        assert_null(f->cache);
}

static void on_all(void *userdata, QemuCaps *const *caps, size_t n)
{
        Fixture *f = userdata;
        g_autoptr(GString) text = g_string_new(NULL);

        for (size_t i = 0; i < n; i++)
                g_string_append_printf(text, "%s ", strrchr(qemu_caps_binary(caps[i]), '/') + 1);
        assert_null(caps[n]);
        f->n_done++;
        g_free(f->all);
        f->all = g_strdup(text->str);
}

static void test_all(void **state)
{
        Fixture *f = *state;
        g_autofree char *broken = g_strdup_printf("%s/qemu-system-a-broken", f->dir);
        g_autofree char *other = g_strdup_printf("%s/qemu-system-i386", f->dir);

        assert_int_equal(unlink(f->emulator), 0);
        (void) qemu_caps_get_all(f->cache, on_all, f);
        turn_until_done(f, 1);
        assert_string_equal(f->all, "");

        need_emulator();
        write_emulator(f, "exec " EMULATOR " \"$@\"");
        assert_int_equal(symlink("/bin/false", broken), 0);
        assert_int_equal(symlink("/usr/bin/qemu-system-i386", other), 0);
        (void) qemu_caps_get_all(f->cache, on_all, f);
        turn_until_done(f, 2);
        assert_string_equal(f->all, "qemu-system-i386 qemu-system-x86_64 ");
        assert_string_equal(qemu_caps_arch(qemu_caps_peek(f->cache, other)), "i686");
}

static void test_default_binary(void **state)
{
        Fixture *f = *state;
        g_autofree char *found = qemu_caps_default_binary(f->cache, "x86_64");
        g_autofree char *i686 = g_strdup_printf("%s/qemu-system-i386", f->dir);
        g_autofree char *other = NULL;

        assert_string_equal(found, f->emulator);
        assert_null(qemu_caps_default_binary(f->cache, "i686"));
        assert_null(qemu_caps_default_binary(f->cache, "../../bin/sh"));
        assert_int_equal(symlink("/bin/false", i686), 0);
        other = qemu_caps_default_binary(f->cache, "i686");
        assert_string_equal(other, i686);
}

#define test_with_cache(t) cmocka_unit_test_setup_teardown(t, setup, teardown)

int main(void)
{
        static const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_parse),
                cmocka_unit_test(test_parse_refuses),
                cmocka_unit_test(test_feature_words),
                cmocka_unit_test(test_schema),
                cmocka_unit_test(test_arch_words),
                cmocka_unit_test(test_kvm),
                test_with_cache(test_real_probe),
                cmocka_unit_test(test_model_is_missing),
                test_with_cache(test_cpu_features),
                test_with_cache(test_modules),
                test_with_cache(test_real_processors),
                test_with_cache(test_shared_and_cached),
                test_with_cache(test_changed_binary),
                test_with_cache(test_changed_modules),
                test_with_cache(test_damaged_file),
                test_with_cache(test_failures),
                test_with_cache(test_without_sandbox),
                test_with_cache(test_rights_of_the_probe),
                test_with_cache(test_allowed),
                test_with_cache(test_missing_binary),
                test_with_cache(test_cancel_and_free),
                test_with_cache(test_freed_in_callback),
                test_with_cache(test_all),
                test_with_cache(test_default_binary),
        };

        return cmocka_run_group_tests_name("qemu_caps", tests, NULL, NULL);
}
