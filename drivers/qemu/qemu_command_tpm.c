/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/qemu/qemu_build.h"

static bool is_arm(const Build *b)
{
        return streq_ptr(b->def->os.arch, "aarch64") || streq_ptr(b->def->os.arch, "armv7l");
}

static const char *tpm_driver(const Build *b, const DomainTpm *tpm)
{
        bool ppc = g_str_has_prefix(strempty(b->def->os.arch), "ppc64");

        switch (tpm->model ?: ppc ? DOMAIN_TPM_SPAPR : DOMAIN_TPM_TIS) {
        case DOMAIN_TPM_TIS:
                return is_arm(b) ? "tpm-tis-device" : "tpm-tis";
        case DOMAIN_TPM_CRB:
                return "tpm-crb";
        case DOMAIN_TPM_SPAPR:
                return "tpm-spapr";
        case DOMAIN_TPM_SPAPR_PROXY:
        case _DOMAIN_TPM_MODEL_MAX:
                break;
        }
        return NULL;
}

static int check_tpm(Build *b, const DomainTpm *tpm, Error *error)
{
        bool banks = tpm->sha1 || tpm->sha256 || tpm->sha384 || tpm->sha512;

        if (!tpm_driver(b, tpm))
                return qemu_refuse(b->def, tpm, "@model", error,
                                   "'%s' opens a device of the host itself, which QEMU's user may not",
                                   strempty(domain_tpm_model_to_string(tpm->model)));
        if (streq_ptr(tpm->version, "1.2") && !streq(tpm_driver(b, tpm), "tpm-tis"))
                return qemu_refuse(b->def, tpm, "backend/@version", error, "only the model 'tpm-tis' has a TPM 1.2");
        if (tpm->profile_source || tpm->profile_name)
                return qemu_refuse(b->def, tpm, "backend/profile", error,
                                   "profiles of swtpm are not supported: the TPM has all that its version has");
        if (banks && streq_ptr(tpm->source_type, "file"))
                return qemu_refuse(b->def, tpm, "backend/active_pcr_banks", error,
                                   "they can be chosen of a TPM whose state is a directory only");
        return 0;
}

/* Somebody else's socket, or our end of the emulator's. */
static void build_socket(Build *b, const DomainTpm *tpm)
{
        g_autofree char *id = g_strconcat(tpm->info.alias, "-socket", NULL), *fd = build_file(b, id);
        bool listens = tpm->external && tpm->external->mode == DOMAIN_SOCKET_BIND;

        build_argf(b, "-chardev", "socket,id=chrtpm,fd=%s%s", fd, listens ? ",server=on,wait=off" : "");
}

static int build_tpm(Build *b, const DomainTpm *tpm, Error *error)
{
        const char *alias = tpm->info.alias;
        g_autofree char *id = g_strconcat("tpm-", alias, NULL);
        int r = check_tpm(b, tpm, error);

        if (r < 0)
                return r;
        if (tpm->backend == DOMAIN_TPM_PASSTHROUGH) {
                g_autofree char *device_id = g_strconcat(alias, "-device", NULL),
                        *cancel_id = g_strconcat(alias, "-cancel", NULL);
                g_autofree char *device = build_file(b, device_id), *cancel = build_file(b, cancel_id);

                build_argf(b, "-tpmdev", "passthrough,id=%s,path=%s,cancel-path=%s", id, device, cancel);
        } else {
                build_socket(b, tpm);
                build_argf(b, "-tpmdev", "emulator,id=%s,chardev=chrtpm", id);
        }
        return build_device(b, tpm, &tpm->info, qmp_object("s:driver", tpm_driver(b, tpm), "s:tpmdev", id, NULL),
                            error);
}

int build_tpms(Build *b, Error *error)
{
        DEF_FOREACH(tpm, b->def->tpms) {
                int r = build_tpm(b, tpm, error);

                if (r < 0)
                        return r;
        }
        return 0;
}
