// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <udeepsc_phy/api.h>

#include <udeepsc_phy/frame.h>

#include <memory>

namespace udeepsc_phy UDEEPSC_PHY_API {

/*! Payloads -> one burst of samples. Safe to share between threads once made. */
class Framer {
public:
    //! \throws std::invalid_argument if the profile does not validate.
    explicit Framer(const FrameProfile& profile);
    ~Framer();
    Framer(Framer&&) noexcept;
    Framer& operator=(Framer&&) noexcept;

    const FrameProfile& profile() const;

    /*!
     * One burst, amplitude as FrameProfile says. Sets each header's version, more and
     * symbols itself.
     * \throws std::invalid_argument for no payload, an empty payload, more symbols than
     * the profile allows, a header that does not validate, samples that are not finite.
     */
    std::vector<std::complex<float>> frame(const std::vector<Payload>& payloads) const;

    //! Samples of a burst with payloads of so many symbols.
    std::size_t burst_samples(const std::vector<std::size_t>& payload_symbols) const;

    //! Of these, the symbols that are not payload: preamble, headers, pilots, ramps.
    std::size_t overhead_symbols(const std::vector<std::size_t>& payload_symbols) const;

private:
    struct Impl;
    std::unique_ptr<Impl> d_impl;
};

} // namespace udeepsc_phy
