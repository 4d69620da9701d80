# SPDX-License-Identifier: GPL-3.0-or-later
"""What became of every burst: sent = received + counted under a reason + unaccounted."""

from collections import Counter


class Account:
    """Totals of a run, over all rounds."""

    def __init__(self):
        self.sent = self.received = self.unaccounted = self.twice = self.wrong = 0
        self.reasons = Counter()  # bursts that did not arrive, by what became of them
        self.refused = Counter()  # bad input that was refused, by reason
        self.failures = []  # rounds that did not balance, in words

    def add(self, ledger, name):
        """What a round's ledger says when it is closed; name: of the round, for its failures."""
        self.sent += ledger.sent
        self.received += ledger.received
        self.unaccounted += ledger.unaccounted
        self.twice += ledger.twice
        self.wrong += ledger.wrong
        self.reasons.update(ledger.reasons)
        self.refused.update(ledger.refused)
        if not ledger.balanced():
            self.failures.append(f'{name}: {ledger}')

    def balanced(self):
        """Whether nothing is missing, came twice or came wrong, and nothing else failed."""
        return not self.failures


class Ledger:
    """Bursts of one round, each by its serial number."""

    def __init__(self):
        self.sent = self.received = self.unaccounted = self.twice = self.wrong = 0
        self.reasons, self.refused = Counter(), Counter()
        self.failures = []
        self._pending = {}  # serial number: why it may be missing, or None
        self._arrived = set()
        self._counted = Counter()

    def balanced(self):
        return not (self.unaccounted or self.twice or self.wrong or self.failures)

    def __str__(self):
        return '; '.join([f'{self.sent} sent, {self.unaccounted} unaccounted, {self.twice} twice, '
                          f'{self.wrong} wrong', *self.failures])

    def send(self, serial):
        self._pending[serial] = None
        self.sent += 1

    def arrive(self, serial):
        """A payload with a good CRC came."""
        if serial in self._pending:
            del self._pending[serial]
            self._arrived.add(serial)
            self.received += 1
        elif serial in self._arrived:
            self.twice += 1
        else:  # of another round, or never sent
            self.wrong += 1

    def arrive_wrong(self):
        """A payload came that nobody sent like that, and nothing was done to it."""
        self.wrong += 1

    def excused(self, serial):
        """Whether this burst may be missing."""
        return self._pending.get(serial) is not None

    def excuse(self, serials, reason):
        """These may be missing: something was done to them that is known to the round."""
        for serial in serials:
            if serial in self._pending and self._pending[serial] is None:
                self._pending[serial] = reason

    def count(self, reason, bursts):
        """A block says that it dropped so many; which they were it does not say."""
        if bursts > 0:
            self._counted[reason] += bursts

    def refuse(self, reason, times):
        """Bad input was refused so often."""
        if times > 0:
            self.refused[reason] += times

    def fail(self, text):
        self.failures.append(text)

    def pending(self):
        """Serial numbers of what was sent and has not come, in the order of sending."""
        return list(self._pending)

    def owed(self):
        """How many have to come still: not excused, and more than blocks counted."""
        missing = sum(reason is None for reason in self._pending.values())
        return max(0, missing - sum(self._counted.values()))

    def close(self):
        """Ends the round: what is missing goes under its reason."""
        self.reasons.update(reason for reason in self._pending.values() if reason)
        missing = sum(reason is None for reason in self._pending.values())
        for reason, bursts in self._counted.items():
            # Blocks count false alarms too; they are no bursts.
            taken = min(bursts, missing)
            self.reasons[reason] += taken
            missing -= taken
        self.unaccounted += missing
        self._pending.clear()
