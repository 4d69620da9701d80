// SPDX-License-Identifier: GPL-3.0-or-later
#include "commands.h"
#include "memory_rules.h"

#include <udeepsc_core/error.h>
#include <udeepsc_core/metrics.h>
#include <udeepsc_core/threads.h>

#include <nlohmann/json.hpp>

#include <cstdio>
#include <functional>
#include <iostream>
#include <memory>

using namespace udeepsc_core;

namespace {

struct Options {
    std::string model = "memory", task = "story_question_answering";
    std::string data_dir, save, split = "test";
    std::vector<std::string> datasets;
    std::vector<std::string> rules {
        "fifo", "freshness", "value", "correlation", "joint"
    };
    std::vector<double> weights; // of the joint rule
    double share = 1.0 / 3, snr_db = 12;
    std::size_t questions = 1000, learn = 500;
    std::uint64_t seed = 1;
    int threads = 1;
    bool json = false;
};

std::shared_ptr<const Dataset>
open(const Options& o, const ModelInfo& info, const std::string& split)
{
    DatasetOptions options;
    options.data_dir = o.data_dir;
    options.split = split;
    options.data = o.datasets;
    return open_data(ModelConfig::from_json(info.config), o.task, options);
}

// The best of a grid.
UpdateRule best_weights(const std::function<std::size_t(const UpdateRule&)>& right)
{
    UpdateRule best;
    std::size_t most = 0;
    for (const double value : { 0.0, 0.25, 0.5, 1.0, 2.0 })
        for (const double correlation : { 0.0, 0.25, 0.5 }) {
            const UpdateRule rule { 1, 0, value, correlation };
            const std::size_t n = right(rule);
            if (n > most) {
                most = n;
                best = rule;
            }
        }
    return best;
}

void print(const Options& o,
           const std::string& rule,
           const UpdateRule& weights,
           double share,
           std::size_t right,
           std::size_t n)
{
    const auto score = accuracy(right, n);
    if (o.json) {
        std::cout << nlohmann::ordered_json({ { "rule", rule },
                                              { "weights",
                                                { weights.fifo,
                                                  weights.freshness,
                                                  weights.value,
                                                  weights.correlation } },
                                              { "share", share },
                                              { "accuracy", score.value },
                                              { "ci95", score.ci95 },
                                              { "n", n },
                                              { "task", o.task },
                                              { "datasets", o.datasets },
                                              { "split", o.split },
                                              { "snr_db", o.snr_db },
                                              { "seed", o.seed } })
                         .dump()
                  << std::endl;
        return;
    }
    std::printf("%-12s %.2f %.2f %.2f %.2f   of the context %.2f   %.4f +- %.4f\n",
                rule.c_str(),
                weights.fifo,
                weights.freshness,
                weights.value,
                weights.correlation,
                share,
                score.value,
                score.ci95);
    std::fflush(stdout);
}

void measure(const Options& o)
{
    set_process_threads(o.threads);
    const auto model = Transceiver::load(o.model);
    const auto received
        = [&](const std::string& split, std::size_t n, std::uint64_t seed) {
              return receive_questions(
                  *model, o.task, *open(o, model->info(), split), n, o.snr_db, seed);
          };
    const auto learning = received("train", 2 * o.learn, o.seed + 1);
    // Weights are searched for on other questions than the values are learnt from, which
    // know those too well.
    const auto middle
        = learning.begin() + static_cast<std::ptrdiff_t>(learning.size() / 2);
    const std::vector<ReceivedQuestion> searching(middle, learning.end());
    const auto values = learn_values(
        *model, o.task, std::vector<ReceivedQuestion>(learning.begin(), middle));
    if (!o.save.empty())
        values.save(o.save);
    const auto test = received(o.split, o.questions, o.seed);
    const auto right = [&](const UpdateRule& rule, double share) {
        return answered(*model, o.task, test, rule, share, values);
    };
    print(o, "everything", {}, 1, right({}, 1), test.size());
    print(o, "nothing", {}, 0, right({}, 0), test.size());
    for (const auto& name : o.rules) {
        auto rule = UpdateRule::named(name);
        if (name == "joint" && o.weights.size() == 4)
            rule = { o.weights[0], o.weights[1], o.weights[2], o.weights[3] };
        else if (name == "joint")
            rule = best_weights([&](const UpdateRule& r) {
                return answered(*model, o.task, searching, r, o.share, values);
            });
        rule.validate();
        print(o, name, rule, o.share, right(rule, o.share), test.size());
    }
}

} // namespace

void add_bench_rules_command(CLI::App& bench)
{
    auto o = std::make_shared<Options>();
    auto* command = bench.add_subcommand(
        "rules",
        "answers from a memory that holds a part of what came, by each update rule; the "
        "value of an entry is learnt from the damage that its loss does");
    command->add_option("--model", o->model, "model with a memory");
    command->add_option("--task", o->task, "one that remembers");
    command->add_option("--data", o->data_dir, "folder of the data sets")->required();
    command->add_option("--dataset", o->datasets, "in place of those of the task")
        ->delimiter(',');
    command->add_option("--split", o->split, "that is asked")
        ->check(CLI::IsMember({ "test", "val" }));
    command->add_option("--share", o->share, "of a context that the store has room for")
        ->check(CLI::Range(0.01, 1.0));
    command->add_option("--snr", o->snr_db, "Es/N0 in dB, AWGN")
        ->check(CLI::Range(-30.0, 100.0));
    command->add_option("--rule", o->rules, "update rules")
        ->delimiter(',')
        ->check(CLI::IsMember({ "fifo", "freshness", "value", "correlation", "joint" }));
    command
        ->add_option("--weights",
                     o->weights,
                     "of the joint rule: fifo, freshness, value, correlation; searched "
                     "for if not given")
        ->delimiter(',')
        ->expected(4);
    command->add_option("--questions", o->questions, "asked, spread evenly; 0: all");
    command
        ->add_option("--learn",
                     o->learn,
                     "training questions for the values, and as many for the weights")
        ->check(CLI::Range(2, 1000000));
    command->add_option("--save", o->save, "file for the learnt values");
    command->add_option("--threads", o->threads, "threads an operator may use")
        ->check(CLI::Range(1, 256));
    command->add_option("--seed", o->seed, "of the noise");
    command->add_flag("--json", o->json, "one JSON line a rule");
    command->callback([o] { measure(*o); });
}
