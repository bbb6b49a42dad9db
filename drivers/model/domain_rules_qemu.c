/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/model/domain_def_table.h"
#include "drivers/model/domain_machine.h"

#include <string.h>

/* What no QEMU can do, whichever is installed: libvirt's driver refuses it when it is defined (qemu_validate.c). */

static void fail(DefChecker *checker, const char *where, const char *text)
{
        checker_fail(checker, ERROR_CONFIG_UNSUPPORTED, where, "%s", text);
}

static void check_lifecycle(const DomainDef *def, DefChecker *checker)
{
        if (def->on_poweroff == DOMAIN_LIFECYCLE_RESTART_RENAME || def->on_reboot == DOMAIN_LIFECYCLE_RESTART_RENAME ||
            def->on_crash == DOMAIN_LIFECYCLE_RESTART_RENAME)
                fail(checker, NULL, "qemu driver doesn't support the 'rename-restart' action for "
                                    "'onPoweroff'/'onReboot'/'onCrash'");
        if (def->on_poweroff == DOMAIN_LIFECYCLE_RESTART && def->on_reboot == DOMAIN_LIFECYCLE_DESTROY)
                fail(checker, "on_poweroff",
                     "qemu driver doesn't support 'onReboot' set to 'destroy' and 'onPoweroff' set to 'reboot'");
        if (def->on_poweroff == DOMAIN_LIFECYCLE_PRESERVE || def->on_reboot == DOMAIN_LIFECYCLE_PRESERVE)
                fail(checker, NULL, "qemu driver doesn't support the 'preserve' action for 'on_reboot'/'on_poweroff'");
}

static void check_boot(const DomainDef *def, DefChecker *checker)
{
        if (def->bootloader)
                fail(checker, "bootloader", "bootloader is not supported by QEMU");
        if (!def->os.kernel && (def->os.initrd || def->os.cmdline || def->os.dtb || def->os.shim))
                fail(checker, "os", "initrd, cmdline, dtb and shim have no effect without a kernel");
        if (def->os.bios_useserial == TRISTATE_YES && def->serials.n == 0)
                checker_fail(checker, ERROR_XML_ERROR, "os/bios/@useserial",
                             "need at least one serial port to use BIOS serial output");
}

static void check_pool(uint32_t min, uint32_t max, bool has_min, bool has_max, const char *where, DefChecker *checker)
{
        if (has_max && max == 0)
                fail(checker, where, "thread_pool_max must be a positive integer");
        else if (has_min && has_max && min > max)
                fail(checker, where, "thread_pool_min must be smaller or equal to thread_pool_max");
}

static void check_resources(const DomainDef *def, DefChecker *checker)
{
        const DomainDefaultIoThread *pool = def->default_iothread;

        if (def->mem_tune && def_is_set(def->mem_tune, min_guarantee))
                fail(checker, "memtune/min_guarantee", "Parameter 'min_guarantee' not supported by QEMU.");
        DEF_FOREACH(thread, def->iothread_items)
                check_pool(thread->pool_min, thread->pool_max, def_is_set(thread, pool_min),
                           def_is_set(thread, pool_max), "iothreadids/iothread", checker);
        if (pool)
                check_pool(pool->pool_min, pool->pool_max, def_is_set(pool, pool_min), def_is_set(pool, pool_max),
                           "defaultiothread", checker);
}

#define TICK(policy) IS(DOMAIN_TICK_##policy)

