// SPDX-License-Identifier: GPL-3.0-or-later
#include "header_codec.h"

#include "frame_layout.h"
#include "reference_symbols.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <mutex>
#include <stdexcept>
#include <string>

extern "C" {
#include <fec.h>
}

namespace udeepsc_phy {
namespace detail {

namespace {

using Bits = std::vector<std::uint8_t>; // one bit each

constexpr std::size_t INFO_BITS = 48;
constexpr std::size_t CRC_BITS = 16;
constexpr std::size_t TAIL_BITS = 6;
static_assert(2 * (INFO_BITS + CRC_BITS + TAIL_BITS) == HEADER_CODED_BITS, "");

/*
 * Coded bit i goes to position 37 i mod 140: any two of the 14 coded bits that one
 * information bit touches lie 8 symbols apart or more, so that a short disturbance meets
 * one of them.
 */
constexpr std::size_t INTERLEAVER_STEP = 37;

std::size_t interleaved_place(std::size_t coded_bit)
{
    return coded_bit * INTERLEAVER_STEP % HEADER_CODED_BITS;
}

void append(Bits& bits, unsigned value, unsigned n)
{
    for (unsigned i = n; i-- > 0;) {
        bits.push_back((value >> i) & 1);
    }
}

class BitReader {
public:
    explicit BitReader(const Bits& bits)
        : d_bits(bits)
    { }

    unsigned read(unsigned n)
    {
        unsigned value = 0;
        for (unsigned i = 0; i < n; i++) {
            value = 2 * value + d_bits[d_next++];
        }
        return value;
    }

private:
    const Bits& d_bits;
    std::size_t d_next = 0;
};

Bits pack(const PayloadHeader& header)
{
    Bits bits;
    append(bits, header.version, 2);
    append(bits, header.more, 1);
    append(bits, header.frame_id, 8);
    append(bits, header.task, 4);
    append(bits, header.modality, 2);
    append(bits, header.model, 8);
    append(bits, static_cast<unsigned>(header.modulation), 3);
    append(bits, header.vectors, 7);
    append(bits, header.symbols, 13);
    return bits;
}

PayloadHeader unpack(const Bits& bits)
{
    BitReader reader(bits);
    PayloadHeader header;
    header.version = reader.read(2);
    header.more = reader.read(1) != 0;
    header.frame_id = reader.read(8);
    header.task = reader.read(4);
    header.modality = reader.read(2);
    header.model = reader.read(8);
    header.modulation = static_cast<Modulation>(reader.read(3));
    header.vectors = reader.read(7);
    header.symbols = reader.read(13);
    return header;
}

unsigned parity(unsigned x)
{
    unsigned p = 0;
    for (; x != 0; x &= x - 1) {
        p ^= 1;
    }
    return p;
}

//! The newest bit is the register's lowest; the tail brings it back to state 0.
Bits convolve(const Bits& bits)
{
    Bits coded;
    unsigned state = 0;
    for (std::size_t i = 0; i < bits.size() + TAIL_BITS; i++) {
        state = (state << 1 | (i < bits.size() ? bits[i] : 0)) & 0x7f;
        coded.push_back(parity(state & V27POLYA));
        coded.push_back(parity(state & V27POLYB));
    }
    return coded;
}

//! Information bits with their CRC to coded bits.
Bits protect(Bits bits)
{
    append(bits, crc16(bits), CRC_BITS);
    return convolve(bits);
}

//! libfec's decoder of one block.
class Viterbi {
public:
    Viterbi()
    {
        // The first creation writes libfec's global tables.
        static std::mutex s_mutex;
        std::lock_guard<std::mutex> lock(s_mutex);
        d_decoder = create_viterbi27(HEADER_CODED_BITS / 2);
        if (!d_decoder) {
            throw std::bad_alloc();
        }
    }
    ~Viterbi() { delete_viterbi27(d_decoder); }
    Viterbi(const Viterbi&) = delete;
    Viterbi& operator=(const Viterbi&) = delete;

    //! Soft bits, 0 for a sure 0 to 255 for a sure 1 -> information bits and CRC.
    Bits decode(std::array<unsigned char, HEADER_CODED_BITS>& soft)
    {
        constexpr std::size_t n = INFO_BITS + CRC_BITS;
        std::array<unsigned char, n / 8> bytes;
        init_viterbi27(d_decoder, 0);
        update_viterbi27_blk(d_decoder, soft.data(), HEADER_CODED_BITS / 2);
        chainback_viterbi27(d_decoder, bytes.data(), n, 0);
        Bits bits;
        for (unsigned char byte : bytes) {
            append(bits, byte, 8);
        }
        return bits;
    }

private:
    void* d_decoder;
};

/*
 * Eight bits for the decoder, at a root mean square of 12 steps. libfec starts with state
 * 0 only 63 steps ahead of the others: at full scale that hardly shows the decoder where
 * the trellis begins, and costs 0.3 dB. At this one it does, and the steps still cost
 * nothing (measured against a decoder in floating point).
 */
constexpr double SOFT_BIT_RMS = 12.0;

std::array<unsigned char, HEADER_CODED_BITS>
to_soft_bits(const std::array<double, HEADER_CODED_BITS>& llrs)
{
    double energy = 0.0;
    for (double llr : llrs) {
        energy += llr * llr;
    }
    const double rms = std::sqrt(energy / HEADER_CODED_BITS);
    const double scale = rms > 0.0 ? SOFT_BIT_RMS / rms : 0.0;
    std::array<unsigned char, HEADER_CODED_BITS> soft;
    for (std::size_t i = 0; i < HEADER_CODED_BITS; i++) {
        const double level = std::round(127.5 - scale * llrs[i]);
        soft[i] = static_cast<unsigned char>(std::min(std::max(level, 0.0), 255.0));
    }
    return soft;
}

} // namespace

struct HeaderCodec::Impl {
    explicit Impl(unsigned n)
        : repetition(n)
        , signs(prbs_signs(HEADER_SCRAMBLER_SEED, n * HEADER_CODED_BITS))
    { }

