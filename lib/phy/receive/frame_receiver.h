// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <udeepsc_phy/burst_demodulator.h>

namespace udeepsc_phy {
namespace detail {

/*! What a BurstDemodulator does, for one waveform. */
class FrameReceiver {
public:
    virtual ~FrameReceiver() = default;
    virtual ReceivedFrame demodulate(const DetectedBurst& burst) = 0;
};

} // namespace detail
} // namespace udeepsc_phy
