// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "inference_worker.h"
#include "model.h"
#include "pdu_block_impl.h"
#include <gnuradio/udeepsc/vq_indexer.h>
#include <atomic>

namespace gr {
namespace udeepsc {

class vq_indexer_impl : public vq_indexer, public pdu_block_impl {
public:
    vq_indexer_impl(const std::string& model,
                    int layers,
                    const inference_options& options);

    bool start() override;
    bool stop() override;
    int queue_depth() const override { return d_worker.depth(); }
    void set_layers(int layers) override;
    int layers() const override { return d_layers; }
    void set_model(const std::string& path) override { d_model.set(path); }

private:
    using input = udeepsc_core::FeatureMatrix;
    struct output {
        std::vector<std::uint16_t> indices;
        std::string task;
        std::string modality;
        int layers; // to send at most; 0: all
        model_sptr model;
    };

    void handle(const pmt::pmt_t& msg);
    std::vector<output> infer(const std::string& task,
                              const std::string& modality,
                              const std::vector<input>& features) const;
    static rendered render(pdu data, const output& result);

    std::atomic<int> d_layers;
    model_holder d_model;
    inference_worker<input, output> d_worker;
};

} // namespace udeepsc
} // namespace gr
