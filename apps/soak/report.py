# SPDX-License-Identifier: GPL-3.0-or-later
"""What is printed: a line now and then, a table at the end; or JSON."""

import json
import time

from memory import KINDS


class Report:
    """unit: what memory is told per 1000 of."""

    def __init__(self, as_json, unit='bursts'):
        self._json, self._unit = as_json, unit
        self._begin = time.monotonic()

    def seconds(self):
        return time.monotonic() - self._begin

    def line(self, account, rounds, memory):
        """How it stands."""
        if self._json:
            print(json.dumps(self._figures(account, rounds, memory, 'minute')), flush=True)
            return
        away = sum(account.reasons.values())
        print(f'{self.seconds() / 60:.1f} min: {account.sent:,} sent = {account.received:,} received '
              f'+ {away:,} lost and counted + {account.unaccounted:,} unaccounted; '
              f'{account.twice} twice, {account.wrong} wrong; '
              f'{sum(account.refused.values()):,} bad inputs refused; {sum(rounds.values())} rounds; '
              + self._memory(memory), flush=True)

    def _memory(self, memory):
        slopes = memory.slopes()
        return ', '.join(
            f'{kind} {memory.now_mib(kind):.1f} MiB'
            + (f' ({slopes[kind]} KiB per 1000 {self._unit})' if slopes else '') for kind in KINDS)

    def end(self, account, rounds, memory, good):
        """All of it."""
        if self._json:
            figures = self._figures(account, rounds, memory, 'end')
            print(json.dumps({**figures, 'failures': account.failures, 'good': good}), flush=True)
            return
        self.line(account, rounds, memory)
        print(f'{account.sent / max(self.seconds(), 1e-9):,.0f} bursts a second')
        for title, counts in (('rounds', rounds), ('lost and counted', account.reasons),
                              ('bad input, refused', account.refused)):
            print(f'{title}: ' + (', '.join(f'{name} {times:,}' for name, times in sorted(
                counts.items(), key=lambda entry: -entry[1])) or 'none'))
        for failure in account.failures:
            print(f'FAILED: {failure}')
        for kind in memory.growing():
            print(f'FAILED: {kind} memory grows, {memory.slopes()[kind]} KiB per 1000 {self._unit}')
        print('every burst is accounted for' if good else 'it does not add up', flush=True)

    def _figures(self, account, rounds, memory, event):
        slopes = memory.slopes()
        return {'event': event, 'seconds': round(self.seconds(), 1), 'sent': account.sent,
                'received': account.received, 'lost': dict(account.reasons),
                'unaccounted': account.unaccounted, 'twice': account.twice,
                'wrong': account.wrong, 'refused': dict(account.refused), 'rounds': dict(rounds),
                'memory': {kind: {
                    'mib': round(memory.now_mib(kind), 2),
                    f'kib_per_1000_{self._unit}': slopes and round(slopes[kind].kib, 4) or None,
                    'interval': slopes and round(slopes[kind].interval, 4) or None}
                    for kind in KINDS}}
