// SPDX-License-Identifier: GPL-3.0-or-later
#include "commands.h"

#include <udeepsc_conventional/scheme.h>
#include <udeepsc_core/config.h>
#include <udeepsc_core/dataset.h>
#include <udeepsc_core/error.h>
#include <udeepsc_core/threads.h>
#include <udeepsc_core/transceiver.h>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <functional>
#include <iostream>
#include <memory>
#include <numeric>

using namespace udeepsc_core;
using udeepsc_conventional::RgbPicture;
using udeepsc_conventional::Scheme;

namespace {

struct Options {
    std::string model, data, task, split = "val", scheme = "jpeg2000-ldpc";
    double snr_db = 10;
    int pictures = 100;
    bool json = false;
};

//! Milliseconds of each picture.
std::vector<double> timed(std::size_t count, const std::function<void(std::size_t)>& work)
{
    using Clock = std::chrono::steady_clock;
    std::vector<double> ms;
    work(0); // warm up
    for (std::size_t i = 0; i < count; ++i) {
        const auto start = Clock::now();
        work(i);
        ms.push_back(
            std::chrono::duration<double, std::milli>(Clock::now() - start).count());
    }
    return ms;
}

void print(const Options& o,
           const std::string& what,
           const std::string& stage,
           int symbols,
           std::vector<double> ms)
{
    std::sort(ms.begin(), ms.end());
    const double median = ms[ms.size() / 2];
    if (o.json)
        std::cout << nlohmann::ordered_json({ { "what", what },
                                              { "stage", stage },
                                              { "symbols", symbols },
                                              { "snr_db", o.snr_db },
                                              { "ms_median", median },
                                              { "ms_min", ms.front() },
                                              { "n", ms.size() } })
                         .dump()
                  << std::endl;
    else
        std::printf("%-16s %-12s %5d symbols %9.3f ms (least %.3f)\n",
                    what.c_str(),
                    stage.c_str(),
                    symbols,
                    median,
                    ms.front());
    std::fflush(stdout);
}

std::vector<Sample> pictures_of(const Transceiver& model, const Options& o)
{
    DatasetOptions options;
    options.data_dir = o.data;
    options.split = o.split;
    options.data = model.info().task(o.task).data;
    const auto data
        = open_data(ModelConfig::from_json(model.info().config), o.task, options);
    std::vector<Sample> samples;
    const auto count
        = std::min<std::size_t>(data->size(), static_cast<std::size_t>(o.pictures));
    for (std::size_t i = 0; i < count; ++i)
        samples.push_back(data->at(i * data->size() / count));
    if (samples.empty())
        throw Error("bench layers: no sample of split " + o.split);
    return samples;
}

// The transmitter makes all layers at once; a receiver decodes the first of them.
void time_layers(const Transceiver& model,
                 const std::vector<Sample>& samples,
                 const std::vector<int>& sizes,
                 const Options& o)
{
    TransmitOptions options;
    options.snr_db = o.snr_db;
    std::vector<std::vector<LinkBlock>> sent(samples.size());
    const int all = std::accumulate(sizes.begin(), sizes.end(), 0);
    print(o, "layers", "transmitter", all, timed(samples.size(), [&](std::size_t i) {
              sent[i] = transmit(model, o.task, { samples[i] }, options)[0];
          }));
    const auto noise_var = static_cast<float>(std::pow(10.0, -o.snr_db / 10));
    for (auto& blocks : sent)
        for (auto& block : blocks)
            block.noise_var = { noise_var };
    int symbols = 0;
    for (std::size_t l = 1; l <= sizes.size(); ++l) {
        symbols += sizes[l - 1];
        print(o, "layers", "receiver", symbols, timed(sent.size(), [&](std::size_t i) {
                  const std::vector<LinkBlock> first(
                      sent[i].begin(), sent[i].begin() + static_cast<std::ptrdiff_t>(l));
                  receive(model, o.task, { first }, LookupMode::soft);
              }));
    }
}

void time_separate(const std::vector<Sample>& samples, int symbols, const Options& o)
{
    udeepsc_conventional::SchemeConfig config;
    config.name = o.scheme;
    const Scheme scheme(config);
    if (!scheme.sends_pictures() || scheme.is_capacity())
        throw Error("bench layers: " + o.scheme + " sends no pictures as symbols");
    std::vector<RgbPicture> pictures;
    for (const auto& sample : samples) {
        const auto& picture = sample.inputs.begin()->second;
        pictures.push_back({ picture.shape.at(0), picture.shape.at(1), picture.bytes });
    }
    std::vector<Scheme::Sent> sent(pictures.size());
    const auto count = static_cast<std::size_t>(symbols);
    print(o, o.scheme, "transmitter", symbols, timed(sent.size(), [&](std::size_t i) {
              sent[i] = scheme.send(pictures[i], count, o.snr_db);
          }));
    const auto noise_var = static_cast<float>(std::pow(10.0, -o.snr_db / 10));
    print(o, o.scheme, "receiver", symbols, timed(sent.size(), [&](std::size_t i) {
              const auto bits
                  = scheme.receive(sent[i].symbols, { noise_var }, sent[i].mcs);
              scheme.picture_of(bits, pictures[i].height, pictures[i].width);
          }));
}

void run(const Options& o)
{
    set_process_threads(1);
    const auto model = Transceiver::load(o.model, {});
    const auto& task = model->info().task(o.task);
    if (task.layer_count() == 0)
        throw Error("bench layers: task " + o.task + " does not come in layers");
    const auto& sizes = task.layers.begin()->second;
    const auto samples = pictures_of(*model, o);
    time_layers(*model, samples, sizes, o);
    int symbols = sizes[0];
    for (std::size_t l = 1; l < sizes.size(); ++l) {
        symbols += sizes[l];
        time_separate(samples, symbols, o);
    }
}

} // namespace

void add_bench_layers_command(CLI::App& bench)
{
    auto o = std::make_shared<Options>();
    auto* command = bench.add_subcommand(
        "layers",
        "time a picture in layers, and one by separate source and channel coding");
    command->add_option("--model", o->model, "model file")->required();
    command->add_option("--data", o->data, "folder with the data sets")->required();
    command->add_option("--task", o->task, "task in layers")->required();
    command->add_option("--split", o->split, "test, val or train");
    command->add_option("--scheme", o->scheme, "separate coding of pictures");
    command->add_option("--snr", o->snr_db, "Es/N0 in dB")
        ->check(CLI::Range(-30.0, 40.0));
    command->add_option("--pictures", o->pictures, "how many")
        ->check(CLI::Range(1, 100000));
    command->add_flag("--json", o->json, "a JSON line each");
    for (auto* option : command->get_options())
        option->capture_default_str();
    command->callback([o] { run(*o); });
}
