/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define LOG_CATEGORY "config"

#include "service/config.h"

#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "service/base/log.h"
#include "service/log_environment.h"
#include "service/build.h"

static const char *const libvirt_face_table[_LIBVIRT_FACE_MAX] = {
        [LIBVIRT_FACE_AUTO] = "auto",
        [LIBVIRT_FACE_YES] = "yes",
        [LIBVIRT_FACE_NO] = "no",
};
DEFINE_STRING_TABLE(libvirt_face, LibvirtFace)

static const char *const authorize_reads_table[_AUTHORIZE_READS_MAX] = {
        [AUTHORIZE_READS_KIND] = "kind",
        [AUTHORIZE_READS_OBJECT] = "object",
};
DEFINE_STRING_TABLE(authorize_reads, AuthorizeReads)

static void show_help(const char *program)
{
        printf("Usage: %s [OPTION...]\n\n"
               "Manages virtual machines and publishes them on D-Bus.\n\n"
               "  -h, --help              show this help\n"
               "      --version           show the version\n"
               "      --system            serve the system bus (default for root)\n"
               "      --session           serve the user's session bus (default for others)\n"
               "      --address=ADDRESS   serve this bus instead of the standard one\n"
               "      --config=FILE       read this configuration file\n"
               "      --root=DIR          keep all files beneath DIR\n"
               "      --libexec-dir=DIR   where virtbus-exec is\n"
               "      --driver=NAME       serve this driver; may be given more than once\n"
               "      --log=FILTERS       log thresholds, as in \"info qemu:debug\"\n"
               "      --log-target=WHERE  journal, stderr or auto\n\n"
               "See virtbusd(8) and virtbusd.conf(5).\n",
               program);
}

static void set_path(char **path, char *value)
{
        g_free(*path);
        *path = value;
}

/* The directories, as virtbusd(8) lists them. */
static void default_paths(DriverPaths *paths, bool session, const char *root)
{
        if (root) {
                set_path(&paths->config, g_build_filename(root, "etc", NULL));
                set_path(&paths->state, g_build_filename(root, "lib", NULL));
                set_path(&paths->run, g_build_filename(root, "run", NULL));
                set_path(&paths->cache, g_build_filename(root, "cache", NULL));
                set_path(&paths->log, g_build_filename(root, "log", NULL));
        } else if (session) {
                set_path(&paths->config, g_build_filename(g_get_user_config_dir(), "virtbus", NULL));
                set_path(&paths->state, g_build_filename(g_get_user_data_dir(), "virtbus", NULL));
                set_path(&paths->run, g_build_filename(g_get_user_runtime_dir(), "virtbus", NULL));
                set_path(&paths->cache, g_build_filename(g_get_user_cache_dir(), "virtbus", NULL));
                set_path(&paths->log, g_build_filename(g_get_user_cache_dir(), "virtbus", "log", NULL));
        } else {
                set_path(&paths->config, g_strdup(SYSCONFDIR "/virtbus"));
                set_path(&paths->state, g_strdup(LOCALSTATEDIR "/lib/virtbus"));
                set_path(&paths->run, g_strdup("/run/virtbus"));
                set_path(&paths->cache, g_strdup(LOCALSTATEDIR "/cache/virtbus"));
                set_path(&paths->log, g_strdup(LOCALSTATEDIR "/log/virtbus"));
        }
        if (!paths->libexec)
                paths->libexec = g_strdup(LIBEXECDIR);
}

/* Command line options that have a place in the file override it there. */
enum {
        ARG_VERSION = 256,
        ARG_SYSTEM,
        ARG_SESSION,
        ARG_ADDRESS,
        ARG_CONFIG,
        ARG_ROOT,
        ARG_LIBEXEC,
        ARG_DRIVER,
        ARG_LOG,
        ARG_LOG_TARGET,
};

typedef struct CommandLine {
        const char *config;
        const char *root;
        const char *log;
        const char *log_target;
        GPtrArray *drivers;
} CommandLine;

