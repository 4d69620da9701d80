# SPDX-License-Identifier: GPL-3.0-or-later
"""What Debian's python3-uhd leaves out of Ettus' simulated USRP, and repairs to it.

install() has to come before the first import of usrp_mpm.
"""

import sys
import types

import msgpack
from gevent.lock import RLock


class RPCServer:
    """MessagePack-RPC over a stream, in place of the package mprpc (which is not in Debian).

    A request is [0, id, method, arguments], an answer [1, id, error, result]. A subclass's
    public methods are what can be called.
    """

    REQUEST, RESPONSE = 0, 1

    def __init__(self, pack_params=None, unpack_params=None):
        self._pack_params = pack_params or {}
        self._unpack_params = unpack_params or {}
        self.client_host, self.client_port = '', 0

    def __call__(self, connection, address):
        """One connection of gevent's StreamServer, until the client closes it."""
        unpacker = msgpack.Unpacker(**self._unpack_params)
        # A client may send requests from two threads; answers must not mix.
        lock = RLock()
        while data := connection.recv(1 << 16):
            unpacker.feed(data)
            for kind, number, method, arguments in unpacker:
                assert kind == self.REQUEST, kind
                self.client_host, self.client_port = address[:2]
                error, result = self._answer(method, arguments)
                with lock:
                    connection.sendall(msgpack.packb(
                        [self.RESPONSE, number, error, result], **self._pack_params))

    def _answer(self, method, arguments):
        try:
            result = getattr(self, method)(*arguments)
        except Exception as error:  # whatever it is, the client has to be told
            return f'{type(error).__name__}: {error}', None
        if method == 'get_device_info':
            # UHD takes a map of strings to strings only.
            result = {key: str(value) for key, value in result.items()}
        return None, result


def add_module(name, **contents):
    module = types.ModuleType(name)
    vars(module).update(contents)
    sys.modules[name] = module
    return module


class NoHardware:
    """Stands for registers that a simulated device does not have."""

    def __init__(self, *_, **__):
        raise NotImplementedError('a simulated USRP has no user-space I/O')


def add_modules():
    add_module('mprpc', RPCServer=RPCServer)
    # Neither is there in a simulation: udev's devices, systemd's watchdog, /dev/uio*.
    add_module('pyudev', Context=NoHardware)
    add_module('systemd', daemon=types.SimpleNamespace(notify=lambda *_: None))
    add_module('netaddr')
    add_module('usrp_mpm.sys_utils.uio', UIO=NoHardware, open_uio=NoHardware)


def repair_get_links():
    """usrp_mpm calls get_links([index]); pyroute2 of Debian 12 wants get_links(index)."""
    import pyroute2
    original = pyroute2.IPRoute.get_links

    def get_links(self, *arguments, **keys):
        flat = []
        for argument in arguments:
            flat += argument if isinstance(argument, (list, tuple)) else [argument]
        return original(self, *flat, **keys)

    pyroute2.IPRoute.get_links = get_links


def repair_status_queue():
    """The simulator ends with queue.Full when it does not look at a stream's status packets
    for a while. Each repeats the total of all before, so the oldest may go."""
    from usrp_mpm.simulator.chdr_stream import ChdrOutputStream

    def queue_packet(self, packet):
        if self.strs_queue.full():
            self.strs_queue.get_nowait()
        self.strs_queue.put_nowait(packet)

    ChdrOutputStream.queue_packet = queue_packet


def repair_late_status():
    """Status packets of a stream that was just stopped are on their way still."""
    from usrp_mpm.simulator.stream_endpoint_node import StreamEndpointNode
    original = StreamEndpointNode._handle_strs_packet

    def handle(self, packet, **keys):
        if self.output_stream or packet.get_header().dst_epid in self.strs_handlers:
            original(self, packet, **keys)

    StreamEndpointNode._handle_strs_packet = handle


def slow_down():
    """The simulator is a program in one thread, in Python: at the rate that was asked for it
    has no time left for UHD's questions, on a busy machine, and UHD waits a second at most.
    (By itself it keeps a quarter of the rate: it takes bytes for samples.)"""
    from usrp_mpm.simulator.rfnoc_common import StreamSpec
    original = StreamSpec.seconds_per_packet
    StreamSpec.seconds_per_packet = lambda self: 4 * original(self)


def repair_transmit_buffer():
    """A transmitter may send ahead what the buffer holds, and the thread that hands packets
    out must never wait for a full queue: control packets would wait with it."""
    from usrp_mpm.simulator.chdr_stream import ChdrInputStream
    ChdrInputStream.CAPACITY_BYTES = 100_000
    ChdrInputStream.QUEUE_CAP = 1000


def install():
    add_modules()
    repair_get_links()
    import usrp_mpm  # noqa: F401  with what was added above
    repair_status_queue()
    repair_late_status()
    repair_transmit_buffer()
    slow_down()
