# SPDX-License-Identifier: GPL-3.0-or-later
"""Results to files."""

import threading

from gnuradio import gr

from .pdu_counters import BadPdu, PduCounters, counted
from .result_files import ResultFiles
from .results import result_of

STEP_S = 0.2  # between two looks for pictures that nothing is added to any more


class result_file_sink(PduCounters, gr.basic_block):
    """Writes pictures as picture-N.png and every result as a line of JSON into results.jsonl.

    Ports
      in "in"     results of unified_decoder or udeepsc_rx
      "stats"     any message in is answered by the counters

    Parameters
      folder  made if it is not there; nothing in it is written over: pictures are numbered on,
              lines are added
      task    only results of this task, "" for all
      grid    (columns, rows) of tiles of a picture, where results do not say, as over a radio

    A picture is written when its last tile has come, or when none came for 2 s, or at the end;
    missing tiles are grey. A line holds time, task, output, frame_id, value or file, snr_db,
    symbols, and where they are known reference, probability, missing, tiles, name, psnr_db.

    Throws ValueError for a parameter, and with the path for a folder that cannot be written.
    What cannot be written later is counted ("not written") and logged once. Of pictures that less
    than half has come of, 8 at once and one in 2 s are written, the others counted ("fragment").
    """

    def __init__(self, folder, task='', grid=(8, 8)):
        gr.basic_block.__init__(self, 'result_file_sink', None, None)
        if not folder:
            raise ValueError("folder: got '', expected the name of a folder")
        if len(grid) != 2 or not all(1 <= n <= 256 for n in grid):
            raise ValueError(f'grid: got {grid}, expected (columns, rows) of 1 to 256')
        self._task = task
        self._changed = threading.Condition()  # guards what follows
        self._count, self._stopping = 0, False
        self._reported = self._fragments = 0
        try:
            self._files = ResultFiles(folder, grid, warn=self._warn)
        except OSError as error:
            raise ValueError(f'folder {str(folder)!r}: {error.filename or folder}: '
                             f'{error.strerror}') from None
        self.init_counters()
        self.add_input('in', self.take)

    def start(self):
        self._stopping = False
        self._watcher = threading.Thread(target=self._watch, daemon=True)
        self._watcher.start()
        return True

    def stop(self):
        with self._changed:
            self._stopping = True
            self._changed.notify_all()
            self._files.finish()
            self._count_failed()
        self._watcher.join()
        return True

    @counted
    def take(self, message):
        self.count_received()
        try:
            result = result_of(message)
            if self._task and result.task != self._task:
                return
            with self._changed:
                self._files.take(result)
                self._count_failed()
                self._count += 1
                self._changed.notify_all()
        except ValueError as error:
            raise BadPdu('bad key', str(error)) from None

    def count(self):
        """Results taken."""
        with self._changed:
            return self._count

    def wait_for(self, n, timeout_s):
        """Waits until count() reaches n; False after timeout_s seconds."""
        with self._changed:
            return self._changed.wait_for(lambda: self._count >= n, timeout_s)

    def _watch(self):
        with self._changed:
            while not self._stopping:
                self._files.idle()
                self._count_failed()
                self._changed.wait(STEP_S)

    def _warn(self, text):
        gr.log.warn(f'{self.to_basic_block().alias()}: {text}')

    def _count_failed(self):
        """Under the lock. The files have told of it already."""
        self.count_dropped('not written', self._files.failed - self._reported)
        self._reported = self._files.failed
        self.count_dropped('fragment', self._files.fragments - self._fragments)
        self._fragments = self._files.fragments
