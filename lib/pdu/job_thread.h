// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "bounded_queue.h"
#include "pdu_block_impl.h"

#include <deque>
#include <functional>
#include <thread>
#include <vector>

namespace gr {
namespace udeepsc {

/*!
 * \brief A thread beside the flowgraph, and the queue from which it takes its jobs.
 *
 * The block's message handler submits; the thread takes what waits, at most `batch` jobs
 * at a time, in order. What does not fit the queue is a counted drop of the block's.
 */
template <typename Job> class job_thread {
public:
    struct options {
        int queue;
        overflow_policy policy;
        int batch;
        double max_wait_ms; // for a batch to fill
        //! How many of the jobs that wait fill a batch, 0 while more may come in; empty:
        //! `batch` of them.
        std::function<std::size_t(const std::deque<Job>&)> filled = {};
    };
    //! Must not throw.
    using process_function = std::function<void(std::vector<Job>&)>;

    //! begin: runs in the thread, before its first job
    job_thread(
        pdu_block_impl& owner,
        const options& how,
        process_function process,
        std::function<void()> begin = [] {})
        : d_owner(owner)
        , d_options(how)
        , d_process(std::move(process))
        , d_begin(std::move(begin))
        , d_queue(how.queue, how.policy)
    {
        if (!d_options.filled) {
            d_options.filled = [limit = static_cast<std::size_t>(how.batch)](
                                   const std::deque<Job>& jobs) {
                return jobs.size() >= limit ? limit : 0;
            };
        }
    }

    ~job_thread() { stop(); }

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
                         "more than " + std::to_string(d_options.queue) + " PDUs wait");
            break;
        case outcome::closed:
            d_owner.drop(reasons::STOPPED, "the flowgraph is stopped");
            break;
        }
    }

    //! From `process`: waits until the next block has room, if nothing may be lost.
    void wait_for_room()
    {
        while (d_options.policy == overflow_policy::block && !d_stopping
               && d_owner.congested()) {
            std::this_thread::sleep_for(std::chrono::microseconds(500));
        }
    }

    int depth() const { return static_cast<int>(d_queue.size()) + d_in_flight; }

private:
    static constexpr auto s_drain_time = std::chrono::milliseconds(500);

    void run()
    {
        d_begin();
        for (;;) {
            auto jobs = d_queue.pop_batch(d_options.filled, d_options.max_wait_ms);
            if (jobs.empty()) {
                return;
            }
            if (d_stopping && steady_clock::now() > d_drain_until) {
                d_owner.drop(reasons::STOPPED,
                             "the flowgraph stopped before these were done",
                             jobs.size() + d_queue.clear());
                return;
            }
            d_in_flight = static_cast<int>(jobs.size());
            d_process(jobs);
            d_in_flight = 0;
        }
    }

    pdu_block_impl& d_owner;
    options d_options; // not changed once made
    const process_function d_process;
    const std::function<void()> d_begin;
    bounded_queue<Job> d_queue;
    std::atomic<int> d_in_flight { 0 };
    std::atomic<bool> d_stopping { false };
    steady_clock::time_point d_drain_until; // written before d_stopping, read after it
    std::thread d_thread;
};

} // namespace udeepsc
} // namespace gr
