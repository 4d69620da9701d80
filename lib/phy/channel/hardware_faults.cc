// SPDX-License-Identifier: GPL-3.0-or-later
#include <udeepsc_phy/hardware_faults.h>

#include "channel/require.h"

#include <cmath>

namespace udeepsc_phy {

namespace {

using detail::require;

constexpr double INF = std::numeric_limits<double>::infinity();

void within(const char* field, double got, double low, double high, const char* expected)
{
    require(got >= low && got <= high, field, got, expected);
}

//! In a range, or +inf, which says that there is no such fault.
void within_or_off(
    const char* field, double got, double low, double high, const char* expected)
{
    require((got >= low && got <= high) || got == INF, field, got, expected);
}

} // namespace

void HardwareFaults::validate() const
{
    within_or_off("clip_db", clip_db, -20, 100, "-20 to 100 dB or +inf (no limit)");
    within_or_off("pa_db", pa_db, -20, 100, "-20 to 100 dB or +inf (linear)");
    within("pa_smoothness", pa_smoothness, 0.1, 100, "0.1 to 100");
    require((dc_dbc >= -200 && dc_dbc <= 60) || dc_dbc == -INF,
            "dc_dbc",
            dc_dbc,
            "-200 to 60 dB or -inf (none)");
    within("iq_gain_db", iq_gain_db, -6, 6, "-6 to 6 dB");
    within("iq_phase_deg", iq_phase_deg, -45, 45, "-45 to 45 degrees");
    within("agc_step_db", agc_step_db, 0, 60, "0 to 60 dB");
    within("agc_period", agc_period, 1, 1e9, "1 to 1e9 samples");
    within_or_off(
        "pulse_sir_db", pulse_sir_db, -100, 300, "-100 to 300 dB or +inf (none)");
    within("pulse_duty", pulse_duty, 0, 1, "0 to 1");
    within("pulse_period", pulse_period, 1, 1e9, "1 to 1e9 samples");
    within_or_off("narrowband_sir_db",
                  narrowband_sir_db,
                  -100,
                  300,
                  "-100 to 300 dB or +inf (none)");
    within(
        "narrowband_offset", narrowband_offset, -0.5, 0.5, "-0.5 to 0.5 cycles a sample");
    within("narrowband_width", narrowband_width, 0, 0.5, "0 to 0.5 cycles a sample");
    within("drop_period", drop_period, 0, 1e12, "0 to 1e12 samples");
    within("drop_samples", drop_samples, 1, 1e9, "1 to 1e9 samples");
    require(drop_period == 0 || drop_samples < drop_period,
            "drop_samples",
            drop_samples,
            "fewer than drop_period");
    within("drop_tag_rate", drop_tag_rate, 0, 1e9, "0 to 1e9 samples per second");
}

} // namespace udeepsc_phy
