// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <udeepsc_core/error.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

namespace udeepsc_core {

//! Error, beginning with \p where, unless there are samples and all are finite.
inline void check_samples(const std::string& where, const std::vector<float>& samples)
{
    if (samples.empty()) {
        throw Error(where + ": found 0 samples, expected at least 1");
    }
    const auto bad = std::count_if(samples.begin(), samples.end(), [](float sample) {
        return !std::isfinite(sample);
    });
    if (bad > 0) {
        throw Error(where + ": found " + std::to_string(bad) + " of "
                    + std::to_string(samples.size())
                    + " numbers NaN or infinite, expected finite ones");
    }
}

//! Error, beginning with \p where, unless \p hz is a rate that sound has.
void check_sample_rate(const std::string& where, double hz);

//! A number as a message shows it: 44100, 0.25, nan.
std::string number_text(double value);

} // namespace udeepsc_core
