#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""virtbusctl against the real daemon with its test driver, as root and as others, on a private host."""

import json
import os
import pty
import re
import select
import shutil
import signal
import subprocess
import sys
import time
import unittest

from cli import DEADLINE, DENIED, FAILED, HOST_DIR, NOT_FOUND, OK, SERVICE, TEST_DIR, UNREACHABLE, USAGE, argv, ctl

UUID = '6695eb01-f6a4-8304-79aa-97f2502e193f'


def definition(name: str, uuid: str = '') -> str:
    return f'''<domain type='test'>
  <name>{name}</name>{f"<uuid>{uuid}</uuid>" if uuid else ""}
  <title>The machine {name}</title>
  <memory unit='MiB'>256</memory>
  <vcpu>2</vcpu>
  <os><type arch='i686'>hvm</type></os>
  <devices><console type='pty'/></devices>
</domain>'''


class Terminal:
    """A command whose three standard streams are a terminal."""

    def __init__(self, *words: str):
        self.text = ''
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.environ['TERM'] = 'xterm'
            command = argv(words)
            os.execvp(command[0], command)

    def expect(self, pattern: str) -> str:
        end = time.monotonic() + DEADLINE
        while not re.search(pattern, self.text):
            if not select.select([self.fd], [], [], max(0, end - time.monotonic()))[0]:
                raise AssertionError(f'{pattern!r} does not come: {self.text!r}')
            try:
                data = os.read(self.fd, 4096)
            except OSError:
                data = b''
            if not data:
                raise AssertionError(f'ended before {pattern!r}: {self.text!r}')
            self.text += data.decode()
        return self.text

    def write(self, text: bytes):
        os.write(self.fd, text)

    def wait(self) -> int:
        try:
            while data := os.read(self.fd, 4096):
                self.text += data.decode()
        except OSError:
            pass
        os.close(self.fd)
        return os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])


class Case(unittest.TestCase):
    def check(self, result: subprocess.CompletedProcess, status: int = OK) -> str:
        self.assertEqual(result.returncode, status, f'{result.args}: {result.stdout}{result.stderr}')
        return result.stdout if status == OK else result.stderr

    def json(self, *words: str, status: int = OK):
        result = ctl('--json', *words)
        self.assertEqual(result.returncode, status, result.stderr)
        return json.loads(result.stdout)

    def define(self, name: str, uuid: str = ''):
        self.check(ctl('define', '-', stdin=definition(name, uuid)))
        self.addCleanup(self.remove, name)

    def remove(self, name: str):
        ctl('destroy', name)
        ctl('undefine', name)


class Lists(Case):
    def setUp(self):
        self.define('web', 'aaaaaaaa-0000-4000-8000-000000000001')
        self.define('db', 'aaaaaaaa-0000-4000-8000-000000000002')

    def test_default_shows_active(self):
        self.assertEqual(self.check(ctl('list')), 'Id  Name  State\n 1  test  running\n')
        self.check(ctl('start', '-q', 'db'))
        rows = self.check(ctl('list')).split('\n')
        self.assertRegex(rows[2], r'^ *\d+  db    running$')

    def test_all_and_filters(self):
        self.assertEqual(self.check(ctl('list', '--all', '--name')).split(), ['test', 'db', 'web'])
        self.assertEqual(self.check(ctl('list', '--inactive', '--name')).split(), ['db', 'web'])
        self.assertEqual(self.check(ctl('list', '--state=shutoff,paused', '--name')).split(), ['db', 'web'])
        self.assertEqual(self.check(ctl('list', '--all', '--autostart', '--name')), '')
        self.assertEqual(self.check(ctl('list', '--uuid', '--name')), f'{UUID} test\n')
        self.assertEqual(self.check(ctl('-q', 'list', '--inactive')), '-  db   shutoff\n-  web  shutoff\n')
        self.assertIn('The machine web', self.check(ctl('list', '--all', '--title')))
        self.assertIn('unknown', self.check(ctl('list', '--details')))

    def test_json(self):
        domains = {d['name']: d for d in self.json('list', '--all', '--details')}
        self.assertEqual(set(domains), {'test', 'web', 'db'})
        self.assertEqual(domains['web']['uuid'], 'aaaaaaaa-0000-4000-8000-000000000001')
        self.assertEqual((domains['web']['state'], domains['test']['state']), ('shutoff', 'running'))
        self.assertIs(domains['web']['autostart'], False)
        self.assertTrue(domains['web']['path'].endswith('/domain/_aaaaaaaa_0000_4000_8000_000000000001'))

    def test_info(self):
        text = self.check(ctl('info', 'web'))
        self.assertRegex(text, r'(?m)^Name: +web$')
        self.assertRegex(text, r'(?m)^Memory: +256 MiB$')
        self.assertRegex(text, r'(?m)^State: +shutoff')
        self.assertNotIn('Id:', text)
        # By number, by UUID without hyphens, and by name: the same.
        by = [self.json('info', word)[0]['uuid'] for word in ('1', UUID.replace('-', '').upper(), 'test')]
        self.assertEqual(by, [UUID] * 3)

    def test_stats(self):
        stats = {s['domain']: s['stats'] for s in self.json('stats', '--group=state,balloon')}
        self.assertEqual(stats['web']['state.state'], 5)
        self.assertNotIn('vcpu.current', stats['test'])
        self.assertEqual(len(self.json('stats', '--active')), 1)
        self.assertIn('  state.state=1\n', self.check(ctl('stats', 'test')))


