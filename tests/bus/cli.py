# SPDX-License-Identifier: LGPL-2.1-or-later
"""virtbusctl on a private host, for the tests of its commands."""

import os
import subprocess

# where every user can enter
PROGRAM = os.path.join(os.environ['VIRTBUS_BUILD_DIR'], 'tools/virtbusctl/virtbusctl')
SERVICE = os.environ['VIRTBUS_HOST_SERVICE']
HOST_DIR = os.environ['VIRTBUS_HOST_DIR']
TEST_DIR = os.environ['VIRTBUS_TEST_DIR']
DEADLINE = 60

OK, FAILED, USAGE, NOT_FOUND, DENIED, UNREACHABLE = range(6)


def argv(words: tuple[str, ...], user: str = '') -> list[str]:
    as_user = ['setpriv', f'--reuid={user}', f'--regid={user}', '--init-groups', '--'] if user else []
    return [*as_user, PROGRAM, '--driver=Test', *words]


def ctl(*words: str, user: str = '', stdin: str = '', editor: str = 'false') -> subprocess.CompletedProcess:
    return subprocess.run(argv(words, user), input=stdin, capture_output=True, text=True, timeout=DEADLINE,
                          env={**os.environ, 'EDITOR': editor})
