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
                {DEVICES("<disk type='network'><source protocol='rbd' name='p/i'><host name='h'/><auth username='u'/>"
                         "</source><target dev='vda' bus='virtio'/></disk>"),
                 ERROR_XML_ERROR,
                 "Missing required element 'secret' (/domain/devices/disk[1]/source/auth/secret, line 1)"},
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
                {DEVICES("<disk device='cdrom'><target dev='fda' bus='fdc'/></disk>"), ERROR_CONFIG_UNSUPPORTED,
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
                {DEVICES("<interface type='user'><model type='virtio'/><driver rx_queue_size='300'/></interface>"),
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
                {DEVICES("<disk><source file='/a'><encryption format='luks'><secret type='passphrase' usage='u'/>"
                         "</encryption></source><target dev='vda'/><encryption format='luks'>"
                         "<secret type='passphrase' usage='u'/></encryption></disk>"),
                 ERROR_CONFIG_UNSUPPORTED,
                 "an <encryption> definition already found for disk source "
                 "(/domain/devices/disk[1]/encryption, line 1)"},
                {DEVICES("<disk type='network'><source protocol='nbd'><host transport='unix'/></source>"
                         "<target dev='vda'/></disk>"), ERROR_XML_ERROR,
                 "missing socket for unix transport (/domain/devices/disk[1]/source/host, line 1)"},
                {DEVICES(DISK("<driver type='qcow2'/><target dev='vda'/><shareable/>")),
                 ERROR_CONFIG_UNSUPPORTED,
                 "shared access for disk 'vda' requires use of supported storage format "
                 "(/domain/devices/disk[1]/shareable, line 1)"},
                {DEVICES(DISK("<target dev='vda'/><iotune><total_bytes_sec>1</total_bytes_sec>"
                              "<read_bytes_sec>1</read_bytes_sec></iotune>")), ERROR_XML_ERROR,
                 "total and read/write bytes_sec cannot be set at the same time "
                 "(/domain/devices/disk[1]/iotune, line 1)"},
                {DOMAIN("<iothreads>2</iothreads><devices>" DISK(
                                 "<driver iothread='3'/><target dev='vda'/>") "</devices>"),
                 ERROR_CONFIG_UNSUPPORTED,
                 "Disk iothread '3' not defined in iothreadid (/domain/devices/disk, line 1)"},
                {DEVICES("<hostdev type='usb'><source/></hostdev>"), ERROR_XML_ERROR,
                 "no vendor or address given for USB hostdev (/domain/devices/hostdev[1]/source, line 1)"},
                {DEVICES("<hostdev type='mdev'><source><address uuid='7b0a4f2e-1d1c-4a6e-9f0a-0c6b5f9a00ff'/>"
                         "</source></hostdev>"), ERROR_XML_ERROR,
                 "Missing 'model' attribute in mediated device's <hostdev> element "
                 "(/domain/devices/hostdev[1]/@model, line 1)"},
                {DEVICES("<hostdev type='pci'><source><address bus='1' slot='0'/></source></hostdev>"
                         "<hostdev type='pci'><source><address bus='0x1' slot='0'/></source></hostdev>"),
                 ERROR_XML_ERROR,
                 "Hostdev already exists in the domain configuration (/domain/devices/hostdev, line 1)"},
                {DEVICES("<shmem name='x'><size unit='M'>3</size></shmem>"), ERROR_XML_ERROR,
                 "shmem size must be a power of 2 and at least 1 MiB (1024 KiB) "
                 "(/domain/devices/shmem[1]/size, line 1)"},
                {DEVICES("<tpm model='tpm-tis'/>"), ERROR_XML_ERROR,
                 "missing TPM device backend (/domain/devices/tpm[1]/backend, line 1)"},
                {DEVICES("<rng model='virtio'><backend model='egd' type='unix'/></rng>"), ERROR_XML_ERROR,
                 "Missing source path attribute for char device "
                 "(/domain/devices/rng[1]/backend/source, line 1)"},
                {DEVICES("<iommu model='smmuv3'><driver intremap='on'/></iommu>"), ERROR_XML_ERROR,
                 "iommu model 'smmuv3' doesn't support additional attributes "
                 "(/domain/devices/iommu[1]/driver, line 1)"},
                {DEVICES("<memory model='dimm'><target><size>1024</size></target></memory>"),
                 ERROR_CONFIG_UNSUPPORTED,
                 "cannot use/hotplug a memory device when domain 'maxMemory' is not defined "
                 "(/domain/devices/memory, line 1)"},
                {DEVICES("<video><model type='none'/></video><video><model type='vga'/></video>"),
                 ERROR_CONFIG_UNSUPPORTED,
                 "a 'none' video type must be the only video device defined for the domain "
                 "(/domain/devices/video, line 1)"},
                {DOMAIN("<cputune><cachetune vcpus='0'><cache id='0' level='3' type='code' size='12'/>"
                        "<cache id='0' level='3' type='both' size='18'/></cachetune></cputune>"), ERROR_XML_ERROR,
                 "Colliding cache allocations for cache level '3' id '0', type 'both' "
                 "(/domain/cputune/cachetune/cache, line 1)"},
                {DOMAIN("<cputune><cachetune vcpus='0-1'><monitor level='3' vcpus='0'/></cachetune>"
                        "<cachetune vcpus='1'><monitor level='3' vcpus='1'/></cachetune></cputune>"), ERROR_XML_ERROR,
                 "Overlapping vcpus in resctrls (/domain/cputune/cachetune, line 1)"},
                {DOMAIN("<cputune><cachetune vcpus='0-1'><monitor level='3' vcpus='2'/></cachetune></cputune>"),
                 ERROR_XML_ERROR,
                 "vcpus '2' of a monitor are not among those of its group (/domain/cputune/cachetune, line 1)"},
                {DOMAIN("<cputune><vcpusched vcpus='0-2' scheduler='idle'/>"
                        "<vcpusched vcpus='2' scheduler='batch'/></cputune>"), ERROR_XML_DETAIL,
                 "'vcpusched' attributes 'vcpus' must not overlap (/domain/cputune/vcpusched, line 1)"},
                {DOMAIN("<memoryBacking><hugepages><page size='2048' nodeset='1'/></hugepages>"
                        "</memoryBacking>"), ERROR_XML_DETAIL,
                 "hugepages: node 1 not found (/domain/memoryBacking/hugepages/page/@nodeset, line 1)"},
                {DOMAIN("<cpu><numa><cell memory='1' cpus='0-1'/><cell memory='1' cpus='1'/></numa></cpu>"),
                 ERROR_CONFIG_UNSUPPORTED,
                 "NUMA cells have overlapping vCPU ids (/domain/cpu/numa/cell, line 1)"},
                {DOMAIN("<numatune><memnode cellid='0' mode='strict' nodeset='0'/></numatune>"),
                 ERROR_XML_ERROR,
                 "Element 'memnode' is invalid without any guest NUMA cells "
                 "(/domain/numatune/memnode, line 1)"},
                {DOMAIN("<cpu mode='host-passthrough'><maxphysaddr mode='passthrough' bits='40'/></cpu>"),
                 ERROR_CONFIG_UNSUPPORTED,
                 "CPU maximum physical address bits number specification cannot be used with "
                 "mode='passthrough' (/domain/cpu/maxphysaddr/@bits, line 1)"},
                {DOMAIN("<features><hyperv><vendor_id value='1234567890abc'/></hyperv></features>"),
                 ERROR_XML_ERROR,
                 "HyperV vendor_id value is invalid (/domain/features/hyperv/vendor_id, line 1)"},
                {DOMAIN("<cpu mode='custom'><vendor>Acme</vendor></cpu>"), ERROR_XML_ERROR,
                 "CPU vendor specified without CPU model (/domain/cpu/vendor, line 1)"},
                {DOMAIN("<cpu><feature name='aes'/></cpu>"), ERROR_XML_ERROR,
                 "Non-empty feature list specified without CPU model (/domain/cpu/feature, line 1)"},
                {DOMAIN("<cpu><model>m</model><feature name='aes'/><feature name='aes' policy='forbid'/></cpu>"),
                 ERROR_XML_ERROR, "CPU feature 'aes' specified more than once (/domain/cpu/feature, line 1)"},
                {DOMAIN("<cpu mode='host-model' migratable='on'/>"), ERROR_CONFIG_UNSUPPORTED,
                 "Attribute migratable is only allowed for 'host-passthrough' / 'maximum' CPU mode "
                 "(/domain/cpu/@migratable, line 1)"},
                {DOMAIN("<cpu mode='maximum'><cache mode='emulate'/></cpu>"), ERROR_CONFIG_UNSUPPORTED,
                 "unsupported CPU cache level for mode 'emulate' (/domain/cpu/cache/@level, line 1)"},
                {DOMAIN("<vcpu>2</vcpu><cpu><numa><cell id='0' cpus='0-2' memory='9'/></numa></cpu>"), ERROR_INTERNAL,
                 "Number of CPUs in <numa> exceeds the <vcpu> count (/domain/cpu/numa, line 1)"},
                {DOMAIN("<vcpu>2</vcpu><cpu><numa><cell id='0' cpus='0' memory='9'><distances>"
                        "<sibling id='1' value='10'/></distances></cell><cell id='1' cpus='1' memory='9'/></numa>"
                        "</cpu>"),
                 ERROR_XML_ERROR,
                 "'value 10' is invalid for 'sibling id 1' under NUMA 'cell id 0' "
                 "(/domain/cpu/numa/cell/distances, line 1)"},
                {DOMAIN("<vcpu>2</vcpu><vcpus><vcpu id='1' enabled='yes'/></vcpus>"), ERROR_CONFIG_UNSUPPORTED,
                 "vcpu 0 can't be offline (/domain/vcpus/vcpu, line 1)"},
                {DOMAIN("<vcpu>2</vcpu><vcpus><vcpu id='0' enabled='yes' hotpluggable='yes'/></vcpus>"),
                 ERROR_CONFIG_UNSUPPORTED, "vcpu0 can't be hotpluggable (/domain/vcpus/vcpu, line 1)"},
                {DOMAIN("<vcpu>2</vcpu><vcpus><vcpu id='0' enabled='yes'/><vcpu id='2' enabled='yes'/></vcpus>"),
                 ERROR_XML_ERROR, "vcpu id '2' is out of range of maximum vcpu count (/domain/vcpus/vcpu, line 1)"},
                {DOMAIN("<vcpu>2</vcpu><cputune><vcpusched vcpus='0-2' scheduler='idle'/></cputune>"),
                 ERROR_CONFIG_UNSUPPORTED,
                 "vCPU '2' is not present in domain definition (/domain/cputune/vcpusched, line 1)"},
                {DOMAIN("<iothreads>1</iothreads><cputune><iothreadpin iothread='2' cpuset='0'/></cputune>"),
                 ERROR_CONFIG_UNSUPPORTED, "Cannot find 'iothread' : 2 (/domain/cputune/iothreadpin, line 1)"},
                {DOMAIN("<iothreads>1</iothreads><cputune><iothreadsched iothreads='1-2' scheduler='idle'/></cputune>"),
                 ERROR_CONFIG_UNSUPPORTED, "Cannot find 'iothread' : 2 (/domain/cputune/iothreadsched, line 1)"},
                {DOMAIN("<maxMemory slots='3'>64</maxMemory><memory>65</memory>"), ERROR_XML_ERROR,
                 "maximum memory size must be equal or greater than the actual memory size (/domain/maxMemory, "
                 "line 1)"},
                {DOMAIN("<memoryBacking><hugepages/><allocation mode='ondemand'/></memoryBacking>"),
                 ERROR_CONFIG_UNSUPPORTED,
                 "hugepages are not allowed with memory allocation ondemand "
                 "(/domain/memoryBacking/allocation/@mode, line 1)"},
                {DOMAIN("<memoryBacking><hugepages/><source type='anonymous'/></memoryBacking>"),
                 ERROR_CONFIG_UNSUPPORTED,
                 "hugepages are not allowed with anonymous memory source (/domain/memoryBacking/source/@type, line 1)"},
                {DOMAIN("<numatune><memory mode='interleave'/></numatune>"), ERROR_CONFIG_UNSUPPORTED,
                 "nodeset for NUMA memory tuning must be set if 'placement' is 'static' (/domain/numatune/memory, "
                 "line 1)"},
                {DOMAIN("<vcpu>3</vcpu><cputune><cachetune vcpus='0-1'><monitor level='2' vcpus='0'/></cachetune>"
                        "</cputune>"), ERROR_XML_ERROR,
                 "Invalid monitor cache level '2' (/domain/cputune/cachetune, line 1)"},
                {DOMAIN("<vcpu>3</vcpu><cputune><cachetune vcpus='0-1'><monitor level='3' vcpus='0'/>"
                        "<monitor level='3' vcpus='0'/></cachetune></cputune>"), ERROR_INVALID_ARG,
                 "Identical vcpus found in same type monitors (/domain/cputune/cachetune, line 1)"},
                {DOMAIN("<cputune><memorytune vcpus='0'><node id='1' bandwidth='101'/></memorytune></cputune>"),
                 ERROR_XML_ERROR,
                 "Memory Bandwidth value exceeding 100 is invalid. (/domain/cputune/memorytune/node, line 1)"},
                {DOMAIN("<cputune><memorytune vcpus='0'><node id='1' bandwidth='9'/><node id='1' bandwidth='8'/>"
                        "</memorytune></cputune>"), ERROR_XML_ERROR,
                 "Memory Bandwidth already defined for node 1 (/domain/cputune/memorytune/node, line 1)"},
                {DOMAIN("<perf><event name='cmt' enabled='yes'/><event name='cmt' enabled='no'/></perf>"),
                 ERROR_XML_ERROR, "perf event 'cmt' was already specified (/domain/perf/event, line 1)"},
                {DOMAIN("<keywrap><cipher name='aes' state='on'/><cipher name='aes' state='off'/></keywrap>"),
                 ERROR_INTERNAL,
                 "A domain definition can have no more than one cipher node with name aes "
                 "(/domain/keywrap/cipher, line 1)"},
                {DOMAIN("<idmap><uid start='0' target='9' count='1'/></idmap>"), ERROR_CONFIG_UNSUPPORTED,
                 "uid and gid should be mapped both (/domain/idmap, line 1)"},
                {DOMAIN("<idmap><uid start='0' target='9' count='1'/><gid start='1' target='9' count='1'/></idmap>"),
                 ERROR_CONFIG_UNSUPPORTED, "You must map the root user of container (/domain/idmap, line 1)"},
                {DOMAIN("<sysinfo type='smbios'><bios><entry name='date'>31/12/1999</entry></bios></sysinfo>"),
                 ERROR_XML_DETAIL, "Invalid BIOS 'date' format (/domain/sysinfo[1]/bios, line 1)"},
                {DOMAIN("<sysinfo type='fwcfg'><entry name='opt/ovmf/x'>y</entry></sysinfo>"),
                 ERROR_CONFIG_UNSUPPORTED, "That firmware name is reserved (/domain/sysinfo[1]/entry, line 1)"},
                {DOMAIN("<clock offset='utc' adjustment='soon'/>"), ERROR_XML_ERROR,
                 "unknown clock adjustment 'soon' (/domain/clock/@adjustment, line 1)"},
                {DOMAIN("<seclabel type='static'><label>l</label></seclabel>"), ERROR_XML_ERROR,
                 "missing security model in domain seclabel (/domain/seclabel[1]/@model, line 1)"},
                {DEVICES("<disk><source file='/a'><seclabel relabel='no'><label>l</label></seclabel></source>"
                         "<target dev='vda'/></disk>"), ERROR_XML_ERROR,
                 "Cannot specify a label if relabelling is turned off. model= "
                 "(/domain/devices/disk[1]/source/seclabel[1]/label, line 1)"},
                {DOMAIN("<seclabel type='none' relabel='yes'/>"), ERROR_CONFIG_UNSUPPORTED,
                 "resource relabeling is not compatible with 'none' label type (/domain/seclabel[1]/@relabel, line 1)"},
                {DOMAIN("<seclabel model='dac'/><seclabel/>"), ERROR_XML_ERROR,
                 "missing security model when using multiple labels (/domain/seclabel[2]/@model, line 1)"},
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
                        DOMAIN("<iothreads>1</iothreads><devices><controller type='scsi' "
                               "model='virtio-transitional'><driver iothread='1'/></controller></devices>"),
                        DEVICES(DISK("<target dev='sda' bus='sata'/><product>1234567890123456</product>")),
                        DEVICES("<graphics type='egl-headless'/>"),
                        DEVICES("<channel type='unix'><target type='virtio'/></channel>"),
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
