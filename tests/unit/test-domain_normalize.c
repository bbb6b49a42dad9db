/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/model/domain_normalize.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <string.h>

#include "tests/unit/golden.h"

static const char *host_emulator(void *userdata, DomainVirtType type, const char *arch)
{
        return streq(arch, "x86_64") ? "/usr/bin/qemu-system-x86_64" : NULL;
}

static const char *host_default_machine(void *userdata, const char *emulator, const char *arch)
{
        return streq(arch, "x86_64") ? "pc" : NULL;
}

static const char *host_expand_machine(void *userdata, const char *emulator, const char *machine)
{
        return streq(machine, "pc") ? "pc-i440fx-7.2" : streq(machine, "q35") ? "pc-q35-7.2" : NULL;
}

static const char *host_default_cpu(void *userdata, DomainVirtType type, const char *emulator,
                                    const char *arch, const char *machine)
{
        return "qemu64";
}

/* 0, 1, 2, …: the same in every run */
static void host_random(void *userdata, uint8_t *bytes, size_t n)
{
        uint8_t *next = userdata;

        for (size_t i = 0; i < n; i++)
                bytes[i] = (*next)++;
}

static DomainDef *parse(const char *xml)
{
        _cleanup_error_ Error error = ERROR_INIT;
        DomainDef *def = NULL;

        if (domain_def_parse(xml, strlen(xml), 0, NULL, &def, &error) < 0) {
                g_autofree char *message = error_message(&error);

                fail_msg("%s", message);
        }
        return def;
}

static int normalize(const DomainDef *def, DomainDef **ret, Error *error)
{
        uint8_t next = 0;
        DomainDefHost host = {
                .userdata = &next, .arch = "x86_64", .emulator = host_emulator,
                .default_machine = host_default_machine, .expand_machine = host_expand_machine,
                .default_cpu = host_default_cpu, .random = host_random,
        };

        return domain_def_normalize(def, &host, ret, error);
}

static DomainDef *normal(const char *xml)
{
        _cleanup_(domain_def_unrefp) DomainDef *def = parse(xml);
        _cleanup_error_ Error error = ERROR_INIT;
        DomainDef *result = NULL;

        if (normalize(def, &result, &error) < 0) {
                g_autofree char *message = error_message(&error);

                fail_msg("%s", message);
        }
        return result;
}

#define PORT(port)                                                                                  \
        "<channel type='pty'><target type='virtio'/><address type='virtio-serial' controller='0' bus='0' " \
        "port='" port "'/></channel>"

static void assert_refused(const char *xml, ErrorCode code, const char *part)
{
        _cleanup_(domain_def_unrefp) DomainDef *def = parse(xml);
        _cleanup_error_ Error error = ERROR_INIT;
        DomainDef *result = NULL;

        assert_true(normalize(def, &result, &error) < 0);
        assert_null(result);
        assert_int_equal(error.code, code);
        if (!strstr(error.detail, part))
                fail_msg("'%s' is not in '%s'", part, error.detail);
}

static const char *const golden_names[] = { "minimal", "desktop", "pc", "q35", "bridges", "many" };

static void test_golden(void **state)
{
        for (unsigned i = 0; i < ELEMENTSOF(golden_names); i++) {
                g_autofree char *in = g_strdup_printf("domain/%s.xml", golden_names[i]);
                g_autofree char *out = g_strdup_printf("domain/%s.normal.xml", golden_names[i]);
                g_autofree char *xml = golden_read(in, NULL);
                _cleanup_(domain_def_unrefp) DomainDef *def = normal(xml);
                g_autofree char *text = domain_def_format(def, DOMAIN_DEF_FORMAT_SECURE);

                golden_compare(out, text);
        }
}

static void test_idempotent(void **state)
{
        for (unsigned i = 0; i < ELEMENTSOF(golden_names); i++) {
                g_autofree char *in = g_strdup_printf("domain/%s.xml", golden_names[i]);
                g_autofree char *xml = golden_read(in, NULL);
                _cleanup_(domain_def_unrefp) DomainDef *once = normal(xml), *twice = NULL;
                g_autofree char *a = domain_def_format(once, DOMAIN_DEF_FORMAT_SECURE), *b = NULL;

                twice = normal(a);
                b = domain_def_format(twice, DOMAIN_DEF_FORMAT_SECURE);
                assert_string_equal(a, b);
                assert_true(domain_def_equal(once, twice));
        }
}

