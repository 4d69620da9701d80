// SPDX-License-Identifier: GPL-3.0-or-later
#include "phy_figures.h"

#include "burst_runs.h"

#include <udeepsc_phy/burst_demodulator.h>
#include <udeepsc_phy/burst_detector.h>
#include <udeepsc_phy/framer.h>
#include <udeepsc_phy/mapper.h>
#include <udeepsc_phy/radio_channel.h>
#include <udeepsc_phy/random.h>
#include <udeepsc_phy/soft_demapper.h>
#include <udeepsc_phy/theory.h>

#include <algorithm>
#include <cmath>
#include <ctime>

using namespace udeepsc_phy;
using namespace burst_runs;

namespace {

using Bound = PhyFigure::Bound;

double cpu_seconds()
{
    timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return t.tv_sec + 1e-9 * t.tv_nsec;
}

//! The Es/N0 at which theory has this symbol error rate.
double esn0_of(Modulation modulation, double symbol_error_rate)
{
    double low = -30, high = 40;
    while (high - low > 1e-6) {
        const double middle = (low + high) / 2;
        (symbol_error_rate_awgn(modulation, middle) > symbol_error_rate ? low : high)
            = middle;
    }
    return low;
}

/*! Names, targets and sizes of the figures. */
class Figures {
public:
    Figures(const PhyFigureOptions& options,
            const std::function<void(const PhyFigure&)>& report)
        : d_options(options)
        , d_report(report)
    { }

    void run()
    {
        detection("detection_awgn", "standard", "none", 0.999);
        detection("detection_multipath", "multipath", "three_tap", 0.995);
        noise();
        headers("header_error_awgn", "standard", "none");
        headers("header_error_multipath", "multipath", "three_tap");
        for (double esn0_db : { -6.0, 0.0, 6.0 }) {
            symbol_loss("symbol_loss_awgn", "standard", "none", esn0_db, 0.3);
        }
        for (double esn0_db : { -6.0, 0.0, 6.0 }) {
            symbol_loss("symbol_loss_multipath", "multipath", "three_tap", esn0_db, 0.5);
        }
        for (double esn0_db : { -6.0, 0.0, 6.0, 12.0, 20.0 }) {
            snr_estimate(esn0_db);
        }
        detector_rate("detector_rate_awgn", "standard");
        detector_rate("detector_rate_multipath", "multipath");
        framer_rate();
        demapper_rate("demapper_rate_qpsk", Modulation::qpsk, 50);
        demapper_rate("demapper_rate_16qam", Modulation::qam16, 30);
        demodulator_rate("demodulator_rate_awgn", "standard", "none");
        demodulator_rate("demodulator_rate_multipath", "multipath", "three_tap");
    }

private:
    bool wanted(const std::string& name) const
    {
        return name.compare(0, d_options.only.size(), d_options.only) == 0;
    }

    std::uint64_t size(std::uint64_t quick, std::uint64_t full) const
    {
        return d_options.quick ? quick : full;
    }

    void give(const std::string& name,
              double value,
              double target,
              Bound bound,
              Interval ci95,
              std::uint64_t n,
              const std::string& unit)
    {
        d_report({ name,
                   value,
                   target,
                   bound,
                   { ci95.low, ci95.high },
                   n,
                   d_options.seed,
                   unit });
    }

    void detection(const std::string& name,
                   const std::string& profile,
                   const std::string& multipath,
                   double target)
    {
        if (!wanted(name)) {
            return;
        }
        Link link;
        link.profile = profile;
        link.multipath = multipath;
        link.symbols = 50;
        link.bursts = size(1000, 20000);
        const auto r = LinkRunner(link, d_options.seed).run(false);
        give(name,
             static_cast<double>(r.detected) / r.sent,
             target,
             Bound::at_least,
             wilson(r.detected, r.sent),
             r.sent,
             "probability");
    }

