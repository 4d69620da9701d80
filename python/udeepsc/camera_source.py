# SPDX-License-Identifier: GPL-3.0-or-later
"""Pictures of a camera."""

import threading
import time

from gnuradio import gr

from . import camera_reader
from .pdu_counters import BadPdu, PduCounters, counted
from .picture_tiles import fit, tile_pdus

MOST_TRIGGERS = 64  # that may wait
STEP_S = 0.005  # between two looks at clock and triggers
NAMES = 256  # of pictures, before they begin again: pmt keeps every symbol it ever saw


class camera_source(PduCounters, gr.basic_block):
    """Takes pictures with a camera and sends the tiles of each, as image_source does.

    Ports
      in "trigger"  any message takes one picture more
      out "out"     u8vector [tile, tile, 3] RGB; writes frame_id, task, modality, shape,
                    picture, picture_size, tile, tiles, reference, t_source
      "stats"       any message in is answered by the counters

    Parameters
      camera  a device: "/dev/video0" or its number, "0"; an address that FFmpeg opens
              (rtsp://, http://); or in place of a camera a video file, a picture, or a
              sequence of picture files, "shot-%03d.png"
      task    name from the model file
      rate    pictures per second, 0..1000; 0: on a trigger alone
      grid    (columns, rows): the middle of each picture is scaled to so many tiles; over a
              radio what the receiver has. (0, 0): as it was taken
      whole   the middle square of each picture, scaled to one tile: for tasks that ask what it
              shows
      tile    edge of a tile in pixels, 8..1024; what the model takes
      size    pixels to ask a device for, "640x480"; "" for its own choice
      repeat  whether a file begins again at its end

    Pictures are taken when the next block has room: of a camera the newest, of a file the
    next one. A camera that vanishes is logged once, counted ("camera") and
    looked for again every second.

    Throws ValueError for a parameter, and for a camera that is not there.
    """

    def __init__(self, camera='/dev/video0', task='image_reconstruction', rate=1.0, grid=(8, 8),
                 whole=False, tile=32, size='', repeat=True):
        gr.basic_block.__init__(self, 'camera_source', None, None)
        if not 8 <= tile <= 1024:
            raise ValueError(f'tile: got {tile}, expected 8 to 1024')
        if tuple(grid) != (0, 0) and not all(1 <= n <= 256 for n in grid):
            raise ValueError(f'grid: got {grid}, expected (columns, rows) of 1 to 256, or (0, 0)')
        self._camera = camera_reader.device_name(camera)
        self._tile, self._size, self._repeat = tile, size, repeat
        self._grid = (1, 1) if whole else tuple(grid)
        self._lock = threading.Lock()  # guards task, rate and triggers
        self.set_task(task)
        self.set_rate(rate)
        self._frame_id = self._taken = 0
        try:
            camera_reader.probe(self._camera, size, rate)
        except camera_reader.CameraError as error:
            raise ValueError(str(error)) from None
        self._stopping, self._triggers = threading.Event(), 0
        self._thread = None
        self.init_counters()
        self.add_input('trigger', self.trigger)
        self.add_output()

    def set_rate(self, rate):
        if not 0 <= rate <= 1000:
            raise ValueError(f'rate: got {rate}, expected 0 to 1000 pictures per second')
        with self._lock:
            self._rate = rate

    def rate(self):
        with self._lock:
            return self._rate

    def set_task(self, task):
        with self._lock:
            self._task = task

    def task(self):
        with self._lock:
            return self._task

    @counted
    def trigger(self, _):
        with self._lock:
            if self._triggers >= MOST_TRIGGERS:
                raise BadPdu('queue full', 'too many triggers wait')
            self._triggers += 1

    def start(self):
        self._stopping.clear()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()
        return True

    def stop(self):
        self._stopping.set()
        if self._thread:
            self._thread.join()
        return True

    def _run(self):
        reader = self._make_reader()
        due, seconds = time.monotonic(), 0.0  # of the next picture; what a file's clock shows
        try:
            while not self._stopping.is_set() and not reader.ended:
                rate = self.rate()
                if self._take_trigger():
                    self._take_and_send(reader, seconds)
                elif rate > 0 and time.monotonic() >= due:
                    self._take_and_send(reader, seconds)
                    seconds += 1 / rate
                    # Late by much: go on from now, no catching up.
                    due = max(due + 1 / rate, time.monotonic() - 1 / rate)
                else:
                    self._stopping.wait(STEP_S)
        finally:
            reader.close()

    def _make_reader(self):
        if camera_reader.is_live(self._camera):
            return camera_reader.LiveReader(self._camera, self._size,
                                            lambda text: self.drop('camera', text))
        return camera_reader.FileReader(self._camera, self.rate(), self._repeat)

    def _take_trigger(self):
        with self._lock:
            there = self._triggers > 0
            self._triggers -= there
            return there

    def _take_and_send(self, reader, seconds):
        """Waits until there is a picture, and room for it."""
        self._wait_for_room()
        picture = None
        while picture is None and not self._stopping.is_set() and not reader.ended:
            try:
                picture = reader.picture(seconds)
            except camera_reader.CameraError as error:  # of a file
                reader.close()
                self.drop('camera', str(error))
                self._stopping.wait(camera_reader.RETRY_S)
        if picture is not None:
            self._send(picture)

    def _send(self, picture):
        columns, rows = self._grid
        if columns:
            picture = fit(picture, rows * self._tile, columns * self._tile)
        name = f'{camera_reader.shown(self._camera)} {self._taken % NAMES}'
        pdus = list(tile_pdus(picture, self._tile, name, self.task(), self._frame_id))
        self._taken += 1
        # Also of tiles that are not sent any more: a receiver tells their place by the number.
        self._frame_id += len(pdus)
        for about, tile in pdus:
            if not self._wait_for_room():
                return
            self.send(about, tile)

    def _wait_for_room(self):
        """False if the source is being stopped."""
        while not self._stopping.is_set() and self.congested():
            self._stopping.wait(0.001)
        return not self._stopping.is_set()
