// SPDX-License-Identifier: GPL-3.0-or-later
#include "commands.h"
#include "protection_search.h"

#include <udeepsc_core/error.h>
#include <udeepsc_core/evaluator.h>
#include <udeepsc_core/file_io.h>
#include <udeepsc_core/log.h>
#include <udeepsc_core/threads.h>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstdio>
#include <iostream>
#include <memory>

using namespace udeepsc_core;
using Json = nlohmann::ordered_json;

namespace {

struct Options {
    std::string model, out, check_split = "test";
    EvalOptions eval;
    std::vector<double> receivers_db { 0, 5, 10 };
    std::vector<double> energy_db { -9, -6, -3, 0, 3, 6, 9 };
    double recall_weight = 10, most_power_db = 6;
    bool json = false;
};

double recall_of(const EvalResult& result)
{
    const auto found = result.also.find("recall");
    return found == result.also.end() ? 0 : found->second;
}

void say(const Options& o, const Json& line, const std::string& text)
{
    if (o.json)
        std::cout << line.dump() << std::endl;
    else
        std::printf("%s\n", text.c_str());
    std::fflush(stdout);
}

std::string text(const char* format, double a, double b, double c, double d)
{
    char line[160];
    std::snprintf(line, sizeof line, format, a, b, c, d);
    return line;
}

// One layer alone with more energy or less; all are decoded.
DamageCurve measure(const Transceiver& model,
                    const Options& o,
                    double snr_db,
                    std::size_t layer,
                    std::size_t layers)
{
    DamageCurve curve;
    for (double energy : o.energy_db) {
        auto eval = o.eval;
        eval.protection.assign(layers, {});
        eval.protection[layer].power_db = energy;
        const auto result = evaluate(model, eval, { snr_db })[0];
        const double recall = recall_of(result);
        curve.energy_db.push_back(energy);
        curve.quality.push_back(result.value + o.recall_weight * recall);
        say(o,
            { { "receiver_snr_db", snr_db },
              { "layer", layer + 1 },
              { "energy_db", energy },
              { "psnr_db", result.value },
              { "recall", recall },
              { "n", result.n },
              { "split", eval.split } },
            text("receiver at %5.1f dB, layer %.0f with %+5.1f dB: ",
                 snr_db,
                 static_cast<double>(layer + 1),
                 energy,
                 0)
                + text("%.2f dB, recall %.3f", result.value, recall, 0, 0));
    }
    return curve;
}

Json table_of(const Protection& protection, const Options& o, const std::string& task)
{
    Json layers = Json::array();
    for (const auto& layer : protection)
        layers.push_back(
            { { "power_db", layer.power_db }, { "repetitions", layer.repetitions } });
    return { { "layers", layers },
             { "task", task },
             { "receivers_snr_db", o.receivers_db },
             { "recall_weight_db", o.recall_weight },
             { "samples", o.eval.limit },
             { "split", o.eval.split },
             { "seed", o.eval.seed } };
}

void write(const std::string& path, const Json& table)
{
    const auto text = table.dump(1) + "\n";
    AtomicFile file(path);
    file.write(text.data(), text.size());
    file.commit();
}

// Against equal protection, with noise that the choice did not see.
void check(const Transceiver& model, const Options& o, const Protection& protection)
{
    auto equal = o.eval;
    equal.split = o.check_split;
    ++equal.seed;
    auto protected_layers = equal;
    protected_layers.protection = protection;
    for (double snr : o.receivers_db) {
        const auto before = evaluate(model, equal, { snr })[0];
        const auto after = evaluate(model, protected_layers, { snr })[0];
        const auto gain = paired_difference(after, before);
        const auto recall = paired_difference(after, before, "recall");
        say(o,
            { { "receiver_snr_db", snr },
              { "split", equal.split },
              { "psnr_db_equal", before.value },
              { "psnr_db", after.value },
              { "gain_db", gain.value },
              { "gain_ci95", gain.ci95 },
              { "recall_equal", recall_of(before) },
              { "recall", recall_of(after) },
              { "recall_gain", recall.value },
              { "recall_gain_ci95", recall.ci95 },
              { "symbols_equal", before.symbols_mean },
              { "symbols", after.symbols_mean },
              { "energy_equal", before.energy_mean * before.symbols_mean },
              { "energy", after.energy_mean * after.symbols_mean },
              { "n", after.n } },
            text("receiver at %5.1f dB, protected: %.2f dB, %+.3f +- %.3f dB; ",
                 snr,
                 after.value,
                 gain.value,
                 gain.ci95)
                + text("recall %.3f, %+.4f +- %.4f",
                       recall_of(after),
                       recall.value,
                       recall.ci95,
                       0));
    }
}

void run(Options& o)
{
    const auto model = Transceiver::load(o.model, {});
    const auto& task = model->info().task(o.eval.task);
    if (task.layer_count() == 0)
        throw Error("bench protection: task " + task.name + " does not come in layers");
    std::sort(o.energy_db.begin(), o.energy_db.end());
    const auto& sizes = task.layers.begin()->second;
    o.eval.layers = { task.layer_count() };
    DamageTable damage;
    for (double snr : o.receivers_db) {
        damage.emplace_back();
        for (std::size_t l = 0; l < sizes.size(); ++l)
            damage.back().push_back(measure(*model, o, snr, l, sizes.size()));
    }
    const auto protection = protection_for(best_energies(sizes, damage), o.most_power_db);
    const auto table = table_of(protection, o, task.name);
    std::string chosen = "chosen:";
    for (std::size_t l = 0; l < protection.size(); ++l)
        chosen += text(" layer %.0f %+.1f dB x%.0f,",
                       static_cast<double>(l + 1),
                       protection[l].power_db,
                       protection[l].repetitions,
                       0);
    chosen.pop_back();
    say(o, { { "chosen", table["layers"] } }, chosen);
    if (!o.out.empty())
        write(o.out, table);
    check(*model, o, protection);
}

} // namespace