static void check_timers(const DomainClock *clock, DefChecker *checker)
{
        static const uint32_t ticks[_DOMAIN_TIMER_MAX] = {
                [DOMAIN_TIMER_RTC] = TICK(DELAY) | TICK(CATCHUP),
                [DOMAIN_TIMER_PIT] = TICK(DELAY) | TICK(CATCHUP) | TICK(DISCARD),
        };

        DEF_FOREACH(timer, clock->timers) {
                const char *name = domain_timer_to_string(timer->name);

                if (timer->name == DOMAIN_TIMER_PLATFORM)
                        checker_fail(checker, ERROR_CONFIG_UNSUPPORTED, "clock/timer",
                                     "unsupported timer type (name) '%s'", name);
                if (ticks[timer->name] != 0 && timer->tickpolicy != 0 && !(ticks[timer->name] & IS(timer->tickpolicy)))
                        checker_fail(checker, ERROR_CONFIG_UNSUPPORTED, "clock/timer/@tickpolicy",
                                     "unsupported %s timer tickpolicy '%s'", name,
                                     domain_tick_to_string(timer->tickpolicy));
                if (timer->name == DOMAIN_TIMER_RTC && timer->track == DOMAIN_TIMER_TRACK_BOOT)
                        checker_fail(checker, ERROR_CONFIG_UNSUPPORTED, "clock/timer/@track",
                                     "unsupported rtc timer track '%s'", domain_timer_track_to_string(timer->track));
        }
}

static bool is_variable(const char *name)
{
        return !g_ascii_isdigit(*name) && !name[strspn(name, G_CSET_A_2_Z G_CSET_a_2_z G_CSET_DIGITS "_")];
}

static void check_environment(const DomainDef *def, DefChecker *checker)
{
        DEF_FOREACH(variable, def->qemu_env)
                if (!is_variable(variable->name))
                        checker_fail(checker, ERROR_INTERNAL, "qemu:commandline/qemu:env",
                                     "Invalid environment name, it must begin with a letter or underscore and have "
                                     "only letters, digits and underscores");
}

static bool is_arm_virt(const DomainDef *def)
{
        return (g_str_has_prefix(def->os.arch, "arm") || streq(def->os.arch, "aarch64")) &&
               (streq(def->os.machine, "virt") || g_str_has_prefix(def->os.machine, "virt-"));
}

static void check_firmware(const DomainDef *def, const MachineTraits *traits, DefChecker *checker)
{
        bool arm = streq(def->os.arch, "aarch64"), x86 = machine_is_x86(traits);
        bool uefi = def->os.firmware == DOMAIN_FIRMWARE_EFI || def->os.loader_type == DOMAIN_LOADER_PFLASH;

        if (!x86 && (def->suspend_to_mem != TRISTATE_ABSENT || def->suspend_to_disk != TRISTATE_ABSENT))
                fail(checker, "pm", "setting ACPI S3/S4 not supported");
        if (uefi && x86 && !def->features.acpi)
                fail(checker, "features", "UEFI requires ACPI on this architecture");
        /* which other machines have none, QEMU says since 8.2 */
        if (def->features.acpi && arm && !uefi)
                fail(checker, "features/acpi", "ACPI requires UEFI on this architecture");
        if (def->os.firmware == 0 && def->os.loader_secure == TRISTATE_YES && !machine_is_q35(traits))
                fail(checker, "os/loader/@secure", "Secure boot is supported with q35 machine types only");
}

static void check_features(const DomainDef *def, const MachineTraits *traits, DefChecker *checker)
{
        const DomainFeatures *features = &def->features;
        bool arm = is_arm_virt(def), x86 = machine_is_x86(traits);
        bool pseries = g_str_has_prefix(strempty(def->os.machine), "pseries");
        const struct {
                bool given, fits;
                const char *where, *name;
        } all[] = {
                { features->gic, arm, "features/gic", "gic" },
                { features->hpt, pseries, "features/hpt", "hpt" },
                { features->htm != 0, pseries, "features/htm", "htm" },
                { features->nested_hv != 0, pseries, "features/nested-hv", "nested-hv" },
                { features->cfpc, pseries, "features/cfpc", "cfpc" },
                { features->sbbc, pseries, "features/sbbc", "sbbc" },
                { features->ibs, pseries, "features/ibs", "ibs" },
                { features->hyperv != NULL, x86 || arm, "features/hyperv", "hyperv" },
                { features->vmport != TRISTATE_ABSENT, x86, "features/vmport", "vmport" },
                { features->ps2 != TRISTATE_ABSENT, x86, "features/ps2", "ps2" },
                { features->ioapic, x86, "features/ioapic", "ioapic" },
                { features->smm == TRISTATE_ON && def_is_set(features, tseg), machine_is_q35(traits),
                  "features/smm/tseg", "tseg" },
        };

        for (size_t i = 0; i < ELEMENTSOF(all); i++)
                if (all[i].given && !all[i].fits)
                        checker_fail(checker, ERROR_CONFIG_UNSUPPORTED, all[i].where,
                                     "The '%s' feature is not supported for architecture '%s' or machine type '%s'",
                                     all[i].name, def->os.arch, def->os.machine);
}

