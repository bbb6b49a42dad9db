/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/model/domain_def.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <string.h>

/* One definition per rule that breaks it, and what the user reads. */

#define DOMAIN(inside) "<domain type='kvm'><name>t</name>" inside "<os><type>hvm</type></os></domain>"
#define DEVICES(inside) DOMAIN("<devices>" inside "</devices>")
#define OS(attributes, inside)                                                                      \
        "<domain type='kvm'><name>t</name><os" attributes "><type>hvm</type>" inside "</os></domain>"
#define DISK(inside) "<disk><source file='/a'/>" inside "</disk>"

static const struct {
        const char *xml;
        ErrorCode code;
        const char *detail;
} cases[] = {
                {"<domain type='kvm'><name>a/b</name><os><type>hvm</type></os></domain>", ERROR_XML_ERROR,
                 "name a/b cannot contain '/' (/domain/name, line 1)"},
                {"<domain type='kvm'><name>..</name><os><type>hvm</type></os></domain>", ERROR_XML_ERROR,
                 "name '..' is not valid (/domain/name, line 1)"},
                {"<domain type='kvm'><name></name><os><type>hvm</type></os></domain>", ERROR_XML_ERROR,
                 "name '' is not valid (/domain/name, line 1)"},
                {DOMAIN("<vcpu current='3'>2</vcpu>"), ERROR_XML_ERROR,
                 "maxvcpus must not be less than current vcpus (2 < 3) (/domain/vcpu, line 1)"},
                {DOMAIN("<vcpu>4</vcpu><cpu><topology sockets='1' cores='2' threads='1'/></cpu>"),
                 ERROR_CONFIG_UNSUPPORTED,
                 "CPU topology doesn't match maximum vcpu count (/domain/cpu/topology, line 1)"},
                {DOMAIN("<vcpu>4</vcpu><cpu><topology sockets='65536' cores='65536' dies='65536' "
                        "threads='65536'/></cpu>"),
                 ERROR_CONFIG_UNSUPPORTED,
                 "CPU topology doesn't match maximum vcpu count (/domain/cpu/topology, line 1)"},
                {DOMAIN("<on_reboot>coredump-destroy</on_reboot>"), ERROR_XML_ERROR,
                 "unknown lifecycle action 'coredump-destroy' (/domain/on_reboot, line 1)"},
                {"<domain type='kvm'><name>t</name><os><type>hvm</type><boot dev='hd'/></os><devices>" DISK(
                                 "<target dev='vda'/><boot order='1'/>") "</devices></domain>",
                 ERROR_CONFIG_UNSUPPORTED,
                 "per-device boot elements cannot be used together with os/boot elements (/domain, line 1)"},
                {DEVICES(DISK("<target dev='vda'/><boot order='1'/>")
                                         DISK("<target dev='vdb'/><boot order='1'/>")),
                 ERROR_XML_ERROR, "boot order 1 used for more than one device (/domain, line 1)"},
                {DEVICES(DISK("<target dev='vda'/>") "\n" DISK("<target dev='vda'/>")), ERROR_XML_ERROR,
                 "target 'vda' duplicated (/domain/devices/disk[2]/target/@dev, line 2)"},
                {DEVICES(DISK("<target dev='hda' bus='ide'/><address type='drive' unit='1'/>") DISK(
                                 "<target dev='hdb' bus='ide'/><address type='drive' unit='1'/>")),
                 ERROR_XML_ERROR,
                 "Found duplicate drive address for disk with target name 'hdb' controller='0' bus='0' "
                 "target='0' unit='1' "
                 "(/domain/devices/disk[2]/address, line 1)"},
                {DEVICES("<controller type='scsi' index='1'/><controller type='scsi' index='1'/>"),
                 ERROR_CONFIG_UNSUPPORTED,
                 "Multiple 'scsi' controllers with index '1' (/domain/devices/controller[2]/@index, line "
                 "1)"},
                {DEVICES("<video><model type='vga' primary='yes'/></video><video><model type='qxl' "
                         "primary='yes'/></video>"),
                 ERROR_CONFIG_UNSUPPORTED,
                 "Only one primary video device is supported (/domain/devices/video, line 1)"},
                {OS(" firmware='bios'", "<nvram>/n</nvram>"), ERROR_XML_DETAIL,
                 "firmware type 'bios' does not support nvram (/domain/os/nvram, line 1)"},
                {OS("", "<loader stateless='yes'>/l</loader><nvram template='/t'/>"), ERROR_XML_DETAIL,
                 "NVRAM template is not permitted when loader is stateless (/domain/os/nvram/@template, "
                 "line 1)"},
                {DEVICES("<graphics type='sdl'/><graphics type='egl-headless'/>"), ERROR_CONFIG_UNSUPPORTED,
                 "graphics type 'egl-headless' is only supported with one of: 'vnc', 'spice' graphics types "
                 "(/domain/devices/graphics, line 1)"},
                {DEVICES("<controller type='usb' model='virtio-scsi'/>"), ERROR_XML_ERROR,
                 "Unknown model type 'virtio-scsi' (/domain/devices/controller[1]/@model, line 1)"},
                {DEVICES("<controller type='usb' model='qemu-xhci' ports='16'/>"), ERROR_CONFIG_UNSUPPORTED,
                 "'qemu-xhci' controller only supports up to '15' ports "
                 "(/domain/devices/controller[1]/@ports, line 1)"},
                {DEVICES("<controller type='virtio-serial'><driver iothread='1'/></controller>"),
                 ERROR_XML_ERROR,
                 "'iothread' attribute only supported for virtio scsi controllers "
                 "(/domain/devices/controller[1]/driver/@iothread, line 1)"},
                {DEVICES("<disk device='floppy'><target dev='fda' bus='ide'/></disk>"),
                 ERROR_CONFIG_UNSUPPORTED,
                 "Invalid bus type 'ide' for floppy disk (/domain/devices/disk[1]/target/@bus, line 1)"},
                {DEVICES(DISK("<target dev='fda' bus='fdc'/>")), ERROR_CONFIG_UNSUPPORTED,
                 "Invalid bus type 'fdc' for disk (/domain/devices/disk[1]/target/@bus, line 1)"},
                {DEVICES("<disk><target dev='vda'/></disk>"), ERROR_XML_ERROR,
                 "missing source information for device vda (/domain/devices/disk[1]/source, line 1)"},
                {DEVICES("<disk device='cdrom'><target dev='sda' bus='usb'/></disk>"),
                 ERROR_CONFIG_UNSUPPORTED,
                 "'usb' disk must not be empty (/domain/devices/disk[1]/source, line 1)"},
                {DEVICES(DISK("<target dev='sda' bus='scsi'/><address type='pci' slot='1'/>")),
                 ERROR_CONFIG_UNSUPPORTED,
                 "Invalid address type 'pci' for the disk 'sda' with the bus type 'scsi' "
                 "(/domain/devices/disk[1]/address/@type, line 1)"},
                {DEVICES(DISK("<target dev='sda' bus='scsi'/><product>12345678901234567</product>")),
                 ERROR_CONFIG_UNSUPPORTED,
                 "disk product is more than 16 characters (/domain/devices/disk[1]/product, line 1)"},
                {DEVICES(DISK("<target dev='vda' bus='virtio'/><vendor>X</vendor>")),
                 ERROR_CONFIG_UNSUPPORTED,
                 "Only scsi disk supports 'vendor' (/domain/devices/disk[1]/vendor, line 1)"},
                {DEVICES("<interface type='user'><mac address='01:00:00:00:00:01'/></interface>"),
                 ERROR_XML_ERROR,
                 "expected unicast mac address, found multicast '01:00:00:00:00:01' "
                 "(/domain/devices/interface[1]/mac/@address, line 1)"},
                {DEVICES("<interface type='user'><model type='virtio,x=y'/></interface>"), ERROR_INVALID_ARG,
                 "Model name contains invalid characters (/domain/devices/interface[1]/model/@type, line "
                 "1)"},
                {DEVICES("<interface type='user'><driver rx_queue_size='300'/></interface>"),
                 ERROR_CONFIG_UNSUPPORTED,
                 "rx_queue_size has to be a power of two "
                 "(/domain/devices/interface[1]/driver/@rx_queue_size, line 1)"},
                {DEVICES("<interface type='bridge'/>"), ERROR_XML_ERROR,
                 "No <source> 'bridge' attribute specified with <interface type='bridge'/> "
                 "(/domain/devices/interface[1]/source, line 1)"},
                {DEVICES("<serial type='file'/>"), ERROR_XML_ERROR,
                 "Missing source path attribute for char device (/domain/devices/serial[1]/source, line 1)"},
                {DEVICES("<serial type='tcp'><source host='h'/></serial>"), ERROR_XML_ERROR,
                 "Missing source service attribute for char device (/domain/devices/serial[1]/source, line "
                 "1)"},
                {DEVICES("<graphics type='vnc' listen='1.1.1.1'><listen type='address' "
                         "address='2.2.2.2'/></graphics>"),
                 ERROR_XML_ERROR,
                 "graphics 'listen' attribute '1.1.1.1' must match 'address' attribute of first listen "
                 "element "
                 "(found '2.2.2.2') (/domain/devices/graphics[1]/@listen, line 1)"},
                {DEVICES("<input type='tablet' bus='usb'><address type='usb' bus='0' "
                         "port='1.2.3.4.5'/></input>"),
                 ERROR_XML_ERROR,
                 "'1.2.3.4.5' is no valid USB port (/domain/devices/input[1]/address/@port, line 1)"},
};

