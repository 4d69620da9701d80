// SPDX-License-Identifier: GPL-3.0-or-later
// Bits as a channel may leave them, through the conventional receivers' source decoders.
#include "fuzz_input.h"

#include <udeepsc_conventional/picture_codec.h>
#include <udeepsc_conventional/text_codec.h>

using namespace udeepsc_conventional;

namespace {

std::unique_ptr<TextCodec> text_codec(unsigned number)
{
    const std::vector<std::string> training
        = { "it 's a film that moves .", "what a wonderful picture !" };
    const char* const names[] = { "utf8", "huffman", "arithmetic" };
    return make_text_codec(names[number], training, 3);
}

Bits bits_of(const std::string& bytes)
{
    Bits bits;
    for (const unsigned char byte : bytes)
        for (int bit = 7; bit >= 0; --bit)
            bits.push_back(byte >> bit & 1);
    return bits;
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    static const std::unique_ptr<PictureCodec> s_pictures[]
        = { make_picture_codec("jpeg"),
            make_picture_codec("jpeg2000"),
            make_picture_codec("hevc"),
            make_picture_codec("h264") };
    static const std::unique_ptr<TextCodec> s_texts[]
        = { text_codec(0), text_codec(1), text_codec(2) };
    fuzz::Input input(data, size);
    const unsigned codec = input.choice(7);
    if (codec >= 4) {
        const auto text = s_texts[codec - 4]->decode(bits_of(input.rest()));
        fuzz::require(text.size() <= 4096, "a text has no more bytes than asked for");
        return 0;
    }
    const int height = 1 + input.number<std::uint8_t>();
    const int width = 1 + input.number<std::uint8_t>();
    const auto bytes = input.rest();
    const auto picture
        = s_pictures[codec]->decode({ bytes.begin(), bytes.end() }, height, width);
    fuzz::require(picture.rgb.size() == std::size_t(3) * height * width,
                  "a picture has the size that was asked for");
    return 0;
}
