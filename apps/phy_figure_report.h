// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "burst_runs.h"
#include "phy_figures.h"

#include <functional>
#include <string>

/*! Which figures are measured, at what size, and where they go. */
class FigureReport {
public:
    FigureReport(const PhyFigureOptions& options,
                 const std::function<void(const PhyFigure&)>& report)
        : d_options(options)
        , d_report(report)
    { }

    std::uint64_t seed() const { return d_options.seed; }

    bool selected(const std::string& name) const
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
              PhyFigure::Bound bound,
              burst_runs::Interval ci95,
              std::uint64_t n,
              const std::string& unit) const
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

private:
    PhyFigureOptions d_options;
    std::function<void(const PhyFigure&)> d_report;
};

//! Detection, false alarms, header and symbol errors, SNR estimate.
void measure_link_figures(const FigureReport& report);
//! What copies of a frame are worth.
void measure_copy_figures(const FigureReport& report);
//! Throughput of detector, framer, demapper and demodulator.
void measure_rate_figures(const FigureReport& report);