/* Elements that libvirt puts in order, completes, or leaves out; what is not there any more becomes "". */
static const struct {
        const char *given;
        const char *element; /* of the result */
        const char *becomes;
} parts[] = {
        { "<clock/>", "clock", "<clock offset='utc'/>" },
        { "<clock offset='localtime' adjustment='+84'/>", "clock",
          "<clock offset='variable' adjustment='84' basis='localtime'/>" },
        { "<clock offset='utc' adjustment='reset'/>", "clock", "<clock offset='utc' adjustment='reset'/>" },
        { "<clock offset='variable' adjustment='soon'/>", "clock",
          "<clock offset='variable' adjustment='0' basis='utc'/>" },
        { "<blkiotune><device><path>/dev/a</path><weight>0</weight><read_iops_sec>5</read_iops_sec></device>"
          "<device><path>/dev/b</path><write_bytes_sec>0</write_bytes_sec></device></blkiotune>", "blkiotune",
          "<blkiotune><device><path>/dev/a</path><read_iops_sec>5</read_iops_sec></device></blkiotune>" },
        { "<numatune><memory/></numatune>", "numatune", "" },
        { "<vcpu placement='auto'>1</vcpu><numatune><memory mode='interleave'/></numatune>", "numatune",
          "<numatune><memory mode='interleave' placement='auto'/></numatune>" },
        { "<perf><event name='emulation_faults' enabled='no'/><event name='cmt' enabled='yes'/></perf>", "perf",
          "<perf><event name='cmt' enabled='yes'/><event name='emulation_faults' enabled='no'/></perf>" },
        { "<keywrap><cipher name='dea' state='off'/><cipher name='aes' state='on'/></keywrap>", "keywrap",
          "<keywrap><cipher name='aes' state='on'/><cipher name='dea' state='off'/></keywrap>" },
        { "<idmap><uid start='7' target='2' count='1'/><uid start='0' target='1' count='1'/>"
          "<gid start='0' target='1' count='1'/></idmap>", "idmap",
          "<idmap><uid start='0' target='1' count='1'/><uid start='7' target='2' count='1'/>"
          "<gid start='0' target='1' count='1'/></idmap>" },
        { "<defaultiothread/>", "defaultiothread", "" },
        { "<iothreads>0</iothreads>", "iothreads", "" },
        { "<title></title>", "title", "" },
        { "<qemu:capabilities xmlns:qemu='http://libvirt.org/schemas/domain/qemu/1.0'/>", "qemu:capabilities", "" },
        { "<cputune><quota>-5</quota><vcpupin vcpu='0' cpuset='1'/><vcpupin vcpu='1' cpuset='1'/>"
          "<vcpusched vcpus='0' scheduler='batch' priority='3'/><cachetune vcpus='0'/></cputune>", "cputune",
          "<cputune><quota>-5</quota><vcpupin vcpu='0' cpuset='1'/><vcpusched vcpus='0' scheduler='batch'/>"
          "</cputune>" },
        { "<vcpu>3</vcpu><vcpus><vcpu id='0' enabled='yes' order='1'/></vcpus>", "vcpus",
          "<vcpus><vcpu id='0' enabled='yes' hotpluggable='no' order='1'/>"
          "<vcpu id='1' enabled='no' hotpluggable='yes'/><vcpu id='2' enabled='no' hotpluggable='yes'/></vcpus>" },
        { "<vcpu>3</vcpu><vcpus><vcpu id='0' enabled='yes'/><vcpu id='2' enabled='yes'/></vcpus>", "vcpu",
          "<vcpu placement='static' current='2'>3</vcpu>" },
        { "<memoryBacking><hugepages><page size='2048' nodeset='0'/></hugepages></memoryBacking>", "memoryBacking",
          "<memoryBacking><hugepages><page size='2048' unit='KiB'/></hugepages></memoryBacking>" },
        { "<memoryBacking><allocation mode='ondemand' threads='3'/></memoryBacking>", "memoryBacking",
          "<memoryBacking><allocation mode='ondemand' threads='3'/></memoryBacking>" },
        { "<cpu mode='custom' match='minimum' check='full'/>", "cpu",
          "<cpu mode='custom' match='exact' check='none'><model fallback='forbid'>qemu64</model></cpu>" },
        { "<cpu mode='host-model' match='minimum'><model fallback='forbid'/></cpu>", "cpu",
          "<cpu mode='host-model' check='partial'/>" },
        { "<cpu mode='maximum'><model fallback='allow' vendor_id='AcmeAcmeAcme'>x</model><vendor>Intel</vendor></cpu>",
          "cpu", "<cpu mode='maximum' check='none'/>" },
        { "<features><kvm/><xen/></features>", "features", "<features><kvm></kvm><xen></xen></features>" },
        { "<features><hyperv><stimer state='off'><direct state='on'/></stimer><vendor_id state='off' value='v'/>"
          "</hyperv><kvm><dirty-ring state='off' size='7'/></kvm></features>", "features",
          "<features><hyperv mode='custom'><stimer state='off'/><vendor_id state='off'/></hyperv>"
          "<kvm><dirty-ring state='off'/></kvm></features>" },
        { "<sysinfo type='smbios'><baseBoard/></sysinfo>", "sysinfo", "<sysinfo type='smbios'/>" },
        { "<seclabel type='none' model='dac' relabel='no'><label>l</label></seclabel>", "seclabel",
          "<seclabel type='none' model='dac'/>" },
};

