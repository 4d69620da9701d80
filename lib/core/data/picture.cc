// SPDX-License-Identifier: GPL-3.0-or-later
#include <udeepsc_core/picture.h>

#include "jpeg_check.h"
#include "pnm.h"

#include <udeepsc_core/error.h>
#include <udeepsc_core/file_io.h>

#include <cstddef>
#include <cstdint>
#include <cstdlib>

namespace {

// What stb_image may ask for on this thread: a PNG's data unpack to whatever they like,
// and the decoder's buffer would grow with them.
struct BufferLimit {
    std::size_t largest = SIZE_MAX; // bytes in one piece
    bool exceeded = false;
};
thread_local BufferLimit s_limit;

void* bounded_realloc(void* buffer, std::size_t bytes)
{
    if (bytes > s_limit.largest) {
        s_limit.exceeded = true;
        return nullptr;
    }
    // What a damaged file lacks, such as a table of a JPEG, must not be what lay here
    // before.
    return buffer ? std::realloc(buffer, bytes) : std::calloc(bytes, 1);
}

} // namespace

#define STBI_MALLOC(bytes) bounded_realloc(nullptr, bytes)
#define STBI_REALLOC(buffer, bytes) bounded_realloc(buffer, bytes)
#define STBI_FREE(buffer) std::free(buffer)

// Only the formats we name, and private to this file: another library in the process may
// bring its own copy of stb_image.
#define STBI_ONLY_PNG
#define STBI_ONLY_JPEG
#define STBI_ONLY_BMP
#define STBI_ONLY_GIF
#define STBI_NO_STDIO
#define STB_IMAGE_STATIC
#define STB_IMAGE_IMPLEMENTATION
#define STBI_WRITE_NO_STDIO
#define STB_IMAGE_WRITE_STATIC
#define STB_IMAGE_WRITE_IMPLEMENTATION
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wunused-function"
#pragma GCC diagnostic ignored "-Wunused-but-set-variable"
#pragma GCC diagnostic ignored "-Wmissing-field-initializers"
#pragma GCC diagnostic ignored "-Wsign-compare"
#pragma GCC diagnostic ignored "-Wshadow"
#include <stb_image.h>
#include <stb_image_write.h>
#pragma GCC diagnostic pop

#include <algorithm>
#include <climits>
#include <cstring>
#include <memory>

