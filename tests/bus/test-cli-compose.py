#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Commands of virtbusctl that make definitions of words and options."""

import re
import sys
import unittest
from xml.etree import ElementTree

from cli import FAILED, NOT_FOUND, OK, USAGE, ctl


class Case(unittest.TestCase):
    def check(self, result, status: int = OK) -> str:
        self.assertEqual(result.returncode, status, f'{result.args}: {result.stdout}{result.stderr}')
        return result.stdout if status == OK else result.stderr

    def ok(self, *words: str, stdin: str = '') -> str:
        return self.check(ctl(*words, stdin=stdin))

    def usage(self, *words: str) -> str:
        return self.check(ctl(*words), USAGE)

    def tree(self, *words: str) -> ElementTree.Element:
        return ElementTree.fromstring(self.ok(*words))


class Devices(Case):
    def setUp(self):
        self.ok('define', '-', stdin='''<domain type='test'><name>web</name><memory unit='MiB'>256</memory><vcpu>4</vcpu>
            <os><type>hvm</type></os><devices>
            <disk type='file' device='disk'><source file='/x/a.img'/><target dev='vda' bus='virtio'/></disk>
            <disk type='file' device='cdrom'><source file='/x/a.iso'/><target dev='sdc' bus='sata'/></disk>
            <interface type='network'><mac address='52:54:00:00:00:07'/><source network='default'/></interface>
            </devices></domain>''')
        self.ok('start', 'web')

    def tearDown(self):
        ctl('destroy', 'web')
        ctl('undefine', 'web')

    def disk(self, target: str, *words: str):
        devices = self.tree('dumpxml', 'web', *words).find('devices')
        return next((d for d in devices.findall('disk') if d.find('target').get('dev') == target), None)

    def test_disk(self):
        self.assertEqual(self.ok('attach-disk', 'web', '/x/b & <c>.img', 'vdb', '--targetbus=virtio', '--subdriver', 'raw',
                                 '--cache=none', '--serial=S1', '--mode=shareable'), "Domain 'web' has the disk\n")
        disk = self.disk('vdb')
        self.assertEqual(disk.find('source').get('file'), '/x/b & <c>.img')
        self.assertEqual((disk.find('driver').get('type'), disk.find('driver').get('cache')), ('raw', 'none'))
        self.assertEqual(disk.findtext('serial'), 'S1')
        self.assertIsNotNone(disk.find('shareable'))
        self.assertIsNone(disk.find('readonly'))
        self.assertIsNone(self.disk('vdb', '--inactive'))
        self.ok('detach-disk', 'web', 'vdb')
        self.assertIsNone(self.disk('vdb'))
        self.assertIn("has no disk 'vdb'", self.check(ctl('detach-disk', 'web', 'vdb'), FAILED))
        self.check(ctl('detach-disk', 'none', 'vdb'), NOT_FOUND)

    def test_persistent(self):
        self.ok('attach-disk', 'web', '/dev/x', 'vdb', '--persistent')
        for words in ([], ['--inactive']):
            self.assertEqual(self.disk('vdb', *words).get('type'), 'block')
        self.ok('detach-disk', 'web', '/dev/x', '--config')
        self.assertIsNotNone(self.disk('vdb'))
        self.assertIsNone(self.disk('vdb', '--inactive'))
        self.ok('destroy', 'web')
        self.ok('attach-disk', 'web', '/x/c.img', 'vdc', '--persistent')
        self.assertEqual(self.disk('vdc').find('source').get('file'), '/x/c.img')

    def test_print(self):
        self.assertEqual(self.ok('attach-disk', 'web', 'pool/image', 'vdb', '--sourcetype=network', '--source-protocol=rbd',
                                 '--source-host-name=h', '--source-host-port=6789', '--print-xml'),
                         '<disk type="network">\n  <source name="pool/image" protocol="rbd">\n'
                         '    <host name="h" port="6789"/>\n  </source>\n  <target dev="vdb"/>\n</disk>\n')
        self.assertIsNone(self.disk('vdb'))
        self.assertEqual(self.ok('attach-disk', 'web', '-', 'sdb', '--type=cdrom', '--print-xml'),
                         '<disk type="file" device="cdrom">\n  <target dev="sdb"/>\n</disk>\n')

    def test_errors_name_the_option(self):
        self.assertIn("--cache: 'much' is none of default, none", self.usage('attach-disk', 'web', '/x', 'vdb', '--cache=much'))
        self.assertIn("--sourcetype: 'odd' is none of file", self.usage('attach-disk', 'web', '/x', 'vdb', '--sourcetype=odd'))
        self.assertIn("--iothread: 'x' is no number", self.usage('attach-disk', 'web', '/x', 'vdb', '--iothread=x'))
        self.assertIn("--inbound: '1,x' is not", self.usage('attach-interface', 'web', 'network', 'default', '--inbound=1,x'))
        self.assertIn("the type: 'odd' is none of network", self.usage('attach-interface', 'web', 'odd'))
        self.usage('attach-disk', 'web', '/x')

    def test_interface(self):
        mac = '52:54:00:00:00:08'
        self.assertEqual(self.ok('attach-interface', 'web', 'network', 'default', f'--mac={mac}', '--model=virtio',
                                 '--inbound=100,,300'), "Domain 'web' has the interface\n")
        self.assertRegex(self.ok('domiflist', 'web'), rf'network +default +virtio +{mac}\n')
        self.assertRegex(self.ok('dumpxml', 'web'), "<inbound average='100' burst='300'/>")
        self.assertIn('has several', self.usage('detach-interface', 'web', 'network'))
        self.ok('domif-setlink', 'web', mac, 'down')
        self.assertIn("<link state='down'/>", self.ok('dumpxml', 'web'))
        self.ok('domif-setlink', 'web', mac, 'up')
        self.assertNotIn("<link state='down'/>", self.ok('dumpxml', 'web'))
        self.usage('domif-setlink', 'web', mac, 'sideways')
        self.ok('detach-interface', 'web', 'network', '--mac', mac.upper())
        self.assertNotIn(mac, self.ok('domiflist', 'web'))
        self.assertIn("no interface of type bridge", self.check(ctl('detach-interface', 'web', 'bridge'), FAILED))

    def test_media(self):
        self.assertIn('has a medium', self.check(ctl('change-media', 'web', 'sdc', '/x/b.iso', '--insert'), FAILED))
        self.assertEqual(self.ok('change-media', 'web', 'sdc', '--eject'), "Domain 'web' is without the medium\n")
        self.assertIsNone(self.disk('sdc').find('source'))
        self.assertIn('has no medium', self.check(ctl('change-media', 'web', 'sdc', '--eject'), FAILED))
        self.ok('change-media', 'web', 'sdc', '/x/b.iso', '--insert')
        self.ok('change-media', 'web', 'sdc', '/x/c.iso')
        self.assertEqual(self.disk('sdc').find('source').get('file'), '/x/c.iso')
        self.assertIn('neither', self.check(ctl('change-media', 'web', 'vda', '/x/c.iso'), FAILED))
        self.usage('change-media', 'web', 'sdc')
        self.usage('change-media', 'web', 'sdc', '/x', '--eject')
        self.usage('change-media', 'web', 'sdc', '/x', '--insert', '--update')


