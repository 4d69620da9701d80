// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "inference_worker.h"
#include "model.h"
#include "pdu_block_impl.h"
#include <gnuradio/udeepsc/feature_selector.h>

namespace gr {
namespace udeepsc {

class feature_selector_impl : public feature_selector, public pdu_block_impl {
public:
    feature_selector_impl(const std::string& model,
                          double snr_db,
                          const inference_options& options);

    bool start() override;
    bool stop() override;
    int queue_depth() const override { return d_worker.depth(); }
    void set_snr_db(double snr_db) override;
    double snr_db() const override { return d_snr_db; }
    void set_model(const std::string& path) override { d_model.set(path); }

private:
    struct input {
        udeepsc_core::FeatureMatrix features;
        double snr_db; // of the moment the PDU came in
    };
    struct output {
        udeepsc_core::Selection selection;
        double snr_db;
        std::string model_id;
    };

    void handle(const pmt::pmt_t& msg);
    std::vector<output> infer(const std::string& task,
                              const std::string& modality,
                              const std::vector<input>& inputs) const;
    static pmt::pmt_t render(pdu data, const output& result);

    std::atomic<double> d_snr_db;
    model_holder d_model;
    inference_worker<input, output> d_worker;
};

} // namespace udeepsc
} // namespace gr
