// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <udeepsc_core/api.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace udeepsc_core UDEEPSC_CORE_API {

//! An 8-bit colour picture.
struct Picture {
    int height = 0;
    int width = 0;
    std::vector<std::uint8_t> rgb; //!< [height, width, 3]
};

constexpr std::size_t MAX_PIXELS = std::size_t(64) << 20;

/*!
 * \brief Load a PNG, JPEG, BMP, GIF (first frame) or PNM file.
 *
 * Grey becomes RGB, transparency is laid on white, 16 bit become 8. The size is taken
 * from the header and checked before anything is decoded.
 *
 * Errors: Error for a file that is missing, no such picture, damaged or larger than
 * \p max_pixels.
 */
Picture load_picture(const std::string& path, std::size_t max_pixels = MAX_PIXELS);

//! Write atomically. Error where the picture is not well-formed or the file cannot be
//! written.
void save_png(const std::string& path, const Picture& picture);

//! The middle square of a picture, scaled to side x side pixels. Error for an empty one.
Picture fit_square(const Picture& picture, int side);

//! How cut_tiles() laid a picture of height x width out, row by row.
struct TileGrid {
    int rows = 0;
    int cols = 0;
    int tile = 0; //!< edge, pixels
    int height = 0;
    int width = 0;
};

/*!
 * \brief Cut into square tiles; the last row and column repeat the picture's edge.
 *
 * \param tile edge in pixels, at least 1
 * \param grid what join_tiles() needs; may be null
 */
std::vector<Picture>
cut_tiles(const Picture& picture, int tile = 32, TileGrid* grid = nullptr);

//! Undo cut_tiles(). Error where the tiles do not fit the grid.
Picture join_tiles(const std::vector<Picture>& tiles, const TileGrid& grid);

} // namespace udeepsc_core
