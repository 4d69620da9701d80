// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "job_thread.h"
#include <udeepsc_core/transceiver.h>

#include <map>
#include <optional>
#include <utility>
#include <vector>

namespace gr {
namespace udeepsc {

//! PDUs to send, mostly one.
struct rendered : std::vector<pmt::pmt_t> {
    using std::vector<pmt::pmt_t>::vector;
    rendered(const pmt::pmt_t& message)
        : std::vector<pmt::pmt_t> { message }
    { }
};

/*!
 * \brief Runs one stage of the network beside the flowgraph.
 *
 * The block's handler submits; one thread takes what waits, runs it in batches of equal
 * task and modality, and sends the results in the order of submission. Nothing it does
 * can throw: a sample that the network refuses is dropped, the others of its batch go on.
 *
 * Input is the stage's input for one sample, Output what the network makes of it.
 */
template <typename Input, typename Output> class inference_worker {
public:
    struct job {
        pdu data;
        std::string task;
        std::string modality; // empty for the decoder
        Input input;
        steady_clock::time_point arrived;
    };

    //! Runs a batch of equal task and modality. May throw.
    using infer_function = std::function<std::vector<Output>(
        const std::string& task, const std::string& modality, const std::vector<Input>&)>;
    //! Turns a result into what to send. May throw.
    using render_function = std::function<rendered(pdu data, const Output& output)>;

    inference_worker(pdu_block_impl& owner,
                     const inference_options& options,
                     infer_function infer,
                     render_function render)
        : d_owner(owner)
        , d_infer(std::move(infer))
        , d_render(std::move(render))
        , d_jobs(
              owner,
              { options.queue, options.policy, options.batch, options.max_wait_ms },
              [this](std::vector<job>& batch) { process(batch); },
              [threads = options.threads] { udeepsc_core::set_threads(threads); })
    { }

    void start() { d_jobs.start(); }
    void stop() { d_jobs.stop(); }
    void submit(job&& work) { d_jobs.submit(std::move(work)); }
    int depth() const { return d_jobs.depth(); }

private:
    void process(std::vector<job>& batch)
    {
        std::map<std::pair<std::string, std::string>, std::vector<std::size_t>> groups;
        for (std::size_t i = 0; i < batch.size(); i++) {
            groups[{ batch[i].task, batch[i].modality }].push_back(i);
        }
        std::vector<std::optional<Output>> outputs(batch.size());
        for (const auto& group : groups) {
            infer_group(batch, group.second, outputs);
        }
        for (std::size_t i = 0; i < batch.size(); i++) {
            if (outputs[i]) {
                send(batch[i], *outputs[i]);
            }
        }
    }

    void infer_group(std::vector<job>& batch,
                     const std::vector<std::size_t>& members,
                     std::vector<std::optional<Output>>& outputs)
    {
        std::vector<Input> inputs;
        for (const std::size_t i : members) {
            inputs.push_back(std::move(batch[i].input));
        }
        const job& first = batch[members.front()];
        try {
            auto results = d_infer(first.task, first.modality, inputs);
            if (results.size() != members.size()) {
                throw std::runtime_error(
                    "the network gave " + std::to_string(results.size()) + " results for "
                    + std::to_string(members.size()) + " samples");
            }
            for (std::size_t i = 0; i < members.size(); i++) {
                outputs[members[i]] = std::move(results[i]);
            }
        } catch (const std::exception& e) {
            if (members.size() == 1) {
                d_owner.drop(reasons::NETWORK, e.what());
                return;
            }
            // One of them spoils the batch: find out which.
            for (std::size_t i = 0; i < members.size(); i++) {
                batch[members[i]].input = std::move(inputs[i]);
                infer_group(batch, { members[i] }, outputs);
            }
        }
    }

    void send(job& done, const Output& output)
    {
        try {
            for (const auto& message : d_render(std::move(done.data), output)) {
                d_jobs.wait_for_room();
                d_owner.send(message, done.arrived);
            }
        } catch (const std::exception& e) {
            d_owner.drop(reasons::NETWORK, e.what());
        }
    }

    pdu_block_impl& d_owner;
    const infer_function d_infer;
    const render_function d_render;
    job_thread<job> d_jobs; // last: its thread uses what is above
};

} // namespace udeepsc
} // namespace gr
