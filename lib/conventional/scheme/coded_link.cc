// SPDX-License-Identifier: GPL-3.0-or-later
#include "code/turbo_code.h"

#include <udeepsc_conventional/coded_link.h>

#include <stdexcept>

namespace udeepsc_conventional {

namespace {

std::shared_ptr<const ChannelCode>
make_code(CodeFamily family, const Mcs& mcs, std::size_t symbols)
{
    CodeConfig config;
    config.family = family;
    config.bits_per_symbol = udeepsc_phy::bits_per_symbol(mcs.modulation);
    config.coded_bits = symbols * config.bits_per_symbol;
    config.information_bits = CodedLink::information_bits(family, mcs, symbols);
    if (config.information_bits == 0)
        throw std::invalid_argument(std::to_string(symbols) + " symbols of "
                                    + to_string(mcs) + " with " + to_string(family)
                                    + " carry no information bit");
    return make_channel_code(config);
}

} // namespace

CodedLink::CodedLink(CodeFamily family, const Mcs& mcs, std::size_t symbols)
    : d_mcs(mcs)
    , d_symbols(symbols)
    , d_code(make_code(family, mcs, symbols))
    , d_mapper(mcs.modulation)
    , d_demapper(mcs.modulation)
{ }

std::size_t
CodedLink::information_bits(CodeFamily family, const Mcs& mcs, std::size_t symbols)
{
    const std::size_t coded = symbols * udeepsc_phy::bits_per_symbol(mcs.modulation);
    const std::size_t bits = coded * static_cast<std::size_t>(mcs.numerator)
        / static_cast<std::size_t>(mcs.denominator);
    if (family != CodeFamily::turbo)
        return bits;
    // Each code block gives 16 of its bits to the checksum.
    const std::size_t most = TurboCode::MAX_INFORMATION_BITS;
    const std::size_t checks = TurboCode::CRC_BITS * ((bits + most - 1) / most);
    return bits > checks ? bits - checks : 0;
}

std::size_t CodedLink::information_bits() const
{
    return d_code->config().information_bits;
}

std::vector<std::complex<float>> CodedLink::transmit(Bits information) const
{
    if (information.size() > information_bits())
        throw std::invalid_argument("coded link: " + std::to_string(information.size())
                                    + " bits, at most "
                                    + std::to_string(information_bits()) + " fit");
    information.resize(information_bits(), 0);
    return d_mapper.map_bits(d_code->encode(information));
}

DecodedBits CodedLink::receive(const std::vector<std::complex<float>>& symbols,
                               const std::vector<float>& noise_var) const
{
    if (symbols.size() != d_symbols)
        throw std::invalid_argument("coded link: got " + std::to_string(symbols.size())
                                    + " symbols, expected " + std::to_string(d_symbols));
    if (noise_var.empty())
        throw std::invalid_argument("coded link: no noise variance");
    const udeepsc_phy::ChannelState state = noise_var.size() == 1
        ? udeepsc_phy::ChannelState(noise_var[0])
        : udeepsc_phy::ChannelState(noise_var);
    return d_code->decode(d_demapper.llrs(symbols, state));
}

} // namespace udeepsc_conventional