class Changes(Case):
    def test_life(self):
        self.define('web')
        steps = [('start', 'running'), ('suspend', 'paused'), ('resume', 'running'), ('reset', 'running'),
                 ('destroy', 'shutoff')]
        for command, state in steps:
            outcome = self.json(command, 'web')
            self.assertEqual((outcome[0]['domain'], outcome[0]['success']), ('web', True))
            self.assertEqual(self.json('info', 'web')[0]['state'], state, command)
        self.assertEqual(self.check(ctl('start', '--paused', 'web')), "Domain 'web' started\n")
        self.assertEqual(self.json('info', 'web')[0]['state'], 'paused')

    def test_define_from_file(self):
        path = f'{TEST_DIR}/web.xml'
        with open(path, 'w', encoding='utf-8') as file:
            file.write(definition('web'))
        self.addCleanup(self.remove, 'web')
        self.assertEqual(self.check(ctl('define', path)), f"Domain 'web' defined from {path}\n")
        self.assertIn('<name>web</name>', self.check(ctl('dumpxml', 'web')))
        self.assertIn('<name>web</name>', self.json('dumpxml', '--inactive', 'web')['xml'])

    def test_create_is_transient(self):
        result = ctl('--json', 'create', '-', stdin=definition('fleeting'))
        created = json.loads(self.check(result))
        self.assertEqual(created['domain'], 'fleeting')
        self.check(ctl('destroy', created['uuid']))
        self.check(ctl('info', 'fleeting'), NOT_FOUND)

    def test_autostart_and_rename(self):
        self.define('web')
        self.check(ctl('autostart', 'web', 'on'))
        self.assertIs(self.json('info', 'web')[0]['autostart'], True)
        self.check(ctl('autostart', 'web', 'off'))
        self.assertIs(self.json('info', 'web')[0]['autostart'], False)
        self.check(ctl('rename', 'web', 'www'))
        self.addCleanup(self.remove, 'www')
        self.check(ctl('info', 'www'))
        self.check(ctl('info', 'web'), NOT_FOUND)

    def test_several_go_on_after_a_failure(self):
        self.define('a')
        self.define('b')
        result = ctl('start', 'a', 'nobody', 'b')
        self.assertIn("Domain not found: no domain with matching name 'nobody'", self.check(result, NOT_FOUND))
        self.assertEqual(result.stdout, "Domain 'a' started\nDomain 'b' started\n")
        outcomes = self.json('destroy', 'a', 'nobody', 'b', status=NOT_FOUND)
        self.assertEqual([o['success'] for o in outcomes], [True, False, True])

    def test_quiet(self):
        self.define('web')
        result = ctl('-q', 'start', 'web')
        self.assertEqual((result.returncode, result.stdout, result.stderr), (OK, '', ''))


