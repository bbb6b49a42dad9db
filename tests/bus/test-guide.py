#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Libvirt's Application Development Guide, section by section, over the bus and the driver "Test".

A row is a section of the guide, calls that do what it is about, and what must come back of the last. Sections that are
about a client's own matters (event loops, connections to other hosts) or only introduce others have no row: NOT_ON_BUS
says why.
"""

import os
import re
import subprocess
import sys
import time
import unittest
from typing import Any, Callable, Optional

from gi.repository import Gio, GLib

DRIVER = '/org/virtbus1/Test'
NAME = 'org.virtbus1'
TIMEOUT = 30000

DOMAIN = '''<domain type='test'>
  <name>guide</name>
  <memory unit='MiB'>1024</memory>
  <currentMemory unit='MiB'>512</currentMemory>
  <vcpu current='2'>4</vcpu>
  <iothreads>1</iothreads>
  <os><type arch='i686'>hvm</type><boot dev='network'/></os>
  <devices>
    <disk type='file' device='disk'><source file='/guide/a.img'/><target dev='vda' bus='virtio'/></disk>
    <interface type='network'><mac address='52:54:00:00:00:0a'/><source network='default'/></interface>
    <console type='pty'/>
    <graphics type='vnc'/>
    <video><model type='virtio'/></video>
    <memballoon model='virtio'/>
  </devices>
</domain>'''
DISK = "<disk type='file' device='disk'><source file='/guide/b.img'/><target dev='vdb' bus='virtio'/></disk>"
USB = "<hostdev mode='subsystem' type='usb'><source><vendor id='0x1d6b'/><product id='0x0002'/></source></hostdev>"
POOL = "<pool type='dir'><name>guide</name><target><path>/guide</path></target></pool>"
NETWORK = "<network><name>guide</name><bridge name='guide0'/><ip address='10.9.0.1' netmask='255.255.255.0'/></network>"
LAN = "<network><name>passing</name></network>"
INTERFACE = "<interface type='ethernet' name='guide0'><mac address='52:54:00:00:00:0b'/></interface>"
CPU = "<cpu><arch>i686</arch><model>qemu64</model></cpu>"
SECRET = "<secret ephemeral='no' private='no'><description>guide</description></secret>"

NOT_ON_BUS = {
    '2.3.1': 'the far side of busctl -H', '2.3.2': 'the bus: unix, ssh, containers', '2.4': 'TLS is QEMU\'s own',
    '2.4.1': 'as 2.4', '3.2.2': 'only as a target of migration', '9': 'client side', '9.2': 'client side',
    '11.1': 'tests/unit/test-log_environment.c', **dict.fromkeys(
        ('1', '3.4', '4.3', '5', '6', '7', '7.3', '7.4', '7.5'), 'introduces the sections below it'),
}

Check = Callable[[tuple], Any]


def volume(name: str, megabytes: int = 1) -> str:
    return f"<volume><name>{name}</name><capacity unit='MiB'>{megabytes}</capacity></volume>"


class Bus:
    def __init__(self) -> None:
        address = os.environ['DBUS_SYSTEM_BUS_ADDRESS']
        flags = (Gio.DBusConnectionFlags.AUTHENTICATION_CLIENT | Gio.DBusConnectionFlags.MESSAGE_BUS_CONNECTION)
        self.connection = Gio.DBusConnection.new_for_address_sync(address, flags, None, None)

    def call(self, path: str, interface: str, member: str, signature: str = '', *args: Any) -> tuple:
        body = GLib.Variant(f'({signature})', args) if signature else None
        return self.connection.call_with_unix_fd_list_sync(
            NAME, path, interface if '.' in interface else f'{NAME}.{interface}', member, body, None,
            Gio.DBusCallFlags.NONE, TIMEOUT, None, None)[0].unpack()

    def get(self, path: str, interface: str, name: str) -> Any:
        full = interface if '.' in interface else f'{NAME}.{interface}'
        return self.call(path, 'org.freedesktop.DBus.Properties', 'Get', 'ss', full, name)[0]

    def set(self, path: str, interface: str, name: str, signature: str, value: Any) -> None:
        full = interface if '.' in interface else f'{NAME}.{interface}'
        self.call(path, 'org.freedesktop.DBus.Properties', 'Set', 'ssv', full, name, GLib.Variant(signature, value))

    def close(self) -> None:
        self.connection.close_sync(None)


def as_user(user: str, *words: str, interactive: str = 'no') -> subprocess.CompletedProcess:
    words = ('busctl', '--system', f'--allow-interactive-authorization={interactive}', 'call', NAME, *words)
    return subprocess.run(['setpriv', f'--reuid={user}', f'--regid={user}', '--init-groups', '--', *words],
                          capture_output=True, text=True, timeout=60, check=False)


def error_of(action: Callable[[], Any]) -> str:
    """The name of the error that the action ends with, behind the prefix; "" when it does not."""
    try:
        action()
    except GLib.Error as e:
        return Gio.dbus_error_get_remote_error(e).rsplit('.', 1)[-1]
    return ''


class Guide:
    """What the rows speak with: the objects by the letters of the check commands."""

    def __init__(self) -> None:
        self.bus = Bus()
        self.paths = {'Connect': DRIVER}
        self.heard: list[tuple[str, tuple]] = []
        self.bus.connection.signal_subscribe(NAME, None, None, None, None, Gio.DBusSignalFlags.NONE, self.on_signal)

    def on_signal(self, _c: Any, _sender: str, _path: str, _interface: str, member: str, body: GLib.Variant) -> None:
        self.heard.append((member, body.unpack()))

    def hears(self, *members: str) -> bool:
        """Whether all of them come before long."""
        context, end = GLib.MainContext.default(), time.monotonic() + 10
        while not set(members) <= {m for m, _ in self.heard} and time.monotonic() < end:
            if not context.iteration(False):
                time.sleep(0.01)
        return set(members) <= {m for m, _ in self.heard}

    def do(self, interface: str, member: str, signature: str = '', *args: Any) -> Any:
        answer = self.bus.call(self.paths[interface], interface, member, signature, *args)
        return answer[0] if len(answer) == 1 else answer

    def find(self, interface: str, member: str, signature: str, *args: Any) -> str:
        """Looks the object up that the next rows are about, or makes it."""
        self.paths[interface] = self.do('Connect', member, signature, *args)
        return self.paths[interface]

    def prop(self, interface: str, *names: str) -> Any:
        values = [self.bus.get(self.paths[interface], interface, name) for name in names]
        return values[0] if len(values) == 1 else values

    def put(self, interface: str, name: str, signature: str, value: Any) -> Any:
        self.bus.set(self.paths[interface], interface, name, signature, value)
        return self.prop(interface, name)

    def fails(self, interface: str, member: str, signature: str = '', *args: Any) -> str:
        return error_of(lambda: self.do(interface, member, signature, *args))

    def introspect(self, path: str) -> str:
        return self.bus.call(path, 'org.freedesktop.DBus.Introspectable', 'Introspect')[0]


def autodestroyed(g: Guide) -> bool:
    other = Bus()
    other.call(g.paths['Domain'], 'Domain', 'Create', 'u', 2)
    started = g.prop('Domain', 'Active')
    other.close()
    end = time.monotonic() + 10
    while g.prop('Domain', 'Active') and time.monotonic() < end:
        time.sleep(0.05)
    return started and not g.prop('Domain', 'Active')


def read_only(g: Guide) -> bool:
    listed = as_user('vtest1', DRIVER, 'org.virtbus1.Connect', 'ListDomains', 'u', '0')
    refused = as_user('vtest1', g.paths['Domain'], 'org.virtbus1.Domain', 'Destroy', 'u', '0')
    return listed.returncode == 0 and refused.returncode != 0 and 'denied' in refused.stderr.lower()


def not_defined(_g: Guide) -> bool:
    refused = as_user('vtest1', DRIVER, 'org.virtbus1.Connect', 'DomainDefineXML', 's', DOMAIN)
    return refused.returncode != 0 and 'denied' in refused.stderr.lower()


def interactively_refused(g: Guide) -> bool:
    """Nobody is there to authenticate."""
    refused = as_user('vtest1', g.paths['Domain'], 'org.virtbus1.Domain', 'Destroy', 'u', '0', interactive='yes')
    return refused.returncode != 0 and 'denied' in refused.stderr.lower()


def last_error(g: Guide) -> bool:
    g.fails('Connect', 'DomainLookupByName', 's', 'nope')
    code, domain, message, level, sentence, detail, third, *numbers = g.do('Connect', 'GetLastError')
    return (code, domain, level, sentence, numbers) == (42, 12, 2, 'Domain not found: %s', [-1, -1]) and \
        message == f'Domain not found: {detail}' and third == ''


def error_handler(g: Guide) -> bool:
    g.do('Connect', 'Subscribe')
    g.fails('Connect', 'DomainLookupByName', 's', 'nope')
    return g.hears('ErrorReported')


def log_level(g: Guide) -> bool:
    path, interface = '/org/freedesktop/LogControl1', 'org.freedesktop.LogControl1'
    before = g.bus.get(path, interface, 'LogLevel')
    g.bus.set(path, interface, 'LogLevel', 's', 'debug')
    changed = g.bus.get(path, interface, 'LogLevel')
    g.bus.set(path, interface, 'LogLevel', 's', before)
    return (changed, g.bus.get(path, interface, 'SyslogIdentifier')) == ('debug', 'virtbusd')


def whole_life(g: Guide) -> bool:
    """Defined, started, paused, resumed, saved, restored, shut down."""
    g.find('Domain', 'DomainDefineXML', 's', DOMAIN)
    for member, arguments in (('Create', ('u', 0)), ('Suspend', ()), ('Resume', ()), ('ManagedSave', ('u', 0)),
                              ('Create', ('u', 0)), ('Reboot', ('u', 0)), ('Shutdown', ('u', 0))):
        g.do('Domain', member, *arguments)
    g.do('Domain', 'Create', 'u', 0)
    return g.prop('Domain', 'Active') and g.hears('DomainEvent', 'Reboot')


def saved_and_restored(g: Guide) -> bool:
    file = os.path.join(os.environ['VIRTBUS_TEST_DIR'], 'guide.save')
    g.do('Domain', 'Save', 'ssu', file, '', 0)
    stopped = not g.prop('Domain', 'Active')
    name_in_file = '<name>guide</name>' in g.do('Connect', 'DomainSaveImageGetXMLDesc', 'su', file, 0)
    g.do('Connect', 'DomainRestore', 'ssu', file, '', 0)
    return stopped and name_in_file and g.prop('Domain', 'Active')


def migrated(g: Guide) -> bool:
    transient = g.do('Connect', 'DomainCreateXML', 'su', DOMAIN.replace('guide<', 'leaves<').replace(':0a', ':0c'), 0)
    g.bus.call(transient, 'Domain', 'MigrateToURI3', 'sa{sv}u', 'test:///elsewhere', {}, 11)
    return error_of(lambda: g.bus.get(transient, 'Domain', 'Active')) == 'NoDomain'


def block_job(g: Guide) -> bool:
    g.do('Domain', 'BlockPull', 'stu', 'vda', 0, 0)
    g.do('Domain', 'GetBlockJobInfo', 'su', 'vda', 0)
    return g.hears('BlockJob')


def descriptor(g: Guide, interface: str, member: str, signature: str, *args: Any) -> bool:
    body = GLib.Variant(f'({signature})', args)
    reply, fds = g.bus.connection.call_with_unix_fd_list_sync(
        NAME, g.paths[interface], f'{NAME}.{interface}', member, body, None, Gio.DBusCallFlags.NONE, TIMEOUT, None,
        None)
    return 'h' in reply.get_type_string() and fds.get_length() == 1


def passed_device(g: Guide) -> bool:
    g.paths['NodeDevice'] = g.do('Connect', 'NodeDeviceLookupByName', 's', 'pci_0000_00_02_0')
    g.do('NodeDevice', 'Detach', 'su', '', 0)
    g.do('NodeDevice', 'Reset')
    g.do('NodeDevice', 'ReAttach')
    return True


def interface_changes(g: Guide, end: str) -> bool:
    g.do('Connect', 'InterfaceChangeBegin', 'u', 0)
    g.do('Connect', 'InterfaceDefineXML', 'su', INTERFACE, 0)
    g.do('Connect', end, 'u', 0)
    there = not g.fails('Connect', 'InterfaceLookupByName', 's', 'guide0')
    if there:
        g.bus.call(g.do('Connect', 'InterfaceLookupByName', 's', 'guide0'), 'Interface', 'Undefine')
    return there == (end == 'InterfaceChangeCommit')


def network_life(g: Guide) -> bool:
    passing = g.do('Connect', 'NetworkCreateXML', 's', LAN)
    g.bus.call(passing, 'Network', 'Destroy')
    g.find('Network', 'NetworkDefineXML', 's', NETWORK)
    g.do('Network', 'Create')
    return g.prop('Network', 'Active') and g.hears('NetworkEvent')


def updated_network(g: Guide) -> bool:
    g.paths['Network'] = g.do('Connect', 'NetworkLookupByName', 's', 'default')
    g.do('Network', 'Update', 'uuisu', 3, 4, -1, "<host mac='52:54:00:00:00:01' ip='192.168.122.9'/>", 2)
    return '192.168.122.9' in g.do('Network', 'GetXMLDesc', 'u', 1)


def pool_life(g: Guide) -> bool:
    g.find('StoragePool', 'StoragePoolDefineXML', 'su', POOL, 0)
    for member in ('Build', 'Create', 'Refresh'):
        g.do('StoragePool', member, 'u', 0)
    return g.prop('StoragePool', 'Active') and g.hears('StoragePoolEvent', 'Refresh')


def volume_life(g: Guide) -> bool:
    path = g.do('StoragePool', 'StorageVolCreateXML', 'su', volume('passing'), 0)
    g.bus.call(path, 'StorageVol', 'Wipe', 'uu', 0, 0)
    g.bus.call(path, 'StorageVol', 'Delete', 'u', 0)
    return True


def secret_life(g: Guide) -> bool:
    g.find('Secret', 'SecretDefineXML', 'su', SECRET, 0)
    g.do('Secret', 'SetValue', 'ayu', b'abc', 0)
    return bytes(g.do('Secret', 'GetValue', 'u', 0)) == b'abc' and len(g.do('Connect', 'ListSecrets', 'u', 0)) == 1


Row = tuple[str, str, Callable[[Guide], Any], Check]


def steps(*actions: Callable[[Guide], Any]) -> Callable[[Guide], Any]:
    """All of them; what comes back is that of the last."""
    return lambda g: [action(g) for action in actions][-1]


def find(interface: str, member: str, signature: str, *args: Any) -> Callable[[Guide], Any]:
    return lambda g: g.find(interface, member, signature, *args)


def make_volume(name: str) -> Callable[[Guide], Any]:
    def make(g: Guide) -> str:
        g.paths['StorageVol'] = g.do('StoragePool', 'StorageVolCreateXML', 'su', volume(name), 0)
        return g.paths['StorageVol']
    return make


def fails(interface: str, member: str, signature: str, *args: Any) -> Callable[[Guide], Any]:
    return lambda g: g.fails(interface, member, signature, *args)


def name_is_owned(g: Guide) -> bool:
    return g.bus.connection.call_sync('org.freedesktop.DBus', '/', 'org.freedesktop.DBus', 'NameHasOwner',
                                      GLib.Variant('(s)', ('org.libvirt',)), None, 0, TIMEOUT, None).unpack()[0]


def interface_stats(g: Guide) -> tuple:
    tap = re.search("<target dev='(.*?)'", g.do('Domain', 'GetXMLDesc', 'u', 0).split('<interface')[1])
    return g.do('Domain', 'InterfaceStats', 's', tap[1]) if tap else ()


def yes(value: Any) -> bool:
    return value is True


def is_list(value: Any) -> bool:
    return isinstance(value, list)


def some(value: Any) -> bool:
    return len(value) > 0


def same(expected: Any) -> Check:
    return lambda value: value == expected


def has(text: str) -> Check:
    return lambda value: text in value


def call(interface: str, member: str, signature: str = '', *args: Any) -> Callable[[Guide], Any]:
    return lambda g: g.do(interface, member, signature, *args)


def get(interface: str, *names: str) -> Callable[[Guide], Any]:
    return lambda g: g.prop(interface, *names)


ROWS: list[Row] = [
    ('1.1', 'one name on the bus', name_is_owned, yes),
    ('1.2', 'the words of the glossary', lambda g: g.introspect(DRIVER), has('interface name="org.virtbus1.Connect"')),
    ('2', 'architecture', lambda g: g.introspect('/org/virtbus1'), has('"Test"')),
    ('2.1', 'object model', lambda g: re.findall('<node name="(.*?)"', g.introspect(DRIVER)), lambda v: {
        'domain', 'network', 'storagepool', 'storagevol', 'nodedev', 'interface', 'nwfilter', 'secret',
        'domainsnapshot', 'domaincheckpoint', 'networkport', 'nwfilterbinding'} <= set(v)),
    ('2.1.1', 'hypervisor connections', call('Connect', 'GetCapabilities'), has('<capabilities>')),
    ('2.1.2', 'guest domains', steps(find('Domain', 'DomainLookupByName', 's', 'test'), get(
        'Domain', 'Id', 'Name', 'Active', 'Persistent')), same([1, 'test', True, True])),
    ('2.1.3', 'virtual networks', steps(find('Network', 'NetworkLookupByName', 's', 'default'), get(
        'Network', 'Name', 'Active', 'Persistent', 'BridgeName')), same(['default', True, True, 'virbr0'])),
    ('2.1.4', 'storage pools', steps(find('StoragePool', 'StoragePoolLookupByName', 's', 'default-pool'), get(
        'StoragePool', 'Name', 'Active', 'Persistent')), same(['default-pool', True, True])),
    ('2.1.5', 'storage volumes', steps(make_volume('a'), get('StorageVol', 'Name', 'Key', 'Path')),
     same(['a', '/default-pool/a', '/default-pool/a'])),
    ('2.1.6', 'host devices', call('Connect', 'ListNodeDevices', 'u', 0), some),
    ('2.1.6', 'their state', steps(find('NodeDevice', 'NodeDeviceLookupByName', 's', 'scsi_host1'), get(
        'NodeDevice', 'Active', 'Persistent', 'Autostart')), same([True, False, False])),
    ('2.2', 'driver model', fails('Connect', 'NodeGetMemoryStats', 'iu', -1, 0), same('NoSupport')),
    ('2.3', 'remote management', call('Connect', 'GetCapabilities'), some),
    ('2.3.3', 'authentication', not_defined, yes),
    ('3', 'connections', call('Connect', 'ListDomains', 'u', 0), some),
    ('3.1', 'overview', get('Connect', 'Version'), same(2)),
    ('3.1.1', 'open', get('Connect', 'URI'), same('test:///default')),
    ('3.1.2', 'openReadOnly', read_only, yes),
    ('3.1.3', 'openAuth', interactively_refused, yes),
    ('3.2', 'URI formats', get('Connect', 'URI'), same('test:///default')),
    ('3.2.1', 'local URIs', get('Connect', 'URI'), same('test:///default')),
    ('3.3', 'capabilities', call('Connect', 'GetCapabilities'), has('<topology>')),
    ('3.3', 'of domains', call('Connect', 'GetDomainCapabilities', 'ssssu', '', 'i686', '', 'test', 0),
     has('<domainCapabilities>')),
    ('3.3', 'of pools', call('Connect', 'GetStoragePoolCapabilities', 'u', 0), has('<storagepoolCapabilities>')),
    ('3.4.1', 'getHostname', get('Connect', 'Hostname'), some),
    ('3.4.2', 'getMaxVcpus', call('Connect', 'GetMaxVcpus', 's', 'test'), same(32)),
    ('3.4.3', 'getInfo', call('Connect', 'NodeGetInfo'), same(('i686', 3145728, 16, 1400, 2, 2, 2, 2))),
    ('3.4.4', 'getCellsFreeMemory', call('Connect', 'NodeGetCellsFreeMemory', 'ii', 0, 8), same([2097152, 4194304])),
    ('3.4.5', 'getType', get('Connect', 'Type'), same('TEST')),
    ('3.4.6', 'getVersion', get('Connect', 'Version'), same(2)),
    ('3.4.7', 'getLibVersion', get('Connect', 'LibVersion'), same(11003000)),
    ('3.4.8', 'getURI', get('Connect', 'URI'), some),
    ('3.4.9', 'isEncrypted', get('Connect', 'Encrypted'), same(False)),
    ('3.4.10', 'isSecure', get('Connect', 'Secure'), yes),
    ('3.4.11', 'isAlive', get('Connect', 'Alive'), yes),
    ('3.4.12', 'compareCPU', call('Connect', 'CompareCPU', 'su', CPU, 0), same(1)),
    ('3.4.12', 'compareHypervisorCPU', call('Connect', 'CompareHypervisorCPU', 'sssssu', '', '', '', '', CPU, 0),
     same(1)),
    ('3.4.12', 'baselineCPU', call('Connect', 'BaselineCPU', 'asu', [CPU], 0), has('qemu64')),
    ('3.4.12', 'baselineHypervisorCPU', call('Connect', 'BaselineHypervisorCPU', 'ssssasu', '', '', '', '', [CPU], 0),
     has('<cpu')),
    ('3.4.13', 'getFreeMemory', call('Connect', 'NodeGetFreeMemory'), same(3145728)),
    ('3.4.14', 'getFreePages', call('Connect', 'NodeGetFreePages', 'auiuu', [4, 2048], 0, 1, 0),
     lambda v: set(v[0]) == {4, 2048}),
    ('3.4.14', 'allocPages', call('Connect', 'NodeAllocPages', 'a{ut}iuu', {2048: 4}, 0, 1, 0), same(1)),
    ('3.4.15', 'getMemoryParameters', call('Connect', 'NodeGetMemoryParameters', 'u', 0), has('shm_pages_to_scan')),
    ('3.4.16', 'getMemoryStats', fails('Connect', 'NodeGetMemoryStats', 'iu', -1, 0), same('NoSupport')),
    ('3.4.17', 'getSecurityModel', call('Connect', 'NodeGetSecurityModel'), same(('testSecurity', ''))),
    ('3.4.18', 'getSysinfo', call('Connect', 'GetSysinfo', 'u', 0), has('<sysinfo')),
    ('3.4.19', 'getCPUMap', call('Connect', 'NodeGetCPUMap', 'u', 0), lambda v: v[:3] == [True, False, True]),
    ('3.4.20', 'getCPUStats', call('Connect', 'NodeGetCPUStats', 'iu', -1, 0), has('kernel')),
    ('3.4.21', 'getCPUModelNames', call('Connect', 'GetCPUModelNames', 'su', 'x86_64', 0), has('qemu64')),
    ('4', 'guest domains', lambda g: g.introspect(g.paths['Domain']), has('org.virtbus1.Domain')),
    ('4.1', 'lookup by name', call('Connect', 'DomainLookupByName', 's', 'test'), some),
    ('4.1', 'lookup by id', call('Connect', 'DomainLookupByID', 'i', 1), some),
    ('4.2', 'listing active ones', call('Connect', 'ListDomains', 'u', 1), some),
    ('4.2', 'listing inactive ones', call('Connect', 'ListDomains', 'u', 2), is_list),
    ('4.4', 'lifecycle', whole_life, yes),
    ('4.3.1', 'ID', get('Domain', 'Id'), lambda v: v > 1),
    ('4.3.2', 'UUID', get('Domain', 'UUID'), lambda v: len(v) == 36),
    ('4.3.3', 'OS type', get('Domain', 'OSType'), same('hvm')),
    ('4.3.4', 'has a current snapshot', call('Domain', 'HasCurrentSnapshot', 'u', 0), same(False)),
    ('4.3.5', 'has a managed save image', call('Domain', 'HasManagedSaveImage', 'u', 0), same(False)),
    ('4.3.6', 'hostname', call('Domain', 'GetHostname', 'u', 0), some),
    ('4.3.7', 'hardware info', call('Domain', 'GetInfo'), lambda v: v[:4] == (1, 1048576, 524288, 2)),
    ('4.3.8', 'is running', get('Domain', 'Active'), yes),
    ('4.3.9', 'is persistent', get('Domain', 'Persistent'), yes),
    ('4.3.10', 'is updated', get('Domain', 'Updated'), same(False)),
    ('4.3.11', 'max memory', get('Domain', 'MaxMemory'), same(1048576)),
    ('4.3.12', 'max vcpus', call('Domain', 'GetVcpus', 'u', 4), same(4)),
    ('4.3.13', 'name', get('Domain', 'Name'), same('guide')),
    ('4.3.14', 'state', call('Domain', 'GetState', 'u', 0), lambda v: v[0] == 1),
    ('4.3.15', 'time', call('Domain', 'GetTime', 'u', 0), lambda v: len(v) == 2),
    ('4.4.1', 'provisioning and starting', lambda g: g.bus.call(g.do('Connect', 'DomainCreateXML', 'su', DOMAIN.replace(
        'guide<', 'once<').replace(':0a', ':0d'), 1), 'Domain', 'Destroy', 'u', 0), same(())),
    ('4.4.2', 'stopping', steps(call('Domain', 'Reset', 'u', 0), call('Domain', 'Destroy', 'u', 1), get(
        'Domain', 'Active')), same(False)),
    ('3.1.4', 'close', autodestroyed, yes),
    ('4.4.3', 'suspend', steps(call('Domain', 'Create', 'u', 0), call('Domain', 'Suspend'), call(
        'Domain', 'GetState', 'u', 0)), lambda v: v[0] == 3),
    ('4.4.3', 'resume', steps(call('Domain', 'Resume'), call('Domain', 'GetState', 'u', 0)), lambda v: v[0] == 1),
    ('4.4.3', 'save and restore', saved_and_restored, yes),
    ('4.4.4', 'migration', migrated, yes),
    ('4.4.5', 'autostart', lambda g: g.put('Domain', 'Autostart', 'b', True), yes),
    ('4.4.5', 'autostart once', lambda g: g.put('Domain', 'AutostartOnce', 'b', True), yes),
    ('4.5', 'configuration', call('Domain', 'GetXMLDesc', 'u', 2), has('<name>guide</name>')),
    ('4.5.1', 'boot modes', call('Domain', 'GetXMLDesc', 'u', 2), has("<boot dev='network'/>")),
    ('4.5.2', 'memory', steps(call('Domain', 'SetMemory', 'tu', 262144, 1), get('Domain', 'Memory')), same(262144)),
    ('4.5.2', 'vcpus', steps(call('Domain', 'SetVcpus', 'uu', 3, 1), call('Domain', 'GetVcpus', 'u', 1)), same(3)),
    ('4.5.2', 'pinning', steps(call('Domain', 'PinVcpu', 'uabu', 0, [True] + [False] * 15, 1), call(
        'Domain', 'GetVcpuPinInfo', 'u', 1)), lambda v: v[0][:2] == [True, False]),
    ('4.5.2', 'vcpu info', call('Domain', 'GetVcpuInfo', 'u', 0), some),
    ('4.5.2', 'iothreads', steps(call('Domain', 'AddIOThread', 'uu', 2, 1), call(
        'Domain', 'SetIOThreadParams', 'ua{sv}u', 2, {'poll_max_ns': GLib.Variant('t', 10)}, 1), call(
            'Domain', 'GetIOThreadInfo', 'u', 1)), lambda v: len(v) == 2),
    ('4.5.2', 'scheduler', call('Domain', 'GetSchedulerParameters', 'u', 0), has('cpu_shares')),
    ('4.6', 'statistics', call('Domain', 'GetStats', 'uu', 0, 0), has('state.state')),
    ('4.6', 'of all domains', call('Connect', 'GetAllDomainStats', 'uu', 0, 0), some),
    ('4.6.1', 'block devices', call('Domain', 'BlockStats', 'su', 'vda', 0), has('rd_bytes')),
    ('4.6.1', 'block info', call('Domain', 'GetBlockInfo', 'su', 'vda', 0), lambda v: v[0] > 0),
    ('4.6.2', 'vcpus', call('Domain', 'GetCPUStats', 'iuu', -1, 1, 0), lambda v: 'cpu_time' in v[0]),
    ('4.6.3', 'memory', call('Domain', 'MemoryStats', 'u', 0), lambda v: len(v) > 0),
    ('4.6.4', 'interfaces', interface_stats, lambda v: len(v) == 8),
    ('4.7', 'attaching a device', steps(call('Domain', 'AttachDevice', 'su', DISK, 1), lambda g: g.hears(
        'DeviceAdded')), yes),
    ('4.7', 'detaching it', steps(call('Domain', 'DetachDeviceAlias', 'su', 'virtio-disk1', 1), lambda g: g.hears(
        'DeviceRemoved')), yes),
    ('4.7.1', 'emulator', call('Domain', 'GetXMLDesc', 'u', 0), has('<domain')),
    ('4.7.2', 'disks', steps(call('Domain', 'BlockResize', 'stu', 'vda', 2097152, 0), call(
        'Domain', 'GetDiskErrors', 'u', 0)), same([])),
    ('4.7.3', 'networking', call('Domain', 'InterfaceAddresses', 'uu', 0, 0), some),
    ('4.7.4', 'keyboards', call('Domain', 'SendKey', 'uuauu', 0, 0, [28], 0), same(())),
    ('4.7.5', 'USB passthrough', steps(call('Connect', 'ListNodeDevices', 'u', 4), call(
        'Domain', 'AttachDevice', 'su', USB, 2)), same(())),
    ('4.7.6', 'PCI passthrough', passed_device, yes),
    ('4.8', 'live change', steps(call('Domain', 'SetMemory', 'tu', 524288, 1), get('Domain', 'Memory')), same(524288)),
    ('4.8.1', 'block jobs', block_job, yes),
    ('4.8.1', 'threshold', call('Domain', 'SetBlockThreshold', 'stu', 'vda', 1 << 40, 0), same(())),
    ('5.1', 'kinds of pools', call('Connect', 'GetStoragePoolCapabilities', 'u', 0), has("<pool type='iscsi'")),
    ('5.2', 'listing pools', call('Connect', 'ListStoragePools', 'u', 0), some),
    ('5.3', 'pool usage', call('StoragePool', 'GetInfo'), lambda v: v[0] == 2 and v[1] > 0),
    ('5.4', 'lifecycle', pool_life, yes),
    ('5.5', 'sources', call('Connect', 'FindStoragePoolSources', 'ssu', 'logical', '', 0), has('<sources>')),
    ('5.6', 'autostart', lambda g: g.put('StoragePool', 'Autostart', 'b', True), yes),
    ('5.7', 'volume formats', call('Connect', 'GetStoragePoolCapabilities', 'u', 0), has('qcow2')),
    ('5.10', 'creating and deleting', volume_life, yes),
    ('5.8', 'listing volumes', steps(make_volume('v'), call('StoragePool', 'ListStorageVolumes', 'u', 0)), some),
    ('5.9', 'volume information', call('StorageVol', 'GetInfo', 'u', 0), lambda v: v[1] == 1 << 20),
    ('5.9', 'by path', call('Connect', 'StorageVolLookupByPath', 's', '/guide/v'), some),
    ('5.9', 'pool of a volume', lambda g: g.do('Connect', 'StoragePoolLookupByVolume', 'o', g.paths['StorageVol'])
     == g.paths['StoragePool'], yes),
    ('5.10', 'download', lambda g: descriptor(g, 'StorageVol', 'Download', 'ttu', 0, 0, 0), yes),
    ('5.11', 'cloning', call('StoragePool', 'StorageVolCreateXMLFrom', 'ssu', volume('w'), '/guide/v', 0), some),
    ('5.12', 'resizing', steps(call('StorageVol', 'Resize', 'tu', 2097152, 0), call('StorageVol', 'GetInfo', 'u', 0)),
     lambda v: v[1] == 2097152),
    ('6.1', 'networks', call('Network', 'GetXMLDesc', 'u', 0), has("<forward mode='nat'")),
    ('6.2', 'listing networks', call('Connect', 'ListNetworks', 'u', 0), some),
    ('6.2', 'bridge', get('Network', 'BridgeName'), same('virbr0')),
    ('6.3', 'lifecycle', network_life, yes),
    ('6.3', 'with flags', call('Connect', 'NetworkDefineXMLFlags', 'su', LAN, 1), some),
    ('6.4', 'leases', steps(find('Network', 'NetworkLookupByName', 's', 'default'), call(
        'Network', 'GetDHCPLeases', 'su', '', 0)), some),
    ('6.4', 'ports', call('Network', 'ListPorts', 'u', 0), some),
    ('6.4', 'metadata', steps(call('Network', 'SetMetadata', 'isssu', 1, 'A title', '', '', 2), call(
        'Network', 'GetMetadata', 'isu', 1, '', 2)), same('A title')),
    ('6.4', 'update', updated_network, yes),
    ('7.1', 'interfaces', call('Connect', 'ListInterfaces', 'u', 0), some),
    ('7.2', 'XML', steps(find('Interface', 'InterfaceLookupByName', 's', 'eth1'), call(
        'Interface', 'GetXMLDesc', 'u', 0)), has('<interface')),
    ('7.3.1', 'enumerating', call('Connect', 'ListInterfaces', 'u', 2), some),
    ('7.3.2', 'lookup', call('Connect', 'InterfaceLookupByMAC', 's', 'aa:bb:cc:dd:ee:ff'), some),
    ('7.3.3', 'details', get('Interface', 'Name', 'MAC', 'Active'), same(['eth1', 'aa:bb:cc:dd:ee:ff', True])),
    ('7.3.4', 'addresses', call('Domain', 'InterfaceAddresses', 'uu', 0, 0), some),
    ('7.4.3', 'changeRollback', lambda g: interface_changes(g, 'InterfaceChangeRollback'), yes),
    ('7.4.4', 'changeBegin', steps(call('Connect', 'InterfaceChangeBegin', 'u', 0), fails(
        'Connect', 'InterfaceChangeBegin', 'u', 0)), same('OperationInvalid')),
    ('7.4.3', 'and back', call('Connect', 'InterfaceChangeRollback', 'u', 0), same(())),
    ('7.4.5', 'changeCommit', lambda g: interface_changes(g, 'InterfaceChangeCommit'), yes),
    ('7.4.1', 'defining', find('Interface', 'InterfaceDefineXML', 'su', INTERFACE, 0), some),
    ('7.5.1', 'activating', steps(call('Interface', 'Create', 'u', 0), get('Interface', 'Active')), yes),
    ('7.5.2', 'deactivating', steps(call('Interface', 'Destroy', 'u', 0), get('Interface', 'Active')), same(False)),
    ('7.4.2', 'undefining', call('Interface', 'Undefine'), same(())),
    ('8', 'errors', fails('Connect', 'DomainLookupByName', 's', 'nope'), same('NoDomain')),
    ('8.1', 'virGetLastError', last_error, yes),
    ('8.2', 'codes', last_error, yes),
    ('8.3', 'error handler', error_handler, yes),
    ('9.1', 'events', lambda g: g.hears('DomainEvent', 'NetworkEvent', 'StoragePoolEvent', 'BlockJob'), yes),
    ('9.1', 'console', lambda g: descriptor(g, 'Domain', 'OpenConsole', 'su', '', 0), yes),
    ('10', 'security labels', call('Domain', 'GetSecurityLabelList'), some),
    ('10', 'secrets', secret_life, yes),
    ('11', 'logging', log_level, yes),
]


class GuideTest(unittest.TestCase):
    guide: Optional[Guide] = None

    def test_rows(self) -> None:
        guide, works = Guide(), 0
        for section, title, action, check in ROWS:
            with self.subTest(f'{section} {title}'):
                value = action(guide)
                self.assertTrue(check(value), f'{section} {title}: {value!r}')
                works += 1
        print(f'{works} of {len(ROWS)} rows of {len({row[0] for row in ROWS})} sections work, '
              f'{len(NOT_ON_BUS)} sections have nothing on the bus')


if __name__ == '__main__':
    unittest.main(argv=sys.argv[:1])
