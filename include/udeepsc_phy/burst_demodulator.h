// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <udeepsc_phy/api.h>

#include <udeepsc_phy/burst_detector.h>
#include <udeepsc_phy/frame_signature.h>

#include <memory>
#include <optional>

namespace udeepsc_phy UDEEPSC_PHY_API {

/*! One payload as it arrived. */
struct ReceivedPayload {
    PayloadHeader header;
    std::vector<std::complex<float>> symbols; //!< equalised: gain 1, phase 0
    std::vector<float> noise_var; //!< N0 of each symbol after equalisation

    //! Whether the nearest constellation points are those sent, by the CRC-16 that came
    //! along. A damaged payload is no lost one: a soft look-up still makes the best of
    //! it.
    enum class Integrity { not_checked, intact, damaged };
    Integrity integrity = Integrity::not_checked;
    std::optional<std::uint16_t> check; //!< that CRC-16
};

/*! One frame as it arrived. */
struct ReceivedFrame {
    enum class Fault {
        none,
        no_header, //!< the header's CRC fails: payloads is empty
        bad_header, //!< CRC right, but a value that does not exist
        cut, //!< samples or transmission end before the payloads do: those complete are
             //!< given
        lost_description, //!< what the frame holds cannot be read: its CRC fails
        not_finite, //!< too many samples are NaN or infinite
        other_version, //!< a frame of version 1, or of one that comes after 2
    };
    Fault fault = Fault::none;
    FrameAddresses addresses;
    std::vector<ReceivedPayload> payloads;
    std::optional<ControlMessage> message; //!< in place of payloads
    std::optional<FrameSignature> signature; //!< not yet verified
    std::uint64_t sample = 0; //!< of the stream: the preamble's first symbol
    std::uint64_t end_sample = 0; //!< one past the frame's last payload symbol
    double timing = 0; //!< refined fraction of a sample
    double cfo = 0; //!< refined, cycles per symbol
    double clock_ppm = 0; //!< receiver's clock against the transmitter's
    double snr_db = 0; //!< Es/N0 of the received symbols
    double power = 0; //!< mean |sample|^2 of the burst, noise included
    //! ln P(+1) / P(-1) of the symbols of header and description, as far as they were
    //! looked at.
    std::vector<float> header_llrs;
};

std::string to_string(ReceivedFrame::Fault fault);

/*!
 * \brief One burst of samples -> equalised payload symbols and their noise.
 *
 * Least-squares channel estimate from the preamble, refined over the decoded header;
 * fractionally spaced MMSE equaliser; frequency, phase and clock drift fitted over
 * preamble, header and pilots together. Never throws for what a radio may bring: see
 * Fault. Not safe to share between threads.
 */
class BurstDemodulator {
public:
    explicit BurstDemodulator(const FrameProfile& profile);
    ~BurstDemodulator();

    const FrameProfile& profile() const;

    ReceivedFrame demodulate(const DetectedBurst& burst);
    //! The same where a copy of the frame had these header_llrs: what cannot be read in
    //! the burst itself is read in both.
    ReceivedFrame demodulate(const DetectedBurst& burst,
                             const std::vector<float>& header_llrs);

private:
    struct Impl;
    std::unique_ptr<Impl> d_impl;
};

} // namespace udeepsc_phy
