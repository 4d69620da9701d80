// SPDX-License-Identifier: GPL-3.0-or-later
#include "phy_figures.h"

#include "phy_figure_report.h"

void measure_phy_figures(const PhyFigureOptions& options,
                         const std::function<void(const PhyFigure&)>& report)
{
    const FigureReport figures(options, report);
    measure_link_figures(figures);
    measure_copy_figures(figures);
    measure_rate_figures(figures);
}
