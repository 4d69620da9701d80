// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "pdu_block_impl.h"
#include "picture_board.h"
#include "result_record.h"
#include "task_score.h"
#include <gnuradio/udeepsc/task_sink.h>

#include <condition_variable>
#include <deque>
#include <mutex>

namespace gr {
namespace udeepsc {

class task_sink_impl : public task_sink, public pdu_block_impl {
public:
    task_sink_impl(const std::string& task,
                   int keep,
                   const std::string& record,
                   int columns,
                   int rows);

    std::uint64_t count(const std::string& task) const override;
    std::uint64_t scored(const std::string& task) const override;
    double mean_score(const std::string& task) const override;
    double bleu1(const std::string& task) const override;
    std::vector<std::string> tasks() const override;
    std::vector<received_result> results() const override;
    std::vector<std::string> pictures() const override;
    std::vector<std::uint8_t>
    picture(const std::string& name, int& height, int& width) const override;
    bool wait_for(std::uint64_t n, double timeout_s) const override;
    void reset() override;

private:
    void handle(const pmt::pmt_t& msg);
    void lay_tile(const received_result& result, const pdu& data);
    pmt::pmt_t task_stats(const received_result& result) const;

    const std::string d_task;
    const std::size_t d_keep;
    const int d_columns, d_rows; // of pictures without a name
    result_record d_record; // block's thread only

    mutable std::mutex d_mutex; // guards what follows
    mutable std::condition_variable d_arrived;
    std::uint64_t d_count = 0;
    std::deque<received_result> d_results;
    std::map<std::string, task_score> d_scores; // by task
    picture_board d_board;
};

} // namespace udeepsc
} // namespace gr
