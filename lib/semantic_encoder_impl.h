// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "inference_worker.h"
#include "model.h"
#include "pdu_block_impl.h"
#include <gnuradio/udeepsc/semantic_encoder.h>

namespace gr {
namespace udeepsc {

class semantic_encoder_impl : public semantic_encoder, public pdu_block_impl {
public:
    semantic_encoder_impl(const std::string& model, const inference_options& options);

    bool start() override;
    bool stop() override;
    int queue_depth() const override { return d_worker.depth(); }
    void set_model(const std::string& path) override { d_model.set(path); }

private:
    using input = udeepsc_core::SourceSample;
    using output = made_by<udeepsc_core::FeatureMatrix>;

    void handle(const pmt::pmt_t& msg);
    std::vector<output> infer(const std::string& task,
                              const std::string& modality,
                              const std::vector<input>& samples) const;

    model_holder d_model;
    inference_worker<input, output> d_worker;
};

} // namespace udeepsc
} // namespace gr