/* The element as it is printed, without what it is indented by; empty when it is not there. */
static char *element_of(const char *text, const char *name)
{
        g_autofree char *open = g_strdup_printf("\n  <%s", name), *close = g_strdup_printf("\n  </%s>", name);
        const char *start = strstr(text, open), *line;
        GString *out = g_string_new(NULL);

        while (start && g_ascii_isalnum(start[strlen(open)]))
                start = strstr(start + 1, open);
        line = start ? strchr(start + 1, '\n') : NULL;
        if (line && !g_strrstr_len(start, line - start, "/>") && !g_strrstr_len(start, line - start, "</")) {
                line = strstr(start, close);
                assert_non_null(line);
                line = strchr(line + 1, '\n');
        }
        for (const char *p = start; p && p < line; p++)
                if (*p == '\n')
                        p += strspn(p + 1, " ");
                else
                        g_string_append_c(out, *p);
        return g_string_free(out, FALSE);
}

static void test_parts(void **state)
{
        for (unsigned i = 0; i < ELEMENTSOF(parts); i++) {
                g_autofree char *xml = g_strdup_printf("<domain type='kvm'><name>t</name><memory>1024</memory>%s"
                                                       "<os><type machine='pc'>hvm</type></os></domain>",
                                                       parts[i].given);
                _cleanup_(domain_def_unrefp) DomainDef *def = normal(xml), *again = NULL;
                g_autofree char *text = domain_def_format(def, DOMAIN_DEF_FORMAT_SECURE), *twice = NULL;
                g_autofree char *element = element_of(text, parts[i].element);

                assert_string_equal(element, parts[i].becomes);
                again = normal(text);
                twice = domain_def_format(again, DOMAIN_DEF_FORMAT_SECURE);
                assert_string_equal(twice, text);
        }
}

/* A file's label that is given is put on it; that it gets one that is made up goes without saying. */
static void test_labels(void **state)
{
        _cleanup_(domain_def_unrefp) DomainDef *def =
                normal("<domain type='kvm'><name>t</name><memory>1024</memory><os><type machine='pc'>hvm</type></os>"
                       "<devices><disk><source file='/a'><seclabel model='dac'><label>l</label></seclabel>"
                       "<seclabel model='selinux' relabel='yes'/></source><target dev='vda' bus='virtio'/></disk>"
                       "</devices></domain>");
        const DomainStorage *source = &def->disks.items[0]->source;

        assert_int_equal(source->labels.n, 1);
        assert_string_equal(source->labels.items[0]->model, "dac");
        assert_int_equal(source->labels.items[0]->relabel, TRISTATE_YES);
}

/* A driver that does not emulate a PC gets none of it. */
static void test_other_hypervisor(void **state)
{
        _cleanup_(domain_def_unrefp) DomainDef *def = NULL;

        def = normal("<domain "
                     "type='test'><name>t</name><memory>1024</memory><os><type>hvm</type></os><devices>"
                     "<disk><source file='/a'/><target dev='hdd'/></disk>"
                     "<interface type='user'/></devices></domain>");
        assert_non_null(def->uuid);
        assert_int_equal(def->vcpus, 1);
        assert_int_equal(def->current_memory, 1024);
        assert_int_equal(def->on_crash, DOMAIN_LIFECYCLE_DESTROY);
        assert_int_equal(def->clock->offset, DOMAIN_CLOCK_UTC);
        assert_int_equal(def->os.boot.n, 1);
        assert_null(def->memballoon);
        assert_int_equal(def->inputs.n, 0);
        assert_int_equal(def->controllers.n, 1);
        assert_int_equal(def->controllers.items[0]->type, DOMAIN_CONTROLLER_IDE);
        assert_int_equal(def->disks.items[0]->info.address->drive.bus, 1);
        assert_int_equal(def->disks.items[0]->info.address->drive.unit, 1);
        assert_null(def->disks.items[0]->driver_name);
        assert_null(def->interfaces.items[0]->model);
        assert_true(g_str_has_prefix(def->interfaces.items[0]->mac, "52:54:00:"));
}

static void test_without_host(void **state)
{
        _cleanup_(domain_def_unrefp) DomainDef *def =
                        parse("<domain type='kvm'><name>t</name><memory>1</memory>"
                              "<os><type>hvm</type></os></domain>");
        _cleanup_(domain_def_unrefp) DomainDef *a = NULL, *b = NULL;

        assert_int_equal(domain_def_normalize(def, NULL, &a, NULL), 0);
        assert_int_equal(domain_def_normalize(def, NULL, &b, NULL), 0);
        assert_non_null(a->os.arch);
        assert_string_not_equal(a->uuid, b->uuid);
        assert_int_equal(a->uuid[14], '4');
        assert_non_null(strchr("89ab", a->uuid[19]));
}

#define KVM(machine, devices)                                                                       \
        "<domain type='kvm'><name>t</name><memory>1024</memory><os><type arch='x86_64' machine='" machine \
        "'>hvm</type></os><devices>" devices "</devices></domain>"
#define NIC(address) "<interface type='user'><model type='virtio'/>" address "</interface>"

