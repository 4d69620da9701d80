// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "receive/frame_receiver.h"

#include <memory>

namespace udeepsc_phy {
namespace detail {

/*!
 * \brief A BurstDemodulator for profiles of Waveform::ofdm.
 *
 * Each carrier k of OFDM symbol m sees
 *
 *     y_mk = x_mk h_k exp(j (phi + omega m - 2 pi k delta m / 128)) + noise:
 *
 * a channel that stays, what is left of the carrier offset, and a clock that runs away. The
 * three are fitted over training, pilots and, once decoded, headers together; a slow phase
 * is followed on top by means over five OFDM symbols. y / h is what is delivered, with the
 * noise that it then has on its carrier, the estimate's own error included.
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
