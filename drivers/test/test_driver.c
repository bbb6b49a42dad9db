/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/test/test_driver.h"

#include "drivers/test/test_domain.h"
#include "drivers/test/test_guest.h"
#include "drivers/test/test_host.h"
#include "drivers/test/test_host_file.h"
#include "drivers/test/test_machine.h"
#include "drivers/test/test_network.h"
#include "drivers/test/test_node_device.h"
#include "drivers/test/test_operation.h"
#include "drivers/test/test_secret.h"
#include "drivers/test/test_storage.h"

#define DELAY_MAX_MSEC (3600 * 1000)

static uint64_t get_version(Driver *driver)
{
        return TEST_HOST_VERSION;
}

static int get_capabilities(Driver *driver, Job *job, Error *error)
{
        job_set_result_text(job, test_host_capabilities());
        return test_host_answer(driver, job, error);
}

static int get_cpu_models(Driver *driver, const char *arch, const char ***ret, Error *error)
{
        return cpu_models(arch, ret, error);
}

static int get_max_vcpus(Driver *driver, const char *virt_type, int32_t *ret, Error *error)
{
        *ret = TEST_HOST_MAX_VCPUS;
        return 0;
}

static int get_domain_capabilities(Driver *driver, const char *emulator, const char *arch, const char *machine,
                                   const char *virt_type, Job *job, Error *error)
{
        const CpuQuery query = { emulator, arch, machine, virt_type };
        int r = test_host_check_query(&query, error);

        if (r < 0)
                return r;
        job_set_result_text(job, test_host_domain_capabilities());
        return test_host_answer(driver, job, error);
}

/* That of the host, and what its machines have, is the model that every emulator has. */
static int get_host_cpu(Driver *driver, const CpuQuery *query, CpuHost **ret, Error *error)
{
        static const CpuOffer offer = { .model = TEST_HOST_CPU };
        int r = query ? test_host_check_query(query, error) : 0;
        CpuHost *host;

        if (r < 0)
                return r;
        host = g_new0(CpuHost, 1);
        host->arch = TEST_HOST_ARCH;
        host->features = cpu_model_features(cpu_model_find(TEST_HOST_CPU));
        if (query)
                host->offers = (CpuOffers) { g_memdup2(&offer, sizeof(offer)), 1 };
        *ret = host;
        return 0;
}

static void host_unref(void *host)
{
        cpu_host_free(host);
}

static int get_hypervisor_cpu(Driver *driver, const CpuQuery *query, Job *job, Error *error)
{
        CpuHost *host = NULL;
        int r = get_host_cpu(driver, query, &host, error);

        if (r < 0)
                return r;
        job_set_result_object(job, host, host_unref);
        return test_host_answer(driver, job, error);
}

/* The name of a driver's section of the configuration. */
static const char *section_of(const Driver *driver)
{
        return driver->info == &test_driver_info ? "test" : "testpeer";
}

static const char *setting(const Driver *driver, const char *key)
{
        return driver->host->setting(driver->host->userdata, section_of(driver), key);
}

/* A time in milliseconds, as the setting "key" says. *ret is untouched without it. */
static int read_time(const Driver *driver, const char *key, uint64_t *ret_usec, Error *error)
{
        const char *text = setting(driver, key);
        uint64_t msec;

        if (!text)
                return 0;
        if (parse_u64(text, &msec) < 0 || msec > DELAY_MAX_MSEC)
                return error_set(error, ERROR_INVALID_ARG, "[%s] %s: '%s' is no number of milliseconds",
                                 section_of(driver), key, text);
        *ret_usec = msec * USEC_PER_MSEC;
        return 0;
}

/* The setting "faults": rules, or the absolute path of a file with them. */
static int read_faults(TestDriver *driver, Error *error)
{
        const char *rules = setting(&driver->driver, "faults");
        g_autofree char *text = NULL;
        g_autoptr(GError) e = NULL;

        if (!rules)
                return 0;
        if (*rules != '/')
                return test_faults_parse(rules, driver->faults, error);
        if (!g_file_get_contents(rules, &text, NULL, &e))
                return error_set(error, ERROR_INVALID_ARG, "[%s] faults: %s", section_of(&driver->driver),
                                 e->message);
        return test_faults_parse(text, driver->faults, error);
}

