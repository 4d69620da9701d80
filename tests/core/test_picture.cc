// SPDX-License-Identifier: GPL-3.0-or-later
#include "temp_dir.h"

#include <udeepsc_core/error.h>
#include <udeepsc_core/picture.h>

#include <gtest/gtest.h>

#include <sys/resource.h>

#include <random>

using namespace udeepsc_core;

namespace {

std::string be32(std::uint32_t value)
{
    std::string bytes;
    for (int shift = 24; shift >= 0; shift -= 8) {
        bytes += static_cast<char>(value >> shift);
    }
    return bytes;
}

//! A PNG around a zlib stream. Check sums are left 0: the decoder ignores them.
std::string png_around(std::uint32_t width,
                       std::uint32_t height,
                       int bits,
                       int colour_type,
                       const std::string& zlib)
{
    const auto chunk = [](const std::string& type, const std::string& data) {
        return be32(static_cast<std::uint32_t>(data.size())) + type + data + be32(0);
    };
    const std::string kind {
        static_cast<char>(bits), static_cast<char>(colour_type), 0, 0, 0
    };
    return "\x89PNG\r\n\x1a\n" + chunk("IHDR", be32(width) + be32(height) + kind)
        + chunk("IDAT", zlib) + chunk("IEND", "");
}

//! A PNG of raw scan lines, uncompressed.
std::string png(std::uint32_t width,
                std::uint32_t height,
                int bits,
                int colour_type,
                const std::string& scan_lines)
{
    const auto length = static_cast<std::uint32_t>(scan_lines.size());
    std::string stored = "\x78\x01\x01";
    for (const std::uint32_t half : { length, ~length }) {
        stored += static_cast<char>(half);
        stored += static_cast<char>(half >> 8);
    }
    return png_around(width, height, bits, colour_type, stored + scan_lines + be32(0));
}

//! A zlib stream of 1 + 258 * runs zeros, in 13 bits for each run.
std::string zlib_of_zeros(int runs)
{
    std::string stream = "\x78\x01";
    int filled = 8;
    const auto put = [&](const std::string& bits) {
        for (const char bit : bits) {
            if (filled == 8) {
                stream += '\0';
                filled = 0;
            }
            stream.back() |= static_cast<char>((bit == '1') << filled++);
        }
    };
    put("110" // the last block, with the fixed codes
        "00110000"); // the byte 0
    for (int i = 0; i < runs; ++i) {
        put("11000101" // 258 bytes,
            "00000"); // each the one before it
    }
    put("0000000"); // the end
    return stream + be32(0);
}

long peak_megabytes()
{
    struct rusage usage { };
    getrusage(RUSAGE_SELF, &usage);
    return usage.ru_maxrss / 1024;
}

using Bytes = std::vector<std::uint8_t>;

Picture noise(int height, int width)
{
    std::mt19937 random(static_cast<unsigned>(height * 1000 + width));
    Picture picture { height,
                      width,
                      Bytes(static_cast<std::size_t>(height * width * 3)) };
    for (auto& sample : picture.rgb) {
        sample = static_cast<std::uint8_t>(random());
    }
    return picture;
}

} // namespace

TEST(Picture, RefusesWhatIsNone)
{
    TempDir dir;
    const auto error = [&](const std::string& bytes) {
        const std::string path = dir.write("a.png", bytes);
        const std::string text = error_of([&] { load_picture(path); });
        EXPECT_SAYS(text, path);
        return text;
    };
    EXPECT_SAYS(error_of([&] { load_picture(dir.file("none.png")); }), "No such file");
    EXPECT_SAYS(error_of([&] { load_picture(dir.path()); }), "directory");
    EXPECT_SAYS(error(""), "no readable picture");
    EXPECT_SAYS(error("just some text"), "no readable picture");
    EXPECT_SAYS(error("P6\n0 0\n255\n"), "loading picture");
    EXPECT_SAYS(error(png(0, 0, 8, 2, "")), "loading picture");
    EXPECT_SAYS(error(png(4, 4, 8, 2, std::string(10, '\0'))), "damaged");
}

