// SPDX-License-Identifier: GPL-3.0-or-later
// A picture file. Of at most 2^20 pixels: larger ones take longer than an input may.
#include "fuzz_input.h"

#include <udeepsc_core/error.h>
#include <udeepsc_core/picture.h>

using namespace udeepsc_core;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    const fuzz::InputFile file(data, size);
    try {
        const auto picture = load_picture(file.path(), 1 << 20);
        fuzz::require(picture.height > 0 && picture.width > 0, "a picture has a size");
        TileGrid grid;
        const auto tiles = cut_tiles(fit_square(picture, 32), 32, &grid);
        fuzz::require(join_tiles(tiles, grid).rgb.size() == 3 * 32 * 32,
                      "tiles give the picture");
    } catch (const Error&) { }
    return 0;
}
