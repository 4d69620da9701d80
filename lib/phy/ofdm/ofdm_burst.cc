// SPDX-License-Identifier: GPL-3.0-or-later
#include "ofdm_burst.h"

#include "math/constants.h"

#include <cmath>

namespace udeepsc_phy {
namespace detail {

namespace {

//! The prefix left before the transform's window: room for paths later than the detected.
constexpr std::size_t WINDOW_START = OFDM_OVERLAP + OFDM_MAX_DELAY;

//! Symbols T of the samples around the frame.
constexpr double REACH = 2.0;

} // namespace

OfdmBurst::OfdmBurst(const FrameProfile& profile)
    : d_profile(profile)
    , d_first(OfdmLayout(profile).first_symbol())
    , d_transform(profile.samples_per_symbol)
{ }

bool OfdmBurst::open(const DetectedBurst& burst)
{
    d_carriers.clear();
    if (!d_window.open(
            burst, d_profile.samples_per_symbol, d_profile.preamble_symbols, REACH)) {
        return false;
    }
    d_cfo = burst.detection.cfo;
    return true;
}

bool OfdmBurst::available(std::size_t symbols) const
{
    const std::size_t end
        = d_first + symbols * OFDM_SYMBOL - (OFDM_PREFIX - WINDOW_START);
    return d_window.to_burst(d_window.start())
        + double(end) * d_profile.samples_per_symbol
        <= double(d_window.burst_size());
}

void OfdmBurst::transform_to(std::size_t symbols)
{
    const std::size_t done = this->symbols();
    if (symbols <= done) {
        return;
    }
    d_window.fill(d_cfo, d_first + symbols * OFDM_SYMBOL);
    const std::size_t sps = d_profile.samples_per_symbol;
    d_carriers.resize(symbols * OFDM_CARRIERS);
    const auto origin = static_cast<std::size_t>(std::lround(d_window.start()));
    for (std::size_t m = done; m < symbols; m++) {
        const std::size_t t = d_first + m * OFDM_SYMBOL + WINDOW_START;
        transform(&d_window.samples()[origin + t * sps], &d_carriers[m * OFDM_CARRIERS]);
    }
}

//! The samples of one symbol's window to its carriers.
void OfdmBurst::transform(const std::complex<float>* samples,
                          std::complex<float>* carriers) const
{
    d_transform.analyze(samples, carriers);
    // The window begins early: delay 0 is to be the path that was detected.
    for (std::size_t c = 0; c < OFDM_CARRIERS; c++) {
        const double early = double(OFDM_PREFIX - WINDOW_START);
        carriers[c] *= std::complex<float>(
            std::polar(1.0, 2.0 * PI * ofdm_frequency(c) * early / OFDM_CARRIERS));
    }
}

std::vector<std::complex<float>> OfdmBurst::line() const
{
    // As SampleWindow turns it: by 0 at the instant detected.
    const double sps = d_profile.samples_per_symbol;
    const double first = std::round(d_window.start()) - d_window.start()
        + double(d_first + WINDOW_START) * sps;
    std::vector<std::complex<float>> samples(d_transform.samples());
    for (std::size_t i = 0; i < samples.size(); i++) {
        samples[i] = std::complex<float>(
            std::polar(1.0, -2.0 * PI * d_cfo / sps * (first + double(i))));
    }
    std::vector<std::complex<float>> carriers(OFDM_CARRIERS);
    transform(samples.data(), carriers.data());
    return carriers;
}

void OfdmBurst::correct(double offset, std::complex<double> line)
{
    d_cfo += offset;
    d_window.remove_line(line);
    const std::size_t symbols = this->symbols();
    d_carriers.clear();
    transform_to(symbols);
}

} // namespace detail
} // namespace udeepsc_phy
