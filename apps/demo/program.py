# SPDX-License-Identifier: GPL-3.0-or-later
"""How demo, tx, rx, sim and channel begin and end: signals, exit statuses (docs/over-the-air.md),
one line for what went wrong."""

import contextlib
import errno
import os
import signal
import sys

FAILED, BAD_INPUT = 1, 2
SIGNALLED = 128  # plus the number of the signal, as shells have it


class BadInput(Exception):
    """Something the user gave cannot be used; the text says what and why."""


class Interrupted(KeyboardInterrupt):
    """A signal asked the program to end."""

    def __init__(self, number):
        KeyboardInterrupt.__init__(self)
        self.number = number


def _interrupt(number, _):
    raise Interrupted(number)


def catch_signals(handler=_interrupt):
    """The end of a service or a test is as good as Ctrl-C. A shell has programs that it starts in
    the background ignore SIGINT; who sends it nevertheless means it. Of SIGHUP the same is what
    nohup is for, and stays."""
    signal.signal(signal.SIGINT, handler)
    signal.signal(signal.SIGTERM, handler)
    if signal.getsignal(signal.SIGHUP) != signal.SIG_IGN:
        signal.signal(signal.SIGHUP, handler)


@contextlib.contextmanager
def naming(path):
    """An error while `path` is written names it: of a full disk Python itself does not."""
    try:
        yield
    except OSError as error:
        raise OSError(error.errno, error.strerror or str(error),
                      error.filename or str(path)) from None


def _output_is_gone():
    """Nobody reads the output any more; what is still to be printed goes nowhere."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())


def _tell(name, text):
    try:
        print(f'{name}: {text}', file=sys.stderr)
    except OSError:  # nobody listens
        pass


def _os_error(name, error):
    if error.filename is None and error.errno == errno.EPIPE:
        _output_is_gone()
        return SIGNALLED + signal.SIGPIPE
    where = error.filename
    if where is None and error.errno == errno.ENOSPC:
        _output_is_gone()
        where = 'standard output'  # files are named by whoever writes them
    _tell(name, f'{where}: {error.strerror}' if where else error)
    return FAILED


def status_of(name, work):
    """Exit status of work(), which returns 0 or FAILED; what it throws is told in one line that
    begins with `name`."""
    try:
        status = work()
        sys.stdout.flush()
        return status
    except KeyboardInterrupt as interrupt:
        _tell(f'\n{name}', 'interrupted')
        return SIGNALLED + getattr(interrupt, 'number', signal.SIGINT)
    except ImportError as error:
        _tell(name, f'{error}; ./gr-udeepsc doctor says what is missing')
        return FAILED
    except (BadInput, ValueError) as error:  # ValueError: of a radio or a block
        _tell(name, error)
        return BAD_INPUT
    except OSError as error:
        return _os_error(name, error)
    except RuntimeError as error:  # of the model or the flowgraph
        _tell(name, error)
        return BAD_INPUT if type(error).__name__ == 'ModelError' else FAILED
