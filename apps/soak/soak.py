# SPDX-License-Identifier: GPL-3.0-or-later
"""Round after round until the time is over, or the bursts are sent."""

import itertools
import random
from collections import Counter

from account import Account, Ledger
from link import Link, Settings
from memory import Memory
from report import Report
from rounds import Run, play
from scenarios import chosen

LINE_S = 60.0
RESTARTS_WARM_UP = 50
BURSTS_A_START = 5


class Soak:

    def __init__(self, options):
        self._options = options
        self._run = Run(options.seed, options.swallow)
        self._scenarios = chosen(options.scenario, options.faults)
        self._random = random.Random(f'{options.seed}: which scenario')
        self._rounds = Counter()
        self._account, self._memory = Account(), Memory()
        self._report = Report(options.json)

    def over(self):
        options = self._options
        return any((options.minutes is not None and self._report.seconds() >= 60 * options.minutes,
                    options.bursts is not None and self._account.sent >= options.bursts,
                    options.rounds is not None and sum(self._rounds.values()) >= options.rounds))

    def go_on(self):
        """Until it is over; whether all is well."""
        line_at = LINE_S
        try:
            for number in itertools.count():
                scenario = self.draw(number)
                if self.over():
                    break
                if number >= self._options.first:
                    self.round(number, scenario)
                if self._report.seconds() >= line_at:
                    self._report.line(self._account, self._rounds, self._memory)
                    line_at = self._report.seconds() + LINE_S
        except KeyboardInterrupt:
            self.end()
            raise
        return self.end()

    def draw(self, number):
        """The scenario of a round. Each once to begin with: what is loaded only once is loaded
        then."""
        if number < len(self._scenarios):
            return self._scenarios[number]
        return self._random.choices(self._scenarios, [s.weight for s in self._scenarios])[0]

    def round(self, number, scenario):
        bursts = max(1, round(self._options.scale * scenario.bursts))
        ledger = play(scenario.play, self._run, number, bursts)
        self._rounds[scenario.name] += 1
        self._account.add(ledger, f'round {number}, {scenario.name}')
        self._memory.sample(self._account.sent)
        if number - self._options.first < 2 * len(self._scenarios):
            self._memory.warm()

    def end(self):
        good = self._account.balanced() and not self._memory.growing()
        self._report.end(self._account, self._rounds, self._memory, good)
        return good


def restart(options):
    """One flowgraph, started and stopped again and again; whether all is well."""
    run, account, memory = Run(options.seed), Account(), Memory()
    report = Report(options.json, 'restarts')
    link = Link(Settings(), run.serials, run.payloads, Ledger())
    rounds = Counter()
    line_at = LINE_S
    for number in range(1, options.restarts + 1):
        link.ledger = Ledger()
        with link:
            link.feed(BURSTS_A_START)
            link.drain()
        link.ledger.close()
        account.add(link.ledger, f'start {number}')
        rounds['starts'] += 1
        memory.sample(number)
        if number <= RESTARTS_WARM_UP:
            memory.warm()
        if report.seconds() >= line_at:
            report.line(account, rounds, memory)
            line_at = report.seconds() + LINE_S
    good = account.balanced() and not memory.growing()
    report.end(account, rounds, memory, good)
    return good


def soak(options):
    """0 if everything adds up, 1 if not."""
    return 0 if (restart(options) if options.restarts else Soak(options).go_on()) else 1