    //! Ten minutes at 2 Msps in the long form; then a burst.
    void noise()
    {
        if (!wanted("false_alarms") && !wanted("frames_of_noise")
            && !wanted("burst_after_noise")) {
            return;
        }
        const auto profile = FrameProfile::from_name("standard");
        BurstDetector detector(LinkRunner::detector_config(profile));
        BurstDemodulator demodulator(profile);
        Xoshiro256pp random(d_options.seed);
        const std::uint64_t n = size(10000000, 1200000000);
        std::uint64_t done = 0, alarms = 0, frames = 0;
        const auto take = [&](const std::vector<DetectedBurst>& bursts) {
            for (const auto& burst : bursts) {
                alarms++;
                frames += !demodulator.demodulate(burst).payloads.empty();
            }
        };
        Samples piece(1 << 16);
        while (done < n) {
            for (auto& x : piece) {
                x = std::complex<float>(random.complex_gaussian());
            }
            take(detector.push(piece.data(), piece.size()));
            done += piece.size();
        }
        take(detector.flush());
        give("false_alarms",
             static_cast<double>(alarms) / done,
             1e-6,
             Bound::at_most,
             wilson(static_cast<double>(alarms), static_cast<double>(done)),
             done,
             "a sample");
        give("frames_of_noise",
             static_cast<double>(frames),
             0,
             Bound::at_most,
             // Poisson.
             { 0, frames + Z95 * std::sqrt(frames + 1.0) + 1 },
             done,
             "frames");
        std::uint64_t decoded = 0;
        Payload payload;
        payload.symbols.assign(100, { 1.0f, 0.0f });
        const auto burst = Framer(profile).frame({ payload });
        for (std::size_t i = 0; i < burst.size(); i++) {
            // -6 dB.
            piece[i] += std::complex<float>(0.501187f * burst[i]);
        }
        auto bursts = detector.push(piece.data(), piece.size());
        for (auto& b : detector.flush()) {
            bursts.push_back(std::move(b));
        }
        for (const auto& b : bursts) {
            decoded += demodulator.demodulate(b).payloads.size();
        }
        give("burst_after_noise",
             static_cast<double>(decoded),
             1,
             Bound::at_least,
             wilson(static_cast<double>(std::min<std::uint64_t>(decoded, 1)), 1),
             1,
             "frames");
    }

    void headers(const std::string& name,
                 const std::string& profile,
                 const std::string& multipath)
    {
        if (!wanted(name)) {
            return;
        }
        Link link;
        link.profile = profile;
        link.multipath = multipath;
        link.symbols = 50;
        link.bursts = size(500, 20000);
        const auto r = LinkRunner(link, d_options.seed + 1).run(true);
        // Bursts that were not detected count: this is the whole receiver.
        const double lost = static_cast<double>(r.sent - r.headers);
        give(name,
             lost / r.sent,
             1e-3,
             Bound::at_most,
             wilson(lost, r.sent),
             r.sent,
             "probability");
    }

    void symbol_loss(const std::string& what,
                     const std::string& profile,
                     const std::string& multipath,
                     double esn0_db,
                     double target)
    {
        const std::string name = what + "_" + decibels(esn0_db);
        if (!wanted(name)) {
            return;
        }
        Link link;
        link.profile = profile;
        link.multipath = multipath;
        link.esn0_db = esn0_db;
        link.symbols = 4000;
        // At 6 dB one symbol in 22 is wrong, at -6 dB every second.
        link.bursts = size(40, 1000);
        const auto r = LinkRunner(link, d_options.seed + 2).run(true);
        const double theory = multipath == "none"
            ? esn0_db
            : mmse_snr_db(multipath, FrameProfile::from_name(profile).rolloff, esn0_db);
        const double rate = r.symbol_errors.mean(),
                     half = r.symbol_errors.half_interval();
        give(name,
             theory - esn0_of(link.modulation, rate),
             target,
             Bound::at_most,
             { theory - esn0_of(link.modulation, std::max(1e-9, rate - half)),
               theory - esn0_of(link.modulation, rate + half) },
             r.sent,
             "dB");
    }

