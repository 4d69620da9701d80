// SPDX-License-Identifier: GPL-3.0-or-later
#include "jpeg2000_file.h"
#include "known_headers.h"

#include <algorithm>

namespace udeepsc_conventional {

namespace {

// More levels cost a byte a level and component, since each is a packet: where bytes are
// few, few levels are better. The first byte of a stream tells.
constexpr int MAX_LEVELS = 6;

//! Levels that a picture of this size has at all.
int most_levels(int height, int width)
{
    int levels = 0;
    while (levels < MAX_LEVELS && (std::min(height, width) >> (levels + 1)) >= 1)
        ++levels;
    return levels;
}

/*! Where the packets lie in a codestream with one tile part: between "start of data" and
 * "end of codestream". */
struct Packets {
    std::size_t tile = 0; //!< of the marker "start of tile part"
    std::size_t begin = 0, end = 0;
};

Packets find_packets(const Bytes& codestream)
{
    Packets found;
    std::size_t at = 2; // start of codestream
    while (at + 4 <= codestream.size()) {
        const std::size_t length
            = std::size_t(codestream[at + 2]) << 8 | codestream[at + 3];
        if (codestream[at + 1] == 0x90)
            found.tile = at;
        if (codestream[at + 1] == 0x93) {
            found.begin = at + 2;
            found.end = codestream.size() - 2;
            return found;
        }
        at += 2 + length;
    }
    return found;
}

//! A codestream again, from any of the same size and levels: what is known in front, its
//! length, "end of codestream".
Bytes codestream_of(Bytes file, const Bytes& stream)
{
    const auto packets = find_packets(file);
    if (packets.begin == 0)
        return {};
    file.resize(packets.begin);
    file.insert(file.end(), stream.begin() + 1, stream.end());
    const std::size_t length = file.size() - packets.tile;
    for (std::size_t i = 0; i < 4; ++i) // of the tile part, in its marker
        file[packets.tile + 6 + i] = static_cast<std::uint8_t>(length >> (24 - 8 * i));
    file.push_back(0xff);
    file.push_back(0xd9);
    return file;
}

//! As large as fits: OpenJPEG keeps to a size only roughly.
Bytes largest(const RgbPicture& picture, int levels, std::size_t budget)
{
    constexpr int TRIES = 8;
    std::size_t target = budget + 140; // headers
    for (int i = 0; i < TRIES; ++i) {
        const auto file = write_jpeg2000(picture, levels, target);
        const auto packets = find_packets(file);
        if (packets.begin == 0)
            return {};
        const std::size_t size = packets.end - packets.begin + 1;
        if (size <= budget) {
            Bytes stream { static_cast<std::uint8_t>(levels) };
            stream.insert(stream.end(),
                          file.begin() + static_cast<long>(packets.begin),
                          file.begin() + static_cast<long>(packets.end));
            return stream;
        }
        const std::size_t less = size - budget;
        if (target <= less)
            return {};
        target -= less;
    }
    return {};
}

class Jpeg2000Codec : public PictureCodec {
public:
    std::string name() const override { return "jpeg2000"; }

    Bytes encode(const RgbPicture& picture, std::size_t budget) const override
    {
        require_picture(picture);
        if (budget < 2)
            return colour_stream(picture, budget);
        BestStream best(*this, picture, budget);
        for (int levels = most_levels(picture.height, picture.width); levels >= 1;
             --levels) {
            best.offer(largest(picture, levels, budget));
        }
        return best.get();
    }

    RgbPicture decode(const Bytes& stream, int height, int width) const override
    {
        require_size(height, width);
        if (stream.empty() || stream[0] > most_levels(height, width))
            return colour_picture(stream, height, width);
        const int levels = stream[0];
        const auto grey = d_grey.get({ height, width, levels, 0 }, [&] {
            return write_jpeg2000(grey_picture(height, width), levels, 1000);
        });
        const auto decoded = read_jpeg2000(codestream_of(grey, stream));
        return decoded.height == height && decoded.width == width
            ? decoded
            : grey_picture(height, width);
    }

private:
    mutable KnownHeaders d_grey;
};

} // namespace

std::unique_ptr<PictureCodec> make_jpeg2000_codec()
{
    return std::make_unique<Jpeg2000Codec>();
}

} // namespace udeepsc_conventional