class Failures(Case):
    def test_operation(self):
        self.assertIn('virtbusctl: ', self.check(ctl('start', 'test'), FAILED))
        self.check(ctl('define', '-', stdin='<domain'), FAILED)
        self.check(ctl('define', '-', stdin='\xff' * 10), FAILED)

    def test_denied(self):
        for user in ('vtest1', 'vtest2'):
            text = self.check(ctl('--no-ask-password', 'destroy', 'test', user=user), DENIED)
            self.assertIn('org.libvirt.api.domain.stop', text)
            self.assertIn('/etc/polkit-1/rules.d', text)
        self.assertEqual(self.json('info', 'test')[0]['state'], 'running')

    def test_others_may_look(self):
        self.assertIn('test', self.check(ctl('list', user='vtest1')))
        self.check(ctl('info', 'test', user='vtest1'))

    def test_group_may_change(self):
        self.check(ctl('suspend', 'test', user='vtest3'))
        self.check(ctl('resume', 'test', user='vtest3'))

    def test_unknown_job(self):
        self.check(ctl('job-cancel', '123456'), NOT_FOUND)

    def test_no_answer(self):
        with open(f'{HOST_DIR}/virtbusd.pid', encoding='utf-8') as file:
            pid = int(file.read())
        os.kill(pid, signal.SIGSTOP)
        try:
            text = self.check(ctl('--timeout=1', 'list'), UNREACHABLE)
        finally:
            os.kill(pid, signal.SIGCONT)
        self.assertIn('did not answer in time', text)

    def test_service_away(self):
        subprocess.run([SERVICE, 'stop', 'virtbusd'], check=True, timeout=DEADLINE)
        try:
            text = self.check(ctl('start', 'test'), UNREACHABLE)
        finally:
            subprocess.run([SERVICE, 'start', 'virtbusd'], check=True, timeout=DEADLINE)
        self.assertRegex(text, r'does not run')
        self.assertIn('systemctl start virtbusd', text)

    def test_address(self):
        self.check(ctl(f'--address={os.environ["DBUS_SYSTEM_BUS_ADDRESS"]}', 'list'))
        self.check(ctl('--address=unix:path=/nonexistent', 'list'), UNREACHABLE)


class Host(Case):
    def test_documents(self):
        self.assertIn('<capabilities>', self.check(ctl('capabilities')))
        self.assertIn('<capabilities>', self.json('capabilities')['xml'])

    def test_version(self):
        self.assertRegex(self.check(ctl('version')), r'virtbusctl [\d.]+\nvirtbusd [\d.]+\n')
        self.assertEqual(self.json('version')['driver'], 'Test')


class Consoles(Case):
    def test_terminal(self):
        terminal = Terminal('console', 'test')
        terminal.expect(r'\^\] leaves it')
        terminal.write(b'hello\r')
        terminal.expect('hello')
        terminal.write(b'\x1d')
        self.assertEqual(terminal.wait(), OK)

    def test_second_needs_force(self):
        first = Terminal('console', 'test')
        first.expect('leaves it')
        self.check(ctl('console', 'test'), FAILED)
        second = Terminal('console', '--force', 'test')
        second.expect('leaves it')
        first.expect('The console is closed')
        self.assertEqual(first.wait(), OK)
        second.write(b'\x1d')
        self.assertEqual(second.wait(), OK)

    def test_other_escape(self):
        terminal = Terminal('console', '--escape=^A', 'test')
        terminal.expect(r'\^A leaves it')
        terminal.write(b'\x01')
        self.assertEqual(terminal.wait(), OK)

    def test_ends_with_the_domain(self):
        self.define('web')
        terminal = Terminal('start', '--console', 'web')
        terminal.expect('leaves it')
        self.assertEqual(self.json('info', 'web')[0]['state'], 'running')
        self.check(ctl('destroy', 'web'))
        self.assertEqual(terminal.wait(), OK)

    def test_not_running(self):
        self.define('web')
        self.check(ctl('console', 'web'), FAILED)


