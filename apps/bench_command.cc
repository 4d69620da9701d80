// SPDX-License-Identifier: GPL-3.0-or-later
#include "commands.h"

#include <udeepsc_core/error.h>
#include <udeepsc_core/threads.h>
#include <udeepsc_core/transceiver.h>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <complex>
#include <cstdio>
#include <filesystem>
#include <functional>
#include <iostream>
#include <memory>
#include <random>

using namespace udeepsc_core;
using Clock = std::chrono::steady_clock;

namespace {

struct Options {
    std::string config = "lite";
    std::string model;
    std::string dtype = "fp32";
    std::vector<std::string> tasks;
    int threads = 1, batch = 1, repeat = 100;
    double snr_db = 12;
    std::uint64_t seed = 1;
    bool json = false;
};

// A name like "lite" is looked for where the sources and where the installed files are.
std::string find_config(const std::string& name)
{
    if (name.find('/') != std::string::npos || name.find(".json") != std::string::npos)
        return name;
    for (const std::string folder :
         { "configs/", UDEEPSC_SOURCE_CONFIGS "/", UDEEPSC_INSTALLED_CONFIGS "/" })
        if (std::filesystem::exists(folder + name + ".json"))
            return folder + name + ".json";
    throw Error("bench: there is no configuration \"" + name + "\"");
}

/*! Milliseconds a sample of every stage, one entry a repetition. */
using Times = std::map<std::string, std::vector<double>>;

class Stopwatch {
public:
    double lap(int samples)
    {
        const auto now = Clock::now();
        const double ms
            = std::chrono::duration<double, std::milli>(now - d_start).count() / samples;
        d_start = now;
        return ms;
    }

private:
    Clock::time_point d_start = Clock::now();
};

// What one sample sends: a block, or one for each layer.
std::vector<LinkBlock> blocks_of(const TaskInfo& task,
                                 const std::string& modality,
                                 int vectors,
                                 const std::vector<std::complex<float>>& symbols,
                                 float noise_var)
{
    const auto layers = task.layers.find(modality);
    if (layers == task.layers.end()) {
        const int age = task.memory.at(modality) > 0 ? 0 : -1;
        return { { modality, 0, vectors, {}, age, symbols, 1, "", { noise_var } } };
    }
    std::vector<LinkBlock> blocks;
    auto at = symbols.begin();
    for (int size : layers->second) {
        const int layer = static_cast<int>(blocks.size());
        blocks.push_back(
            { modality, layer, size, {}, -1, { at, at + size }, 1, "", { noise_var } });
        at += size;
    }
    return blocks;
}

// One pass of a batch through every stage of the chain.
void pass(const Transceiver& model,
          const TaskInfo& task,
          const std::map<std::string, std::vector<SourceSample>>& samples,
          const Options& o,
          std::map<std::string, double>& ms)
{
    const float noise_var = static_cast<float>(std::pow(10.0, -o.snr_db / 10.0));
    std::vector<std::vector<FeatureBlock>> received(static_cast<std::size_t>(o.batch));
    for (const auto& modality : task.modalities) {
        Stopwatch watch;
        const auto features = model.encode(task.name, modality, samples.at(modality));
        ms["encode"] += watch.lap(o.batch);
        const auto selected = model.select(task.name, modality, features, { o.snr_db });
        ms["select"] += watch.lap(o.batch);
        std::vector<FeatureMatrix> kept;
        for (const auto& s : selected)
            kept.push_back(s.features);
        watch.lap(1);
        const auto indices = model.quantize(task.name, modality, kept);
        ms["quantise"] += watch.lap(o.batch);
        std::vector<std::vector<std::complex<float>>> symbols;
        for (const auto& one : indices)
            symbols.push_back(model.modulate(task.name, modality, one));
        ms["modulate"] += watch.lap(o.batch);
        for (std::size_t i = 0; i < symbols.size(); ++i) {
            const auto blocks
                = blocks_of(task, modality, kept[i].rows, symbols[i], noise_var);
            for (auto& found : model.lookup(task.name, blocks, LookupMode::soft))
                received[i].push_back(std::move(found));
        }
        ms["look_up"] += watch.lap(o.batch);
    }
    Stopwatch watch;
    model.decode(task.name, received);
    ms["decode"] += watch.lap(o.batch);
    ms["total_tx"] = ms["encode"] + ms["select"] + ms["quantise"] + ms["modulate"];
    ms["total_rx"] = ms["look_up"] + ms["decode"];
    ms["total"] = ms["total_tx"] + ms["total_rx"];
}

Times measure(const Transceiver& model, const TaskInfo& task, const Options& o)
{
    std::mt19937 random(static_cast<std::mt19937::result_type>(o.seed));
    std::map<std::string, std::vector<SourceSample>> samples;
    for (const auto& modality : task.modalities)
        for (int i = 0; i < o.batch; ++i)
            samples[modality].push_back(model.random_sample(modality, random));
    Times times;
    const int warm_up = 5;
    for (int i = -warm_up; i < o.repeat; ++i) {
        std::map<std::string, double> ms;
        pass(model, task, samples, o, ms);
        if (i >= 0)
            for (const auto& m : ms)
                times[m.first].push_back(m.second);
    }
    return times;
}

void print(const std::string& task,
           const Options& o,
           const std::string& config,
           Times& times)
{
    for (const char* stage : { "encode",
                               "select",
                               "quantise",
                               "modulate",
                               "look_up",
                               "decode",
                               "total_tx",
                               "total_rx",
                               "total" }) {
        auto& t = times[stage];
        std::sort(t.begin(), t.end());
        const double median = t[t.size() / 2];
        if (o.json)
            std::cout << nlohmann::ordered_json({ { "config", config },
                                                  { "task", task },
                                                  { "stage", stage },
                                                  { "dtype", o.dtype },
                                                  { "threads", o.threads },
                                                  { "batch", o.batch },
                                                  { "snr_db", o.snr_db },
                                                  { "ms_median", median },
                                                  { "ms_min", t.front() },
                                                  { "n", t.size() } })
                             .dump()
                      << std::endl;
        else
            std::printf("%-28s %-9s %9.3f ms (least %.3f)\n",
                        task.c_str(),
                        stage,
                        median,
                        t.front());
    }
}

} // namespace

