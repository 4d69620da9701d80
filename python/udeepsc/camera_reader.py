# SPDX-License-Identifier: GPL-3.0-or-later
"""Pictures of a camera, a video or a sequence of picture files, by FFmpeg (PyAV)."""

import glob
import os
import re
import stat
import threading

PATIENCE_S = 5.0  # without a picture a camera counts as gone
RETRY_S = 1.0  # between two attempts to find it again


class CameraError(Exception):
    """No camera there, or no pictures from it; the text names what was looked for."""


def _av():
    try:
        import av
    except ImportError:
        raise CameraError('camera_source needs python3-av: sudo apt-get install python3-av') \
            from None
    av.logging.set_level(av.logging.PANIC)  # errors come as exceptions
    return av


def device_name(camera):
    """'0' is /dev/video0."""
    return f'/dev/video{camera}' if re.fullmatch(r'\d{1,3}', camera) else camera


def shown(camera):
    """Its name without the password that an address may hold."""
    return re.sub(r'//[^/@]*@', '//', camera)


def is_address(camera):
    return '://' in camera


def is_device(camera):
    return camera.startswith('/dev/')


def is_live(camera):
    """Whether pictures come by themselves: a device, a pipe or an address, not a file."""
    return is_address(camera) or is_device(camera) or \
        (os.path.exists(camera) and stat.S_ISFIFO(os.stat(camera).st_mode))


def _check_there(camera):
    if is_address(camera) or '%' in camera or os.path.exists(camera):
        return
    if is_device(camera):
        others = ', '.join(sorted(glob.glob('/dev/video*')))
        raise CameraError(f'camera {camera!r}: there is no such device; there is '
                          + (others or 'no camera at all (no /dev/video*)'))
    raise CameraError(f'camera {camera!r}: there is no such file')


def open_camera(camera, size='', rate=0.0):
    """An open container with at least one stream of pictures. size, rate: what to ask a device
    for, '640x480'. Raises CameraError."""
    av = _av()
    _check_there(camera)
    form, options = None, {}
    if is_device(camera):
        form = 'v4l2'
        options = {name: value for name, value in (('video_size', size),) if value}
    elif '%' in camera:
        form, options = 'image2', {'framerate': f'{rate or 25:g}'}
    try:
        container = av.open(camera, format=form, options=options, timeout=PATIENCE_S)
    except (av.error.FFmpegError, OSError, ValueError) as error:
        raise CameraError(f'camera {shown(camera)!r}: {_reason(error)}') from None
    if not container.streams.video:
        container.close()
        raise CameraError(f'camera {shown(camera)!r}: holds no pictures')
    return container


def probe(camera, size='', rate=0.0):
    """Takes one picture. Raises CameraError."""
    container = open_camera(camera, size, rate)
    try:
        for _ in _pictures(container, camera):
            return
    finally:
        container.close()
    raise CameraError(f'camera {shown(camera)!r}: holds no pictures')


def _reason(error):
    text = getattr(error, 'strerror', None) or str(error)
    return f'no picture for {PATIENCE_S:g} s' if 'Immediate exit' in text else text


def _pictures(container, camera):
    """(seconds, uint8 [height, width, 3]) of each picture. Raises CameraError."""
    av = _av()
    first = None
    try:
        for frame in container.decode(video=0):
            at = frame.time or 0.0
            first = at if first is None else first
            yield at - first, frame.to_ndarray(format='rgb24')
    except (av.error.FFmpegError, OSError, ValueError) as error:
        raise CameraError(f'camera {shown(camera)!r}: {_reason(error)}') from None


class FileReader:
    """A file in place of a camera. ended: whether there is nothing more to come."""

    def __init__(self, camera, rate=0.0, repeat=True):
        """rate: pictures per second of a sequence of files. repeat: begins again at the end."""
        self._camera, self._rate, self._repeat = camera, rate, repeat
        self._container = self._pictures = None
        self._begun = 0.0  # the asker's seconds at the first picture
        self.ended = False

    def picture(self, seconds):
        """The next picture that is not before this time; None at the end. seconds rise from
        call to call, at the asker's pace. Raises CameraError."""
        while not self.ended:
            if self._pictures is None:
                self._container = open_camera(self._camera, rate=self._rate)
                self._pictures = _pictures(self._container, self._camera)
                self._begun = seconds
            for at, picture in self._pictures:
                if at >= seconds - self._begun - 1e-6:
                    return picture
            self.close()
            self.ended = not self._repeat
        return None

    def close(self):
        if self._container:
            self._container.close()
        self._container = self._pictures = None


class LiveReader:
    """A camera whose pictures come by themselves: the newest one counts. One that vanishes is
    looked for again until it is there."""

    ended = False

    def __init__(self, camera, size='', on_fault=lambda text: None):
        self._camera, self._size, self._on_fault = camera, size, on_fault
        self._changed = threading.Condition()
        self._newest, self._closing = None, threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def picture(self, _):
        """The newest picture that was not taken yet; None if none comes for a moment."""
        with self._changed:
            self._changed.wait_for(lambda: self._newest is not None, 0.1)
            picture, self._newest = self._newest, None
            return picture

    def close(self):
        self._closing.set()
        self._thread.join(1.0)  # one that waits for a dead camera ends by itself, later

    def _run(self):
        while not self._closing.is_set():
            try:
                self._read()  # returns when the camera gives no more
                raise CameraError(f'camera {shown(self._camera)!r}: gives no more pictures')
            except CameraError as error:
                if not self._closing.is_set():
                    self._on_fault(str(error))
            self._closing.wait(RETRY_S)

    def _read(self):
        container = open_camera(self._camera, self._size)
        try:
            for _, picture in _pictures(container, self._camera):
                if self._closing.is_set():
                    return
                with self._changed:
                    self._newest = picture
                    self._changed.notify_all()
        finally:
            container.close()
