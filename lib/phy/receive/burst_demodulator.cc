// SPDX-License-Identifier: GPL-3.0-or-later
#include <udeepsc_phy/burst_demodulator.h>

#include "single_carrier_receiver.h"
#include "ofdm/ofdm_receiver.h"

#include <stdexcept>

namespace udeepsc_phy {

std::string to_string(ReceivedFrame::Fault fault)
{
    using Fault = ReceivedFrame::Fault;
    switch (fault) {
    case Fault::none:
        return "none";
    case Fault::no_header:
        return "no_header";
    case Fault::bad_header:
        return "bad_header";
    case Fault::cut:
        return "cut";
    case Fault::lost_header:
        return "lost_header";
    case Fault::not_finite:
        return "not_finite";
    }
    throw std::invalid_argument("fault: got enum value "
                                + std::to_string(static_cast<int>(fault))
                                + ", expected one of the Fault enumerators");
}

struct BurstDemodulator::Impl {
    FrameProfile profile;
    std::unique_ptr<detail::FrameReceiver> receiver;
};

BurstDemodulator::BurstDemodulator(const FrameProfile& profile)
    : d_impl(std::make_unique<Impl>())
{
    profile.validate();
    d_impl->profile = profile;
    if (profile.waveform == Waveform::ofdm) {
        d_impl->receiver = std::make_unique<detail::OfdmReceiver>(profile);
    } else {
        d_impl->receiver = std::make_unique<detail::SingleCarrierReceiver>(profile);
    }
}

BurstDemodulator::~BurstDemodulator() = default;

const FrameProfile& BurstDemodulator::profile() const
{
    return d_impl->profile;
}

ReceivedFrame BurstDemodulator::demodulate(const DetectedBurst& burst)
{
    return d_impl->receiver->demodulate(burst);
}

} // namespace udeepsc_phy