void add_bench_command(CLI::App& app)
{
    auto o = std::make_shared<Options>();
    auto* command = app.add_subcommand("bench", "time every stage, per sample");
    command->add_option(
        "--config", o->config, "paper, lite, tiny or a file; random weights");
    command->add_option("--model", o->model, "model file instead of a configuration");
    command->add_option("--task", o->tasks, "tasks (all if none is given)")
        ->delimiter(',');
    command->add_option("--threads", o->threads, "threads an operator may use")
        ->check(CLI::Range(1, 256));
    command->add_option("--batch", o->batch, "samples at a time")
        ->check(CLI::Range(1, 4096));
    command->add_option("--repeat", o->repeat, "timed passes")
        ->check(CLI::Range(1, 100000));
    command->add_option("--dtype", o->dtype, "fp32 or bf16")
        ->check(CLI::IsMember({ "fp32", "bf16" }));
    command->add_option("--snr", o->snr_db, "Es/N0 in dB that the selection works for");
    command->add_option("--seed", o->seed, "of the random weights");
    command->add_flag("--json", o->json, "one JSON line a task and stage");
    add_bench_phy_command(*command);
    add_bench_faults_command(*command);
    add_bench_codes_command(*command);
    add_bench_csi_command(*command);
    add_bench_layers_command(*command);
    add_bench_masks_command(*command);
    add_bench_memory_command(*command);
    add_bench_protection_command(*command);
    add_bench_rules_command(*command);
    add_bench_space_command(*command);
    command->callback([o, command] {
        // CLI11 calls this for what is below "bench" too.
        if (!command->get_subcommands().empty())
            return;
        set_process_threads(o->threads);
        Transceiver::Options options;
        options.dtype = o->dtype;
        const auto model = o->model.empty()
            ? Transceiver::random(find_config(o->config), o->seed, options)
            : Transceiver::load(o->model, options);
        std::fprintf(stderr,
                     "%s: %.2f M parameters; BLAS: %s\n",
                     model->info().name.c_str(),
                     model->info().parameters / 1e6,
                     blas_name().c_str());
        for (const auto& name : o->tasks)
            model->info().task(name); // throws for one that there is not
        for (const auto& task : model->info().tasks) {
            if (!o->tasks.empty()
                && std::find(o->tasks.begin(), o->tasks.end(), task.name)
                    == o->tasks.end())
                continue;
            auto times = measure(*model, task, *o);
            print(task.name, *o, model->info().name, times);
        }
    });
}
