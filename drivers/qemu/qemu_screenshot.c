/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* A picture of a screen of a machine: QEMU writes it to a file in memory, which the caller gets. */

#include "drivers/qemu/qemu_request.h"
#include "drivers/qemu/qemu_save.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/sendfile.h>

/* QEMU paints the picture itself, in its main loop. */
#define SCREENDUMP_USEC (30 * USEC_PER_SEC)
/* 8K, without packing, three times over. */
#define PICTURE_MAX (384u * 1024 * 1024)

typedef struct Screenshot {
        Job *job; /* not owned: it owns this */
        Domain *domain;
        const char *device; /* alias of the card; the definition's */
        uint32_t head;      /* of the card's */
        DomainDef *def;
        int fd;
        int64_t set;    /* of QEMU's, that has the file; negative: none */
        bool plain;     /* PPM: this QEMU has no PNG */
        Qmp *qmp; /* while the reply is awaited */
        uint64_t number;
} Screenshot;

static void unwait(Screenshot *shot)
{
        if (shot->qmp)
                qmp_forget(shot->qmp, shot->number);
        shot->qmp = qmp_unref(shot->qmp);
}

static void screenshot_free(void *p)
{
        Screenshot *shot = p;

        unwait(shot);
        safe_close(shot->fd);
        domain_def_unref(shot->def);
        domain_unref(shot->domain);
        g_free(shot);
}

/* Nobody changes the picture any more, QEMU included: what it still may hold is another file. */
static int copy_sealed(int fd, int *ret_fd, Error *error)
{
        _cleanup_close_ int copy = memfd_create("screenshot", MFD_CLOEXEC | MFD_ALLOW_SEALING);
        off_t size = lseek(fd, 0, SEEK_END), offset = 0;

        if (copy < 0 || size < 0)
                return error_set_errno(error, errno, "cannot make a file in memory");
        if (size > PICTURE_MAX)
                return error_set(error, ERROR_LIMITS_EXCEEDED, "the picture is larger than %u bytes", PICTURE_MAX);
        if (sendfile(copy, fd, &offset, (size_t) size) != size)
                return error_set_errno(error, errno, "cannot copy a picture");
        if (lseek(copy, 0, SEEK_SET) < 0 ||
            fcntl(copy, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL) < 0)
                return error_set_errno(error, errno, "cannot seal a file in memory");
        *ret_fd = TAKE_FD(copy);
        return 0;
}

static int take_picture(Screenshot *shot, Error *error)
{
        int fd = -EBADF, r = copy_sealed(shot->fd, &fd, error);

        if (r < 0)
                return r;
        job_set_result_fd(shot->job, fd);
        job_set_result_text(shot->job, g_strdup(shot->plain ? "image/x-portable-pixmap" : "image/png"));
        return 0;
}

static void forget_file(Screenshot *shot)
{
        QemuGuest *guest = domain_guest(shot->domain);

        if (shot->set >= 0 && guest && guest->qmp)
                (void) monitor_execute(guest, "remove-fd", qmp_object("I:fdset-id", shot->set, NULL), NULL, NULL);
        shot->set = -1;
}

static void ask(Screenshot *shot);

static void on_painted(Qmp *qmp, JsonNode *result, Error *error, void *userdata)
{
        Screenshot *shot = userdata;
        int r = error_is_set(error) ? -EIO : 0;

        if (r < 0 && !shot->plain && error->code != ERROR_OPERATION_ABORTED) {
                shot->plain = true;
                ask(shot);
                return;
        }
        unwait(shot);
        forget_file(shot);
        if (r >= 0)
                r = take_picture(shot, error);
        job_step_done(shot->job, r, error);
}

static void ask(Screenshot *shot)
{
        g_autofree char *file = g_strdup_printf("/dev/fdset/%" PRId64, shot->set);

        shot->number = qmp_execute(shot->qmp, "screendump",
                                   qmp_object("s:filename", file, "s:device", shot->device, "u:head", shot->head,
                                              "s:format", shot->plain ? NULL : "png", NULL),
                                   SCREENDUMP_USEC, on_painted, shot);
}

static void on_added(Qmp *qmp, JsonNode *result, Error *error, void *userdata)
{
        Screenshot *shot = userdata;
        JsonObject *info = qmp_node_object(result);
        int r = error_is_set(error) ? -EIO : 0;

        if (r >= 0 && (!info || qmp_get_i64(info, "fdset-id", &shot->set) <= 0))
                r = qemu_bad_answer(error, "add-fd");
        if (r >= 0) {
                ask(shot);
                return;
        }
        unwait(shot);
        job_step_done(shot->job, r, error);
}

static int step_paint(Job *job, void *context, Error *error)
{
        Screenshot *shot = context;
        QemuGuest *guest = domain_guest(shot->domain);
        g_autofree char *link = NULL;
        int fd, r = monitor_check(guest, error);

        if (r < 0)
                return r;
        shot->fd = memfd_create("screenshot", MFD_CLOEXEC);
        if (shot->fd < 0)
                return error_set_errno(error, errno, "cannot make a file in memory");
        /* QEMU wants a descriptor that is for writing alone */
        link = g_strdup_printf("/proc/self/fd/%d", shot->fd);
        fd = open(link, O_WRONLY | O_CLOEXEC);
        if (fd < 0)
                return error_set_errno(error, errno, "cannot open a file in memory");
        shot->qmp = qmp_ref(guest->qmp);
        shot->number = qmp_execute_fd(guest->qmp, "add-fd", NULL, fd, guest->driver->settings.monitor_timeout_usec,
                                      on_added, shot);
        return JOB_STEP_WAIT;
}

static void cancel_paint(Job *job, void *context)
{
        unwait(context);
        forget_file(context);
}

static const JobStep steps[] = {
        { .name = "paint", .start = step_paint, .cancel = cancel_paint },
        {},
};

/* Screens are counted through all cards. */
static int find_screen(Screenshot *shot, uint32_t screen, Error *error)
{
        uint32_t rest = screen;

        DEF_FOREACH(video, shot->def->videos) {
                uint32_t n = MAX(video->heads, 1u);

                if (rest < n && video->info.alias) {
                        shot->device = video->info.alias;
                        shot->head = rest;
                        return 0;
                }
                rest -= MIN(rest, n);
        }
        return error_set(error, ERROR_INVALID_ARG, "there is no screen %" PRIu32, screen);
}

int qemu_screenshot(Domain *domain, uint32_t screen, Job *job, Error *error)
{
        Screenshot *shot;
        int r = domain_check_active(domain, error);

        if (r < 0)
                return r;
        shot = g_new0(Screenshot, 1);
        shot->job = job;
        shot->domain = domain_ref(domain);
        shot->def = domain_def_ref(domain->live);
        shot->fd = -EBADF;
        shot->set = -1;
        r = find_screen(shot, screen, error);
        if (r < 0) {
                screenshot_free(shot);
                return r;
        }
        return job_run(job, steps, shot, screenshot_free, error);
}
