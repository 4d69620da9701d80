# SPDX-License-Identifier: GPL-3.0-or-later
"""A network of the process's own: UHD's ports are free in it and nothing else hears them."""

import os
import subprocess
import sys

MARK = 'UDEEPSC_OWN_NETWORK'
UNSHARE = ['unshare', '--user', '--map-root-user', '--net']


def why_not():
    """Why no namespace can be made; empty if it can."""
    try:
        done = subprocess.run([*UNSHARE, 'true'], capture_output=True, text=True, timeout=20)
    except (OSError, subprocess.TimeoutExpired) as error:
        return f'no network namespace: {error}'
    return '' if done.returncode == 0 else f'no network namespace: {done.stderr.strip()}'


def enter():
    """Runs this program again in its own network; comes back only inside of it."""
    if MARK not in os.environ:
        os.environ[MARK] = '1'
        os.execvp(UNSHARE[0], [*UNSHARE, sys.executable, '-B', *sys.argv])
    set_up()


def set_up():
    """Loopback, and one interface with an address for the device's sample link."""
    from pyroute2 import IPRoute
    with IPRoute() as route:
        def up(name, address=None):
            index = route.link_lookup(ifname=name)[0]
            if address:
                route.addr('add', index=index, address=address, prefixlen=24)
            route.link('set', index=index, state='up')

        up('lo')
        route.link('add', ifname='usrp0', kind='veth', peer='usrp1')
        up('usrp1')
        up('usrp0', '10.77.0.1')
