/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/bus/differential.h"

#include <string.h>

enum { ARG_NAME_MAX = 40 };

#define DOMAIN "/domain/_6695eb01_f6a4_8304_79aa_97f2502e193f"
#define UUID "6695eb01-f6a4-8304-79aa-97f2502e193f"
#define NEW "/domain/_11111111_2222_3333_4444_555555555555"
#define NEW_UUID "11111111-2222-3333-4444-555555555555"
#define NEW_XML                                                                                     \
        "<domain type='test'><name>new</name><uuid>" NEW_UUID "</uuid><memory>65536</memory>"        \
        "<os><type arch='i686'>hvm</type></os></domain>"
#define SNAPSHOT "/domainsnapshot/_6695eb01_f6a4_8304_79aa_97f2502e193f_s1"
#define SNAPSHOT_2 "/domainsnapshot/_6695eb01_f6a4_8304_79aa_97f2502e193f_s_2d2"
#define NO_SNAPSHOT "/domainsnapshot/_6695eb01_f6a4_8304_79aa_97f2502e193f_none"
#define NETWORK "/network/_dd8fe884_6c02_601e_7551_cca97df1c5df"
#define NETWORK_UUID "dd8fe884-6c02-601e-7551-cca97df1c5df"
#define NEW_NETWORK "/network/_21111111_2222_3333_4444_555555555555"
#define NEW_NETWORK_XML                                                                                 \
        "<network><name>net</name><uuid>21111111-2222-3333-4444-555555555555</uuid><forward mode='nat'/>" \
        "<bridge name='virbr9' stp='on' delay='0'/><mac address='52:54:00:11:22:33'/>"                  \
        "<ip address='192.168.9.1' netmask='255.255.255.0'><dhcp>"                                      \
        "<range start='192.168.9.2' end='192.168.9.254'/></dhcp></ip></network>"
#define POOL "/storagepool/_dfe224cb_28fb_8dd0_c4b2_64eb3f0f4566"
#define POOL_UUID "dfe224cb-28fb-8dd0-c4b2-64eb3f0f4566"
#define NEW_POOL "/storagepool/_31111111_2222_3333_4444_555555555555"
#define NEW_POOL_XML                                                                         \
        "<pool type='dir'><name>pool</name><uuid>31111111-2222-3333-4444-555555555555</uuid>" \
        "<target><path>/pool</path></target></pool>"
#define VOLUME "/storagevol/_2fdefault_2dpool_2fv1_2eimg"
#define CLONE "/storagevol/_2fdefault_2dpool_2fv2_2eimg"
#define VOLUME_XML "<volume><name>v1.img</name><capacity>1048576</capacity><allocation>4096</allocation></volume>"
#define CLONE_XML "<volume><name>v2.img</name><capacity>1048576</capacity></volume>"
#define INTERFACE "/interface/aa_3abb_3acc_3add_3aee_3aff"
#define NEW_INTERFACE "/interface/aa_3abb_3acc_3add_3aee_3a01"
#define NEW_INTERFACE_XML                                                                 \
        "<interface type='ethernet' name='eth9'><start mode='onboot'/><mtu size='1492'/>" \
        "<protocol family='ipv4'><ip address='192.168.0.9' prefix='24'/></protocol>"      \
        "<mac address='aa:bb:cc:dd:ee:01'/></interface>"
#define COMPUTER "/nodedev/computer"
#define HOST "/nodedev/scsi_5fhost1"
#define NEW_HOST "/nodedev/scsi_5fhost12"
#define NEW_HOST_XML                                                                                              \
        "<device><parent>scsi_host11</parent><capability type='scsi_host'><capability type='fc_host'>"            \
        "<wwnn>2000000012341299</wwnn><wwpn>1000000012341299</wwpn></capability></capability></device>"
#define FILTER "/nwfilter/_41111111_2222_3333_4444_555555555555"
#define FILTER_UUID "41111111-2222-3333-4444-555555555555"
#define SECRET "/secret/_51111111_2222_3333_4444_555555555555"
#define SECRET_UUID "51111111-2222-3333-4444-555555555555"
#define DISK_XML                                                                          \
        "<disk type='file' device='disk'><source file='/guest/diskimage2'/>"              \
        "<target dev='vdb' bus='virtio'/></disk>"

#define GET(interface_, path_, name) { PROPERTIES, path_, "Get", "ss", { "org.libvirt." interface_, name } }
#define GET_ALL(interface_, path_) { PROPERTIES, path_, "GetAll", "s", { "org.libvirt." interface_ } }
#define SET(interface_, path_, name, value) \
        { PROPERTIES, path_, "Set", "ssv", { "org.libvirt." interface_, name, value } }
#define INTROSPECT(path_) { INTROSPECTABLE, path_, "Introspect", "" }

