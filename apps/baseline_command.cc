// SPDX-License-Identifier: GPL-3.0-or-later
#include "baseline_answers.h"
#include "baseline_run.h"
#include "commands.h"

#include <udeepsc_core/error.h>

#include <nlohmann/json.hpp>

#include <cstdio>
#include <iostream>
#include <memory>

using namespace udeepsc_core;
using udeepsc_conventional::Scheme;
using udeepsc_conventional::SchemeConfig;

namespace {

struct Options {
    std::string model = "lite";
    std::vector<std::string> schemes { "jpeg-ldpc" };
    std::vector<std::string> pictures;
    std::vector<double> snr_db { -6, 0, 6, 12 };
    SchemeConfig scheme;
    EvalOptions eval;
    std::string classifier, classifier_task;
    double margin_db = 0;
    bool tiles = false, json = false;
};

void print_json(const BaselineResult& b, const Scheme& scheme, const Options& o)
{
    const auto& r = b.result;
    nlohmann::ordered_json line
        = { { "task", r.task },     { "dataset", r.dataset }, { "channel", r.channel },
            { "snr_db", r.snr_db }, { "metric", r.metric },   { "value", r.value },
            { "ci95", r.ci95 } };
    for (const auto& also : r.also)
        line[also.first] = also.second;
    line["symbols_mean"] = r.symbols_mean;
    line["bits_mean"] = r.bits_mean;
    line["n"] = r.n;
    line["lost"] = r.lost;
    line["skipped"] = r.skipped;
    line["seed"] = o.eval.seed;
    line["split"] = o.eval.split;
    line["csi_at_transmitter"] = o.eval.csi_at_transmitter;
    line["scheme"] = scheme.config().name;
    line["mcs"] = scheme.is_capacity() ? "none" : scheme.config().mcs;
    line["margin_db"] = o.margin_db;
    line["formats"] = b.formats;
    std::cout << line.dump() << std::endl;
}

void print_row(const BaselineResult& b, const Scheme& scheme)
{
    const auto& r = b.result;
    std::string formats;
    for (const auto& f : b.formats)
        formats += "  " + f.first + " " + std::to_string(f.second);
    std::printf(
        "%-17s %-8s %6.1f dB  %-8s %8.4f +- %.4f  %7.1f symbols  %7.1f bits  n %lld%s\n",
        scheme.config().name.c_str(),
        r.channel.c_str(),
        r.snr_db,
        r.metric.c_str(),
        r.value,
        r.ci95,
        r.symbols_mean,
        r.bits_mean,
        static_cast<long long>(r.n),
        formats.c_str());
    std::fflush(stdout);
}

void check(const Options& o)
{
    if (o.eval.channel != "awgn" && o.eval.channel != "rayleigh"
        && o.eval.channel != "rician")
        throw Error("baseline: channel is \"" + o.eval.channel
                    + "\", expected awgn, rayleigh or rician");
    if (o.pictures.empty() && o.eval.data_dir.empty())
        throw Error("baseline: neither --data nor --pictures is given");
    if (o.tiles && o.pictures.empty())
        throw Error("baseline: --tiles is for --pictures");
    if (o.classifier.empty() != o.classifier_task.empty())
        throw Error("baseline: --classifier needs --classifier-task, and the other way "
                    "round");
}

void run(Options o)
{
    check(o);
    const auto model = Transceiver::load(o.model);
    const auto samples = o.pictures.empty()
        ? baseline_samples(*model, o.eval)
        : baseline_pictures(*model, o.eval, o.pictures, o.tiles);
    if (samples.samples.empty())
        throw Error("baseline: no sample of split " + o.eval.split
                    + " that the model takes");
    std::unique_ptr<PictureClassifier> classifier;
    if (!o.classifier.empty())
        classifier = std::make_unique<PictureClassifier>(
            o.classifier, o.classifier_task, model->info().task(o.eval.task));
    for (const auto& name : o.schemes) {
        o.scheme.name = name;
        const bool learns
            = name.rfind("huffman", 0) == 0 || name.rfind("arithmetic", 0) == 0;
        if (learns && o.scheme.training.empty())
            o.scheme.training = training_texts(*model, o.eval);
        const Scheme scheme(o.scheme);
        const bool answers = o.pictures.empty() && takes_texts(*model, o.eval.task);
        if (scheme.sends_pictures() != (!answers && gives_pictures(samples.output)))
            throw Error("baseline: " + name + " sends "
                        + (scheme.sends_pictures() ? "pictures" : "texts") + ", not what "
                        + o.eval.task + " gives, a " + samples.output);
        for (const double snr_db : o.snr_db) {
            const auto result = answers
                ? run_separate(*model, scheme, samples, o.eval, snr_db, o.margin_db)
                : run_baseline(
                    scheme, samples, o.eval, snr_db, o.margin_db, classifier.get());
            if (o.json)
                print_json(result, scheme, o);
            else
                print_row(result, scheme);
        }
    }
}

} // namespace

void add_baseline_command(CLI::App& app)
{
    auto o = std::make_shared<Options>();
    auto* command = app.add_subcommand(
        "baseline",
        "measure separate source and channel coding at the channel uses of a model");
    command
        ->add_option(
            "--scheme", o->schemes, "SOURCE-CODE, one or several, such as jpeg-ldpc")
        ->delimiter(',');
    command->add_option(
        "--mcs", o->scheme.mcs, "adaptive, or a modulation and rate such as 16qam-1/2");
    command->add_option("--model", o->model, "whose data sets and channel uses they are");
    command->add_option("--data", o->eval.data_dir, "folder with the data sets");
    command
        ->add_option("--task",
                     o->eval.task,
                     "that gives pictures or sentences; or one that answers from texts: "
                     "the model reads what arrives")
        ->required();
    command
        ->add_option(
            "--dataset", o->eval.datasets, "in place of those that the task names")
        ->delimiter(',');
    command->add_option("--split", o->eval.split, "test, val or train");
    command->add_option(
        "--pictures", o->pictures, "files in place of a data set; each is sent whole");
    command->add_flag("--tiles", o->tiles, "each tile of --pictures by itself");
    command->add_option("--channel", o->eval.channel, "awgn, rayleigh or rician");
    command->add_option("--k-factor",
                        o->eval.k_factor_db,
                        "of rician: line of sight to scattered power in dB");
    command->add_option("--snr", o->snr_db, "Es/N0 in dB, for example -6,0,6,12")
        ->delimiter(',');
    command->add_option(
        "--symbols",
        o->eval.symbols,
        "channel uses a sample, tile or text; 0: as many as the model sends");
    command->add_flag("--csi-at-transmitter",
                      o->eval.csi_at_transmitter,
                      "under fading the choice is made for each sample's own Es/N0");
    command->add_option(
        "--margin", o->margin_db, "dB that the adaptive choice keeps in hand");
    command->add_option("--order", o->scheme.order, "of the arithmetic coder's contexts");
    command->add_option("--classifier",
                        o->classifier,
                        "model trained on clean pictures that tells what the received "
                        "ones show, where the task has classes too");
    command->add_option(
        "--classifier-task", o->classifier_task, "its task, such as cifar10_class");
    command->add_option("--limit", o->eval.limit, "most samples");
    command->add_option("--seed", o->eval.seed, "of the channel");
    command->add_flag("--json", o->json, "one JSON line a scheme and SNR");
    for (auto* option : command->get_options())
        option->capture_default_str();
    command->callback([o] { run(*o); });
}
