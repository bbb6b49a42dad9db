/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/model/domain_def.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <string.h>

typedef struct Case {
        const char *machine, *inside, *devices;
        const char *text; /* what the user reads */
} Case;

#define DISK(bus, more) "<disk><source file='/a'/><target dev='hda' bus='" bus "'/>" more "</disk>"
#define MODULE "<memory model='dimm'><target><size>131072</size></target><address type='dimm' slot='0'/></memory>"
#define MDEV "<address uuid='53764d0e-85a0-42b4-af5c-2046b460b1dc'/>"

static const Case cases[] = {
        { "pc", "<on_poweroff>restart</on_poweroff><on_reboot>destroy</on_reboot>", "", "'onReboot' set to 'destroy'" },
        { "pc", "<on_crash>rename-restart</on_crash>", "", "the 'rename-restart' action" },
        { "pc", "<on_reboot>preserve</on_reboot>", "", "the 'preserve' action" },
        { "pc", "<bootloader>/sbin/loader</bootloader>", "", "bootloader is not supported by QEMU" },
        { "pc", "<memtune><min_guarantee>4096</min_guarantee></memtune>", "", "'min_guarantee' not supported" },
        { "pc", "<defaultiothread thread_pool_max='0'/>", "", "thread_pool_max must be a positive integer" },
        { "pc", "<iothreadids><iothread id='7' thread_pool_min='5' thread_pool_max='4'/></iothreadids>", "",
          "thread_pool_min must be smaller or equal to thread_pool_max" },
        { "pc", "<clock offset='utc'><timer name='platform'/></clock>", "",
          "unsupported timer type (name) 'platform'" },
        { "pc", "<clock offset='utc'><timer name='rtc' tickpolicy='discard'/></clock>", "",
          "unsupported rtc timer tickpolicy 'discard'" },
        { "pc", "<clock offset='utc'><timer name='pit' tickpolicy='merge'/></clock>", "",
          "unsupported pit timer tickpolicy 'merge'" },
        { "pc", "<clock offset='utc'><timer name='rtc' track='boot'/></clock>", "",
          "unsupported rtc timer track 'boot'" },
        { "pc", "<qemu:commandline xmlns:qemu='http://libvirt.org/schemas/domain/qemu/1.0'>"
          "<qemu:env name='1ST' value='x'/></qemu:commandline>", "", "Invalid environment name" },
        { "pc", "<features><ibs value='fixed-na'/></features>", "", "The 'ibs' feature is not supported" },
        { "pc", "<features><gic version='3'/></features>", "",
          "The 'gic' feature is not supported for architecture 'x86_64' or machine type 'pc' (/domain/features/gic" },
        { "pc", "<features><smm state='on'><tseg unit='MiB'>48</tseg></smm></features>", "", "The 'tseg' feature" },
        { "pc", "<features><hyperv><stimer state='on'/></hyperv></features>", "",
          "'stimer' hyperv feature requires 'synic'" },
        { "pc", "", "<graphics type='vnc'/><graphics type='vnc'/>", "only 1 graphics device of each type" },
        { "pc", "", "<hostdev mode='subsystem' type='mdev' model='vfio-pci' display='on'><source>" MDEV
          "</source></hostdev>", "graphics device is needed" },
        { "pc", "", "<video><model type='xen'/></video>", "video type 'xen' is not supported with QEMU" },
        { "pc", "", "<video><model type='qxl'><acceleration accel3d='yes'/></model></video>", "doesn't support 3d" },
        { "pc", "", DISK("ide", "<readonly/>"), "readonly ide disks are not supported" },
        { "pc", "", DISK("virtio", "<wwn>5000c50015ea71ac</wwn>"), "Only ide and scsi disk support wwn" },
        { "pc", "", DISK("virtio", "<driver io='native' cache='writeback'/>"), "native I/O needs either" },
        { "pc", "", DISK("ide", "<driver event_idx='on'/>"), "supported only for virtio bus" },
        { "pc", "", "<controller type='ide' index='1'/>", "Only a single IDE controller" },
        { "pc", "", "<controller type='usb' model='none'/><controller type='usb' index='1' model='qemu-xhci'/>",
          "USB is disabled for this domain" },
        { "pc", "", "<input type='tablet' bus='ps2'/>", "ps2 bus does not support this input device" },
        { "pc", "", "<input type='mouse' bus='xen'/>", "unsupported input bus xen" },
        { "pc", "", "<serial type='pty'><target type='isa-serial' port='4'/></serial>", "ISA serial ports is '4'" },
        { "pc", "", "<serial type='pty'><target type='isa-serial' port='0'/></serial><serial type='pty'>"
                    "<target type='isa-serial' port='0'/></serial>", "target port '0' already allocated" },
        { "pc", "", "<tpm><backend type='passthrough'/></tpm><tpm><backend type='passthrough'/></tpm>",
          "only a single TPM" },
        { "pc", "<maxMemory slots='2'>4194304</maxMemory>", MODULE MODULE, "slot '0' is already being used" },
        { "pc", "", "<iommu model='intel'/>", "only supported with Q35 machines" },
        { "pc", "", "<watchdog model='diag288'/>", "only supported on s390" },
        { "pc", "", "<panic model='s390'/>", "panic model 's390' is not supported" },
        { "pc", "", "<panic model='hyperv'><address type='isa' iobase='0x505'/></panic>",
          "address is not supported for model" },
        { "pc", "<iothreadids><iothread id='1'/><iothread id='1'/></iothreadids>", "", "duplicate iothread id '1'" },
        { "pc", "", "<audio id='1' type='none'/><audio id='1' type='none'/>", "audio ID '1' is used multiple times" },
        { "pc", "<seclabel type='dynamic' model='selinux'/><seclabel type='dynamic' model='selinux'/>", "",
          "seclabel for model selinux is already provided" },
        { "pc", "<clock offset='utc'><timer name='hpet' frequency='5'/></clock>", "",
          "timer hpet doesn't support setting" },
        { "pc", "", "<panic model='isa'/><panic model='isa'/>", "Multiple panic devices with model 'isa'" },
        { "pc", "", "<vsock><cid auto='no'/></vsock>", "guest CIDs must be >= 3" },
};

