/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/qemu/qemu_files_video.h"

#include "drivers/qemu/json_stream.h"
#include "drivers/qemu/qemu_companion_pair.h"
#include "drivers/qemu/qemu_firmware.h"
#include "drivers/qemu/qemu_names.h"
#include "drivers/qemu/qemu_open.h"
#include "drivers/qemu/qemu_place.h"
#include "drivers/qemu/qmp.h"

#define DESCRIPTOR_MAX ((size_t) 64 * 1024)

/* -- descriptors ---------------------------------------------------------------------------------------------- */

/* NULL: it is of another type. */
static char *read_descriptor(const char *path, const char *type)
{
        g_autofree char *text = NULL;
        g_autoptr(JsonNode) node = NULL;
        JsonObject *object;
        const char *word = NULL, *program = NULL;
        size_t size;

        if (read_file_at(AT_FDCWD, path, DESCRIPTOR_MAX, &text, &size) < 0 ||
            json_parse(path, text, size, JSON_DEPTH_MAX, &node, NULL) < 0)
                return NULL;
        object = qmp_node_object(node);
        if (!object || qmp_get_string(object, "type", &word) <= 0 || !streq(word, type) ||
            qmp_get_string(object, "binary", &program) <= 0 || *program != '/')
                return NULL;
        return g_strdup(program);
}

char *vhost_user_find_program(const char *root, const char *type)
{
        g_autofree char *ours = g_strconcat(root, "/etc/qemu/vhost-user", NULL);
        g_autofree char *packaged = g_strconcat(root, "/usr/share/qemu/vhost-user", NULL);
        g_auto(GStrv) paths = qemu_descriptors_list((const char *const[]) { ours, packaged, NULL });

        for (char **path = paths; *path; path++) {
                g_autofree char *program = read_descriptor(*path, type);
                g_autofree char *file = program ? g_strconcat(root, program, NULL) : NULL;

                if (file && access(file, X_OK) == 0)
                        return g_steal_pointer(&program);
        }
        return NULL;
}

/* -- the program ---------------------------------------------------------------------------------------------- */

static int choose_program(const QemuPrograms *programs, const char *place, char **ret, Error *error)
{
        const char *said = programs->companion[QEMU_COMPANION_VHOST_USER_GPU];
        g_autofree char *found = *said ? g_strdup(said) : vhost_user_find_program("", "gpu");

        if (!found)
                return error_set(error, ERROR_CONFIG_UNSUPPORTED,
                                 "%s: no descriptor of the host (/usr/share/qemu/vhost-user/*.json) names a program "
                                 "that draws: install it (Debian's qemu-system-gui has vhost-user-gpu), or say where "
                                 "it is with 'vhost-user-gpu' in section [qemu] of virtbusd.conf", place);
        *ret = g_steal_pointer(&found);
        return 0;
}

/* The GPU of the host is opened for it, which takes it from there. */
static int add_render_node(QemuProgram *program, const DomainDef *def, const DomainVideo *video, Error *error)
{
        g_autofree char *place = qemu_place(def, video, "model/acceleration/@rendernode");
        int fd, r = qemu_open(video->rendernode, OPEN_CHARACTER, O_RDWR, place, &fd, NULL, error);

        if (r < 0)
                return r;
        qemu_program_argf(program, "--render-node=/proc/self/fd/%d", qemu_program_fd(program, fd));
        return 0;
}

int qemu_files_open_video(QemuFiles *files, const DomainDef *def, const DomainVideo *video,
                          const QemuFilesConfig *config, Error *error)
{
        g_autofree char *place = qemu_place(def, video, "driver/@name"), *path = NULL;
        QemuCompanionPlan *plan;
        int fd, r;

        if (!qemu_video_is_served(video))
                return 0;
        if (def->type != DOMAIN_VIRT_KVM)
                return error_set(error, ERROR_CONFIG_UNSUPPORTED, "%s: QEMU does it with KVM alone", place);
        r = choose_program(config->programs, place, &path, error);
        if (r >= 0)
                r = qemu_companion_pair(files, QEMU_COMPANION_VHOST_USER_GPU, video->info.alias, path, place, config,
                                        &plan, &fd, error);
        if (r < 0)
                return r;
        if (video->accel3d == TRISTATE_YES)
                qemu_program_arg(plan->program, "--virgl");
        if (video->rendernode) {
                r = add_render_node(plan->program, def, video, error);
                if (r < 0)
                        return r;
        }
        qemu_companion_plan_greet_vhost_user(plan, fd);
        qemu_companion_plan_log(plan, config->programs->log_dir, def->name);
        return 0;
}
