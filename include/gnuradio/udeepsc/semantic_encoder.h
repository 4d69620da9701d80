// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <gnuradio/udeepsc/inference_options.h>
#include <gnuradio/udeepsc/pdu_block.h>

namespace gr {
namespace udeepsc {

/*!
 * \brief Turns pictures, texts and speech into Transformer features.
 * \ingroup udeepsc
 *
 * Embeds the sample, appends the task embedding and runs the semantic encoder up to the
 * first feature selection module.
 *
 * <b>Ports</b>
 * - in "in": u8vector [height, width, 3] (a modality of kind image), u8vector UTF-8
 *   (text), f32vector [vectors, features] (vectors) or f32vector [frames, channels]
 *   (speech). Reads task, modality (may be left out where the task has only one), shape,
 *   but not of a text, and of a waveform sample_rate, Hz.
 * - out "out": f32vector [tokens + 1, dim]; writes modality, shape and model_id.
 *
 * <b>Errors</b>: make() throws std::invalid_argument naming the parameter, also for an
 * empty path, and udeepsc_core::Error for a file that is no usable model. PDUs are
 * dropped as "bad sample", "unknown task", "wrong modality", "wrong type", "wrong shape",
 * "not finite", "queue full", "network" or "stopped".
 *
 * <b>Source</b>: U-DeepSC, Section III, eq. 5-10.
 */
class UDEEPSC_API semantic_encoder : virtual public pdu_block {
public:
    typedef std::shared_ptr<semantic_encoder> sptr;

    //! \param model path or name of a model file, such as "lite"
    //! \param options how to run it
    static sptr make(const std::string& model, const inference_options& options = {});

    //! Loads another model while running; throws and keeps the old one if it is unusable.
    virtual void set_model(const std::string& path) = 0;
};

} // namespace udeepsc
} // namespace gr
