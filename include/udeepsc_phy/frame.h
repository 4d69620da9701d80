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
 *     ramp | preamble | header | [description] | payload | [payload ...] | ramp
 *
 * with pilots at even distances from the header on.
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
    unsigned header_repetition = 5; //!< of the coded header
    unsigned pilot_symbols = 8; //!< reference symbols after every ...
    unsigned data_symbols = 56; //!< ... this many header and payload symbols
    unsigned channel_taps = 4; //!< longest multipath that the receiver expects, symbols
    double max_cfo = 0.02; //!< carrier offset searched, +-cycles per symbol
    unsigned max_payload_symbols = 32768; //!< of all payloads in a frame
    unsigned max_payloads = 64; //!< in a frame

    /*!
     * "standard": 256-symbol preamble, to -6 dB in AWGN and flat fading.
     * "multipath": 512-symbol preamble, to -6 dB over a three-tap channel.
     * "short": fewer preamble and header symbols, for 6 dB and more.
     * "ofdm": a 512-symbol preamble, then OFDM with a cyclic prefix.
     * \throws std::invalid_argument for any other name.
     */
    static FrameProfile from_name(const std::string& name);
    static std::vector<std::string> names();

    //! \throws std::invalid_argument naming the field, what it holds and what it may
    //! hold.
    void validate() const;
};

constexpr unsigned FRAME_VERSION = 2;

//! The destination that every receiver takes for its own.
constexpr unsigned BROADCAST = 255;

/*! Whom a frame comes from and whom it is for. */
struct FrameAddresses {
    unsigned source = 0; //!< 8 bits
    unsigned destination = BROADCAST; //!< 8 bits

    bool operator==(const FrameAddresses& other) const;
    //! \throws std::invalid_argument naming the field that does not fit its bits.
    void validate() const;
};

/*! What a receiver has to know about a payload. */
struct PayloadHeader {
    unsigned frame_id = 0; //!< 8 bits: the low bits of a counter of samples
    unsigned task = 0; //!< 4 bits: number of the task in the model
    unsigned modality = 0; //!< 2 bits: 0 image, 1 text, 2 speech
    unsigned layer = 0; //!< 3 bits: place in a layered transmission
    unsigned model = 0; //!< 8 bits: of the model's content hash; one for all of a frame
    Modulation modulation = Modulation::qpsk; //!< 3 bits
    unsigned vectors = 0; //!< 7 bits: feature vectors in the payload
    unsigned symbols = 0; //!< 13 bits: payload symbols, pilots not counted, each once
    //! Vectors that a sample of this form can have, 1 to 256; 0: positions are not told.
    unsigned candidates = 0;
    //! Rising positions of the payload's vectors among the candidates: as many as
    //! vectors.
    std::vector<unsigned> positions;
    //! A CRC-16 over the constellation labels goes along, see ReceivedPayload::integrity.
    bool checked = false;
    //! How the payload is protected: so much more power than other payloads, -16 to 15.5
    //! dB in steps of 0.5, and so often one after the other, 1 to 8 times. The receiver
    //! undoes both.
    double power_db = 0;
    unsigned repetitions = 1;

    //! On the air, with all repetitions.
    unsigned symbols_sent() const { return symbols * repetitions; }
    //! Power or repetitions differ from the usual, 0 dB and 1.
    bool is_protected() const { return power_db != 0 || repetitions != 1; }

    bool operator==(const PayloadHeader& other) const;
    //! \throws std::invalid_argument naming the field that does not fit its bits.
    void validate() const;
};

/*! One payload as it enters the framer: symbols.size() == header.symbols. */
struct Payload {
    PayloadHeader header;
    std::vector<std::complex<float>> symbols;
};

/*!
 * \brief A short message that has to arrive exactly: a frame of its own, in the header's
 * code and with a CRC.
 */
struct ControlMessage {
    enum class Kind {
        csi = 0, //!< how well frame_id arrived: esn0_db
        acknowledgement = 1, //!< frame_id of task has arrived
        text = 2, //!< UTF-8
    };
    Kind kind = Kind::text;
    unsigned frame_id = 0; //!< 8 bits
    unsigned task = 0; //!< 4 bits, of an acknowledgement
    double esn0_db = 0; //!< of a report, -127 to 127 in steps of 1/256
    std::string text; //!< 1 to 253 bytes

    //! \throws std::invalid_argument naming the field that does not fit its bits.
    void validate() const;
};

} // namespace udeepsc_phy
