// SPDX-License-Identifier: GPL-3.0-or-later
#include "commands.h"
#include "processes.h"

#include <udeepsc_core/config.h>
#include <udeepsc_core/error.h>
#include <udeepsc_core/log.h>
#include <udeepsc_core/trainer.h>
#include <udeepsc_core/threads.h>
#include <udeepsc_core/transceiver.h>

#include <cstdio>
#include <cstdlib>
#include <memory>

using namespace udeepsc_core;

namespace {

struct TrainOptions {
    std::string config;
    TrainRun run;
    std::string precision = "auto";
    std::string rendezvous;
    int workers = 1, threads = 1;
    int rank = -1, world_size = 0; // not given
    int one_rate = 0; // symbols; 0: as the configuration says
    bool quiet = false;

    TrainConfig read_config() const
    {
        const auto read = TrainConfig::from_file(config);
        return one_rate > 0 ? read.at_one_rate(one_rate) : read;
    }
};

void common_options(CLI::App& command, TrainOptions& o)
{
    command
        .add_option("config", o.config, "configuration, for example configs/lite.json")
        ->required()
        ->check(CLI::ExistingFile);
    command.add_option("--data", o.run.data_dir, "folder with the data sets")->required();
    command
        .add_option(
            "--out", o.run.out_dir, "folder for tokenizer, checkpoint, log and model")
        ->required();
    command.add_option(
        "--tokenizer", o.run.tokenizer, "SentencePiece model or BERT vocab.txt");
    command.add_option("--max-bad", o.run.max_bad, "unreadable files or lines to skip");
}

void starting_weights(CLI::App& command, TrainOptions& o)
{
    auto* ours = command
                     .add_option("--start-from",
                                 o.run.start_from,
                                 "model file with the weights to begin with")
                     ->check(CLI::ExistingFile);
    command
        .add_option("--bert",
                    o.run.bert,
                    "folder of a published BERT (config.json, model.safetensors, "
                    "vocab.txt) for the text encoder to begin with")
        ->check(CLI::ExistingDirectory)
        ->excludes(ours);
    command
        .add_option("--vit",
                    o.run.vit,
                    "folder of a published Vision Transformer (config.json, "
                    "model.safetensors) for the image encoder to begin with")
        ->check(CLI::ExistingDirectory)
        ->excludes(ours);
}

// A line that is written over and over.
void show_progress(const TrainProgress& p)
{
    std::string scores;
    for (const auto& s : p.scores) {
        char part[80];
        std::snprintf(part, sizeof part, "  %.60s %.3f", s.first.c_str(), s.second);
        scores += part;
    }
    const auto filled
        = static_cast<std::size_t>(20 * p.step / std::max<std::int64_t>(1, p.total));
    std::fprintf(stderr,
                 "\r[%s%s] %lld/%lld  %.2f steps/s%s   %s",
                 std::string(filled, '#').c_str(),
                 std::string(20 - filled, '.').c_str(),
                 static_cast<long long>(p.step),
                 static_cast<long long>(p.total),
                 p.steps_per_second,
                 scores.c_str(),
                 p.step == p.total ? "\n" : "");
}

// Where the processes meet and which this one is: from the options, or else from what
// torchrun or SLURM have set in the environment.
void find_rendezvous(TrainOptions& o)
{
    auto place = rendezvous_of_environment();
    if (!o.rendezvous.empty())
        parse_address(o.rendezvous, place.host, place.port);
    if (o.rank >= 0)
        place.rank = o.rank;
    if (o.world_size > 0)
        place.world_size = o.world_size;
    if (place.world_size > 1 && place.host.empty())
        throw Error(
            "train: " + std::to_string(place.world_size)
            + " processes need a place to meet: --rendezvous HOST:PORT of rank 0");
    if (place.rank < 0 || place.rank >= place.world_size)
        throw Error("train: rank is " + std::to_string(place.rank) + ", expected 0 to "
                    + std::to_string(place.world_size - 1));
    if (o.rank >= 0 && o.world_size == 0 && place.world_size == 1)
        throw Error("train: --rank " + std::to_string(o.rank)
                    + " of how many? Expected --world-size too");
    o.run.rendezvous_host = place.host;
    o.run.rendezvous_port = place.port;
    o.run.rank = place.rank;
    o.run.world_size = place.world_size;
}

void train_here(TrainOptions& o)
{
    find_rendezvous(o);
    o.run.autocast = o.precision == "bf16"
        || (o.precision == "auto"
            && (o.run.device == "cuda" || udeepsc_core::has_bf16()));
    if (!o.quiet)
        o.run.progress = show_progress;
    set_process_threads(o.threads);
    const auto model = train(o.read_config(), o.run);
    if (o.run.rank == 0)
        log_info("wrote " + model);
}

} // namespace

