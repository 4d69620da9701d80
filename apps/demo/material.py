# SPDX-License-Identifier: GPL-3.0-or-later
"""What the demonstration sends: photographs, thumbnails, sentences, files with sounds."""

import importlib.util
import os
import stat
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from PIL import Image
from program import BadInput

MAX_PIXELS = 64 << 20  # of a picture file; image_source takes no more
Image.MAX_IMAGE_PIXELS = None  # the limit above is checked instead
MAX_WORDS = 1000
MAX_LETTERS = 100  # of a word
SEGMENT_WORDS = 24  # what one PDU carries of a long text
THUMBNAIL = 32  # edge in pixels where the model does not say

# Photographs of python3-skimage, cut to the same shape: (file, name, centre of the cut)
PHOTOGRAPHS = [('astronaut.png', 'astronaut', (0.5, 0.0)),
               ('chelsea.png', 'cat', (0.5, 0.5)),
               ('coffee.png', 'coffee', (0.5, 0.5)),
               ('rocket.jpg', 'rocket', (0.5, 0.5))]
PHOTOGRAPH_SIZE = (384, 256)

# What to recognise: (file, box in pixels or None for all of it, class)
THUMBNAILS = [('chelsea.png', (60, 0, 360, 300), 'cat'),
              ('horse.png', (0, 0, 400, 328), 'horse')]

SENTENCES = [
    ('a warm , funny and beautifully acted film that stays with you .', 'positive'),
    ('a dull , lifeless mess that wastes a talented cast .', 'negative'),
    ('the director finds real feeling in a simple story .', 'positive'),
    ('the jokes fall flat and the plot makes no sense at all .', 'negative'),
    ('one of the best movies of the year .', 'positive'),
    ('it feels twice as long as it is .', 'negative'),
]


def checked_model(name):
    """A model's path or name, as far as can be told before anything is built."""
    exists = os.path.exists(name)  # unlike Path's it says no to a name that is too long
    if Path(name).is_absolute() and not exists:
        raise BadInput(f'{name}: there is no such file')
    if exists:
        check_file(name, 'model')
    return name


def check_file(path, kind):
    """A pipe would be waited for, and a device may never end."""
    try:
        mode = os.stat(path).st_mode
    except OSError:
        return  # whoever opens it says so
    if stat.S_ISDIR(mode):
        raise BadInput(f'{path}: is a folder, not a {kind}')
    if not stat.S_ISREG(mode):
        raise BadInput(f'{path}: is no file; a {kind} is read from one')


@dataclass
class Picture:
    name: str
    pixels: np.ndarray  # uint8 [height, width, 3]
    label: str = ''  # class name, where the truth is known


@dataclass
class Sentence:
    text: str
    label: str = ''


@dataclass
class Given:
    """All that is sent."""
    pictures: list
    sentences: list
    thumbnails: list = field(default_factory=list)
    questions: list = field(default_factory=list)  # drawings.Question
    sounds: list = field(default_factory=list)


@dataclass
class Sound:
    name: str
    rate: int  # Hz
    samples: np.ndarray  # float32 [frames, channels], -1 to 1
    label: str = ''


def open_sound(path):
    """A WAV file."""
    from scipy.io import wavfile
    check_file(path, 'sound')
    try:
        rate, samples = wavfile.read(path)
    except FileNotFoundError:
        raise BadInput(f'{path}: there is no such file') from None
    except Exception as error:  # of many kinds, for damaged files
        raise BadInput(f'{path}: is no WAV file ({error})') from None
    if samples.size == 0:
        raise BadInput(f'{path}: holds no sound')
    if samples.dtype.kind == 'u':  # 8 bits, the middle at 128
        samples = (samples.astype(np.float32) - 128) / 128
    elif samples.dtype.kind == 'i':
        samples = samples.astype(np.float32) / -float(np.iinfo(samples.dtype).min)
    samples = np.asarray(samples, np.float32).reshape(len(samples), -1)
    return Sound(Path(path).stem, int(rate), samples)


def open_picture(path):
    """RGB picture of any file that Pillow reads; transparency is laid on white."""
    check_file(path, 'picture')
    try:
        with Image.open(path) as image:
            width, height = image.size
            if width * height > MAX_PIXELS:
                raise BadInput(f'{path}: {width}x{height} pixels are more than '
                               f'{MAX_PIXELS >> 20} million; scale it down first')
            if width < 1 or height < 1:
                raise BadInput(f'{path}: {width}x{height} is no picture')
            return to_rgb(image)
    except BadInput:
        raise
    except FileNotFoundError:
        raise BadInput(f'{path}: there is no such file') from None
    except Exception as error:  # Pillow raises many kinds for damaged files
        reason = 'is no picture' if 'cannot identify' in str(error) else error
        raise BadInput(f'{path}: {reason}') from None


