// SPDX-License-Identifier: GPL-3.0-or-later
#include "thresholds.h"

#include <udeepsc_conventional/coded_link.h>

#include <algorithm>
#include <cmath>
#include <stdexcept>

namespace udeepsc_conventional {

using udeepsc_phy::Modulation;

double Mcs::efficiency() const
{
    return double(udeepsc_phy::bits_per_symbol(modulation)) * numerator / denominator;
}

bool operator==(const Mcs& a, const Mcs& b)
{
    return a.modulation == b.modulation && a.numerator == b.numerator
        && a.denominator == b.denominator;
}

std::string to_string(const Mcs& mcs)
{
    return udeepsc_phy::to_string(mcs.modulation) + "-" + std::to_string(mcs.numerator)
        + "/" + std::to_string(mcs.denominator);
}

const std::vector<Mcs>& mcs_table()
{
    static const std::vector<Mcs> s_table {
        { Modulation::qpsk, 1, 8 },   { Modulation::qpsk, 1, 5 },
        { Modulation::qpsk, 1, 4 },   { Modulation::qpsk, 1, 3 },
        { Modulation::qpsk, 2, 5 },   { Modulation::qpsk, 1, 2 },
        { Modulation::qpsk, 3, 5 },   { Modulation::qpsk, 2, 3 },
        { Modulation::qpsk, 3, 4 },   { Modulation::qam16, 2, 5 },
        { Modulation::qam16, 1, 2 },  { Modulation::qam16, 3, 5 },
        { Modulation::qam16, 2, 3 },  { Modulation::qam16, 3, 4 },
        { Modulation::qam16, 5, 6 },  { Modulation::qam64, 3, 5 },
        { Modulation::qam64, 2, 3 },  { Modulation::qam64, 3, 4 },
        { Modulation::qam64, 5, 6 },  { Modulation::qam256, 2, 3 },
        { Modulation::qam256, 3, 4 }, { Modulation::qam256, 5, 6 },
    };
    return s_table;
}

Mcs mcs_from_string(const std::string& name)
{
    std::string known;
    for (const auto& mcs : mcs_table()) {
        if (to_string(mcs) == name)
            return mcs;
        known += (known.empty() ? "" : ", ") + to_string(mcs);
    }
    throw std::invalid_argument("modulation and rate \"" + name + "\", expected one of "
                                + known);
}

double threshold_db(CodeFamily family, const Mcs& mcs, std::size_t symbols)
{
    const auto& table = mcs_table();
    const auto found = std::find(table.begin(), table.end(), mcs);
    if (found == table.end())
        mcs_from_string(to_string(mcs)); // says so
    const auto& thresholds
        = family == CodeFamily::turbo ? TURBO_THRESHOLDS : LDPC_THRESHOLDS;
    const auto& row = thresholds[static_cast<std::size_t>(found - table.begin())];
    if (CodedLink::information_bits(family, mcs, symbols) == 0)
        return NEVER;
    std::size_t next = 0;
    while (next < row.size() && THRESHOLD_SYMBOLS[next] < symbols)
        ++next;
    if (next == 0)
        return row.front();
    if (next == row.size())
        return row.back();
    if (row[next - 1] >= NEVER)
        return row[next];
    const double low = std::log(double(THRESHOLD_SYMBOLS[next - 1]));
    const double share = (std::log(double(symbols)) - low)
        / (std::log(double(THRESHOLD_SYMBOLS[next])) - low);
    return row[next - 1] + share * (row[next] - row[next - 1]);
}

} // namespace udeepsc_conventional
