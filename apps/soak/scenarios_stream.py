# SPDX-License-Identifier: GPL-3.0-or-later
"""Rounds in which all is well, and rounds in which samples are damaged."""


def clean(this):
    """Everything arrives."""
    control = {'has_faults': True, 'faults': {'swallow': True}} if this.run.swallow else {}
    with this.link(this.settings(**control)) as link:
        link.feed(this.bursts)
        link.drain()


def damaged(this):
    """Some bursts are hit: samples lost, zeroed, not finite, drowned; the others arrive."""
    faults = {'share': this.random.choice((0.02, 0.1, 0.5)), 'seed': this.random.getrandbits(32)}
    with this.link(this.settings(has_faults=True, faults=faults)) as link:
        link.feed(this.bursts)
        link.drain()