def to_rgb(image):
    image.load()
    if image.mode.startswith('I') or image.mode == 'F':  # 16 bits, grey
        values = np.asarray(image, np.float64)
        top = 65535.0 if values.max() > 255 else 255.0
        image = Image.fromarray(np.clip(values * (255 / top), 0, 255).round().astype(np.uint8))
    if 'transparency' in image.info or image.mode in ('RGBA', 'LA', 'PA'):
        image = image.convert('RGBA')
        paper = Image.new('RGBA', image.size, 'white')
        image = Image.alpha_composite(paper, image)
    return image.convert('RGB')


def cut_to_shape(image, size, centre):
    """Largest cut of the shape of `size`, scaled to it."""
    width, height = image.size
    scale = min(width / size[0], height / size[1])
    cut = (size[0] * scale, size[1] * scale)
    left = (width - cut[0]) * centre[0]
    top = (height - cut[1]) * centre[1]
    return image.resize(size, Image.LANCZOS, (left, top, left + cut[0], top + cut[1]))


def thumbnail(image, edge, box=None):
    """Centre square (or `box`) as small as the classifier wants it."""
    if box is None:
        side = min(image.size)
        left, top = (image.width - side) / 2, (image.height - side) / 2
        box = (left, top, left + side, top + side)
    return np.asarray(image.resize((edge, edge), Image.LANCZOS, box))


def photograph_folder():
    """Folder of skimage's photographs, without the second that importing skimage takes."""
    spec = importlib.util.find_spec('skimage')
    folder = Path(spec.submodule_search_locations[0]) / 'data' if spec else None
    if folder is None or not (folder / PHOTOGRAPHS[0][0]).exists():
        raise BadInput('the photographs of python3-skimage are not there: '
                       './gr-udeepsc setup installs them, --image FILE does without')
    return folder


def built_in_pictures():
    folder = photograph_folder()
    return [Picture(name, np.asarray(cut_to_shape(open_picture(folder / file),
                                                  PHOTOGRAPH_SIZE, centre)))
            for file, name, centre in PHOTOGRAPHS]


def built_in_thumbnails(edge):
    folder = photograph_folder()
    return [Picture(label, thumbnail(open_picture(folder / file), edge, box), label)
            for file, box, label in THUMBNAILS]


def given_pictures(paths, longest_side):
    """Pictures of the user, scaled down to `longest_side`, never up."""
    def scaled(image):
        image.thumbnail((longest_side, longest_side), Image.LANCZOS)
        return np.asarray(image)
    return named_pictures(paths, scaled)


def given_thumbnails(paths, edge):
    return named_pictures(paths, lambda image: thumbnail(image, edge))


def named_pictures(paths, pixels_of):
    pictures = []
    for path in paths:
        name = unique_name(os.path.splitext(os.path.basename(path))[0], pictures)
        pictures.append(Picture(name, pixels_of(open_picture(path))))
    return pictures


def unique_name(name, pictures):
    taken = {picture.name for picture in pictures}
    number = 2
    name = name.encode(errors='replace').decode()  # a file name may be any bytes
    candidate = name
    while candidate in taken:
        candidate = f'{name}-{number}'
        number += 1
    return candidate


def checked_words(option, kind, text):
    """The words of a text of the user."""
    try:
        text.encode()
    except UnicodeEncodeError:
        raise BadInput(f'{option}: the {kind} is no valid UTF-8') from None
    words = text.split()
    if not words:
        raise BadInput(f'{option}: the {kind} is empty')
    if len(words) > MAX_WORDS:
        raise BadInput(f'{option}: {len(words)} words, at most {MAX_WORDS}')
    longest = max(words, key=len)
    if len(longest) > MAX_LETTERS:
        raise BadInput(f"{option}: the word '{longest[:20]}...' has {len(longest)} letters, at "
                       f'most {MAX_LETTERS}')
    return words


def given_sentences(texts):
    """Texts of the user, in segments that one PDU carries."""
    sentences = []
    for text in texts:
        words = checked_words('--text', 'text', text)
        sentences += [Sentence(' '.join(words[i:i + SEGMENT_WORDS]))
                      for i in range(0, len(words), SEGMENT_WORDS)]
    return sentences


def built_in_sentences():
    return [Sentence(text, label) for text, label in SENTENCES]