static void test_broken(void **state)
{
        for (unsigned i = 0; i < ELEMENTSOF(cases); i++) {
                _cleanup_error_ Error error = ERROR_INIT;
                DomainDef *def = NULL;

                if (domain_def_parse(cases[i].xml, strlen(cases[i].xml), 0, NULL, &def, &error) >= 0)
                        fail_msg("accepted, but expected was: %s", cases[i].detail);
                assert_string_equal(error.detail, cases[i].detail);
                assert_int_equal(error.code, cases[i].code);
        }
}

static void test_kept(void **state)
{
        static const char *const good[] = {
                        DOMAIN("<vcpu current='2'>2</vcpu><on_crash>coredump-restart</on_crash>"),
                        DOMAIN("<vcpu>4</vcpu><cpu><topology sockets='1' dies='2' cores='2' "
                               "threads='1'/></cpu>"),
                        DEVICES("<disk device='cdrom'><target dev='sda'/></disk>"),
                        DEVICES("<controller type='usb' index='0' model='ich9-ehci1'/>"
                                "<controller type='usb' index='0' model='ich9-uhci1'/>"),
                        DEVICES("<controller type='scsi' model='virtio-transitional'><driver "
                                "iothread='1'/></controller>"),
                        DEVICES(DISK("<target dev='sda' bus='sata'/><product>1234567890123456</product>")),
                        DEVICES("<graphics type='egl-headless'/>"),
                        DEVICES("<serial type='unix'/>"),
        };

        for (unsigned i = 0; i < ELEMENTSOF(good); i++) {
                _cleanup_(domain_def_unrefp) DomainDef *def = NULL;
                _cleanup_error_ Error error = ERROR_INIT;

                if (domain_def_parse(good[i], strlen(good[i]), 0, NULL, &def, &error) < 0)
                        fail_msg("%s", error.detail);
        }
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_broken),
                cmocka_unit_test(test_kept),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
