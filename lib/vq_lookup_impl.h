// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "inference_worker.h"
#include "model.h"
#include "pdu_block_impl.h"
#include <gnuradio/udeepsc/vq_lookup.h>

namespace gr {
namespace udeepsc {

class vq_lookup_impl : public vq_lookup, public pdu_block_impl {
public:
    vq_lookup_impl(const std::string& model,
                   lookup_mode mode,
                   double default_noise_var,
                   const inference_options& options);

    bool start() override;
    bool stop() override;
    int queue_depth() const override { return d_worker.depth(); }
    void set_mode(lookup_mode mode) override { d_mode = mode; }
    lookup_mode mode() const override { return d_mode; }
    void set_default_noise_var(double noise_var) override;
    double default_noise_var() const override { return d_default_noise_var; }
    void set_model(const std::string& path) override { d_model.set(path); }

private:
    using input = udeepsc_core::LinkBlock;
    using output = made_by<udeepsc_core::FeatureBlock>;

    void handle(const pmt::pmt_t& msg);
    std::vector<output> infer(const std::string& task,
                              const std::string& modality,
                              const std::vector<input>& inputs) const;

    udeepsc_core::LinkBlock block_of(const pdu& data,
                                     const route& to,
                                     const udeepsc_core::Transceiver& model) const;

    std::atomic<lookup_mode> d_mode;
    std::atomic<double> d_default_noise_var;
    model_holder d_model;
    inference_worker<input, output> d_worker;
};

} // namespace udeepsc
} // namespace gr