static int read_settings(TestDriver *driver, bool *ret_default_host, Error *error)
{
        const char *default_host = setting(&driver->driver, "default-host");
        int yes = 1;
        int r;

        r = read_time(&driver->driver, "delay", &driver->delay_usec, error);
        if (r < 0)
                return r;
        driver->job_usec = driver->delay_usec;
        r = read_time(&driver->driver, "job-time", &driver->job_usec, error);
        if (r < 0)
                return r;
        r = read_faults(driver, error);
        if (r < 0)
                return r;
        if (default_host)
                yes = parse_boolean(default_host);
        if (yes < 0)
                return error_set(error, ERROR_INVALID_ARG, "[%s] default-host: '%s' is neither yes nor no",
                                 section_of(&driver->driver), default_host);
        *ret_default_host = yes;
        return 0;
}

/* libvirt's default host begins in the middle: nobody saw its domain start. */
static int add_default_domain(TestDriver *driver, Error *error)
{
        _cleanup_(domain_def_unrefp) DomainDef *def = NULL;
        Domain *domain;
        int r = test_host_default_domain(&def, error);

        if (r >= 0)
                r = domain_list_add(driver->driver.domains, def, &domain, error);
        if (r < 0)
                return r;
        domain_set_config(domain, def);
        r = test_machine_start(domain, def, false, error);
        if (r < 0)
                return r;
        domain_set_state(domain, DOMAIN_RUNNING, DOMAIN_RUNNING_UNKNOWN, DOMAIN_EVENT_NONE, 0);
        domain_publish(domain);
        return 0;
}

static int add_default_host(TestDriver *driver, Error *error)
{
        static int (*const parts[])(Driver *driver, Error *error) = {
                test_storage_add_default,
                test_node_device_add_default,
                test_network_add_default,
                test_interface_add_default,
        };
        int r = 0;

        for (size_t i = 0; r >= 0 && i < ELEMENTSOF(parts); i++)
                r = parts[i](&driver->driver, error);
        /* a machine can be on one host only, and must be able to move to the other */
        if (r < 0 || driver->driver.info != &test_driver_info)
                return r;
        return add_default_domain(driver, error);
}

static void caller_left(Driver *driver, const char *name)
{
        /* backwards: one that ends may leave the list */
        for (size_t i = domain_list_size(driver->domains); i-- > 0;)
                test_domain_caller_left(domain_list_get(driver->domains, i), name);
}

static Driver *test_close(Driver *driver)
{
        if (!driver)
                return NULL;
        /* the streams of the machines must not outlive the loop */
        for (size_t i = 0; i < domain_list_size(driver->domains); i++)
                test_machine_stop(domain_list_get(driver->domains, i));
        driver_clear(driver);
        g_clear_pointer(&((TestDriver *) driver)->interfaces_before, g_hash_table_unref);
        g_ptr_array_unref(((TestDriver *) driver)->faults);
        params_free(((TestDriver *) driver)->memory_parameters);
        g_free(driver);
        return NULL;
}

static int test_open(const DriverInfo *info, const DriverHost *host, Driver **ret, Error *error)
{
        TestDriver *driver = g_new0(TestDriver, 1);
        const char *host_file;
        bool default_host = true;
        int r;

        driver_init(&driver->driver, info, host);
        driver->node = test_host_info;
        driver->faults = test_faults_new();
        r = read_settings(driver, &default_host, error);
        host_file = setting(&driver->driver, "host-file");
        if (r >= 0 && host_file)
                r = test_host_file_load(driver, host_file, error);
        else if (r >= 0 && default_host)
                r = add_default_host(driver, error);
        if (r < 0) {
                test_close(&driver->driver);
                return r;
        }
        *ret = &driver->driver;
        return 0;
}

