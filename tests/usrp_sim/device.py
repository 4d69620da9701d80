#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Ettus' simulated E320 as a process: device.py CONFIG.ini. Serves until it is ended.

It listens on UHD's fixed ports, so it wants a network namespace of its own (namespace.py),
and it serves one client session per start.
"""

import sys
import threading

import missing_parts

missing_parts.install()

from gevent.server import StreamServer  # noqa: E402
from usrp_mpm.mpmtypes import MPM_RPC_PORT, SharedState  # noqa: E402
from usrp_mpm.mpmlog import get_main_logger  # noqa: E402
from usrp_mpm.discovery import _discovery_process  # noqa: E402
from usrp_mpm.rpc_server import MPMServer  # noqa: E402


def main():
    log = get_main_logger()
    log.setLevel('WARNING')
    state = SharedState()
    # usrp_mpm has made threads cheap coroutines of one another (gevent).
    threading.Thread(target=_discovery_process, args=(state, '0.0.0.0'), daemon=True).start()
    server = StreamServer(('0.0.0.0', MPM_RPC_PORT), MPMServer(state, {'config': sys.argv[1]}))
    server.start()
    print('ready', flush=True)
    server.serve_forever()


if __name__ == '__main__':
    main()
