// SPDX-License-Identifier: GPL-3.0-or-later
#include "commands.h"

#include <udeepsc_phy/radio_channel.h>
#include <udeepsc_phy/snr_predictor.h>

#include <nlohmann/json.hpp>

#include <cmath>
#include <cstdio>
#include <iostream>
#include <memory>

using namespace udeepsc_phy;

namespace {

constexpr int FRAME = 256; // samples from one frame to the next
constexpr int PILOTS = 64; // samples of a frame that its Es/N0 is measured with
constexpr double LEAST_DB = -6; // frames below it are not heard: no report
constexpr int WARM_UP = 100; // frames before the first that counts

struct Options {
    std::vector<double> doppler { 0.01, 0.02, 0.05, 0.1, 0.2 };
    std::vector<std::string> fading { "rayleigh", "rician" };
    double snr_db = 12, time_constant = 0.7;
    int frames = 600, runs = 20;
    std::uint64_t seed = 1;
    bool json = false;
};

// Es/N0 in dB as a receiver measures it from the pilots of each frame; those that it
// cannot hear are left out.
std::vector<double> measured_reports(const Options& o,
                                     const std::string& fading,
                                     double doppler,
                                     std::uint64_t seed)
{
    RadioChannelConfig config;
    config.esn0_db = o.snr_db;
    config.fading = fading;
    config.doppler = doppler / FRAME;
    config.samples_per_symbol = 1;
    config.seed = seed;
    RadioChannel channel(config);
    const std::vector<std::complex<float>> ones(FRAME, 1.0f);
    const double noise_var = std::pow(10.0, -o.snr_db / 10);
    std::vector<double> reports;
    for (int frame = 0; frame < o.frames + WARM_UP; frame++) {
        const auto y = channel.apply(ones.data(), ones.size());
        std::complex<double> gain = 0;
        for (std::size_t i = y.size() - PILOTS; i < y.size(); i++)
            gain += std::complex<double>(y[i]) / double(PILOTS);
        const double snr_db = 10 * std::log10(std::norm(gain) / noise_var);
        if (snr_db >= LEAST_DB)
            reports.push_back(snr_db);
    }
    return reports;
}

/*! Sums of squared errors of the three, dB^2, over some reports. */
struct Errors {
    double last = 0, smoothed = 0, predicted = 0;
    long n = 0;

    void operator+=(const Errors& other)
    {
        last += other.last;
        smoothed += other.smoothed;
        predicted += other.predicted;
        n += other.n;
    }
    //! Of the better of the other two, how much less the predictor's is.
    double gain() const { return 1 - predicted / std::min(last, smoothed); }
};

Errors errors_of(const std::vector<double>& reports, double time_constant)
{
    const double share = time_constant > 0 ? 1 - std::exp(-1 / time_constant) : 1;
    SnrPredictor predictor;
    Errors errors;
    double smoothed = reports.empty() ? 0 : reports.front();
    for (std::size_t i = 0; i < reports.size(); i++) {
        if (i >= WARM_UP) {
            const auto squared
                = [&](double said) { return (reports[i] - said) * (reports[i] - said); };
            errors.last += squared(reports[i - 1]);
            errors.smoothed += squared(smoothed);
            errors.predicted += squared(predictor.next());
            errors.n++;
        }
        predictor.add(reports[i]);
        smoothed += share * (reports[i] - smoothed);
    }
    return errors;
}

struct Figure {
    Errors all;
    double half = 0; // of the gain's 95 % interval
};

// The runs are independent: the interval is the jackknife's over them.
Figure measure(const Options& o, const std::string& fading, double doppler)
{
    std::vector<Errors> runs;
    Figure figure;
    for (int run = 0; run < o.runs; run++) {
        const auto seed = o.seed * 1000003 + static_cast<std::uint64_t>(run);
        runs.push_back(
            errors_of(measured_reports(o, fading, doppler, seed), o.time_constant));
        figure.all += runs.back();
    }
    double sum = 0;
    for (const auto& run : runs) {
        Errors rest = figure.all;
        rest.last -= run.last;
        rest.smoothed -= run.smoothed;
        rest.predicted -= run.predicted;
        sum += std::pow(rest.gain() - figure.all.gain(), 2);
    }
    figure.half = 1.96 * std::sqrt(sum * (o.runs - 1) / o.runs);
    return figure;
}

void print(const Options& o, const std::string& fading, double doppler, const Figure& f)
{
    const double n = static_cast<double>(f.all.n);
    if (o.json) {
        std::cout << nlohmann::ordered_json(
                         { { "fading", fading },
                           { "doppler", doppler },
                           { "snr_db", o.snr_db },
                           { "last_db2", f.all.last / n },
                           { "smoothed_db2", f.all.smoothed / n },
                           { "predicted_db2", f.all.predicted / n },
                           { "less_error", f.all.gain() },
                           { "less_error_ci95",
                             { f.all.gain() - f.half, f.all.gain() + f.half } },
                           { "n", f.all.n },
                           { "runs", o.runs },
                           { "seed", o.seed } })
                         .dump()
                  << std::endl;
        return;
    }
    std::printf(
        "%-9s %6.3f a frame   last %6.2f   smoothed %6.2f   predicted %6.2f dB^2   "
        "%5.1f +- %.1f %% less\n",
        fading.c_str(),
        doppler,
        f.all.last / n,
        f.all.smoothed / n,
        f.all.predicted / n,
        100 * f.all.gain(),
        100 * f.half);
    std::fflush(stdout);
}

} // namespace

void add_bench_csi_command(CLI::App& bench)
{
    auto o = std::make_shared<Options>();
    auto* command = bench.add_subcommand("csi",
                                         "squared error of the next frame's Es/N0 in a "
                                         "fading channel: predicted, the last "
                                         "report, and smoothed");
    command->add_option("--doppler", o->doppler, "cycles from one frame to the next")
        ->delimiter(',')
        ->check(CLI::Range(1e-6, 0.5 * FRAME));
    command->add_option("--fading", o->fading, "of radio_channel")
        ->delimiter(',')
        ->check(CLI::IsMember({ "rayleigh", "rician" }));
    command->add_option("--snr", o->snr_db, "mean Es/N0, dB")
        ->check(CLI::Range(-10.0, 60.0));
    command
        ->add_option("--time-constant", o->time_constant, "of the smoothing, in reports")
        ->check(CLI::Range(0.0, 1e6));
    command->add_option("--frames", o->frames, "that count, of a run")
        ->check(CLI::Range(100, 10000000));
    command->add_option("--runs", o->runs, "of gains of their own")
        ->check(CLI::Range(2, 100000));
    command->add_option("--seed", o->seed, "of gains and noise");
    command->add_flag("--json", o->json, "one JSON line a channel");
    for (auto* option : command->get_options())
        option->capture_default_str();
    command->callback([o] {
        if (!o->json)
            std::printf("Es/N0 %g dB, %d runs of %d frames, smoothing over %g reports, "
                        "seed %llu; 95 %% intervals\n",
                        o->snr_db,
                        o->runs,
                        o->frames,
                        o->time_constant,
                        static_cast<unsigned long long>(o->seed));
        for (const auto& fading : o->fading)
            for (const double doppler : o->doppler)
                print(*o, fading, doppler, measure(*o, fading, doppler));
    });
}
