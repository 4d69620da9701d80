// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <gnuradio/udeepsc/inference_options.h>
#include <gnuradio/udeepsc/pdu_block.h>

namespace gr {
namespace udeepsc {

/*!
 * \brief Keeps the features worth sending: few over a good channel, more over a bad one.
 * \ingroup udeepsc
 *
 * The last channel encoder blocks with their feature selection modules. Dropped vectors
 * are removed, so it is also faster the fewer it keeps.
 *
 * <b>Ports</b>
 * - in "in": f32vector [tokens + 1, dim] of semantic_encoder. Reads task, modality,
 * shape.
 * - in "snr": Es/N0 in dB, for the PDUs that follow: a number, a pair (snr_db . number)
 * or a dict that holds snr_db. Anything else, NaN and infinity included, is a counted
 * drop.
 * - out "out": f32vector [kept, subvectors * subvector_dim]; writes shape, kept,
 *   candidates, snr_db, model_id.
 *
 * <b>Errors</b>: make() throws std::invalid_argument naming the parameter, also for an
 * empty path, and udeepsc_core::Error for a file that is no usable model. PDUs are
 * dropped as "bad snr" (messages to "snr"), "unknown task", "wrong modality", "wrong
 * type", "wrong shape", "not finite", "queue full", "network" or "stopped".
 *
 * <b>Source</b>: U-DeepSC, Section IV, eq. 11-20.
 */
class UDEEPSC_API feature_selector : virtual public pdu_block {
public:
    typedef std::shared_ptr<feature_selector> sptr;

    //! \param model path or name of a model file, such as "lite"
    //! \param snr_db Es/N0 in dB until a message says otherwise, -100..100
    //! \param options how to run it
    static sptr
    make(const std::string& model, double snr_db, const inference_options& options = {});

    //! Es/N0 in dB, -100..100, for the PDUs that follow.
    virtual void set_snr_db(double snr_db) = 0;
    virtual double snr_db() const = 0;
    //! Loads another model while running; throws and keeps the old one if it is unusable.
    virtual void set_model(const std::string& path) = 0;
};

} // namespace udeepsc
} // namespace gr
