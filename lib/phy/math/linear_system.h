// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <vector>

namespace udeepsc_phy {
namespace detail {

/*!
 * Solves the n x n system a x = b by elimination with row exchanges; a and b are lost, x
 * is left in b. A pivot of zero makes its unknown zero.
 */
void solve_linear_system(std::vector<double>& a, std::vector<double>& b);

} // namespace detail
} // namespace udeepsc_phy
