// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <gnuradio/udeepsc/pdu_block.h>

namespace gr {
namespace udeepsc {

//! What burst_framer puts into one frame.
enum class frame_grouping {
    sample, //!< the modalities of one sample, in the model's order
    payload, //!< one PDU
};

/*!
 * \brief Symbols of digital_modulator -> one burst of samples.
 * \ingroup udeepsc
 *
 * Ramp, preamble, and for each payload a header and pilots; docs/frame-format.md. Of the
 * model it needs no more than the header of its file. Without a model it carries bytes
 * and symbols as they are, one PDU a frame.
 *
 * <b>Ports</b>
 * - in "in": c32vector of symbols, mean energy 1. Reads task, modality, shape (its first
 *   dimension counts the feature vectors, 1..127), modulation, and frame_id: its low 8
 * bits go on the air, and the modalities of a sample meet by it. Where it is missing the
 *   block counts; a task of several modalities needs it to be grouped.
 * - out "out": c32vector of samples, mean power 1 / samples per symbol; writes profile,
 *   symbols (of all payloads) and overhead. Of several PDUs in one frame, the keys of the
 *   last to come are passed on.
 *
 * <b>Parameters</b>
 * - model: path or name of a model of at most 15 tasks; "": none. Then "in" takes
 *   u8vectors too, sent MSB first and not coded, and reads modulation ("qpsk" where it is
 *   missing) and frame_id alone. 1..8191 symbols
 * - profile: "standard", "multipath", "short" or "ofdm"; the receiver's must be the same
 * - grouping: what one frame holds
 * - pending: samples that may wait for their other modalities, 1..65536; one more, and
 * the oldest is dropped as "incomplete"
 *
 * <b>Errors</b>: make() and the setters throw std::invalid_argument for a profile that is
 * none and for a file that is no model, udeepsc_core::Error for one that cannot be read.
 */
class UDEEPSC_API burst_framer : virtual public pdu_block {
public:
    typedef std::shared_ptr<burst_framer> sptr;

    static sptr make(const std::string& model,
                     const std::string& profile = "standard",
                     frame_grouping grouping = frame_grouping::sample,
                     int pending = 256);

    virtual void set_profile(const std::string& profile) = 0;
    virtual std::string profile() const = 0;
    virtual void set_model(const std::string& path) = 0;
};

} // namespace udeepsc
} // namespace gr
