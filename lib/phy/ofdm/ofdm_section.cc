// SPDX-License-Identifier: GPL-3.0-or-later
#include "ofdm_section.h"

#include "frame/reference_symbols.h"
#include "math/constants.h"

#include <fftw3.h>

#include <algorithm>
#include <cmath>
#include <mutex>

namespace udeepsc_phy {
namespace detail {

namespace {

//! Prime to any number of data carriers here, and no small number of steps goes round.
constexpr std::size_t INTERLEAVER_STEP = 37;

//! Prime to the pilots' spacing, a power of two.
constexpr std::size_t PILOT_STEP = 3;

fftwf_complex* as_fftw(std::complex<float>* values)
{
    return reinterpret_cast<fftwf_complex*>(values);
}

} // namespace

// ------------------------------------------------------------------------- layout

OfdmLayout::OfdmLayout(const FrameProfile& profile)
    : d_first(std::size_t(profile.preamble_symbols) + profile.ramp_symbols)
    , d_pilots(profile.pilot_symbols)
    , d_data(profile.data_symbols)
    , d_spacing(OFDM_CARRIERS / profile.pilot_symbols)
{
    const auto signs
        = prbs_signs(TRAINING_SEED, OFDM_TRAINING * OFDM_CARRIERS + OFDM_CARRIERS);
    d_training.assign(signs.begin(), signs.begin() + OFDM_TRAINING * OFDM_CARRIERS);
    d_padding.assign(signs.begin() + OFDM_TRAINING * OFDM_CARRIERS, signs.end());

    for (std::size_t m = 0; m < d_spacing; m++) {
        std::vector<bool> pilot(OFDM_CARRIERS, false);
        for (std::size_t i = 0; i < d_pilots; i++) {
            pilot[pilot_carrier(m, i)] = true;
        }
        std::vector<std::size_t> data;
        for (std::size_t carrier = 0; carrier < OFDM_CARRIERS; carrier++) {
            if (!pilot[carrier]) {
                data.push_back(carrier);
            }
        }
        std::vector<std::size_t> slots(d_data);
        for (std::size_t slot = 0; slot < d_data; slot++) {
            slots[slot] = data[slot * INTERLEAVER_STEP % d_data];
        }
        d_data_carriers.push_back(std::move(slots));
    }
}

std::size_t OfdmLayout::body_symbols(std::size_t body_length) const
{
    return (body_length + d_data - 1) / d_data;
}

std::size_t OfdmLayout::frame_symbols(std::size_t body_length) const
{
    return d_first + (OFDM_TRAINING + body_symbols(body_length)) * OFDM_SYMBOL;
}

std::size_t OfdmLayout::pilot_carrier(std::size_t m, std::size_t i) const
{
    return i * d_spacing + PILOT_STEP * m % d_spacing;
}

// ---------------------------------------------------------------------- transform

struct OfdmTransform::Plans {
    fftwf_plan forward = nullptr, backward = nullptr;

    //! FFTW plans one at a time; execution needs no such care.
    static std::mutex& mutex()
    {
        static std::mutex s_mutex;
        return s_mutex;
    }

    explicit Plans(std::size_t n)
    {
        std::vector<std::complex<float>> in(n), out(n);
        const unsigned flags = FFTW_ESTIMATE | FFTW_UNALIGNED;
        std::lock_guard<std::mutex> lock(mutex());
        const int size = static_cast<int>(n);
        forward = fftwf_plan_dft_1d(
            size, as_fftw(in.data()), as_fftw(out.data()), FFTW_FORWARD, flags);
        backward = fftwf_plan_dft_1d(
            size, as_fftw(in.data()), as_fftw(out.data()), FFTW_BACKWARD, flags);
    }

