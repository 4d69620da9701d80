// SPDX-License-Identifier: GPL-3.0-or-later
#include "commands.h"
#include "phy_curves.h"
#include "phy_figures.h"

#include <nlohmann/json.hpp>

#include <cmath>
#include <cstdio>
#include <iostream>
#include <memory>

namespace {

struct Options {
    PhyFigureOptions figures;
    bool curves = false;
    bool json = false;
};

const char* sign(PhyFigure::Bound bound)
{
    return bound == PhyFigure::Bound::at_least ? ">=" : "<=";
}

void print_json(const PhyFigure& f)
{
    std::cout << nlohmann::ordered_json({ { "figure", f.figure },
                                          { "value", f.value },
                                          { "target", f.target },
                                          { "ci95", { f.ci95[0], f.ci95[1] } },
                                          { "n", f.n },
                                          { "seed", f.seed },
                                          { "bound", sign(f.bound) },
                                          { "reached", f.reached() },
                                          { "unit", f.unit } })
                     .dump()
              << std::endl;
}

void print_line(const PhyFigure& f)
{
    std::printf("%-28s %11.5g  %s %-7g %-12s 95 %%: %.4g to %.4g, n = %llu%s\n",
                f.figure.c_str(),
                f.value,
                sign(f.bound),
                f.target,
                f.unit.c_str(),
                f.ci95[0],
                f.ci95[1],
                static_cast<unsigned long long>(f.n),
                f.reached() ? "" : "  MISSED");
    std::fflush(stdout);
}

void print_point_json(const PhyPoint& p)
{
    nlohmann::ordered_json line = { { "curve", p.curve },
                                    { "name", p.name },
                                    { "esn0_db", p.esn0_db },
                                    { "value", p.value },
                                    { "theory", nullptr },
                                    { "ci95", { p.ci95[0], p.ci95[1] } },
                                    { "n", p.n },
                                    { "seed", p.seed },
                                    { "preamble_symbols", p.preamble_symbols },
                                    { "header_repetition", p.header_repetition },
                                    { "threshold", p.threshold } };
    if (std::isfinite(p.theory))
        line["theory"] = p.theory;
    std::cout << line.dump() << std::endl;
}

void print_point(const PhyPoint& p)
{
    std::printf("%-13s %-22s %6.1f dB  %10.4g  95 %%: %.4g to %.4g, n = %llu\n",
                p.curve.c_str(),
                p.name.c_str(),
                p.esn0_db,
                p.value,
                p.ci95[0],
                p.ci95[1],
                static_cast<unsigned long long>(p.n));
    std::fflush(stdout);
}

} // namespace

void add_bench_phy_command(CLI::App& bench)
{
    auto o = std::make_shared<Options>();
    auto* command = bench.add_subcommand(
        "phy", "measure the burst modem's figures against their targets");
    command->add_flag(
        "--quick", o->figures.quick, "half a minute instead of many, wide intervals");
    command->add_option("--only", o->figures.only, "figures whose name begins so");
    command->add_option("--seed", o->figures.seed, "of bursts and channel");
    command->add_flag("--json", o->json, "one JSON line a figure");
    command->add_flag(
        "--curves", o->curves, "detection, header and symbol errors over Es/N0");
    command->callback([o] {
        if (o->curves) {
            measure_phy_curves(o->figures, o->json ? print_point_json : print_point);
            return;
        }
        measure_phy_figures(o->figures, o->json ? print_json : print_line);
    });
}
