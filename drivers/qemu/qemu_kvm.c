/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/qemu/qemu_command.h"

#include <sys/stat.h>

static int refuse_kvm(Error *error, const char *reason)
{
        return error_set(
                        error, ERROR_CONFIG_UNSUPPORTED,
                        "/domain/@type: KVM cannot be used: %s; domains of type 'qemu' are emulated",
                        reason);
}

int qemu_kvm_group(const char *path, uid_t uid, gid_t gid, gid_t *ret_gid, Error *error)
{
        const char *device = path ?: "/dev/kvm";
        const mode_t both = 06; /* reading and writing */
        g_autofree char *reason = NULL;
        struct stat st;
        int shift;

        if (!qemu_kvm_available(device, &reason))
                return refuse_kvm(error, strempty(reason));
        if (uid == 0)
                return 0;
        if (stat(device, &st) < 0)
                return error_set_errno(error, errno, "cannot look at '%s'", device);
        /* The class that a user is in decides alone. */
        shift = st.st_uid == uid ? 6 : st.st_gid == gid ? 3 : 0;
        if ((st.st_mode >> shift & both) == both)
                return 0;
        if (shift != 0 || (st.st_mode >> 3 & both) != both || st.st_gid == 0) {
                reason = g_strdup_printf("the mode %04o of '%s' lets no group but root's use it",
                                         (unsigned) st.st_mode & 07777, device);
                return refuse_kvm(error, reason);
        }
        *ret_gid = st.st_gid;
        return 1;
}