    void snr_estimate(double esn0_db)
    {
        const std::string name = "snr_estimate_" + decibels(esn0_db);
        if (!wanted(name)) {
            return;
        }
        Link link;
        link.esn0_db = esn0_db;
        link.symbols = 100;
        link.bursts = size(100, 2000);
        const auto r = LinkRunner(link, d_options.seed + 3).run(true);
        const double mean = r.snr_squares.mean(), half = r.snr_squares.half_interval();
        give(name,
             std::sqrt(mean),
             0.5,
             Bound::at_most,
             { std::sqrt(std::max(0.0, mean - half)), std::sqrt(mean + half) },
             r.snr_squares.n,
             "dB rms");
    }

    //! Millions of \p units a second of CPU time: the best of several runs.
    void rate(const std::string& name,
              double target,
              const std::string& unit,
              double units,
              const std::function<void()>& work)
    {
        work();
        std::vector<double> rates;
        for (std::uint64_t i = 0; i < size(10, 100); i++) {
            const double begin = cpu_seconds();
            work();
            rates.push_back(units / (cpu_seconds() - begin) * 1e-6);
        }
        std::sort(rates.begin(), rates.end());
        const auto at = [&rates](double part) {
            return rates[static_cast<std::size_t>(part * (rates.size() - 1))];
        };
        give(name,
             rates.back(),
             target,
             Bound::at_least,
             { at(0.025), at(0.975) },
             rates.size(),
             unit);
    }

    void detector_rate(const std::string& name, const std::string& profile)
    {
        if (!wanted(name)) {
            return;
        }
        BurstDetector detector(
            LinkRunner::detector_config(FrameProfile::from_name(profile)));
        Xoshiro256pp random(d_options.seed);
        Samples x(500000);
        for (auto& v : x) {
            v = std::complex<float>(random.complex_gaussian());
        }
        rate(name, 4, "Msps", static_cast<double>(x.size()), [&] {
            detector.push(x.data(), x.size());
        });
    }

    Payload long_payload(const FrameProfile& profile, Modulation modulation)
    {
        Xoshiro256pp random(d_options.seed);
        const Constellation constellation(modulation);
        Payload payload;
        payload.header.modulation = modulation;
        for (auto label :
             random_labels(random, constellation.size(), profile.max_payload_symbols)) {
            payload.symbols.push_back(constellation.points()[label]);
        }
        return payload;
    }

    void framer_rate()
    {
        if (!wanted("framer_rate")) {
            return;
        }
        const auto profile = FrameProfile::from_name("standard");
        const Framer framer(profile);
        const std::vector<Payload> payloads { long_payload(profile, Modulation::qpsk) };
        const auto samples = framer.frame(payloads).size();
        rate("framer_rate", 50, "Msps", static_cast<double>(samples), [&] {
            framer.frame(payloads);
        });
    }

    void demapper_rate(const std::string& name, Modulation modulation, double target)
    {
        if (!wanted(name)) {
            return;
        }
        Xoshiro256pp random(d_options.seed);
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
        if (!wanted(name)) {
            return;
        }
        const auto profile = FrameProfile::from_name(profile_name);
        const Framer framer(profile);
        auto samples = framer.frame({ long_payload(profile, Modulation::qpsk) });
        const double symbols = static_cast<double>(
            profile.max_payload_symbols
            + framer.overhead_symbols({ profile.max_payload_symbols }));
        samples.resize(samples.size() + 400);
        RadioChannelConfig air;
        air.esn0_db = 6;
        air.multipath = multipath;
        air.samples_per_symbol = profile.samples_per_symbol;
        air.cfo = 0.003;
        air.delay = 100.3;
        air.clock_ppm = 10;
        air.seed = d_options.seed;
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

    static std::string decibels(double db)
    {
        const int whole = static_cast<int>(std::lround(db));
        return (whole < 0 ? "minus_" : "") + std::to_string(std::abs(whole)) + "_db";
    }

    PhyFigureOptions d_options;
    std::function<void(const PhyFigure&)> d_report;
};

} // namespace

void measure_phy_figures(const PhyFigureOptions& options,
                         const std::function<void(const PhyFigure&)>& report)
{
    Figures(options, report).run();
}
