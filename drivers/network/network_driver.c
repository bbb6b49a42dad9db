/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/network/network_driver.h"

#include "drivers/network/network_private.h"
#include "drivers/network/network_server.h"
#include "drivers/network/network_status.h"
#include "service/base/log.h"
#include "service/base/store.h"

#include <sys/stat.h>

#define LOG_CATEGORY "network"

#define DNSMASQ_DEFAULT "/usr/sbin/dnsmasq"

void network_unref_def(void *def)
{
        network_def_unref(def);
}

static void network_unref(void *network)
{
        object_unref(network);
}

static void network_install(DriverInfo *info)
{
        info->network = (NetworkOps) {
                .own_mac = true,
                .define = network_part_define,
                .undefine = network_part_undefine,
                .start = network_part_start,
                .stop = network_part_stop,
                .set_autostart = network_part_set_autostart,
                .change = network_part_change,
                .create_port = network_part_create_port,
                .delete_port = network_part_delete_port,
        };
}

/* -- autostart ------------------------------------------------------------------------------------------------ */

static void report(const Network *network, const Error *error)
{
        g_autofree char *text = error_message(error);

        log_error("network '%s' cannot be autostarted: %s", network->name, text);
}

static void on_autostarted(Job *job, Error *error, void *userdata)
{
        if (error)
                report(job_object(job), error);
}

static void autostart_one(NetworkPart *part, Network *network)
{
        _cleanup_(job_unrefp) Job *job = NULL;
        _cleanup_error_ Error error = ERROR_INIT;
        int r = job_new(part->driver->host->jobs, "autostart", &network->object.slot, NULL, &job, &error);

        if (r >= 0) {
                job_set_object(job, object_ref(network), network_unref);
                r = network_part_start(network, NULL, job, &error);
        }
        if (r < 0)
                report(network, &error);
        else if (r > 0)
                job_on_completed(job, on_autostarted, NULL);
}

/* All of them at once: the one worker takes them in turn, and machines wait for those that are on their way. */
static int on_autostart(sd_event_source *source, void *userdata)
{
        NetworkPart *part = userdata;
        const ObjectList *list = part->driver->lists[OBJECT_NETWORK];

        for (size_t i = 0; i < object_list_size(list); i++) {
                Network *network = object_list_get(list, i);

                if (network->autostart && network->config && !network_is_active(network))
                        autostart_one(part, network);
        }
        named_store_set_booted(part->store);
        return 0;
}

static void autostart_soon(NetworkPart *part)
{
        if (part->driver->host->session || named_store_is_booted(part->store))
                return;
        (void) sd_event_add_defer(part->driver->host->event, &part->autostart, on_autostart, part);
        /* before machines, which want them */
        (void) sd_event_source_set_priority(part->autostart, SD_EVENT_PRIORITY_IMPORTANT);
}

/* -- open and close ------------------------------------------------------------------------------------------- */

static int take_stored(const NamedText *stored, void *userdata, Error *error)
{
        _cleanup_(network_def_unrefp) NetworkDef *parsed = NULL, *def = NULL;
        ObjectList *list = userdata;
        Network *network;
        int r = network_def_parse(stored->text, stored->size, DEFINITION_PARSE_STORED, NULL, &parsed, error);

        if (r >= 0 && !streq(parsed->name, stored->name))
                r = error_set(error, ERROR_XML_ERROR, "the name in it is not that of the file");
        if (r >= 0)
                r = network_def_normalize(parsed, false, &def, error);
        if (r >= 0)
                r = network_list_add(list, def, &network, error);
        if (r < 0)
                return r;
        network->config = g_steal_pointer(&def);
        network->autostart = stored->autostart;
        object_publish(&network->object);
        return 0;
}

static Part *network_part_close(Part *part)
{
        NetworkPart *own = (NetworkPart *) part;

        if (!own)
                return NULL;
        sd_event_source_disable_unref(own->autostart);
        g_clear_pointer(&own->servers, g_hash_table_unref);
        launcher_free(own->launcher);
        named_store_free(own->store);
        safe_close(own->run_fd);
        g_free(own->server_dir);
        g_free(own->log_dir);
        g_free(own->dnsmasq);
        g_free(own->dnsmasq_user);
        g_free(own);
        return NULL;
}

static void close_part(NetworkPart **part)
{
        if (*part)
                network_part_close(&(*part)->part);
}

static const char *setting(const NetworkPart *part, const char *key)
{
        const DriverHost *host = part->driver->host;

        return host->setting ? host->setting(host->userdata, network_part_info.name, key) : NULL;
}

static int open_directories(NetworkPart *part, Error *error)
{
        const DriverPaths *paths = part->driver->host->paths;
        g_autofree char *config = g_build_filename(paths->config, "qemu", "networks", NULL);
        g_autofree char *run = g_build_filename(paths->run, "networks", NULL);
        int r = named_store_open(config, run, "network", &part->store, error);

        if (r >= 0)
                r = store_open_dir(run, 0700, &part->run_fd, error);
        if (r < 0)
                return r;
        /* servers, which are another user, find their files below it; each directory is closed to all others */
        part->server_dir = g_build_filename(paths->state, "dnsmasq", NULL);
        r = mkdir_parents(part->server_dir, 0711);
        if (r >= 0 && chmod(part->server_dir, 0711) < 0)
                r = -errno;
        return r < 0 ? error_set_errno(error, r, "cannot create directory '%s'", part->server_dir) : 0;
}

static int network_part_open(Driver *driver, Part **ret, Error *error)
{
        _cleanup_(close_part) NetworkPart *part = g_new0(NetworkPart, 1);
        const DriverHost *host = driver->host;
        const char *libexec = host->paths->libexec;
        g_autofree char *exec_path = libexec ? g_build_filename(libexec, "virtbus-exec", NULL) : NULL;
        int r;

        part->part.info = &network_part_info;
        part->driver = driver;
        part->net_workers = host->net_workers;
        part->run_fd = -EBADF;
        part->log_dir = g_build_filename(host->paths->log, "networks", NULL);
        part->dnsmasq = g_strdup(setting(part, "dnsmasq") ?: DNSMASQ_DEFAULT);
        part->dnsmasq_user = g_strdup(setting(part, "dnsmasq-user"));
        r = open_directories(part, error);
        if (r >= 0)
                r = launcher_new(host->event, exec_path, &part->launcher, error);
        if (r >= 0)
                r = named_store_load(part->store, take_stored, driver->lists[OBJECT_NETWORK], error);
        if (r < 0)
                return r;
        log_info("%zu networks loaded", object_list_size(driver->lists[OBJECT_NETWORK]));
        *ret = &part->part; /* where what is adopted finds it */
        network_part_adopt_all(part);
        autostart_soon(part);
        part = NULL;
        return 0;
}

const PartInfo network_part_info = {
        .name = "network",
        .kinds = DRIVER_KIND(OBJECT_NETWORK) | DRIVER_KIND(OBJECT_NETWORK_PORT),
        .install = network_install,
        .open = network_part_open,
        .close = network_part_close,
};
