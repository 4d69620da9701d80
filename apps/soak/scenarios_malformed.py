# SPDX-License-Identifier: GPL-3.0-or-later
"""Rounds in which bad input comes between good bursts, at every port."""

import math

import pmt
from gnuradio.udeepsc.pdus import dictionary as about

BAD_PIECES = 3  # messages at a time
# What a demodulator counts without being given anything bad: false alarms. At high Es/N0 one behind
# a burst, in silence, takes the next burst for samples out of all proportion.
FALSE_ALARMS = ('no header', 'not finite')


BYTES = pmt.init_u8vector(3, [1, 2, 3])
SAMPLES = pmt.init_c32vector(400, [1.0] * 400)
NO_PDUS = (pmt.PMT_NIL, pmt.PMT_T, pmt.from_long(3), pmt.intern('x'), pmt.from_double(math.nan),
           pmt.cons(pmt.from_long(1), BYTES), pmt.cons(pmt.make_dict(), pmt.intern('x')),
           pmt.cons(pmt.cons(pmt.intern('a'), pmt.intern('b')), BYTES), SAMPLES,
           pmt.list2(BYTES, BYTES))
# Port: what every block of that kind refuses.
BAD = {
    ('framer', 'in'): NO_PDUS + (
        pmt.cons(about(), pmt.init_u8vector(0, [])),
        pmt.cons(about(), pmt.init_u8vector(9000, [7] * 9000)),
        pmt.cons(about(modulation='7qam'), BYTES),
        pmt.cons(about(), pmt.init_f32vector(2, [1, 2])),
        pmt.cons(about(), pmt.init_c32vector(2, [math.nan, 1]))),
    ('source', 'in'): NO_PDUS + (
        pmt.cons(about(), BYTES),
        pmt.cons(about(), pmt.init_c32vector(0, [])),
        pmt.cons(about(), pmt.init_c32vector(3, [1, math.inf, 1])),
        pmt.cons(about(), pmt.init_c32vector(3, [1, math.nan, 1]))),
    ('demodulator', 'in'): NO_PDUS + (
        pmt.cons(about(), SAMPLES),
        pmt.cons(about(sample=10), SAMPLES),
        pmt.cons(about(sample=10, first_sample=20), SAMPLES),
        pmt.cons(about(sample=1000, first_sample=20), SAMPLES),
        pmt.cons(about(sample=30, first_sample=20, cfo=math.nan), SAMPLES),
        pmt.cons(about(sample=30, first_sample=20, timing=1e9), SAMPLES),
        pmt.cons(about(sample=30, first_sample=20), pmt.init_c32vector(0, []))),
    ('channel', 'snr'): (pmt.PMT_NIL, pmt.intern('x'), pmt.from_double(math.nan), about(other=1.0)),
    ('channel', 'channel'): (pmt.PMT_NIL, pmt.intern('fog'), pmt.from_long(1)),
}
ASKED = (pmt.PMT_NIL, pmt.from_long(1), SAMPLES)  # anything to "stats" is answered


def malformed(this):
    """Every bad message is refused and counted, every bad setting thrown back, every burst in
    between arrives."""
    given = dict.fromkeys(BAD, 0)
    with this.link(this.settings()) as link:

        def post_bad():
            for _ in range(BAD_PIECES):
                (name, port), messages = this.random.choice(tuple(BAD.items()))
                message = this.random.choice(messages)
                if name == 'framer':
                    link.post_message(message)
                else:
                    post(getattr(link, name), port, message)
                given[name, port] += 1
            for block in link.blocks():
                post(block, 'stats', this.random.choice(ASKED))

        link.feed(this.bursts, between=post_bad)
        link.drain()
        link.wait(lambda: all(sum(refused(getattr(link, name)).values()) >= count
                              for name, count in of_blocks(given).items()))
        for name, count in of_blocks(given).items():
            check(link, name, count)
        call_bad_setters(link)


def post(block, port, message):
    block.to_basic_block()._post(pmt.intern(port), message)


def of_blocks(given):
    """{block: bad messages}, all its ports together."""
    return {name: sum(count for (block, _), count in given.items() if block == name)
            for name, _ in given}


def is_false_alarm(block, reason):
    return block.name() == 'burst_demodulator' and reason in FALSE_ALARMS


def refused(block):
    """{reason: times}, without false alarms."""
    return {reason: times for reason, times in (pmt.to_python(block.stats())['dropped'] or {}).items()
            if not is_false_alarm(block, reason)}


def check(link, name, count):
    counted = refused(getattr(link, name))
    if sum(counted.values()) != count:
        link.ledger.fail(f'{name} was given {count} bad messages and counted {counted}')
    for reason, times in counted.items():
        link.ledger.refuse(reason, times)


def call_bad_setters(link):
    for block, name, value in (('source', 'gap', -1), ('source', 'amplitude', math.nan),
                               ('framer', 'profile', 'longest'), ('detector', 'profile', ''),
                               ('detector', 'false_alarm_rate', 2.0),
                               ('demodulator', 'window', 1000), ('demodulator', 'profile', 'x'),
                               ('channel', 'cfo', math.nan), ('channel', 'delay', -1.0),
                               ('channel', 'multipath', 'canyon')):
        try:
            getattr(getattr(link, block), f'set_{name}')(value)
        except ValueError:
            link.ledger.refuse('bad setting', 1)
        else:
            link.ledger.fail(f'{block}.set_{name}({value!r}) was taken')
