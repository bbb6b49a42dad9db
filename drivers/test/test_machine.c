/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/test/test_machine.h"

#include "drivers/test/test_event.h"
#include "drivers/test/test_guest.h"
#include "drivers/test/test_medium.h"
#include "drivers/test/test_plug.h"

#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>

/* The guest's end of an open stream: an echo, one buffer at a time, so that a slow client waits. */
typedef struct TestStream {
        TestMachine *machine;
        char *alias;
        int fd;
        Domain *display_of; /* whose display it is, which tells of clients that go; NULL: not a display */
        sd_event_source *source;
        size_t n;
        size_t sent;
        char buffer[4096];
} TestStream;

static void stream_free(gpointer data)
{
        TestStream *stream = data;

        sd_event_source_disable_unref(stream->source);
        safe_close(stream->fd);
        g_free(stream->alias);
        g_free(stream);
}

/* Returns 0 when all is sent or must wait, or a negative errno. */
static int stream_send(TestStream *stream)
{
        while (stream->sent < stream->n) {
                ssize_t k = send(stream->fd, stream->buffer + stream->sent, stream->n - stream->sent,
                                 MSG_NOSIGNAL | MSG_DONTWAIT);

                if (k < 0)
                        return errno == EAGAIN || errno == EINTR ? 0 : -errno;
                stream->sent += (size_t) k;
        }
        stream->n = stream->sent = 0;
        return 0;
}

static int stream_turn(TestStream *stream, uint32_t revents)
{
        int r;

        if (stream->n == 0 && (revents & (EPOLLIN | EPOLLHUP))) {
                ssize_t k = recv(stream->fd, stream->buffer, sizeof(stream->buffer), MSG_DONTWAIT);

                if (k == 0)
                        return -ECONNRESET;
                if (k < 0)
                        return errno == EAGAIN || errno == EINTR ? 0 : -errno;
                stream->n = (size_t) k;
        }
        r = stream_send(stream);
        if (r < 0)
                return r;
        return sd_event_source_set_io_events(stream->source, stream->n > 0 ? EPOLLOUT : EPOLLIN);
}

static int on_stream(sd_event_source *source, int fd, uint32_t revents, void *userdata)
{
        TestStream *stream = userdata;

        if (!(revents & EPOLLERR) && stream_turn(stream, revents) >= 0)
                return 0;
        if (stream->display_of)
                test_tell_graphics(stream->display_of, stream->alias, DOMAIN_GRAPHICS_DISCONNECT);
        g_ptr_array_remove_fast(stream->machine->streams, stream);
        return 0;
}

static TestStream *machine_find_stream(TestMachine *machine, const char *alias)
{
        for (size_t i = 0; i < machine->streams->len; i++) {
                TestStream *stream = machine->streams->pdata[i];

                if (streq(stream->alias, alias))
                        return stream;
        }
        return NULL;
}

static int add_stream(TestMachine *machine, Domain *display_of, sd_event *event, const char *alias, int fd,
                      Error *error)
{
        TestStream *stream = g_new0(TestStream, 1);
        int r;

        stream->machine = machine;
        stream->alias = g_strdup(alias);
        stream->fd = fd;
        stream->display_of = display_of;
        r = sd_event_add_io(event, &stream->source, stream->fd, EPOLLIN, on_stream, stream);
        if (r < 0) {
                stream_free(stream);
                return error_set_errno(error, r, "cannot watch a socket");
        }
        g_ptr_array_add(machine->streams, stream);
        return 0;
}

int test_machine_add_display(Domain *domain, const char *alias, int fd, Error *error)
{
        int r = add_stream(test_machine(domain), domain, domain->object.driver->host->event, alias, fd, error);

        if (r < 0)
                return r;
        test_tell_graphics(domain, alias, DOMAIN_GRAPHICS_CONNECT);
        test_tell_graphics(domain, alias, DOMAIN_GRAPHICS_INITIALIZE);
        return 0;
}

int test_machine_open_stream(TestMachine *machine, sd_event *event, const char *alias, bool force,
                             int *ret_fd, Error *error)
{
        TestStream *stream = machine_find_stream(machine, alias);
        int fds[2], r;

        if (stream && !force)
                return error_set(error, ERROR_OPERATION_FAILED,
                                 "Active console session exists for this domain");
        if (stream)
                g_ptr_array_remove_fast(machine->streams, stream);

        if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, fds) < 0)
                return error_set_errno(error, errno, "cannot make a socket pair");
        r = add_stream(machine, NULL, event, alias, fds[0], error);
        if (r < 0)
                safe_close(fds[1]);
        else
                *ret_fd = fds[1];
        return r;
}