TEST(Picture, ChecksSizeBeforeDecoding)
{
    TempDir dir;
    // 64 Mpixel and a column more by its header, 100 bytes by its size.
    const std::string path = dir.write("bomb.png", png(8193, 8192, 8, 2, ""));
    EXPECT_SAYS(error_of([&] { load_picture(path); }), "expected at most 67108864");
    const std::string small = dir.write("small.pnm", "P5\n2 2\n255\nabcd");
    EXPECT_SAYS(error_of([&] { load_picture(small, 3); }), "2 x 2 pixels");
    EXPECT_EQ(load_picture(small, 4).width, 2);
}

TEST(Picture, StopsWhereDataUnpackToMoreThanThePicture)
{
    TempDir dir;
    const auto load = [&](const std::string& bytes) {
        return load_picture(dir.write("packed.png", bytes));
    };
    // 32 lines of a filter and 32 pixels are 3104 bytes.
    EXPECT_EQ(load(png_around(32, 32, 8, 2, zlib_of_zeros(13))).rgb,
              Bytes(32 * 32 * 3, 0));
    const std::string bomb = png_around(32, 32, 8, 2, zlib_of_zeros(1000000));
    ASSERT_LT(bomb.size(), 2000000u);
    const long before = peak_megabytes();
    EXPECT_SAYS(error_of([&] { load(bomb); }), "more than 32 x 32 pixels need");
    EXPECT_LT(peak_megabytes() - before, 50); // of 258 unpacked
}

TEST(Picture, RefusesHuffmanTablesOfMoreThan255Codes)
{
    TempDir dir;
    const auto error = [&](const std::string& bytes) {
        const auto path = dir.write("a.jpg", bytes);
        return error_of([&] { load_picture(path); });
    };
    const std::string start = "\xff\xd8", end = "\xff\xd9", zero(1, '\0');
    // As many codes of 16 bits as their count can say, and two of 15.
    const std::string sizes = zero + std::string(14, '\0') + "\x02\xff";
    const std::string table = "\xff\xc4\x01\x14" + sizes + std::string(257, '\x01');
    const std::string said = "a Huffman table of 257 codes, expected at most 255";
    EXPECT_SAYS(error(start + table + end), said);
    EXPECT_SAYS(error(start + "\xff\xfe" + zero + "\x04xx" + table), said);
    const std::string full = zero + std::string(8, '\0') + std::string("\x80\x80", 2)
        + std::string(6, '\0') + std::string(256, '\x01');
    EXPECT_SAYS(error(start + "\xff\xc4\x01\x13" + full),
                "of 256 codes, expected at most 255");
    EXPECT_SAYS(error(start + "\xff\xc4" + zero + "\x16" + zero + "\x03"
                      + std::string(15, '\0') + "abc"),
                "more codes than their lengths allow");
    // Behind coded data, with a restart marker in them; longer than its segment; cut off.
    EXPECT_SAYS(
        error(start + "\xff\xda" + zero + "\x02" + "ab\xff" + zero + "\xff\xd0z" + table),
        said);
    EXPECT_SAYS(error(start + "\xff\xc4" + zero + "\x03" + sizes), said);
    // In a comment, or behind the picture's end, it is none.
    const std::string none = "no readable picture";
    EXPECT_SAYS(error(start + "\xff\xfe\x01\x20" + table), none);
    EXPECT_SAYS(error(start + end + table), none);
}

