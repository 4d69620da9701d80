// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "bounded_queue.h"
#include "pdu_block_impl.h"

#include <thread>

namespace gr {
namespace udeepsc {

/*!
 * \brief Runs a block's work beside the flowgraph, one job after the other, in order.
 *
 * The block's handler submits, one thread processes. What `process` throws is a counted
 * drop of that job. The plain sibling of inference_worker, which batches.
 */
template <typename Job>
class pdu_worker
{
public:
    using process_function = std::function<void(Job&)>;

    pdu_worker(pdu_block_impl& owner,
               int queue,
               overflow_policy policy,
               process_function process)
        : d_owner(owner),
          d_limit(queue),
          d_policy(policy),
          d_process(std::move(process)),
          d_queue(queue, policy)
    {
    }

    ~pdu_worker() { stop(); }

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
    void submit(Job&& job)
    {
        using outcome = typename bounded_queue<Job>::outcome;
        outcome result = outcome::closed;
        try {
            result = d_queue.push(std::move(job));
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
                         "more than " + std::to_string(d_limit) + " PDUs wait");
            break;
        case outcome::closed:
            d_owner.drop(reasons::STOPPED, "the flowgraph is stopped");
            break;
        }
    }

    //! From `process`: waits until the next block has room, if nothing may be lost.
    void wait_for_room()
    {
        while (d_policy == overflow_policy::block && !d_stopping && d_owner.congested()) {
            std::this_thread::sleep_for(std::chrono::microseconds(500));
        }
    }

    int depth() const { return static_cast<int>(d_queue.size()) + d_in_flight; }

private:
    static constexpr auto s_drain_time = std::chrono::milliseconds(500);

    void run()
    {
        for (;;) {
            auto jobs = d_queue.pop_batch(1, 0);
            if (jobs.empty()) {
                return;
            }
            if (d_stopping && steady_clock::now() > d_drain_until) {
                d_owner.drop(reasons::STOPPED,
                             "the flowgraph stopped before these were done",
                             jobs.size() + d_queue.clear());
                return;
            }
            d_in_flight = 1;
            process(jobs.front());
            d_in_flight = 0;
        }
    }

    void process(Job& job)
    {
        try {
            d_process(job);
        } catch (const bad_pdu& e) {
            d_owner.drop(e.reason(), e.what());
        } catch (const std::exception& e) {
            d_owner.drop(reasons::BAD_SAMPLE, e.what());
        }
    }

    pdu_block_impl& d_owner;
    const int d_limit;
    const overflow_policy d_policy;
    const process_function d_process;
    bounded_queue<Job> d_queue;
    std::atomic<int> d_in_flight{ 0 };
    std::atomic<bool> d_stopping{ false };
    steady_clock::time_point d_drain_until; // written before d_stopping, read after it
    std::thread d_thread;
};

} // namespace udeepsc
} // namespace gr
