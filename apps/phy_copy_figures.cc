// SPDX-License-Identifier: GPL-3.0-or-later
#include "phy_figure_report.h"

#include <algorithm>
#include <cmath>

using namespace burst_runs;

namespace {

using Bound = PhyFigure::Bound;

//! Of a payload symbol, of each frame that arrived.
Interval decibels(const Mean& energy)
{
    const double half = energy.half_interval();
    return { 10 * std::log10(energy.mean() - half),
             10 * std::log10(energy.mean() + half) };
}

/*! Two copies at -9 dB against one at -6 dB, over three taps. */
class CopyFigures {
public:
    explicit CopyFigures(const FigureReport& report)
        : d_report(report)
    { }

    void run()
    {
        const auto names = { s_detected, s_lost, s_copies, s_noise };
        if (std::none_of(names.begin(), names.end(), [this](const char* name) {
                return d_report.selected(name);
            })) {
            return;
        }
        const auto one = measure(1, -6);
        const auto two = measure(2, -9);
        const double bursts = 2.0 * static_cast<double>(two.sent);
        give(s_detected,
             static_cast<double>(two.detected) / bursts,
             0.99,
             Bound::at_least,
             wilson(static_cast<double>(two.detected), bursts),
             2 * two.sent,
             "probability");
        const auto lost = static_cast<double>(two.sent - two.headers);
        const auto sent = static_cast<double>(two.sent);
        give(s_lost,
             lost / sent,
             1e-2,
             Bound::at_most,
             wilson(lost, sent),
             two.sent,
             "probability");
        const double half = two.copies.half_interval();
        give(s_copies,
             two.copies.mean(),
             1.95,
             Bound::at_least,
             { two.copies.mean() - half, two.copies.mean() + half },
             two.copies.n,
             "of 2");
        symbol_energy(one, two);
    }

private:
    static constexpr const char* s_detected = "copies_detected_minus_9_db";
    static constexpr const char* s_lost = "copies_frames_lost";
    static constexpr const char* s_copies = "copies_in_a_frame";
    static constexpr const char* s_noise = "copies_noise_against_minus_6";

    LinkResult measure(unsigned copies, double esn0_db) const
    {
        Link link;
        link.profile = "multipath";
        link.multipath = "three_tap";
        link.esn0_db = esn0_db;
        link.symbols = 2000;
        link.copies = copies;
        link.bursts = d_report.size(100, 2000);
        return LinkRunner(link, d_report.seed() + 4).run(true);
    }

    //! How much more noise the payload symbols of the copies have.
    void symbol_energy(const LinkResult& one, const LinkResult& two) const
    {
        const Interval first = decibels(one.error_energy);
        const Interval second = decibels(two.error_energy);
        const double more
            = 10 * std::log10(two.error_energy.mean() / one.error_energy.mean());
        const double half
            = std::hypot(second.high - second.low, first.high - first.low) / 2;
        give(s_noise,
             more,
             0.3,
             Bound::at_most,
             { more - half, more + half },
             two.error_energy.n,
             "dB");
    }

    void give(const std::string& name,
              double value,
              double target,
              Bound bound,
              Interval ci95,
              std::uint64_t n,
              const std::string& unit) const
    {
        d_report.give(name, value, target, bound, ci95, n, unit);
    }

    const FigureReport& d_report;
};

} // namespace

void measure_copy_figures(const FigureReport& report)
{
    CopyFigures(report).run();
}
