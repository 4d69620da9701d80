// SPDX-License-Identifier: GPL-3.0-or-later
#include "commands.h"
#include "eval_layers.h"
#include "radio_link.h"

#include <udeepsc_core/dataset.h>
#include <udeepsc_core/error.h>
#include <udeepsc_core/evaluator.h>
#include <udeepsc_core/log.h>
#include <udeepsc_core/threads.h>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <iostream>
#include <memory>

using namespace udeepsc_core;

namespace {

struct Options {
    std::string model;
    std::vector<std::string> tasks;
    std::vector<double> snr_db { -6, 0, 6, 12 };
    EvalOptions eval;
    CutOptions cut;
    std::string profile = "standard", multipath = "none";
    std::string dtype = "fp32";
    std::string mask_file = "auto";
    int threads = 1;
    bool json = false;
};

// lost: share of the symbols, from the end; below 0: nothing was cut
void print_json(const EvalResult& r,
                const std::string& selection,
                const Options& o,
                double lost = -1)
{
    nlohmann::ordered_json line
        = { { "task", r.task },     { "dataset", r.dataset }, { "channel", r.channel },
            { "snr_db", r.snr_db }, { "metric", r.metric },   { "value", r.value },
            { "ci95", r.ci95 } };
    if (r.channel == "none")
        line["snr_db"] = nullptr;
    if (r.layer > 0)
        line["layer"] = r.layer;
    if (lost >= 0)
        line["cut"] = lost;
    if (o.eval.replaced_layer > 0)
        line["replaced"]
            = std::to_string(o.eval.replaced_layer) + ":" + o.eval.replaced_by;
    if (!o.eval.protection.empty())
        line["protected"] = true;
    for (const auto& also : r.also)
        line[also.first] = also.second;
    line["symbols_mean"] = r.symbols_mean;
    line["bits_mean"] = r.bits_mean;
    line["vectors_mean"] = r.vectors_mean;
    line["energy_mean"] = r.energy_mean;
    line["memory"] = o.eval.memory;
    line["lose"] = o.eval.lose;
    line["mask"] = o.eval.mask;
    line["codebook_use"] = r.codebook_use;
    line["n"] = r.n;
    if (r.channel == "radio")
        line["lost"] = r.lost;
    line["skipped"] = r.skipped;
    line["seed"] = o.eval.seed;
    line["split"] = o.eval.split;
    line["csi_at_transmitter"] = o.eval.csi_at_transmitter;
    line["decode"] = o.eval.decode;
    line["selection"] = selection;
    std::cout << line.dump() << std::endl;
}

void print_row(const EvalResult& r, const std::string& selection)
{
    const auto recall = r.also.find("recall");
    if (r.layer > 0 && recall != r.also.end())
        std::printf("layers 1-%d, recall %.4f: ", r.layer, recall->second);
    std::printf("%-26s %-8s %6.1f dB  %-8s %8.4f +- %.4f  %7.1f symbols  n %lld  %s\n",
                r.task.c_str(),
                r.channel.c_str(),
                r.snr_db,
                r.metric.c_str(),
                r.value,
                r.ci95,
                r.symbols_mean,
                static_cast<long long>(r.n),
                selection.c_str());
}

void print_results(std::vector<EvalResult> results,
                   const std::string& selection,
                   const Options& o)
{
    add_gains(results);
    for (const auto& r : results) {
        if (o.json)
            print_json(r, selection, o);
        else
            print_row(r, selection);
    }
}

//! What the selection modules gain over chance, sample by sample: the third line of a
//! point.
EvalResult gain_of(const EvalResult& fsm, const EvalResult& random)
{
    auto gain = fsm;
    const auto difference = paired_difference(fsm, random);
    gain.value = difference.value;
    gain.ci95 = difference.ci95;
    return gain;
}

bool selects(const TaskInfo& task)
{
    return std::any_of(task.max_vectors.begin(),
                       task.max_vectors.end(),
                       [](const auto& m) { return m.second > 0; });
}

// Once a task: the same samples are left out at every point.
std::vector<EvalResult>
evaluate_task(const Transceiver& model, const EvalOptions& eval, const Options& o)
{
    auto results = evaluate(model, eval, o.snr_db);
    if (!results.empty() && results.front().skipped > 0)
        log_warning(eval.task + ": left out " + std::to_string(results.front().skipped)
                    + " samples longer than the model takes");
    return results;
}

//! Mean over data sets of one score each; their errors are independent.
EvalResult mean_of(const std::vector<EvalResult>& each, const std::string& dataset)
{
    auto all = each.front();
    all.dataset = dataset;
    const auto k = static_cast<double>(each.size());
    const auto mean = [&](auto value) {
        double sum = 0;
        for (const auto& r : each)
            sum += value(r);
        return sum / k;
    };
    all.value = mean([](const auto& r) { return r.value; });
    all.ci95 = std::sqrt(mean([](const auto& r) { return r.ci95 * r.ci95; }) / k);
    all.symbols_mean = mean([](const auto& r) { return r.symbols_mean; });
    all.bits_mean = mean([](const auto& r) { return r.bits_mean; });
    all.vectors_mean = mean([](const auto& r) { return r.vectors_mean; });
    all.energy_mean = mean([](const auto& r) { return r.energy_mean; });
    all.codebook_use = mean([](const auto& r) { return r.codebook_use; });
    for (auto& also : all.also)
        also.second = mean([&](const auto& r) {
            const auto found = r.also.find(also.first);
            return found == r.also.end() ? 0.0 : found->second;
        });
    all.each.clear();
    all.n = all.lost = all.skipped = 0;
    for (const auto& r : each) {
        all.n += r.n;
        all.lost += r.lost;
        all.skipped += r.skipped;
    }
    return all;
}

//! A set of several parts: each, and the mean of their scores.
void measure_parts(const Transceiver& model,
                   EvalOptions eval,
                   const std::string& dataset,
                   const Options& o)
{
    std::vector<std::vector<EvalResult>> by_snr(o.snr_db.size());
    for (const auto& part : dataset_parts(dataset)) {
        eval.datasets = { part };
        const auto results = evaluate_task(model, eval, o);
        print_results(results, eval.selection, o);
        for (std::size_t i = 0; i < results.size(); ++i)
            by_snr[i].push_back(results[i]);
    }
    std::vector<EvalResult> means;
    for (const auto& each : by_snr)
        means.push_back(mean_of(each, dataset));
    print_results(means, eval.selection, o);
}

void measure_cut(const Transceiver& model, const EvalOptions& eval, const Options& o)
{
    for (const auto& line : evaluate_cut(model, eval, o.cut, o.snr_db)) {
        if (o.json) {
            print_json(line.result, eval.selection, o, line.lost);
            continue;
        }
        std::printf("%3.0f %% lost, ", 100 * line.lost);
        print_row(line.result, eval.selection);
    }
}

void measure(const Transceiver& model, EvalOptions eval, const Options& o)
{
    if (!o.cut.shares.empty()) {
        measure_cut(model, eval, o);
        return;
    }
    const auto& sets
        = eval.datasets.empty() ? model.info().task(eval.task).data : eval.datasets;
    if (sets.size() == 1 && dataset_parts(sets[0]).size() > 1
        && eval.selection != "both") {
        measure_parts(model, eval, std::string(sets[0]), o);
        return;
    }
    if (eval.selection != "both") {
        print_results(evaluate_task(model, eval, o), eval.selection, o);
        return;
    }
    eval.selection = "fsm";
    const auto fsm = evaluate_task(model, eval, o);
    print_results(fsm, "fsm", o);
    if (!selects(model.info().task(eval.task)))
        return;
    eval.selection = "random";
    const auto random = evaluate(model, eval, o.snr_db);
    print_results(random, "random", o);
    std::vector<EvalResult> gains;
    for (std::size_t i = 0; i < fsm.size(); ++i)
        if (!fsm[i].each.empty())
            gains.push_back(gain_of(fsm[i], random[i]));
    print_results(gains, "fsm - random", o);
}

// What was learnt beside a model lies beside it.
std::string mask_file_of(const std::string& asked, const std::string& model)
{
    if (asked != "auto")
        return asked == "none" ? "" : asked;
    const auto beside
        = std::filesystem::path(model).replace_extension(".masks.safetensors");
    return std::filesystem::exists(beside) ? beside.string() : "";
}

// Of "all": a task whose data are not there is passed over, and said.
void run(const Options& o)
{
    set_process_threads(o.threads);
    Transceiver::Options options;
    options.dtype = o.dtype;
    const auto model = Transceiver::load(o.model, options);
    const bool all = o.tasks == std::vector<std::string> { "all" };
    auto tasks = o.tasks;
    if (all) {
        tasks.clear();
        for (const auto& t : model->info().tasks)
            tasks.push_back(t.name);
    }
    std::size_t measured = 0;
    for (const auto& task : tasks) {
        auto eval = o.eval;
        eval.task = task;
        eval.mask_file = mask_file_of(o.mask_file, model->info().path);
        if (eval.channel == "radio")
            eval.link = std::make_shared<RadioLink>(o.profile, o.multipath, eval.seed);
        try {
            measure(*model, eval, o);
            ++measured;
        } catch (const Error& e) {
            if (!all)
                throw;
            log_warning("passed over " + task + ": " + e.what());
        }
    }
    if (measured == 0)
        throw Error("eval: no task could be measured");
}

void add_memory_options(CLI::App& command, const std::shared_ptr<Options>& o)
{
    command
        .add_option_function<std::string>(
            "--memory",
            [o](const std::string& value) { o->eval.memory = value == "on"; },
            "on, or off: earlier frames are not sent")
        ->check(CLI::IsMember({ "on", "off" }));
    command.add_option("--least",
                       o->eval.least_probability,
                       "a label of less probability counts as unknown, a class that the "
                       "task has");
    command.add_option(
        "--lose", o->eval.lose, "share of the earlier frames that are lost, at random");
}

void add_mask_options(CLI::App& command, const std::shared_ptr<Options>& o)
{
    command
        .add_option("--mask",
                    o->eval.mask,
                    "elements of each frame that are not sent: none; all but the best of "
                    "each frame (learnt) or of all frames (order), but the first "
                    "(theory), or but some at random (random)")
        ->check(CLI::IsMember({ "none", "learnt", "order", "theory", "random" }));
    command.add_option(
        "--mask-file",
        o->mask_file,
        "that bench masks has learnt: the worth of elements, and how those "
        "not sent are estimated; auto: MODEL.masks.safetensors, if it is "
        "there; none: those not sent are 0");
    command.add_option("--mask-symbols",
                       o->eval.mask_symbols,
                       "of each frame, with those that tell which elements are sent; 0: "
                       "as many as carry what all of them do at --mask-least");
    command.add_option("--mask-least",
                       o->eval.mask_least_snr_db,
                       "Es/N0 in dB down to which all elements are sent");
}

} // namespace

