# SPDX-License-Identifier: GPL-3.0-or-later
"""Rounds in which flowgraphs are stopped, started, changed and flooded."""

from gnuradio import udeepsc

from link import TAIL_SAMPLES

POLICY = udeepsc.overflow_policy
PIECES = 4  # of a round's bursts


def crowded(this):
    """More comes than a queue holds, and goes by its policy: counted, one by one."""
    rng = this.random
    policy = rng.choice((POLICY.drop_oldest, POLICY.drop_newest))
    where = rng.choice(('source', 'demodulator', 'detector'))
    changes = {'source': {'source': {'queue': rng.randint(1, 8), 'policy': policy}},
               'demodulator': {'demodulator': {'queue': rng.randint(1, 3), 'policy': policy}},
               'detector': {'detector': {'policy': POLICY.drop_newest},
                            'demodulator': {'queue': 1}}}[where]
    with this.link(this.settings(**changes)) as link:
        link.feed(this.bursts, ahead=this.bursts)
        link.drain()
        lost = link.ledger.owed()
        counted = sum(block.dropped('queue full') for block in link.blocks())
        link.ledger.count(f'queue full: {where}', counted)
        # The source knows every burst; what the receiver counts may be false alarms.
        if where == 'source' and counted != lost:
            link.ledger.fail(f'burst_source dropped {lost}, and counted {counted}')


def cut_short(this):
    """The flowgraph is stopped in the middle. What the receiver had taken in whole is counted."""
    with this.link(this.settings(has_faults=True)) as link:
        link.feed(this.random.randint(1, this.bursts))
    link.collect()
    for counters in link.contradictions():
        link.ledger.fail(f'more came than was sent or dropped: {counters}')
    # What came to the detector in part, or not at all, no receiver can know of.
    taken = link.detector.nitems_read(0)
    places = link.faults.places()
    link.ledger.excuse([serial for serial in link.ledger.pending()
                        if serial not in places or places[serial][1] > taken],
                       'under way when the flowgraph stopped')
    for block in (link.detector, link.demodulator):
        link.ledger.count('stopped', block.dropped('stopped'))
    # Messages that no block has taken out of its queue yet.
    link.ledger.count('stopped', link.detector.sent() - link.demodulator.received())
    link.ledger.count('stopped', link.demodulator.sent() - link.inbox.come('in'))


def restarted(this):
    """One flowgraph, stopped and started again, drained or not."""
    link = this.link(this.settings())
    for _ in range(PIECES):
        with link:
            link.feed(this.bursts // PIECES)
            quiet = this.random.random() < 0.5
            if quiet:
                link.drain()
        link.collect()
        link.ledger.excuse(link.ledger.pending() if not quiet else [],
                           'under way when the flowgraph stopped')
    with link:
        link.feed(1)
        link.drain()


def relocked(this):
    """A flowgraph is changed while it runs: another channel takes the place of the first."""
    settings = this.settings()
    with this.link(settings) as link:
        for _ in range(PIECES):
            link.feed(this.bursts // PIECES)
            if this.random.random() < 0.5:
                link.drain()
            under_way = link.ledger.pending()
            link.exchange_channel()
            link.collect()
            link.ledger.excuse(under_way, 'under way when the flowgraph was changed')
        # What was under way then goes by before what must arrive comes.
        link.drain()
        link.feed(this.bursts // PIECES)
        link.drain()


def changed(this):
    """Setters are called while it runs. Those that a burst under way survives at any time, the
    others when nothing is under way."""
    rng = this.random
    settings = this.settings()
    with this.link(settings) as link:
        harmless = (lambda: link.source.set_gap(rng.randint(600, 5000)),
                    lambda: link.source.set_amplitude(rng.uniform(1, 3)),
                    lambda: link.demodulator.set_window(rng.randint(0, 128)),
                    lambda: link.channel.set_snr_db(settings.snr_db + rng.uniform(0, 10)))
        quiet = (lambda: link.set_profile(rng.choice(('short', 'standard', 'multipath', 'ofdm'))),
                 lambda: link.detector.set_false_alarm_rate(10**rng.uniform(-9, -5)),
                 lambda: link.channel.set_cfo(rng.uniform(-5e-3, 5e-3)),
                 lambda: link.channel.set_gain_db(rng.uniform(-30, 10)),
                 lambda: link.channel.set_phase(rng.uniform(-3, 3)),
                 lambda: link.channel.set_clock_ppm(rng.uniform(-10, 10)),
                 lambda: link.channel.restart())
        for _ in range(PIECES):
            link.feed(this.bursts // PIECES, between=lambda: rng.choice(harmless)())
            link.drain()
            rng.choice(quiet)()
            end = link.detector.nitems_read(0) + TAIL_SAMPLES
            link.wait(lambda: link.detector.nitems_read(0) >= end)
        # And one that nothing under way survives for sure.
        link.feed(this.bursts // PIECES)
        link.ledger.excuse(link.ledger.pending(), 'under way when a setter was called')
        link.set_profile(link.framer.profile())
        link.drain()