static void check_hyperv(const DomainHyperv *hyperv, DefChecker *checker)
{
        const struct {
                Tristate feature, needed;
                const char *name, *needed_name;
        } all[] = {
                { hyperv->synic, hyperv->vpindex, "synic", "vpindex" },
                { hyperv->stimer, hyperv->synic, "stimer", "synic" },
                { hyperv->tlbflush, hyperv->vpindex, "tlbflush", "vpindex" },
                { hyperv->ipi, hyperv->vpindex, "ipi", "vpindex" },
                { hyperv->evmcs, hyperv->vapic, "evmcs", "vapic" },
        };

        for (size_t i = 0; i < ELEMENTSOF(all); i++)
                if (all[i].feature == TRISTATE_ON && all[i].needed != TRISTATE_ON)
                        checker_fail(checker, ERROR_CONFIG_UNSUPPORTED, "features/hyperv",
                                     "'%s' hyperv feature requires '%s'", all[i].name, all[i].needed_name);
}

static void check_graphics(const DomainDef *def, DefChecker *checker)
{
        unsigned n[_DOMAIN_GRAPHICS_MAX] = {};

        DEF_FOREACH(graphics, def->graphics)
                if (graphics->type < _DOMAIN_GRAPHICS_MAX && ++n[graphics->type] == 2)
                        fail(checker, "devices/graphics",
                             "only 1 graphics device of each type (sdl, vnc, spice, headless, dbus) is supported");
        DEF_FOREACH(hostdev, def->hostdevs)
                if (hostdev->display == TRISTATE_ON && def->graphics.n == 0)
                        fail(checker, "devices/hostdev/@display",
                             "graphics device is needed for attribute value 'display=on' in <hostdev>");
        for (uint32_t i = 0; i < def->videos.n; i++) {
                const DomainVideo *video = def->videos.items[i];

                if (video->type == DOMAIN_VIDEO_XEN || video->type == DOMAIN_VIDEO_VBOX ||
                    video->type == DOMAIN_VIDEO_PARALLELS || video->type == DOMAIN_VIDEO_GOP)
                        checker_fail(checker, ERROR_CONFIG_UNSUPPORTED, "devices/video/model/@type",
                                     "video type '%s' is not supported with QEMU", domain_video_to_string(video->type));
                if (video->accel3d == TRISTATE_YES && video->type != DOMAIN_VIDEO_VIRTIO)
                        checker_fail(checker, ERROR_CONFIG_UNSUPPORTED, "devices/video/model/acceleration",
                                     "video type '%s' doesn't support 3d acceleration",
                                     strempty(domain_video_to_string(video->type)));
        }
}

static bool is_one_of(DomainControllerType type)
{
        return type == DOMAIN_CONTROLLER_IDE || type == DOMAIN_CONTROLLER_FDC;
}

