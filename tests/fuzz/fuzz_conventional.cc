// SPDX-License-Identifier: GPL-3.0-or-later
// Bits as a channel may leave them, through the conventional receivers' source decoders.
#include "fuzz_input.h"

#include <udeepsc_conventional/picture_codec.h>
#include <udeepsc_conventional/text_codec.h>

using namespace udeepsc_conventional;

namespace {

// Below a block of a coder, one, several, and not whole ones; few, since each coder makes
// headers for each.
constexpr int SIDES[] = { 1, 7, 8, 16, 17, 32, 65, 96 };

constexpr unsigned PICTURE_CODERS = 4;

struct Pictures {
    explicit Pictures(const char* name)
        : codec(make_picture_codec(name))
    {
        for (const std::size_t budget : { 20, 120, 500 })
            streams.push_back(codec->encode(sample(), budget));
    }

    //! Colours that change, so that every coder has coefficients to write.
    static RgbPicture sample()
    {
        RgbPicture picture { SIDE, SIDE, {} };
        for (int y = 0; y < SIDE; ++y)
            for (int x = 0; x < SIDE; ++x)
                for (int c = 0; c < 3; ++c)
                    picture.rgb.push_back(
                        static_cast<std::uint8_t>(7 * x + (y * y >> c) * (x & 3)));
        return picture;
    }

    static constexpr int SIDE = 32;
    std::unique_ptr<PictureCodec> codec;
    std::vector<Bytes> streams; //!< sound ones of sample()
};

const Pictures& pictures(unsigned number)
{
    static const Pictures s_pictures[PICTURE_CODERS] {
        Pictures("jpeg"), Pictures("jpeg2000"), Pictures("hevc"), Pictures("h264")
    };
    return s_pictures[number];
}

const TextCodec& texts(unsigned number)
{
    static const std::vector<std::string> s_training
        = { "it 's a film that moves .", "what a wonderful picture !" };
    static const std::unique_ptr<TextCodec> s_texts[]
        = { make_text_codec("utf8", s_training, 3),
            make_text_codec("huffman", s_training, 3),
            make_text_codec("arithmetic", s_training, 3) };
    return *s_texts[number];
}

Bits bits_of(const std::string& bytes)
{
    Bits bits;
    for (const unsigned char byte : bytes)
        for (int bit = 7; bit >= 0; --bit)
            bits.push_back(byte >> bit & 1);
    return bits;
}

void decode(const PictureCodec& codec, const Bytes& stream, int height, int width)
{
    const auto picture = codec.decode(stream, height, width);
    fuzz::require(picture.height == height && picture.width == width
                      && picture.rgb.size() == std::size_t(3) * height * width,
                  "a picture has the size that was asked for");
}

//! A sound stream with other bytes at some places, cut or longer.
Bytes damaged(Bytes stream, fuzz::Input& input)
{
    const std::size_t size = input.number<std::uint16_t>();
    if (input.choice(4) == 0)
        stream.resize(size % 600);
    while (input.left() > 0 && !stream.empty()) {
        const std::size_t at = input.number<std::uint16_t>() % stream.size();
        stream[at] = input.byte();
    }
    return stream;
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    // A picture coder for each of 0 to 3 and, with a sound stream, 4 to 7; the texts.
    fuzz::Input input(data, size);
    const unsigned kind = input.choice(2 * PICTURE_CODERS + 3);
    if (kind >= 2 * PICTURE_CODERS) {
        const auto text = texts(kind - 2 * PICTURE_CODERS).decode(bits_of(input.rest()));
        fuzz::require(text.size() <= 4096, "a text has no more bytes than asked for");
        return 0;
    }
    const auto& of = pictures(kind % PICTURE_CODERS);
    if (kind < PICTURE_CODERS) {
        const int height = SIDES[input.choice(std::size(SIDES))];
        const int width = SIDES[input.choice(std::size(SIDES))];
        const auto bytes = input.rest();
        decode(*of.codec, { bytes.begin(), bytes.end() }, height, width);
    } else {
        const auto& stream
            = of.streams[input.choice(static_cast<unsigned>(of.streams.size()))];
        decode(*of.codec, damaged(stream, input), Pictures::SIDE, Pictures::SIDE);
    }
    return 0;
}
