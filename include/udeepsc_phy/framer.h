// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <udeepsc_phy/api.h>

#include <udeepsc_phy/frame.h>
#include <udeepsc_phy/frame_signature.h>

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

    //! The frames that follow are signed, and the sizes below count the signature; null:
    //! they are not.
    void set_signer(std::shared_ptr<FrameSigner> signer);

    /*!
     * Peaks of OFDM symbols that lie more than so many dB over the mean power are cut, at
     * the price of some noise on the payload; pilots and training stay as they are, and
     * the spectrum too. A single carrier has none to speak of.
     * \param db 0..100; 100: nothing is cut. \throws std::invalid_argument
     */
    void set_peak_limit(double db);

    /*!
     * One burst, amplitude as FrameProfile says. Sets each header's symbols itself.
     * Payloads in a row that are alike and numbered one after the other cost no header of
     * their own. \throws std::invalid_argument for no payload, an empty payload, more
     * payloads or symbols than the profile allows, a header that does not validate,
     * payloads of two models, more to describe than 255 bytes hold, samples that are not
     * finite.
     */
    std::vector<std::complex<float>> frame(const std::vector<Payload>& payloads,
                                           const FrameAddresses& addresses = {}) const;

    //! One burst that carries a message. \throws std::invalid_argument if it does not
    //! validate.
    std::vector<std::complex<float>> frame(const ControlMessage& message,
                                           const FrameAddresses& addresses = {}) const;

    //! Whether one frame holds payloads with these headers.
    bool fits(const std::vector<PayloadHeader>& payloads) const;

    //! Symbols of a frame that are not payload: preamble, header, description, pilots,
    //! ramps. \throws std::invalid_argument as frame()
    std::size_t overhead_of(const std::vector<PayloadHeader>& payloads) const;

    //! The same for payloads of so many symbols, alike but for that and numbered in a
    //! row.
    std::size_t overhead_symbols(const std::vector<std::size_t>& payload_symbols) const;

    //! Samples of their burst.
    std::size_t burst_samples(const std::vector<std::size_t>& payload_symbols) const;

private:
    struct Impl;
    std::unique_ptr<Impl> d_impl;
};

} // namespace udeepsc_phy