static const Case table[] = {
        /* what is not ours: the bus' own interfaces, places without an object */
        INTROSPECT("/"),
        INTROSPECT("/org/libvirt"),
        INTROSPECT(NULL),
        INTROSPECT("/domain"),
        INTROSPECT(DOMAIN),
        INTROSPECT("/domain/nonsense"),
        INTROSPECT("/nonsense"),
        { "org.freedesktop.DBus.Peer", NULL, "Ping", "" },
        { "org.freedesktop.DBus.Peer", DOMAIN, "Ping", "" },
        { "org.freedesktop.DBus.ObjectManager", NULL, "GetManagedObjects", "" },
        { "org.freedesktop.DBus.ObjectManager", "/org/libvirt", "GetManagedObjects", "" },
        { "org.freedesktop.DBus.ObjectManager", "/", "GetManagedObjects", "" },
        { "Connect", "/org/libvirt", "ListDomains", "u", { "0" } },
        { "Connect", "/domain", "ListDomains", "u", { "0" } },
        { "Domain", NULL, "GetState", "u", { "0" } },

        GET("Connect", NULL, "Encrypted"),
        GET("Connect", NULL, "Hostname"),
        GET("Connect", NULL, "LibVersion"),
        GET("Connect", NULL, "Secure"),
        GET("Connect", NULL, "Version"),
        GET("Connect", NULL, "NoSuch"),
        GET("NoSuch", NULL, "Version"),
        GET_ALL("Connect", NULL),
        GET_ALL("NoSuch", NULL),
        { PROPERTIES, NULL, "Get", "s", { "org.libvirt.Connect" } },
        SET("Connect", NULL, "Version", "t 1"),
        { "Connect", NULL, "NoSuch", "" },
        { "NoSuch", NULL, "ListDomains", "u", { "0" } },
        { "Connect", NULL, "ListDomains", "s", { "0" } },
        { "Connect", NULL, "ListDomains", "u", { "0" } },
        { "Connect", NULL, "ListDomains", "u", { "1" } },
        { "Connect", NULL, "ListDomains", "u", { "2" } },
        { "Connect", NULL, "ListDomains", "u", { "65536" } },
        { "Connect", NULL, "DomainLookupByName", "s", { "test" } },
        { "Connect", NULL, "DomainLookupByName", "s", { "none" } },
        { "Connect", NULL, "DomainLookupByUUID", "s", { UUID } },
        { "Connect", NULL, "DomainLookupByUUID", "s", { NEW_UUID } },
        { "Connect", NULL, "DomainLookupByUUID", "s", { "not a UUID" } },
        { "Connect", NULL, "DomainLookupByID", "i", { "1" } },
        { "Connect", NULL, "DomainLookupByID", "i", { "99" } },
        { "Connect", NULL, "DomainDefineXML", "s", { "<domain" } },
        { "Connect", NULL, "DomainDefineXML", "s", { "<network/>" } },
        { "Connect", NULL, "DomainDefineXML", "s", { "<domain type='test'/>" } },
        { "Connect", NULL, "DomainCreateXML", "su", { "<domain type='test'/>", "65536" } },
        { "Connect", NULL, "DomainCreateXMLWithFiles", "sahu", { "<domain", "", "0" } },
        { "Connect", NULL, "DomainRestore", "ssu", { "/nonexistent", "", "0" } },
        { "Connect", NULL, "DomainSaveImageGetXMLDesc", "su", { "/nonexistent", "0" } },
        { "Connect", NULL, "DomainSaveImageDefineXML", "ssu", { "/nonexistent", NEW_XML, "0" } },
        { "Connect", NULL, "GetAllDomainStats", "uu", { "1", "0" } },
        { "Connect", NULL, "GetAllDomainStats", "uu", { "0", "0" } },
        { "Connect", NULL, "GetCapabilities", "" },
        { "Connect", NULL, "GetDomainCapabilities", "ssssu", { "", "", "", "", "0" } },
        { "Connect", NULL, "GetSysinfo", "u", { "0" } },
        { "Connect", NULL, "GetSysinfo", "u", { "1" } },
        { "Connect", NULL, "GetCPUModelNames", "su", { "x86_64", "0" } },
        { "Connect", NULL, "GetCPUModelNames", "su", { "nonsense", "0" } },
        { "Connect", NULL, "BaselineCPU", "asu", { "<cpu><arch>x86_64</arch><model>Nehalem</model></cpu>", "0" } },
        { "Connect", NULL, "BaselineCPU", "asu", { "<cpu><arch>x86_64</arch><model>Moon</model></cpu>", "0" } },
        { "Connect", NULL, "CompareCPU", "su", { "<cpu><model>Nehalem</model></cpu>", "0" } },
        { "Connect", NULL, "NodeGetCPUMap", "u", { "0" } },
        { "Connect", NULL, "NodeGetCPUMap", "u", { "1" } },
        { "Connect", NULL, "NodeGetCPUStats", "iu", { "-1", "0" } },
        { "Connect", NULL, "NodeGetCPUStats", "iu", { "-1", "1" } },
        { "Connect", NULL, "NodeGetFreeMemory", "" },
        { "Connect", NULL, "NodeGetMemoryParameters", "u", { "0" } },
        { "Connect", NULL, "NodeSetMemoryParameters", "a{sv}u", { "", "0" } },
        { "Connect", NULL, "NodeGetMemoryStats", "iu", { "-1", "0" } },
        { "Connect", NULL, "NodeGetSecurityModel", "" },

        GET_ALL("Domain", DOMAIN),
        GET("Domain", DOMAIN, "Active"),
        GET("Domain", DOMAIN, "SchedulerType"),
        GET("Domain", NEW, "Active"),
        GET("Domain", "/domain/nonsense", "Active"),
        GET_ALL("Domain", NEW),
        SET("Domain", DOMAIN, "Name", "s x"),
        SET("Domain", DOMAIN, "Autostart", "s x"),
        SET("Domain", DOMAIN, "Autostart", "b 1"),
        GET("Domain", DOMAIN, "Autostart"),
        SET("Domain", DOMAIN, "Autostart", "b 0"),
        SET("Domain", NEW, "Autostart", "b 1"),
        { "Domain", DOMAIN, "GetState", "u", { "0" } },
        { "Domain", DOMAIN, "GetState", "u", { "1" } },
        { "Domain", NEW, "GetState", "u", { "0" } },
        { "Domain", "/domain/nonsense", "GetState", "u", { "0" } },
        { "Domain", DOMAIN, "GetXMLDesc", "u", { "0" } },
        { "Domain", DOMAIN, "GetXMLDesc", "u", { "2" } },
        { "Domain", DOMAIN, "GetVcpus", "u", { "0" } },
        { "Domain", DOMAIN, "GetVcpus", "u", { "4" } },
        { "Domain", DOMAIN, "GetHostname", "u", { "0" } },
        { "Domain", DOMAIN, "GetTime", "u", { "0" }, .varies = true },
        { "Domain", DOMAIN, "SetTime", "tuu", { "1", "0", "0" } },
        { "Domain", DOMAIN, "GetSchedulerParameters", "u", { "0" } },
        { "Domain", DOMAIN, "SetSchedulerParameters", "a{sv}u", { "weight u 17", "0" } },
        { "Domain", DOMAIN, "GetStats", "uu", { "1", "0" } },
        { "Domain", DOMAIN, "GetJobInfo", "" },
        { "Domain", DOMAIN, "GetJobStats", "u", { "0" } },
        { "Domain", DOMAIN, "AbortJob", "" },
        { "Domain", DOMAIN, "GetControlInfo", "u", { "0" } },
        { "Domain", DOMAIN, "HasManagedSaveImage", "u", { "0" } },
        { "Domain", DOMAIN, "ManagedSaveRemove", "u", { "0" } },
        { "Domain", DOMAIN, "Create", "u", { "0" } },
        { "Domain", DOMAIN, "CreateWithFiles", "ahu", { "", "0" } },
        { "Domain", DOMAIN, "Resume", "" },
        { "Domain", DOMAIN, "Undefine", "u", { "65536" } },
        { "Domain", DOMAIN, "SetVcpus", "uu", { "1", "1" } },
        { "Domain", DOMAIN, "SetVcpus", "uu", { "99", "1" } },
        { "Domain", DOMAIN, "GetVcpuPinInfo", "u", { "0" } },
        { "Domain", DOMAIN, "PinVcpu", "uabu", { "0", "1 0 1", "1" } },
        { "Domain", DOMAIN, "PinVcpu", "uabu", { "9", "1", "1" } },
        { "Domain", DOMAIN, "GetEmulatorPinInfo", "u", { "0" } },
        { "Domain", DOMAIN, "PinEmulator", "abu", { "1 1", "1" } },
        { "Domain", DOMAIN, "GetGuestVcpus", "u", { "0" } },
        { "Domain", DOMAIN, "AddIOThread", "uu", { "3", "1" } },
        { "Domain", DOMAIN, "GetIOThreadInfo", "u", { "0" } },
        { "Domain", DOMAIN, "PinIOThread", "uabu", { "3", "1", "1" } },
        { "Domain", DOMAIN, "DelIOThread", "uu", { "3", "1" } },
        { "Domain", DOMAIN, "DelIOThread", "uu", { "9", "1" } },
        { "Domain", DOMAIN, "SetMemory", "tu", { "1048576", "1" } },
        { "Domain", DOMAIN, "SetMemory", "tu", { "99999999", "1" } },
        { "Domain", DOMAIN, "MemoryStats", "u", { "0" }, .varies = true },
        { "Domain", DOMAIN, "SetMemoryStatsPeriod", "iu", { "2", "1" } },
        { "Domain", DOMAIN, "GetMemoryParameters", "u", { "0" } },
        { "Domain", DOMAIN, "SetMemoryParameters", "a{sv}u", { "hard_limit t 9000000", "0" } },
        { "Domain", DOMAIN, "GetNumaParameters", "u", { "0" } },
        { "Domain", DOMAIN, "SetNumaParameters", "a{sv}u", { "numa_mode i 0", "2" } },
        { "Domain", DOMAIN, "GetPerfEvents", "u", { "0" } },
        { "Domain", DOMAIN, "SetPerfEvents", "a{sv}u", { "cmt b 1", "0" } },
        { "Domain", DOMAIN, "GetInterfaceParameters", "su", { "aa:bb:cc:dd:ee:ff", "0" } },
        { "Domain", DOMAIN, "GetInterfaceParameters", "su", { "none", "0" } },
        { "Domain", DOMAIN, "SetInterfaceParameters", "sa{sv}u", { "testnet0", "inbound.average u 100", "1" } },
        { "Domain", DOMAIN, "InterfaceAddresses", "uu", { "0", "0" } },
        { "Domain", DOMAIN, "InterfaceAddresses", "uu", { "9", "0" } },
        { "Domain", DOMAIN, "GetBlockIOParameters", "u", { "0" } },
        { "Domain", DOMAIN, "SetBlockIOParameters", "a{sv}u", { "weight u 200", "0" } },
        { "Domain", DOMAIN, "GetBlockIOTune", "su", { "vda", "0" } },
        { "Domain", DOMAIN, "GetBlockIOTune", "su", { "none", "0" } },
        { "Domain", DOMAIN, "SetBlockIOTune", "sa{sv}u", { "vda", "total_bytes_sec t 1000", "1" } },
        { "Domain", DOMAIN, "GetDiskErrors", "u", { "0" } },
        { "Domain", DOMAIN, "GetFSInfo", "u", { "0" } },
        { "Domain", DOMAIN, "FSFreeze", "asu", { "", "0" } },
        { "Domain", DOMAIN, "FSThaw", "asu", { "", "0" } },
        { "Domain", DOMAIN, "FSTrim", "stu", { "", "0", "0" } },
        { "Domain", DOMAIN, "GetSecurityLabelList", "" },
        { "Domain", DOMAIN, "GetMetadata", "isu", { "0", "", "0" } },
        { "Domain", DOMAIN, "SetMetadata", "isssu", { "0", "What it is", "", "", "0" } },
        { "Domain", DOMAIN, "GetMetadata", "isu", { "0", "", "0" } },
        { "Domain", DOMAIN, "SetMetadata", "isssu", { "2", "<a/>", "k", "http://example.org/a", "0" } },
        { "Domain", DOMAIN, "GetMetadata", "isu", { "2", "http://example.org/a", "0" } },
        { "Domain", DOMAIN, "GetMetadata", "isu", { "2", "http://example.org/none", "0" } },
        { "Domain", DOMAIN, "GetMetadata", "isu", { "9", "", "0" } },
        { "Domain", DOMAIN, "AttachDevice", "su", { DISK_XML, "1" } },
        { "Domain", DOMAIN, "AttachDevice", "su", { "<disk", "1" } },
        { "Domain", DOMAIN, "UpdateDevice", "su", { DISK_XML, "1" } },
        { "Domain", DOMAIN, "DetachDevice", "su", { DISK_XML, "1" } },
        { "Domain", DOMAIN, "BlockPeek", "sttu", { "vda", "0", "16", "0" } },
        { "Domain", DOMAIN, "MemoryPeek", "ttu", { "0", "16", "2" } },
        { "Domain", DOMAIN, "BlockResize", "stu", { "vda", "1048576", "0" } },
        { "Domain", DOMAIN, "GetBlockJobInfo", "su", { "vda", "0" } },
        { "Domain", DOMAIN, "BlockJobSetSpeed", "stu", { "vda", "1", "0" } },
        { "Domain", DOMAIN, "BlockJobAbort", "su", { "vda", "0" } },
        { "Domain", DOMAIN, "BlockCommit", "ssstu", { "vda", "", "", "0", "0" } },
        { "Domain", DOMAIN, "BlockPull", "stu", { "none", "0", "0" } },
        { "Domain", DOMAIN, "BlockRebase", "sstu", { "none", "", "0", "0" } },
        { "Domain", DOMAIN, "BlockCopy",
          "ssa{sv}u", { "none", "<disk type='file'><source file='/x'/></disk>", "", "0" } },
        { "Domain", DOMAIN, "OpenGraphicsFD", "uu", { "0", "0" } },
        { "Domain", DOMAIN, "InjectNMI", "u", { "0" } },
        { "Domain", DOMAIN, "SendKey", "uuauu", { "0", "0", "30 31", "0" } },
        { "Domain", DOMAIN, "SendProcessSignal", "xuu", { "1", "1", "0" } },
        { "Domain", DOMAIN, "SetUserPassword", "ssu", { "root", "secret", "0" } },
        { "Domain", DOMAIN, "PMWakeup", "u", { "0" } },
        { "Domain", DOMAIN, "Reset", "u", { "0" } },
        { "Domain", DOMAIN, "CoreDump", "suu", { "@/core", "0", "0" } },
        { "Domain", DOMAIN, "CoreDump", "suu", { "/nonexistent/core", "0", "0" } },
        { "Domain", DOMAIN, "MigrateGetCompressionCache", "u", { "0" } },
        { "Domain", DOMAIN, "MigrateSetCompressionCache", "tu", { "1048576", "0" } },
        { "Domain", DOMAIN, "MigrateGetMaxSpeed", "u", { "0" } },
        { "Domain", DOMAIN, "MigrateSetMaxSpeed", "tu", { "10", "0" } },
        { "Domain", DOMAIN, "MigrateSetMaxDowntime", "tu", { "10", "0" } },
        { "Domain", DOMAIN, "MigrateStartPostCopy", "u", { "0" } },
        { "Domain", DOMAIN, "MigrateToURI3", "sa{sv}u", { "nonsense://", "", "0" } },

        { "Connect", NULL, "DomainDefineXML", "s", { NEW_XML } },
        GET_ALL("Domain", NEW),
        { "Domain", NEW, "GetState", "u", { "0" } },
        { "Domain", NEW, "GetXMLDesc", "u", { "0" } },
        { "Domain", NEW, "Suspend", "" },
        { "Domain", NEW, "Destroy", "u", { "0" } },
        { "Domain", NEW, "Create", "u", { "0" } },
        { "Domain", NEW, "GetState", "u", { "0" } },
        { "Domain", NEW, "Suspend", "" },
        { "Domain", NEW, "GetState", "u", { "0" } },
        { "Domain", NEW, "Resume", "" },
        { "Domain", NEW, "Reboot", "u", { "0" } },
        { "Domain", NEW, "Destroy", "u", { "0" } },
        { "Domain", NEW, "Create", "u", { "0" } },
        { "Domain", NEW, "Shutdown", "u", { "0" } },
        { "Domain", NEW, "Rename", "su", { "newer", "0" } },
        { "Domain", NEW, "Undefine", "u", { "0" } },
        { "Domain", NEW, "GetState", "u", { "0" } },

        /* saved and restored */
        { "Connect", NULL, "DomainDefineXML", "s", { NEW_XML } },
        { "Domain", NEW, "Create", "u", { "0" } },
        { "Domain", NEW, "Save", "ssu", { "@/saved", "", "0" } },
        { "Domain", NEW, "GetState", "u", { "0" } },
        { "Connect", NULL, "DomainSaveImageGetXMLDesc", "su", { "@/saved", "0" } },
        { "Connect", NULL, "DomainSaveImageDefineXML", "ssu", { "@/saved", NEW_XML, "0" } },
        { "Connect", NULL, "DomainRestore", "ssu", { "@/saved", "", "0" } },
        { "Domain", NEW, "GetState", "u", { "0" } },
        { "Domain", NEW, "ManagedSave", "u", { "0" } },
        { "Domain", NEW, "HasManagedSaveImage", "u", { "0" } },
        { "Domain", NEW, "GetState", "u", { "0" } },
        { "Domain", NEW, "ManagedSaveRemove", "u", { "0" } },
        { "Domain", NEW, "HasManagedSaveImage", "u", { "0" } },
        { "Domain", NEW, "Undefine", "u", { "0" } },
        { "Connect", NULL, "DomainCreateXML", "su", { NEW_XML, "0" } },
        { "Domain", NEW, "Destroy", "u", { "0" } },
        { "Domain", NEW, "GetState", "u", { "0" } },

        { "Domain", DOMAIN, "ListDomainSnapshots", "u", { "0" } },
        { "Domain", DOMAIN, "SnapshotCurrent", "u", { "0" } },
        { "Domain", DOMAIN, "SnapshotLookupByName", "su", { "none", "0" } },
        { "Domain", DOMAIN, "SnapshotCreateXML", "su", { "<domainsnapshot", "0" } },
        { "Domain", DOMAIN, "SnapshotCreateXML", "su", { "<domainsnapshot><name>s1</name></domainsnapshot>", "0" } },
        { "Domain", DOMAIN, "SnapshotCreateXML", "su", { "<domainsnapshot><name>s-2</name></domainsnapshot>", "0" } },
        INTROSPECT("/domainsnapshot"),
        INTROSPECT(SNAPSHOT),
        { "Domain", DOMAIN, "ListDomainSnapshots", "u", { "0" } },
        { "Domain", DOMAIN, "SnapshotCurrent", "u", { "0" } },
        { "Domain", DOMAIN, "SnapshotLookupByName", "su", { "s1", "0" } },
        { "DomainSnapshot", SNAPSHOT, "IsCurrent", "u", { "0" } },
        { "DomainSnapshot", SNAPSHOT_2, "IsCurrent", "u", { "0" } },
        { "DomainSnapshot", SNAPSHOT_2, "GetParent", "u", { "0" } },
        { "DomainSnapshot", SNAPSHOT, "GetParent", "u", { "0" } },
        { "DomainSnapshot", SNAPSHOT, "ListChildren", "u", { "0" } },
        { "DomainSnapshot", SNAPSHOT, "GetXMLDesc", "u", { "0" } },
        { "DomainSnapshot", NO_SNAPSHOT, "GetXMLDesc", "u", { "0" } },
        GET_ALL("DomainSnapshot", SNAPSHOT),
        { "DomainSnapshot", SNAPSHOT, "Revert", "u", { "0" } },
        { "DomainSnapshot", SNAPSHOT_2, "Delete", "u", { "0" } },
        { "DomainSnapshot", SNAPSHOT_2, "Delete", "u", { "0" } },
        { "DomainSnapshot", SNAPSHOT, "Delete", "u", { "0" } },

        { "Connect", NULL, "ListNetworks", "u", { "0" } },
        { "Connect", NULL, "ListNetworks", "u", { "65536" } },
        { "Connect", NULL, "NetworkLookupByName", "s", { "default" } },
        { "Connect", NULL, "NetworkLookupByName", "s", { "none" } },
        { "Connect", NULL, "NetworkLookupByUUID", "s", { NETWORK_UUID } },
        { "Connect", NULL, "NetworkLookupByUUID", "s", { NEW_UUID } },
        { "Connect", NULL, "NetworkLookupByUUID", "s", { "not a UUID" } },
        { "Connect", NULL, "NetworkDefineXML", "s", { "<network" } },
        { "Connect", NULL, "NetworkDefineXML", "s", { "<network/>" } },
        { "Connect", NULL, "NetworkCreateXML", "s", { "<domain/>" } },
        INTROSPECT("/network"),
        INTROSPECT(NETWORK),
        GET_ALL("Network", NETWORK),
        GET("Network", NEW_NETWORK, "Active"),
        GET_ALL("Network", NEW_NETWORK),
        { "Network", NETWORK, "GetXMLDesc", "u", { "0" } },
        { "Network", NETWORK, "GetXMLDesc", "u", { "65536" } },
        { "Network", NETWORK, "GetDHCPLeases", "su", { "", "0" } },
        { "Network", NETWORK, "Create", "" },
        { "Network", NETWORK, "Update",
          "uuisu", { "3", "4", "-1", "<host mac='52:54:00:aa:bb:01' name='vm' ip='192.168.122.40'/>", "0" } },
        { "Network", NETWORK, "GetXMLDesc", "u", { "0" } },
        { "Network", NETWORK, "Update",
          "uuisu", { "2", "4", "-1", "<host mac='52:54:00:aa:bb:01' name='vm' ip='192.168.122.40'/>", "0" } },
        { "Network", NETWORK, "Update",
          "uuisu", { "2", "4", "-1", "<host mac='52:54:00:aa:bb:01' name='vm' ip='192.168.122.40'/>", "0" } },
        { "Network", "/network/nonsense", "GetXMLDesc", "u", { "0" } },
        { "Connect", NULL, "NetworkDefineXML", "s", { NEW_NETWORK_XML } },
        GET_ALL("Network", NEW_NETWORK),
        SET("Network", NEW_NETWORK, "Autostart", "b 1"),
        GET("Network", NEW_NETWORK, "Autostart"),
        { "Network", NEW_NETWORK, "GetXMLDesc", "u", { "0" } },
        { "Network", NEW_NETWORK, "Destroy", "" },
        { "Network", NEW_NETWORK, "Create", "" },
        GET("Network", NEW_NETWORK, "Active"),
        { "Network", NEW_NETWORK, "Destroy", "" },
        { "Network", NEW_NETWORK, "Undefine", "" },
        { "Network", NEW_NETWORK, "GetXMLDesc", "u", { "0" } },
        { "Connect", NULL, "NetworkCreateXML", "s", { NEW_NETWORK_XML } },
        GET_ALL("Network", NEW_NETWORK),
        SET("Network", NEW_NETWORK, "Autostart", "b 1"),
        { "Network", NEW_NETWORK, "Destroy", "" },
        { "Network", NEW_NETWORK, "Create", "" },

        { "Connect", NULL, "ListStoragePools", "u", { "0" } },
        { "Connect", NULL, "ListStoragePools", "u", { "1048576" } },
        { "Connect", NULL, "StoragePoolLookupByName", "s", { "default-pool" } },
        { "Connect", NULL, "StoragePoolLookupByName", "s", { "none" } },
        { "Connect", NULL, "StoragePoolLookupByUUID", "s", { POOL_UUID } },
        { "Connect", NULL, "StoragePoolLookupByUUID", "s", { NEW_UUID } },
        { "Connect", NULL, "StoragePoolDefineXML", "su", { "<pool", "0" } },
        { "Connect", NULL, "StoragePoolDefineXML", "su", { "<pool type='moon'><name>x</name></pool>", "0" } },
        { "Connect", NULL, "FindStoragePoolSources", "ssu", { "logical", "", "0" } },
        { "Connect", NULL, "FindStoragePoolSources", "ssu", { "dir", "", "0" } },
        { "Connect", NULL, "FindStoragePoolSources",
          "ssu", { "netfs", "<source><host name='h'/></source>", "0" } },
        INTROSPECT("/storagepool"),
        INTROSPECT(POOL),
        GET_ALL("StoragePool", POOL),
        GET_ALL("StoragePool", NEW_POOL),
        GET("StoragePool", NEW_POOL, "Active"),
        { "StoragePool", POOL, "GetInfo", "" },
        { "StoragePool", POOL, "GetXMLDesc", "u", { "0" } },
        { "StoragePool", POOL, "ListStorageVolumes", "u", { "0" } },
        { "StoragePool", POOL, "Create", "u", { "0" } },
        { "StoragePool", POOL, "Refresh", "u", { "0" } },
        { "StoragePool", POOL, "StorageVolLookupByName", "s", { "none" } },
        { "StoragePool", POOL, "StorageVolCreateXML", "su", { "<volume", "0" } },
        { "StoragePool", POOL, "StorageVolCreateXML", "su", { VOLUME_XML, "0" } },
        { "StoragePool", POOL, "StorageVolCreateXML", "su", { VOLUME_XML, "0" } },
        INTROSPECT("/storagevol"),
        INTROSPECT(VOLUME),
        { "StoragePool", POOL, "StorageVolLookupByName", "s", { "v1.img" } },
        { "StoragePool", POOL, "ListStorageVolumes", "u", { "0" } },
        { "Connect", NULL, "StorageVolLookupByKey", "s", { "/default-pool/v1.img" } },
        { "Connect", NULL, "StorageVolLookupByKey", "s", { "none" } },
        { "Connect", NULL, "StorageVolLookupByPath", "s", { "/default-pool/v1.img" } },
        { "Connect", NULL, "StorageVolLookupByPath", "s", { "/none" } },
        GET_ALL("StorageVol", VOLUME),
        { "StorageVol", VOLUME, "GetInfo", "u", { "0" } },
        { "StorageVol", VOLUME, "GetXMLDesc", "u", { "0" } },
        { "StorageVol", VOLUME, "Resize", "tu", { "2097152", "0" } },
        { "StorageVol", VOLUME, "Wipe", "uu", { "0", "0" } },
        { "StoragePool", POOL, "StorageVolCreateXMLFrom", "ssu", { CLONE_XML, "/default-pool/v1.img", "0" } },
        { "StoragePool", POOL, "StorageVolCreateXMLFrom", "ssu", { CLONE_XML, "none", "0" } },
        { "StorageVol", CLONE, "GetInfo", "u", { "0" } },
        { "StorageVol", CLONE, "Delete", "u", { "0" } },
        { "StorageVol", VOLUME, "Delete", "u", { "0" } },
        { "StorageVol", VOLUME, "GetInfo", "u", { "0" } },
        GET_ALL("StorageVol", VOLUME),
        { "Connect", NULL, "StoragePoolDefineXML", "su", { NEW_POOL_XML, "0" } },
        GET_ALL("StoragePool", NEW_POOL),
        SET("StoragePool", NEW_POOL, "Autostart", "b 1"),
        GET("StoragePool", NEW_POOL, "Autostart"),
        SET("StoragePool", NEW_POOL, "Autostart", "b 0"),
        { "StoragePool", NEW_POOL, "GetInfo", "" },
        { "StoragePool", NEW_POOL, "GetXMLDesc", "u", { "0" } },
        { "StoragePool", NEW_POOL, "ListStorageVolumes", "u", { "0" } },
        { "StoragePool", NEW_POOL, "Refresh", "u", { "0" } },
        { "StoragePool", NEW_POOL, "Destroy", "" },
        { "StoragePool", NEW_POOL, "Build", "u", { "0" } },
        { "StoragePool", NEW_POOL, "Create", "u", { "0" } },
        { "StoragePool", NEW_POOL, "Build", "u", { "0" } },
        { "StoragePool", NEW_POOL, "Undefine", "" },
        { "StoragePool", NEW_POOL, "Destroy", "" },
        { "StoragePool", NEW_POOL, "Delete", "u", { "0" } },
        { "StoragePool", NEW_POOL, "Undefine", "" },
        { "StoragePool", NEW_POOL, "GetInfo", "" },
        { "Connect", NULL, "StoragePoolCreateXML", "su", { NEW_POOL_XML, "0" } },
        GET_ALL("StoragePool", NEW_POOL),
        SET("StoragePool", NEW_POOL, "Autostart", "b 1"),
        { "StoragePool", NEW_POOL, "Destroy", "" },
        { "StoragePool", NEW_POOL, "Destroy", "" },

        { "Connect", NULL, "ListInterfaces", "u", { "0" } },
        { "Connect", NULL, "ListInterfaces", "u", { "65536" } },
        { "Connect", NULL, "InterfaceLookupByName", "s", { "eth1" } },
        { "Connect", NULL, "InterfaceLookupByName", "s", { "none" } },
        { "Connect", NULL, "InterfaceLookupByMAC", "s", { "aa:bb:cc:dd:ee:ff" } },
        { "Connect", NULL, "InterfaceLookupByMAC", "s", { "00:00:00:00:00:01" } },
        INTROSPECT("/interface"),
        INTROSPECT(INTERFACE),
        GET_ALL("Interface", INTERFACE),
        GET("Interface", NEW_INTERFACE, "Active"),
        { "Interface", INTERFACE, "GetXMLDesc", "u", { "0" } },
        { "Interface", INTERFACE, "Create", "u", { "0" } },
        { "Connect", NULL, "InterfaceChangeCommit", "u", { "0" } },
        { "Connect", NULL, "InterfaceChangeRollback", "u", { "0" } },
        { "Connect", NULL, "InterfaceChangeBegin", "u", { "0" } },
        { "Connect", NULL, "InterfaceChangeBegin", "u", { "0" } },
        { "Connect", NULL, "InterfaceDefineXML", "su", { "<interface", "0" } },
        { "Connect", NULL, "InterfaceDefineXML", "su", { NEW_INTERFACE_XML, "0" } },
        GET_ALL("Interface", NEW_INTERFACE),
        { "Interface", NEW_INTERFACE, "GetXMLDesc", "u", { "0" } },
        { "Connect", NULL, "InterfaceChangeRollback", "u", { "0" } },
        { "Interface", NEW_INTERFACE, "GetXMLDesc", "u", { "0" } },
        { "Connect", NULL, "InterfaceChangeBegin", "u", { "0" } },
        { "Connect", NULL, "InterfaceDefineXML", "su", { NEW_INTERFACE_XML, "0" } },
        { "Connect", NULL, "InterfaceChangeCommit", "u", { "0" } },
        { "Interface", NEW_INTERFACE, "Destroy", "u", { "0" } },
        { "Interface", NEW_INTERFACE, "Create", "u", { "0" } },
        { "Interface", NEW_INTERFACE, "Create", "u", { "0" } },
        { "Interface", NEW_INTERFACE, "Destroy", "u", { "0" } },
        { "Interface", NEW_INTERFACE, "Undefine", "" },
        { "Interface", NEW_INTERFACE, "Undefine", "" },

        { "Connect", NULL, "ListNodeDevices", "u", { "0" } },
        { "Connect", NULL, "ListNodeDevices", "u", { "128" } },
        { "Connect", NULL, "NodeDeviceLookupByName", "s", { "computer" } },
        { "Connect", NULL, "NodeDeviceLookupByName", "s", { "none" } },
        { "Connect", NULL, "NodeDeviceLookupSCSIHostByWWN", "ssu", { "2000000012341234", "1000000012341234", "0" } },
        { "Connect", NULL, "NodeDeviceLookupSCSIHostByWWN", "ssu", { "1", "2", "0" } },
        INTROSPECT("/nodedev"),
        INTROSPECT(HOST),
        GET_ALL("NodeDevice", COMPUTER),
        GET_ALL("NodeDevice", HOST),
        GET("NodeDevice", COMPUTER, "Parent"),
        GET("NodeDevice", "/nodedev/none", "Parent"),
        { "NodeDevice", HOST, "GetXMLDesc", "u", { "0" } },
        { "NodeDevice", COMPUTER, "GetXMLDesc", "u", { "0" } },
        { "NodeDevice", HOST, "ListCaps", "" },
        { "NodeDevice", "/nodedev/none", "ListCaps", "" },
        { "NodeDevice", HOST, "Detach", "su", { "", "0" } },
        { "NodeDevice", HOST, "ReAttach", "" },
        { "NodeDevice", HOST, "Reset", "" },
        { "NodeDevice", COMPUTER, "Destroy", "" },
        { "Connect", NULL, "NodeDeviceCreateXML", "su", { "<device", "0" } },
        { "Connect", NULL, "NodeDeviceCreateXML", "su", { NEW_HOST_XML, "0" } },
        { "NodeDevice", NEW_HOST, "GetXMLDesc", "u", { "0" } },
        { "NodeDevice", NEW_HOST, "Destroy", "" },
        { "NodeDevice", NEW_HOST, "GetXMLDesc", "u", { "0" } },

        { "Connect", NULL, "ListNWFilters", "u", { "0" } },
        { "Connect", NULL, "NWFilterLookupByName", "s", { "none" } },
        { "Connect", NULL, "NWFilterLookupByUUID", "s", { FILTER_UUID } },
        { "Connect", NULL, "NWFilterDefineXML", "s", { "<filter name='f'><uuid>" FILTER_UUID "</uuid></filter>" } },
        INTROSPECT("/nwfilter"),
        GET_ALL("NWFilter", FILTER),
        { "NWFilter", FILTER, "GetXMLDesc", "u", { "0" } },
        { "NWFilter", FILTER, "Undefine", "" },

        { "Connect", NULL, "ListSecrets", "u", { "0" } },
        { "Connect", NULL, "SecretLookupByUUID", "s", { SECRET_UUID } },
        { "Connect", NULL, "SecretLookupByUsage", "is", { "1", "/default-pool/v1.img" } },
        { "Connect", NULL, "SecretDefineXML", "su", { "<secret><uuid>" SECRET_UUID "</uuid></secret>", "0" } },
        INTROSPECT("/secret"),
        GET_ALL("Secret", SECRET),
        { "Secret", SECRET, "GetXMLDesc", "u", { "0" } },
        { "Secret", SECRET, "SetValue", "ayu", { "1 2 3", "0" } },
        { "Secret", SECRET, "GetValue", "u", { "0" } },
        { "Secret", SECRET, "Undefine", "" },
};

