# SPDX-License-Identifier: GPL-3.0-or-later
"""Pictures scaled and cut into tiles, as image_source does it, and the PDUs of the tiles."""

import time

import numpy as np

from .pdus import bytes_vector, dictionary

MAX_PIXELS = 64 << 20  # of a picture; image_source takes no more


def load_picture(path):
    """A picture file as uint8 [height, width, 3], transparency laid on white. Raises
    ValueError naming the file."""
    from PIL import Image
    try:
        with Image.open(path) as image:
            width, height = image.size
            if not 0 < width * height <= MAX_PIXELS:
                raise ValueError(f'{width}x{height} pixels, at most {MAX_PIXELS >> 20} million')
            if 'transparency' in image.info or image.mode in ('RGBA', 'LA', 'PA'):
                image = image.convert('RGBA')
                image = Image.alpha_composite(Image.new('RGBA', image.size, 'white'), image)
            return np.asarray(image.convert('RGB'))
    except OSError as error:
        raise ValueError(f'picture {path!r}: {error.strerror or "is no picture"}') from None
    except (ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise ValueError(f'picture {path!r}: {error}') from None


def fit(picture, height, width):
    """The largest middle part of that shape, scaled: uint8 [height, width, 3]."""
    from PIL import Image
    tall, wide = picture.shape[:2]
    scale = min(wide / width, tall / height)
    cut_width, cut_height = max(1, round(width * scale)), max(1, round(height * scale))
    left, top = (wide - cut_width) // 2, (tall - cut_height) // 2
    cut = picture[top:top + cut_height, left:left + cut_width]
    # Area averages when it gets smaller, linear interpolation when it gets larger.
    return np.asarray(Image.fromarray(cut).resize((width, height), Image.BILINEAR))


def cut_tiles(picture, edge):
    """uint8 [rows, columns, edge, edge, 3]; the last row and column repeat the picture's edge."""
    height, width = picture.shape[:2]
    rows, columns = -(-height // edge), -(-width // edge)
    padded = np.pad(picture, ((0, rows * edge - height), (0, columns * edge - width), (0, 0)),
                    mode='edge')
    return padded.reshape(rows, edge, columns, edge, 3).swapaxes(1, 2)


def tile_pdus(picture, edge, name, task, first_frame_id):
    """(dictionary, vector) of each tile, row by row, with the keys of image_source."""
    tiles = cut_tiles(picture, edge)
    rows, columns = tiles.shape[:2]
    for place in range(rows * columns):
        row, column = divmod(place, columns)
        payload = bytes_vector(tiles[row, column])
        yield dictionary(
            frame_id=first_frame_id + place, task=task, modality='image', shape=(edge, edge, 3),
            picture=name, picture_size=picture.shape[:2], tile=(row, column),
            tiles=(rows, columns), reference=payload, t_source=time.monotonic()), payload
