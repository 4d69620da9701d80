// SPDX-License-Identifier: GPL-3.0-or-later
#include "commands.h"
#include "memory_masks.h"

#include <udeepsc_core/evaluator.h>
#include <udeepsc_core/threads.h>

#include <nlohmann/json.hpp>

#include <cstdio>
#include <iostream>
#include <memory>

using namespace udeepsc_core;

namespace {

struct Options {
    std::string model = "memory", save;
    EvalOptions eval;
    std::vector<int> symbols { 4, 8, 12, 16, 24, 32 };
    std::vector<std::string> rules { "learnt", "order", "theory", "random" };
    double snr_db = 12;
    MaskLearning learning;
    int threads = 1;
    bool json = false;
};

void print(const Options& o, const std::string& rule, int symbols, const EvalResult& r)
{
    const double telling = r.also.at("mask_symbols");
    if (o.json) {
        std::cout << nlohmann::ordered_json({ { "mask", rule },
                                              { "mask_symbols_a_frame", symbols },
                                              { "accuracy", r.value },
                                              { "ci95", r.ci95 },
                                              { "n", r.n },
                                              { "symbols_mean", r.symbols_mean },
                                              { "mask_symbols", telling },
                                              { "task", r.task },
                                              { "dataset", r.dataset },
                                              { "split", o.eval.split },
                                              { "snr_db", o.snr_db },
                                              { "seed", o.eval.seed } })
                         .dump()
                  << std::endl;
        return;
    }
    std::printf("%-8s %3d symbols a frame   %.4f +- %.4f   %.1f symbols a question, %.1f "
                "of them tell which\n",
                rule.c_str(),
                symbols,
                r.value,
                r.ci95,
                r.symbols_mean,
                telling);
    std::fflush(stdout);
}

void learn(const Options& o, const Transceiver& model)
{
    DatasetOptions options;
    options.data_dir = o.eval.data_dir;
    options.split = "train";
    options.data = o.eval.datasets;
    const auto data
        = open_data(ModelConfig::from_json(model.info().config), o.eval.task, options);
    learn_masks(model, o.eval.task, *data, o.learning).save(o.save);
}

void measure(Options o)
{
    set_process_threads(o.threads);
    const auto model = Transceiver::load(o.model);
    o.learning.snr_db = o.snr_db;
    o.learning.seed = o.eval.seed;
    if (!o.save.empty()) {
        learn(o, *model);
        o.eval.mask_file = o.save;
    }
    for (const auto& rule : o.rules)
        for (const int symbols : o.symbols) {
            o.eval.mask = rule;
            o.eval.mask_symbols = symbols;
            print(o, rule, symbols, evaluate(*model, o.eval, { o.snr_db })[0]);
        }
}

} // namespace

void add_bench_masks_command(CLI::App& bench)
{
    auto o = std::make_shared<Options>();
    o->eval.task = "story_question_answering";
    o->eval.limit = 1000;
    auto* command = bench.add_subcommand(
        "masks",
        "answers when only some elements of each frame are sent, by each rule that "
        "chooses them; learns the elements' worth where it is to be saved");
    command->add_option("--model", o->model, "model with mapping \"symbol\"");
    command->add_option("--task", o->eval.task, "one that gives labels");
    command->add_option("--data", o->eval.data_dir, "folder of the data sets")
        ->required();
    command->add_option("--dataset", o->eval.datasets, "in place of those of the task")
        ->delimiter(',');
    command->add_option("--split", o->eval.split, "that is asked")
        ->check(CLI::IsMember({ "test", "val" }));
    command->add_option("--snr", o->snr_db, "Es/N0 in dB, AWGN")
        ->check(CLI::Range(-30.0, 100.0));
    command->add_option("--rule", o->rules, "that choose elements, see eval --mask")
        ->delimiter(',')
        ->check(CLI::IsMember({ "learnt", "order", "theory", "random" }));
    command
        ->add_option("--symbols",
                     o->symbols,
                     "of each frame, with those that tell which elements are sent")
        ->delimiter(',')
        ->check(CLI::Range(1, MOST_ELEMENTS));
    command->add_option("--questions", o->eval.limit, "asked, spread evenly; 0: all");
    command
        ->add_option("--learn",
                     o->learning.questions,
                     "training questions for the elements' worth")
        ->check(CLI::Range(2, 1000000));
    auto* save
        = command->add_option("--save", o->save, "file for what is learnt, and used");
    command
        ->add_option("--mask-file", o->eval.mask_file, "what was learnt before, to use")
        ->excludes(save);
    command->add_option("--threads", o->threads, "threads an operator may use")
        ->check(CLI::Range(1, 256));
    command->add_option("--seed", o->eval.seed, "of the noise and of what is learnt");
    command->add_flag("--json", o->json, "one JSON line a rule and number of symbols");
    for (auto* option : command->get_options())
        option->capture_default_str();
    command->callback([o] { measure(*o); });
}
