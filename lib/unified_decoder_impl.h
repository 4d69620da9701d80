// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "inference_worker.h"
#include "model.h"
#include "pdu_block_impl.h"
#include "sample_gatherer.h"
#include <gnuradio/udeepsc/unified_decoder.h>

#include <condition_variable>
#include <mutex>
#include <thread>

namespace gr {
namespace udeepsc {

class unified_decoder_impl : public unified_decoder, public pdu_block_impl {
public:
    unified_decoder_impl(const std::string& model,
                         double default_noise_var,
                         int pending,
                         double gather_ms,
                         int layers,
                         const inference_options& options);
    ~unified_decoder_impl() override;

    bool start() override;
    bool stop() override;
    int queue_depth() const override { return d_worker.depth(); }
    void set_default_noise_var(double noise_var) override;
    double default_noise_var() const override { return d_default_noise_var; }
    void set_gather_ms(double gather_ms) override;
    double gather_ms() const override { return d_gather_ms; }
    void set_layers(int layers) override;
    int layers() const override { return d_layers; }
    std::uint64_t incomplete() const override { return d_incomplete; }
    void set_model(const std::string& path) override { d_model.set(path); }

private:
    using input = std::vector<udeepsc_core::FeatureBlock>; // of one sample
    struct output {
        udeepsc_core::TaskResult result;
        model_sptr model;
    };

    //! What one modality brings to a sample.
    struct part {
        pdu data;
        udeepsc_core::FeatureBlock block;
        std::vector<udeepsc_core::FeatureBlock> context; // of semantic_memory
        steady_clock::time_point arrived;
    };
    using gatherer = sample_gatherer<part>;

    void handle(const pmt::pmt_t& msg);
    // Decodes what came of a sample.
    // The blocks that a whole sample has, by part_name()
    std::vector<std::string> parts_of(const udeepsc_core::TaskInfo& task) const;
    void submit(gatherer::sample&& sample, const udeepsc_core::TaskInfo& task);
    static void add_context(gatherer::sample& sample,
                            const udeepsc_core::TaskInfo& task,
                            input& blocks,
                            pdu& data,
                            std::string& missing);
    void submit_all(std::vector<gatherer::sample>&& samples);
    // The thread that lets samples go whose time is over
    void watch();
    void stop_watching();
    std::vector<output> infer(const std::string& task,
                              const std::vector<input>& inputs) const;
    static pmt::pmt_t render(pdu data, const output& decoded);

    std::atomic<double> d_default_noise_var;
    std::atomic<double> d_gather_ms;
    std::atomic<int> d_layers;
    std::atomic<std::uint64_t> d_incomplete { 0 };
    model_holder d_model;
    std::mutex d_mutex; // of the gatherer and the watching thread
    std::condition_variable d_changed;
    gatherer d_gatherer;
    bool d_stopping = true;
    std::thread d_watcher;
    inference_worker<input, output> d_worker;
};

} // namespace udeepsc
} // namespace gr