static void test_refusals(void **state)
{
        assert_refused("<domain type='kvm'><name>t</name><os><type>hvm</type></os></domain>",
                       ERROR_XML_ERROR, "Memory size must be specified");
        assert_refused(KVM("pc",
                           NIC("<address type='pci' slot='5'/>") NIC("<address type='pci' slot='5'/>")),
                       ERROR_XML_ERROR, "Attempted double use of PCI Address 0000:00:05.0");
        assert_refused(KVM("pc", NIC("<address type='pci' slot='0' function='1'/>")), ERROR_XML_ERROR,
                       "slot must be >= 1 and <= 31");
        assert_refused(KVM("pc", "<controller type='usb' index='0' model='piix3-uhci'><address type='pci' slot='5'/>"
                                 "</controller>"), ERROR_INTERNAL, "must have PCI address 0:0:1.2");
        assert_refused(KVM("q35", "<controller type='sata' index='0'><address type='pci' slot='5'/></controller>"),
                       ERROR_INTERNAL, "Primary SATA controller must have PCI address 0:0:1f.2");
        assert_refused(KVM("q35", "<controller type='usb' index='0' model='piix3-uhci'><address type='pci' slot='1' "
                                  "function='2'/></controller>"), ERROR_INTERNAL, "Bus 0 must be PCI");
        assert_refused(KVM("pc", "<controller type='pci' index='0'/>"), ERROR_XML_ERROR, "model='(null)'");
        assert_refused(KVM("q35", "<controller type='pci' index='1' model='pcie-root-port'><address type='pci' bus='2' "
                                  "slot='0'/></controller>"), ERROR_XML_ERROR, "cannot be plugged");
        assert_refused(KVM("microvm", ""), ERROR_XML_ERROR, "No PCI buses available");
        assert_refused(KVM("pc", "<disk><source file='/a'/><target dev='hda1x'/></disk>"), ERROR_XML_ERROR,
                       "Unknown disk name 'hda1x' and no address specified");
        assert_refused(KVM("pc", "<controller type='usb' model='none'/><input type='tablet' bus='usb'/>"),
                       ERROR_CONFIG_UNSUPPORTED, "USB is disabled for this domain");
        assert_refused(KVM("pc",
                           "<input type='tablet' bus='usb'><address type='usb' bus='0' port='1'/></input>"
                           "<input type='mouse' bus='usb'><address type='usb' bus='0' port='1'/></input>"),
                       ERROR_XML_ERROR, "Duplicate USB address bus 0 port 1");
        assert_refused(KVM("pc", "<controller type='ide' index='0'/>"
                           NIC("<address type='pci' slot='1' function='1'/>")),
                       ERROR_XML_ERROR, "Attempted double use of PCI Address 0000:00:01.1");
        assert_refused(KVM("pc", PORT("1") PORT("1")), ERROR_XML_ERROR,
                       "virtio serial port 1 on controller 0 is already occupied");
        assert_refused(KVM("pc", PORT("31")), ERROR_XML_ERROR, "virtio serial controller 0 does not have port 31");
        assert_refused(KVM("pc", "<disk><source file='/a'/><target dev='sda' bus='scsi'/></disk><hostdev "
                           "mode='subsystem' type='scsi'><source><adapter name='scsi_host0'/><address bus='0' "
                           "target='0' unit='0'/></source><address type='drive'/></hostdev>"), ERROR_XML_ERROR,
                       "in use by another SCSI device");
        assert_refused(KVM("isapc", "<controller type='usb' index='0' model='piix3-uhci'/>"), ERROR_XML_ERROR,
                       "No PCI buses available");
        assert_refused(KVM("pc", "<disk><source file='/a'/><target dev='sda' bus='scsi'/>"
                                 "<address type='drive' controller='4000000000'/></disk>"), ERROR_XML_ERROR,
                       "there is no controller 'scsi' with index '4000000000'");
}

static void test_disk_numbers(void **state)
{
        assert_int_equal(domain_disk_number("vda"), 0);
        assert_int_equal(domain_disk_number("sdz"), 25);
        assert_int_equal(domain_disk_number("sdaa"), 26);
        assert_int_equal(domain_disk_number("xvdb2"), 1);
        assert_true(domain_disk_number("vd") < 0);
        assert_true(domain_disk_number("vdA") < 0);
        assert_true(domain_disk_number("disk1") < 0);
        assert_true(domain_disk_number("sdaaaaaaaaaaaaaaaaaaaaaaaaaaaa") < 0);
}

static void test_machines(void **state)
{
        assert_true(machine_is_q35(machine_traits("x86_64", "pc-q35-7.2")));
        assert_true(machine_is_i440fx(machine_traits("x86_64", "pc-1.3")));
        assert_int_equal(machine_traits("x86_64", "isapc")->root, 0);
        assert_int_equal(machine_traits("aarch64", "virt-7.2")->root, DOMAIN_CONTROLLER_MODEL_PCIE_ROOT);
        assert_int_equal(machine_traits("sparc", "SS-5")->root, 0);
        assert_int_equal(machine_traits(NULL, NULL)->root, 0);
}