static void check_controllers(const DomainDef *def, const MachineTraits *traits, DefChecker *checker)
{
        unsigned n_usb = 0;
        bool none = false;

        DEF_FOREACH(controller, def->controllers) {
                n_usb += controller->type == DOMAIN_CONTROLLER_USB;
                none |= controller->type == DOMAIN_CONTROLLER_USB && controller->model == DOMAIN_CONTROLLER_MODEL_NONE;
                if (is_one_of(controller->type) && def_is_set(controller, index) && controller->index > 0)
                        checker_fail(checker, ERROR_CONFIG_UNSUPPORTED, "devices/controller",
                                     "Only a single %s controller is supported for this machine type",
                                     controller->type == DOMAIN_CONTROLLER_IDE ? "IDE" : "fdc");
        }
        if (none && n_usb > 1)
                fail(checker, "devices/controller",
                     "Can't add another USB controller: USB is disabled for this domain");
}

static void check_inputs(const DomainDef *def, DefChecker *checker)
{
        DEF_FOREACH(input, def->inputs) {
                if (input->bus == DOMAIN_INPUT_BUS_PS2 && input->type != DOMAIN_INPUT_MOUSE &&
                    input->type != DOMAIN_INPUT_KEYBOARD)
                        fail(checker, "devices/input/@bus", "ps2 bus does not support this input device");
                if (input->bus == DOMAIN_INPUT_BUS_XEN || input->bus == DOMAIN_INPUT_BUS_PARALLELS)
                        checker_fail(checker, ERROR_CONFIG_UNSUPPORTED, "devices/input/@bus",
                                     "unsupported input bus %s", domain_input_bus_to_string(input->bus));
        }
}

#define ISA_SERIALS 4u

static void check_serials(const DomainDef *def, DefChecker *checker)
{
        unsigned n = 0;
        bool taken[ISA_SERIALS] = {};

        DEF_FOREACH(serial, def->serials) {
                if (serial->target_type != DOMAIN_CHARDEV_TARGET_ISA_SERIAL)
                        continue;
                if (n++ == ISA_SERIALS || def_get(serial, target_port, 0) >= ISA_SERIALS) {
                        fail(checker, "devices/serial", "Maximum supported number of ISA serial ports is '4'");
                        return;
                }
                if (!def_is_set(serial, target_port))
                        continue;
                if (taken[serial->target_port])
                        checker_fail(checker, ERROR_CONFIG_UNSUPPORTED, "devices/serial/target/@port",
                                     "target port '%" PRIu32 "' already allocated", serial->target_port);
                taken[serial->target_port] = true;
        }
}

static void check_tpms(const DomainDef *def, DefChecker *checker)
{
        unsigned n = 0;

        DEF_FOREACH(tpm, def->tpms)
                n += tpm->model != DOMAIN_TPM_SPAPR_PROXY;
        if (n > 1)
                fail(checker, "devices/tpm", "only a single TPM non-proxy device is supported");
}

static void check_slots(const DomainDef *def, DefChecker *checker)
{
        unsigned n = 0;

        for (uint32_t i = 0; i < def->memories.n; i++) {
                const DomainMemoryDevice *memory = def->memories.items[i];
                const DomainAddress *a = memory->info.address;

                n += memory->model == DOMAIN_MEMORY_DIMM || memory->model == DOMAIN_MEMORY_NVDIMM;
                for (uint32_t j = 0; j < i; j++) {
                        const DomainAddress *b = ((const DomainMemoryDevice *) def->memories.items[j])->info.address;

                        if (a && b && a->type == DOMAIN_ADDRESS_DIMM && b->type == DOMAIN_ADDRESS_DIMM &&
                            def_is_set(a, dimm.slot) && def_is_set(b, dimm.slot) && a->dimm.slot == b->dimm.slot)
                                checker_fail(checker, ERROR_CONFIG_UNSUPPORTED, "devices/memory/address",
                                             "memory device slot '%" PRIu32
                                             "' is already being used by another memory device", a->dimm.slot);
                }
        }
        if (def_is_set(def, max_memory_slots) && n > def->max_memory_slots)
                checker_fail(checker, ERROR_CONFIG_UNSUPPORTED, "devices/memory",
                             "memory device count '%u' exceeds slots count '%" PRIu32 "'", n, def->max_memory_slots);
}

