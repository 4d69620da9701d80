// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "channel/duty_cycle.h"

#include <udeepsc_phy/hardware_faults.h>
#include <udeepsc_phy/radio_channel.h>

#include <vector>

namespace udeepsc_phy {
namespace detail {

/*! A computer that does not take samples in time: some are lost, in one piece. */
class SampleDrops {
public:
    void set(const HardwareFaults& faults)
    {
        d_active = faults.drop_period > 0.0;
        d_losses.set(faults.drop_period, faults.drop_samples);
    }

    void restart(Xoshiro256pp& random)
    {
        d_losses.restart(random);
        d_sample = 0;
        d_losing = false;
    }

    //! Whether the next sample arrives, as number \p index of a piece; the first one
    //! after a loss is added to \p losses.
    bool keeps_next(std::size_t index, std::vector<SampleLoss>& losses)
    {
        const bool before = d_losing;
        d_losing = d_active && d_losses.next();
        if (before && !d_losing) {
            losses.push_back({ index, d_sample });
        }
        d_sample++;
        return !d_losing;
    }

private:
    DutyCycle d_losses;
    std::uint64_t d_sample = 0; //!< number of the next one
    bool d_active = false, d_losing = false;
};

} // namespace detail
} // namespace udeepsc_phy
