// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <array>
#include <cstddef>

namespace udeepsc_conventional {

constexpr std::size_t MCS_COUNT = 22;
//! Symbols of a payload for which thresholds were measured.
constexpr std::array<std::size_t, 5> THRESHOLD_SYMBOLS { 32, 128, 512, 2048, 8192 };
//! Where not one information bit fits.
constexpr float NEVER = 1000.0f;

using ThresholdTable = std::array<std::array<float, THRESHOLD_SYMBOLS.size()>, MCS_COUNT>;

//! Es/N0 in dB, rows as in mcs_table(): printed by `udeepsc bench codes --table`.
extern const ThresholdTable LDPC_THRESHOLDS;
extern const ThresholdTable TURBO_THRESHOLDS;

} // namespace udeepsc_conventional
