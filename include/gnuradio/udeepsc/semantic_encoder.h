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
 * - in "in": u8vector [height, width, 3] (modality image), u8vector UTF-8 (text) or
 *   f32vector [frames, features] (speech). Reads task, modality (may be left out where
 * the task has only one) and, for image and speech, shape.
 * - out "out": f32vector [tokens + 1, dim]; writes modality, shape and model_id.
 *
 * <b>Source</b>: U-DeepSC, Section III, eq. 5-10.
 */
class UDEEPSC_API semantic_encoder : virtual public pdu_block {
public:
    typedef std::shared_ptr<semantic_encoder> sptr;

    //! \param model path of a model file
    //! \param options how to run it
    static sptr make(const std::string& model, const inference_options& options = {});

    //! Loads another model while running; throws and keeps the old one if it is unusable.
    virtual void set_model(const std::string& path) = 0;
};

} // namespace udeepsc
} // namespace gr
