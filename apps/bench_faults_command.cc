// SPDX-License-Identifier: GPL-3.0-or-later
#include "commands.h"
#include "fault_figures.h"

#include <nlohmann/json.hpp>

#include <cstdio>
#include <iostream>
#include <memory>

namespace {

struct Options {
    burst_runs::Link link;
    std::uint64_t seed = 1;
    bool json = false;
};

void print_json(const Options& o, const FaultFigure& f)
{
    std::cout << nlohmann::ordered_json(
                     { { "fault", f.name },
                       { "profile", o.link.profile },
                       { "esn0_db", o.link.esn0_db },
                       { "payload_snr_db", f.snr_db },
                       { "loss_db", f.loss_db },
                       { "loss_ci95_db",
                         { f.loss_db - f.half_db, f.loss_db + f.half_db } },
                       { "lost", f.lost },
                       { "lost_ci95", { f.lost_ci95.low, f.lost_ci95.high } },
                       { "bursts", f.bursts },
                       { "seed", o.seed } })
                     .dump()
              << std::endl;
}

void print_line(const FaultFigure& f)
{
    std::printf("%-42s %6.2f dB  costs %6.2f +-%.2f dB  lost %5.1f %% (%.1f to %.1f)\n",
                f.name.c_str(),
                f.snr_db,
                f.loss_db,
                f.half_db,
                100 * f.lost,
                100 * f.lost_ci95.low,
                100 * f.lost_ci95.high);
    std::fflush(stdout);
}

} // namespace

void add_bench_faults_command(CLI::App& bench)
{
    auto o = std::make_shared<Options>();
    o->link.esn0_db = 12;
    o->link.symbols = 4000;
    o->link.bursts = 200;
    auto* command = bench.add_subcommand(
        "faults", "what faults of the hardware cost the burst modem's payload, in dB");
    command->add_option("--profile", o->link.profile, "form of the bursts")
        ->check(CLI::IsMember(udeepsc_phy::FrameProfile::names()));
    command->add_option("--snr", o->link.esn0_db, "Es/N0, dB")
        ->check(CLI::Range(-30.0, 100.0));
    command->add_option("--symbols", o->link.symbols, "of a burst's payload")
        ->check(CLI::Range(1, 8191));
    command->add_option("--bursts", o->link.bursts, "for each fault")
        ->check(CLI::Range(2, 1000000));
    command
        ->add_option("--peak-limit",
                     o->link.peak_limit_db,
                     "dB over the mean power at which OFDM's peaks are cut")
        ->check(CLI::Range(0.0, 100.0));
    command->add_option("--seed", o->seed, "of bursts and channel");
    command->add_flag("--json", o->json, "one JSON line a fault");
    for (auto* option : command->get_options())
        option->capture_default_str();
    command->callback([o] {
        if (!o->json)
            std::printf("profile %s, Es/N0 %g dB, %llu bursts of %zu symbols of 256-QAM, "
                        "seed %llu; 95 %% intervals\n",
                        o->link.profile.c_str(),
                        o->link.esn0_db,
                        static_cast<unsigned long long>(o->link.bursts),
                        o->link.symbols,
                        static_cast<unsigned long long>(o->seed));
        measure_faults(o->link, o->seed, [&](const FaultFigure& f) {
            if (o->json)
                print_json(*o, f);
            else
                print_line(f);
        });
    });
}