const Case *const cases = table;
const size_t n_cases = ELEMENTSOF(table);

/* ---- names --------------------------------------------------------------------------------------------- */

static const struct {
        const char *path, *name;
} places[] = {
        { DOMAIN, "test" },
        { NEW, "new" },
        { NETWORK, "default" },
        { NEW_NETWORK, "net" },
        { POOL, "default-pool" },
        { NEW_POOL, "pool" },
        { VOLUME, "v1.img" },
        { CLONE, "v2.img" },
        { SNAPSHOT, "s1" },
        { SNAPSHOT_2, "s-2" },
        { INTERFACE, "eth1" },
        { NEW_INTERFACE, "eth9" },
        { FILTER, "f" },
        { SECRET, "the secret" },
};

static const char *place_name(const char *path)
{
        for (size_t i = 0; i < ELEMENTSOF(places); i++)
                if (streq(places[i].path, path))
                        return places[i].name;
        /* of a whole path it is what the path is about */
        return g_str_has_prefix(path, "/org") || streq(path, "/") ? path : strrchr(path, '/') + 1;
}

/* Of definitions the beginning says enough. */
static void append_arg_name(GString *s, const char *arg)
{
        size_t length = strlen(arg);

        if (length > ARG_NAME_MAX)
                g_string_append_printf(s, " %.*s…", ARG_NAME_MAX, arg);
        else
                g_string_append_printf(s, " %s", length > 0 ? arg : "''");
}

char *case_name(const Case *c, unsigned nth)
{
        GString *s = g_string_new(NULL);
        bool property = streq(c->interface, PROPERTIES);
        const char *interface = g_str_has_prefix(c->interface, "org.") ? strrchr(c->interface, '.') + 1 : c->interface;

        if (property)
                g_string_append_printf(s, "%s %s", c->member, c->args[0] + strlen("org.libvirt."));
        else if (streq(c->interface, INTROSPECTABLE))
                g_string_append(s, c->member);
        else
                g_string_append_printf(s, "%s.%s", interface, c->member);
        for (size_t i = property; i < CASE_ARGS_MAX && c->args[i]; i++)
                append_arg_name(s, c->args[i]);
        if (c->path)
                g_string_append_printf(s, " on %s", place_name(c->path));
        if (nth > 1)
                g_string_append_printf(s, " (%u)", nth);
        /* it stands in a table */
        for (char *p = s->str; *p; p++)
                if (*p == '|' || *p == '`' || *p == '\n')
                        *p = ' ';
        return g_string_free(s, FALSE);
}
