// SPDX-License-Identifier: GPL-3.0-or-later
#include "burst_link.h"
#include "frame/pulse.h"
#include "frame/reference_symbols.h"
#include "math/dot_product.h"
#include "receive/channel_estimator.h"
#include "receive/equalizer.h"
#include "receive/gain_tracker.h"
#include "receive/symbol_filter.h"

#include <memory>

using namespace udeepsc_phy;
using namespace udeepsc_phy::detail;

/* What a receiver is made of, each part alone. */
namespace {

using Complex = std::complex<double>;

//! y(t) each half symbol from \p first on, of reference symbols over paths, in noise.
Samples matched_output(const Pulse& pulse,
                       const ReferenceSymbols& reference,
                       const std::vector<ChannelPath>& paths,
                       std::ptrdiff_t first,
                       std::size_t n,
                       double noise_var,
                       std::uint64_t seed)
{
    // White noise at two samples a symbol, through the matched filter.
    constexpr std::ptrdiff_t HALF = 20;
    Xoshiro256pp random(seed);
    std::vector<Complex> white(n + 2 * HALF);
    for (auto& value : white) {
        value = std::sqrt(noise_var) * random.complex_gaussian();
    }
    Samples y(n);
    for (std::size_t i = 0; i < n; i++) {
        const double t = first + 0.5 * i;
        Complex sum = 0.0;
        for (std::size_t m = 0; m < reference.values.size(); m++) {
            for (const auto& path : paths) {
                const double distance = t - (reference.first + double(m)) - path.delay;
                sum += path.gain * (reference.values[m] * pulse.correlation(distance));
            }
        }
        for (std::ptrdiff_t k = -HALF; k <= HALF; k++) {
            sum += white[i + HALF + k] * pulse.value(0.5 * k);
        }
        y[i] = std::complex<float>(sum);
    }
    return y;
}

ChannelEstimate estimate(const Pulse& pulse,
                         const std::vector<ChannelPath>& paths,
                         double noise_var,
                         std::uint64_t seed)
{
    constexpr std::ptrdiff_t LENGTH = 256, LAST = LENGTH - 8;
    const ChannelEstimator estimator(pulse, 4);
    const ReferenceSymbols reference { 0, preamble_signs(LENGTH) };
    const auto margin = std::ptrdiff_t(estimator.margin());
    const auto y = matched_output(
        pulse, reference, paths, -margin, 2 * (LAST + 2 * margin), noise_var, seed);
    std::vector<Complex> sums(estimator.delays());
    estimator.correlate(reference.values.data(), LAST, y.data(), sums.data());
    return estimator.estimate(reference, 0, LAST, y.data(), sums.data());
}

} // namespace

TEST(DotProduct, IsTheSum)
{
    Xoshiro256pp random(1);
    for (std::size_t taps : { 1u, 7u, 8u, 41u }) {
        Samples x(200), complex_taps(taps);
        std::vector<float> real_taps(taps);
        for (auto& value : x) {
            value = std::complex<float>(random.complex_gaussian());
        }
        for (std::size_t i = 0; i < taps; i++) {
            complex_taps[i] = std::complex<float>(random.complex_gaussian());
            real_taps[i] = complex_taps[i].real();
        }
        DotProduct with_real, with_complex;
        with_real.set(real_taps);
        with_complex.set(complex_taps);
        for (std::size_t n : { 1u, 2u, 5u }) { // odd counts end a pair early
            Samples a(n), b(n);
            with_real.apply(&x[3], 3, n, a.data());
            with_complex.apply(&x[3], 3, n, b.data());
            for (std::size_t k = 0; k < n; k++) {
                Complex real_sum = 0.0, complex_sum = 0.0;
                for (std::size_t i = 0; i < taps; i++) {
                    const Complex value(x[3 + 3 * k + i]);
                    real_sum += value * double(real_taps[i]);
                    complex_sum += value * Complex(complex_taps[i]);
                }
                EXPECT_LT(std::abs(Complex(a[k]) - real_sum), 1e-5);
                EXPECT_LT(std::abs(Complex(b[k]) - complex_sum), 1e-5);
            }
        }
    }
}

TEST(Pulse, CorrelationIsARaisedCosine)
{
    const Pulse pulse { FrameProfile() };
    EXPECT_NEAR(pulse.correlation(0.0), 1.0, 1e-5);
    for (double t : { 0.25, 0.5, 1.0, 1.37, 2.0, 5.0 }) {
        const double b = 0.35;
        const double expected = std::sin(M_PI * t) / (M_PI * t) * std::cos(M_PI * b * t)
            / (1.0 - 4.0 * b * b * t * t);
        // The pulse is cut at 10 symbols, which leaves out -55 dB of its energy.
        EXPECT_NEAR(pulse.correlation(t), expected, 2e-3) << t;
        EXPECT_NEAR(pulse.correlation(-t), pulse.correlation(t), 1e-6);
        const double h = 0.01;
        EXPECT_NEAR(pulse.correlation_slope(t),
                    (pulse.correlation(t + h) - pulse.correlation(t - h)) / (2.0 * h),
                    2e-3);
    }
    for (unsigned rate : { 2u, 3u, 8u }) {
        const Pulse sampled(profile_with_rate(rate));
        double energy = 0.0;
        for (int i = -100; i <= 100; i++) {
            energy += std::pow(sampled.value((i + 0.3) / rate), 2);
        }
        EXPECT_NEAR(energy, 1.0, 1e-3) << rate;
    }
}

