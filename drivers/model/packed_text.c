/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/model/def.h"

#include <string.h>
#include <zlib.h>

/*
 * Deflate with a dictionary of what definitions are full of: at a few KiB most of the gain comes from it. It
 * never leaves the process, so it may be changed at will. What is most frequent stands last.
 */
static const char dictionary[] =
                "<metadata>\n    <libosinfo:libosinfo "
                "xmlns:libosinfo=\"http://libosinfo.org/xmlns/libvirt/domain/1.0\">\n"
                "      <libosinfo:os id=\"http://debian.org/debian/12\"/>\n    </libosinfo:libosinfo>\n  "
                "</metadata>\n"
                "<title></title>\n<description></description>\n<memoryBacking>\n<cputune>\n<resource>\n"
                "    <partition>/machine</partition>\n<loader readonly='yes' secure='no' "
                "type='pflash'></loader>\n"
                "<nvram template='/usr/share/OVMF/OVMF_VARS_4M.fd'></nvram>\n<bootmenu enable='yes'/>\n"
                "  <cpu mode='host-passthrough' check='none' migratable='on'/>\n  <cpu mode='custom' "
                "match='exact' "
                "check='none'>\n    <model fallback='forbid'>qemu64</model>\n    <topology sockets='1' "
                "dies='1' cores='1' "
                "threads='1'/>\n  </cpu>\n<shareable/><serial></serial>\n<log file='' append='off'/>\n"
                "    <filesystem type='mount' accessmode='passthrough'>\n    <hostdev mode='subsystem' "
                "type='usb' "
                "managed='yes'>\n    <redirdev bus='usb' type='spicevmc'>\n    </redirdev>\n    <watchdog "
                "model='itco' "
                "action='reset'/>\n    <rng model='virtio'>\n      <backend "
                "model='random'>/dev/urandom</backend>\n"
                "    </rng>\n    <channel type='spicevmc'>\n      <target type='virtio' "
                "name='com.redhat.spice.0'/>\n"
                "    <graphics type='spice' autoport='yes'>\n      <listen type='address'/>\n      <image "
                "compression='off'/>\n    </graphics>\n    <graphics type='vnc' port='-1' autoport='yes' "
                "listen='127.0.0.1'>\n      <listen type='address' address='127.0.0.1'/>\n    </graphics>\n"
                "    <sound model='ich9'>\n    </sound>\n    <audio id='1' type='none'/>\n    <video>\n     "
                " <model "
                "type='virtio' heads='1' primary='yes'/>\n      <model type='qxl' ram='65536' vram='65536' "
                "vgamem='16384' heads='1' primary='yes'/>\n    </video>\n<domain type='kvm'>\n  "
                "<name></name>\n  <uuid>"
                "</uuid>\n  <memory unit='KiB'>2097152</memory>\n  <currentMemory "
                "unit='KiB'>2097152</currentMemory>\n"
                "  <vcpu placement='static'>2</vcpu>\n  <os>\n    <type arch='x86_64' "
                "machine='pc-i440fx-7.2'>hvm</type>\n"
                "    <type arch='x86_64' machine='pc-q35-7.2'>hvm</type>\n    <boot dev='hd'/>\n  </os>\n  "
                "<features>\n"
                "    <acpi/>\n    <apic/>\n    <vmport state='off'/>\n  </features>\n  <clock "
                "offset='utc'>\n    <timer "
                "name='rtc' tickpolicy='catchup'/>\n    <timer name='pit' tickpolicy='delay'/>\n    <timer "
                "name='hpet' "
                "present='no'/>\n  </clock>\n  <on_poweroff>destroy</on_poweroff>\n  "
                "<on_reboot>restart</on_reboot>\n"
                "  <on_crash>destroy</on_crash>\n  <pm>\n    <suspend-to-mem enabled='no'/>\n    "
                "<suspend-to-disk "
                "enabled='no'/>\n  </pm>\n  <devices>\n    "
                "<emulator>/usr/bin/qemu-system-x86_64</emulator>\n    <disk "
                "type='file' device='cdrom'>\n      <driver name='qemu' type='raw'/>\n      <target "
                "dev='sda' "
                "bus='sata'/>\n      <readonly/>\n      <address type='drive' controller='0' bus='0' "
                "target='0' "
                "unit='0'/>\n    </disk>\n    <disk type='file' device='disk'>\n      <driver name='qemu' "
                "type='qcow2' "
                "discard='unmap' cache='none' io='native'/>\n      <source "
                "file='/var/lib/libvirt/images/vm.qcow2'/>\n"
                "      <target dev='vda' bus='virtio'/>\n      <boot order='1'/>\n    </disk>\n    "
                "<controller type='ide' "
                "index='0'>\n    </controller>\n    <controller type='sata' index='0'>\n    </controller>\n "
                "   <controller "
                "type='usb' index='0' model='qemu-xhci' ports='15'>\n    </controller>\n    <controller "
                "type='usb' "
                "index='0' model='piix3-uhci'>\n    <controller type='pci' index='0' model='pci-root'/>\n   "
                " <controller "
                "type='virtio-serial' index='0'>\n    </controller>\n    <interface type='network'>\n      "
                "<mac "
                "address='52:54:00:'/>\n      <source network='default'/>\n      <source bridge='br0'/>\n   "
                "   <model "
                "type='virtio'/>\n    </interface>\n    <serial type='pty'>\n      <target "
                "type='isa-serial' port='0'>\n"
                "        <model name='isa-serial'/>\n      </target>\n    </serial>\n    <console "
                "type='pty'>\n      "
                "<target type='serial' port='0'/>\n    </console>\n    <channel type='unix'>\n      <target "
                "type='virtio' "
                "name='org.qemu.guest_agent.0'/>\n      <address type='virtio-serial' controller='0' "
                "bus='0' port='1'/>\n"
                "    </channel>\n    <input type='tablet' bus='usb'>\n      <address type='usb' bus='0' "
                "port='1'/>\n"
                "    </input>\n    <input type='mouse' bus='ps2'/>\n    <input type='keyboard' bus='ps2'/>\n"
                "    <memballoon model='virtio'>\n    </memballoon>\n  </devices>\n</domain>\n"
                "    <controller type='pci' index='0' model='pcie-root'/>\n    <controller type='pci' "
                "index='1' "
                "model='pcie-root-port'>\n      <model name='pcie-root-port'/>\n      <target chassis='1' "
                "port='0x10'/>\n"
                "      <address type='pci' domain='0x0000' bus='0x00' slot='0x02' function='0x0' "
                "multifunction='on'/>\n"
                "    </controller>\n      <address type='pci' domain='0x0000' bus='0x01' slot='0x00' "
                "function='0x0'/>\n";

