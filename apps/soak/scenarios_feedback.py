# SPDX-License-Identifier: GPL-3.0-or-later
"""Rounds with the measured Es/N0 going back over UDP, and forged reports beside it."""

import socket
import struct
import time

import pmt
from gnuradio import udeepsc
from gnuradio.udeepsc.udeepsc_python import _message_inbox

from link import PATIENCE_S

LINK = udeepsc.feedback_link
FORGED_DB = 77.0  # which no channel here has
MOST_REPORTS = 100_000
# The first sender has to be silent for so long before another is heard.
TIMEOUT_S = 300.0


def forged(this):
    """Reports of others, bad ones and very many: none is taken, each is counted."""
    receiver = udeepsc.csi_feedback(link=LINK.udp_receiver, address='127.0.0.1:0',
                                    timeout_s=TIMEOUT_S)
    sender = udeepsc.csi_feedback(link=LINK.udp_sender, address=f'127.0.0.1:{receiver.port()}')
    inbox = _message_inbox(['snr'], MOST_REPORTS)
    link = this.link(this.settings())
    link.top.msg_connect((link.demodulator, 'snr'), (sender, 'snr'))
    link.top.msg_connect((receiver, 'snr'), (inbox, 'snr'))
    with link, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as liar:
        liar.connect(('127.0.0.1', receiver.port()))
        link.feed(1)
        link.drain()
        link.wait(lambda: inbox.come('snr') > 0)
        given = 0

        def lie():
            nonlocal given
            for datagram in this.random.sample(lies(this.random), 3):
                liar.send(datagram)
                given += 1

        link.feed(this.bursts, between=lie)
        link.drain()
        link.wait(lambda: sender.received() >= link.inbox.come('in'))
        settle(link, receiver, sender.sent() + given)
        check(link.ledger, receiver, inbox, given)


def lies(random):
    good = datagram(random.getrandbits(32), FORGED_DB)
    return [b'', b'x', good[:-1], good + b'x', bytes(2000), good, good, good,
            datagram(random.getrandbits(32), FORGED_DB, magic=b'USNX'),
            datagram(random.getrandbits(32), FORGED_DB, version=2),
            datagram(random.getrandbits(32), 1e3)]


def datagram(number, snr_db, magic=b'USNR', version=1):
    return magic + struct.pack('>IIIi', version, number ^ 0x5eed, number, round(1000 * snr_db))


def settle(link, receiver, datagrams):
    """Until all have come, or no more do: UDP may lose some. Then until the last is counted."""
    before = -1
    while before != receiver.received() < datagrams:
        before = receiver.received()
        time.sleep(0.2)
        link.collect()
    end = time.monotonic() + PATIENCE_S
    while not adds_up(receiver) and time.monotonic() < end:
        time.sleep(0.01)


def adds_up(receiver):
    return receiver.received() == receiver.sent() + receiver.dropped()


def check(ledger, receiver, inbox, given):
    counts = pmt.to_python(receiver.stats())
    if not adds_up(receiver):
        ledger.fail(f'its own counters contradict each other: {counts}')
    if receiver.dropped('other peer') + receiver.dropped('bad datagram') > given:
        ledger.fail(f'{given} reports were forged: {counts}')
    taken = [pmt.to_python(message)['snr_db'] for message in inbox.take('snr', MOST_REPORTS)]
    if FORGED_DB in taken:
        ledger.fail('a forged report was taken')
    for reason, times in (counts['dropped'] or {}).items():
        ledger.refuse(reason, times)
