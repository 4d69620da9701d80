# SPDX-License-Identifier: GPL-3.0-or-later
"""A receiver to be killed: receiver_process.py RADIO PROFILE prints each payload as a line of
hexadecimal digits. Ends when the process that started it has ended."""

import os
import signal
import sys
import time

from quiet import quiet

STEP_S = 0.005


def main():
    quiet()
    from two_ends import ReceiverHere
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for who started it
    parent = os.getppid()
    receiver = ReceiverHere(sys.argv[1], sys.argv[2])
    receiver.start()
    while os.getppid() == parent:
        lines = [data.hex() for data in receiver.arrivals()]
        if lines:
            print('\n'.join(lines), flush=True)
        time.sleep(STEP_S)
    receiver.stop()


if __name__ == '__main__':
    main()
