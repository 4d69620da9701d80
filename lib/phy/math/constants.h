// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

namespace udeepsc_phy {
namespace detail {

constexpr double PI = 3.14159265358979323846;

} // namespace detail
} // namespace udeepsc_phy
