// SPDX-License-Identifier: GPL-3.0-or-later
#include "ldpc_code.h"
#include "turbo_code.h"

#include <cmath>
#include <map>
#include <stdexcept>
#include <utility>

namespace udeepsc_conventional {

namespace {

struct Block {
    std::size_t information_bits, coded_bits;
    std::shared_ptr<const BlockCode> code;
};

std::size_t blocks_needed(const CodeConfig& config, double rate)
{
    const std::size_t most = config.family == CodeFamily::turbo
        ? TurboCode::MAX_INFORMATION_BITS
        : LdpcCode::max_information_bits(config.information_bits, rate);
    return (config.information_bits + most - 1) / most;
}

/*!
 * \brief Bits of a block to bits of its symbols, 3GPP TS 38.212, 5.4.2.2.
 *
 * Written in rows, one for each bit of a symbol, the best received first, and read in
 * columns. A symbol of udeepsc_phy has the bits of its in-phase axis in front of those of
 * its quadrature axis, each beginning with the one that is received best.
 */
std::vector<std::size_t> interleaver(std::size_t bits, unsigned bits_per_symbol)
{
    const std::size_t symbols = bits / bits_per_symbol;
    const std::size_t per_axis = bits_per_symbol / 2;
    std::vector<std::size_t> source(bits);
    for (std::size_t s = 0; s < symbols; ++s) {
        for (std::size_t b = 0; b < bits_per_symbol; ++b) {
            const std::size_t rank
                = per_axis == 0 ? 0 : 2 * (b % per_axis) + b / per_axis;
            source[s * bits_per_symbol + b] = rank * symbols + s;
        }
    }
    return source;
}

class SegmentedCode : public ChannelCode {
public:
    explicit SegmentedCode(const CodeConfig& config)
        : d_config(config)
    {
        const double rate = static_cast<double>(config.information_bits)
            / static_cast<double>(config.coded_bits);
        const std::size_t count = blocks_needed(config, rate);
        const std::size_t symbols = config.coded_bits / config.bits_per_symbol;
        std::map<std::pair<std::size_t, std::size_t>, std::shared_ptr<const BlockCode>>
            made;
        for (std::size_t b = 0; b < count; ++b) {
            const auto share
                = [&](std::size_t n) { return n * (b + 1) / count - n * b / count; };
            const std::size_t information = share(config.information_bits);
            const std::size_t coded = share(symbols) * config.bits_per_symbol;
            auto& code = made[{ information, coded }];
            if (!code)
                code = make(information, coded, rate);
            d_blocks.push_back({ information, coded, code });
        }
    }

    const CodeConfig& config() const override { return d_config; }
    std::size_t blocks() const override { return d_blocks.size(); }

    Bits encode(const Bits& information) const override
    {
        require_size(information.size(), d_config.information_bits, "information bits");
        Bits coded;
        coded.reserve(d_config.coded_bits);
        std::size_t at = 0;
        for (const auto& block : d_blocks) {
            const auto word = block.code->encode(information.data() + at);
            for (const auto from :
                 interleaver(block.coded_bits, d_config.bits_per_symbol))
                coded.push_back(word[from]);
            at += block.information_bits;
        }
        return coded;
    }

    DecodedBits decode(const std::vector<float>& llrs) const override
    {
        require_size(llrs.size(), d_config.coded_bits, "LLRs");
        for (const float llr : llrs)
            if (std::isnan(llr))
                throw std::invalid_argument("channel code: an LLR is NaN");
        DecodedBits decoded;
        std::size_t at = 0;
        bool sound = true;
        for (const auto& block : d_blocks) {
            const auto order = interleaver(block.coded_bits, d_config.bits_per_symbol);
            std::vector<float> word(block.coded_bits);
            for (std::size_t i = 0; i < order.size(); ++i)
                word[order[i]] = llrs[at + i];
            const auto part = block.code->decode(word.data());
            decoded.bits.insert(decoded.bits.end(), part.bits.begin(), part.bits.end());
            sound = sound && part.sound;
            if (sound)
                decoded.sound += part.bits.size();
            at += block.coded_bits;
        }
        return decoded;
    }

private:
    std::shared_ptr<const BlockCode>
    make(std::size_t information, std::size_t coded, double rate) const
    {
        const std::size_t check
            = d_config.family == CodeFamily::turbo ? TurboCode::CRC_BITS : 0;
        if (static_cast<double>(information + check) > 0.95 * static_cast<double>(coded))
            throw std::invalid_argument("channel code: " + std::to_string(information)
                                        + " information bits in " + std::to_string(coded)
                                        + " coded bits, expected a rate of at most 0.95");
        if (d_config.family == CodeFamily::turbo)
            return std::make_shared<TurboCode>(
                information, coded, d_config.turbo_iterations);
        return std::make_shared<LdpcCode>(
            information, coded, rate, d_config.ldpc_iterations);
    }

    static void require_size(std::size_t got, std::size_t expected, const char* what)
    {
        if (got != expected)
            throw std::invalid_argument("channel code: got " + std::to_string(got) + " "
                                        + what + ", expected "
                                        + std::to_string(expected));
    }

    CodeConfig d_config;
    std::vector<Block> d_blocks;
};

} // namespace

std::string to_string(CodeFamily family)
{
    return family == CodeFamily::turbo ? "turbo" : "ldpc";
}

CodeFamily code_family_from_string(const std::string& name)
{
    if (name == "ldpc")
        return CodeFamily::ldpc;
    if (name == "turbo")
        return CodeFamily::turbo;
    throw std::invalid_argument("channel code \"" + name + "\", expected ldpc or turbo");
}

void CodeConfig::validate() const
{
    const auto require
        = [](bool good, const std::string& field, long long got, const char* expected) {
              if (!good)
                  throw std::invalid_argument("CodeConfig: " + field + " is "
                                              + std::to_string(got) + ", expected "
                                              + expected);
          };
    require(information_bits >= 1, "information_bits", 0, "at least 1");
    const bool known = bits_per_symbol == 1 || bits_per_symbol == 2
        || bits_per_symbol == 4 || bits_per_symbol == 6 || bits_per_symbol == 8;
    require(known, "bits_per_symbol", bits_per_symbol, "1, 2, 4, 6 or 8");
    require(coded_bits >= 1 && coded_bits % bits_per_symbol == 0,
            "coded_bits",
            static_cast<long long>(coded_bits),
            "a positive multiple of bits_per_symbol");
    require(ldpc_iterations >= 1, "ldpc_iterations", ldpc_iterations, "at least 1");
    require(turbo_iterations >= 1, "turbo_iterations", turbo_iterations, "at least 1");
}

std::unique_ptr<ChannelCode> make_channel_code(const CodeConfig& config)
{
    config.validate();
    return std::make_unique<SegmentedCode>(config);
}

double shannon_bits_per_symbol(double esn0_db)
{
    return std::log2(1.0 + std::pow(10.0, esn0_db / 10.0));
}

} // namespace udeepsc_conventional
