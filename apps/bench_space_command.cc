// SPDX-License-Identifier: GPL-3.0-or-later
#include "commands.h"
#include "memory_rules.h"

#include <udeepsc_core/error.h>
#include <udeepsc_core/metrics.h>
#include <udeepsc_core/shared_space.h>
#include <udeepsc_core/threads.h>

#include <nlohmann/json.hpp>

#include <cmath>
#include <cstdio>
#include <iostream>
#include <memory>

using namespace udeepsc_core;

namespace {

constexpr std::size_t BATCH = 64;
constexpr std::uint64_t TEST_SEED = 1u << 30; // pictures from here on are not learnt from

struct Options {
    std::string model = "memory", save, file;
    std::string picture_task = "picture_memory_question_answering",
                sentence_task = "story_question_answering";
    std::vector<double> snr_db { -6, 0, 6, 12 };
    std::size_t learn = 8000, among = 64, groups = 32;
    SharedSpaceOptions space;
    int threads = 1;
    bool json = false;
};

/*! Pictures and captions as a receiver has them. */
struct Received {
    std::vector<MomentPair> pairs;
    std::vector<std::string> captions;
};

// Of one modality of a task, over AWGN
std::vector<FeatureBlock> through(const Transceiver& model,
                                  const std::string& task,
                                  const std::string& modality,
                                  const std::vector<SourceSample>& sources,
                                  const std::vector<double>& snr_db,
                                  std::mt19937_64& random)
{
    std::vector<FeatureBlock> all;
    for (std::size_t from = 0; from < sources.size(); from += BATCH) {
        std::vector<Sample> samples;
        for (std::size_t i = from; i < std::min(sources.size(), from + BATCH); ++i) {
            samples.emplace_back();
            samples.back().inputs[modality] = sources[i];
        }
        auto sent = transmit(model, task, samples, {});
        for (std::size_t i = 0; i < sent.size(); ++i) {
            add_noise(sent[i][0], std::pow(10.0, -snr_db[from + i] / 10), random);
            all.push_back(model.lookup(task, sent[i], LookupMode::soft)[0]);
        }
    }
    return all;
}

// Pairs of these numbers, each half at an Es/N0 of its own between low and high
Received receive_pairs(const Transceiver& model,
                       const Options& o,
                       std::uint64_t first,
                       std::size_t count,
                       double low,
                       double high)
{
    const int side = model.info().modality("image").shape[0];
    std::mt19937_64 random(o.space.seed * 31 + first);
    std::uniform_real_distribution<double> draw(low, high);
    std::vector<SourceSample> pictures, sentences;
    std::vector<double> snr_of_picture, snr_of_sentence;
    Received received;
    for (std::size_t i = 0; i < count; ++i) {
        auto made = captioned_picture(side, first + i);
        pictures.push_back(std::move(made.picture));
        sentences.push_back(SourceSample::text(made.caption));
        received.captions.push_back(std::move(made.caption));
        snr_of_picture.push_back(low < high ? draw(random) : low);
        snr_of_sentence.push_back(low < high ? draw(random) : low);
    }
    const auto seen
        = through(model, o.picture_task, "image", pictures, snr_of_picture, random);
    const auto said
        = through(model, o.sentence_task, "sentence", sentences, snr_of_sentence, random);
    for (std::size_t i = 0; i < count; ++i)
        received.pairs.push_back({ seen[i], said[i] });
    return received;
}

// Of each group: is the entry of a store that is most like the other half of a pair its
// own one, or one that says the same?
std::size_t found_in_stores(const Options& o,
                            const SharedSpace& space,
                            const Received& received,
                            FeatureBlock MomentPair::*held,
                            FeatureBlock MomentPair::*asked)
{
    std::size_t right = 0;
    for (std::size_t from = 0; from < received.pairs.size(); from += o.among) {
        ContextStoreOptions options;
        options.entries = static_cast<int>(o.among);
        ContextStore store(options);
        space.embed(store);
        for (std::size_t i = 0; i < o.among; ++i) {
            ContextEntry entry;
            entry.task = o.picture_task;
            entry.frame = i;
            entry.time = static_cast<double>(i);
            entry.block = received.pairs[from + i].*held;
            entry.text = received.captions[from + i];
            store.add(std::move(entry));
        }
        for (std::size_t i = 0; i < o.among; ++i) {
            const auto place = space(received.pairs[from + i].*asked);
            const auto nearest = store.nearest(0, place, "", 1, 1e3);
            right += !nearest.empty()
                && nearest[0].entry->text == received.captions[from + i];
        }
    }
    return right;
}

void print(
    const Options& o, double snr_db, const char* what, std::size_t right, std::size_t n)
{
    const auto recall = accuracy(right, n);
    if (o.json) {
        std::cout << nlohmann::ordered_json({ { "found", what },
                                              { "snr_db", snr_db },
                                              { "among", o.among },
                                              { "recall_at_1", recall.value },
                                              { "ci95", recall.ci95 },
                                              { "n", n },
                                              { "seed", o.space.seed } })
                         .dump()
                  << std::endl;
        return;
    }
    std::printf("%-20s %6.1f dB   recall@1 of %zu: %.4f +- %.4f\n",
                what,
                snr_db,
                o.among,
                recall.value,
                recall.ci95);
    std::fflush(stdout);
}

void measure(const Options& o)
{
    set_process_threads(o.threads);
    const auto model = Transceiver::load(o.model);
    const auto space = [&] {
        if (!o.file.empty())
            return SharedSpace::load(o.file, model->info().id);
        const double low = model->info().snr_min_db, high = model->info().snr_max_db;
        return SharedSpace::fit(receive_pairs(*model, o, 0, o.learn, low, high).pairs,
                                model->info().id,
                                o.space);
    }();
    if (!o.save.empty())
        space.save(o.save);
    for (const double snr : o.snr_db) {
        const auto test
            = receive_pairs(*model, o, TEST_SEED, o.among * o.groups, snr, snr);
        const auto n = test.pairs.size();
        print(o,
              snr,
              "picture by sentence",
              found_in_stores(o, space, test, &MomentPair::first, &MomentPair::second),
              n);
        print(o,
              snr,
              "sentence by picture",
              found_in_stores(o, space, test, &MomentPair::second, &MomentPair::first),
              n);
    }
}

} // namespace