TEST(Picture, SaysDamagedWhereTheDecoderSaysNothing)
{
    TempDir dir;
    // Quantisers that are longer than their segment says.
    const std::string zero(1, '\0'),
        start = "\xff\xd8\xff\xc0" + zero + "\x0b\x08" + zero + "\x01" + zero
        + "\x01\x01\x01\x11" + zero;
    const auto path = dir.write("a.jpg", start + "\xff\xdb" + zero + "\x03" + zero);
    try { // some versions of stb_image take it for a picture, of its header's size
        EXPECT_EQ(load_picture(path).rgb.size(), 3u);
    } catch (const Error& error) {
        EXPECT_SAYS(std::string(error.what()),
                    "found a damaged picture: it ends early or contradicts itself");
    }
}

TEST(Picture, LoadsPnmOfAnyMaximalValue)
{
    TempDir dir;
    const auto load = [&](const std::string& bytes) {
        return load_picture(dir.write("a.pnm", bytes)).rgb;
    };
    const auto error
        = [&](const std::string& bytes) { return error_of([&] { load(bytes); }); };
    // High byte first.
    EXPECT_EQ(load("P5\n2 1\n65535\n" + std::string("\xff\xff\x80\x00", 4)),
              (Bytes { 255, 255, 255, 128, 128, 128 }));
    EXPECT_EQ(load("P6 1\t1 # width, height\n15\r\x0f\x03\x10"),
              (Bytes { 255, 51, 255 }));
    EXPECT_SAYS(error("P5\n2 2\n255\nabc"), "3 bytes of pixels, expected 4");
    EXPECT_SAYS(error("P5\n2 2\n256\nabcdefg"), "7 bytes of pixels, expected 8");
    EXPECT_SAYS(error("P5\n2 x\n255\nabcd"), "no number as height");
    EXPECT_SAYS(error("P5\n2 2\n65536\nabcd"),
                "65536 as maximal value, expected 1 to 65535");
    EXPECT_SAYS(error("P6\n99999999999 99999999999\n255\n"), "99999999999 as width");
    EXPECT_SAYS(error("P6\n9999999 9999999\n255\n"), "expected at most 67108864 in all");
    EXPECT_SAYS(error("P5\n1 1\n255"), "no space behind its header");
}

TEST(Picture, LoadsEveryPixelFormatAsRgb)
{
    TempDir dir;
    const auto rgb = [&](const std::string& bytes) {
        return load_picture(dir.write("a", bytes)).rgb;
    };
    const std::string filter(1, '\0');
    EXPECT_EQ(rgb(png(2, 1, 8, 0, filter + std::string("\0\xc8", 2))),
              (Bytes { 0, 0, 0, 200, 200, 200 }));
    EXPECT_EQ(rgb(png(1, 1, 8, 2, filter + "\x01\x02\x03")), (Bytes { 1, 2, 3 }));
    EXPECT_EQ(rgb(png(1, 1, 16, 0, filter + "\x80\xff")), (Bytes { 128, 128, 128 }));
    // Red opaque, anything transparent, black half transparent.
    EXPECT_EQ(
        rgb(png(3, 1, 8, 6, filter + std::string("\xff\0\0\xff\1\2\3\0\0\0\0\x80", 12))),
        (Bytes { 255, 0, 0, 255, 255, 255, 127, 127, 127 }));
    EXPECT_EQ(rgb(png(1, 1, 8, 4, filter + std::string("\x64\0", 2))),
              (Bytes { 255, 255, 255 }));
    EXPECT_EQ(rgb("P6\n1 1\n255\nABC"), (Bytes { 65, 66, 67 }));
}

TEST(Picture, SavesAndLoadsTheSame)
{
    TempDir dir;
    for (const auto& [height, width] : { std::pair { 1, 1 }, { 3, 5 }, { 64, 33 } }) {
        const Picture picture = noise(height, width);
        save_png(dir.file("a.png"), picture);
        const Picture loaded = load_picture(dir.file("a.png"));
        EXPECT_EQ(loaded.height, height);
        EXPECT_EQ(loaded.width, width);
        EXPECT_EQ(loaded.rgb, picture.rgb);
    }
    EXPECT_EQ(dir.count_entries(), 1u);
}

