// SPDX-License-Identifier: GPL-3.0-or-later
#include "eval_layers.h"

#include <udeepsc_core/error.h>

#include <algorithm>
#include <cmath>
#include <set>

using namespace udeepsc_core;

namespace {

// "2:noise"
void read_replacement(const std::string& text, EvalOptions& eval)
{
    const auto colon = text.find(':');
    const auto number = text.substr(0, colon);
    if (colon == std::string::npos || number.size() != 1 || number < "1" || number > "8")
        throw Error("--replace: got \"" + text
                    + "\", expected LAYER:noise, LAYER:other or LAYER:lost, such as "
                      "2:noise");
    eval.replaced_layer = std::stoi(number);
    eval.replaced_by = text.substr(colon + 1);
}

} // namespace

void add_layer_options(CLI::App& command, EvalOptions& eval, CutOptions& cut)
{
    command
        .add_option("--layers",
                    eval.layers,
                    "of outputs in layers: decode the first so many, for example 1,2,4; "
                    "by default 1, 2 ... all, a line each")
        ->delimiter(',');
    command
        .add_option("--cut",
                    cut.shares,
                    "of outputs in layers: shares of the symbols that are lost from the "
                    "end, in percent, a line each: 0,10,50,90")
        ->delimiter(',')
        ->check(CLI::Range(0.0, 100.0));
    command
        .add_option_function<std::string>(
            "--protection",
            [&eval](const std::string& path) { eval.protection = read_protection(path); },
            "of the layers: power and repetitions of each, a file of `udeepsc bench "
            "protection`")
        ->check(CLI::ExistingFile);
    command.add_option_function<std::string>(
        "--replace",
        [&eval](const std::string& text) { read_replacement(text, eval); },
        "a layer is not what was sent: 2:noise, 2:other (another sample's) or 2:lost "
        "(and the receiver knows)");
}

int layers_left(const TaskInfo& task, const Protection& protection, double lost)
{
    if (task.layer_count() == 0)
        throw Error("--cut: task " + task.name + " does not come in layers");
    const auto& sizes = task.layers.begin()->second;
    double sum = 0;
    std::vector<double> ends;
    for (std::size_t l = 0; l < sizes.size(); ++l) {
        sum += protection_of(protection, static_cast<int>(l)).repetitions * sizes[l];
        ends.push_back(sum);
    }
    const double left = std::floor((1 - lost) * sum + 1e-9);
    const auto count = std::count_if(
        ends.begin(), ends.end(), [left](double end) { return end <= left; });
    if (count == 0)
        throw Error("--cut: of " + std::to_string(static_cast<int>(sum)) + " symbols "
                    + std::to_string(static_cast<int>(left))
                    + " are left, expected those of layer 1 at least, "
                    + std::to_string(static_cast<int>(ends[0])));
    return static_cast<int>(count);
}

std::vector<CutResult> evaluate_cut(const Transceiver& model,
                                    EvalOptions eval,
                                    const CutOptions& cut,
                                    const std::vector<double>& snr_db)
{
    const auto& task = model.info().task(eval.task);
    if (!eval.layers.empty())
        throw Error("--cut: expected no --layers beside it: what is left is decoded");
    std::vector<int> left;
    for (double percent : cut.shares)
        left.push_back(layers_left(task, eval.protection, percent / 100));
    const std::set<int> counts(left.begin(), left.end());
    eval.layers.assign(counts.begin(), counts.end());
    const auto results = evaluate(model, eval, snr_db);
    std::vector<CutResult> lines;
    for (double snr : snr_db)
        for (std::size_t i = 0; i < left.size(); ++i)
            for (const auto& result : results)
                if (result.snr_db == snr && result.layer == left[i])
                    lines.push_back({ cut.shares[i] / 100, result });
    return lines;
}

void add_gains(std::vector<EvalResult>& results)
{
    for (std::size_t i = 1; i < results.size(); ++i) {
        auto& r = results[i];
        const auto& before = results[i - 1];
        if (r.layer <= 1 || before.layer >= r.layer || before.snr_db != r.snr_db)
            continue;
        const auto gain = paired_difference(r, before);
        r.also["gain"] = gain.value;
        r.also["gain_ci95"] = gain.ci95;
        if (!r.each_also.count("recall"))
            continue;
        const auto recall = paired_difference(r, before, "recall");
        r.also["recall_gain"] = recall.value;
        r.also["recall_gain_ci95"] = recall.ci95;
    }
}