    ~Plans()
    {
        std::lock_guard<std::mutex> lock(mutex());
        fftwf_destroy_plan(forward);
        fftwf_destroy_plan(backward);
    }
};

OfdmTransform::OfdmTransform(unsigned samples_per_symbol)
    : d_samples(OFDM_CARRIERS * samples_per_symbol)
    , d_plans(std::make_unique<Plans>(d_samples))
{ }

OfdmTransform::~OfdmTransform() = default;

std::size_t OfdmTransform::bin(std::size_t carrier) const
{
    const int k = ofdm_frequency(carrier);
    return k > 0 ? k : d_samples + k;
}

void OfdmTransform::synthesize(const std::complex<float>* carriers,
                               std::complex<float>* samples) const
{
    std::vector<std::complex<float>> bins(d_samples);
    const float scale = 1.0f / std::sqrt(static_cast<float>(d_samples));
    for (std::size_t i = 0; i < OFDM_CARRIERS; i++) {
        bins[bin(i)] = scale * carriers[i];
    }
    fftwf_execute_dft(d_plans->backward, as_fftw(bins.data()), as_fftw(samples));
}

void OfdmTransform::analyze(const std::complex<float>* samples,
                            std::complex<float>* carriers) const
{
    std::vector<std::complex<float>> in(samples, samples + d_samples), bins(d_samples);
    fftwf_execute_dft(d_plans->forward, as_fftw(in.data()), as_fftw(bins.data()));
    const float scale = 1.0f / std::sqrt(static_cast<float>(d_samples));
    for (std::size_t i = 0; i < OFDM_CARRIERS; i++) {
        carriers[i] = scale * bins[bin(i)];
    }
}

// ---------------------------------------------------------------------- modulator

OfdmModulator::OfdmModulator(const FrameProfile& profile,
                             const std::vector<float>& pilots)
    : d_profile(profile)
    , d_layout(profile)
    , d_transform(profile.samples_per_symbol)
    , d_pilots(pilots)
    , d_rise(OFDM_OVERLAP * profile.samples_per_symbol)
    , d_peak(std::numeric_limits<float>::infinity())
{
    for (std::size_t i = 0; i < d_rise.size(); i++) {
        const double s = std::sin(0.5 * PI * (i + 0.5) / d_rise.size());
        d_rise[i] = static_cast<float>(s * s);
    }
}

std::size_t OfdmModulator::samples(std::size_t body_length) const
{
    const std::size_t symbols = OFDM_TRAINING + d_layout.body_symbols(body_length);
    return (symbols * OFDM_SYMBOL + OFDM_OVERLAP) * d_profile.samples_per_symbol;
}

std::vector<std::complex<float>>
OfdmModulator::body_carriers(const std::vector<std::complex<float>>& body,
                             std::size_t m) const
{
    std::vector<std::complex<float>> carriers(OFDM_CARRIERS);
    for (std::size_t i = 0; i < d_profile.pilot_symbols; i++) {
        carriers[d_layout.pilot_carrier(m, i)]
            = d_pilots[m * d_profile.pilot_symbols + i];
    }
    for (std::size_t slot = 0; slot < d_profile.data_symbols; slot++) {
        const std::size_t position = m * d_profile.data_symbols + slot;
        carriers[d_layout.data_carrier(m, slot)]
            = position < body.size() ? body[position] : d_layout.padding(slot);
    }
    return carriers;
}

void OfdmModulator::set_peak_limit(double db)
{
    const double power = std::pow(10.0, db / 10.0) / d_profile.samples_per_symbol;
    d_peak = db < 100.0 ? static_cast<float>(std::sqrt(power))
                        : std::numeric_limits<float>::infinity();
}

/*
 * Magnitudes are cut, what that puts beside the carriers is filtered out, and the pilots
 * are set to what they were; the filter lets peaks grow again, so several times over. Cut
 * symbols come out smaller, in the mean by a factor that is then taken back.
 * Source: J. Armstrong, "Peak-to-average power reduction for OFDM by repeated clipping
 * and frequency domain filtering", Electronics Letters 38 (5), 2002.
 */
void OfdmModulator::limit_peaks(std::size_t m,
                                std::vector<std::complex<float>>& carriers) const
{
    constexpr int PASSES = 4;
    const auto wanted = carriers;
    std::vector<std::complex<float>> samples(d_transform.samples());
    for (int pass = 0; pass < PASSES; pass++) {
        d_transform.synthesize(carriers.data(), samples.data());
        bool cut = false;
        for (auto& x : samples) {
            const float size = std::abs(x);
            if (size > d_peak) {
                x *= d_peak / size;
                cut = true;
            }
        }
        if (!cut) {
            break;
        }
        d_transform.analyze(samples.data(), carriers.data());
        for (std::size_t i = 0; i < d_profile.pilot_symbols; i++) {
            const std::size_t c = d_layout.pilot_carrier(m, i);
            carriers[c] = wanted[c];
        }
    }
    float both = 0.0f, energy = 0.0f;
    for (std::size_t slot = 0; slot < d_profile.data_symbols; slot++) {
        const std::size_t c = d_layout.data_carrier(m, slot);
        both += (std::conj(wanted[c]) * carriers[c]).real();
        energy += std::norm(wanted[c]);
    }
    for (std::size_t slot = 0; slot < d_profile.data_symbols; slot++) {
        carriers[d_layout.data_carrier(m, slot)]
            *= energy / std::max(both, 0.1f * energy);
    }
}

//! Prefix, period and fall, faded at both ends.
void OfdmModulator::add_symbol(const std::complex<float>* carriers,
                               std::complex<float>* out) const
{
    const std::size_t sps = d_profile.samples_per_symbol;
    const std::size_t n = d_transform.samples(), prefix = OFDM_PREFIX * sps;
    std::vector<std::complex<float>> period(n);
    d_transform.synthesize(carriers, period.data());
    const std::size_t total = prefix + n + d_rise.size();
    for (std::size_t i = 0; i < total; i++) {
        float weight = 1.0f;
        if (i < d_rise.size()) {
            weight = d_rise[i];
        } else if (i >= prefix + n) {
            weight = d_rise[total - 1 - i];
        }
        out[i] += weight * period[(i + n - prefix) % n];
    }
}

void OfdmModulator::modulate(const std::vector<std::complex<float>>& body,
                             std::complex<float>* out) const
{
    const std::size_t step = OFDM_SYMBOL * d_profile.samples_per_symbol;
    const auto& training = d_layout.training();
    for (std::size_t t = 0; t < OFDM_TRAINING; t++, out += step) {
        const std::vector<std::complex<float>> carriers(
            training.begin() + t * OFDM_CARRIERS,
            training.begin() + (t + 1) * OFDM_CARRIERS);
        add_symbol(carriers.data(), out);
    }
    for (std::size_t m = 0; m < d_layout.body_symbols(body.size()); m++, out += step) {
        auto carriers = body_carriers(body, m);
        if (std::isfinite(d_peak)) {
            limit_peaks(m, carriers);
        }
        add_symbol(carriers.data(), out);
    }
}

} // namespace detail
} // namespace udeepsc_phy