void add_bench_protection_command(CLI::App& bench)
{
    auto o = std::make_shared<Options>();
    o->eval.split = "val";
    o->eval.limit = 500;
    auto* command = bench.add_subcommand(
        "protection",
        "of layers: measure what each layer's own Es/N0 is worth, and divide power and "
        "repetitions among them");
    command->add_option("--model", o->model, "model file")->required();
    command->add_option("--data", o->eval.data_dir, "folder with the data sets")
        ->required();
    command->add_option("--task", o->eval.task, "task in layers")->required();
    command->add_option("--out", o->out, "file for the table, as --protection takes it");
    command->add_option("--snr", o->receivers_db, "Es/N0 of the receivers in dB")
        ->delimiter(',')
        ->check(CLI::Range(-30.0, 40.0));
    command
        ->add_option("--energy",
                     o->energy_db,
                     "of a layer against the others in dB, where it is measured")
        ->delimiter(',')
        ->check(CLI::Range(-16.0, 15.0));
    command
        ->add_option("--recall-weight",
                     o->recall_weight,
                     "decibels of PSNR that a recall of 1 is worth against one of 0")
        ->check(CLI::Range(0.0, 1000.0));
    command
        ->add_option("--most-power",
                     o->most_power_db,
                     "of a layer in dB; beyond it its symbols are repeated")
        ->check(CLI::Range(0.0, 15.0));
    command->add_option("--split", o->eval.split, "samples to choose with");
    command->add_option(
        "--check-split", o->check_split, "samples to check the choice with");
    command->add_option("--limit", o->eval.limit, "most samples")
        ->check(CLI::Range(1, 1000000));
    command->add_option("--seed", o->eval.seed, "of the channel");
    command->add_flag("--json", o->json, "JSON lines");
    for (auto* option : command->get_options())
        option->capture_default_str();
    command->callback([o] {
        set_process_threads(1);
        run(*o);
    });
}
