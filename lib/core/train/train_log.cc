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
    const std::pair<const char*, torch::Tensor> figures[]
        = { { "loss", loss.task },           { "score", loss.score },
            { "auxiliary", loss.auxiliary }, { "codebook", loss.codebook },
            { "selection", loss.selection }, { "keep_ratio", loss.keep_ratio } };
    const auto add = [&](const std::string& name, const torch::Tensor& figure) {
        auto& sum = sums.figures[name];
        const auto value = figure.to(torch::kFloat);
        sum = sum.defined() ? sum + value : value;
    };
    for (const auto& f : figures)
        add(f.first, f.second);
    for (const auto& f : loss.also)
        add(f.first, f.second);
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
        for (const auto& f : s.second.figures)
            line[s.first][f.first] = f.second.item<float>() / n;
        progress.scores[s.first] = line[s.first]["score"].get<double>();
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
