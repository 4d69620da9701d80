// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "frame_receiver.h"

#include <memory>

namespace udeepsc_phy {
namespace detail {

/*!
 * \brief A BurstDemodulator for profiles of Waveform::single_carrier.
 *
 * Reads a frame header by header over the equalised symbols of a burst (BurstSymbols);
 * what is decoded becomes a reference for what follows. Not safe to share between
 * threads.
 */
class SingleCarrierReceiver : public FrameReceiver {
public:
    explicit SingleCarrierReceiver(const FrameProfile& profile);
    ~SingleCarrierReceiver() override;

    ReceivedFrame demodulate(const DetectedBurst& burst) override;

private:
    struct Impl;
    std::unique_ptr<Impl> d_impl;
};

} // namespace detail
} // namespace udeepsc_phy