class Events(Case):
    def follow(self, *words: str) -> subprocess.Popen:
        process = subprocess.Popen(argv(('events', *words)), stdout=subprocess.PIPE, text=True)
        self.addCleanup(process.stdout.close)
        self.addCleanup(process.kill)
        return process

    def provoke(self, process: subprocess.Popen, *commands: tuple[str, ...]) -> list[str]:
        """Nobody is told when it listens: things happen until it has heard of enough."""
        end = time.monotonic() + DEADLINE
        while process.poll() is None and time.monotonic() < end:
            for command in commands:
                self.check(ctl('-q', *command))
        self.assertEqual(process.wait(DEADLINE), OK)
        return process.stdout.read().splitlines()

    def test_json_lines(self):
        process = self.follow('--json', '--count=2', '--event=suspended,resumed')
        lines = self.provoke(process, ('suspend', 'test'), ('resume', 'test'))
        events = [json.loads(line) for line in lines]
        self.assertEqual({e['event'] for e in events}, {'suspended', 'resumed'})
        self.assertEqual({e['domain'] for e in events}, {'test'})
        self.assertRegex(events[0]['timestamp'], r'^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}')

    def test_filter_by_domain(self):
        self.define('web')
        process = self.follow('--count=1', 'web')
        lines = self.provoke(process, ('suspend', 'test'), ('resume', 'test'), ('start', 'web'),
                             ('destroy', 'web'))
        self.assertRegex(lines[0], r'^[\d-]+ [\d:.]+ web (started|stopped) detail=\w+ state=\w+ reason=\w+$')
        self.assertEqual(len(lines), 1)

    def test_name_of_what_is_gone(self):
        self.define('web')
        process = self.follow('--json', '--event=undefined', '--count=1')
        # Until it listens, somebody else comes and goes.
        time.sleep(1)
        self.check(ctl('undefine', 'web'))
        self.assertEqual(json.loads(process.stdout.readline())['domain'], 'web')


class Jobs(Case):
    """With a driver that takes its time."""

    @classmethod
    def setUpClass(cls):
        path = f'{TEST_DIR}/slow.conf'
        with open(path, 'w', encoding='utf-8') as file:
            file.write('[test]\ndelay=3000\n')
        cls.command = f'{HOST_DIR}/virtbusd.command'
        with open(cls.command, encoding='utf-8') as file:
            cls.before = file.read()
        cls.restart(f'{cls.before} --config={path}')

    @classmethod
    def tearDownClass(cls):
        cls.restart(cls.before)

    @classmethod
    def restart(cls, command: str):
        with open(cls.command, 'w', encoding='utf-8') as file:
            file.write(command)
        subprocess.run([SERVICE, 'restart', 'virtbusd'], check=True, timeout=DEADLINE)

    def wait_for_job(self) -> dict:
        end = time.monotonic() + DEADLINE
        while time.monotonic() < end:
            if jobs := self.json('jobs'):
                return jobs[0]
            time.sleep(0.05)
        self.fail('no job is seen')

    def test_progress_on_a_terminal(self):
        terminal = Terminal('suspend', 'test')
        terminal.expect(r'\x1b\[Ksuspend \[#*-*\] +\d+%')
        self.assertEqual(terminal.wait(), OK)
        # The line goes away in the end.
        self.assertRegex(terminal.text, r"\r\x1b\[KDomain 'test' suspended\r\n$")
        self.check(ctl('resume', 'test'))

    def test_list_and_cancel(self):
        process = subprocess.Popen(argv(('suspend', 'test')), stderr=subprocess.PIPE, text=True)
        job = self.wait_for_job()
        self.assertEqual((job['kind'], job['domain'], job['owner_uid']), ('suspend', 'test', 0))
        self.assertRegex(self.check(ctl('jobs')), rf"(?m)^ *{job['id']}  suspend  test ")
        self.check(ctl('job-cancel', str(job['id']), '--json'))
        _, stderr = process.communicate(timeout=DEADLINE)
        self.assertEqual(process.returncode, FAILED, stderr)
        self.assertIn('abort', stderr)
        self.assertEqual(self.json('info', 'test')[0]['state'], 'running')
        self.assertEqual(self.json('jobs'), [])

    def test_no_default_limit(self):
        # A change waits, a limit given is kept.
        self.check(ctl('--timeout=1', 'suspend', 'test'), UNREACHABLE)
        self.check(ctl('destroy', 'test'))
        self.check(ctl('start', 'test'))