void add_bench_space_command(CLI::App& bench)
{
    auto o = std::make_shared<Options>();
    auto* command = bench.add_subcommand(
        "space",
        "find a remembered picture by a sentence that says what is in it, and a sentence "
        "by a picture, in a space that both share; learns it first, on drawn pictures");
    command->add_option("--model", o->model, "model with a memory");
    command->add_option("--picture-task", o->picture_task, "that sends the pictures");
    command->add_option("--sentence-task", o->sentence_task, "that sends the sentences");
    command->add_option("--snr", o->snr_db, "Es/N0 in dB, AWGN, of what is looked for")
        ->delimiter(',')
        ->check(CLI::Range(-30.0, 100.0));
    command->add_option("--learn", o->learn, "pictures to learn from")
        ->check(CLI::Range(2, 1000000));
    command->add_option("--steps", o->space.steps, "of the learning");
    command->add_option("--among", o->among, "entries that are held, one of them right")
        ->check(CLI::Range(2, 65536));
    command->add_option("--groups", o->groups, "stores that are asked")
        ->check(CLI::Range(1, 100000));
    auto* save = command->add_option("--save", o->save, "file for what is learnt");
    command->add_option("--space-file", o->file, "what was learnt before, to use")
        ->excludes(save);
    command->add_option("--threads", o->threads, "threads an operator may use")
        ->check(CLI::Range(1, 256));
    command->add_option("--seed", o->space.seed, "of the learning and of the noise");
    command->add_flag("--json", o->json, "one JSON line a direction and Es/N0");
    for (auto* option : command->get_options())
        option->capture_default_str();
    command->callback([o] { measure(*o); });
}