static int parse_argv(Config *config, CommandLine *line, int argc, char **argv)
{
        static const struct option options[] = {
                { "help", no_argument, NULL, 'h' },
                { "version", no_argument, NULL, ARG_VERSION },
                { "system", no_argument, NULL, ARG_SYSTEM },
                { "session", no_argument, NULL, ARG_SESSION },
                { "address", required_argument, NULL, ARG_ADDRESS },
                { "config", required_argument, NULL, ARG_CONFIG },
                { "root", required_argument, NULL, ARG_ROOT },
                { "libexec-dir", required_argument, NULL, ARG_LIBEXEC },
                { "driver", required_argument, NULL, ARG_DRIVER },
                { "log", required_argument, NULL, ARG_LOG },
                { "log-target", required_argument, NULL, ARG_LOG_TARGET },
                {},
        };
        int c;

        while ((c = getopt_long(argc, argv, "h", options, NULL)) >= 0)
                switch (c) {
                case 'h':
                        show_help(g_get_prgname());
                        return 0;
                case ARG_VERSION:
                        printf("virtbusd " VERSION "\n");
                        return 0;
                case ARG_SYSTEM:
                        config->session = false;
                        break;
                case ARG_SESSION:
                        config->session = true;
                        break;
                case ARG_ADDRESS:
                        set_path(&config->address, g_strdup(optarg));
                        break;
                case ARG_CONFIG:
                        line->config = optarg;
                        break;
                case ARG_ROOT:
                        line->root = optarg;
                        break;
                case ARG_LIBEXEC:
                        set_path(&config->paths.libexec, g_canonicalize_filename(optarg, NULL));
                        break;
                case ARG_DRIVER:
                        g_ptr_array_add(line->drivers, g_strdup(optarg));
                        break;
                case ARG_LOG:
                        line->log = optarg;
                        break;
                case ARG_LOG_TARGET:
                        line->log_target = optarg;
                        break;
                default:
                        return -EINVAL; /* getopt has said why */
                }
        if (optind < argc) {
                fprintf(stderr, "virtbusd takes no arguments, but got '%s'\n", argv[optind]);
                return -EINVAL;
        }
        return 1;
}

static int load_file(Config *config, const char *given)
{
        g_autoptr(GError) failure = NULL;

        config->file_path =
                given ? g_strdup(given) : g_build_filename(config->paths.config, "virtbusd.conf", NULL);
        config->file = g_key_file_new();
        if (g_key_file_load_from_file(config->file, config->file_path, G_KEY_FILE_NONE, &failure))
                return 0;
        if (!given && g_error_matches(failure, G_FILE_ERROR, G_FILE_ERROR_NOENT))
                return 0;
        fprintf(stderr, "cannot read the configuration '%s': %s\n", config->file_path, failure->message);
        return -EINVAL;
}

const char *config_setting(const Config *config, const char *section, const char *key)
{
        /* GKeyFile hands out copies; settings are few and live as long as the process */
        g_autofree char *value = g_key_file_get_string(config->file, section, key, NULL);

        return value ? g_intern_string(value) : NULL;
}

static int read_limit(const Config *config, const char *key, uint32_t *limit)
{
        const char *text = config_setting(config, "limits", key);

        if (text && parse_u32(text, limit) < 0) {
                fprintf(stderr, "[limits] %s: '%s' is no number\n", key, text);
                return -EINVAL;
        }
        return 0;
}

/* A key that nobody reads is most likely misspelt. Drivers check their own sections. */
static void warn_unknown_keys(const Config *config, const char *section, const char *const *known)
{
        g_auto(GStrv) keys = g_key_file_get_keys(config->file, section, NULL, NULL);

        for (char **key = keys; key && *key; key++)
                if (!g_strv_contains(known, *key))
                        log_warning("unknown setting '%s' in section [%s] is ignored", *key, section);
}

