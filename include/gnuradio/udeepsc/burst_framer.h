// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <gnuradio/udeepsc/pdu_block.h>

namespace gr {
namespace udeepsc {

//! What burst_framer takes for one sample.
enum class frame_grouping {
    sample, //!< the modalities of one sample, in the model's order
    payload, //!< one PDU
};

//! Whether the receiver is told which of a sample's feature vectors come.
enum class frame_positions {
    untold, //!< what it needs of them is in the features
    mask, //!< a bit for each candidate, from the keys kept and candidates
};

//! What goes along to tell whether a payload arrived without a wrong decision.
enum class frame_check {
    none,
    crc16, //!< over the labels of the constellation points: 16 bits in the header's code
};

/*! How burst_framer makes its frames. */
struct UDEEPSC_API burst_framer_options {
    frame_grouping grouping = frame_grouping::sample;
    //! Samples that may wait for their other modalities, 1..65536; one more, and the
    //! oldest is dropped as "incomplete".
    int pending = 256;
    //! Payload symbols up to which samples share a frame, 0..32768; 0: each has its own.
    //! A sample of more symbols has a frame of its own, too.
    int max_frame_symbols = 16384;
    double hold_ms = 50; //!< longest that a sample waits for others, 0..10000
    int address = 0; //!< this transmitter's, 0..255
    int destination = 255; //!< the receiver's, 0..255; 255: all
    frame_positions positions = frame_positions::untold;
    frame_check check = frame_check::none;
    std::string key
        = ""; //!< file with the key that signs the frames; empty: they are not
    //! File with the power and repetitions of each layer (udeepsc bench protection), for
    //! samples in layers; empty: all are sent alike.
    std::string protection = "";
    //! Of OFDM: power over the mean at which peaks are cut, dB, 0..100; 100: they are
    //! not.
    double peak_limit_db = 100;
    //! Added to the samples' numbers on the air, -1..255; -1: another one at each start
    //! of the flowgraph, so that a receiver that has just heard the numbers of the one
    //! before does not take these samples for repeats.
    int first_frame = 0;
    //! How often each frame is sent, one copy behind the other, 1..8: burst_demodulator
    //! adds up as many.
    int copies = 1;

    //! Throws std::invalid_argument naming the field, what it holds and what it may hold.
    void validate() const;
};

/*!
 * \brief Symbols of digital_modulator -> bursts of samples.
 * \ingroup udeepsc
 *
 * Ramp, preamble, header, then the payloads of one or several samples, with pilots;
 * docs/frame-format.md. Of the model it needs no more than the header of its file.
 * Without a model it carries bytes and symbols as they are.
 *
 * One worker thread: samples that come within hold_ms share a frame, as many as
 * max_frame_symbols holds and the frame's description can tell.
 *
 * <b>Ports</b>
 * - in "in": c32vector of symbols, mean energy 1. Reads task, modality, shape (its first
 *   dimension counts the feature vectors, 1..127), modulation, layer (0..7), and
 * frame_id: with first_frame added its low 8 bits go on the air, and the modalities of a
 * sample meet by it. Where it is missing the block counts; a task of several modalities
 * needs it to be grouped. A picture alone keeps its number unless the key tiles says that
 * it is not cut: where a tile belongs follows from it.
 * - in "control": a short message that goes at once, in a frame of its own: u8vector with
 *   the key control: "text" (1..253 bytes of UTF-8), "csi" (keys frame_id and snr_db) or
 *   "acknowledgement" (keys frame_id and task); destination, where it is there, in place
 *   of the parameter.
 * - out "out": c32vector of samples, mean power 1 / samples per symbol; writes profile,
 *   symbols (of all payloads), overhead, samples (how many), copy and copies (of a frame
 *   that is sent several times: which one this is, from 0) and, where it holds several,
 *   payload_keys: a vector with the keys of each payload's PDU, in the frame's order. Of
 *   the PDUs of one sample, the keys of the last to come are passed on; the burst itself
 *   has those of its first sample.
 *
 * <b>Parameters</b>
 * - model: path or name of a model of at most 15 tasks; "": none. Then "in" takes
 *   u8vectors too, sent MSB first and not coded, and reads modulation ("qpsk" where it is
 *   missing) and frame_id alone. 1..8191 symbols
 * - profile: "standard", "multipath", "short" or "ofdm"; the receiver's must be the same
 * - options: how many samples share a frame, addresses, what else is told, a key, the
 *   protection of layers, which the frame's description tells the receiver, OFDM's peaks,
 *   where numbers begin.
 *   With a key header, description and control messages are signed (docs/security.md),
 *   which takes 16 bytes of the description
 *
 * <b>Errors</b>: make() and the setters throw std::invalid_argument for a profile that is
 * none and for a file that is no model or no key, udeepsc_core::Error for one that cannot
 * be read and for one that is no protection. PDUs are dropped as "wrong shape", "unknown
 * task", "wrong modality", "wrong modulation", "not finite", "bad key", "incomplete" or
 * "stopped".
 */
class UDEEPSC_API burst_framer : virtual public pdu_block {
public:
    typedef std::shared_ptr<burst_framer> sptr;

    static sptr make(const std::string& model,
                     const std::string& profile = "standard",
                     const burst_framer_options& options = {});

    virtual void set_profile(const std::string& profile) = 0;
    virtual std::string profile() const = 0;
    virtual void set_model(const std::string& path) = 0;
    //! Of the frames that follow, 0..255.
    virtual void set_destination(int destination) = 0;
    virtual int destination() const = 0;
    //! Of the frames that follow, 0..32768.
    virtual void set_max_frame_symbols(int symbols) = 0;
    virtual int max_frame_symbols() const = 0;
    //! Samples that left in a burst.
    virtual std::uint64_t samples_sent() const = 0;
};

} // namespace udeepsc
} // namespace gr
