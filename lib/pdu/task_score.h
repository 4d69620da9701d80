// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "pdu.h"
#include <gnuradio/udeepsc/task_sink.h>
#include <udeepsc_core/result.h>

#include <deque>

namespace gr {
namespace udeepsc {

/*!
 * \brief Running score of one task.
 *
 * Bounded: where the metric is one of a corpus (BLEU) it is that of the last
 * s_corpus_limit results.
 */
class task_score {
public:
    //! Scores one result against the reference of its PDU; NaN where there is none that
    //! fits. Fills result.reference.
    double add(received_result& result, const pmt::pmt_t& reference);

    std::uint64_t count() const { return d_count; }
    std::uint64_t scored() const { return d_scored; }
    //! The task's metric over all results, or over the corpus; NaN if nothing was scored.
    double corpus_score() const;
    double bleu1() const;
    //! Mean of what add() gave; cheap.
    double mean_of_scores() const;

private:
    static constexpr std::size_t s_corpus_limit = 10000;

    struct compared {
        udeepsc_core::TaskResult result;
        udeepsc_core::Sample sent;
    };
    udeepsc_core::TaskScore score_corpus() const;

    std::string d_output; // kind of the results
    std::uint64_t d_count = 0;
    std::uint64_t d_scored = 0;
    double d_sum = 0;
    std::deque<compared> d_corpus;
};

} // namespace udeepsc
} // namespace gr
