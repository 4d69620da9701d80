// SPDX-License-Identifier: GPL-3.0-or-later
#include "commands.h"

#include <udeepsc_core/error.h>
#include <udeepsc_core/trainer.h>
#include <udeepsc_core/transceiver.h>

#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <filesystem>
#include <memory>

namespace fs = std::filesystem;
using udeepsc_core::Error;
using udeepsc_core::TrainConfig;
using udeepsc_core::TrainRun;

namespace {

struct TrainOptions {
    std::string config;
    TrainRun run;
    std::string precision = "auto";
    int threads = 1;
};

void common_options(CLI::App& command, TrainOptions& o)
{
    command.add_option("config", o.config, "configuration, for example configs/lite.json")
        ->required()
        ->check(CLI::ExistingFile);
    command.add_option("--data", o.run.data_dir, "folder with the data sets")->required();
    command.add_option("--out", o.run.out_dir, "folder for tokenizer, checkpoint, log and model")
        ->required();
    command.add_option("--tokenizer", o.run.tokenizer, "SentencePiece model or BERT vocab.txt");
}

int run_one(const TrainConfig& config, TrainRun run, int threads)
{
    try {
        udeepsc_core::set_threads(threads);
        udeepsc_core::train(config, run);
        return 0;
    } catch (const std::exception& e) {
        std::fprintf(stderr, "\nudeepsc: %s\n", e.what());
        return 1;
    }
}

// Starts the workers, waits for all; if one dies the others could only wait for it.
void run_workers(const TrainConfig& config, const TrainOptions& o)
{
    std::error_code ignored;
    fs::create_directories(o.run.out_dir, ignored);
    fs::remove(fs::path(o.run.out_dir) / ".meeting", ignored);
    std::vector<pid_t> workers;
    for (int rank = 0; rank < o.run.workers; ++rank) {
        const pid_t pid = fork();
        if (pid < 0)
            throw Error("train: cannot start worker " + std::to_string(rank));
        if (pid == 0) {
            prctl(PR_SET_PDEATHSIG, SIGTERM);
            TrainRun run = o.run;
            run.rank = rank;
            _exit(run_one(config, run, o.threads));
        }
        workers.push_back(pid);
    }
    bool failed = false;
    for (std::size_t left = workers.size(); left > 0; --left) {
        int status = 0;
        if (wait(&status) < 0)
            break;
        if (status != 0 && !failed) {
            failed = true;
            for (pid_t pid : workers)
                kill(pid, SIGTERM);
        }
    }
    if (failed)
        throw Error("train: a worker ended early; the last checkpoint is in " + o.run.out_dir);
}

} // namespace

void add_prepare_command(CLI::App& app)
{
    auto o = std::make_shared<TrainOptions>();
    auto* command = app.add_subcommand("prepare", "check the data, learn the tokenizer");
    common_options(*command, *o);
    command->callback([o] { udeepsc_core::prepare(TrainConfig::from_file(o->config), o->run); });
}

void add_train_command(CLI::App& app)
{
    auto o = std::make_shared<TrainOptions>();
    auto* command = app.add_subcommand("train", "train a model, or go on training it");
    common_options(*command, *o);
    command->add_option("--workers", o->run.workers, "data-parallel processes")->check(CLI::Range(1, 64));
    command->add_option("--threads", o->threads, "threads of each process")->check(CLI::Range(1, 256));
    command->add_option("--device", o->run.device, "where to train")->check(CLI::IsMember({ "cpu", "cuda" }));
    command->add_option("--precision", o->precision, "bf16 autocast, or fp32; auto: bf16 where the device has it")
        ->check(CLI::IsMember({ "auto", "fp32", "bf16" }));
    command->add_option("--start-from", o->run.start_from, "model file with the weights to begin with")
        ->check(CLI::ExistingFile);
    command->add_option("--max-minutes", o->run.max_minutes, "stop at the first checkpoint after so long");
    command->add_flag("--quiet", o->run.quiet, "no progress bar");
    command->callback([o] {
        const auto config = TrainConfig::from_file(o->config);
        o->run.autocast = o->precision == "bf16" ||
                          (o->precision == "auto" &&
                           (o->run.device == "cuda" || udeepsc_core::has_bf16()));
        if (o->run.workers == 1) {
            if (run_one(config, o->run, o->threads) != 0)
                throw Error("train: stopped");
            return;
        }
        // Learn the tokenizer once, before there are several processes to do it.
        udeepsc_core::prepare(config, o->run);
        run_workers(config, *o);
    });
}