static int apply_file(Config *config, const CommandLine *line)
{
        static const char *const daemon_keys[] = { "log", "log-target", "drivers", "libvirt-face", "authorize-reads",
                                                   NULL };
        static const char *const limit_keys[] = { "calls", "parked", "parked-bytes", "jobs", NULL };
        g_autofree char *environment = log_environment_filters();
        const char *text;
        int r;

        config->log_fixed = line->log || environment;
        config->log_target = g_strdup(line->log_target ?: log_environment_target()
                                                       ?: config_setting(config, "daemon", "log-target") ?: "auto");
        config->log_filters = g_strdup(line->log ?: environment ?: config_setting(config, "daemon", "log") ?: "info");
        if (log_open(config->log_target) < 0) {
                fprintf(stderr, "log target '%s' is none of journal, stderr, auto\n", config->log_target);
                return -EINVAL;
        }
        if (log_set_filters(config->log_filters) < 0) {
                fprintf(stderr, "log thresholds '%s' are not like \"info qemu:debug\"\n", config->log_filters);
                return -EINVAL;
        }

        text = config_setting(config, "daemon", "drivers");
        if (line->drivers->len > 0) {
                g_ptr_array_add(line->drivers, NULL);
                config->drivers = (char **) g_ptr_array_steal(line->drivers, NULL);
        } else
                config->drivers = g_strsplit(text ?: "QEMU Test", " ", -1);

        text = config_setting(config, "daemon", "libvirt-face");
        r = text ? libvirt_face_from_string(text) : LIBVIRT_FACE_AUTO;
        if (r < 0) {
                fprintf(stderr, "[daemon] libvirt-face: '%s' is none of auto, yes, no\n", text);
                return r;
        }
        config->libvirt_face = r;

        text = config_setting(config, "daemon", "authorize-reads");
        r = text ? authorize_reads_from_string(text) : AUTHORIZE_READS_KIND;
        if (r < 0) {
                fprintf(stderr, "[daemon] authorize-reads: '%s' is none of kind, object\n", text);
                return r;
        }
        config->authorize_reads = r;

        config->limits = (Limits) { .calls = 128, .parked = 16, .parked_bytes = 8 * 1024 * 1024, .jobs = 32 };
        if (read_limit(config, "calls", &config->limits.calls) < 0 ||
            read_limit(config, "parked", &config->limits.parked) < 0 ||
            read_limit(config, "parked-bytes", &config->limits.parked_bytes) < 0 ||
            read_limit(config, "jobs", &config->limits.jobs) < 0)
                return -EINVAL;
        warn_unknown_keys(config, "daemon", daemon_keys);
        warn_unknown_keys(config, "limits", limit_keys);
        return 0;
}

int config_load(int argc, char **argv, Config **ret)
{
        _cleanup_(config_freep) Config *config = g_new0(Config, 1);
        g_autoptr(GPtrArray) drivers = g_ptr_array_new_with_free_func(g_free);
        g_autofree char *root = NULL;
        CommandLine line = { .drivers = drivers };
        int r;

        config->session = SESSION_ONLY || getuid() != 0;
        r = parse_argv(config, &line, argc, argv);
        if (r <= 0)
                return r;
        if (SESSION_ONLY && !config->session) {
                fprintf(stderr, "this build serves session buses only\n");
                return -EINVAL;
        }
        if (line.root)
                root = g_canonicalize_filename(line.root, NULL);
        default_paths(&config->paths, config->session, root);
        r = load_file(config, line.config);
        if (r < 0)
                return r;
        r = apply_file(config, &line);
        if (r < 0)
                return r;
        *ret = g_steal_pointer(&config);
        return 1;
}

int config_reload(Config *config)
{
        g_autoptr(GKeyFile) file = g_key_file_new();
        g_autoptr(GError) failure = NULL;
        g_autofree char *filters = NULL;

        if (!g_key_file_load_from_file(file, config->file_path, G_KEY_FILE_NONE, &failure)) {
                log_warning("cannot read the configuration again: %s", failure->message);
                return -EINVAL;
        }
        filters = g_key_file_get_string(file, "daemon", "log", NULL);
        if (!filters || config->log_fixed)
                return 0;
        if (log_set_filters(filters) < 0) {
                log_warning("log thresholds '%s' are not like \"info qemu:debug\"", filters);
                return -EINVAL;
        }
        g_free(config->log_filters);
        config->log_filters = g_steal_pointer(&filters);
        return 0;
}

Config *config_free(Config *config)
{
        if (!config)
                return NULL;
        if (config->file)
                g_key_file_unref(config->file);
        g_free(config->file_path);
        g_free(config->address);
        g_free(config->log_target);
        g_free(config->log_filters);
        g_strfreev(config->drivers);
        g_free(config->paths.config);
        g_free(config->paths.state);
        g_free(config->paths.run);
        g_free(config->paths.cache);
        g_free(config->paths.log);
        g_free(config->paths.libexec);
        g_free(config);
        return NULL;
}
