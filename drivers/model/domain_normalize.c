/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/model/domain_normalize.h"

#include <string.h>
#include <sys/random.h>
#include <sys/utsname.h>

void domain_random(const DomainDefHost *host, uint8_t *bytes, size_t n)
{
        if (host->random)
                host->random(host->userdata, bytes, n);
        else
                /* up to 256 bytes come at once and without failure */
                (void) getentropy(bytes, n);
}

const char *domain_new_uuid(Normalizer *normalizer)
{
        uint8_t b[16];

        domain_random(normalizer->host, b, sizeof(b));
        b[6] = (uint8_t) ((b[6] & 0x0f) | 0x40);
        b[8] = (uint8_t) ((b[8] & 0x3f) | 0x80);
        return domain_def_printf(normalizer->def,
                                 "%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-%02x%02x%02x%02x%02x%02x",
                                 b[0], b[1], b[2], b[3], b[4], b[5], b[6], b[7], b[8], b[9], b[10], b[11],
                                 b[12], b[13], b[14], b[15]);
}

static const char *own_arch(struct utsname *names)
{
        return uname(names) == 0 ? names->machine : "x86_64";
}

static void default_machine(Normalizer *normalizer)
{
        const DomainDefHost *host = normalizer->host;
        DomainDef *def = normalizer->def;
        const char *machine = def->os.machine;
        struct utsname names;

        if (!def->os.arch)
                def->os.arch = domain_def_strdup(def, host->arch ?: own_arch(&names));
        if (!def->emulator && host->emulator)
                def->emulator =
                        domain_def_strdup(def, host->emulator(host->userdata, def->type, def->os.arch));
        if (!machine && host->default_machine)
                machine = host->default_machine(host->userdata, def->emulator, def->os.arch);
        if (machine && host->expand_machine)
                machine = host->expand_machine(host->userdata, def->emulator, machine) ?: machine;
        def->os.machine = domain_def_strdup(def, machine);
        normalizer->traits = machine_traits(def->os.arch, machine);
}

static bool has_boot_order(const DomainDef *def)
{
        DEF_FOREACH(disk, def->disks)
                if (def_is_set(&disk->info, boot_order))
                        return true;
        DEF_FOREACH(interface, def->interfaces)
                if (def_is_set(&interface->info, boot_order))
                        return true;
        DEF_FOREACH(hostdev, def->hostdevs)
                if (def_is_set(&hostdev->info, boot_order))
                        return true;
        DEF_FOREACH(redirdev, def->redirdevs)
                if (def_is_set(&redirdev->info, boot_order))
                        return true;
        DEF_FOREACH(fs, def->filesystems)
                if (def_is_set(&fs->info, boot_order))
                        return true;
        return false;
}

static void default_boot(DomainDef *def)
{
        DomainBoot *boot;

        if (def->os.boot.n > 0 || !streq(def->os.type, "hvm") || has_boot_order(def))
                return;
        boot = domain_def_new(def, DomainBoot);
        boot->device = DOMAIN_BOOT_DISK;
        domain_def_append(def, &def->os.boot, boot);
}

static void default_ends(DomainDef *def)
{
        if (def->on_poweroff == 0)
                def->on_poweroff = DOMAIN_LIFECYCLE_DESTROY;
        if (def->on_reboot == 0)
                def->on_reboot = DOMAIN_LIFECYCLE_RESTART;
        if (def->on_crash == 0)
                def->on_crash = DOMAIN_LIFECYCLE_DESTROY;
        if (!def->clock) {
                def->clock = domain_def_new(def, DomainClock);
                def->clock->offset = DOMAIN_CLOCK_UTC;
        }
}

/* Where the CPU that QEMU has by default is written down; with acceleration few machines have one. */
static bool has_default_cpu(const DomainDef *def)
{
        static const char *const always[] = { "x86_64", "i686", "s390x", "ppc64", "ppc64le", NULL };
        static const char *const emulated[] = { "aarch64", "armv7l", "armv6l", "riscv64", "loongarch64", NULL };

        return g_strv_contains(always, strempty(def->os.arch)) ||
               (def->type == DOMAIN_VIRT_QEMU && g_strv_contains(emulated, strempty(def->os.arch)));
}

static void default_cpu_model(Normalizer *normalizer)
{
        const DomainDefHost *host = normalizer->host;
        DomainDef *def = normalizer->def;
        DomainCpu *cpu = def->cpu;
        const char *model = NULL;

        if (cpu && cpu->mode != 0 && (cpu->mode != DOMAIN_CPU_CUSTOM || cpu->model))
                return;
        if (host->default_cpu && has_default_cpu(def))
                model = host->default_cpu(host->userdata, def->type, def->emulator, def->os.arch,
                                          def->os.machine);
        if (!model)
                return;
        if (!cpu)
                cpu = def->cpu = domain_def_new(def, DomainCpu);
        if (streq(model, "host") || streq(model, "max")) {
                cpu->mode = streq(model, "max") ? DOMAIN_CPU_MAXIMUM : DOMAIN_CPU_HOST_PASSTHROUGH;
                return;
        }
        cpu->mode = DOMAIN_CPU_CUSTOM;
        cpu->match = DOMAIN_CPU_MATCH_EXACT;
        cpu->check = DOMAIN_CPU_CHECK_NONE;
        cpu->model = domain_def_strdup(def, model);
        cpu->fallback = DOMAIN_CPU_FALLBACK_FORBID;
}

