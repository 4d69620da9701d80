// SPDX-License-Identifier: GPL-3.0-or-later
#include "phy_figure_report.h"

#include <udeepsc_phy/burst_demodulator.h>
#include <udeepsc_phy/burst_detector.h>
#include <udeepsc_phy/framer.h>
#include <udeepsc_phy/radio_channel.h>
#include <udeepsc_phy/random.h>
#include <udeepsc_phy/soft_demapper.h>

#include <algorithm>
#include <ctime>

using namespace udeepsc_phy;
using namespace burst_runs;

namespace {

using Bound = PhyFigure::Bound;

//! Symbols of the longest payload.
constexpr std::size_t LONGEST = 8191;

double cpu_seconds()
{
    timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return t.tv_sec + 1e-9 * t.tv_nsec;
}

/*! Names and targets of the figures. */
class RateFigures {
public:
    explicit RateFigures(const FigureReport& report)
        : d_report(report)
    { }

    void run()
    {
        detector_rate("detector_rate_awgn", "standard");
        detector_rate("detector_rate_multipath", "multipath");
        detector_rate("detector_rate_awgn_wide", "standard", 0.2);
        detector_rate("detector_rate_multipath_wide", "multipath", 0.2, 2);
        framer_rate();
        demapper_rate("demapper_rate_qpsk", Modulation::qpsk, 50);
        demapper_rate("demapper_rate_16qam", Modulation::qam16, 30);
        demodulator_rate("demodulator_rate_awgn", "standard", "none");
        demodulator_rate("demodulator_rate_multipath", "multipath", "three_tap");
        latency();
    }

private:
    //! Millions of \p units a second of CPU time: the best of several runs.
    void rate(const std::string& name,
              double target,
              const std::string& unit,
              double units,
              const std::function<void()>& work)
    {
        work();
        std::vector<double> rates;
        for (std::uint64_t i = 0; i < d_report.size(10, 100); i++) {
            const double begin = cpu_seconds();
            work();
            rates.push_back(units / (cpu_seconds() - begin) * 1e-6);
        }
        std::sort(rates.begin(), rates.end());
        const auto at = [&rates](double part) {
            return rates[static_cast<std::size_t>(part * (rates.size() - 1))];
        };
        d_report.give(name,
                      rates.back(),
                      target,
                      Bound::at_least,
                      { at(0.025), at(0.975) },
                      rates.size(),
                      unit);
    }

    void detector_rate(const std::string& name,
                       const std::string& profile_name,
                       double max_cfo = 0.02,
                       double target = 4)
    {
        if (!d_report.selected(name)) {
            return;
        }
        auto profile = FrameProfile::from_name(profile_name);
        profile.max_cfo = max_cfo;
        BurstDetector detector(LinkRunner::detector_config(profile));
        Xoshiro256pp random(d_report.seed());
        Samples x(500000);
        for (auto& v : x) {
            v = std::complex<float>(random.complex_gaussian());
        }
        rate(name, target, "Msps", static_cast<double>(x.size()), [&] {
            detector.push(x.data(), x.size());
        });
    }

    Payload long_payload(Modulation modulation)
    {
        Xoshiro256pp random(d_report.seed());
        const Constellation constellation(modulation);
        Payload payload;
        payload.header.modulation = modulation;
        for (auto label : random_labels(random, constellation.size(), LONGEST)) {
            payload.symbols.push_back(constellation.points()[label]);
        }
        return payload;
    }

    void framer_rate()
    {
        if (!d_report.selected("framer_rate")) {
            return;
        }
        const auto profile = FrameProfile::from_name("standard");
        const Framer framer(profile);
        const std::vector<Payload> payloads { long_payload(Modulation::qpsk) };
        const auto samples = framer.frame(payloads).size();
        rate("framer_rate", 50, "Msps", static_cast<double>(samples), [&] {
            framer.frame(payloads);
        });
    }

