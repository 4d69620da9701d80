// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <stdexcept>
#include <string>

namespace udeepsc_phy {
namespace detail {

//! Throws std::invalid_argument that names the field where the condition does not hold.
inline void
require(bool holds, const char* field, double got, const std::string& expected)
{
    if (!holds) {
        throw std::invalid_argument(std::string(field) + ": got " + std::to_string(got)
                                    + ", expected " + expected);
    }
}

} // namespace detail
} // namespace udeepsc_phy
