/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/test/test_driver.h"

#include "tests/unit/domain-fixture.h"

#include <poll.h>
#include <sys/socket.h>

#define DEFAULT_UUID "6695eb01-f6a4-8304-79aa-97f2502e193f"

typedef struct Fixture {
        Heard heard;
        sd_event *event;
        DriverHost host;
        Driver *driver;
        const char *delay;
        const char *default_host;
        unsigned n_completed;
        Error completed; /* of the last job that went on */
} Fixture;

static const char *setting(void *userdata, const char *section, const char *key)
{
        const Fixture *f = (const Fixture *) userdata;

        assert_string_equal(section, "test");
        if (streq(key, "delay"))
                return f->delay;
        if (streq(key, "default-host"))
                return f->default_host;
        return NULL;
}

static void open_driver(Fixture *f)
{
        _cleanup_error_ Error error = ERROR_INIT;

        if (test_driver_info.open(&test_driver_info, &f->host, &f->driver, &error) < 0)
                fail_msg("%s", error.detail);
}

static int setup(void **state)
{
        Fixture *f = g_new0(Fixture, 1);

        f->heard.text = g_string_new(NULL);
        assert_true(sd_event_new(&f->event) >= 0);
        f->host = (DriverHost) {
                .event = f->event,
                .jobs = job_manager_new(f->event),
                .setting = setting,
                .listener = &heard_listener,
                .userdata = f, /* Heard is its first member */
        };
        *state = f;
        return 0;
}

/* An empty host that does all at once. */
static int setup_empty(void **state)
{
        Fixture *f;

        setup(state);
        f = *state;
        f->default_host = "no";
        open_driver(f);
        return 0;
}

static int setup_slow(void **state)
{
        Fixture *f;

        setup(state);
        f = *state;
        f->default_host = "no";
        f->delay = "400";
        open_driver(f);
        return 0;
}

static int teardown(void **state)
{
        Fixture *f = *state;

        job_manager_free(f->host.jobs);
        assert_null(test_driver_info.close(f->driver));
        assert_null(test_driver_info.close(NULL));
        error_clear(&f->completed);
        g_string_free(f->heard.text, TRUE);
        sd_event_unref(f->event);
        g_free(f);
        return 0;
}

static void turn(Fixture *f)
{
        while (sd_event_run(f->event, 150 * USEC_PER_MSEC) > 0)
                ;
}

static void release_domain(void *domain)
{
        domain_unref(domain);
}

static Job *begin_for(Fixture *f, const char *kind, Domain *domain, const char *caller)
{
        JobSlot *slot = domain ? &domain->object.slot : NULL;
        JobOwner owner = { caller, 0 };
        Job *job;

        assert_int_equal(job_new(f->host.jobs, kind, slot, &owner, &job, NULL), 0);
        if (domain)
                job_set_object(job, domain_ref(domain), release_domain);
        return job;
}

static Job *begin(Fixture *f, Domain *domain)
{
        return begin_for(f, "test", domain, ":1.1");
}

/* The job as it is when the operation has returned r; the caller's reference goes. */
static void end(Job *job, int r, int expected)
{
        assert_int_equal(r, expected);
        job_unref(job);
}