class Editor(Case):
    def setUp(self):
        self.define('web', 'aaaaaaaa-0000-4000-8000-000000000001')

    def test_a_change(self):
        self.assertEqual(self.check(ctl('edit', 'web', editor='sed -i "s/The machine/A machine/"')),
                         "Domain 'web' edited\n")
        self.assertRegex(self.check(ctl('info', 'web')), r'Title: +A machine web\n')
        self.assertEqual(self.check(ctl('edit', 'web', editor='true')), "Domain 'web' is as it was\n")

    def test_what_is_refused_is_kept(self):
        text = self.check(ctl('edit', 'web', editor='sed -i "s/<vcpu[^>]*>2/<vcpu>two/; s/<title>.*//"'), FAILED)
        self.assertIn('vcpu', text)
        file = re.search(r'What you wrote is in (\S+)', text).group(1)
        self.addCleanup(os.unlink, file)
        self.assertEqual(os.stat(file).st_mode & 0o777, 0o600)
        with open(file, encoding='utf-8') as kept:
            self.assertIn('<vcpu>two', kept.read())
        self.assertIn('The machine web', self.check(ctl('info', 'web')))

    def test_no_editor(self):
        self.check(ctl('edit', 'web', editor='/does/not/exist'), FAILED)
        self.check(ctl('edit', 'web', editor='false'), FAILED)

    def test_again(self):
        script = os.path.join(TEST_DIR, 'editor')
        with open(script, 'w', encoding='utf-8') as out:
            out.write(f'#!/bin/sh\n[ -e {script}.once ] || {{ sed -i "s/<vcpu[^>]*>2/<vcpu>two/" "$1"; touch {script}.once; exit; }}\n'
                      'sed -i "s/<vcpu>two/<vcpu>1/" "$1"\n')
        os.chmod(script, 0o755)
        os.environ['EDITOR'] = script
        terminal = Terminal('edit', 'web')
        terminal.expect(r'Edit again .*\?')
        terminal.write(b'y\n')
        terminal.expect("Domain 'web' edited")
        self.assertEqual(terminal.wait(), OK)


# Runs the command here: what is between is not ours.
SSH = """#!/bin/sh
echo "$@" >>"$SSH_LOG"
while [ "$1" != -- ]; do shift; done
[ "$2" = "$SSH_HOST" ] || { echo "ssh: no route to host" >&2; exit 255; }
shift 2
exec "$@"
"""


@unittest.skipUnless(shutil.which('systemd-stdio-bridge'), 'systemd-stdio-bridge is missing')
class Remote(Case):
    """Another host, by ssh."""

    def setUp(self):
        directory = os.path.join(TEST_DIR, 'ssh')
        self.log = os.path.join(directory, 'log')
        os.makedirs(directory, exist_ok=True)
        with open(os.path.join(directory, 'ssh'), 'w', encoding='utf-8') as out:
            out.write(SSH)
        os.chmod(out.name, 0o755)
        with open(self.log, 'w', encoding='utf-8'):
            pass
        before = dict(os.environ)
        self.addCleanup(lambda: (os.environ.clear(), os.environ.update(before)))
        os.environ.update(PATH=f'{directory}:{os.environ["PATH"]}', SSH_LOG=self.log, SSH_HOST='far.example')

    def test_reads_and_changes(self):
        self.define('web')
        self.assertIn('web', self.check(ctl('-H', 'far.example', 'list', '--all')))
        self.check(ctl('--host=far.example', 'start', 'web'))
        self.assertIn('running', self.check(ctl('info', 'web')))
        with open(self.log, encoding='utf-8') as log:
            self.assertRegex(log.read(), r'^\S* ?-- far\.example systemd-stdio-bridge\n')

    def test_what_fails(self):
        text = self.check(ctl('-H', 'near.example', 'list'), UNREACHABLE)
        self.assertIn('near.example', text)
        self.assertIn("'ssh near.example systemd-stdio-bridge'", text)
        self.assertIn('no domain', self.check(ctl('-H', 'far.example', 'info', 'nope'), NOT_FOUND))
        self.assertIn('ssh -t far.example virtbusctl console',
                      self.check(ctl('-H', 'far.example', 'console', 'test'), USAGE))


