// SPDX-License-Identifier: GPL-3.0-or-later
#include "fault_figures.h"

#include <cmath>
#include <vector>

using namespace burst_runs;

namespace {

struct Case {
    const char* name;
    std::function<void(Link&)> set;
};

//! 0.7 dB and 4.5 degrees put the image 25 dB under the signal.
const std::vector<Case> CASES = {
    { "none", [](Link&) {} },
    { "line at 0 Hz, -20 dBc", [](Link& l) { l.faults.dc_dbc = -20; } },
    { "line at 0 Hz, -10 dBc", [](Link& l) { l.faults.dc_dbc = -10; } },
    { "image of I and Q, -25 dB",
      [](Link& l) {
          l.faults.iq_gain_db = 0.7;
          l.faults.iq_phase_deg = 4.5;
      } },
    { "clipping, back-off 3 dB", [](Link& l) { l.faults.clip_db = 3; } },
    { "amplifier p = 2, back-off 6 dB", [](Link& l) { l.faults.pa_db = 6; } },
    { "amplifier p = 2, back-off 3 dB", [](Link& l) { l.faults.pa_db = 3; } },
    { "pulses of 1 % of the time, SIR 0 dB",
      [](Link& l) {
          l.faults.pulse_sir_db = 0;
          l.faults.pulse_duty = 0.01;
      } },
    { "pulses of 10 % of the time, SIR 0 dB",
      [](Link& l) { l.faults.pulse_sir_db = 0; } },
    { "sine at 0.1 of the rate, SIR 20 dB",
      [](Link& l) { l.faults.narrowband_sir_db = 20; } },
    { "sine at 0.1 of the rate, SIR 10 dB",
      [](Link& l) { l.faults.narrowband_sir_db = 10; } },
    { "gain steps of 1 dB, every 10000 samples",
      [](Link& l) { l.faults.agc_step_db = 1; } },
    { "gain steps of 6 dB, every 10000 samples",
      [](Link& l) { l.faults.agc_step_db = 6; } },
    { "100 samples of every 20000 lost",
      [](Link& l) {
          l.faults.drop_period = 20000;
          l.faults.drop_samples = 100;
      } },
    { "phase noise 0.002 rad rms a sample", [](Link& l) { l.phase_noise = 0.002; } },
    { "Rician, two paths, Doppler 1e-5",
      [](Link& l) {
          l.fading = "rician";
          l.multipath = "two_tap";
          l.doppler = 1e-5;
      } },
};

double decibels(double power)
{
    return 10 * std::log10(power);
}

} // namespace

void measure_faults(Link link,
                    std::uint64_t seed,
                    const std::function<void(const FaultFigure&)>& report)
{
    link.modulation = udeepsc_phy::Modulation::qam256;
    link.faults = {};
    Mean without;
    for (const auto& one : CASES) {
        Link faulty = link;
        one.set(faulty);
        const auto result = LinkRunner(faulty, seed).run(true);
        const Mean& energy = result.error_energy;
        if (&one == &CASES.front()) {
            without = energy;
        }
        // Of a ratio of two means, from their relative errors.
        const double relative = std::hypot(energy.half_interval() / energy.mean(),
                                           without.half_interval() / without.mean());
        const double lost = static_cast<double>(result.sent - result.headers);
        report({ one.name,
                 -decibels(energy.mean()),
                 decibels(energy.mean() / without.mean()),
                 10 / std::log(10.0) * relative,
                 lost / result.sent,
                 wilson(lost, result.sent),
                 result.sent });
    }
}
