# SPDX-License-Identifier: GPL-3.0-or-later
"""The table of all scenarios, with how often each is played and how many bursts it gets."""

from dataclasses import dataclass
from typing import Callable

from gnuradio import udeepsc

from scenarios_control import changed, crowded, cut_short, relocked, restarted
from scenarios_feedback import forged
from scenarios_malformed import malformed
from scenarios_model import semantic
from scenarios_processes import bad_peers, killed
from scenarios_stream import clean, damaged


@dataclass(frozen=True)
class Scenario:
    play: Callable  # Round -> None
    weight: int
    bursts: int  # about so many a round
    fault: bool  # something goes wrong on purpose

    @property
    def name(self):
        return self.play.__name__


SCENARIOS = (
    Scenario(clean, 40, 2000, False),
    Scenario(semantic, 1, 20, False),
    Scenario(damaged, 20, 2000, True),
    Scenario(crowded, 6, 1000, True),
    Scenario(malformed, 6, 1000, True),
    Scenario(changed, 6, 1000, True),
    Scenario(restarted, 4, 1000, True),
    Scenario(relocked, 4, 1000, True),
    Scenario(cut_short, 4, 500, True),
    Scenario(forged, 4, 1000, True),
    Scenario(bad_peers, 1, 300, True),
    Scenario(killed, 1, 300, True),
)


def chosen(names, faults):
    """Those with these names; without names all that the build has blocks for, those with faults
    only if asked for."""
    if names:
        return [scenario for scenario in SCENARIOS if scenario.name in names]
    return [scenario for scenario in SCENARIOS
            if (faults or not scenario.fault) and (udeepsc.HAS_NETWORKS or scenario.play is not semantic)]