class Storage(Case):
    def test_pool(self):
        self.assertEqual(self.ok('pool-define-as', 'images', 'dir', '--target', '/srv/<images>'), "Pool 'images' defined\n")
        self.addCleanup(ctl, 'pool', 'undefine', 'images')
        self.assertEqual(self.tree('pool-dumpxml', 'images').findtext('target/path'), '/srv/<images>')
        self.assertEqual(self.ok('pool', 'define-as', 'n', 'netfs', 'h', '/e', '-', '-', '/mnt', 'nfs', '--print-xml'),
                         '<pool type="netfs">\n  <name>n</name>\n  <source>\n    <host name="h"/>\n    <dir path="/e"/>\n'
                         '    <format type="nfs"/>\n  </source>\n  <target>\n    <path>/mnt</path>\n  </target>\n</pool>\n')
        self.assertIn("--auth-type: 'x'", self.usage('pool-define-as', 'n', 'iscsi', '--auth-type=x'))
        self.check(ctl('pool-define-as', 'n', 'odd'), FAILED)
        self.assertEqual(self.ok('pool-create-as', 'passing', 'dir', '-', '-', '-', '-', '/srv/passing'), "Pool 'passing' created\n")
        self.ok('pool-destroy', 'passing')

    def test_volume(self):
        self.assertEqual(self.ok('vol-create-as', 'default-pool', 'a.img', '1G', '--format=qcow2', '--allocation=0'),
                         "Volume 'a.img' created\n")
        self.addCleanup(ctl, 'volume', 'delete', 'default-pool', 'a.img')
        self.assertEqual(self.tree('volume', 'dumpxml', 'default-pool', 'a.img').findtext('capacity'), str(1 << 30))
        self.assertRegex(self.ok('vol-create-as', 'default-pool', 'b.img', '1024', '--backing-vol=a.img',
                                 '--backing-vol-format=qcow2', '--print-xml'),
                         r'<backingStore>\s*<format type="qcow2"/>\s*<path>/\S+/a.img</path>\s*</backingStore>')
        self.assertIn("'none'", self.check(ctl('vol-create-as', 'default-pool', 'b.img', '1024', '--backing-vol=none'), NOT_FOUND))
        self.assertIn("capacity: 'big' is no size", self.usage('vol-create-as', 'default-pool', 'b.img', 'big'))
        self.assertIn("--allocation: '-1'", self.usage('vol-create-as', 'default-pool', 'b.img', '1', '--allocation=-1'))


