// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "bounded_queue.h"
#include "pdu_block_impl.h"
#include <udeepsc_core/transceiver.h>

#include <map>
#include <optional>
#include <thread>
#include <utility>

namespace gr {
namespace udeepsc {

/*!
 * \brief Runs one stage of the network beside the flowgraph.
 *
 * The block's handler submits; one thread takes what waits, runs it in batches of equal
 * task and modality, and sends the results in the order of submission. Nothing it does
 * can throw: a sample that the network refuses is dropped, the others of its batch go on.
 *
 * Input is the stage's input for one sample, Output what the network makes of it.
 */
template <typename Input, typename Output>
class inference_worker
{
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
    //! Turns a result into the PDU to send. May throw.
    using render_function = std::function<pmt::pmt_t(pdu data, const Output& output)>;

    inference_worker(pdu_block_impl& owner,
                     const inference_options& options,
                     infer_function infer,
                     render_function render)
        : d_owner(owner),
          d_options(options),
          d_infer(std::move(infer)),
          d_render(std::move(render)),
          d_queue(options.queue, options.policy)
    {
    }

    ~inference_worker() { stop(); }

    void start()
    {
        stop();
        d_queue.open();
        d_stopping = false;
        d_thread = std::thread([this] { run(); });
    }

    //! Finishes what waits, for up to s_drain_time, and drops the rest.
    void stop()
    {
        if (!d_thread.joinable()) {
            return;
        }
        d_drain_until = steady_clock::now() + s_drain_time;
        d_stopping = true;
        d_queue.close();
        d_thread.join();
    }

    //! Called from the message handler; with overflow_policy::block it waits for room.
    void submit(job&& work)
    {
        using outcome = typename bounded_queue<job>::outcome;
        outcome result = outcome::closed;
        try {
            result = d_queue.push(std::move(work));
        } catch (const boost::thread_interrupted&) {
            d_owner.drop(reasons::STOPPED, "the flowgraph is stopped");
            throw; // the scheduler waits for it
        }
        switch (result) {
        case outcome::queued:
            break;
        case outcome::dropped_oldest:
        case outcome::dropped_newest:
            d_owner.drop(reasons::QUEUE_FULL,
                         "more than " + std::to_string(d_options.queue) + " PDUs wait");
            break;
        case outcome::closed:
            d_owner.drop(reasons::STOPPED, "the flowgraph is stopped");
            break;
        }
    }

    int depth() const { return static_cast<int>(d_queue.size()) + d_in_flight; }

private:
    static constexpr auto s_drain_time = std::chrono::milliseconds(500);

    void run()
    {
        udeepsc_core::set_threads(d_options.threads);
        for (;;) {
            auto batch = d_queue.pop_batch(d_options.batch, d_options.max_wait_ms);
            if (batch.empty()) {
                return;
            }
            if (d_stopping && steady_clock::now() > d_drain_until) {
                d_owner.drop(reasons::STOPPED,
                             "the flowgraph stopped before these were done",
                             batch.size() + d_queue.clear());
                return;
            }
            d_in_flight = static_cast<int>(batch.size());
            process(batch);
            d_in_flight = 0;
        }
    }

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
                throw std::runtime_error("the network gave " +
                                         std::to_string(results.size()) + " results for " +
                                         std::to_string(members.size()) + " samples");
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
            const pmt::pmt_t message = d_render(std::move(done.data), output);
            if (d_options.policy == overflow_policy::block) {
                while (!d_stopping && d_owner.congested()) {
                    std::this_thread::sleep_for(std::chrono::microseconds(500));
                }
            }
            d_owner.send(message, done.arrived);
        } catch (const std::exception& e) {
            d_owner.drop(reasons::NETWORK, e.what());
        }
    }

    pdu_block_impl& d_owner;
    const inference_options d_options;
    const infer_function d_infer;
    const render_function d_render;
    bounded_queue<job> d_queue;
    std::atomic<int> d_in_flight{ 0 };
    std::atomic<bool> d_stopping{ false };
    steady_clock::time_point d_drain_until; // written before d_stopping, read after it
    std::thread d_thread;
};

} // namespace udeepsc
} // namespace gr
