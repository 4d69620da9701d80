// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cmath>
#include <optional>

namespace gr {
namespace udeepsc {

/*! Exponential mean of reports in dB: s += (1 - exp(-1 / time constant)) (report - s). */
class snr_smoother {
public:
    //! time_constant in reports; 0: the report itself.
    double add(double snr_db, double time_constant)
    {
        const double share = time_constant > 0 ? 1 - std::exp(-1 / time_constant) : 1;
        d_value = d_value ? *d_value + share * (snr_db - *d_value) : snr_db;
        return *d_value;
    }
    //! The next report stands for itself.
    void forget() { d_value.reset(); }
    std::optional<double> value() const { return d_value; }

private:
    std::optional<double> d_value;
};

} // namespace udeepsc
} // namespace gr