class Moments(Case):
    def test_snapshot(self):
        self.assertEqual(self.ok('snapshot-create-as', 'test', 'first', 'Before <it>'), "Snapshot 'first' made\n")
        self.addCleanup(ctl, 'snapshot', 'delete', 'test', 'first')
        self.assertEqual(self.tree('snapshot', 'dumpxml', 'test', 'first').findtext('description'), 'Before <it>')
        self.assertEqual(self.ok('snapshot-create-as', 'test', '--disk-only', '--diskspec', 'vda,snapshot=external,file=/x/1',
                                 '--diskspec', 'vdb,snapshot=no', '--memspec=/x/m', '--print-xml'),
                         '<domainsnapshot>\n  <memory snapshot="external" file="/x/m"/>\n  <disks>\n'
                         '    <disk name="vda" snapshot="external">\n      <source file="/x/1"/>\n    </disk>\n'
                         '    <disk name="vdb" snapshot="no"/>\n  </disks>\n</domainsnapshot>\n')
        for spec in ('vda,odd=1', 'vda,file', ',file=x'):
            self.assertIn('--diskspec: ', self.usage('snapshot-create-as', 'test', '--diskspec', spec))
        name = re.match(r"Snapshot '(\S+)' made", self.ok('snapshot', 'create-as', 'test'))[1]
        self.ok('snapshot', 'delete', 'test', name)

    def test_checkpoint(self):
        self.assertEqual(self.ok('checkpoint-create-as', 'test', 'c', '--diskspec=vda,checkpoint=bitmap,bitmap=b', '--print-xml'),
                         '<domaincheckpoint>\n  <name>c</name>\n  <disks>\n'
                         '    <disk name="vda" checkpoint="bitmap" bitmap="b"/>\n  </disks>\n</domaincheckpoint>\n')
        self.check(ctl('checkpoint', 'create-as', 'none', 'c'), NOT_FOUND)


if __name__ == '__main__':
    unittest.main(argv=sys.argv[:1], verbosity=2)
