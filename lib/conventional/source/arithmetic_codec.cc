// SPDX-License-Identifier: GPL-3.0-or-later
#include "text_model.h"

namespace udeepsc_conventional {

namespace {

/*
 * The coder of I. H. Witten, R. M. Neal and J. G. Cleary, "Arithmetic Coding for Data
 * Compression", Commun. ACM 30(6), 1987, with 32 bits.
 */
constexpr std::uint64_t TOP = (std::uint64_t { 1 } << 32) - 1;
constexpr std::uint64_t HALF = std::uint64_t { 1 } << 31;
constexpr std::uint64_t QUARTER = HALF / 2;

struct Interval {
    std::uint64_t low = 0, high = TOP;

    void narrow(std::uint64_t from, std::uint64_t to)
    {
        const std::uint64_t range = high - low + 1;
        high = low + range * to / TextModel::TOTAL - 1;
        low = low + range * from / TextModel::TOTAL;
    }
    void shift(std::uint64_t off)
    {
        low = 2 * (low - off);
        high = 2 * (high - off) + 1;
    }
    bool in_the_middle() const { return low >= QUARTER && high < HALF + QUARTER; }
};

class Encoder {
public:
    void encode(std::uint64_t from, std::uint64_t to)
    {
        d_interval.narrow(from, to);
        for (;;) {
            if (d_interval.high < HALF) {
                put(0);
                d_interval.shift(0);
            } else if (d_interval.low >= HALF) {
                put(1);
                d_interval.shift(HALF);
            } else if (d_interval.in_the_middle()) {
                ++d_pending;
                d_interval.shift(QUARTER);
            } else {
                return;
            }
        }
    }

    Bits finish()
    {
        ++d_pending; // two bits more say which quarter it is
        put(d_interval.low >= QUARTER);
        return std::move(d_bits);
    }

private:
    void put(std::uint8_t bit)
    {
        d_bits.push_back(bit);
        d_bits.insert(d_bits.end(), d_pending, bit ^ 1);
        d_pending = 0;
    }

    Interval d_interval;
    std::size_t d_pending = 0;
    Bits d_bits;
};

class Decoder {
public:
    explicit Decoder(const Bits& bits)
        : d_bits(bits)
    {
        for (int i = 0; i < 32; ++i)
            d_value = d_value << 1 | next();
    }

    //! All bits were needed for the symbols so far.
    bool at_end() const { return d_read >= d_bits.size() + 32; }

    std::size_t decode(const std::array<std::uint32_t, SYMBOLS>& frequency)
    {
        const std::uint64_t range = d_interval.high - d_interval.low + 1;
        const std::uint64_t place
            = ((d_value - d_interval.low + 1) * TextModel::TOTAL - 1) / range;
        std::uint64_t from = 0;
        std::size_t symbol = 0;
        while (symbol + 1 < SYMBOLS && from + frequency[symbol] <= place)
            from += frequency[symbol++];
        d_interval.narrow(from, from + frequency[symbol]);
        for (;;) {
            std::uint64_t off = 0;
            if (d_interval.low >= HALF)
                off = HALF;
            else if (d_interval.high >= HALF && d_interval.in_the_middle())
                off = QUARTER;
            else if (d_interval.high >= HALF)
                return symbol;
            d_interval.shift(off);
            d_value = 2 * (d_value - off) + next();
        }
    }

private:
    std::uint64_t next()
    {
        const std::size_t at = d_read++;
        return at < d_bits.size() ? d_bits[at] & 1u : 0u;
    }

    const Bits& d_bits;
    Interval d_interval;
    std::uint64_t d_value = 0;
    std::size_t d_read = 0;
};

class ArithmeticCodec : public TextCodec {
public:
    ArithmeticCodec(const std::vector<std::string>& training, int order)
        : d_model(training, order)
    { }

    std::string name() const override { return "arithmetic"; }
    bool resynchronizes() const override { return false; }

    Bits encode(const std::string& text) const override
    {
        require_text(text);
        Encoder encoder;
        std::string before;
        for (std::size_t i = 0; i <= text.size(); ++i) {
            const std::size_t symbol
                = i < text.size() ? static_cast<unsigned char>(text[i]) : END_OF_TEXT;
            const auto frequency = d_model.frequencies(before);
            std::uint64_t from = 0;
            for (std::size_t s = 0; s < symbol; ++s)
                from += frequency[s];
            encoder.encode(from, from + frequency[symbol]);
            before.push_back(static_cast<char>(symbol));
        }
        return encoder.finish();
    }

    std::string decode(const Bits& bits, std::size_t most_bytes) const override
    {
        Decoder decoder(bits);
        std::string text;
        while (text.size() < most_bytes && !decoder.at_end()) {
            const std::size_t symbol = decoder.decode(d_model.frequencies(text));
            if (symbol == END_OF_TEXT)
                break;
            text.push_back(static_cast<char>(symbol));
        }
        return text;
    }

private:
    TextModel d_model;
};

} // namespace

std::unique_ptr<TextCodec> make_arithmetic_codec(const std::vector<std::string>& training,
                                                 int order)
{
    return std::make_unique<ArithmeticCodec>(training, order);
}

} // namespace udeepsc_conventional
