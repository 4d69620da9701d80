// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "objective.h"

#include <chrono>
#include <fstream>
#include <map>
#include <string>

namespace udeepsc_core {

/*! log.jsonl of a training, and its progress on a terminal. */
class TrainLog {
public:
    //! path: file to append to, "" for none; progress: called with each line's text, may
    //! be empty
    TrainLog(const std::string& path, std::function<void(const TrainProgress&)> progress);

    void add(const std::string& task, const StepLoss& loss);
    //! A line of the means since the last one.
    void write(std::int64_t step,
               std::int64_t total,
               double learning_rate,
               std::int64_t skipped_steps);
    double minutes() const;

private:
    using Clock = std::chrono::steady_clock;

    struct Sums {
        std::map<std::string, torch::Tensor> figures; // by name in the log, on the device
        std::int64_t steps = 0;
    };

    std::ofstream d_file;
    std::string d_path;
    std::function<void(const TrainProgress&)> d_progress;
    std::map<std::string, Sums> d_sums;
    std::int64_t d_steps = 0;
    Clock::time_point d_started = Clock::now(), d_since = d_started;
};

} // namespace udeepsc_core
