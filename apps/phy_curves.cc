// SPDX-License-Identifier: GPL-3.0-or-later
#include "phy_curves.h"

#include "burst_runs.h"

#include <udeepsc_phy/theory.h>

#include <limits>

using namespace udeepsc_phy;
using namespace burst_runs;

namespace {

PhyPoint start(const std::string& curve,
               const std::string& name,
               const Link& link,
               std::uint64_t seed)
{
    const auto profile = FrameProfile::from_name(link.profile);
    PhyPoint point {};
    point.curve = curve;
    point.name = name;
    point.esn0_db = link.esn0_db;
    point.theory = std::numeric_limits<double>::quiet_NaN();
    point.n = link.bursts;
    point.seed = seed;
    point.preamble_symbols = profile.preamble_symbols;
    point.header_repetition = profile.header_repetition;
    point.threshold = BurstDetector(LinkRunner::detector_config(profile)).threshold();
    return point;
}

void set_ratio(PhyPoint& point, double k, double n)
{
    const auto interval = wilson(k, n);
    point.value = k / n;
    point.ci95[0] = interval.low;
    point.ci95[1] = interval.high;
}

} // namespace

void measure_phy_curves(const PhyFigureOptions& options,
                        const std::function<void(const PhyPoint&)>& report)
{
    struct Air {
        const char *profile, *multipath, *name;
    };
    const Air airs[] = { { "standard", "none", "standard, AWGN" },
                         { "multipath", "three_tap", "multipath, three taps" },
                         { "ofdm", "three_tap", "OFDM, three taps" } };
    const std::uint64_t divisor = options.quick ? 10 : 1;
    for (const auto& air : airs) {
        Link link;
        link.profile = air.profile;
        link.multipath = air.multipath;
        link.symbols = 50;
        for (double esn0_db = -14; esn0_db <= -5; esn0_db += 1) {
            link.esn0_db = esn0_db;
            link.bursts = 2000 / divisor;
            const auto r = LinkRunner(link, options.seed).run(true);
            auto point = start("detection", air.name, link, options.seed);
            set_ratio(
                point, static_cast<double>(r.detected), static_cast<double>(r.sent));
            report(point);
            point = start("header error", air.name, link, options.seed);
            set_ratio(point,
                      static_cast<double>(r.sent - r.headers),
                      static_cast<double>(r.sent));
            report(point);
        }
    }
    struct Symbols {
        Modulation modulation;
        const char* name;
        double low_db, high_db;
    };
    const Symbols symbols[] = { { Modulation::qpsk, "QPSK", -6, 9 },
                                { Modulation::qam16, "16-QAM", 0, 16.5 },
                                { Modulation::qam64, "64-QAM", 6, 22.5 },
                                { Modulation::qam256, "256-QAM", 12, 27 } };
    for (const auto& s : symbols) {
        Link link;
        link.modulation = s.modulation;
        link.symbols = 4000;
        link.bursts = 100 / divisor;
        for (double esn0_db = s.low_db; esn0_db <= s.high_db; esn0_db += 1.5) {
            link.esn0_db = esn0_db;
            const auto r = LinkRunner(link, options.seed + 1).run(true);
            auto point = start("symbol error", s.name, link, options.seed + 1);
            const double half = r.symbol_errors.half_interval();
            point.value = r.symbol_errors.mean();
            point.ci95[0] = std::max(0.0, point.value - half);
            point.ci95[1] = point.value + half;
            point.theory = symbol_error_rate_awgn(s.modulation, esn0_db);
            report(point);
        }
    }
}
