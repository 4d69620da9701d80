// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "job_thread.h"

namespace gr {
namespace udeepsc {

/*!
 * \brief Runs a block's work beside the flowgraph, one job after the other, in order.
 *
 * The block's handler submits, one thread processes. What `process` throws is a counted
 * drop of that job. The plain sibling of inference_worker, which batches.
 */
template <typename Job> class pdu_worker {
public:
    using process_function = std::function<void(Job&)>;

    pdu_worker(pdu_block_impl& owner,
               int queue,
               overflow_policy policy,
               process_function process)
        : d_owner(owner)
        , d_process(std::move(process))
        , d_jobs(owner, { queue, policy, 1, 0 }, [this](std::vector<Job>& jobs) {
            process_one(jobs.front());
        })
    { }

    void start() { d_jobs.start(); }
    void stop() { d_jobs.stop(); }
    void submit(Job&& job) { d_jobs.submit(std::move(job)); }
    //! See job_thread.
    void wait_for_room() { d_jobs.wait_for_room(); }
    int depth() const { return d_jobs.depth(); }

private:
    void process_one(Job& job)
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
    const process_function d_process;
    job_thread<Job> d_jobs; // last: its thread uses what is above
};

} // namespace udeepsc
} // namespace gr
