// SPDX-License-Identifier: GPL-3.0-or-later
#include "train_log.h"

#include <udeepsc_core/log.h>

#include <nlohmann/json.hpp>

#include <algorithm>

namespace udeepsc_core {

TrainLog::TrainLog(const std::string& path,
                   std::function<void(const TrainProgress&)> progress)
    : d_path(path)
    , d_progress(std::move(progress))
{
    if (!path.empty())
        d_file.open(path, std::ios::app);
}

void TrainLog::add(const std::string& task, const StepLoss& loss)
{
    auto& sums = d_sums[task];
    sums.loss.task += loss.task;
    sums.loss.score += loss.score;
    sums.loss.auxiliary += loss.auxiliary;
    sums.loss.codebook += loss.codebook;
    sums.loss.selection += loss.selection;
    sums.loss.keep_ratio += loss.keep_ratio;
    ++sums.steps;
    ++d_steps;
}

double TrainLog::minutes() const
{
    return std::chrono::duration<double>(Clock::now() - d_started).count() / 60;
}

void TrainLog::write(std::int64_t step,
                     std::int64_t total,
                     double learning_rate,
                     std::int64_t skipped_steps)
{
    const std::chrono::duration<double> taken = Clock::now() - d_since;
    TrainProgress progress;
    progress.step = step;
    progress.total = total;
    progress.steps_per_second
        = static_cast<double>(d_steps) / std::max(1e-9, taken.count());
    nlohmann::json line = { { "step", step },
                            { "learning_rate", learning_rate },
                            { "seconds", 60 * minutes() },
                            { "skipped_steps", skipped_steps } };
    for (const auto& s : d_sums) {
        const double n = static_cast<double>(std::max<std::int64_t>(1, s.second.steps));
        const auto& loss = s.second.loss;
        line[s.first] = {
            { "loss", loss.task / n },           { "score", loss.score / n },
            { "auxiliary", loss.auxiliary / n }, { "codebook", loss.codebook / n },
            { "selection", loss.selection / n }, { "keep_ratio", loss.keep_ratio / n }
        };
        progress.scores[s.first] = loss.score / n;
    }
    line["steps_per_second"] = progress.steps_per_second;
    if (!d_path.empty()) {
        d_file << line.dump() << std::endl;
        if (!d_file)
            log_warning(d_path + " cannot be written; training goes on");
    }
    if (d_progress)
        d_progress(progress);
    d_since = Clock::now();
    d_sums.clear();
    d_steps = 0;
}

} // namespace udeepsc_core