static void default_cpu(Normalizer *normalizer)
{
        DomainCpu *cpu;

        default_cpu_model(normalizer);
        cpu = normalizer->def->cpu;
        if (!cpu)
                return;
        switch (cpu->mode) {
        case DOMAIN_CPU_HOST_PASSTHROUGH:
        case DOMAIN_CPU_MAXIMUM:
                if (cpu->check == 0)
                        cpu->check = DOMAIN_CPU_CHECK_NONE;
                if (cpu->mode == DOMAIN_CPU_HOST_PASSTHROUGH && cpu->migratable == TRISTATE_ABSENT &&
                    machine_is_x86(normalizer->traits))
                        cpu->migratable = TRISTATE_ON;
                break;
        case DOMAIN_CPU_HOST_MODEL:
                if (cpu->check == 0)
                        cpu->check = DOMAIN_CPU_CHECK_PARTIAL;
                break;
        case DOMAIN_CPU_CUSTOM:
                if (cpu->check == 0)
                        cpu->check = normalizer->def->type == DOMAIN_VIRT_KVM ? DOMAIN_CPU_CHECK_PARTIAL :
                                                                                DOMAIN_CPU_CHECK_NONE;
                break;
        case _DOMAIN_CPU_MODE_MAX:
                break;
        }
}

int domain_default_basics(Normalizer *normalizer, Error *error)
{
        DomainDef *def = normalizer->def;
        int r;

        if (!def->uuid)
                def->uuid = domain_new_uuid(normalizer);
        if (def->genid_given && !def->genid)
                def->genid = domain_new_uuid(normalizer);
        r = domain_default_memory(normalizer, error);
        if (r < 0)
                return r;
        if (!def_is_set(def, vcpus))
                def_put(def, vcpus, 1);
        if (def_is_set(def, vcpus_current) && def->vcpus_current == def->vcpus)
                def_drop(def, vcpus_current);
        domain_default_tune(normalizer);
        default_machine(normalizer);
        default_boot(def);
        default_ends(def);
        if (normalizer->emulated) {
                domain_default_nodes(normalizer);
                default_cpu(normalizer);
        }
        return 0;
}

DomainAddress *domain_new_address(DomainDef *def, DomainDevice *device, DomainAddressType type)
{
        DomainAddress *address = device->address ?: domain_def_new(def, DomainAddress);

        g_assert(address->type == 0 || address->type == type);
        address->type = type;
        device->address = address;
        return address;
}

DomainController *domain_find_controller(const DomainDef *def, DomainControllerType type, uint32_t index)
{
        DEF_FOREACH(controller, def->controllers)
                if (controller->type == type && def_is_set(controller, index) && controller->index == index)
                        return controller;
        return NULL;
}

static uint32_t next_controller_index(const DomainDef *def, DomainControllerType type)
{
        uint32_t next = 0;

        DEF_FOREACH(controller, def->controllers)
                if (controller->type == type && def_is_set(controller, index))
                        next = MAX(next, controller->index + 1);
        return next;
}

static bool is_companion(const DomainController *controller)
{
        return controller->type == DOMAIN_CONTROLLER_USB &&
               (controller->model == DOMAIN_CONTROLLER_MODEL_ICH9_UHCI1 ||
                controller->model == DOMAIN_CONTROLLER_MODEL_ICH9_UHCI2 ||
                controller->model == DOMAIN_CONTROLLER_MODEL_ICH9_UHCI3);
}

/* Whether a has to stand before b, of the same type. */
static bool stands_before(const DomainController *a, const DomainController *b)
{
        return a->index < b->index || (a->index == b->index && !is_companion(a) && is_companion(b));
}

void domain_insert_controller(DomainDef *def, DomainController *controller)
{
        DomainController **items;
        uint32_t n = def->controllers.n, at = n;

        /* behind the last of its type that it need not precede; the first of its type goes to the end */
        for (uint32_t i = n; i > 0; i--) {
                const DomainController *other = def->controllers.items[i - 1];

                if (other->type != controller->type)
                        continue;
                if (!stands_before(controller, other)) {
                        at = at == n ? i : at;
                        break;
                }
                at = i - 1;
        }
        domain_def_append(def, &def->controllers, controller);
        items = def->controllers.items;
        memmove(items + at + 1, items + at, (n - at) * sizeof(*items));
        items[at] = controller;
}

DomainController *domain_add_controller(DomainDef *def, DomainControllerType type, int index,
                                        DomainControllerModel model)
{
        DomainController *controller = domain_def_new(def, DomainController);

        controller->type = type;
        controller->model = model;
        def_put(controller, index, index >= 0 ? (uint32_t) index : next_controller_index(def, type));
        domain_insert_controller(def, controller);
        return controller;
}

int domain_def_normalize(const DomainDef *def, const DomainDefHost *host, DomainDef **ret, Error *error)
{
        static const DomainDefHost nobody = {};
        _cleanup_(domain_def_unrefp) DomainDef *copy = domain_def_copy(def);
        Normalizer normalizer = {
                .def = copy, .host = host ?: &nobody,
                .emulated = def->type == DOMAIN_VIRT_QEMU || def->type == DOMAIN_VIRT_KVM ||
                        def->type == DOMAIN_VIRT_HVF,
        };
        int r;

        r = domain_default_basics(&normalizer, error);
        if (r < 0)
                return r;
        if (normalizer.emulated)
                r = domain_choose_firmware(&normalizer, error);
        if (r >= 0)
                r = domain_default_devices(&normalizer, error);
        if (r < 0)
                return r;
        domain_default_chardevs(&normalizer);
        r = domain_assign_buses(&normalizer, error);
        if (r < 0)
                return r;
        r = domain_assign_ccw(&normalizer, error);
        if (r >= 0)
                r = domain_assign_pci(&normalizer, error);
        if (r >= 0 && normalizer.emulated)
                r = domain_assign_zpci(&normalizer, error);
        if (r < 0)
                return r;
        r = domain_def_seal(copy, NULL, error);
        if (r < 0)
                return r;
        *ret = g_steal_pointer(&copy);
        return 0;
}