// Longer than a function should be: a list, read from top to bottom.
void add_eval_command(CLI::App& app)
{
    auto o = std::make_shared<Options>();
    auto* command = app.add_subcommand("eval", "measure a model's quality on a data set");
    command->add_option("--model", o->model, "model file")->required();
    command->add_option("--data", o->eval.data_dir, "folder with the data sets")
        ->required();
    command->add_option("--task", o->tasks, "task, or several; all: every task with data")
        ->required()
        ->delimiter(',');
    command
        ->add_option(
            "--dataset", o->eval.datasets, "in place of those that the task names")
        ->delimiter(',');
    command->add_option(
        "--split", o->eval.split, "test, val or train; of fsdd also unseen");
    command->add_option("--channel",
                        o->eval.channel,
                        "awgn, rayleigh, rician or none; radio: AWGN through the burst "
                        "modem");
    command->add_option("--k-factor",
                        o->eval.k_factor_db,
                        "of rician: line of sight to scattered power in dB");
    command->add_option("--profile",
                        o->profile,
                        "of the burst modem: standard, multipath, short or ofdm");
    command->add_option("--multipath",
                        o->multipath,
                        "of the radio channel: none, two_tap, three_tap, ...");
    command->add_option("--snr", o->snr_db, "Es/N0 in dB, for example -6,0,6,12")
        ->delimiter(',');
    command->add_option(
        "--symbols", o->eval.symbols, "send exactly so many symbols a sample");
    add_layer_options(*command, o->eval, o->cut);
    command->add_option("--decode",
                        o->eval.decode,
                        "look-up: hard or soft; analog: of tasks in layers, no codebook");
    command
        ->add_option("--selection",
                     o->eval.selection,
                     "fsm, or random as a baseline; both: and their difference")
        ->check(CLI::IsMember({ "fsm", "random", "both" }));
    command->add_flag(
        "--csi-at-transmitter",
        o->eval.csi_at_transmitter,
        "under fading the selector is given each sample's own Es/N0, not the mean");
    command->add_option(
        "--max-bad", o->eval.max_bad, "unreadable files or lines to skip");
    add_memory_options(*command, o);
    add_mask_options(*command, o);
    command->add_option("--limit", o->eval.limit, "most samples");
    command->add_option(
        "--seed", o->eval.seed, "of the channel, and of random selection");
    command->add_option("--batch", o->eval.batch, "samples at a time");
    command->add_option("--dtype", o->dtype, "fp32 or bf16");
    command->add_option("--threads", o->threads, "threads")->check(CLI::Range(1, 256));
    command->add_flag("--json", o->json, "one JSON line a task and SNR");
    for (auto* option : command->get_options())
        option->capture_default_str();
    command->callback([o] { run(*o); });
}