static void check_machine_devices(const DomainDef *def, const MachineTraits *traits, DefChecker *checker)
{
        bool q35 = machine_is_q35(traits), arm = is_arm_virt(def);

        DEF_FOREACH(iommu, def->iommus) {
                if ((iommu->model == DOMAIN_IOMMU_INTEL || iommu->model == DOMAIN_IOMMU_AMD) && !q35)
                        checker_fail(checker, ERROR_CONFIG_UNSUPPORTED, "devices/iommu/@model",
                                     "IOMMU device: '%s' is only supported with Q35 machines",
                                     domain_iommu_to_string(iommu->model));
                if (iommu->model == DOMAIN_IOMMU_VIRTIO && !q35 && !arm)
                        fail(checker, "devices/iommu/@model",
                             "IOMMU device: 'virtio' is only supported with Q35 and ARM Virt machines");
                else if (iommu->model == DOMAIN_IOMMU_VIRTIO && !def->features.acpi)
                        fail(checker, "devices/iommu/@model", "IOMMU device: 'virtio' requires ACPI");
                if (iommu->model == DOMAIN_IOMMU_SMMUV3 && !arm)
                        fail(checker, "devices/iommu/@model",
                             "IOMMU device: 'smmuv3' is only supported with ARM Virt machines");
        }
        DEF_FOREACH(watchdog, def->watchdogs) {
                if (watchdog->model == DOMAIN_WATCHDOG_ITCO && !q35)
                        fail(checker, "devices/watchdog/@model",
                             "iTCO watchdog is only supported with Q35 machine types");
                if (watchdog->model == DOMAIN_WATCHDOG_DIAG288 && !streq_ptr(def->os.arch, "s390x"))
                        fail(checker, "devices/watchdog/@model", "diag288 watchdog is only supported on s390 machines");
        }
        DEF_FOREACH(panic, def->panics) {
                if (!panic->model && !traits->panic)
                        fail(checker, "devices/panic/@model",
                             "no panic model provided, and no default for the architecture and machine type");
                if (panic->model && !streq_ptr(panic->model, traits->panic) &&
                    (streq(panic->model, "s390") || streq(panic->model, "pseries")))
                        checker_fail(checker, ERROR_CONFIG_UNSUPPORTED, "devices/panic/@model",
                                     "panic model '%s' is not supported for this machine type", panic->model);
                if (panic->info.address && panic->model && !streq(panic->model, "isa") &&
                    !streq(panic->model, "pvpanic"))
                        checker_fail(checker, ERROR_CONFIG_UNSUPPORTED, "devices/panic/address",
                                     "setting the panic device address is not supported for model '%s'", panic->model);
        }
}

void domain_check_qemu(const void *p, DefChecker *checker)
{
        const DomainDef *def = p;
        const MachineTraits *traits = machine_traits(def->os.arch, def->os.machine);

        if (def->type != DOMAIN_VIRT_QEMU && def->type != DOMAIN_VIRT_KVM)
                return;
        check_lifecycle(def, checker);
        check_boot(def, checker);
        check_resources(def, checker);
        check_environment(def, checker);
        if (def->clock)
                check_timers(def->clock, checker);
        check_graphics(def, checker);
        check_inputs(def, checker);
        check_tpms(def, checker);
        check_slots(def, checker);
        if (def->features.hyperv && !streq_ptr(def->features.hyperv->mode, "passthrough"))
                check_hyperv(def->features.hyperv, checker);
        check_controllers(def, traits, checker);
        /* the rest needs to know the machine */
        if (!def->os.arch || !def->os.machine)
                return;
        check_features(def, traits, checker);
        check_firmware(def, traits, checker);
        check_serials(def, checker);
        check_machine_devices(def, traits, checker);
}