TEST(Picture, DamageIsAnErrorOrAnotherPictureButNoCrash)
{
    TempDir dir;
    save_png(dir.file("a.png"), noise(9, 13));
    const std::string whole = dir.read("a.png");
    std::mt19937 random(5);
    for (int trial = 0; trial < 500; ++trial) {
        std::string damaged = whole.substr(0, 1 + random() % whole.size());
        for (unsigned i = random() % 4; i > 0; --i) {
            damaged[random() % damaged.size()] = static_cast<char>(random());
        }
        const std::string path = dir.write("damaged", damaged);
        try {
            load_picture(path, 10000);
        } catch (const udeepsc_core::Error&) { }
    }
}

TEST(Picture, SaveSaysWhatIsWrong)
{
    TempDir dir;
    EXPECT_SAYS(error_of([&] { save_png(dir.file("no/a.png"), noise(2, 2)); }),
                "cannot create");
    EXPECT_SAYS(error_of([&] {
                    save_png(dir.file("a.png"), { 2, 2, Bytes(11) });
                }),
                "found 11 bytes, expected 12");
    EXPECT_SAYS(error_of([&] { save_png(dir.file("a.png"), {}); }), "0 x 0");
    EXPECT_EQ(dir.count_entries(), 0u);
}

TEST(Tiles, RoundTripAtAnySize)
{
    for (const int height : { 1, 31, 32, 33, 64, 100 }) {
        for (const int width : { 1, 32, 65 }) {
            const Picture picture = noise(height, width);
            TileGrid grid;
            const auto tiles = cut_tiles(picture, 32, &grid);
            EXPECT_EQ(grid.rows, (height + 31) / 32);
            EXPECT_EQ(grid.cols, (width + 31) / 32);
            ASSERT_EQ(tiles.size(), static_cast<std::size_t>(grid.rows * grid.cols));
            const Picture joined = join_tiles(tiles, grid);
            EXPECT_EQ(joined.height, height);
            EXPECT_EQ(joined.width, width);
            EXPECT_EQ(joined.rgb, picture.rgb);
        }
    }
}

TEST(Tiles, RepeatTheEdge)
{
    const auto one = cut_tiles({ 1, 1, { 7, 8, 9 } });
    ASSERT_EQ(one.size(), 1u);
    ASSERT_EQ(one[0].rgb.size(), 32u * 32u * 3u);
    for (std::size_t i = 0; i < one[0].rgb.size(); ++i) {
        EXPECT_EQ(one[0].rgb[i], 7 + i % 3);
    }
    // 1 x 3 pixels in tiles of 2: the second tile holds the third pixel four times.
    const auto two = cut_tiles({ 1, 3, { 1, 1, 1, 2, 2, 2, 3, 3, 3 } }, 2);
    ASSERT_EQ(two.size(), 2u);
    EXPECT_EQ(two[0].rgb, (Bytes { 1, 1, 1, 2, 2, 2, 1, 1, 1, 2, 2, 2 }));
    EXPECT_EQ(two[1].rgb, Bytes(12, 3));
}

TEST(Tiles, SayWhatIsWrong)
{
    EXPECT_THROW(cut_tiles({}, 32), Error);
    EXPECT_THROW(cut_tiles(noise(2, 2), 0), Error);
    TileGrid grid;
    auto tiles = cut_tiles(noise(40, 40), 32, &grid);
    tiles.pop_back();
    EXPECT_SAYS(error_of([&] { join_tiles(tiles, grid); }), "found 3 tiles, expected 4");
    tiles.push_back(noise(31, 32));
    EXPECT_SAYS(error_of([&] { join_tiles(tiles, grid); }), "tile 3: found 31 x 32");
    grid.rows = 3;
    EXPECT_SAYS(error_of([&] { join_tiles(tiles, grid); }), "does not fit");
}