const DriverInfo test_driver_info = {
        .name = "Test",
        .type = "TEST",
        .acl_name = "TEST",
        .error_domain = 12, /* VIR_FROM_TEST */
        .uri_system = "test:///default",
        .uri_session = "test:///default",
        .kinds = DRIVER_KIND(OBJECT_DOMAIN_SNAPSHOT) | DRIVER_KIND(OBJECT_DOMAIN_CHECKPOINT) |
                 DRIVER_KIND(OBJECT_SECRET) | DRIVER_KIND(OBJECT_NODE_DEVICE) |
                 DRIVER_KIND(OBJECT_STORAGE_POOL) | DRIVER_KIND(OBJECT_STORAGE_VOL) | DRIVER_KIND(OBJECT_NETWORK) |
                 DRIVER_KIND(OBJECT_NETWORK_PORT) | DRIVER_KIND(OBJECT_NWFILTER) |
                 DRIVER_KIND(OBJECT_NWFILTER_BINDING) | DRIVER_KIND(OBJECT_INTERFACE),
        .host = &test_host_ops,
        .connect = {
                .get_version = get_version,
                .get_capabilities = get_capabilities,
                .get_domain_capabilities = get_domain_capabilities,
                .get_host_cpu = get_host_cpu,
                .get_hypervisor_cpu = get_hypervisor_cpu,
                .get_max_vcpus = get_max_vcpus,
                .get_cpu_models = get_cpu_models,
        },
        .domain = {
                .normalize = test_domain_normalize,
                .define = test_domain_define,
                .undefine = test_domain_undefine,
                .start = test_domain_start,
                .shutdown = test_domain_shutdown,
                .reboot = test_domain_reboot,
                .reset = test_domain_reset,
                .suspend = test_domain_suspend,
                .resume = test_domain_resume,
                .destroy = test_domain_destroy,
                .set_autostart = test_domain_set_autostart,
                .set_autostart_once = test_domain_set_autostart_once,
                .rename = test_domain_rename,
                .open_console = test_domain_open_console,
                .open_channel = test_domain_open_channel,
                .get_stats = test_domain_get_stats,
                .stats = (DOMAIN_STATS_VM << 1) - 1,
                .get_cpu_stats = test_domain_get_cpu_stats,
                .host_cpus = test_host_cpus,
                .edit = test_domain_edit,
        },
        .guest = &test_guest_ops,
        .machine = &test_machine_ops,
        .block = {
                .start = test_block_start,
                .pivot = test_block_pivot,
                .set_speed = test_block_set_speed,
                .set_threshold = test_block_set_threshold,
        },
        .migration = {
                .migrate = test_domain_migrate,
                .start_post_copy = test_domain_start_post_copy,
                .get = test_migration_get,
                .set = test_migration_set,
        },
        .moment = {
                .snapshot_create = test_snapshot_create,
                .snapshot_revert = test_snapshot_revert,
                .snapshot_delete = test_snapshot_delete,
                .checkpoint_create = test_checkpoint_create,
                .checkpoint_delete = test_checkpoint_delete,
                .backup_begin = test_backup_begin,
        },
        .save = {
                .save = test_domain_save,
                .restore = test_domain_restore,
                .image_read = test_image_op_read,
                .image_write = test_image_op_write,
                .managed_read = test_domain_managed_read,
                .managed_write = test_domain_managed_write,
                .managed_remove = test_domain_managed_remove,
                .core_dump = test_domain_core_dump,
                .screenshot = test_domain_screenshot,
        },
        .node_device = {
                .create_xml = test_node_device_create_xml,
                .define_xml = test_node_device_define_xml,
                .start = test_node_device_start,
                .destroy = test_node_device_destroy,
                .undefine = test_node_device_undefine,
                .update = test_node_device_update,
                .set_autostart = test_node_device_set_autostart,
                .detach = test_node_device_detach,
                .reattach = test_node_device_reattach,
                .reset = test_node_device_reset,
        },
        .interface = {
                .define = test_interface_define,
                .undefine = test_interface_undefine,
                .start = test_interface_start,
                .stop = test_interface_stop,
                .begin = test_interface_begin,
                .commit = test_interface_commit,
                .rollback = test_interface_rollback,
        },
        .network = {
                .define = test_network_define,
                .undefine = test_network_undefine,
                .start = test_network_start,
                .stop = test_network_stop,
                .set_autostart = test_network_set_autostart,
                .change = test_network_change,
                .create_port = test_network_create_port,
                .delete_port = test_network_delete_port,
                .change_port = test_network_change_port,
        },
        .nwfilter = {
                .define = test_nwfilter_define,
                .undefine = test_nwfilter_undefine,
                .bind = test_nwfilter_bind,
                .unbind = test_nwfilter_unbind,
        },
        .secret = {
                .define = test_secret_define,
                .undefine = test_secret_undefine,
                .set_value = test_secret_set_value,
        },
        .storage_pool = {
                .types = test_pool_types,
                .define = test_pool_define,
                .undefine = test_pool_undefine,
                .start = test_pool_start,
                .stop = test_pool_stop,
                .build = test_pool_build,
                .delete = test_pool_delete,
                .refresh = test_pool_refresh,
                .set_autostart = test_pool_set_autostart,
                .find_sources = test_pool_find_sources,
        },
        .storage_vol = {
                .create = test_vol_create,
                .delete = test_vol_delete,
                .resize = test_vol_resize,
                .wipe = test_vol_wipe,
                .download = test_vol_download,
                .upload = test_vol_upload,
        },
        .open = test_open,
        .caller_left = caller_left,
        .close = test_close,
};

DriverInfo test_driver_peer_info(void)
{
        DriverInfo info = test_driver_info;

        info.name = "TestPeer";
        info.acl_name = "TESTPEER";
        info.uri_system = info.uri_session = "test:///peer";
        return info;
}