static void test_aliases(void **state)
{
        g_autofree char *xml = golden_read("domain/pc.xml", NULL);
        _cleanup_(domain_def_unrefp) DomainDef *def = normal(xml), *live = domain_def_copy(def);

        live->interfaces.items[0]->info.alias = domain_def_strdup(live, "ua-mine");
        live->interfaces.items[1]->info.alias = domain_def_strdup(live, "net0");
        domain_def_assign_aliases(live);
        assert_int_equal(domain_def_seal(live, NULL, NULL), 0);
        assert_string_equal(live->interfaces.items[0]->info.alias, "ua-mine");
        assert_string_equal(live->disks.items[0]->info.alias, "ide0-0-1");
        assert_string_equal(live->disks.items[2]->info.alias, "fdc0-0-0");
        assert_string_equal(live->disks.items[3]->info.alias, "scsi1-0-1");
        assert_string_equal(live->disks.items[4]->info.alias, "virtio-disk0");
        assert_string_equal(live->consoles.items[0]->info.alias, "serial0");
        assert_string_equal(live->channels.items[1]->info.alias, "channel1");
        assert_string_equal(live->memballoon->info.alias, "balloon0");
        assert_string_equal(domain_find_controller(live, DOMAIN_CONTROLLER_PCI, 0)->info.alias, "pci.0");
        assert_string_equal(domain_find_controller(live, DOMAIN_CONTROLLER_IDE, 0)->info.alias, "ide");
        assert_string_equal(domain_find_controller(live, DOMAIN_CONTROLLER_USB, 0)->info.alias, "usb");
        assert_string_equal(domain_find_controller(live, DOMAIN_CONTROLLER_SCSI, 1)->info.alias, "scsi1");
}

static char *normal_text(const char *xml, bool keep_abi)
{
        _cleanup_(domain_def_unrefp) DomainDef *def = parse(xml), *result = NULL;
        const DomainDefHost host = { .arch = "x86_64", .keep_abi = keep_abi };

        assert_int_equal(domain_def_normalize(def, &host, &result, NULL), 0);
        return domain_def_format(result, DOMAIN_DEF_FORMAT_SECURE);
}

static void assert_has(const char *text, const char *part)
{
        if (!strstr(text, part))
                fail_msg("'%s' is not in '%s'", part, text);
}

#define GUEST(memory, inside, devices)                                                              \
        "<domain type='kvm'><name>t</name>" memory                                                  \
        "<os><type arch='x86_64' machine='pc-q35-7.2'>hvm</type></os>" inside                       \
        "<devices>" devices "</devices></domain>"
#define CELLS                                                                                       \
        "<vcpu>4</vcpu><cpu><numa><cell cpus='0-1' memory='1' unit='GiB'><distances>"               \
        "<sibling id='1' value='21'/></distances></cell><cell cpus='2-3' memory='1048576'/></numa></cpu>"

/* Nodes give a new guest its memory; one that was there before keeps what it says. */
static void test_nodes(void **state)
{
        g_autofree char *none = normal_text(GUEST("", CELLS, ""), true);
        g_autofree char *kept = normal_text(GUEST("<memory>3145728</memory>", CELLS, ""), true);
        g_autofree char *fresh = normal_text(GUEST("<memory>3145728</memory>", CELLS, ""), false);

        assert_has(none, "<memory unit='KiB'>2097152</memory>");
        assert_has(kept, "<memory unit='KiB'>3145728</memory>");
        assert_has(fresh, "<memory unit='KiB'>2097152</memory>");
        /* a distance holds both ways */
        assert_has(fresh, "<cell id='1' cpus='2-3' memory='1048576' unit='KiB'>\n"
                          "        <distances>\n"
                          "          <sibling id='0' value='21'/>\n"
                          "          <sibling id='1' value='10'/>\n");
        assert_refused(GUEST("<memory>1024</memory>", "<maxMemory slots='1'>4096</maxMemory>",
                             "<memory model='dimm'><target><size>2048</size></target></memory>"),
                       ERROR_XML_ERROR, "Total size of memory devices exceeds the total memory size");
}

/* Threads get numbers and schedulers one by one, placement is of processors and memory. */
static void test_threads(void **state)
{
        g_autofree char *ids = normal_text(GUEST("<memory>1</memory>", "<iothreads>3</iothreads><iothreadids>"
                                                 "<iothread id='2'/></iothreadids>", ""), false);
        g_autofree char *scheds = normal_text(GUEST("<memory>1</memory>", "<vcpu>4</vcpu><cputune>"
                                                    "<vcpusched vcpus='2-3' scheduler='idle'/>"
                                                    "<vcpusched vcpus='0-1,^1' scheduler='fifo' priority='1'/>"
                                                    "</cputune>", ""), false);
        g_autofree char *groups =
                normal_text(GUEST("<memory>1</memory>", "<vcpu>2</vcpu><cputune><cachetune vcpus='1-3'>"
                                  "<cache id='0' level='3' type='both' size='768'/></cachetune>"
                                  "<memorytune vcpus='9'/></cputune>", ""), false);
        g_autofree char *automatic = normal_text(GUEST("<memory>1</memory>", "<vcpu placement='auto'>2</vcpu>", ""),
                                                 false);

        assert_has(ids, "    <iothread id='2'/>\n    <iothread id='1'/>\n    <iothread id='3'/>\n");
        assert_has(groups, "<cachetune vcpus='1'>");
        assert_null(strstr(groups, "memorytune"));
        assert_has(scheds, "    <vcpusched vcpus='0' scheduler='fifo' priority='1'/>\n"
                           "    <vcpusched vcpus='2' scheduler='idle'/>\n"
                           "    <vcpusched vcpus='3' scheduler='idle'/>\n");
        assert_has(automatic, "<memory mode='strict' placement='auto'/>");
}

