// SPDX-License-Identifier: GPL-3.0-or-later
#include <udeepsc_phy/burst_demodulator.h>

#include "frame_reader.h"

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
    case Fault::lost_description:
        return "lost_description";
    case Fault::not_finite:
        return "not_finite";
    case Fault::other_version:
        return "other_version";
    }
    throw std::invalid_argument("fault: got enum value "
                                + std::to_string(static_cast<int>(fault))
                                + ", expected one of the Fault enumerators");
}

struct BurstDemodulator::Impl {
    explicit Impl(const FrameProfile& p)
        : profile(p)
        , reader(p)
    { }

    const FrameProfile profile;
    detail::FrameReader reader;
};

BurstDemodulator::BurstDemodulator(const FrameProfile& profile)
    : d_impl(std::make_unique<Impl>(profile))
{ }

BurstDemodulator::~BurstDemodulator() = default;

const FrameProfile& BurstDemodulator::profile() const
{
    return d_impl->profile;
}

ReceivedFrame BurstDemodulator::demodulate(const DetectedBurst& burst)
{
    return d_impl->reader.read(burst);
}

ReceivedFrame BurstDemodulator::demodulate(const DetectedBurst& burst,
                                           const std::vector<float>& header_llrs)
{
    return d_impl->reader.read(burst, header_llrs);
}

} // namespace udeepsc_phy
