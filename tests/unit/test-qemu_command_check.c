/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/unit/machine-fixture.h"

/* What is refused before anything is opened, and how that is said. */

#define CARD(content)                                                                                       \
        "<interface type='hostdev' managed='yes'><mac address='52:54:00:01:02:03'/><source><address type='pci' " \
        "domain='0' bus='3' slot='0x10' function='1'/></source>" content "</interface>"

static void test_refusals(void **state)
{
        static const struct {
                const char *head, *devices, *text;
        } cases[] = {
                        {"<os><type arch='x86_64' machine='pc-q35-99.9'>hvm</type></os>", "",
                         "/domain/os/type/@machine: /usr/bin/qemu-system-x86_64 has no machine "
                         "'pc-q35-99.9'"},
                        {"<os><type arch='aarch64' machine='virt'>hvm</type></os>", "",
                         "/domain/os/type/@arch: /usr/bin/qemu-system-x86_64 runs 'x86_64', not 'aarch64'"},
                        {OS "<cpu mode='host-passthrough'/>", "",
                         "/domain/cpu/@mode: 'host-passthrough' needs"},
                        {OS "<cpu><model>NoSuchChip</model></cpu>", "", "/domain/cpu/model"},
                        {OS "<cpu><model>qemu64</model><feature name='a,b=c'/></cpu>", "",
                         "/domain/cpu/feature/@name"},
                        {OS,
                         "<disk type='network'><source protocol='sheepdog' name='x'><host name='h'/></source>"
                         "<target dev='vda'/></disk>",
                         "/domain/devices/disk[1]/source/@protocol: QEMU has had no client of 'sheepdog' since 6.1"},
                        {OS,
                         "<disk type='network'><source protocol='gluster' name='v/x'><host name='h' transport='rdma'/>"
                         "</source><target dev='vda'/></disk>",
                         "/domain/devices/disk[1]/source/host/@transport: QEMU speaks with servers over TCP"},
                        {OS,
                         "<disk type='network'><source protocol='nbd' name='x'><host name='h'/>"
                         "<auth username='x'><secret type='iscsi' usage='y'/></auth></source>"
                         "<target dev='vda'/></disk>",
                         "authentication is not supported for protocol 'nbd'"},
                        {OS,
                         "<disk type='file'><driver type='qed'/><source file='/x'/><target "
                         "dev='vda'/></disk>",
                         "/domain/devices/disk[1]/driver/@type: images of the format 'qed' cannot be used"},
                        {OS,
                         "<disk type='file'><source file='/x'><encryption format='qcow'><secret type='passphrase' "
                         "usage='x'/></encryption></source><target dev='vda'/></disk>",
                         "/domain/devices/disk[1]/source/encryption: QEMU itself has the format 'luks' alone"},
                        {OS,
                         "<disk type='file'><driver type='qcow2'/><source file='/x'/><backingStore type='file'>"
                         "<format type='raw'/><source file='/y'/><backingStore type='volume'><format type='raw'/>"
                         "<source pool='p' volume='v'/></backingStore></backingStore><target dev='vda'/></disk>",
                         "/domain/devices/disk[1]/backingStore/backingStore/@type: 'volume': it was not looked up"},
                        {OS,
                         "<disk type='network'><source protocol='nbd' name='x'><host name='h'/>"
                         "<identity username='u' keyfile='/k'/></source><target dev='vda'/></disk>",
                         "/domain/devices/disk[1]/source/identity/@keyfile"},
                        {OS,
                         "<disk type='network'><source protocol='ssh' name='x'><host name='h'/>"
                         "<identity username='u' agentsock='/a'/><knownHosts path='/k'/></source>"
                         "<target dev='vda'/></disk>",
                         "/domain/devices/disk[1]/source/identity/@agentsock: an SSH agent speaks"},
                        {"<os><type arch='x86_64' machine='pc-q35-7.2'>hvm</type><kernel>/k</kernel>"
                         "<shim>/s</shim></os>",
                         "",
                         "/domain/os/shim: it needs QEMU 10.0, but"},
                        {OS "<iothreads>1</iothreads>",
                         "<disk type='file'><driver name='qemu'><iothreads><iothread id='1'/></iothreads></driver>"
                         "<source file='/x'/><target dev='vda'/></disk>",
                         "/domain/devices/disk[1]/driver/iothreads: it needs QEMU 9.0, but"},
                        {OS,
                         "<disk type='file'><driver type='qcow2' discard_no_unref='on'/><source file='/x'/>"
                         "<target dev='vda'/></disk>",
                         "/domain/devices/disk[1]/driver/@discard_no_unref: it needs QEMU 8.1, but"},
                        {OS,
                         "<disk type='file'><source file='/x'/><target dev='sda' bus='sata'/>"
                         "<address type='drive' controller='0' bus='0' target='0' unit='6'/></disk>",
                         "/domain/devices/disk[1]/address/@unit: the bus has no unit 6"},
                        {OS,
                         "<disk type='file'><source file='/x'/><target dev='vda'/><throttlefilters>"
                         "<throttlefilter group='none'/></throttlefilters></disk>",
                         "throttle group 'none' not found"},
                        {OS,
                         "<disk type='vhostuser'><source type='unix' path='/x'/><target dev='vda'/></disk>",
                         "'vhostuser disk' requires shared memory"},
                        {OS, "<disk type='file'><source file='/x'/><backenddomain name='x'/><target dev='vda'/></disk>",
                         "/domain/devices/disk[1]/backenddomain: only Xen"},
                        {OS, "<interface type='network'><source network='blue'/></interface>",
                         "/domain/devices/interface[1]/source/@network: the network 'blue' has no bridge"},
                        {"<os><type arch='x86_64' machine='pc-q35-7.2'>hvm</type>"
                         "<loader readonly='yes' type='pflash'>/x</loader><nvram type='network'>"
                         "<source protocol='sheepdog' name='v'><host name='h'/></source>"
                         "</nvram></os><features><acpi/></features>", "",
                         "/domain/os/nvram/source/@protocol: QEMU has had no client"},
                        {OS, CARD("<vlan trunk='yes'><tag id='42'/></vlan>"),
                         "/domain/devices/interface[1]/vlan: a virtual function has one VLAN"},
                        {OS, CARD("<driver name='kvm'/>"), "/domain/devices/interface[1]/driver/@name: devices are"},
                        {OS, CARD("<bandwidth><inbound average='1'/></bandwidth>"),
                         "/domain/devices/interface[1]/bandwidth: only traffic through"},
                        {OS, "<interface type='user'><model type='nosuch'/></interface>",
                         "/domain/devices/interface[1]/model/@type: there is no network card 'nosuch'"},
                        {OS, "<serial type='nmdm'><source master='/a' slave='/b'/></serial>",
                         "/domain/devices/serial[1]/@type"},
                        {OS, "<graphics type='vnc' port='80' autoport='no'/>",
                         "/domain/devices/graphics[1]/@port"},
                        {OS, "<graphics type='vnc' port='-1' passwd='ninechars'/>",
                         "/domain/devices/graphics[1]/@passwd"},
                        {OS, "<graphics type='sdl'/>", "/domain/devices/graphics[1]/@type"},
                        {OS, "<sound model='ich7'/>",
                         "sound card model 'ich7' is not supported by qemu"},
                        {OS, "<rng model='virtio'><backend model='egd' type='udp'/></rng>",
                         "/domain/devices/rng[1]"},
                        {OS, "<filesystem type='ram'><source usage='1'/><target dir='y'/></filesystem>",
                         "QEMU only supports mount filesystem type"},
                        {OS, "<filesystem><driver type='virtiofs'/><source dir='/x'/><target dir='y'/></filesystem>",
                         "'virtiofs' requires shared memory"},
                        {OS, "<tpm model='tpm-crb'><backend type='emulator' version='1.2'/></tpm>",
                         "/domain/devices/tpm[1]/backend/@version"},
                        {OS "<resource><fibrechannel appid='a'/></resource>", "",
                         "/domain/resource/fibrechannel/@appid"},
                        {OS "<vcpu>2</vcpu><cputune><cachetune vcpus='0'>"
                            "<cache id='0' level='3' type='both' size='3' unit='MiB'/></cachetune>"
                            "<memorytune vcpus='0-1'><node id='0' bandwidth='60'/></memorytune></cputune>", "",
                         "/domain/cputune/memorytune[1]/@vcpus: a <cachetune> has some"},
                        {OS, "<graphics type='spice' tlsPort='5999'/>", "/domain/devices/graphics[1]/@tlsPort"},
                        {OS, "<graphics type='vnc'><listen type='network' network='blue'/></graphics>",
                         "/domain/devices/graphics[1]/listen/@network: the network was not looked up"},
                        {OS "<features><ioapic driver='qemu'/></features>",
                         "<iommu model='amd'><driver intremap='on' xtsup='on'/></iommu>",
                         "/domain/devices/iommu[1]/driver/@xtsup: it needs QEMU 9.2, but"},
                        {OS, "<crypto model='virtio' type='qemu'><backend model='lkcf'/></crypto>",
                         "/domain/devices/crypto[1]/backend/@model: /usr/bin/qemu-system-x86_64 has no object"},
                        {"<os firmware='efi'><type arch='x86_64' machine='pc-q35-7.2'>hvm</type></os>"
                         "<features><acpi/></features>", "", "/domain/os/@firmware"},
        };
        Fixture *f = *state;

        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                g_autofree char *xml = small_domain(cases[i].head, cases[i].devices);
                _cleanup_error_ Error error = ERROR_INIT;
                _cleanup_(machine_clear) Machine m;

                /* what no QEMU has is refused before it comes to this one */
                if (try_to_prepare(f, xml, &m, &error) >= 0 && qemu_command_check(m.def, f->caps, NULL, &error) >= 0)
                        fail_msg("accepted: %s", xml);
                if (!strstr(error.detail, cases[i].text))
                        fail_msg("'%s' is not in '%s'", cases[i].text, error.detail);
        }
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_refusals),
        };

        return cmocka_run_group_tests(tests, setup_caps, teardown);
}