/* Devices that are shared with the host get their places, too. */
static void test_shared_devices(void **state)
{
        g_autofree char *text = normal_text(
                        GUEST("<memory>1</memory>", "",
                              "<hostdev type='scsi'><source><adapter name='scsi_host0'/>"
                              "<address bus='0' target='1' unit='2'/></source></hostdev>"
                              "<hostdev type='mdev' model='vfio-pci'><source>"
                              "<address uuid='7b0a4f2e-1d1c-4a6e-9f0a-0c6b5f9a00ff'/></source></hostdev>"
                              "<smartcard mode='host'/><vsock model='virtio'/>"
                              "<filesystem><source dir='/a'/><target dir='b'/></filesystem>"), false);

        assert_has(text, "<address type='drive' controller='0' bus='0' target='0' unit='0'/>");
        assert_has(text, "<controller type='scsi' index='0' model='lsilogic'>");
        assert_has(text, "<controller type='ccid' index='0'>");
        assert_has(text, "<address type='ccid' controller='0' slot='0'/>");
        assert_has(text, "<filesystem type='mount' accessmode='passthrough'>\n"
                         "      <source dir='/a'/>\n"
                         "      <target dir='b'/>\n"
                         "      <address type='pci' domain='0x0000' bus='0x0");
        assert_has(text, "<address uuid='7b0a4f2e-1d1c-4a6e-9f0a-0c6b5f9a00ff'/>\n"
                         "      </source>\n"
                         "      <address type='pci'");
}

/* A disk stands before those of its bus whose names come later. */
static void test_disk_order(void **state)
{
#define NAMED(name) "<disk><source file='/" name "'/><target dev='" name "'/></disk>"
        _cleanup_(domain_def_unrefp) DomainDef *def =
                        normal(KVM("pc", NAMED("vdb") NAMED("hda") NAMED("vda") NAMED("vdaa")));
#undef NAMED
        static const char *const names[] = { "vda", "vdb", "vdaa", "hda" };

        for (unsigned i = 0; i < ELEMENTSOF(names); i++)
                assert_string_equal(def->disks.items[i]->target, names[i]);
}

