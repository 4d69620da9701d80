# SPDX-License-Identifier: GPL-3.0-or-later
"""A round: one scenario, its random numbers and its bursts."""

import itertools
import random
from dataclasses import dataclass, field

from account import Ledger
from link import Link, Settings, Stuck
from payloads import Payloads

PROFILES = ('short',) * 12 + ('standard', 'multipath', 'ofdm')
# Es/N0 at which hard decisions on so many bits are right, with 8 dB in hand.
MODULATIONS = {'bpsk': 20.0, 'qpsk': 24.0, '16qam': 31.0, '64qam': 37.0, '256qam': 43.0}


@dataclass
class Run:
    """What all rounds share."""
    seed: int
    swallow: bool = False  # a burst of every clean round disappears, without a record
    serials: itertools.count = field(default_factory=itertools.count)
    payloads: Payloads = field(init=False)

    def __post_init__(self):
        self.payloads = Payloads(self.seed & 0xffffffff)


class Round:
    """One scenario, once: its random numbers, its ledger, its bursts."""

    def __init__(self, run, number, bursts):
        self.run, self.bursts = run, bursts
        self.random = random.Random(f'{run.seed}:{number}')
        self.ledger = Ledger()

    def settings(self, **changes):
        """A profile, a constellation and a channel that lose nothing, drawn."""
        profile = self.random.choice(PROFILES)
        modulation = self.random.choice(tuple(MODULATIONS))
        channel = {'seed': self.random.getrandbits(32), 'cfo': self.random.uniform(-5e-3, 5e-3),
                   'phase': self.random.uniform(-3, 3), 'delay': self.random.uniform(0, 3),
                   'clock_ppm': self.random.uniform(-10, 10),
                   'gain_db': self.random.uniform(-30, 10)}
        return Settings(**{'profile': profile, 'modulation': modulation,
                           'snr_db': MODULATIONS[modulation], 'channel': channel, **changes})

    def link(self, settings):
        return Link(settings, self.run.serials, self.run.payloads, self.ledger)


def play(scenario, run, number, bursts):
    """The ledger of a scenario that was played."""
    this = Round(run, number, bursts)
    try:
        scenario(this)
    except Stuck as stuck:
        this.ledger.fail(f'nothing moves: {stuck}')
    this.ledger.close()
    return this.ledger