TEST(ChannelEstimator, FindsPathsExactlyWithoutNoise)
{
    const Pulse pulse { FrameProfile() };
    const std::vector<ChannelPath> paths
        = { { 0.12, { 0.8, 0.1 } }, { 1.31, { -0.2, 0.45 } }, { 2.6, { 0.1, -0.3 } } };
    // -60 dB: without any noise every rounding error would be a path.
    const auto found = estimate(pulse, paths, 1e-6, 1);
    ASSERT_EQ(found.paths.size(), 3u);
    for (std::size_t i = 0; i < 3; i++) {
        // Accuracy is sqrt(N0 / (2 * 3.4 * 256)) / |h| at best: below 1e-4.
        EXPECT_NEAR(found.paths[i].delay, paths[i].delay, 1e-3);
        EXPECT_LT(std::abs(found.paths[i].gain - paths[i].gain), 2e-3);
    }
}

TEST(ChannelEstimator, FlatChannelIsOnePath)
{
    const Pulse pulse { FrameProfile() };
    const double noise_var = std::pow(10.0, 0.6);
    int more = 0;
    double noise = 0.0, error = 0.0;
    constexpr int TRIALS = 100;
    for (int i = 0; i < TRIALS; i++) {
        const auto found = estimate(pulse, { { -0.2, 1.0 } }, noise_var, 100 + i);
        more += found.paths.size() > 1;
        noise += found.noise_var / TRIALS;
        error += std::norm(found.paths.front().gain - 1.0) / TRIALS;
    }
    // Expected is one; seven have a chance of 1e-4.
    EXPECT_LE(more, 7);
    // Of 100 * 248 values; the fit's degrees of freedom must be counted for that.
    EXPECT_NEAR(noise / noise_var, 1.0, 4.0 / std::sqrt(TRIALS * 248.0));
    // The bound for one gain, N0 / L; an estimate of ten taps would have ten times that.
    EXPECT_NEAR(error / (noise_var / 248.0), 1.0, 0.4);
}

TEST(Equalizer, ReachesTheIdealErrorOfAnyChannel)
{
    const Pulse pulse { FrameProfile() };
    Equalizer equalizer(pulse);
    for (const std::string name :
         { "none", "two_tap", "three_tap", "late_peak", "notch" }) {
        std::vector<ChannelPath> paths;
        for (const auto& path : multipath_profile(name)) {
            paths.push_back(
                { path.delay, std::polar(std::sqrt(path.power), path.phase) });
        }
        for (double db : { -6.0, 6.0, 20.0 }) {
            equalizer.design(paths, std::pow(10.0, -db / 10.0), 0.0);
            // 0.5 % for cutting the filter, and the cut pulse's -50 dB.
            EXPECT_NEAR(-10.0 * std::log10(equalizer.error_var()),
                        ideal_esn0_db(name, db, 0.35),
                        0.05)
                << name << " " << db;
        }
    }
}

TEST(GainTracker, ConstantGainCostsOneParameter)
{
    Xoshiro256pp random(2);
    constexpr int TRIALS = 200;
    const double noise_var = 4.0;
    int drifting = 0;
    double error = 0.0, claimed = 0.0;
    for (int trial = 0; trial < TRIALS; trial++) {
        std::vector<GainBlock> blocks;
        const double frequency = 1e-3 * (random.uniform() - 0.5);
        for (int i = 0; i < 100; i++) {
            const double t = 64.0 * i;
            blocks.push_back(
                { t,
                  8.0,
                  std::polar(1.0, frequency * t)
                      + std::sqrt(noise_var / 8.0) * random.complex_gaussian() });
        }
        GainTracker tracker;
        tracker.fit(blocks, noise_var, 1e-3);
        drifting += tracker.process_noise() > 0.0;
        for (double t : { 0.0, 3000.0, 6400.0 }) {
            const auto gain = tracker.at(t);
            error += std::norm(gain.value - std::polar(1.0, frequency * t));
            claimed += gain.error_var;
        }
    }
    EXPECT_LE(drifting, 8);
    // Gain and frequency: 1 + 3 / 2 (middle and ends) real halves of N0 / 800 at least.
    EXPECT_LT(error / (3 * TRIALS), 3.0 * noise_var / 800.0);
    EXPECT_NEAR(error / claimed, 1.0, 0.25);
}

TEST(GainTracker, FollowsARandomWalkAndKnowsItsError)
{
    Xoshiro256pp random(3);
    const double noise_var = 0.1, step = 2e-3;
    double error = 0.0, claimed = 0.0, constant_error = 0.0;
    for (int trial = 0; trial < 50; trial++) {
        std::vector<GainBlock> blocks;
        std::vector<Complex> truth;
        double phase = 0.0;
        for (int i = 0; i < 6400; i++) {
            phase += std::sqrt(step) * M_SQRT2 * random.complex_gaussian().real() * 0.5;
            truth.push_back(std::polar(1.0, phase));
            if (i % 64 == 63) {
                blocks.push_back(
                    { double(i),
                      8.0,
                      truth.back()
                          + std::sqrt(noise_var / 8.0) * random.complex_gaussian() });
            }
        }
        GainTracker tracker;
        tracker.fit(blocks, noise_var, 1e-4);
        EXPECT_GT(tracker.process_noise(), 0.0);
        for (int i = 63; i < 6335; i += 7) {
            const auto gain = tracker.at(i);
            error += std::norm(gain.value - truth[i]);
            claimed += gain.error_var;
            constant_error += std::norm(truth[63] - truth[i]);
        }
    }
    // The claim takes the walk for one of both parts, the truth has only a phase.
    EXPECT_GT(error / claimed, 0.5);
    EXPECT_LT(error / claimed, 1.6);
    EXPECT_LT(error, 0.1 * constant_error); // the control: without tracking
}
