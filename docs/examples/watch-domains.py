#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""A client in Python, without generated code (Debian: python3-gi).

    watch-domains.py DRIVER [NAME]

Prints the state of each domain and every change of it; suspends the domain NAME, if given. It asks the daemon once,
in the beginning: properties are cached, and the cache follows the daemon's signals.
"""

import signal
import sys

from gi.repository import Gio, GLib

DOMAIN = 'org.virtbus1.Domain'


def print_state(domain: Gio.DBusProxy) -> None:
    values = (domain.get_cached_property(name).unpack() for name in ('Name', 'State'))
    print(*values, sep='\t', flush=True)


def on_changed(domain: Gio.DBusProxy, changed: GLib.Variant, invalidated: list[str]) -> None:
    if 'State' in changed.keys():
        print_state(domain)


def on_suspended(domain: Gio.DBusProxy, result: Gio.AsyncResult) -> None:
    try:
        domain.call_finish(result)
    except GLib.Error as error:
        # the error's name tells programs what went wrong, the message tells people
        name = Gio.DBusError.get_remote_error(error)
        Gio.DBusError.strip_remote_error(error)
        print(f'cannot suspend: {error.message} ({name})', file=sys.stderr)


def on_added(manager: Gio.DBusObjectManager, thing: Gio.DBusObject, name: str | None = None) -> None:
    domain = thing.get_interface(DOMAIN)
    if not domain:
        return  # a job, or another kind of object
    print_state(domain)
    domain.connect('g-properties-changed', on_changed)
    if name and domain.get_cached_property('Name').unpack() == name:
        domain.call('Suspend', None, Gio.DBusCallFlags.NONE, -1, None, on_suspended)


def on_removed(manager: Gio.DBusObjectManager, thing: Gio.DBusObject) -> None:
    domain = thing.get_interface(DOMAIN)
    if domain:
        print(domain.get_cached_property('Name').unpack(), 'gone', sep='\t', flush=True)


def main() -> None:
    if len(sys.argv) not in (2, 3):
        sys.exit('usage: watch-domains.py DRIVER [NAME]')
    manager = Gio.DBusObjectManagerClient.new_for_bus_sync(
        Gio.BusType.SYSTEM, Gio.DBusObjectManagerClientFlags.NONE, 'org.virtbus1', f'/org/virtbus1/{sys.argv[1]}')
    manager.connect('object-added', on_added)
    manager.connect('object-removed', on_removed)
    for thing in manager.get_objects():
        on_added(manager, thing, sys.argv[2] if len(sys.argv) == 3 else None)
    loop = GLib.MainLoop()
    GLib.unix_signal_add(GLib.PRIORITY_DEFAULT, signal.SIGTERM, loop.quit)
    loop.run()


if __name__ == '__main__':
    main()
