// SPDX-License-Identifier: GPL-3.0-or-later
#include "phy_figure_report.h"

#include <udeepsc_phy/framer.h>
#include <udeepsc_phy/random.h>
#include <udeepsc_phy/theory.h>

#include <algorithm>
#include <cmath>

using namespace udeepsc_phy;
using namespace burst_runs;

namespace {

using Bound = PhyFigure::Bound;

//! The widest search.
constexpr double WIDE_CFO = 0.2;

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

std::string decibels(double db)
{
    const int whole = static_cast<int>(std::lround(db));
    return (whole < 0 ? "minus_" : "") + std::to_string(std::abs(whole)) + "_db";
}

/*! Names, targets and sizes of the figures. */
class LinkFigures {
public:
    explicit LinkFigures(const FigureReport& report)
        : d_report(report)
    { }

    void run()
    {
        detection("detection_awgn", "standard", "none", 0.999);
        detection("detection_multipath", "multipath", "three_tap", 0.995);
        for (double max_cfo : { 0.02, WIDE_CFO }) {
            lowest_detection("standard", "none", max_cfo);
            lowest_detection("multipath", "three_tap", max_cfo);
        }
        noise();
        headers("header_error_awgn", "standard", "none");
        headers("header_error_awgn_wide", "standard", "none", WIDE_CFO);
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
    }

private:
    void detection(const std::string& name,
                   const std::string& profile,
                   const std::string& multipath,
                   double target)
    {
        if (!d_report.selected(name)) {
            return;
        }
        Link link;
        link.profile = profile;
        link.multipath = multipath;
        link.symbols = 50;
        link.bursts = d_report.size(1000, 20000);
        const auto r = LinkRunner(link, d_report.seed()).run(false);
        d_report.give(name,
                      static_cast<double>(r.detected) / r.sent,
                      target,
                      Bound::at_least,
                      wilson(r.detected, r.sent),
                      r.sent,
                      "probability");
    }

    //! Where preamble and header count, and the payload does not.
    static Link
    short_bursts(const std::string& profile, const std::string& multipath, double max_cfo)
    {
        Link link;
        link.profile = profile;
        link.multipath = multipath;
        link.symbols = 50;
        link.max_cfo = max_cfo;
        return link;
    }

    //! Es/N0 at which 99 % of the preambles are found: between steps of 0.25 dB, on a
    //! line through the numbers of misses.
    void lowest_detection(const std::string& profile,
                          const std::string& multipath,
                          double max_cfo)
    {
        const std::string name = std::string("detection_99_")
            + (multipath == "none" ? "awgn" : "multipath")
            + (max_cfo == WIDE_CFO ? "_wide" : "");
        if (!d_report.selected(name)) {
            return;
        }
        Link link = short_bursts(profile, multipath, max_cfo);
        link.bursts = d_report.size(1000, 4000);
        double before = 1.0;
        for (link.esn0_db = -7.0;; link.esn0_db -= 0.25) {
            const auto r = LinkRunner(link, d_report.seed()).run(false);
            const double found = static_cast<double>(r.detected) / r.sent;
            if (found < 0.99) {
                const double slope = (before - found) / 0.25; // per dB
                const double esn0_db = link.esn0_db + (0.99 - found) / slope;
                const auto misses = wilson(r.detected, r.sent);
                const double half = 0.5 * (misses.high - misses.low) / slope;
                d_report.give(name,
                              esn0_db,
                              -6.0,
                              Bound::at_most,
                              { esn0_db - half, esn0_db + half },
                              r.sent,
                              "dB");
                return;
            }
            before = found;
        }
    }

    //! Ten minutes at 2 Msps in the long form; then a burst.
    void noise()
    {
        if (!d_report.selected("false_alarms") && !d_report.selected("frames_of_noise")
            && !d_report.selected("burst_after_noise")) {
            return;
        }
        const auto profile = FrameProfile::from_name("standard");
        BurstDetector detector(LinkRunner::detector_config(profile));
        BurstDemodulator demodulator(profile);
        auto piece = only_noise(detector, demodulator);
        add_burst(piece, profile);
        const auto decoded = decode_burst(piece, detector, demodulator);
        d_report.give("burst_after_noise",
                      static_cast<double>(decoded),
                      1,
                      Bound::at_least,
                      wilson(static_cast<double>(std::min<std::uint64_t>(decoded, 1)), 1),
                      1,
                      "frames");
    }

