// SPDX-License-Identifier: GPL-3.0-or-later
#include "source/utf8.h"

#include <udeepsc_conventional/scheme.h>

#include <algorithm>
#include <cmath>
#include <memory>
#include <stdexcept>

namespace udeepsc_conventional {

namespace {

const std::vector<std::string> PICTURE_SOURCES { "jpeg", "jpeg2000", "h264", "hevc" };
const std::vector<std::string> TEXT_SOURCES { "utf8", "huffman", "arithmetic" };
const std::vector<std::string> CODES { "ldpc", "turbo", "capacity" };

bool contains(const std::vector<std::string>& list, const std::string& name)
{
    return std::find(list.begin(), list.end(), name) != list.end();
}

Bits to_bits(const Bytes& bytes)
{
    Bits bits;
    bits.reserve(8 * bytes.size());
    for (const auto byte : bytes)
        for (int b = 7; b >= 0; --b)
            bits.push_back((byte >> b) & 1);
    return bits;
}

//! Whole bytes of the first \p n bits.
Bytes to_bytes(const Bits& bits, std::size_t n)
{
    Bytes bytes(n / 8, 0);
    for (std::size_t i = 0; i < 8 * bytes.size(); ++i)
        bytes[i / 8] = static_cast<std::uint8_t>(bytes[i / 8] << 1 | bits[i]);
    return bytes;
}

} // namespace

std::vector<std::string> scheme_names()
{
    std::vector<std::string> names;
    for (const auto& sources : { PICTURE_SOURCES, TEXT_SOURCES })
        for (const auto& source : sources)
            for (const auto& code : CODES)
                names.push_back(source + "-" + code);
    return names;
}

Scheme::Scheme(const SchemeConfig& config)
    : d_config(config)
{
    const auto dash = config.name.find('-');
    const std::string source = config.name.substr(0, dash);
    const std::string code
        = dash == std::string::npos ? "" : config.name.substr(dash + 1);
    const bool pictures = contains(PICTURE_SOURCES, source);
    if ((!pictures && !contains(TEXT_SOURCES, source)) || !contains(CODES, code)) {
        std::string known;
        for (const auto& name : scheme_names())
            known += (known.empty() ? "" : ", ") + name;
        throw std::invalid_argument("scheme \"" + config.name + "\", expected one of "
                                    + known);
    }
    d_capacity = code == "capacity";
    if (!d_capacity)
        d_family = code_family_from_string(code);
    require_mcs();
    if (pictures)
        d_picture_codec = make_picture_codec(source);
    else
        d_text_codec = make_text_codec(source, config.training, config.order);
}

Scheme Scheme::with_mcs(const std::string& mcs) const
{
    Scheme other(*this);
    other.d_config.mcs = mcs;
    other.require_mcs();
    return other;
}

void Scheme::require_mcs() const
{
    if (d_config.mcs == "adaptive")
        return;
    if (d_capacity)
        throw std::invalid_argument("scheme " + d_config.name
                                    + ": an ideal code has no modulation and rate");
    mcs_from_string(d_config.mcs);
}

void Scheme::require(bool pictures) const
{
    if (pictures != sends_pictures())
        throw std::invalid_argument(
            "scheme " + d_config.name + " sends "
            + (pictures ? "texts, no pictures" : "pictures, no texts"));
}

// Setting up a code takes longer than using it: keep the last one.
std::shared_ptr<const CodedLink> Scheme::link(const Mcs& mcs, std::size_t symbols) const
{
    auto last = std::atomic_load(&d_link);
    if (!last || !(last->mcs() == mcs) || last->symbols() != symbols) {
        last = std::make_shared<CodedLink>(d_family, mcs, symbols);
        std::atomic_store(&d_link, last);
    }
    return last;
}

Mcs Scheme::fastest(std::size_t symbols, double esn0_db) const
{
    if (d_config.mcs != "adaptive")
        return mcs_from_string(d_config.mcs);
    const Mcs* best = nullptr;
    for (const auto& mcs : mcs_table()) {
        const auto bits = CodedLink::information_bits(d_family, mcs, symbols);
        if (bits == 0)
            continue;
        const bool works = threshold_db(d_family, mcs, symbols) <= esn0_db;
        // The first that carries anything is sent even where nothing works.
        if (!best
            || (works && bits > CodedLink::information_bits(d_family, *best, symbols)))
            best = &mcs;
    }
    if (!best)
        throw std::invalid_argument("scheme " + d_config.name + ": "
                                    + std::to_string(symbols)
                                    + " symbols carry no information bit");
    return *best;
}

Mcs Scheme::most_robust(std::size_t symbols, std::size_t bits, const Mcs& fastest) const
{
    if (d_config.mcs != "adaptive")
        return fastest;
    Mcs best = fastest;
    for (const auto& mcs : mcs_table())
        if (CodedLink::information_bits(d_family, mcs, symbols) >= bits
            && threshold_db(d_family, mcs, symbols)
                < threshold_db(d_family, best, symbols))
            best = mcs;
    return best;
}

std::size_t Scheme::bits_that_fit(std::size_t symbols, double esn0_db) const
{
    if (d_capacity)
        return static_cast<std::size_t>(double(symbols)
                                        * shannon_bits_per_symbol(esn0_db));
    return CodedLink::information_bits(d_family, fastest(symbols, esn0_db), symbols);
}

Scheme::Sent Scheme::send_bits(Bits bits, std::size_t symbols, double esn0_db) const
{
    Sent sent;
    sent.source_bits = bits.size();
    if (d_capacity) {
        sent.bits = std::move(bits);
        return sent;
    }
    sent.mcs = most_robust(symbols, bits.size(), fastest(symbols, esn0_db));
    sent.symbols = link(sent.mcs, symbols)->transmit(std::move(bits));
    return sent;
}

Scheme::Sent
Scheme::send(const RgbPicture& picture, std::size_t symbols, double esn0_db) const
{
    require(true);
    const std::size_t budget = bits_that_fit(symbols, esn0_db) / 8;
    return send_bits(to_bits(d_picture_codec->encode(picture, budget)), symbols, esn0_db);
}

Scheme::Sent
Scheme::send(const std::string& text, std::size_t symbols, double esn0_db) const
{
    require(false);
    return send_bits(d_text_codec->encode_within(text, bits_that_fit(symbols, esn0_db)),
                     symbols,
                     esn0_db);
}

DecodedBits Scheme::receive(const std::vector<std::complex<float>>& symbols,
                            const std::vector<float>& noise_var,
                            const Mcs& mcs) const
{
    return link(mcs, symbols.size())->receive(symbols, noise_var);
}

RgbPicture Scheme::picture_of(const DecodedBits& bits, int height, int width) const
{
    require(true);
    return d_picture_codec->decode(to_bytes(bits.bits, bits.sound), height, width);
}

std::string Scheme::text_of(const DecodedBits& bits) const
{
    require(false);
    const auto end = d_text_codec->resynchronizes() ? bits.bits.size() : bits.sound;
    const Bits used(bits.bits.begin(), bits.bits.begin() + static_cast<long>(end));
    return valid_utf8(d_text_codec->decode(used));
}

Mcs Scheme::detect_mcs(const std::vector<std::complex<float>>& symbols,
                       const std::vector<float>& noise_var,
                       udeepsc_phy::Modulation modulation) const
{
    const Mcs* best = nullptr;
    double best_share = -1;
    for (const auto& mcs : mcs_table()) {
        if (mcs.modulation != modulation
            || CodedLink::information_bits(d_family, mcs, symbols.size()) == 0)
            continue;
        const auto decoded
            = CodedLink(d_family, mcs, symbols.size()).receive(symbols, noise_var);
        const double share = double(decoded.sound) / double(decoded.bits.size());
        if (share > best_share) {
            best = &mcs;
            best_share = share;
        }
    }
    if (!best)
        throw std::invalid_argument("scheme " + d_config.name + ": "
                                    + std::to_string(symbols.size()) + " symbols of "
                                    + udeepsc_phy::to_string(modulation)
                                    + " carry no information bit");
    return *best;
}

} // namespace udeepsc_conventional
