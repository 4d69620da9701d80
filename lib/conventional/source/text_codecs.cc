// SPDX-License-Identifier: GPL-3.0-or-later
#include "text_codecs.h"

#include <algorithm>
#include <stdexcept>

namespace udeepsc_conventional {

namespace {

/*! 8 bits a character; zeros behind them, or the last bit, end it. */
class Utf8Codec : public TextCodec {
public:
    std::string name() const override { return "utf8"; }
    bool resynchronizes() const override { return true; }

    Bits encode(const std::string& text) const override
    {
        require_text(text);
        Bits bits;
        for (const char c : text)
            for (int b = 7; b >= 0; --b)
                bits.push_back((static_cast<unsigned char>(c) >> b) & 1);
        return bits;
    }

    std::string decode(const Bits& bits, std::size_t most_bytes) const override
    {
        std::string text;
        for (std::size_t i = 0; i + 8 <= bits.size() && text.size() < most_bytes;
             i += 8) {
            unsigned byte = 0;
            for (std::size_t b = 0; b < 8; ++b)
                byte = byte << 1 | (bits[i + b] & 1u);
            if (byte == END_OF_TEXT)
                break;
            text.push_back(static_cast<char>(byte));
        }
        return text;
    }
};

} // namespace

void require_text(const std::string& text)
{
    if (text.find('\0') != std::string::npos)
        throw std::invalid_argument("text codec: the text holds byte 0");
}

// More words never take fewer bits by more than the end mark's: bisection is exact
// enough, and what it finds is tried.
Bits TextCodec::encode_within(const std::string& text, std::size_t most_bits) const
{
    Bits bits = encode(text);
    if (bits.size() <= most_bits)
        return bits;
    std::vector<std::size_t> ends { 0 }; // after 0, 1, 2 ... words
    for (std::size_t i = 1; i < text.size(); ++i)
        if (text[i] == ' ' && text[i - 1] != ' ')
            ends.push_back(i);
    std::size_t low = 0, high = ends.size();
    Bits best;
    while (low < high) {
        const std::size_t middle = (low + high) / 2;
        bits = encode(text.substr(0, ends[middle]));
        if (bits.size() <= most_bits) {
            best = bits;
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return best;
}

std::unique_ptr<TextCodec> make_utf8_codec()
{
    return std::make_unique<Utf8Codec>();
}

std::unique_ptr<TextCodec> make_text_codec(const std::string& name,
                                           const std::vector<std::string>& training,
                                           int order)
{
    if (name == "utf8")
        return make_utf8_codec();
    if (name != "huffman" && name != "arithmetic")
        throw std::invalid_argument("text codec \"" + name
                                    + "\", expected utf8, huffman or arithmetic");
    if (training.empty())
        throw std::invalid_argument("text codec " + name + ": no training texts");
    if (name == "huffman")
        return make_huffman_codec(training);
    if (order < 0 || order > 6)
        throw std::invalid_argument("text codec arithmetic: order "
                                    + std::to_string(order) + ", expected 0 to 6");
    return make_arithmetic_codec(training, order);
}

} // namespace udeepsc_conventional