namespace udeepsc_core {

namespace {

constexpr int CHANNELS = 3;

std::string size_text(int height, int width)
{
    return std::to_string(height) + " x " + std::to_string(width);
}

std::size_t bytes_of(int height, int width)
{
    return static_cast<std::size_t>(height) * static_cast<std::size_t>(width) * CHANNELS;
}

void require_well_formed(const std::string& doing, const Picture& picture)
{
    if (picture.height < 1 || picture.width < 1) {
        throw Error(doing + ": found a picture of "
                    + size_text(picture.height, picture.width)
                    + " pixels, expected at least 1 x 1");
    }
    const std::size_t expected = bytes_of(picture.height, picture.width);
    if (picture.rgb.size() != expected) {
        throw Error(doing + ": found " + std::to_string(picture.rgb.size())
                    + " bytes, expected " + std::to_string(expected) + " for "
                    + size_text(picture.height, picture.width) + " pixels");
    }
}

void require_tile(int tile)
{
    if (tile < 1 || tile > 1 << 14) {
        throw Error("tiles: edge: found " + std::to_string(tile)
                    + ", expected 1 to 16384 pixels");
    }
}

int tiles_along(int extent, int tile)
{
    return (extent - 1) / tile + 1;
}

const std::uint8_t* pixel(const Picture& picture, int row, int col)
{
    return picture.rgb.data() + bytes_of(row, picture.width) + bytes_of(1, col);
}

//! What decoding may need for one buffer: 16 bits for each of 4 channels and a byte for
//! each line, and twice that where the buffer grows by doubling. The margin is for the
//! whole blocks of a JPEG and the decoder's tables; the file is buffered likewise.
class BufferBound {
public:
    BufferBound(int height, int width, std::size_t file_bytes)
    {
        const auto rows = static_cast<std::size_t>(height) + 64;
        const auto cols = static_cast<std::size_t>(width) + 64;
        s_limit = { std::max(16 * rows * cols, 2 * file_bytes + (1 << 16)), false };
    }
    ~BufferBound() { s_limit = {}; }
    BufferBound(const BufferBound&) = delete;
    BufferBound& operator=(const BufferBound&) = delete;
};

//! Not every fault has one: then it is none, or what stb_image says when it has looked
//! whether this is a PNG.
std::string failure_reason()
{
    const char* reason = stbi_failure_reason();
    return reason && std::strcmp(reason, "bad png sig") != 0
        ? reason
        : "it ends early or contradicts itself";
}

std::uint8_t on_white(int value, int alpha)
{
    return static_cast<std::uint8_t>((value * alpha + 255 * (255 - alpha) + 127) / 255);
}

} // namespace

Picture load_picture(const std::string& path, std::size_t max_pixels)
{
    const std::string where = "loading picture '" + path + "': ";
    const auto file = read_file(path, INT_MAX); // stb_image counts bytes in an int
    const auto bytes = static_cast<int>(file.size());
    if (is_pnm(file)) {
        return decode_pnm(where, file, max_pixels);
    }
    require_sound_jpeg(where, file);

    int width = 0;
    int height = 0;
    int channels = 0;
    if (!stbi_info_from_memory(file.data(), bytes, &width, &height, &channels)) {
        throw Error(where + "found no readable picture (" + failure_reason()
                    + "), expected PNG, JPEG, BMP, GIF or PNM");
    }
    if (height < 1 || width < 1) {
        throw Error(where + "found " + size_text(height, width)
                    + " pixels, expected at least 1 x 1");
    }
    if (static_cast<std::size_t>(height) > max_pixels / static_cast<std::size_t>(width)) {
        throw Error(where + "found " + size_text(height, width)
                    + " pixels, expected at most " + std::to_string(max_pixels)
                    + " in all");
    }

    const int decoded_channels = channels == 2 || channels == 4 ? 4 : CHANNELS;
    struct Free {
        void operator()(stbi_uc* pixels) const { stbi_image_free(pixels); }
    };
    const BufferBound bound(height, width, file.size());
    stbi__g_failure_reason = nullptr;
    const std::unique_ptr<stbi_uc, Free> pixels(stbi_load_from_memory(
        file.data(), bytes, &width, &height, &channels, decoded_channels));
    if (!pixels) {
        throw Error(where + "found a damaged picture: "
                    + (s_limit.exceeded ? "its data unpack to more than "
                               + size_text(height, width) + " pixels need"
                                        : failure_reason()));
    }

    Picture picture { height, width, {} };
    picture.rgb.resize(bytes_of(height, width));
    if (decoded_channels == CHANNELS) {
        std::memcpy(picture.rgb.data(), pixels.get(), picture.rgb.size());
        return picture;
    }
    const stbi_uc* from = pixels.get();
    for (std::size_t to = 0; to < picture.rgb.size(); to += CHANNELS, from += 4) {
        for (std::size_t c = 0; c < CHANNELS; ++c) {
            picture.rgb[to + c] = on_white(from[c], from[3]);
        }
    }
    return picture;
}

void save_png(const std::string& path, const Picture& picture)
{
    const std::string where = "saving picture '" + path + "'";
    require_well_formed(where, picture);
    if (picture.rgb.size() > INT_MAX / 2) {
        throw Error(where + ": found " + size_text(picture.height, picture.width)
                    + " pixels, expected less than 1 GiB of data");
    }
    struct Free {
        void operator()(unsigned char* png) const { STBIW_FREE(png); }
    };
    int length = 0;
    const std::unique_ptr<unsigned char, Free> png(
        stbi_write_png_to_mem(picture.rgb.data(),
                              picture.width * CHANNELS,
                              picture.width,
                              picture.height,
                              CHANNELS,
                              &length));
    if (!png) {
        throw Error(where + ": the PNG encoder ran out of memory");
    }
    AtomicFile file(path);
    file.write(png.get(), static_cast<std::size_t>(length));
    file.commit();
}

std::vector<Picture> cut_tiles(const Picture& picture, int tile, TileGrid* grid)
{
    require_well_formed("cutting tiles", picture);
    require_tile(tile);
    const int rows = tiles_along(picture.height, tile);
    const int cols = tiles_along(picture.width, tile);
    if (grid) {
        *grid = { rows, cols, tile, picture.height, picture.width };
    }

    std::vector<Picture> tiles;
    tiles.reserve(static_cast<std::size_t>(rows) * static_cast<std::size_t>(cols));
    for (int r = 0; r < rows; ++r) {
        for (int c = 0; c < cols; ++c) {
            Picture cut { tile, tile, {} };
            cut.rgb.reserve(bytes_of(tile, tile));
            for (int y = 0; y < tile; ++y) {
                const int row = std::min(r * tile + y, picture.height - 1);
                for (int x = 0; x < tile; ++x) {
                    const int col = std::min(c * tile + x, picture.width - 1);
                    const std::uint8_t* from = pixel(picture, row, col);
                    cut.rgb.insert(cut.rgb.end(), from, from + CHANNELS);
                }
            }
            tiles.push_back(std::move(cut));
        }
    }
    return tiles;
}

Picture join_tiles(const std::vector<Picture>& tiles, const TileGrid& grid)
{
    const std::string doing = "joining tiles";
    require_tile(grid.tile);
    if (grid.height < 1 || grid.width < 1
        || grid.rows != tiles_along(grid.height, grid.tile)
        || grid.cols != tiles_along(grid.width, grid.tile)) {
        throw Error(doing + ": found a grid of " + size_text(grid.rows, grid.cols)
                    + " tiles, which does not fit " + size_text(grid.height, grid.width)
                    + " pixels");
    }
    const auto cols = static_cast<std::size_t>(grid.cols);
    const std::size_t expected = static_cast<std::size_t>(grid.rows) * cols;
    if (tiles.size() != expected) {
        throw Error(doing + ": found " + std::to_string(tiles.size())
                    + " tiles, expected " + std::to_string(expected));
    }
    for (std::size_t i = 0; i < tiles.size(); ++i) {
        require_well_formed(doing, tiles[i]);
        if (tiles[i].height != grid.tile || tiles[i].width != grid.tile) {
            throw Error(doing + ": tile " + std::to_string(i) + ": found "
                        + size_text(tiles[i].height, tiles[i].width)
                        + " pixels, expected " + size_text(grid.tile, grid.tile));
        }
    }

    Picture picture { grid.height, grid.width, {} };
    picture.rgb.reserve(bytes_of(grid.height, grid.width));
    for (int row = 0; row < grid.height; ++row) {
        for (int c = 0; c < grid.cols; ++c) {
            const auto index = static_cast<std::size_t>(row / grid.tile) * cols
                + static_cast<std::size_t>(c);
            const int kept = std::min(grid.tile, grid.width - c * grid.tile);
            const std::uint8_t* from = pixel(tiles[index], row % grid.tile, 0);
            picture.rgb.insert(picture.rgb.end(), from, from + bytes_of(1, kept));
        }
    }
    return picture;
}

} // namespace udeepsc_core
