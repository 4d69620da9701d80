# SPDX-License-Identifier: GPL-3.0-or-later
"""What is said at the end."""


def print_faults(faults):
    """Of the radio."""
    for kind, times in sorted(faults.items()):
        print(f'{kind}: {times}')


# What comes now and then where all is well: false alarms, and what was under way at the end.
EXPECTED = ('no header', 'stopped')
UNREADABLE = '''{times} bursts were heard, and none could be read. Is it --profile (the same at both ends),
rate= or freq= of the radio, or too much noise?'''


def given_up(stats):
    """Payloads that blocks dropped though all was well with the radio."""
    return sum(times for block in stats for reason, times in (block['dropped'] or {}).items()
               if reason not in EXPECTED)


def print_stats(stats, decoded=None):
    """What blocks dropped, by reason. decoded: bursts that could be read, at a receiver."""
    for block in stats:
        dropped = block['dropped'] or {}  # an empty dictionary comes as None
        read = decoded or any(times and reason not in EXPECTED
                              for reason, times in dropped.items())
        for reason, times in sorted(dropped.items()):
            if reason == 'no header' and times and decoded is not None and not read:
                print(UNREADABLE.format(times=times))
            elif times and reason not in EXPECTED:
                print(f"{block['block']}: {times} dropped, {reason}")
