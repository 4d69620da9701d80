# SPDX-License-Identifier: GPL-3.0-or-later
"""Pictures that labs 5, 7 and 8 send, tile by tile, with the model outside a flowgraph."""

import functools

import numpy as np
from gnuradio import udeepsc
from skimage import data

TASK, MODALITY = 'image_reconstruction', 'image'
TILE = 32  # pixels


def astronaut(count):
    """Tiles all over the picture, whatever their number."""
    picture = data.astronaut()
    side = picture.shape[0] // TILE
    places = np.linspace(0, side * side - 1, count).astype(int)
    return [np.ascontiguousarray(picture[TILE * (p // side):][:TILE, TILE * (p % side):][:, :TILE])
            for p in places]


def photographs(shrink, most):
    """Tiles of four photographs that are `shrink` times smaller both ways than they came, no
    more than `most`, from all over them."""
    side, tiles = TILE * shrink, []
    for picture in (data.astronaut(), data.chelsea(), data.coffee(), data.rocket()):
        for row in range(0, picture.shape[0] - side + 1, side):
            for column in range(0, picture.shape[1] - side + 1, side):
                square = picture[row:row + side, column:column + side]
                small = square.reshape(TILE, shrink, TILE, shrink, 3).mean((1, 3))
                tiles.append(small.astype(np.uint8))
    return [tiles[i] for i in np.linspace(0, len(tiles) - 1, min(most, len(tiles))).astype(int)]


class Picture:
    """Tiles of a picture, encoded once; each symbol is one codeword."""

    def __init__(self, tiles):
        """tiles: [32, 32, 3] each, or how many of the astronaut's"""
        self.model = udeepsc.transceiver('lite')
        self.tiles = astronaut(tiles) if isinstance(tiles, int) else tiles
        self.features = [self.model.encode(TASK, MODALITY, tile) for tile in self.tiles]

    @functools.lru_cache(maxsize=None)
    def indices(self, snr_db):
        """Of each tile, [512], as a transmitter sends it that knows its channel."""
        chosen = [self.model.select(TASK, MODALITY, f, snr_db)[0] for f in self.features]
        return [np.array(self.model.quantize(TASK, MODALITY, c)) for c in chosen]

    @functools.lru_cache(maxsize=None)
    def sent(self, snr_db):
        """Symbols of each tile."""
        return [np.array(self.model.modulate(TASK, MODALITY, i)) for i in self.indices(snr_db)]

    def points(self):
        """Symbol of each index as transmitted, [256] complex."""
        twice = np.tile(np.arange(256, dtype=np.uint16), 2)  # a whole tile
        return np.array(self.model.modulate(TASK, MODALITY, twice))[:256]

    def codewords(self):
        """Codeword of each index, [256, 2]."""
        return self.looked_up(np.tile(self.points(), 2), 1e-9, 'hard').reshape(-1, 2)[:256]

    def looked_up(self, symbols, noise_var, mode):
        return self.model.lookup(TASK, MODALITY, list(symbols), [noise_var], mode)

    def psnr(self, number, features, noise_var):
        got = self.model.decode(TASK, [features], noise_var)['picture'].astype(float)
        error = np.mean((got - self.tiles[number])**2)
        return 10 * np.log10(255**2 / max(error, 1e-9))
