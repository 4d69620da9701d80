// SPDX-License-Identifier: GPL-3.0-or-later
#include "commands.h"

#include <udeepsc_core/context_store.h>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <iostream>
#include <memory>
#include <random>

using namespace udeepsc_core;

namespace {

struct Options {
    std::vector<int> entries { 16, 64, 256, 1024, 4096 };
    std::vector<std::string> rules {
        "fifo", "freshness", "value", "correlation", "joint"
    };
    int vectors = 12, size = 32, frames = 200;
    std::uint64_t seed = 1;
    bool json = false;
};

ContextEntry random_entry(std::uint64_t frame, const Options& o, std::mt19937_64& random)
{
    std::normal_distribution<float> normal;
    ContextEntry entry;
    entry.task = "story";
    entry.frame = frame;
    entry.time = static_cast<double>(frame);
    entry.value = normal(random);
    entry.block.modality = "sentence";
    entry.block.noise_var = 0.1F;
    auto& features = entry.block.features;
    features.rows = o.vectors;
    features.cols = o.size;
    for (int i = 0; i < o.vectors * o.size; ++i)
        features.data.push_back(normal(random));
    return entry;
}

struct Times {
    std::vector<double> add_ms, read_ms;
};

// Of a busy machine the mean says little: median, with the 95 % interval that the order
// of the samples gives.
struct Median {
    double value, low, high;
};

Median median(std::vector<double> samples)
{
    std::sort(samples.begin(), samples.end());
    const double n = static_cast<double>(samples.size());
    const double half = 0.98 * std::sqrt(n);
    const auto at = [&](double place) {
        return samples[static_cast<std::size_t>(std::clamp(place, 0.0, n - 1))];
    };
    return { at(n / 2), at(n / 2 - half), at(n / 2 + half) };
}

// A full store: each new frame makes room for itself, then the whole context is read.
Times measure(const std::string& rule, int entries, const Options& o)
{
    using Clock = std::chrono::steady_clock;
    const auto ms_since = [](Clock::time_point start) {
        return std::chrono::duration<double, std::milli>(Clock::now() - start).count();
    };
    ContextStoreOptions options;
    options.entries = entries;
    options.rule = UpdateRule::named(rule);
    options.deadline_s = { { "story", 1e6 } };
    ContextStore store(options);
    std::mt19937_64 random(o.seed);
    std::uint64_t frame = 0;
    for (; frame < static_cast<std::uint64_t>(entries); ++frame)
        store.add(random_entry(frame, o, random));
    const int warm_up = 5;
    Times times;
    for (int i = -warm_up; i < o.frames; ++i, ++frame) {
        auto entry = random_entry(frame, o, random);
        auto start = Clock::now();
        store.add(std::move(entry));
        const double add = ms_since(start);
        start = Clock::now();
        const auto context = store.context(
            0, "story", { { "sentence", entries } }, static_cast<double>(frame));
        const double read = ms_since(start);
        if (static_cast<int>(context.size()) != entries)
            throw std::logic_error("the store is not full");
        if (i >= 0) {
            times.add_ms.push_back(add);
            times.read_ms.push_back(read);
        }
    }
    return times;
}

void print(const Options& o, const std::string& rule, int entries, const Times& times)
{
    const auto add = median(times.add_ms), read = median(times.read_ms);
    if (o.json) {
        std::cout << nlohmann::ordered_json({ { "rule", rule },
                                              { "entries", entries },
                                              { "vectors", o.vectors },
                                              { "size", o.size },
                                              { "add_ms", add.value },
                                              { "add_ci95", { add.low, add.high } },
                                              { "read_ms", read.value },
                                              { "read_ci95", { read.low, read.high } },
                                              { "n", times.add_ms.size() },
                                              { "seed", o.seed } })
                         .dump()
                  << std::endl;
        return;
    }
    std::printf("%-12s %5d entries  add %.4f ms (%.4f to %.4f)  read %.4f ms (%.4f to "
                "%.4f)  %.3f us an entry\n",
                rule.c_str(),
                entries,
                add.value,
                add.low,
                add.high,
                read.value,
                read.low,
                read.high,
                1000 * (add.value + read.value) / entries);
    std::fflush(stdout);
}

} // namespace

void add_bench_memory_command(CLI::App& bench)
{
    auto o = std::make_shared<Options>();
    auto* command = bench.add_subcommand(
        "memory", "time a frame in the receiver's memory: to add it, and to read all");
    command->add_option("--entries", o->entries, "the store holds")
        ->delimiter(',')
        ->check(CLI::Range(1, 65536));
    command->add_option("--rule", o->rules, "update rules")
        ->delimiter(',')
        ->check(CLI::IsMember({ "fifo", "freshness", "value", "correlation", "joint" }));
    command->add_option("--vectors", o->vectors, "feature vectors of an entry")
        ->check(CLI::Range(1, 4096));
    command->add_option("--size", o->size, "numbers of a feature vector")
        ->check(CLI::Range(1, 65536));
    command->add_option("--frames", o->frames, "timed")->check(CLI::Range(2, 1000000));
    command->add_option("--seed", o->seed, "of the features");
    command->add_flag("--json", o->json, "one JSON line a rule and size");
    for (auto* option : command->get_options())
        option->capture_default_str();
    command->callback([o] {
        if (!o->json)
            std::printf("entries of %d x %d numbers, %d frames, seed %llu; medians, "
                        "95 %% intervals\n",
                        o->vectors,
                        o->size,
                        o->frames,
                        static_cast<unsigned long long>(o->seed));
        for (const auto& rule : o->rules)
            for (const int entries : o->entries)
                print(*o, rule, entries, measure(rule, entries, *o));
    });
}