static const char *const firmwares[] = {
        "<loader readonly='yes' type='pflash'>/f</loader>", "UEFI requires ACPI on this architecture",
        "<loader readonly='yes' secure='yes' type='rom'>/f</loader>",
        "Secure boot is supported with q35 machine types only",
        "<nvram>/v</nvram>", "no loader path specified and firmware auto selection disabled",
        "<bios useserial='yes'/>", "need at least one serial port",
};

static int parse(const Case *c, const char *type, DomainDef **ret, Error *error)
{
        g_autofree char *xml = g_strdup_printf("<domain type='%s'><name>t</name><memory>1048576</memory><os><type "
                                               "arch='x86_64' machine='%s'>hvm</type></os>%s<devices>%s</devices>"
                                               "</domain>",
                                               type, c->machine, c->inside, c->devices);

        return domain_def_parse(xml, strlen(xml), 0, NULL, ret, error);
}

static void test_refused(void **state)
{
        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                _cleanup_error_ Error error = ERROR_INIT;
                DomainDef *def = NULL;

                if (parse(cases + i, "kvm", &def, &error) >= 0)
                        fail_msg("accepted: %s%s", cases[i].inside, cases[i].devices);
                if (!strstr(error.detail, cases[i].text) || !strstr(error.detail, "(/domain"))
                        fail_msg("'%s' is not '%s'", error.detail, cases[i].text);
        }
}

static void test_firmware(void **state)
{
        for (size_t i = 0; i < ELEMENTSOF(firmwares); i += 2) {
                g_autofree char *xml = g_strdup_printf("<domain type='qemu'><name>t</name><os><type arch='x86_64' "
                                                       "machine='pc'>hvm</type>%s</os></domain>", firmwares[i]);
                _cleanup_error_ Error error = ERROR_INIT;
                DomainDef *def = NULL;

                if (domain_def_parse(xml, strlen(xml), 0, NULL, &def, &error) >= 0)
                        fail_msg("accepted: %s", firmwares[i]);
                assert_non_null(strstr(error.detail, firmwares[i + 1]));
        }
}

/* Machines that are none of QEMU's may have what it has not. */
static void test_others(void **state)
{
        static const Case fine[] = {
                { "pc", "<features><gic version='3'/></features>", "<graphics type='vnc'/><graphics type='vnc'/>" },
                { "pc", "", "<input type='mouse' bus='xen'/>" },
        };

        for (size_t i = 0; i < ELEMENTSOF(fine); i++) {
                _cleanup_(domain_def_unrefp) DomainDef *def = NULL;

                assert_int_equal(parse(fine + i, "xen", &def, NULL), 0);
        }
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_refused),
                cmocka_unit_test(test_firmware),
                cmocka_unit_test(test_others),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
