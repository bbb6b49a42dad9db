#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""What people know from virsh, with virtbusctl: devices, disks, saved states, limits, the guest, the host; virsh's names."""

import json
import os
import re
import select
import shutil
import subprocess
import sys
import tempfile
import unittest

from cli import FAILED, NOT_FOUND, OK, TEST_DIR, USAGE, argv, ctl

DISK = "<disk type='file' device='disk'><source file='/x/b.img'/><target dev='vdb' bus='virtio'/></disk>"
VNC = "<graphics type='vnc' port='5901'/>"

# virsh's command -> ours, where it is neither of the same name nor one of alias.c's prefixes.
OURS = {
    'update-memory-device': 'update-device', 'domstate': 'info', 'domid': 'info', 'domname': 'info', 'domuuid': 'info',
    'domcontrol': 'info', 'vcpucount': 'info', 'vncdisplay': 'info', 'domdisplay': 'info', 'ttyconsole': 'info',
    'dommemstat': 'stats', 'domifstat': 'stats', 'cpu-stats': 'stats', 'domif-getlink': 'domiflist',
    'managedsave-edit': 'managedsave-define', 'save-image-edit': 'save-image-define',
    'net-desc': 'network', 'nodecpumap': 'capabilities', 'find-storage-pool-sources': 'find-pool-sources',
    'find-storage-pool-sources-as': 'find-pool-sources', 'hypervisor-cpu-models': 'domcapabilities',
    'net-name': 'network', 'net-uuid': 'network', 'pool-name': 'pool', 'pool-uuid': 'pool', 'vol-key': 'volume',
    'vol-name': 'volume', 'vol-path': 'volume', 'vol-pool': 'volume', 'vol-create-from': 'volume', 'iface-mac': 'interface',
    'iface-name': 'interface', 'snapshot-current': 'snapshot', 'snapshot-parent': 'snapshot',
    'checkpoint-parent': 'checkpoint',
}


# Those that have nothing to do here, as the manual says.
WITHOUT = {'cd', 'connect', 'dom-fd-associate', 'echo', 'exit', 'lxc-enter-namespace', 'pwd', 'qemu-attach', 'quit'}