struct PackedText {
        uint32_t size; /* of the text */
        uint32_t n_data;
        uint32_t mark;
        uint32_t plain; /* data is the text itself */
        uint8_t data[];
};

PackedText *definition_pack(const char *text, size_t size, uint32_t mark)
{
        z_stream z = {};
        PackedText *packed;
        uLong bound;
        int r;

        g_assert(size <= UINT32_MAX);
        r = deflateInit2(&z, Z_DEFAULT_COMPRESSION, Z_DEFLATED, -MAX_WBITS, 8, Z_DEFAULT_STRATEGY);
        g_assert(r == Z_OK);
        r = deflateSetDictionary(&z, (const Bytef *) dictionary, sizeof(dictionary) - 1);
        g_assert(r == Z_OK);
        bound = deflateBound(&z, size);
        packed = g_malloc(sizeof(*packed) + bound);
        z.next_in = (Bytef *) text;
        z.avail_in = (uInt) size;
        z.next_out = packed->data;
        z.avail_out = (uInt) bound;
        r = deflate(&z, Z_FINISH);
        g_assert(r == Z_STREAM_END);
        packed->size = (uint32_t) size;
        packed->mark = mark;
        packed->plain = false;
        packed->n_data = (uint32_t) z.total_out;
        deflateEnd(&z);
        return g_realloc(packed, definition_packed_size(packed));
}

PackedText *definition_keep(const char *text, size_t size, uint32_t mark)
{
        PackedText *packed = g_malloc(sizeof(*packed) + size);

        g_assert(size <= UINT32_MAX);
        *packed = (PackedText) { .size = (uint32_t) size, .n_data = (uint32_t) size, .mark = mark, .plain = true };
        memcpy(packed->data, text, size);
        return packed;
}

bool definition_is_kept(const PackedText *packed)
{
        return packed->plain;
}

static void inflate_text(const PackedText *packed, char *text)
{
        z_stream z = {};
        int r;

        r = inflateInit2(&z, -MAX_WBITS);
        g_assert(r == Z_OK);
        r = inflateSetDictionary(&z, (const Bytef *) dictionary, sizeof(dictionary) - 1);
        g_assert(r == Z_OK);
        z.next_in = (Bytef *) packed->data;
        z.avail_in = packed->n_data;
        z.next_out = (Bytef *) text;
        z.avail_out = packed->size + 1;
        r = inflate(&z, Z_FINISH);
        g_assert(r == Z_STREAM_END && z.total_out == packed->size);
        inflateEnd(&z);
}

char *definition_unpack(const PackedText *packed, size_t *ret_size)
{
        char *text = g_malloc(packed->size + 1);

        if (packed->plain)
                memcpy(text, packed->data, packed->size);
        else
                inflate_text(packed, text);
        text[packed->size] = '\0';
        if (ret_size)
                *ret_size = packed->size;
        return text;
}

size_t definition_packed_size(const PackedText *packed)
{
        return sizeof(*packed) + packed->n_data;
}

uint32_t definition_packed_mark(const PackedText *packed)
{
        return packed->mark;
}
