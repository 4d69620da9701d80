// SPDX-License-Identifier: GPL-3.0-or-later
#include "body_symbols.h"

#include "single_carrier_body.h"
#include "ofdm/ofdm_body.h"

namespace udeepsc_phy {
namespace detail {

std::unique_ptr<BodySymbols> make_body_symbols(const FrameProfile& profile)
{
    if (profile.waveform == Waveform::ofdm) {
        return std::make_unique<OfdmBody>(profile);
    }
    return std::make_unique<SingleCarrierBody>(profile);
}

} // namespace detail
} // namespace udeepsc_phy
