// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "pdu.h"

#include <udeepsc_phy/burst_demodulator.h>

namespace gr {
namespace udeepsc {

//! What a drop is called for what is wrong with a frame.
inline const char* reason_of(udeepsc_phy::ReceivedFrame::Fault fault)
{
    switch (fault) {
    case udeepsc_phy::ReceivedFrame::Fault::no_header:
        return reasons::NO_HEADER;
    case udeepsc_phy::ReceivedFrame::Fault::bad_header:
        return reasons::BAD_HEADER;
    case udeepsc_phy::ReceivedFrame::Fault::cut:
        return reasons::CUT;
    case udeepsc_phy::ReceivedFrame::Fault::lost_description:
        return reasons::LOST_DESCRIPTION;
    case udeepsc_phy::ReceivedFrame::Fault::other_version:
        return reasons::OTHER_VERSION;
    case udeepsc_phy::ReceivedFrame::Fault::not_finite:
        return reasons::NOT_FINITE;
    case udeepsc_phy::ReceivedFrame::Fault::none:
        break;
    }
    return reasons::BAD_SAMPLE;
}

} // namespace udeepsc
} // namespace gr
