// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <udeepsc_phy/api.h>

#include <udeepsc_phy/constellation.h>

#include <complex>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace udeepsc_phy UDEEPSC_PHY_API {

/*!
 * \brief Bits, labels or codebook indices to constellation symbols.
 *
 * All bit orders are MSB first. A bit string that does not fill its last symbol is padded
 * with zeros. Each pointer form writes to memory the caller has sized; `out` never
 * overlaps the input.
 */
class Mapper {
public:
    explicit Mapper(Modulation modulation);

    const Constellation& constellation() const { return d_constellation; }

    //! Symbols that \p n_bits bits fill.
    std::size_t symbols_for_bits(std::size_t n_bits) const;

    //! Symbols that \p n_indices indices of \p bits_per_index bits (1..16) fill.
    std::size_t symbols_for(std::size_t n_indices, unsigned bits_per_index) const;

    //! One bit per byte, each 0 or 1; writes symbols_for_bits(n_bits) symbols.
    void map_bits(const std::uint8_t* bits,
                  std::size_t n_bits,
                  std::complex<float>* out) const;
    std::vector<std::complex<float>>
    map_bits(const std::vector<std::uint8_t>& bits) const;

    //! One label, 0..M-1, is one constellation point.
    void map_labels(const std::uint16_t* labels,
                    std::size_t n_labels,
                    std::complex<float>* out) const;
    std::vector<std::complex<float>>
    map_labels(const std::vector<std::uint16_t>& labels) const;

    //! The indices' bits, concatenated; writes symbols_for(n_indices, bits_per_index).
    void map_indices(const std::uint16_t* indices,
                     std::size_t n_indices,
                     unsigned bits_per_index,
                     std::complex<float>* out) const;
    std::vector<std::complex<float>>
    map_indices(const std::vector<std::uint16_t>& indices, unsigned bits_per_index) const;

    /*!
     * \brief Undoes map_indices() on hard decisions.
     *
     * \p n_labels must be exactly symbols_for(n_indices, bits_per_index).
     */
    void indices_from_labels(const std::uint16_t* labels,
                             std::size_t n_labels,
                             std::size_t n_indices,
                             unsigned bits_per_index,
                             std::uint16_t* out) const;
    std::vector<std::uint16_t>
    indices_from_labels(const std::vector<std::uint16_t>& labels,
                        std::size_t n_indices,
                        unsigned bits_per_index) const;

private:
    Constellation d_constellation;
};

} // namespace udeepsc_phy
