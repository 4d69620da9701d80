// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>

namespace udeepsc_core {

//! Of what Transceiver::select_exactly() draws when it keeps vectors at random.
void seed_random_selection(std::uint64_t seed);

} // namespace udeepsc_core