SECRET = 'bbbbbbbb-0000-4000-8000-000000000001'


class Kinds(Case):
    """The commands that all kinds of objects share, with secrets, which every driver can keep."""

    def setUp(self):
        self.check(ctl('secret', 'define', '-', stdin=f'''<secret ephemeral='no' private='no'><uuid>{SECRET}</uuid>
<description>of a disk</description><usage type='volume'><volume>/images/a</volume></usage></secret>'''))
        self.addCleanup(ctl, 'secret', 'undefine', SECRET)

    def test_list(self):
        header, row = self.check(ctl('secret', 'list')).splitlines()
        self.assertEqual(header.split(), ['UUID', 'Usage', 'Id', 'Private', 'Ephemeral', 'Value', 'Description'])
        self.assertEqual(row.split(), [SECRET, 'volume', '/images/a', 'no', 'no', 'no', 'of', 'a', 'disk'])
        self.assertEqual(self.check(ctl('secret', 'list', '--name')), SECRET + '\n')
        self.assertEqual(self.json('secret', 'list')[0]['usage_id'], '/images/a')

    def test_info_and_xml(self):
        self.assertRegex(self.check(ctl('secret', 'info', SECRET)), r'Usage: +volume\n')
        self.assertEqual(self.json('secret', 'info', SECRET)[0]['description'], 'of a disk')
        self.assertIn('<volume>/images/a</volume>', self.check(ctl('secret', 'dumpxml', SECRET)))

    def test_value(self):
        self.check(ctl('secret', 'set-value', SECRET, stdin='open sesame\n'))
        self.assertEqual(self.check(ctl('secret', 'get-value', SECRET)), 'open sesame')
        self.assertEqual(self.check(ctl('secret', 'get-value', '--base64', SECRET)).strip(), 'b3BlbiBzZXNhbWU=')
        self.check(ctl('secret', 'get-value', SECRET, user='vtest1'), DENIED)

    def test_edit(self):
        self.check(ctl('secret', 'edit', SECRET, editor='sed -i "s/of a disk/of another disk/"'))
        self.assertIn('of another disk', self.check(ctl('secret', 'list')))

    def test_watch(self):
        watch = subprocess.Popen(argv(('secret', 'watch', '--json', '--count=2')), stdout=subprocess.PIPE, text=True)
        end = time.monotonic() + DEADLINE
        while not subprocess.run(['busctl', 'list'], capture_output=True, text=True, check=True).stdout.count('virtbusctl'):
            self.assertLess(time.monotonic(), end)
        time.sleep(0.3)
        self.check(ctl('secret', 'undefine', SECRET))
        self.setUp()
        events = [json.loads(line) for line in watch.communicate(timeout=DEADLINE)[0].splitlines()]
        self.assertEqual([(e['event'], e['secret']) for e in events], [('removed', SECRET), ('added', SECRET)])

    def test_mistakes(self):
        self.assertIn("no command 'frob' for secrets", self.check(ctl('secret', 'frob'), USAGE))
        self.check(ctl('secret'), USAGE)
        self.assertIn("'nope' names no secret", self.check(ctl('secret', 'info', 'nope'), NOT_FOUND))
        self.check(ctl('secret', 'undefine', SECRET, user='vtest1'), DENIED)

    def test_help(self):
        text = self.check(ctl('help'))
        for kind in ('network', 'pool', 'volume', 'secret', 'device', 'snapshot'):
            self.assertRegex(text, rf'(?m)^  {kind} ')
            self.assertIn(f'virtbusctl {kind} COMMAND', self.check(ctl('help', kind)))
        self.assertIn('virtbusctl secret set-value', self.check(ctl('help', 'secret', 'set-value')))


if __name__ == '__main__':
    unittest.main(argv=sys.argv[:1])