void add_prepare_command(CLI::App& app)
{
    auto o = std::make_shared<TrainOptions>();
    auto* command = app.add_subcommand("prepare", "check the data, learn the tokenizer");
    common_options(*command, *o);
    command->callback([o] {
        for (const auto& found : prepare(TrainConfig::from_file(o->config), o->run)) {
            std::printf("%-26s %s, %s: %zu samples",
                        found.task.c_str(),
                        found.data.c_str(),
                        found.split.c_str(),
                        found.samples);
            if (!found.classes.empty())
                std::printf(", %zu classes", found.classes.size());
            if (found.skipped > 0)
                std::printf(", %zu skipped", found.skipped);
            std::printf("\n");
        }
    });
}

// Longer than a function should be: a list, read from top to bottom.
void add_train_command(CLI::App& app)
{
    auto o = std::make_shared<TrainOptions>();
    auto* command = app.add_subcommand("train", "train a model, or go on training it");
    common_options(*command, *o);
    command
        ->add_option("--workers", o->workers, "processes on this machine, data-parallel")
        ->check(CLI::Range(1, 64));
    command->add_option("--rendezvous",
                        o->rendezvous,
                        "HOST:PORT of rank 0, for processes on several machines");
    command->add_option("--rank", o->rank, "number of this process")
        ->check(CLI::Range(0, 4095));
    command->add_option("--world-size", o->world_size, "number of all processes")
        ->check(CLI::Range(1, 4096));
    command
        ->add_option(
            "--timeout", o->run.timeout_s, "seconds to wait for the other processes")
        ->check(CLI::Range(1.0, 86400.0));
    command->add_option("--threads", o->threads, "threads of each process")
        ->check(CLI::Range(1, 256));
    command->add_option("--device", o->run.device, "where to train")
        ->check(CLI::IsMember({ "cpu", "cuda" }));
    command
        ->add_option("--precision",
                     o->precision,
                     "bf16 autocast, or fp32; auto: bf16 where the device has it")
        ->check(CLI::IsMember({ "auto", "fp32", "bf16" }));
    starting_weights(*command, *o);
    command->add_option("--max-minutes",
                        o->run.max_minutes,
                        "stop at the first checkpoint after so long");
    command->add_flag("--resume",
                      o->run.must_resume,
                      "go on from the checkpoint in --out, and refuse if there is none");
    command
        ->add_option("--one-rate",
                     o->one_rate,
                     "tasks in layers: the same network for so many symbols alone, to "
                     "compare with")
        ->check(CLI::Range(1, 65535));
    command->add_flag("--quiet", o->quiet, "no progress bar");
    for (auto* option : command->get_options())
        option->capture_default_str();
    command->callback([o] {
        if (o->workers == 1) {
            train_here(*o);
            return;
        }
        if (!o->rendezvous.empty() || o->rank >= 0 || o->world_size > 0)
            throw Error("train: --workers starts all processes on this machine; with "
                        "--rendezvous, --rank and --world-size start each yourself");
        o->read_config(); // one message, not one of each process
        if (!run_ranks(o->workers))
            throw Error("train: a process ended early; --resume goes on from the last "
                        "checkpoint in "
                        + o->run.out_dir);
    });
}

void add_configuration_command(CLI::App& app)
{
    auto* command = app.add_subcommand(
        "configuration", "every field of a configuration, as docs/configuration.md");
    command->callback([] { std::fputs(configuration_reference().c_str(), stdout); });
}
