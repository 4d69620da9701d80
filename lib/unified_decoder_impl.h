// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "inference_worker.h"
#include "model.h"
#include "modality_gatherer.h"
#include "pdu_block_impl.h"
#include <gnuradio/udeepsc/unified_decoder.h>

namespace gr {
namespace udeepsc {

class unified_decoder_impl : public unified_decoder, public pdu_block_impl
{
public:
    unified_decoder_impl(const std::string& model,
                         double default_noise_var,
                         int pending,
                         const inference_options& options);

    bool start() override;
    bool stop() override;
    int queue_depth() const override { return d_worker.depth(); }
    void set_default_noise_var(double noise_var) override;
    double default_noise_var() const override { return d_default_noise_var; }
    void set_model(const std::string& path) override { d_model.set(path); }

private:
    struct input {
        std::vector<udeepsc_core::FeatureMatrix> features; // in the order of the modalities
        float noise_var;
    };
    struct output {
        udeepsc_core::TaskResult result;
        model_sptr model;
    };

    //! What one modality brings to a sample.
    struct part {
        udeepsc_core::FeatureMatrix features;
        float noise_var;
    };

    void handle(const pmt::pmt_t& msg);
    std::vector<output> infer(const std::string& task, const std::vector<input>& inputs) const;
    static pmt::pmt_t render(pdu data, const output& decoded);

    std::atomic<double> d_default_noise_var;
    model_holder d_model;
    modality_gatherer<part> d_gatherer; // of the block's thread
    inference_worker<input, output> d_worker;
};

} // namespace udeepsc
} // namespace gr
