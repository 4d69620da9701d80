// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <udeepsc_phy/api.h>

#include <udeepsc_phy/constellation.h>

#include <complex>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace udeepsc_phy UDEEPSC_PHY_API {

enum class Waveform { single_carrier, ofdm };

/*!
 * \brief The shape of a burst; transmitter and receiver share it. docs/frame-format.md
 * says what it means bit by bit.
 *
 *     ramp | preamble | header | payload | [header | payload ...] | ramp
 *
 * with pilots at even distances in headers and payloads.
 *
 * Sample amplitudes: pulses have unit energy and symbols mean energy 1, so the mean power
 * of a burst is 1 / samples_per_symbol, and white noise of variance N0 per complex sample
 * means Es/N0 = 1 / N0.
 */
struct FrameProfile {
    std::string name = "standard";
    Waveform waveform = Waveform::single_carrier;
    unsigned samples_per_symbol = 2; //!< 2 to 8
    double rolloff = 0.35; //!< of the root raised cosine
    unsigned filter_span = 20; //!< its length, symbols
    unsigned ramp_symbols = 8; //!< at either end
    unsigned preamble_symbols = 256; //!< BPSK, a fixed pseudo-random sequence
    unsigned header_repetition = 6; //!< of the coded header
    unsigned pilot_symbols = 8; //!< reference symbols after every ...
    unsigned data_symbols = 56; //!< ... this many header and payload symbols
    unsigned channel_taps = 4; //!< longest multipath that the receiver expects, symbols
    double max_cfo = 0.02; //!< carrier offset searched, +-cycles per symbol
    unsigned max_payload_symbols = 8191; //!< of all payloads in a frame
    unsigned max_payloads = 4; //!< in a frame

    /*!
     * "standard": 256-symbol preamble, to -6 dB in AWGN and flat fading.
     * "multipath": 512-symbol preamble, to -6 dB over a three-tap channel.
     * "short": fewer preamble and header symbols, for 6 dB and more.
     * "ofdm": the standard preamble, then OFDM with a cyclic prefix.
     * \throws std::invalid_argument for any other name.
     */
    static FrameProfile from_name(const std::string& name);
    static std::vector<std::string> names();

    //! \throws std::invalid_argument naming the field, what it holds and what it may
    //! hold.
    void validate() const;
};

/*! What a receiver has to know about a payload: 48 bits on the air and a CRC-16. */
struct PayloadHeader {
    unsigned version = 1; //!< 2 bits
    bool more = false; //!< another header and payload follow in this frame
    unsigned frame_id = 0; //!< 8 bits: the low bits of a counter
    unsigned task = 0; //!< 4 bits: number of the task in the model
    unsigned modality = 0; //!< 2 bits: 0 image, 1 text, 2 speech
    unsigned model = 0; //!< 8 bits: of the model's content hash
    Modulation modulation = Modulation::qpsk; //!< 3 bits
    unsigned vectors = 0; //!< 7 bits: feature vectors in the payload
    unsigned symbols = 0; //!< 13 bits: payload symbols, pilots not counted

    bool operator==(const PayloadHeader& other) const;
    //! \throws std::invalid_argument naming the field that does not fit its bits.
    void validate() const;
};

constexpr unsigned FRAME_VERSION = 1;

/*! One payload as it enters the framer: symbols.size() == header.symbols. */
struct Payload {
    PayloadHeader header;
    std::vector<std::complex<float>> symbols;
};

} // namespace udeepsc_phy