    //! Coded bits to symbols on the air.
    std::vector<float> spread(const Bits& coded) const
    {
        std::vector<float> symbols(signs);
        for (std::size_t i = 0; i < HEADER_CODED_BITS; i++) {
            if (coded[i]) {
                for (std::size_t k = interleaved_place(i); k < symbols.size();
                     k += HEADER_CODED_BITS) {
                    symbols[k] = -symbols[k];
                }
            }
        }
        return symbols;
    }

    //! LLRs of the symbols to LLRs of the coded bits.
    std::array<double, HEADER_CODED_BITS> combine(const float* llrs) const
    {
        std::array<double, HEADER_CODED_BITS> sums {};
        for (std::size_t i = 0; i < HEADER_CODED_BITS; i++) {
            for (std::size_t k = interleaved_place(i); k < signs.size();
                 k += HEADER_CODED_BITS) {
                if (std::isfinite(llrs[k])) {
                    sums[i] += signs[k] * double(llrs[k]);
                }
            }
        }
        return sums;
    }

    unsigned repetition;
    std::vector<float> signs;
    Viterbi viterbi;
};

HeaderCodec::HeaderCodec(unsigned repetition)
{
    if (repetition == 0) {
        throw std::invalid_argument("header_repetition: got 0, expected 1 or more");
    }
    d_impl = std::make_unique<Impl>(repetition);
}

HeaderCodec::~HeaderCodec() = default;
HeaderCodec::HeaderCodec(HeaderCodec&&) noexcept = default;
HeaderCodec& HeaderCodec::operator=(HeaderCodec&&) noexcept = default;

std::size_t HeaderCodec::length() const
{
    return d_impl->signs.size();
}

/*
 * The decoder finds a code word for noise, too: its agreement is 0.81 / sqrt(repetition),
 * measured, with a standard deviation of 0.02 to 0.03.
 * A header at the edge of decoding has 0.95 with one repetition and 0.66 with six.
 */
double HeaderCodec::min_agreement() const
{
    return 0.81 / std::sqrt(double(d_impl->repetition)) + 0.08;
}

std::vector<float> HeaderCodec::encode(const PayloadHeader& header) const
{
    header.validate();
    return d_impl->spread(protect(pack(header)));
}

HeaderCodec::Decision HeaderCodec::decode(const float* llrs)
{
    auto soft = to_soft_bits(d_impl->combine(llrs));
    Bits bits = d_impl->viterbi.decode(soft);
    const Bits info(bits.begin(), bits.begin() + INFO_BITS);

    Decision decision;
    const auto symbols = d_impl->spread(convolve(bits));
    double agreeing = 0.0, all = 0.0;
    for (std::size_t i = 0; i < symbols.size(); i++) {
        if (std::isfinite(llrs[i])) {
            agreeing += symbols[i] * double(llrs[i]);
            all += std::abs(double(llrs[i]));
        }
    }
    decision.agreement = all > 0.0 ? agreeing / all : 0.0;

    Bits checked(bits.begin() + INFO_BITS, bits.end());
    Bits expected;
    append(expected, crc16(info), CRC_BITS);
    if (checked != expected || decision.agreement < min_agreement()) {
        return decision;
    }
    decision.header = unpack(info);
    decision.fault = Fault::none;
    try {
        decision.header.validate();
    } catch (const std::invalid_argument&) {
        decision.fault = Fault::bad_value;
    }
    return decision;
}

HeaderCodec::Decision HeaderCodec::decode(const std::vector<float>& llrs)
{
    if (llrs.size() != length()) {
        throw std::invalid_argument("llrs: got " + std::to_string(llrs.size())
                                    + " values, expected " + std::to_string(length()));
    }
    return decode(llrs.data());
}

std::uint16_t crc16(const std::vector<std::uint8_t>& bits)
{
    std::uint16_t crc = 0xffff;
    for (std::uint8_t bit : bits) {
        const bool carry = ((crc >> 15) ^ bit) & 1;
        crc = static_cast<std::uint16_t>(crc << 1);
        if (carry) {
            crc ^= 0x1021;
        }
    }
    return crc;
}

} // namespace detail
} // namespace udeepsc_phy