/* DO(f, domain, suspend): must succeed at once. REFUSED: must fail so, changing nothing. */
#define DO(f, target, op, ...)                                                                      \
        do {                                                                                        \
                Job *_job = begin(f, target);                                                       \
                Error _error = ERROR_INIT;                                                          \
                                                                                                    \
                if (test_driver_info.domain.op(target, ##__VA_ARGS__, _job, &_error) != 0)          \
                        fail_msg("%s", strempty(_error.detail));                                    \
                job_unref(_job);                                                                    \
        } while (0)

#define REFUSED(f, target, error_code, text, op, ...)                                               \
        do {                                                                                        \
                Job *_job = begin(f, target);                                                       \
                _cleanup_error_ Error _error = ERROR_INIT;                                          \
                                                                                                    \
                assert_true(test_driver_info.domain.op(target, ##__VA_ARGS__, _job, &_error) < 0);  \
                assert_int_equal(_error.code, error_code);                                          \
                assert_string_equal(strempty(_error.detail), text);                                 \
                job_unref(_job);                                                                    \
                assert_heard(&(f)->heard, "");                                                      \
        } while (0)

static DomainDef *normalize(Fixture *f, const DomainDef *def)
{
        Job *job = begin(f, NULL);
        DomainDef *normalized;

        assert_int_equal(test_driver_info.domain.normalize(f->driver, (DomainDef *) def, job, NULL), 0);
        normalized = domain_def_ref(job_result_object(job));
        job_unref(job);
        return normalized;
}

/* As the handlers do it: normalise, occupy the name, and the operation publishes. *ret_def is replaced. */
static Domain *add(Fixture *f, const char *name, uint64_t i, const char *more, DomainDef **ret_def)
{
        char uuid[37];
        _cleanup_(domain_def_unrefp) DomainDef *def = fixture_def("test", name, fixture_uuid(uuid, i), more);
        DomainDef *normalized = normalize(f, def);
        Domain *domain;

        assert_int_equal(domain_list_add(f->driver->domains, normalized, &domain, NULL), 0);
        domain_def_unref(*ret_def);
        *ret_def = normalized;
        return domain;
}

static Domain *define(Fixture *f, const char *name, uint64_t i, const char *more)
{
        _cleanup_(domain_def_unrefp) DomainDef *def = NULL;
        Domain *domain = add(f, name, i, more, &def);
        Job *job = begin(f, domain);
        int r = test_driver_info.domain.define(domain, def, job, NULL);

        assert_true(r >= 0);
        job_unref(job);
        if (r > 0) /* with a delay */
                turn(f);
        assert_heard(&f->heard, "added:shutoff DEFINED:added");
        return domain;
}

static Domain *defined_and_running(Fixture *f, const char *more)
{
        Domain *domain = define(f, "guest", 1, more);

        DO(f, domain, start, NULL, 0);
        assert_heard(&f->heard, "live state STARTED:booted");
        return domain;
}

static void assert_state(const Domain *domain, DomainState state, int reason, uint32_t id)
{
        assert_int_equal(domain->state, state);
        assert_int_equal(domain->reason, reason);
        assert_int_equal(domain->id, id);
}

static void test_default_host(void **state)
{
        Fixture *f = *state;
        Domain *domain;
        _cleanup_(domain_def_unrefp) DomainDef *def = NULL;
        g_autofree char *xml = NULL;

        open_driver(f);
        assert_heard(&f->heard, "added:running");
        assert_int_equal(domain_list_size(f->driver->domains), 1);
        domain = domain_list_find_uuid(f->driver->domains, DEFAULT_UUID);
        assert_non_null(domain);
        assert_string_equal(domain->name, "test");
        assert_state(domain, DOMAIN_RUNNING, DOMAIN_RUNNING_UNKNOWN, 1);
        assert_int_equal(domain->summary.memory_max, 8388608);
        assert_int_equal(domain->summary.memory, 2097152);
        assert_int_equal(domain->summary.vcpus, 2);
        assert_string_equal(domain->summary.virt_type, "test");
        assert_true(domain->persistent);
        assert_false(domain->autostart);

        def = domain_get_current(domain);
        xml = domain_def_format(def, 0);
        assert_true(g_str_has_prefix(xml, "<domain type='test' id='1'>\n"));
        assert_string_equal(def->disks.items[0]->target, "vda");
        assert_string_equal(def->interfaces.items[0]->mac, "aa:bb:cc:dd:ee:ff");
}

static void test_settings(void **state)
{
        static const struct {
                const char *delay;
                const char *default_host;
        } bad[] = { { "soon", NULL }, { "-1", NULL }, { "99999999999", NULL }, { NULL, "perhaps" } };
        Fixture *f = *state;

        for (size_t i = 0; i < ELEMENTSOF(bad); i++) {
                _cleanup_error_ Error error = ERROR_INIT;

                f->delay = bad[i].delay;
                f->default_host = bad[i].default_host;
                assert_true(test_driver_info.open(&test_driver_info, &f->host, &f->driver, &error) < 0);
                assert_int_equal(error.code, ERROR_INVALID_ARG);
                assert_null(f->driver);
        }
        f->delay = "0";
        f->default_host = "no";
        open_driver(f);
        assert_int_equal(domain_list_size(f->driver->domains), 0);
        assert_heard(&f->heard, "");
}

static void test_connection(void **state)
{
        Fixture *f = *state;
        const ConnectOps *ops = &f->driver->info->connect;
        Job *job = begin(f, NULL);
        int32_t n = 0;

        assert_ptr_equal(f->driver->info, &test_driver_info);
        assert_string_equal(f->driver->info->name, "Test");
        assert_string_equal(f->driver->info->type, "TEST");
        assert_string_equal(f->driver->info->uri_system, "test:///default");
        assert_int_equal(f->driver->object.type, OBJECT_CONNECT);
        assert_int_equal(ops->get_version(f->driver), 2);
        assert_int_equal(ops->get_max_vcpus(f->driver, "test", &n, NULL), 0);
        assert_int_equal(n, 32);

        assert_int_equal(ops->get_capabilities(f->driver, job, NULL), 0);
        assert_non_null(strstr(job_result_text(job), "<domain type='test'/>"));
        assert_non_null(strstr(job_result_text(job),
                               "<cpu id='15' socket_id='1' die_id='0' core_id='7' siblings='15'/>"));
        assert_true(g_str_has_suffix(job_result_text(job), "</capabilities>\n"));
        job_unref(job);

        job = begin(f, NULL);
        assert_int_equal(ops->get_domain_capabilities(f->driver, NULL, NULL, NULL, "test", job, NULL), 0);
        assert_non_null(strstr(job_result_text(job), "  <domain>test</domain>\n  <arch>i686</arch>\n"));
        job_unref(job);
        job = begin(f, NULL);
        assert_true(ops->get_domain_capabilities(f->driver, NULL, NULL, NULL, "kvm", job, NULL) < 0);
        job_unref(job);
}

/* What libvirt's test driver makes of a definition that leaves out what it can. */
static void test_normalize(void **state)
{
        Fixture *f = *state;
        _cleanup_(domain_def_unrefp) DomainDef *def = fixture_def("test", "small", DEFAULT_UUID, "");
        _cleanup_(domain_def_unrefp) DomainDef *normalized = normalize(f, def);
        g_autofree char *xml = domain_def_format(normalized, 0);

        assert_true(g_str_has_prefix(xml, "<domain type='test'>\n"
                                          "  <name>small</name>\n"
                                          "  <uuid>" DEFAULT_UUID "</uuid>\n"
                                          "  <memory unit='KiB'>262144</memory>\n"
                                          "  <currentMemory unit='KiB'>262144</currentMemory>\n"
                                          "  <vcpu placement='static'>1</vcpu>\n"
                                          "  <os>\n"
                                          "    <type arch='i686'>hvm</type>\n"
                                          "    <boot dev='hd'/>\n"
                                          "  </os>\n"
                                          "  <clock offset='utc'/>\n"
                                          "  <on_poweroff>destroy</on_poweroff>\n"
                                          "  <on_reboot>restart</on_reboot>\n"
                                          "  <on_crash>destroy</on_crash>\n"));
        /* no device is added */
        assert_int_equal(normalized->controllers.n + normalized->inputs.n + normalized->videos.n, 0);
        assert_null(normalized->memballoon);
}

static void test_define_undefine(void **state)
{
        Fixture *f = *state;
        Domain *domain = define(f, "guest", 1, "");
        _cleanup_(domain_def_unrefp) DomainDef *again = domain_get_config(domain);
        _cleanup_(domain_def_unrefp) DomainDef *other = fixture_def("test", "other", domain->uuid, "");

        DO(f, domain, define, again);
        assert_heard(&f->heard, "config DEFINED:updated");
        REFUSED(f, domain, ERROR_DOM_EXIST,
                "domain 'guest' is already defined with uuid 00000000-0000-4000-8000-000000000001",
                define, other);

        DO(f, domain, set_autostart, true);
        assert_heard(&f->heard, "autostart");
        assert_true(domain->autostart);
        REFUSED(f, domain, ERROR_INVALID_ARG, "unsupported flags (0x80)", undefine, 0x80);

        DO(f, domain, undefine, DOMAIN_UNDEFINE_NVRAM | DOMAIN_UNDEFINE_MANAGED_SAVE);
        assert_heard(&f->heard, "UNDEFINED:removed removed");
        assert_int_equal(domain_list_size(f->driver->domains), 0);
}

/* A definition that an operation refuses leaves nothing behind. */
static void test_new_refused(void **state)
{
        Fixture *f = *state;
        _cleanup_(domain_def_unrefp) DomainDef *def = NULL;
        Domain *domain = add(f, "guest", 1, "", &def);

        REFUSED(f, domain, ERROR_INVALID_ARG, "unsupported flags (0x100)", start, def, 0x100);
        assert_int_equal(domain_list_size(f->driver->domains), 0);
}

static void test_start_stop(void **state)
{
        Fixture *f = *state;
        Domain *domain = define(f, "guest", 1, "");
        _cleanup_(domain_def_unrefp) DomainDef *live = NULL;

        DO(f, domain, start, NULL, 0);
        assert_heard(&f->heard, "live state STARTED:booted");
        assert_state(domain, DOMAIN_RUNNING, DOMAIN_RUNNING_BOOTED, 1);
        live = domain_get_current(domain);
        assert_int_equal(live->id, 1);
        REFUSED(f, domain, ERROR_OPERATION_INVALID, "domain is already running", start, NULL, 0);

        DO(f, domain, shutdown, DOMAIN_SHUTDOWN_ACPI_POWER_BTN);
        assert_heard(&f->heard, "state live STOPPED:shutdown");
        assert_state(domain, DOMAIN_SHUTOFF, DOMAIN_SHUTOFF_SHUTDOWN, 0);

        DO(f, domain, start, NULL, 0);
        assert_state(domain, DOMAIN_RUNNING, DOMAIN_RUNNING_BOOTED, 2);
        assert_heard(&f->heard, "live state STARTED:booted");
        DO(f, domain, destroy, 0);
        assert_heard(&f->heard, "state live STOPPED:destroyed");
        assert_state(domain, DOMAIN_SHUTOFF, DOMAIN_SHUTOFF_DESTROYED, 0);
        assert_ptr_equal(domain_list_find_name(f->driver->domains, "guest"), domain);

        REFUSED(f, domain, ERROR_OPERATION_INVALID, "domain is not running", shutdown, 0);
        REFUSED(f, domain, ERROR_OPERATION_INVALID, "domain is not running", reboot, 0);
        REFUSED(f, domain, ERROR_OPERATION_INVALID, "domain is not running", reset, 0);
        REFUSED(f, domain, ERROR_OPERATION_INVALID, "domain is not running", destroy, 0);
        REFUSED(f, domain, ERROR_OPERATION_INVALID, "domain is not running", suspend);
        REFUSED(f, domain, ERROR_OPERATION_INVALID, "domain is not paused", resume);
        REFUSED(f, domain, ERROR_INVALID_ARG, "unsupported flags (0x40)", start, NULL, 0x40);
}

static void test_pause(void **state)
{
        Fixture *f = *state;
        Domain *domain = define(f, "guest", 1, "");

        DO(f, domain, start, NULL, DOMAIN_START_PAUSED);
        assert_heard(&f->heard, "live state STARTED:booted SUSPENDED:paused");
        assert_state(domain, DOMAIN_PAUSED, DOMAIN_PAUSED_USER, 1);
        REFUSED(f, domain, ERROR_OPERATION_INVALID, "domain is not running", suspend);

        DO(f, domain, resume);
        assert_heard(&f->heard, "state RESUMED:unpaused");
        assert_state(domain, DOMAIN_RUNNING, DOMAIN_RUNNING_UNPAUSED, 1);
        REFUSED(f, domain, ERROR_OPERATION_INVALID, "domain is not paused", resume);

        DO(f, domain, suspend);
        assert_heard(&f->heard, "state SUSPENDED:paused");
        assert_state(domain, DOMAIN_PAUSED, DOMAIN_PAUSED_USER, 1);
        DO(f, domain, shutdown, 0);
        assert_heard(&f->heard, "state live STOPPED:shutdown");
}

static void test_reboot(void **state)
{
        Fixture *f = *state;
        Domain *domain = defined_and_running(f, "");

        DO(f, domain, reset, 0);
        assert_heard(&f->heard, "");
        DO(f, domain, reboot, 0);
        assert_heard(&f->heard, "reboot");
        DO(f, domain, suspend);
        assert_heard(&f->heard, "state SUSPENDED:paused");
        DO(f, domain, reset, 0);
        assert_state(domain, DOMAIN_PAUSED, DOMAIN_PAUSED_USER, 1);
        DO(f, domain, reboot, 0);
        assert_heard(&f->heard, "reboot state");
        assert_state(domain, DOMAIN_RUNNING, DOMAIN_RUNNING_BOOTED, 1);
}

/* <on_poweroff> and <on_reboot> decide. */
static void test_lifecycle_actions(void **state)
{
        static const struct {
                const char *more;
                bool reboot;
                const char *heard;
        } cases[] = {
                { "<on_poweroff>restart</on_poweroff>", false, "reboot" },
                { "<on_poweroff>preserve</on_poweroff>", false, "state live STOPPED:shutdown" },
                { "<on_reboot>destroy</on_reboot>", true, "state live STOPPED:shutdown" },
                { "<on_reboot>preserve</on_reboot>", true, "state live STOPPED:shutdown" },
                { "<on_reboot>restart</on_reboot>", true, "reboot" },
        };
        Fixture *f = *state;

        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                g_autofree char *name = g_strdup_printf("guest%zu", i);
                Domain *domain = define(f, name, i, cases[i].more);

                DO(f, domain, start, NULL, 0);
                assert_heard(&f->heard, "live state STARTED:booted");
                if (cases[i].reboot)
                        DO(f, domain, reboot, 0);
                else
                        DO(f, domain, shutdown, 0);
                assert_heard(&f->heard, cases[i].heard);
        }
}

static void test_transient(void **state)
{
        Fixture *f = *state;
        _cleanup_(domain_def_unrefp) DomainDef *def = NULL;
        Domain *domain = add(f, "guest", 1, "", &def);

        DO(f, domain, start, def, 0);
        assert_heard(&f->heard, "added:running STARTED:booted");
        assert_false(domain->persistent);
        REFUSED(f, domain, ERROR_OPERATION_INVALID, "cannot undefine transient domain", undefine, 0);
        REFUSED(f, domain, ERROR_OPERATION_INVALID, "cannot set autostart for transient domain",
                set_autostart, true);
        DO(f, domain, destroy, 0);
        assert_heard(&f->heard, "state STOPPED:destroyed removed");
        assert_int_equal(domain_list_size(f->driver->domains), 0);

        /* a running one that is defined stays; one that is undefined goes when it stops */
        domain = add(f, "guest", 2, "", &def);
        DO(f, domain, start, def, 0);
        assert_heard(&f->heard, "added:running STARTED:booted");
        DO(f, domain, define, def);
        assert_heard(&f->heard, "config+persistent DEFINED:added");
        DO(f, domain, undefine, 0);
        assert_heard(&f->heard, "config+persistent UNDEFINED:removed");
        assert_true(domain_is_active(domain));
        DO(f, domain, shutdown, 0);
        assert_heard(&f->heard, "state STOPPED:shutdown removed");
}

static void test_rename(void **state)
{
        Fixture *f = *state;
        Domain *domain = define(f, "guest", 1, "");
        g_autofree char *xml = NULL;

        (void) define(f, "other", 2, "");
        REFUSED(f, domain, ERROR_OPERATION_INVALID, "domain with name 'other' already exists",
                rename, "other");
        REFUSED(f, domain, ERROR_OPERATION_INVALID, "Can't rename domain to itself", rename, "guest");
        REFUSED(f, domain, ERROR_INVALID_ARG, "'a/b' cannot be the name of a domain", rename, "a/b");

        DO(f, domain, rename, "new");
        assert_heard(&f->heard, "UNDEFINED:renamed name config DEFINED:renamed");
        assert_ptr_equal(domain_list_find_name(f->driver->domains, "new"), domain);
        assert_null(domain_list_find_name(f->driver->domains, "guest"));
        xml = domain_get_config_xml(domain);
        assert_non_null(strstr(xml, "<name>new</name>"));

        DO(f, domain, start, NULL, 0);
        assert_heard(&f->heard, "live state STARTED:booted");
        REFUSED(f, domain, ERROR_OPERATION_INVALID, "cannot rename active domain", rename, "third");
}

/* Reads what comes within some seconds, turning the loop; "" when the other end is closed. */
static void assert_echo(Fixture *f, int fd, const char *expected)
{
        g_autoptr(GString) got = g_string_new(NULL);
        uint64_t deadline = now_usec() + 5 * USEC_PER_SEC;
        char buffer[256];

        while (now_usec() < deadline && (got->len < strlen(expected) || !*expected)) {
                ssize_t n;

                (void) sd_event_run(f->event, USEC_PER_MSEC);
                n = recv(fd, buffer, sizeof(buffer), MSG_DONTWAIT);
                if (n == 0)
                        break;
                if (n > 0)
                        g_string_append_len(got, buffer, n);
        }
        assert_string_equal(got->str, expected);
        assert_true(*expected || now_usec() < deadline);
}

static int open_console(Fixture *f, Domain *domain, const char *device, uint32_t flags)
{
        Job *job = begin(f, domain);
        _cleanup_error_ Error error = ERROR_INIT;
        int fd;

        if (test_driver_info.domain.open_console(domain, device, flags, job, &error) < 0)
                fail_msg("%s", error.detail);
        fd = fcntl(job_result_fd(job), F_DUPFD_CLOEXEC, 3);
        job_unref(job);
        return fd;
}

static void test_console(void **state)
{
        Fixture *f = *state;
        Domain *domain = define(f, "guest", 1, "<devices><console type='pty'/></devices>");
        _cleanup_close_ int fd = -EBADF, second = -EBADF;

        REFUSED(f, domain, ERROR_OPERATION_INVALID, "domain is not running", open_console, NULL, 0);
        DO(f, domain, start, NULL, 0);
        assert_heard(&f->heard, "live state STARTED:booted");
        REFUSED(f, domain, ERROR_DEVICE_MISSING, "the domain has no console 'serial7'",
                open_console, "serial7", 0);
        REFUSED(f, domain, ERROR_DEVICE_MISSING, "the domain has no channel", open_channel, NULL, 0);
        REFUSED(f, domain, ERROR_INVALID_ARG, "unsupported flags (0x4)", open_console, NULL, 4);

        fd = open_console(f, domain, NULL, 0);
        assert_int_equal(write(fd, "hello", 5), 5);
        assert_echo(f, fd, "hello");
        assert_int_equal(write(fd, "again", 5), 5);
        assert_echo(f, fd, "again");

        /* one holder at a time, who can be pushed out */
        REFUSED(f, domain, ERROR_OPERATION_FAILED, "Active console session exists for this domain",
                open_console, "", 0);
        second = open_console(f, domain, NULL, DOMAIN_CONSOLE_FORCE);
        assert_echo(f, fd, "");
        assert_int_equal(write(second, "mine", 4), 4);
        assert_echo(f, second, "mine");

        /* who leaves makes room */
        second = safe_close(second);
        turn(f);
        second = open_console(f, domain, NULL, 0);
        assert_heard(&f->heard, "");

        DO(f, domain, destroy, 0);
        assert_echo(f, second, "");
}

/* A client that writes and does not read is made to wait, and loses nothing. */
static void test_console_flood(void **state)
{
        enum { N = 4 * 1024 * 1024 };
        Fixture *f = *state;
        Domain *domain = defined_and_running(f, "<devices><console type='pty'/></devices>");
        _cleanup_close_ int fd = open_console(f, domain, NULL, 0);
        size_t n_sent = 0, n_got = 0;
        uint8_t buffer[8192];

        assert_int_equal(fcntl(fd, F_SETFL, O_NONBLOCK), 0);
        for (size_t k = 0; k < 1000; k++) { /* fills every buffer on the way */
                ssize_t n;

                for (size_t i = 0; i < sizeof(buffer); i++)
                        buffer[i] = (uint8_t) ((n_sent + i) % 251);
                n = write(fd, buffer, sizeof(buffer));
                if (n > 0)
                        n_sent += (size_t) n;
                (void) sd_event_run(f->event, 0);
        }
        assert_true(n_sent > 0 && n_sent < N);
        while (n_got < n_sent) {
                ssize_t n = read(fd, buffer, sizeof(buffer));

                assert_int_not_equal(n, 0);
                for (ssize_t i = 0; i < n; i++)
                        assert_int_equal(buffer[i], (n_got + (size_t) i) % 251);
                n_got += n > 0 ? (size_t) n : 0;
                (void) sd_event_run(f->event, n < 0 ? USEC_PER_MSEC : 0);
        }
}

static void test_channel(void **state)
{
        Fixture *f = *state;
        Domain *domain = defined_and_running(f, "<devices><channel type='unix'><target type='virtio' "
                                                "name='org.qemu.guest_agent.0'/></channel></devices>");
        Domain *other = define(f, "other", 2, "");
        Job *job;
        int r;

        REFUSED(f, other, ERROR_OPERATION_INVALID, "domain is not running", open_channel, NULL, 0);
        job = begin(f, domain);
        r = test_driver_info.domain.open_channel(domain, "org.qemu.guest_agent.0", 0, job, NULL);
        assert_int_equal(r, 0);
        assert_int_equal(write(job_result_fd(job), "{}", 2), 2);
        assert_echo(f, job_result_fd(job), "{}");
        job_unref(job);
}

static uint64_t stat_u64(Domain *domain, const char *name)
{
        _cleanup_params_ Params params = PARAMS_INIT;
        const Param *p;

        test_driver_info.domain.get_stats(domain, UINT32_MAX, &params);
        p = params_find(&params, name);
        assert_non_null(p);
        assert_int_equal(p->type, PARAM_UINT64);
        return p->t;
}

static void test_stats(void **state)
{
        static const char *const moving[] = { "cpu.time", "vcpu.1.time", "net.0.rx.bytes",
                                              "block.0.wr.reqs" };
        Fixture *f = *state;
        Domain *domain;
        _cleanup_params_ Params params = PARAMS_INIT;
        uint64_t before[ELEMENTSOF(moving)], paused[ELEMENTSOF(moving)];

        open_driver(f);
        domain = domain_list_find_name(f->driver->domains, "test");
        for (size_t i = 0; i < ELEMENTSOF(moving); i++)
                before[i] = stat_u64(domain, moving[i]);
        g_usleep(120 * USEC_PER_MSEC);
        g_string_truncate(f->heard.text, 0);
        DO(f, domain, suspend);
        for (size_t i = 0; i < ELEMENTSOF(moving); i++) {
                paused[i] = stat_u64(domain, moving[i]);
                assert_true(paused[i] > before[i]);
        }
        g_usleep(120 * USEC_PER_MSEC);
        for (size_t i = 0; i < ELEMENTSOF(moving); i++)
                assert_int_equal(stat_u64(domain, moving[i]), paused[i]);

        assert_int_equal(stat_u64(domain, "balloon.current"), 2097152);
        assert_int_equal(stat_u64(domain, "balloon.maximum"), 8388608);
        f->driver->info->domain.get_stats(domain, DOMAIN_STATS_STATE | DOMAIN_STATS_BLOCK, &params);
        assert_int_equal(params_find(&params, "state.state")->i, DOMAIN_PAUSED);
        assert_int_equal(params_find(&params, "state.reason")->i, DOMAIN_PAUSED_USER);
        assert_string_equal(params_find(&params, "block.0.name")->s, "vda");
        assert_string_equal(params_find(&params, "block.0.path")->s, "/guest/diskimage1");
        assert_null(params_find(&params, "net.count"));

        /* an inactive one has what its definition says */
        DO(f, domain, destroy, 0);
        params_reset(&params);
        f->driver->info->domain.get_stats(domain, UINT32_MAX, &params);
        assert_null(params_find(&params, "cpu.time"));
        assert_null(params_find(&params, "block.count"));
        assert_int_equal(params_find(&params, "vcpu.maximum")->u, 2);
}

static void on_completed(Job *job, Error *error, void *userdata)
{
        Fixture *f = userdata;

        f->n_completed++;
        error_clear(&f->completed);
        if (error)
                error_copy(&f->completed, error);
}

static void test_delay(void **state)
{
        Fixture *f = *state;
        Domain *domain = define(f, "guest", 1, "");
        Job *job = begin(f, domain);
        uint64_t start = now_usec();

        assert_int_equal(test_driver_info.domain.start(domain, NULL, 0, job, NULL), 1);
        job_on_completed(job, on_completed, f);
        assert_state(domain, DOMAIN_SHUTOFF, DOMAIN_SHUTOFF_UNKNOWN, 0);
        assert_ptr_equal(domain->object.slot.job, job);
        assert_string_equal(job_stage(job), "wait");
        assert_int_equal(job_progress(job), 0);
        assert_int_equal(job_total(job), 400);

        while (job_progress(job) == 0)
                (void) sd_event_run(f->event, USEC_PER_SEC);
        assert_int_equal(f->n_completed, 0);
        assert_true(job_progress(job) < 400);
        turn(f);
        assert_int_equal(f->n_completed, 1);
        assert_int_equal(f->completed.code, ERROR_OK);
        assert_true(now_usec() - start >= 400 * USEC_PER_MSEC);
        assert_heard(&f->heard, "live state STARTED:booted");
        assert_null(domain->object.slot.job);
        job_unref(job);

        job = begin(f, domain);
        assert_int_equal(test_driver_info.domain.suspend(domain, job, NULL), 1);
        job_on_completed(job, on_completed, f);
        assert_int_equal(job_cancel(job, NULL), 0);
        assert_int_equal(f->n_completed, 2);
        assert_int_equal(f->completed.code, ERROR_OPERATION_ABORTED);
        assert_state(domain, DOMAIN_RUNNING, DOMAIN_RUNNING_BOOTED, 1);
        turn(f);
        assert_heard(&f->heard, "");
        job_unref(job);

        /* what cannot be done is refused at once */
        REFUSED(f, domain, ERROR_OPERATION_INVALID, "domain is not paused", resume);
}

/* A transient domain whose start is cancelled was never there. */
static void test_delay_transient(void **state)
{
        Fixture *f = *state;
        _cleanup_(domain_def_unrefp) DomainDef *def = NULL;
        Domain *domain = add(f, "guest", 1, "", &def);
        Job *job = begin(f, domain);

        assert_int_equal(test_driver_info.domain.start(domain, def, 0, job, NULL), 1);
        assert_int_equal(domain_list_size(f->driver->domains), 1);
        assert_null(domain_list_find_name(f->driver->domains, "guest"));
        assert_int_equal(job_cancel(job, NULL), 0);
        assert_int_equal(domain_list_size(f->driver->domains), 0);
        assert_heard(&f->heard, "");
        job_unref(job);

        /* nor one whose definition is cancelled */
        domain = add(f, "guest", 1, "", &def);
        job = begin(f, domain);
        assert_int_equal(test_driver_info.domain.define(domain, def, job, NULL), 1);
        assert_null(domain_list_find_name(f->driver->domains, "guest"));
        assert_int_equal(job_cancel(job, NULL), 0);
        assert_int_equal(domain_list_size(f->driver->domains), 0);
        assert_heard(&f->heard, "");
        job_unref(job);

        /* nor one that the end of the daemon interrupts */
        domain = add(f, "guest", 1, "", &def);
        job = begin(f, domain);
        end(job, test_driver_info.domain.start(domain, def, 0, job, NULL), 1);
}

static void test_autodestroy(void **state)
{
        Fixture *f = *state;
        Domain *kept = defined_and_running(f, ""), *mine = define(f, "mine", 2, "");
        _cleanup_(domain_def_unrefp) DomainDef *def = NULL;
        Domain *transient = add(f, "transient", 3, "", &def);
        Job *job = begin_for(f, "start", mine, ":1.7");

        end(job, test_driver_info.domain.start(mine, NULL, DOMAIN_START_AUTODESTROY, job, NULL), 0);
        job = begin_for(f, "start", transient, ":1.7");
        end(job, test_driver_info.domain.start(transient, def, DOMAIN_START_AUTODESTROY, job, NULL), 0);
        assert_heard(&f->heard, "live state STARTED:booted added:running STARTED:booted");

        test_driver_info.caller_left(f->driver, ":1.1");
        assert_heard(&f->heard, "");
        test_driver_info.caller_left(f->driver, ":1.7");
        assert_heard(&f->heard, "state STOPPED:destroyed removed state live STOPPED:destroyed");
        assert_true(domain_is_active(kept));
        assert_int_equal(domain_list_size(f->driver->domains), 2);
}

static void test_autodestroy_slow(void **state)
{
        Fixture *f = *state;
        Domain *domain = define(f, "guest", 1, "");
        Job *job = begin_for(f, "start", domain, ":1.7");

        assert_int_equal(test_driver_info.domain.start(domain, NULL, DOMAIN_START_AUTODESTROY, job, NULL),
                         1);
        job_on_completed(job, on_completed, f);
        test_driver_info.caller_left(f->driver, ":1.1");
        assert_int_equal(f->n_completed, 0);
        test_driver_info.caller_left(f->driver, ":1.7");
        assert_int_equal(f->completed.code, ERROR_OPERATION_ABORTED);
        turn(f);
        assert_heard(&f->heard, "");
        assert_state(domain, DOMAIN_SHUTOFF, DOMAIN_SHUTOFF_UNKNOWN, 0);
        job_unref(job);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
#define TEST(name, before) cmocka_unit_test_setup_teardown(name, before, teardown)
                TEST(test_default_host, setup),
                TEST(test_settings, setup),
                TEST(test_connection, setup_empty),
                TEST(test_normalize, setup_empty),
                TEST(test_define_undefine, setup_empty),
                TEST(test_new_refused, setup_empty),
                TEST(test_start_stop, setup_empty),
                TEST(test_pause, setup_empty),
                TEST(test_reboot, setup_empty),
                TEST(test_lifecycle_actions, setup_empty),
                TEST(test_transient, setup_empty),
                TEST(test_rename, setup_empty),
                TEST(test_console, setup_empty),
                TEST(test_console_flood, setup_empty),
                TEST(test_channel, setup_empty),
                TEST(test_stats, setup),
                TEST(test_delay, setup_slow),
                TEST(test_delay_transient, setup_slow),
                TEST(test_autodestroy, setup_empty),
                TEST(test_autodestroy_slow, setup_slow),
#undef TEST
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
