/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tools/bench/bench.h"

/* What does not change from one machine to the next: what a tool for making them writes for a server. */
static const char devices[] =
        "    <controller type='usb' index='0' model='qemu-xhci' ports='15'/>\n"
        "    <controller type='virtio-serial' index='0'/>\n"
        "    <serial type='pty'>\n"
        "      <target type='isa-serial' port='0'>\n"
        "        <model name='isa-serial'/>\n"
        "      </target>\n"
        "    </serial>\n"
        "    <console type='pty'>\n"
        "      <target type='serial' port='0'/>\n"
        "    </console>\n"
        "    <channel type='unix'>\n"
        "      <target type='virtio' name='org.qemu.guest_agent.0'/>\n"
        "    </channel>\n"
        "    <input type='tablet' bus='usb'/>\n"
        "    <graphics type='vnc' port='-1' autoport='yes' listen='127.0.0.1'/>\n"
        "    <video>\n"
        "      <model type='vga' vram='16384' heads='1' primary='yes'/>\n"
        "    </video>\n"
        "    <watchdog model='i6300esb' action='reset'/>\n"
        "    <memballoon model='virtio'/>\n"
        "    <rng model='virtio'>\n"
        "      <backend model='random'>/dev/urandom</backend>\n"
        "    </rng>\n"
        "  </devices>\n"
        "</domain>\n";

static const char head[] =
        "<domain type='%s'>\n"
        "  <name>bench-%05u</name>\n"
        "  <uuid>b0000000-0000-4000-8000-%012x</uuid>\n"
        "  <title>Machine %u of the benchmark</title>\n"
        "  <description>%08x%08x%08x%08x, what somebody noted</description>\n"
        "  <metadata>\n"
        "    <app:server xmlns:app='urn:example:bench'>\n"
        "      <app:os id='debian12'/>\n"
        "      <app:owner>somebody</app:owner>\n"
        "    </app:server>\n"
        "  </metadata>\n"
        "  <memory unit='KiB'>%u</memory>\n"
        "  <currentMemory unit='KiB'>%u</currentMemory>\n"
        "  <vcpu placement='static'>%u</vcpu>\n"
        "  <os>\n"
        "    <type arch='x86_64' machine='%s'>hvm</type>\n"
        "    <boot dev='hd'/>\n"
        "  </os>\n"
        "  <features>\n"
        "    <acpi/>\n"
        "    <apic/>\n"
        "  </features>\n"
        "  <clock offset='utc'>\n"
        "    <timer name='rtc' tickpolicy='catchup'/>\n"
        "    <timer name='pit' tickpolicy='delay'/>\n"
        "    <timer name='hpet' present='no'/>\n"
        "  </clock>\n"
        "  <on_poweroff>destroy</on_poweroff>\n"
        "  <on_reboot>restart</on_reboot>\n"
        "  <on_crash>destroy</on_crash>\n"
        "  <pm>\n"
        "    <suspend-to-mem enabled='no'/>\n"
        "    <suspend-to-disk enabled='no'/>\n"
        "  </pm>\n"
        "  <devices>\n";

static const char disk[] =
        "    <disk type='file' device='disk'>\n"
        "      <driver name='qemu' type='qcow2' discard='unmap'/>\n"
        "      <source file='/var/lib/images/bench-%05u-%u.qcow2'/>\n"
        "      <target dev='vd%c' bus='virtio'/>\n"
        "    </disk>\n";

static const char cdrom[] =
        "    <disk type='file' device='cdrom'>\n"
        "      <driver name='qemu' type='raw'/>\n"
        "      <target dev='%s' bus='%s'/>\n"
        "      <readonly/>\n"
        "    </disk>\n";

static const char interface[] =
        "    <interface type='user'>\n"
        "      <mac address='52:54:00:%02x:%02x:%02x'/>\n"
        "      <model type='virtio'/>\n"
        "    </interface>\n";

/* Always the same for the same number, and not like its neighbour. */
static uint32_t scramble(uint32_t i)
{
        return (i + 1) * 2654435761u;
}

char *bench_definition(const char *type, unsigned i)
{
        GString *xml = g_string_new(NULL);
        uint32_t mac = scramble(i), memory = (1 + i % 8) << 20;
        bool old = i % 4 == 0;

        g_string_append_printf(xml, head, type, i, i, i, scramble(i), scramble(i + 7), scramble(i + 13),
                               scramble(i + 19), memory, memory, 1 + i % 4, old ? "pc" : "q35");
        for (unsigned k = 0; k <= i % 3; k++)
                g_string_append_printf(xml, disk, i, k, (int) ('a' + k));
        g_string_append_printf(xml, cdrom, old ? "hda" : "sda", old ? "ide" : "sata");
        g_string_append_printf(xml, interface, mac >> 16 & 0xff, mac >> 8 & 0xff, mac & 0xff);
        g_string_append(xml, devices);
        return g_string_free(xml, FALSE);
}

char *bench_bare_definition(const char *name, const char *uuid)
{
        return g_strdup_printf("<domain type='qemu'>\n"
                               "  <name>%s</name>\n"
                               "  <uuid>%s</uuid>\n"
                               "  <memory unit='KiB'>65536</memory>\n"
                               "  <vcpu>1</vcpu>\n"
                               "  <os>\n"
                               "    <type arch='x86_64' machine='pc'>hvm</type>\n"
                               "  </os>\n"
                               "  <devices>\n"
                               "    <controller type='usb' model='none'/>\n"
                               "    <memballoon model='none'/>\n"
                               "  </devices>\n"
                               "</domain>\n",
                               name, uuid);
}