/* What devices leave open that the guest sees, or that decides what they are. */
static void test_device_defaults(void **state)
{
        static const struct {
                const char *device, *part;
        } cases[] = {
                { "<tpm><backend type='emulator'/></tpm>",
                  "<tpm model='tpm-tis'>\n      <backend type='emulator' version='1.2'/>" },
                { "<tpm model='tpm-crb'><backend type='emulator'/></tpm>", "<backend type='emulator' version='2.0'/>" },
                { "<panic/>", "<panic model='isa'/>" },
                { "<shmem name='a'/>", "<model type='ivshmem'/>\n      <size unit='M'>4</size>" },
                { "<shmem name='a'><model type='ivshmem-doorbell'/><server path='/s'/></shmem>",
                  "<server path='/s'/>\n      <msi ioeventfd='on'/>" },
                { "<vsock/>", "<vsock model='virtio'>\n      <cid auto='yes'/>" },
                { "<vsock><cid address='7'/></vsock>", "<cid auto='no' address='7'/>" },
                { "<hostdev mode='subsystem' type='mdev' model='vfio-pci'><source><address "
                  "uuid='53764d0e-85a0-42b4-af5c-2046b460b1dc'/></source></hostdev>",
                  "model='vfio-pci' display='off'>" },
                { "<hostdev mode='subsystem' type='scsi'><source protocol='iscsi' name='iqn.x'><host name='h'/>"
                  "</source>"
                  "</hostdev>", "<source protocol='iscsi' name='iqn.x/0'>" },
                { "<disk type='network'><source protocol='iscsi' name='iqn.x'><host name='h'/></source>"
                  "<target dev='vda'/></disk>", "<source protocol='iscsi' name='iqn.x/0'>" },
                { "<disk type='nvme'><source type='pci' namespace='1'><address domain='0' bus='1' slot='0' "
                  "function='0'/>"
                  "</source><target dev='vda'/></disk>", "<source type='pci' managed='yes' namespace='1'>" },
                { "<disk type='vhostuser'><source type='unix' path='/s'/><target dev='vda'/></disk>",
                  "<disk type='vhostuser' device='disk' snapshot='no'>\n      <driver name='qemu' type='raw'/>" },
                { "<disk type='file'><source file='/a'/><target dev='vda'/><iotune><group_name>g</group_name></iotune>"
                  "</disk><disk type='file'><source file='/b'/><target dev='vdb'/><iotune><total_bytes_sec>9"
                  "</total_bytes_sec><group_name>g</group_name></iotune></disk>",
                  "<target dev='vda' bus='virtio'/>\n      <iotune>\n        <total_bytes_sec>9</total_bytes_sec>" },
                { "<interface type='vdpa'><source dev='/dev/vhost-vdpa-0'/></interface>",
                  "<model type='virtio'/>" },
                { "<disk type='file' device='cdrom' snapshot='no'><target dev='sda'/></disk>",
                  "<disk type='file' device='cdrom'>" },
                { "<disk type='file' snapshot='no'><source file='/a'/><target dev='vda'/><readonly/></disk>",
                  "<disk type='file' device='disk'>" },
                { "<disk type='file'><source file='/a'/><target dev='vda'/><alias name='ua-a/b'/></disk>",
                  "<target dev='vda' bus='virtio'/>\n      <address" },
                { "<controller type='usb' model='none'><address type='pci' slot='5'/></controller>",
                  "<controller type='usb' index='0' model='none'/>" },
                { "<video><model type='none' vram='1024' heads='2'/></video>", "<model type='none'/>" },
                { "<input type='evdev'><source dev='/a'/></input>", "<input type='evdev'>\n      <source dev='/a'/>" },
                { "<graphics type='vnc' passwd='p' sharePolicy='ignore' powerControl='yes'/>",
                  "sharePolicy='ignore' powerControl='yes' passwd='p'>" },
                { "<disk type='file' device='cdrom'><source file=''/><target dev='sda'/></disk>",
                  "<driver name='qemu' type='raw'/>\n      <target" },
                { "<disk type='file'><source file='/a'/><target dev='ioemu:sda'/></disk>", "<target dev='sda'" },
                { "<graphics type='vnc' listen=''/>", "autoport='yes'>\n      <listen type='address'/>" },
                { "<video><model type='vga' vram='0'/></video>", "<model type='vga' vram='16384'" },
                { "<interface type='direct'><source dev='eth0'/></interface>", "<source dev='eth0' mode='vepa'/>" },
                { "<serial type='udp'><source mode='connect' service='1'/><source mode='bind' service='2'/></serial>",
                  "<source mode='bind' service='2'/>\n      <source mode='connect' service='1'/>" },
                { "<serial type='pty'><target type='isa-serial' port='2'/></serial><serial type='file'><source "
                  "path='/a'/><target type='isa-serial'/></serial>",
                  "<source path='/a'/>\n      <target type='isa-serial' port='0'>" },
                { "<serial type='pty'><target port='2'/></serial><serial type='file'><source path='/a'/></serial>",
                  "<source path='/a'/>\n      <target type='isa-serial' port='3'>" },
                { "<controller type='usb' index='0' model='ich9-ehci1'/>"
                  "<controller type='usb' index='0' model='ich9-uhci2'><alias name='ua-u'/></controller>",
                  "<alias name='ua-u'/>\n      <master startport='2'/>\n      <address" },
                { "<filesystem><driver type='path' queue='64'/><source dir='/a'/><target dir='t'/></filesystem>",
                  "<driver type='path'/>" },
                { "<video><model type='qxl' ram='70000'/></video>", "<model type='qxl' ram='131072' vram='65536'" },
                { "<controller type='usb' model='ich9-ehci1'/><controller type='usb' model='ich9-uhci1'/>",
                  "<controller type='usb' index='0' model='ich9-uhci1'>" },
        };

        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                g_autofree char *xml = g_strconcat("<domain type='kvm'><name>t</name><memory>1048576</memory><os><type "
                                                   "arch='x86_64' machine='pc-q35-7.2'>hvm</type></os><memoryBacking>"
                                                   "<access mode='shared'/></memoryBacking><devices>",
                                                   cases[i].device, "</devices></domain>", NULL);
                g_autofree char *text = normal_text(xml, true);

                assert_has(text, cases[i].part);
        }
}

/* A new guest that memory can be added to has a node for it; modules have slots. */
static void test_memory_devices(void **state)
{
        const char *xml = GUEST("<maxMemory slots='2'>4194304</maxMemory><memory>1048576</memory><vcpu>2</vcpu>", "",
                                "<memory model='dimm'><target><size>262144</size></target></memory>"
                                "<memory model='dimm'><target><size>262144</size></target></memory>");
        g_autofree char *kept = normal_text(xml, true), *fresh = normal_text(xml, false);

        assert_null(strstr(kept, "<numa>"));
        assert_has(kept, "<address type='dimm' slot='1'/>");
        assert_has(fresh, "<cell id='0' cpus='0-1' memory='524288' unit='KiB'/>");
        assert_has(fresh, "<node>0</node>");
}

/* More processors than an old interrupt controller can address. */
static void test_many_processors(void **state)
{
        g_autofree char *added = normal_text(GUEST("<memory>1</memory><vcpu>288</vcpu>", "", ""), true);
        g_autofree char *given = normal_text(GUEST("<memory>1</memory><vcpu>288</vcpu>", "", "<iommu model='intel'/>"),
                                             false);

        assert_has(added, "<iommu model='intel'>\n      <driver intremap='on' eim='on'/>");
        assert_has(given, "<ioapic driver='qemu'/>");
        assert_has(given, "<driver intremap='on' eim='on'/>");
}

