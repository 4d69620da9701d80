// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <udeepsc_conventional/api.h>
#include <udeepsc_conventional/channel_code.h>
#include <udeepsc_phy/constellation.h>
#include <udeepsc_phy/mapper.h>
#include <udeepsc_phy/soft_demapper.h>

#include <complex>
#include <cstddef>
#include <memory>
#include <string>
#include <vector>

namespace udeepsc_conventional UDEEPSC_CONVENTIONAL_API {

/*! Modulation and code rate. */
struct Mcs {
    udeepsc_phy::Modulation modulation;
    int numerator, denominator; //!< of the code rate

    //! Information bits a symbol.
    double efficiency() const;
};

bool operator==(const Mcs& a, const Mcs& b);

//! For example "16qam-2/3".
std::string to_string(const Mcs& mcs);

//! Of mcs_table(). \throws std::invalid_argument naming those that there are.
Mcs mcs_from_string(const std::string& name);

//! All of them, from 1/4 to 6 2/3 bits a symbol.
const std::vector<Mcs>& mcs_table();

/*!
 * \brief Es/N0 in dB at which 1 % of the payloads of so many symbols are lost over AWGN.
 *
 * As `udeepsc bench codes` measured it for 32, 128, 512, 2048 and 8192 symbols, in
 * between by the logarithm of their number; the nearest of them outside.
 */
double threshold_db(CodeFamily family, const Mcs& mcs, std::size_t symbols);

/*! Code, interleaver and constellation for a number of complex channel uses. */
class CodedLink {
public:
    //! \throws std::invalid_argument where not one information bit fits
    CodedLink(CodeFamily family, const Mcs& mcs, std::size_t symbols);

    //! Bits that fit; 0 where none does.
    static std::size_t
    information_bits(CodeFamily family, const Mcs& mcs, std::size_t symbols);

    std::size_t information_bits() const;
    std::size_t symbols() const { return d_symbols; }
    const Mcs& mcs() const { return d_mcs; }

    //! At most information_bits() bits, followed by zeros, as symbols of mean energy 1.
    //! \throws std::invalid_argument for more.
    std::vector<std::complex<float>> transmit(Bits information) const;

    //! \param symbols equalised, [symbols()] \param noise_var their noise variance, one
    //! or one a symbol. \throws std::invalid_argument for other sizes.
    DecodedBits receive(const std::vector<std::complex<float>>& symbols,
                        const std::vector<float>& noise_var) const;

private:
    Mcs d_mcs;
    std::size_t d_symbols;
    std::shared_ptr<const ChannelCode> d_code;
    udeepsc_phy::Mapper d_mapper;
    udeepsc_phy::SoftDemapper d_demapper;
};

} // namespace udeepsc_conventional