static TestMachine *machine_free(TestMachine *machine)
{
        if (!machine)
                return NULL;
        g_ptr_array_unref(machine->streams);
        g_ptr_array_unref(machine->planned);
        g_ptr_array_unref(machine->plugs);
        test_guest_free(machine->guest);
        g_ptr_array_unref(machine->thresholds);
        g_free(machine->owner);
        g_free(machine);
        return NULL;
}

static void data_free(gpointer p)
{
        TestDomain *data = p;

        machine_free(data->machine);
        test_image_free(data->saved);
        g_free(data);
}

TestDomain *test_domain_data(Domain *domain)
{
        if (!domain->private) {
                domain->private = g_new0(TestDomain, 1);
                domain->private_free = data_free;
        }
        return domain->private;
}

void test_domain_set_saved(Domain *domain, TestImage *image)
{
        TestDomain *data = test_domain_data(domain);

        test_image_free(data->saved);
        data->saved = image;
        domain_set_managed_save(domain, image);
}

TestImage *test_domain_saved(const Domain *domain)
{
        const TestDomain *data = domain->private;

        return data ? data->saved : NULL;
}

/* Those of libvirt's driver for QEMU: no limit of speed. */
static const uint64_t migration_defaults[_MIGRATION_SETTING_MAX] = {
        [MIGRATION_MAX_SPEED] = INT64_MAX >> 20,
        [MIGRATION_MAX_SPEED_POSTCOPY] = INT64_MAX >> 20,
        [MIGRATION_MAX_DOWNTIME] = 300,
        [MIGRATION_COMPRESSION_CACHE] = UINT64_C(64) << 20,
};

static int make_live(const Domain *domain, const DomainDef *def, GPtrArray *plugs, DomainDef **ret, Error *error)
{
        _cleanup_(domain_def_unrefp) DomainDef *live = domain_def_copy(def);
        int r;

        def_put(live, id, domain->id);
        test_media_leave_out(domain, live);
        domain_def_assign_aliases(live);
        r = test_plugs_follow(plugs, domain, live, error);
        if (r >= 0)
                r = domain_def_seal(live, NULL, error);
        if (r < 0)
                return r;
        *ret = g_steal_pointer(&live);
        return 0;
}

int test_machine_start(Domain *domain, const DomainDef *def, bool paused, Error *error)
{
        _cleanup_(domain_def_unrefp) DomainDef *live = NULL;
        g_autoptr(GPtrArray) plugs = test_plugs_new();
        TestMachine *machine;
        int r;

        domain_assign_id(domain);
        r = make_live(domain, def, plugs, &live, error);
        if (r < 0) {
                domain_set_state(domain, DOMAIN_SHUTOFF, DOMAIN_SHUTOFF_FAILED, DOMAIN_EVENT_NONE, 0);
                return r;
        }
        machine = g_new0(TestMachine, 1);
        machine->streams = g_ptr_array_new_with_free_func(stream_free);
        machine->plugs = g_steal_pointer(&plugs);
        machine->planned = g_ptr_array_new_with_free_func(test_event_free);
        machine->guest = test_guest_new();
        machine->thresholds = test_thresholds_new();
        memcpy(machine->migration, migration_defaults, sizeof(migration_defaults));
        if (!paused)
                test_machine_run(machine);
        test_domain_data(domain)->machine = machine;
        domain_set_live(domain, live);
        test_media_tell(domain, def, live);
        return 0;
}

void test_machine_stop(Domain *domain)
{
        TestDomain *data = domain->private;

        if (data)
                data->machine = machine_free(data->machine);
}

void test_machine_pause(TestMachine *machine)
{
        machine->run_usec = test_machine_run_usec(machine);
        machine->since_usec = 0;
}

void test_machine_run(TestMachine *machine)
{
        if (machine->since_usec == 0)
                machine->since_usec = now_usec();
}

uint64_t test_machine_run_usec(const TestMachine *machine)
{
        return machine->run_usec + (machine->since_usec ? now_usec() - machine->since_usec : 0);
}
