// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "receive/frame_receiver.h"

#include <memory>

namespace udeepsc_phy {
namespace detail {

/*!
 * \brief A BurstDemodulator for profiles of Waveform::ofdm.
 *
 * Channel, what is left of the carrier offset, clock and phase are fitted over training,
 * pilots and, once decoded, headers together (OfdmTracker). y / h is what is delivered,
 * with the noise that it then has on its carrier, the estimate's own error included.
 *
 * Not safe to share between threads.
 */
class OfdmReceiver : public FrameReceiver {
public:
    explicit OfdmReceiver(const FrameProfile& profile);
    ~OfdmReceiver() override;

    ReceivedFrame demodulate(const DetectedBurst& burst) override;

private:
    struct Impl;
    std::unique_ptr<Impl> d_impl;
};

} // namespace detail
} // namespace udeepsc_phy
