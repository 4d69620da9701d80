# SPDX-License-Identifier: GPL-3.0-or-later
"""What is said at the end."""


def print_faults(faults):
    """Of the radio."""
    for kind, times in sorted(faults.items()):
        print(f'{kind}: {times}')


def print_stats(stats):
    """What blocks dropped, by reason."""
    for block in stats:
        # An empty dictionary comes as None.
        for reason, times in sorted((block['dropped'] or {}).items()):
            if times:
                print(f"{block['block']}: {times} dropped, {reason}")