    void demapper_rate(const std::string& name, Modulation modulation, double target)
    {
        if (!d_report.selected(name)) {
            return;
        }
        Xoshiro256pp random(d_report.seed());
        Samples y(100000);
        for (auto& v : y) {
            v = std::complex<float>(random.complex_gaussian());
        }
        const std::vector<float> n0(y.size(), 0.3f);
        const SoftDemapper demapper(modulation);
        std::vector<float> llrs(y.size() * Constellation(modulation).bits_per_symbol());
        rate(name, target, "Msym/s", static_cast<double>(y.size()), [&] {
            demapper.llrs(y.data(), y.size(), ChannelState(n0), llrs.data());
        });
    }

    void demodulator_rate(const std::string& name,
                          const std::string& profile_name,
                          const std::string& multipath)
    {
        if (!d_report.selected(name)) {
            return;
        }
        const auto profile = FrameProfile::from_name(profile_name);
        const Framer framer(profile);
        auto samples = framer.frame({ long_payload(Modulation::qpsk) });
        const double symbols
            = static_cast<double>(LONGEST + framer.overhead_symbols({ LONGEST }));
        samples.resize(samples.size() + 400);
        RadioChannelConfig air;
        air.esn0_db = 6;
        air.multipath = multipath;
        air.samples_per_symbol = profile.samples_per_symbol;
        air.cfo = 0.003;
        air.delay = 100.3;
        air.clock_ppm = 10;
        air.seed = d_report.seed();
        const auto y = RadioChannel(air).apply(samples.data(), samples.size());
        BurstDetector detector(LinkRunner::detector_config(profile));
        auto bursts = detector.push(y.data(), y.size());
        for (auto& burst : detector.flush()) {
            bursts.push_back(std::move(burst));
        }
        if (bursts.empty()) {
            return;
        }
        BurstDemodulator demodulator(profile);
        rate(name, 5, "Msym/s", symbols, [&] { demodulator.demodulate(bursts[0]); });
    }

    /*!
     * From the first symbol of a payload of 64 on the air to the payload received, at a
     * million samples a second: samples come in pieces of 250, and what a piece takes to
     * work on is time of the processor. 99th percentile.
     */
    void latency()
    {
        if (!d_report.selected("payload_latency")) {
            return;
        }
        constexpr std::size_t PIECE = 250, SYMBOLS = 64;
        constexpr double SAMPLES_A_MS = 1000;
        const auto profile = FrameProfile::from_name("standard");
        const Framer framer(profile);
        BurstDetector detector(LinkRunner::detector_config(profile));
        BurstDemodulator demodulator(profile);
        Xoshiro256pp random(d_report.seed());
        std::vector<double> latencies;
        std::uint64_t sample = 0; // of the stream
        for (std::uint64_t i = 0; i < d_report.size(200, 5000); i++) {
            Payload payload;
            payload.symbols.assign(SYMBOLS, { 1.0f, 0.0f });
            auto x = framer.frame({ payload });
            const double first = double(sample) + double(x.size())
                - 2.0 * (SYMBOLS + SYMBOLS / 7.0 + profile.ramp_symbols);
            x.resize((x.size() / PIECE + 4) * PIECE + PIECE * (random() % 20));
            for (auto& v : x) {
                v += std::complex<float>(random.complex_gaussian());
            }
            for (std::size_t at = 0; at < x.size(); at += PIECE) {
                const double begin = cpu_seconds();
                for (const auto& burst : detector.push(&x[at], PIECE)) {
                    if (demodulator.demodulate(burst).fault
                        == ReceivedFrame::Fault::none) {
                        latencies.push_back((double(sample + at + PIECE) - first)
                                                / SAMPLES_A_MS
                                            + 1e3 * (cpu_seconds() - begin));
                    }
                }
            }
            sample += x.size();
        }
        if (latencies.empty()) {
            return;
        }
        std::sort(latencies.begin(), latencies.end());
        const auto at = [&latencies](double part) {
            return latencies[static_cast<std::size_t>(part * (latencies.size() - 1))];
        };
        d_report.give("payload_latency_p99",
                      at(0.99),
                      4,
                      Bound::at_most,
                      { at(0.98), at(1.0) },
                      latencies.size(),
                      "ms");
    }

    const FigureReport& d_report;
};

} // namespace

void measure_rate_figures(const FigureReport& report)
{
    RateFigures(report).run();
}
