/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/qemu/qemu_firmware.h"

#include "drivers/qemu/qemu_place.h"
#include "service/base/store.h"

/* Whether it is what the definition asks for. */
static bool suits(const QemuFirmware *firmware, const DomainDef *def)
{
        const DomainOs *os = &def->os;

        if (os->loader)
                return streq(os->loader, firmware->executable);
        if (!firmware->uefi || !os->arch ||
            !qemu_firmware_suits_machine(firmware, os->arch, strempty(os->machine)))
                return false;
        if (firmware->requires_smm && def->features.smm == TRISTATE_OFF)
                return false;
        if (os->loader_secure == TRISTATE_YES && !(firmware->secure_boot && firmware->requires_smm))
                return false;
        if (os->loader_secure == TRISTATE_NO && firmware->requires_smm)
                return false;
        return (os->loader_stateless == TRISTATE_YES) == (firmware->nvram == NULL);
}

static const QemuFirmware *find_firmware(const QemuFirmwares *firmwares, const DomainDef *def)
{
        for (size_t i = 0; i < firmwares->n; i++)
                if (suits(firmwares->items + i, def))
                        return firmwares->items + i;
        return NULL;
}

static void fill_in(DomainDef *def, const QemuFirmware *firmware, const char *nvram_dir)
{
        DomainOs *os = &def->os;

        if (!os->loader) {
                os->loader = domain_def_strdup(def, firmware->executable);
                os->loader_type = DOMAIN_LOADER_PFLASH;
                os->loader_readonly = TRISTATE_YES;
                if (!streq(firmware->executable_format, "raw"))
                        os->loader_format = domain_def_strdup(def, firmware->executable_format);
                if (firmware->requires_smm) {
                        def->features.smm = TRISTATE_ON;
                        os->loader_secure = TRISTATE_YES;
                }
        }
        if (!firmware->nvram || os->loader_stateless == TRISTATE_YES)
                return;
        if (!os->nvram)
                os->nvram = domain_def_printf(def, "%s/%s_VARS.fd", nvram_dir, def->name);
        if (!os->nvram_template) {
                os->nvram_template = domain_def_strdup(def, firmware->nvram);
                if (!streq(firmware->nvram_format, "raw"))
                        os->nvram_template_format = domain_def_strdup(def, firmware->nvram_format);
        }
        /* The store is a copy of the template. */
        if (!os->nvram_format)
                os->nvram_format = os->nvram_template_format;
}

bool qemu_firmware_is_needed(const DomainDef *def)
{
        const DomainOs *os = &def->os;

        if (!os->loader)
                return os->firmware == DOMAIN_FIRMWARE_EFI;
        return os->loader_type == DOMAIN_LOADER_PFLASH && os->loader_readonly != TRISTATE_NO &&
               os->loader_stateless != TRISTATE_YES && !(os->nvram && os->nvram_template);
}

int qemu_firmware_choose(const DomainDef *def, QemuFirmwareDirs dirs, const char *nvram_dir, DomainDef **ret,
                         Error *error)
{
        _cleanup_(domain_def_unrefp) DomainDef *copy = NULL;
        _cleanup_(qemu_firmwares_clear) QemuFirmwares firmwares = {};
        const QemuFirmware *firmware;
        int r;

        if (!qemu_firmware_is_needed(def)) {
                *ret = domain_def_ref(def);
                return 0;
        }
        qemu_firmwares_read(dirs, &firmwares);
        firmware = find_firmware(&firmwares, def);
        if (!firmware) {
                if (!def->os.loader)
                        return qemu_refuse(def, NULL, "os/@firmware", error,
                                           "the host has no UEFI firmware for the machine '%s' with these "
                                           "features",
                                           strempty(def->os.machine));
                *ret = domain_def_ref(def);
                return 0;
        }
        copy = domain_def_copy(def);
        fill_in(copy, firmware, nvram_dir);
        r = domain_def_seal(copy, NULL, error);
        if (r < 0)
                return r;
        *ret = g_steal_pointer(&copy);
        return 0;
}

/* What the worker owns. */
typedef struct FirmwareTask {
        DomainDef *def, *result;
        char *nvram_dir;
        QemuFirmwareDone done;
        void *userdata;
} FirmwareTask;

static void task_free(void *data)
{
        FirmwareTask *task = data;

        domain_def_unref(task->def);
        domain_def_unref(task->result);
        g_free(task->nvram_dir);
        g_free(task);
}

static int task_run(void *data, Error *error)
{
        FirmwareTask *task = data;

        return qemu_firmware_choose(task->def, NULL, task->nvram_dir, &task->result, error);
}

static void task_done(void *userdata, int r, Error *error)
{
        FirmwareTask *task = userdata;

        if (r < 0)
                error_fill(error, r);
        task->done(task->userdata, g_steal_pointer(&task->result), error);
}

WorkerTask *qemu_firmware_choose_later(WorkerPool *pool, const DomainDef *def, const char *nvram_dir,
                                       QemuFirmwareDone done, void *userdata)
{
        FirmwareTask *task = g_new0(FirmwareTask, 1);

        task->def = domain_def_ref(def);
        task->nvram_dir = g_strdup(nvram_dir);
        task->done = done;
        task->userdata = userdata;
        return worker_run(pool, task_run, task, task_free, task_done, task);
}