/* Machines whose emulator is not here are known all the same. */
static void test_other_machines(void **state)
{
        static const struct {
                const char *arch, *machine, *devices, *has, *has_not;
        } cases[] = {
                { "s390x", "s390-ccw-virtio", "", "<panic model='s390'/>", "<controller type='usb'" },
                { "s390x", "s390-ccw-virtio", "<disk type='file'><source file='/a'/><target dev='vda'/></disk>",
                  "<address type='ccw' cssid='0xfe' ssid='0x0' devno='0x0000'/>", "<input" },
                { "s390x", "s390-ccw-virtio", "<interface type='user'/>",
                  "<model type='virtio'/>\n      <address type='ccw' cssid='0xfe' ssid='0x0' devno='0x0000'/>",
                  "rtl8139" },
                { "s390x", "s390-ccw-virtio", "", "<memballoon model='virtio'>\n      <address type='ccw' cssid='0xfe' "
                  "ssid='0x0' devno='0x0000'/>", "itco" },
                { "s390x", "s390-ccw-virtio", "<hostdev mode='subsystem' type='pci'><source><address bus='6' slot='2'/>"
                  "</source></hostdev><hostdev mode='subsystem' type='pci'><source><address bus='7' slot='2'/></source>"
                  "<address type='pci'><zpci uid='0x0001'/></address></hostdev>",
                  "<zpci uid='0x0002' fid='0x00000000'/>", "slot='0x00'/>" },
                { "ppc64", "pseries-7.2", "<graphics type='vnc'/>", "<panic model='pseries'/>", "ps2" },
                { "ppc64", "pseries-7.2", "<graphics type='vnc'/>", "<input type='keyboard' bus='usb'", "itco" },
                { "aarch64", "virt-7.2", "<interface type='user'/>", "<model type='virtio'/>", "<memballoon model" },
                { "aarch64", "virt-7.2", "", "<gic version='2'/>", "<panic" },
                { "riscv64", "virt", "<serial type='pty'/>", "<model name='16550a'/>", "ps2" },
                { "riscv64", "virt", "", "<memballoon model='virtio'>", "<model name='lsilogic'/>" },
                { "riscv64", "virt", "<controller type='scsi'/>", "model='lsilogic'", "virtio-scsi" },
                { "aarch64", "virt-7.2", "<controller type='usb'/>", "model='qemu-xhci'", "piix3" },
                { "armv7l", "virt-7.2", "<controller type='usb'/>", "model='piix3-uhci'", "qemu-xhci" },
                { "armv7l", "versatilepb", "", "model='pci-ohci'>\n      <address type='pci'", "<memballoon" },
                { "aarch64", "realview-eb", "", "model='pci-ohci'/>", "pci-root" },
                { "sparc", "SS-5", "", "<devices>", "<memballoon" },
                { "mips", "malta", "<disk type='file'><source file='/a'/><target dev='hda'/></disk>",
                  "<controller type='ide' index='0'", "<cpu" },
                { "aarch64", "virt-7.2", "<serial type='pty'><target type='isa-serial'/></serial>",
                  "<target type='system-serial' port='0'>", "isa-serial" },
                { "ppc", "mac99", "<serial type='pty'/>", "<target port='0'/>", "<target type='spapr-vio-serial'" },
                { "ppc64", "pseries-7.2", "<controller type='pci' index='1' model='pci-root'/>",
                  "index='1' model='pci-root'>\n      <model name='spapr-pci-host-bridge'/>\n      <target index='1'/>",
                  "index='2'" },
                { "ppc64", "pseries-7.2", "<memory model='nvdimm'><source><path>/a</path></source><target><size>524288"
                  "</size><label><size>128</size></label></target></memory>", "<uuid>", "isa" },
                { "mips", "malta", "", "<controller type='pci' index='0' model='pci-root'/>", "ps2" },
                { "armv7l", "vexpress-a9", "<interface type='user'/>", "<model type='lan9118'/>", "pci" },
                { "x86_64", "microvm", "<controller type='usb' model='none'/><memballoon model='none'/>",
                  "<memballoon model='none'/>", "pci" },
        };

        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                g_autofree char *xml = g_strdup_printf("<domain type='qemu'><name>t</name><maxMemory slots='2'>4194304"
                                                       "</maxMemory><memory>1048576</memory><os><type arch='%s' "
                                                       "machine='%s'>hvm</type></os><devices>%s</devices>"
                                                       "</domain>",
                                                       cases[i].arch, cases[i].machine, cases[i].devices);
                g_autofree char *text = normal_text(xml, true);

                assert_has(text, cases[i].has);
                if (strstr(text, cases[i].has_not))
                        fail_msg("'%s' is in '%s'", cases[i].has_not, text);
        }
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_golden),
                cmocka_unit_test(test_parts),
                cmocka_unit_test(test_labels),
                cmocka_unit_test(test_nodes),
                cmocka_unit_test(test_threads),
                cmocka_unit_test(test_shared_devices),
                cmocka_unit_test(test_disk_order),
                cmocka_unit_test(test_idempotent),
                cmocka_unit_test(test_other_hypervisor),
                cmocka_unit_test(test_without_host),
                cmocka_unit_test(test_refusals),
                cmocka_unit_test(test_disk_numbers),
                cmocka_unit_test(test_machines),
                cmocka_unit_test(test_aliases),
                cmocka_unit_test(test_device_defaults),
                cmocka_unit_test(test_memory_devices),
                cmocka_unit_test(test_many_processors),
                cmocka_unit_test(test_other_machines),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