class Virsh(unittest.TestCase):
    def check(self, result, status: int = OK) -> str:
        self.assertEqual(result.returncode, status, result.stdout + result.stderr)
        return result.stdout if status == OK else result.stderr

    def ok(self, *words: str, stdin: str = '') -> str:
        return self.check(ctl(*words, stdin=stdin))

    def json(self, *words: str):
        return json.loads(self.ok(*words, '--json'))

    def xml(self, *words: str) -> str:
        return self.ok('dumpxml', 'web', *words)

    def setUp(self):
        self.ok('create', '-', stdin=f'''<domain type='test'><name>web</name><memory unit='MiB'>256</memory>
            <currentMemory unit='MiB'>256</currentMemory><vcpu>4</vcpu><os><type>hvm</type></os><devices>
            <disk type='file' device='disk'><driver type='qcow2'/><source file='/x/a.img'/><target dev='vda' bus='virtio'/></disk>
            <interface type='network'><mac address='52:54:00:00:00:07'/><source network='default'/><model type='virtio'/>
            </interface>{VNC}<memballoon model='virtio'/></devices></domain>''')

    def tearDown(self):
        ctl('destroy', 'web')
        ctl('undefine', 'web')

    def test_devices(self):
        self.assertEqual(self.ok('attach-device', 'web', '-', stdin=DISK), "Domain 'web' has the device\n")
        self.assertRegex(self.ok('domblklist', 'web'), r'(?m)^Target +Type +Device +Bus +Format +Source\n'
                                                       r'vda +file +disk +virtio +qcow2 +/x/a.img\n'
                                                       r'vdb +file +disk +virtio +\S+ +/x/b.img$')
        self.assertEqual([d['target'] for d in self.json('domblklist', 'web')], ['vda', 'vdb'])
        self.ok('detach-device', 'web', '-', '--live', stdin=DISK)
        self.assertNotIn('vdb', self.ok('domblklist', 'web'))
        self.assertIn('device not found', self.check(ctl('detach-device', 'web', '-', stdin=DISK), FAILED))
        self.assertIn("cannot read '/nonexistent'", self.check(ctl('attach-device', 'web', '/nonexistent'), USAGE))
        self.assertRegex(self.ok('domiflist', 'web'), r'network +default +virtio +52:54:00:00:00:07\n')
        self.assertRegex(self.ok('domifaddr', 'test'), r'testnet0 +aa:bb:cc:dd:ee:ff +ipv4 +192\.168\.122\.\d+/24\n')
        self.check(ctl('domifaddr', 'test', '--source=stars'), USAGE)

    def test_forms_of_virsh(self):
        self.ok('define', '-', stdin=self.xml())
        self.ok('autostart', 'web')
        self.assertIs(self.json('dominfo', '--domain', 'web')[0]['autostart'], True)
        self.ok('autostart', '--disable', 'web')
        self.assertIs(self.json('info', 'web')[0]['autostart'], False)
        self.check(ctl('autostart', 'web', 'on', '--disable'), USAGE)
        self.check(ctl('autostart', '--network', 'web'), USAGE)
        self.ok('vol-create-as', 'default-pool', 'a.img', '1M')
        self.assertEqual(self.json('vol-info', 'a.img', '--pool', 'default-pool')[0]['name'], 'a.img')
        self.ok('vol-delete', '--pool=default-pool', '--vol=a.img')
        self.assertIn('needs a value', self.check(ctl('vol-delete', 'a.img', '--pool'), USAGE))

    def test_processors_and_memory(self):
        self.ok('setvcpus', 'web', '2')
        self.assertEqual(self.json('info', 'web')[0]['vcpus'], 2)
        self.ok('setmem', 'web', '128M')
        self.assertIn("<currentMemory unit='KiB'>131072</currentMemory>", self.xml())
        self.check(ctl('setmem', 'web', 'much'), USAGE)
        self.assertIn('greater', self.check(ctl('setvcpus', 'web', '99'), FAILED))
        self.ok('vcpupin', 'web', '0', '0-1,3,^1')
        self.assertIn("<vcpupin vcpu='0' cpuset='0,3'/>", self.xml())
        self.ok('emulatorpin', 'web', '1')
        self.check(ctl('vcpupin', 'web', '0', '3-1'), USAGE)
        self.assertRegex(self.ok('vcpuinfo', 'web'), r'^VCPU +State +Time +CPU +May run on\n0 ')
        self.ok('iothreadadd', 'web', '1')
        self.assertRegex(self.ok('iothreadinfo', 'web'), r'\n1 ')
        self.ok('iothreadpin', 'web', '1', '2')
        self.assertEqual(self.ok('iothreadset', 'web', '1', '--poll-max-ns=1000', '--thread-pool-max=4'),
                         "Domain 'web' has the I/O thread changed\n")
        self.assertIn("poll max='1000'", self.xml())
        self.assertIn('--poll-max-ns', self.check(ctl('iothreadset', 'web', '1'), USAGE))
        self.check(ctl('iothreadset', 'web', '1', '--poll-grow=much'), USAGE)
        self.check(ctl('iothreadset', 'web', '9', '--poll-grow=2'), FAILED)
        self.ok('iothreaddel', 'web', '1')
        self.ok('setvcpu', 'web', '2-3', '--disable')
        self.assertIn("<vcpu id='3' enabled='no'", self.xml())
        self.ok('setvcpu', 'web', '3', '--enable')
        self.assertIn("<vcpu id='3' enabled='yes'", self.xml())
        self.check(ctl('setvcpu', 'web', '3'), USAGE)
        self.check(ctl('setvcpu', 'web', '3', '--enable', '--disable'), USAGE)
        self.check(ctl('setvcpu', 'web', '0', '--disable'), FAILED)

    def test_limits(self):
        self.ok('memtune', 'web', 'hard_limit=300000')
        self.assertRegex(self.ok('memtune', 'web'), r'hard_limit: +300000\n')
        self.assertEqual(self.json('memtune', 'web')['hard_limit'], 300000)
        self.ok('blkdeviotune', 'web', 'vda', 'total_iops_sec=100', 'group_name=slow')
        self.assertEqual(self.json('blkdeviotune', 'web', 'vda')['group_name'], 'slow')
        self.ok('domiftune', 'web', '52:54:00:00:00:07', 'inbound.average=100')
        for words in (['schedinfo', 'web'], ['blkiotune', 'web'], ['numatune', 'web'], ['perf', 'web']):
            self.assertIn(':', self.ok(*words))
        self.assertIn("there is no 'speed'", self.check(ctl('memtune', 'web', 'speed=1'), USAGE))
        self.check(ctl('memtune', 'web', 'hard_limit'), USAGE)
        self.check(ctl('memtune', 'web', 'hard_limit=much'), USAGE)
        self.check(ctl('memtune', 'none', 'hard_limit=1'), NOT_FOUND)

    def test_saved_states(self):
        file = os.path.join(TEST_DIR, 'web.save')
        self.assertEqual(self.ok('save', 'web', file), "Domain 'web' saved\n")
        self.check(ctl('info', 'web'), NOT_FOUND)
        self.assertIn('<name>web</name>', self.ok('save-image-dumpxml', file))
        self.assertEqual(self.ok('restore', file, '--paused'), 'Restored\n')
        self.assertEqual(self.json('info', 'web')[0]['state'], 'paused')
        self.assertIn('No such file', self.check(ctl('restore', '/nonexistent/web.save'), FAILED))
        self.ok('dump', 'web', os.path.join(TEST_DIR, 'web.core'), '--memory-only')
        self.ok('define', '-', stdin=self.xml())
        self.ok('managedsave', 'web')
        self.assertIn('<name>web</name>', self.ok('managedsave-dumpxml', 'web'))
        self.ok('managedsave-remove', 'web')
        self.assertFalse(self.json('info', 'web')[0]['has_managed_save'])

    def test_disk_jobs(self):
        self.assertRegex(self.ok('domblkinfo', 'web', 'vda'), r'Capacity: +\d+\nAllocation: +\d+\nPhysical: +\d+\n')
        self.assertIn('rd_bytes:', self.ok('domblkstat', 'web', 'vda'))
        self.ok('blockresize', 'web', 'vda', '2G')
        self.assertRegex(self.ok('domblkinfo', 'web', 'vda'), rf'Capacity: +{2 << 30}\n')
        self.assertRegex(self.ok('blockjob', 'web', 'vda'), r'Type: +0\n')
        self.assertIn("disk 'vdz' was not found", self.check(ctl('blockpull', 'web', 'vdz'), FAILED))
        self.ok('blockcopy', 'web', 'vda', '-', '--transient-job',
                stdin="<disk type='file'><source file='/x/copy.img'/><driver type='qcow2'/></disk>")
        self.ok('blockjob-abort', 'web', 'vda')
        self.ok('backup-begin', 'web', '-', stdin="<domainbackup><disks><disk name='vda' type='file' backup='yes'>"
                                                   "<target file='/x/backup.img'/></disk></disks></domainbackup>")
        self.check(ctl('domblkerror', 'web'))
        self.check(ctl('domjobinfo', 'web'))
        self.assertIn('no job is active', self.check(ctl('domjobabort', 'web'), FAILED))

    def test_guest(self):
        self.assertEqual(self.ok('send-key', 'web', 'KEY_LEFTCTRL', 'key_a', '28'), "Domain 'web' has the keys\n")
        self.assertIn("'KEY_ANY' is no key", self.check(ctl('send-key', 'web', 'KEY_ANY'), USAGE))
        file = os.path.join(TEST_DIR, 'web.picture')
        self.assertRegex(self.ok('screenshot', 'web', file), rf"Domain 'web' is on {file}, image/")
        self.assertGreater(os.path.getsize(file), 100)
        self.assertEqual(self.ok('domhostname', 'web'), 'webhost\n')
        self.ok('domtime', 'web', '--set=1000')
        self.assertEqual(self.ok('domtime', 'web'), '1000.000000000\n')
        self.check(ctl('domtime', 'web', '--now', '--sync'), USAGE)
        self.assertIn('hostname:', self.ok('guestinfo', 'web'))
        self.assertRegex(self.ok('domfsinfo', 'web'), r'^Mountpoint +Name +Type +Disks\n/ ')
        self.assertEqual(self.ok('domfsfreeze', 'web'), self.ok('domfsthaw', 'web'))
        self.ok('domfstrim', 'web')
        self.ok('inject-nmi', 'web')
        secret = 'Not in any argument 1'
        self.assertEqual(self.ok('set-user-password', 'web', 'root', stdin=secret + '\n'), "Domain 'web' has the password\n")
        self.ok('dompmsuspend', 'web', 'mem')
        self.ok('dompmwakeup', 'web')
        self.check(ctl('dompmsuspend', 'web', 'bed'), USAGE)
        self.ok('desc', 'web', 'It serves')
        self.assertEqual(self.ok('desc', 'web'), 'It serves\n')
        self.ok('desc', 'web', '--title', 'Web')
        self.assertEqual(self.json('desc', 'web', '--title')['title'], 'Web\n')

    def test_agent(self):
        self.assertEqual(self.ok('get-user-sshkeys', 'web', 'root'), '')
        keys = ['ssh-ed25519 AAAA one', 'ssh-ed25519 BBBB two']
        self.ok('set-user-sshkeys', 'web', 'root', '-', stdin=keys[0] + '\n\n')
        self.ok('set-user-sshkeys', 'web', 'root', '-', stdin=keys[1])
        self.assertEqual(self.json('get-user-sshkeys', 'web', 'root'), keys)
        self.ok('set-user-sshkeys', 'web', 'root', '-', '--remove', stdin=keys[0])
        self.assertEqual(self.ok('get-user-sshkeys', 'web', 'root'), keys[1] + '\n')
        self.ok('set-user-sshkeys', 'web', 'root', '--reset')
        self.assertEqual(self.ok('get-user-sshkeys', 'web', 'root'), '')
        self.assertIn('return', json.loads(self.ok('qemu-agent-command', 'web', '{"execute":"guest-ping"}', '--wait=5')))
        self.assertIn('not been found', self.check(ctl('qemu-agent-command', 'web', '{"execute":"guest-odd"}'), FAILED))
        self.check(ctl('qemu-agent-command', 'web', '{"execute":"guest-ping"}', '--wait=soon'), USAGE)
        self.assertIn('not supported', self.check(ctl('qemu-monitor-command', 'web', 'info name', '--hmp'), FAILED))
        self.ok('guest-agent-timeout', 'web', '--', '-1')
        self.assertRegex(self.ok('guestvcpus', 'web'), r'vcpus: +\S+')
        self.ok('set-lifecycle-action', 'web', 'reboot', 'destroy')
        self.assertIn('<on_reboot>destroy</on_reboot>', self.xml())
        self.assertIn("'odd' is none of poweroff", self.check(ctl('set-lifecycle-action', 'web', 'odd', 'destroy'), USAGE))
        self.ok('metadata', 'web', 'urn:x', '--key=x', '--set=<a>1</a>')
        self.assertRegex(self.ok('metadata', 'web', 'urn:x'), '<a.*>1</a>')
        self.ok('metadata', 'web', 'urn:x', '--remove')
        self.assertIn('metadata not found', self.check(ctl('metadata', 'web', 'urn:x'), FAILED))
        self.assertIn('--key', self.check(ctl('metadata', 'web', 'urn:x', '--set=<a/>'), USAGE))
        self.ok('domblkthreshold', 'web', 'vda', '1G')
        self.ok('domdirtyrate-calc', 'web', '1')
        self.ok('migrate-getmaxdowntime', 'web')
        self.assertEqual(self.ok('migrate-compcache', 'web', '32M'), f'{32 << 20}\n')
        self.assertEqual(self.json('migrate-compcache', 'web'), 32 << 20)
        self.check(ctl('migrate-compcache', 'web', 'much'), USAGE)
        with tempfile.NamedTemporaryFile('w') as file:
            print('c2VjcmV0', file=file, flush=True)
            words = ['domsetlaunchsecstate', 'web', f'--secret={file.name}', f'--secrethdr={file.name}']
            self.assertIn('not supported', self.check(ctl(*words), FAILED))
        self.check(ctl('domsetlaunchsecstate', 'web'), USAGE)

    def test_monitor_events(self):
        with subprocess.Popen(argv(('qemu-monitor-event', 'web', '--event=RESUME', '--count=2', '--json')),
                              stdout=subprocess.PIPE, text=True) as follower:
            events = []
            while len(events) < 2:
                self.ok('suspend', 'web')
                self.ok('resume', 'web')
                while len(events) < 2 and select.select([follower.stdout], [], [], 0.5)[0]:
                    events.append(json.loads(follower.stdout.readline()))
            self.assertEqual(follower.wait(60), 0)
        self.assertEqual([(e['domain'], e['event']) for e in events], [('web', 'RESUME')] * 2)
        self.check(ctl('qemu-monitor-event', 'web', '--count=none'), USAGE)
        self.check(ctl('qemu-monitor-event', 'none'), NOT_FOUND)

    def test_edit_moments(self):
        """What is known of a snapshot or a checkpoint is changed; it stays the current one."""
        for kind, member in (('snapshot', 'domainsnapshot'), ('checkpoint', 'domaincheckpoint')):
            with self.subTest(kind):
                self.ok(kind, 'create', 'web', '-', stdin=f'<{member}><name>a</name><description>old</description></{member}>')
                self.assertEqual(self.check(ctl(kind, 'edit', 'web', 'a', editor='sed -i s/old/new/')),
                                 f"{kind.title()} 'a' edited\n")
                self.assertIn('<description>new</description>', self.ok(kind, 'dumpxml', 'web', 'a'))
                self.assertTrue(self.json(kind, 'info', 'web', 'a')[0]['current'])
                self.assertEqual(len(self.json(kind, 'list', 'web')), 1)
                self.check(ctl(f'{kind}-edit', 'web', 'a', editor='true'))
                self.ok(kind, 'delete', 'web', 'a')

    def test_bridges(self):
        before = self.ok('interface', 'dumpxml', 'eth1', '--inactive')
        self.assertEqual(self.ok('iface-bridge', 'eth1', 'br7', '--no-stp', '--delay=2.5'),
                         "Interface 'eth1' is in the bridge 'br7'\n")
        self.assertRegex(self.ok('interface', 'dumpxml', 'br7'),
                         r"(?s)^<interface type='bridge' name='br7'>\n.*<bridge stp='off' delay='2.5'>\n"
                         r" *<interface type='ethernet' name='eth1'>\n *<mac ")
        self.assertTrue(self.json('interface', 'info', 'br7')[0]['active'])
        self.check(ctl('iface-bridge', 'eth1', 'br7'), FAILED)
        self.check(ctl('iface-bridge', 'br7', 'br8'), USAGE)
        self.check(ctl('iface-bridge', 'eth1', 'br8', '--delay=long'), USAGE)
        self.check(ctl('iface-unbridge', 'eth1'), USAGE)
        self.ok('iface-unbridge', 'br7')
        self.check(ctl('interface', 'info', 'br7'), NOT_FOUND)
        self.assertEqual(self.ok('interface', 'dumpxml', 'eth1', '--inactive'), before)
        self.ok('iface-bridge', 'eth1', 'br7', '--no-start')
        self.assertFalse(self.json('interface', 'info', 'br7')[0]['active'])
        self.ok('interface', 'undefine', 'br7')

    def test_host(self):
        self.assertRegex(self.ok('nodeinfo'), r'CPU model: +\S+\nMemory \(KiB\): +\d+\nCPUs: +\d+\n')
        self.assertEqual(self.json('nodeinfo')[2], 16)
        self.assertEqual(self.ok('uri'), 'test:///default\n')
        self.assertRegex(self.ok('hostname'), r'^\S+\n$')
        self.assertRegex(self.ok('freecell'), r'^\d+\n$')
        self.assertRegex(self.ok('maxvcpus'), r'^\d+\n$')
        self.assertIn('Nehalem\n', self.ok('cpu-models', 'x86_64'))
        self.assertIn('<model', self.ok('cpu-baseline', '-', stdin='<cpu><arch>x86_64</arch><model>Nehalem</model></cpu>'))
        self.assertIn('<model', self.ok('hypervisor-cpu-baseline', '-',
                                        stdin='<cpu><arch>x86_64</arch><model>Nehalem</model></cpu>'))
        several = ("<?xml version='1.0'?><domain><cpu><model>Penryn</model></cpu></domain>\n<capabilities><host><cpu>"
                   "<arch>x86_64</arch><model>Nehalem</model></cpu></host></capabilities>")
        self.assertIn('>qemu64<', self.ok('hypervisor-cpu-baseline', '-', stdin=several))
        model = ("<domainCapabilities><cpu><mode name='host-model' supported='yes'><model fallback='forbid'>qemu64</model>"
                 "<feature policy='forbid' name='svm'/></mode></cpu></domainCapabilities>")
        self.assertEqual(self.ok('cpu-compare', '-', stdin=model).split(), ['0'])
        self.check(ctl('cpu-compare', '--error', '-', stdin=model), FAILED)
        self.check(ctl('cpu-compare', '-', stdin='<domain/>'), FAILED)
        self.check(ctl('cpu-compare', '--validate', '-', stdin='<cpu><moon/></cpu>'), FAILED)
        self.assertRegex(self.ok('freepages', '4K', '2M'), r'^4KiB: \d+\n2048KiB: \d+\n$')
        self.assertEqual(set(self.json('freepages', '2048', '--cell=1')), {'2048KiB'})
        self.check(ctl('freepages', 'big'), USAGE)
        self.assertEqual(self.ok('allocpages', '2M', '4', '--add'), 'The host has the pages\n')
        self.check(ctl('allocpages', '2M', 'many'), USAGE)
        self.ok('nodesuspend', 'mem', '60')
        self.check(ctl('nodesuspend', 'bed', '60'), USAGE)
        self.assertIn('user:', self.ok('nodecpustats'))
        self.assertIn('<storagepoolCapabilities>', self.ok('pool-capabilities'))
        self.assertIn('<sources>', self.ok('find-pool-sources', 'logical'))

    def test_networks_and_devices(self):
        host = "<host mac='52:54:00:aa:bb:01' name='vm' ip='192.168.122.40'/>"
        self.assertEqual(self.ok('net-update', 'default', 'add-last', 'ip-dhcp-host', '-', stdin=host),
                         "Network 'default' updated\n")
        self.assertIn('192.168.122.40', self.ok('net-dumpxml', 'default'))
        self.ok('network', 'update', 'default', 'delete', 'ip-dhcp-host', '-', stdin=host)
        self.assertIn('is no section: bridge', self.check(ctl('network', 'update', 'default', 'delete', 'x', '-'), USAGE))
        self.assertIn('scsi_host\n', self.ok('nodedev-caps', 'scsi_host1'))

    def test_names_of_virsh(self):
        self.assertEqual(self.ok('net-list', '--all', '--name'), self.ok('network', 'list', '--all', '--name'))
        self.assertIn('default-pool', self.ok('pool-list'))
        self.assertIn('computer', self.ok('nodedev-list', '--name'))
        self.assertIn('eth1', self.ok('iface-list'))
        self.assertEqual(self.ok('iface-dumpxml', self.json('iface-info', 'eth1')[0]['mac']), self.ok('iface-dumpxml', 'eth1'))
        self.assertIn('interface list', self.check(ctl('iface-info', 'none'), NOT_FOUND))
        self.assertIn('Name', self.ok('dominfo', 'web'))
        self.ok('snapshot-list', 'test')
        self.ok('pool-destroy', 'default-pool')
        self.ok('pool-start', 'default-pool')
        self.check(ctl('net-frobnicate'), USAGE)

    def test_every_command_of_virsh(self):
        """The commands that virsh has are there under their names, or under one that OURS tells, but for WITHOUT."""
        if not shutil.which('virsh'):
            self.skipTest('virsh is not installed')
        known = subprocess.run(['virsh', 'help'], capture_output=True, text=True, timeout=60).stdout
        names = re.findall(r'^ {4}([a-z][a-z0-9-]+) {2,}', known, re.M)
        self.assertGreater(len(names), 250)
        missing = {n for n in names if ctl('help', *OURS.get(n, n).split()).returncode != OK}
        print(f'{len(names) - len(missing)} of the {len(names)} commands of virsh; not: {" ".join(sorted(missing))}')
        self.assertEqual(missing, WITHOUT)


if __name__ == '__main__':
    unittest.main(argv=sys.argv[:1], verbosity=2)