    //! False alarms and what is decoded of them; returns the last samples.
    Samples only_noise(BurstDetector& detector, BurstDemodulator& demodulator)
    {
        Xoshiro256pp random(d_report.seed());
        const std::uint64_t n = d_report.size(10000000, 1200000000);
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
        d_report.give("false_alarms",
                      static_cast<double>(alarms) / done,
                      1e-6,
                      Bound::at_most,
                      wilson(static_cast<double>(alarms), static_cast<double>(done)),
                      done,
                      "a sample");
        d_report.give("frames_of_noise",
                      static_cast<double>(frames),
                      0,
                      Bound::at_most,
                      // Poisson.
                      { 0, frames + Z95 * std::sqrt(frames + 1.0) + 1 },
                      done,
                      "frames");
        return piece;
    }

    //! A burst of 100 symbols at -6 dB.
    static void add_burst(Samples& piece, const FrameProfile& profile)
    {
        Payload payload;
        payload.symbols.assign(100, { 1.0f, 0.0f });
        const auto burst = Framer(profile).frame({ payload });
        for (std::size_t i = 0; i < burst.size(); i++) {
            piece[i] += std::complex<float>(0.501187f * burst[i]);
        }
    }

    static std::uint64_t decode_burst(const Samples& piece,
                                      BurstDetector& detector,
                                      BurstDemodulator& demodulator)
    {
        std::uint64_t decoded = 0;
        auto bursts = detector.push(piece.data(), piece.size());
        for (auto& b : detector.flush()) {
            bursts.push_back(std::move(b));
        }
        for (const auto& b : bursts) {
            decoded += demodulator.demodulate(b).payloads.size();
        }
        return decoded;
    }

    void headers(const std::string& name,
                 const std::string& profile,
                 const std::string& multipath,
                 double max_cfo = 0.02)
    {
        if (!d_report.selected(name)) {
            return;
        }
        Link link = short_bursts(profile, multipath, max_cfo);
        link.bursts = d_report.size(500, 20000);
        const auto r = LinkRunner(link, d_report.seed() + 1).run(true);
        // Bursts that were not detected count: this is the whole receiver.
        const double lost = static_cast<double>(r.sent - r.headers);
        d_report.give(name,
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
        if (!d_report.selected(name)) {
            return;
        }
        Link link;
        link.profile = profile;
        link.multipath = multipath;
        link.esn0_db = esn0_db;
        link.symbols = 4000;
        // At 6 dB one symbol in 22 is wrong, at -6 dB every second.
        link.bursts = d_report.size(40, 1000);
        const auto r = LinkRunner(link, d_report.seed() + 2).run(true);
        const double theory = multipath == "none"
            ? esn0_db
            : mmse_snr_db(multipath, FrameProfile::from_name(profile).rolloff, esn0_db);
        const double rate = r.symbol_errors.mean(),
                     half = r.symbol_errors.half_interval();
        d_report.give(name,
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
        if (!d_report.selected(name)) {
            return;
        }
        Link link;
        link.esn0_db = esn0_db;
        link.symbols = 100;
        link.bursts = d_report.size(100, 2000);
        const auto r = LinkRunner(link, d_report.seed() + 3).run(true);
        const double mean = r.snr_squares.mean(), half = r.snr_squares.half_interval();
        d_report.give(name,
                      std::sqrt(mean),
                      0.5,
                      Bound::at_most,
                      { std::sqrt(std::max(0.0, mean - half)), std::sqrt(mean + half) },
                      r.snr_squares.n,
                      "dB rms");
    }

    const FigureReport& d_report;
};

} // namespace

void measure_link_figures(const FigureReport& report)
{
    LinkFigures(report).run();
}
