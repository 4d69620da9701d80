// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <gnuradio/udeepsc/inference_options.h>
#include <gnuradio/udeepsc/pdu_block.h>

namespace gr {
namespace udeepsc {

/*!
 * \brief Detected bursts -> equalised symbols with the noise of each.
 * \ingroup udeepsc
 *
 * One worker thread; one PDU for each payload that arrived whole and that this receiver's
 * model can read.
 *
 * <b>Ports</b>
 * - in "in": c32vector of samples, from burst_detector. Reads sample, first_sample,
 * timing, cfo.
 * - out "out": c32vector of symbols, gain 1 and phase 0; writes task, modality,
 * modulation, shape [vectors, subvectors], symbols, noise_var (f32vector, one per
 * symbol), snr_db (Es/N0 as measured), frame_id (unwrapped from the 8 bits on the air,
 * task by task and source by source), source, destination, layer, model_id, profile,
 * sample, end_sample, timing, cfo, clock_ppm, power; kept and candidates where the frame
 * tells positions, integrity where a check came along, copies (how many are in it) where
 * the parameter is above 1.
 * - out "snr": for every frame that gave a payload, a dict with snr_db and sample, as
 *   csi_feedback takes it.
 * - out "control": short messages as burst_framer's "control" takes them, with the keys
 * of the frame.
 *
 * <b>Parameters</b>
 * - model: path or name of a model; payloads for another are dropped as "other model".
 *   "": none. Then bytes arrive as u8vectors by hard decisions (task "raw", modality
 *   "bytes"), symbols with modality "symbols"; a model's payloads arrive as symbols, too,
 *   with "task N" and "modality N" by their numbers in the header
 * - profile: "standard", "multipath", "short" or "ofdm", the transmitter's
 * - window: a payload whose number is one of the last so many of its task and source and
 *   was there in the last 2 s, and whose symbols are the same as far as noise lets one
 *   tell, is a "duplicate" and dropped, 0..128; 0: none is
 * - queue: bursts that may wait, 1..65536
 * - policy: what happens to a burst that finds the queue full
 * - address: this receiver's, 0..254; frames for another are dropped as "other address"
 * - key: file with the key that frames must be signed with, burst_framer's; others are
 *   "not authentic", those that were there "old frame"; "": any frame will do. Payload
 *   symbols are not signed: docs/security.md
 * - copies: how often the transmitter sends each frame, burst_framer's, 1..8; above 1 the
 *   copies are added up symbol by symbol, each with the weight of 1 / noise, and what
 *   cannot be read in one header is read in several. A frame goes out with its last copy,
 *   when another frame of its source comes, or after 2 s; snr_db is that of the sum
 *
 * <b>Errors</b>: make() and the setters throw std::invalid_argument for a profile that is
 * none and for a file that is no model, udeepsc_core::Error for one that cannot be read.
 * A key file that is none is refused with std::invalid_argument.
 * Bursts: "no header", "bad header", "other version", "lost description", "cut" (the
 * payloads that are whole are sent all the same), "not finite". Payloads: "not
 * authentic", "old frame", "other address", "other model", "unknown task", "wrong
 * modality", "wrong shape", "wrong modulation", "duplicate". Frames whose number others
 * bear that came more often: "unlike copy".
 *
 * <b>Source</b>: include/udeepsc_phy/burst_demodulator.h.
 */
class UDEEPSC_API burst_demodulator : virtual public pdu_block {
public:
    typedef std::shared_ptr<burst_demodulator> sptr;

    static sptr make(const std::string& model,
                     const std::string& profile = "standard",
                     int window = 8,
                     int queue = 64,
                     overflow_policy policy = overflow_policy::block,
                     int address = 0,
                     const std::string& key = "",
                     int copies = 1);

    virtual void set_profile(const std::string& profile) = 0;
    virtual std::string profile() const = 0;
    //! The numbering of frames begins anew.
    virtual void set_model(const std::string& path) = 0;
    //! As set_model().
    virtual void set_window(int window) = 0;
    virtual int window() const = 0;
    //! Es/N0 of the last frame in dB; NaN before the first.
    virtual double snr_db() const = 0;
};

} // namespace udeepsc
} // namespace gr
