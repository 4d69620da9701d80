// SPDX-License-Identifier: GPL-3.0-or-later
#include "receive/channel_estimator.h"
#include "math/dot_product.h"
#include "receive/equalizer.h"
#include "receive/gain_tracker.h"
#include "frame/reference_symbols.h"
#include "frame/pulse.h"
#include "receive/symbol_filter.h"
#include "burst_link.h"
#include "modulations.h"

#include <limits>
#include <memory>

using namespace udeepsc_phy;
using namespace udeepsc_phy::detail;

namespace {

using Complex = std::complex<double>;

const double INF = std::numeric_limits<double>::infinity();

FrameProfile profile_with_rate(unsigned samples_per_symbol)
{
    FrameProfile profile;
    profile.samples_per_symbol = samples_per_symbol;
    return profile;
}

//! y(t) each half symbol from \p first on, of known symbols over paths, in noise.
Samples matched_output(const Pulse& pulse,
                       const ReferenceSymbols& known,
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
        for (std::size_t m = 0; m < known.values.size(); m++) {
            for (const auto& path : paths) {
                const double distance = t - (known.first + double(m)) - path.delay;
                sum += path.gain * (known.values[m] * pulse.correlation(distance));
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
    const ReferenceSymbols known { 0, preamble_signs(LENGTH) };
    const auto margin = std::ptrdiff_t(estimator.margin());
    const auto y = matched_output(
        pulse, known, paths, -margin, 2 * (LAST + 2 * margin), noise_var, seed);
    std::vector<Complex> sums(estimator.delays());
    estimator.correlate(known.values.data(), LAST, y.data(), sums.data());
    return estimator.estimate(known, 0, LAST, y.data(), sums.data());
}

//! A frame over a channel without noise or anything unknown but delay and gain.
struct Clean {
    explicit Clean(const FrameProfile& p, std::uint64_t seed)
        : profile(p)
        , random(seed)
    { }

    DetectedBurst
    burst(const std::vector<Payload>& payloads, double esn0_db = 20.0)
    {
        const Framer framer(profile);
        config = random_channel(profile, esn0_db, random);
        return detected(profile, config, through(framer.frame(payloads), config), random);
    }

    FrameProfile profile;
    Xoshiro256pp random;
    RadioChannelConfig config;
};

} // namespace

// ------------------------------------------------------------------------ the parts

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
    for (const std::string name : { "none", "two_tap", "three_tap", "late_peak", "notch" }) {
        std::vector<ChannelPath> paths;
        for (const auto& path : multipath_profile(name)) {
            paths.push_back({ path.delay, std::polar(std::sqrt(path.power), path.phase) });
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
            blocks.push_back({ t,
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
                      truth.back() + std::sqrt(noise_var / 8.0) * random.complex_gaussian() });
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

// ------------------------------------------------------------------ frames as meant

TEST(BurstDemodulator, RefusesABadProfile)
{
    FrameProfile profile;
    profile.samples_per_symbol = 1;
    expect_refused("samples_per_symbol", [&] { BurstDemodulator demodulator(profile); });
}

TEST(BurstDemodulator, NamesItsFaults)
{
    EXPECT_EQ(to_string(Fault::none), "none");
    EXPECT_EQ(to_string(Fault::no_header), "no_header");
    EXPECT_EQ(to_string(Fault::bad_header), "bad_header");
    EXPECT_EQ(to_string(Fault::cut), "cut");
    EXPECT_EQ(to_string(Fault::lost_header), "lost_header");
    EXPECT_EQ(to_string(Fault::not_finite), "not_finite");
    expect_refused("fault", [] { to_string(static_cast<Fault>(99)); });
}

class DemodulatorRates : public testing::TestWithParam<unsigned> { };

INSTANTIATE_TEST_SUITE_P(SamplesPerSymbol, DemodulatorRates, testing::Values(2, 3, 5, 8));

// Without noise what is left are pulse, interpolation and timing: below -45 dB.
TEST_P(DemodulatorRates, NoiselessFramesComeBack)
{
    const auto profile = profile_with_rate(GetParam());
    BurstDemodulator demodulator(profile);
    Clean clean(profile, 10 + GetParam());
    std::uint64_t seed = 0;
    for (auto modulation : ALL_MODULATIONS) {
        for (std::size_t n : { 1u, 8u, 500u }) {
            Xoshiro256pp random(++seed);
            auto sent = random_payload(n, modulation, random);
            const auto frame = demodulator.demodulate(clean.burst({ sent }, INF));
            ASSERT_EQ(frame.fault, Fault::none);
            ASSERT_EQ(frame.payloads.size(), 1u);
            const auto& payload = frame.payloads[0];
            EXPECT_TRUE(same_content(payload.header, sent.header));
            ASSERT_EQ(payload.symbols.size(), n);
            ASSERT_EQ(payload.noise_var.size(), n);
            // Of one symbol the error may be several times the mean.
            EXPECT_LT(mean_error(payload, sent), n > 8 ? 3e-5 : 2e-4);
            EXPECT_GT(payload.noise_var[0], 0.0f);
            EXPECT_LT(payload.noise_var[0], 1e-4f);
            const double at = arrival(profile, clean.config);
            EXPECT_NEAR(frame.sample + frame.timing, at, 0.01 * GetParam());
            EXPECT_LE(std::abs(frame.timing), 0.5);
            EXPECT_NEAR(frame.cfo, clean.config.cfo * GetParam(), 1e-6);
            EXPECT_NEAR(frame.clock_ppm, clean.config.clock_ppm, 2.0);
        }
    }
}

TEST(BurstDemodulator, SeveralPayloadsInAFrame)
{
    for (const std::string name : { "standard", "multipath", "short" }) {
        const auto profile = FrameProfile::from_name(name);
        BurstDemodulator demodulator(profile);
        Clean clean(profile, 20);
        std::vector<Payload> sent;
        for (std::size_t n : { 3u, 700u, 56u, 111u }) {
            sent.push_back(random_payload(n, Modulation::qam16, clean.random));
        }
        const auto burst = clean.burst(sent);
        const auto frame = demodulator.demodulate(burst);
        ASSERT_EQ(frame.fault, Fault::none) << name;
        ASSERT_EQ(frame.payloads.size(), sent.size());
        for (std::size_t i = 0; i < sent.size(); i++) {
            EXPECT_TRUE(same_content(frame.payloads[i].header, sent[i].header));
            EXPECT_EQ(frame.payloads[i].header.more, i + 1 < sent.size());
            ASSERT_EQ(frame.payloads[i].symbols.size(), sent[i].symbols.size());
            if (i != 0) { // three symbols are too few for a mean
                EXPECT_NEAR(mean_error(frame.payloads[i], sent[i]) / 0.01, 1.0, 0.6);
            }
        }
        const FrameLayout layout(profile);
        const auto body = layout.body_length({ 3, 700, 56, 111 });
        const double last = arrival(profile, clean.config)
            + 2.0 * double(layout.body_symbol(body - 1)) * (1.0 + clean.config.clock_ppm * 1e-6);
        EXPECT_NEAR(double(frame.end_sample), last + 1.0, 1.0);
    }
}

TEST(BurstDemodulator, EstimatesWhatTheRadioDid)
{
    const FrameProfile profile;
    BurstDemodulator demodulator(profile);
    Clean clean(profile, 30);
    for (int i = 0; i < 20; i++) {
        const auto sent = random_payload(4000, Modulation::qam64, clean.random);
        const auto frame = demodulator.demodulate(clean.burst({ sent }, 20.0));
        ASSERT_EQ(frame.fault, Fault::none);
        // Four standard deviations of what single runs show.
        EXPECT_NEAR(frame.cfo, clean.config.cfo * 2.0, 2e-6);
        EXPECT_NEAR(frame.clock_ppm, clean.config.clock_ppm, 6.0);
        EXPECT_NEAR(frame.snr_db, 20.0, 0.5);
        const double gain = std::pow(10.0, clean.config.gain_db / 10.0);
        EXPECT_NEAR(frame.power / (gain * (0.5 + 0.01)), 1.0, 0.05);
    }
}

TEST(BurstDemodulator, PhaseNoiseAndFadingAreFollowed)
{
    const FrameProfile profile;
    BurstDemodulator demodulator(profile);
    Xoshiro256pp random(40);
    const Framer framer(profile);
    double with = 0.0, normalised = 0.0;
    constexpr int TRIALS = 20;
    for (int i = 0; i < TRIALS; i++) {
        auto sent = random_payload(3000, Modulation::qpsk, random);
        auto config = random_channel(profile, 20.0, random);
        // 0.35 radians rms over a frame of 7800 samples.
        config.phase_noise = 0.004;
        const auto frame = demodulator.demodulate(
            detected(profile, config, through(framer.frame({ sent }), config), random));
        ASSERT_EQ(frame.fault, Fault::none);
        const double error = mean_error(frame.payloads[0], sent);
        double claimed = 0.0;
        for (float value : frame.payloads[0].noise_var) {
            claimed += value / sent.symbols.size();
        }
        with += error / TRIALS;
        normalised += error / claimed / TRIALS;
    }
    // 64 symbols from pilot to pilot: q = 2 * 0.004^2 a symbol, a sixth of 64 q between.
    EXPECT_LT(10.0 * std::log10(with / 0.01), 0.5);
    EXPECT_NEAR(normalised, 1.0, 0.15);
}

// Profiles that no name stands for: a frame at 20 dB with no more than 1 dB lost.
TEST(BurstDemodulator, UnusualProfiles)
{
    std::vector<FrameProfile> profiles(14);
    profiles[0].channel_taps = 1;
    profiles[1].channel_taps = 32;
    profiles[2].pilot_symbols = 1;
    profiles[2].data_symbols = 1;
    profiles[3].data_symbols = 4096;
    profiles[4].pilot_symbols = 256;
    profiles[5].preamble_symbols = 64;
    profiles[6].header_repetition = 1;
    profiles[7].header_repetition = 32;
    profiles[8].rolloff = 0.1;
    profiles[8].filter_span = 64;
    profiles[9].rolloff = 1.0;
    profiles[10].filter_span = 8;
    profiles[11].ramp_symbols = 0;
    profiles[12].data_symbols = 140;
    profiles[13].max_payloads = 64;
    profiles[13].max_cfo = 0.0625;
    for (std::size_t i = 0; i < profiles.size(); i++) {
        BurstDemodulator demodulator(profiles[i]);
        Clean clean(profiles[i], 200 + i);
        double error = 0.0;
        for (std::size_t n : { 1u, 56u, 999u }) {
            const auto sent = random_payload(n, Modulation::qpsk, clean.random);
            const auto frame = demodulator.demodulate(clean.burst({ sent }, 20.0));
            ASSERT_EQ(frame.fault, Fault::none) << i;
            ASSERT_EQ(frame.payloads[0].symbols.size(), n) << i;
            error = mean_error(frame.payloads[0], sent);
        }
        EXPECT_LT(10.0 * std::log10(error / 0.01), 1.0) << i;
    }
}

TEST(BurstDemodulator, ForgetsTheFrameBefore)
{
    const FrameProfile profile;
    BurstDemodulator used(profile), fresh(profile);
    Clean clean(profile, 50);
    const auto other = clean.burst({ random_payload(900, Modulation::qpsk, clean.random) }, 0.0);
    const auto burst = clean.burst({ random_payload(300, Modulation::qam16, clean.random) });
    used.demodulate(other);
    used.demodulate(DetectedBurst());
    const auto a = used.demodulate(burst), b = fresh.demodulate(burst), c = used.demodulate(burst);
    ASSERT_EQ(a.fault, Fault::none);
    EXPECT_EQ(a.payloads[0].symbols, b.payloads[0].symbols);
    EXPECT_EQ(a.payloads[0].noise_var, b.payloads[0].noise_var);
    EXPECT_EQ(a.payloads[0].symbols, c.payloads[0].symbols);
    EXPECT_EQ(a.snr_db, b.snr_db);
    EXPECT_EQ(a.cfo, b.cfo);
}

// ------------------------------------------------------------------ frames as they come

TEST(BadBursts, NothingAtAll)
{
    BurstDemodulator demodulator { FrameProfile() };
    DetectedBurst burst;
    EXPECT_EQ(demodulator.demodulate(burst).fault, Fault::no_header);
    burst.samples.assign(5000, { 0.0f, 0.0f });
    EXPECT_EQ(demodulator.demodulate(burst).fault, Fault::no_header);
    burst.samples.assign(5000, { 1e-42f, 0.0f }); // denormal
    EXPECT_EQ(demodulator.demodulate(burst).fault, Fault::no_header);
    burst.detection.cfo = std::nan("");
    EXPECT_EQ(demodulator.demodulate(burst).fault, Fault::no_header);
    burst.detection.cfo = 0.0;
    burst.detection.timing = INF;
    EXPECT_EQ(demodulator.demodulate(burst).fault, Fault::no_header);
    burst.detection.timing = 0.0;
    burst.detection.sample = std::numeric_limits<std::uint64_t>::max() - 5;
    EXPECT_EQ(demodulator.demodulate(burst).fault, Fault::no_header);
    burst.detection.sample = 1u << 30;
    EXPECT_EQ(demodulator.demodulate(burst).fault, Fault::no_header);
}

TEST(BadBursts, NoiseTonesAndSteps)
{
    BurstDemodulator demodulator { FrameProfile() };
    Xoshiro256pp random(60);
    for (int trial = 0; trial < 60; trial++) {
        DetectedBurst burst;
        burst.detection.sample = 100;
        const double tone = random.uniform() - 0.5;
        for (int i = 0; i < 6000; i++) {
            const Complex noise = random.complex_gaussian();
            const Complex kinds[]
                = { noise,
                    std::polar(1.0, 2.0 * M_PI * tone * i) + 0.1 * noise,
                    std::polar(1.0, 1e-5 * M_PI * i * i),
                    i < 1000 ? 1.0 : 0.0,
                    std::polar(1.0, 2.0 * M_PI * 0.25 * i),
                    1e15 * noise };
            burst.samples.push_back(std::complex<float>(kinds[trial % 6]));
        }
        const auto frame = demodulator.demodulate(burst);
        EXPECT_EQ(frame.fault, Fault::no_header) << trial;
        EXPECT_TRUE(frame.payloads.empty());
        EXPECT_TRUE(std::isfinite(frame.snr_db));
    }
}

TEST(BadBursts, NotANumber)
{
    const FrameProfile profile;
    BurstDemodulator demodulator(profile);
    Clean clean(profile, 70);
    const auto sent = random_payload(500, Modulation::qpsk, clean.random);
    const auto burst = clean.burst({ sent });
    const float nan = std::nanf(""), inf = std::numeric_limits<float>::infinity();

    auto all = burst;
    for (auto& x : all.samples) {
        x = { nan, inf };
    }
    EXPECT_EQ(demodulator.demodulate(all).fault, Fault::not_finite);

    // Some are zeros for the demodulator: a loss of energy, and noise, but a frame.
    auto some = burst;
    for (std::size_t i = 0; i < some.samples.size(); i += 50) {
        some.samples[i] = i % 100 == 0 ? std::complex<float>(nan, 0.0f)
                                       : std::complex<float>(inf, -inf);
    }
    const auto frame = demodulator.demodulate(some);
    ASSERT_EQ(frame.fault, Fault::none);
    EXPECT_LT(mean_error(frame.payloads[0], sent), 0.06);
    EXPECT_TRUE(std::isfinite(frame.power));

    // Enormous values are as good as infinite.
    auto huge = burst;
    for (std::size_t i = 0; i < huge.samples.size(); i += 50) {
        huge.samples[i] = { 3e38f, -1e30f };
    }
    ASSERT_EQ(demodulator.demodulate(huge).fault, Fault::none);

    auto behind = burst; // the header is fine, the payload is not
    for (std::size_t i = behind.samples.size() - 1200; i < behind.samples.size(); i++) {
        behind.samples[i] = { nan, nan };
    }
    const auto cut = demodulator.demodulate(behind);
    EXPECT_EQ(cut.fault, Fault::not_finite);
    EXPECT_TRUE(cut.payloads.empty());
}

TEST(BadBursts, SaturationIsNoise)
{
    const FrameProfile profile;
    BurstDemodulator demodulator(profile);
    Clean clean(profile, 80);
    const auto sent = random_payload(2000, Modulation::qpsk, clean.random);
    auto burst = clean.burst({ sent }, 20.0);
    const double gain = std::pow(10.0, clean.config.gain_db / 20.0);
    const auto limit = static_cast<float>(0.4 * gain); // rms of a part is 0.5
    for (auto& x : burst.samples) {
        x = { std::min(std::max(x.real(), -limit), limit),
              std::min(std::max(x.imag(), -limit), limit) };
    }
    const auto frame = demodulator.demodulate(burst);
    ASSERT_EQ(frame.fault, Fault::none);
    const double error = mean_error(frame.payloads[0], sent);
    EXPECT_GT(error, 0.015);
    EXPECT_LT(error, 0.2);
    // It says so.
    EXPECT_NEAR(error / frame.payloads[0].noise_var[1000], 1.0, 0.3);
}

TEST(BadBursts, CutAtEitherEnd)
{
    const FrameProfile profile;
    BurstDemodulator demodulator(profile);
    const FrameLayout layout(profile);
    Clean clean(profile, 90);
    const std::vector<Payload> sent
        = { random_payload(200, Modulation::qpsk, clean.random),
            random_payload(300, Modulation::qpsk, clean.random) };
    const auto whole = clean.burst(sent);
    ASSERT_EQ(demodulator.demodulate(whole).payloads.size(), 2u);
    const auto header = layout.header_length();
    const auto sample_of = [&](std::size_t position) {
        return whole.detection.sample + 2 * layout.body_symbol(position);
    };
    const auto ending_at = [&](std::size_t sample) {
        auto burst = whole;
        burst.samples.resize(sample);
        return demodulator.demodulate(burst);
    };
    EXPECT_EQ(ending_at(whole.detection.sample).fault, Fault::no_header);
    EXPECT_EQ(ending_at(sample_of(0)).fault, Fault::no_header);
    EXPECT_EQ(ending_at(sample_of(header - 100)).fault, Fault::no_header);
    const auto without = ending_at(sample_of(header + 100));
    EXPECT_EQ(without.fault, Fault::cut);
    EXPECT_TRUE(without.payloads.empty());
    // The first payload is complete, then the cut comes in a header and in a payload.
    for (std::size_t position : { header + 210, 2 * header + 210, 2 * header + 490 }) {
        const auto frame = ending_at(sample_of(position));
        EXPECT_EQ(frame.fault, Fault::cut) << position;
        ASSERT_EQ(frame.payloads.size(), 1u) << position;
        EXPECT_TRUE(same_content(frame.payloads[0].header, sent[0].header));
        EXPECT_LT(mean_error(frame.payloads[0], sent[0]), 0.02);
    }
    // Ramp and tail are of no use to a receiver: all payloads are there.
    const auto tail = ending_at(sample_of(2 * header + 499) + 30);
    EXPECT_EQ(tail.fault, Fault::none);
    ASSERT_EQ(tail.payloads.size(), 2u);
    EXPECT_LT(mean_error(tail.payloads[1], sent[1]), 0.02);

    // Samples that begin within the burst; a third of the preamble can be missed here.
    for (std::size_t lost : { 150u, 600u, 1500u }) {
        auto burst = whole;
        const auto first = std::ptrdiff_t(whole.detection.sample + lost);
        burst.samples.erase(burst.samples.begin(), burst.samples.begin() + first);
        burst.first_sample = first;
        const auto frame = demodulator.demodulate(burst);
        if (frame.fault == Fault::none) {
            ASSERT_EQ(frame.payloads.size(), 2u);
            EXPECT_TRUE(same_content(frame.payloads[0].header, sent[0].header));
            EXPECT_LT(mean_error(frame.payloads[0], sent[0]), 0.02);
        } else {
            EXPECT_EQ(frame.fault, Fault::no_header);
        }
        EXPECT_TRUE(frame.fault == Fault::none || lost > 200) << lost;
    }
}

TEST(BadBursts, MorePayloadThanAllowedOrSent)
{
    const FrameProfile profile;
    Clean clean(profile, 100);
    const std::vector<Payload> sent
        = { random_payload(100, Modulation::qpsk, clean.random),
            random_payload(400, Modulation::qpsk, clean.random) };
    auto burst = clean.burst(sent);

    auto small = profile;
    small.max_payload_symbols = 300;
    const auto refused = BurstDemodulator(small).demodulate(burst);
    EXPECT_EQ(refused.fault, Fault::bad_header);
    EXPECT_EQ(refused.payloads.size(), 1u);
    auto single = profile;
    single.max_payloads = 1;
    const auto too_many = BurstDemodulator(single).demodulate(burst);
    EXPECT_EQ(too_many.fault, Fault::bad_header);
    EXPECT_TRUE(too_many.payloads.empty());

    // A transmitter that falls silent: the noise behind must not pass for symbols.
    const FrameLayout layout(profile);
    const auto long_payload = random_payload(1500, Modulation::qpsk, clean.random);
    burst = clean.burst({ long_payload });
    const std::size_t silent
        = burst.detection.sample + 2 * layout.body_symbol(layout.header_length() + 500);
    const double gain = std::pow(10.0, clean.config.gain_db / 20.0);
    for (std::size_t i = silent; i < burst.samples.size(); i++) {
        burst.samples[i] = std::complex<float>(gain * 0.1 * clean.random.complex_gaussian());
    }
    const auto frame = BurstDemodulator(profile).demodulate(burst);
    ASSERT_EQ(frame.payloads.size(), 1u);
    const auto& noise = frame.payloads[0].noise_var;
    EXPECT_LT(noise[250], 0.03f);
    EXPECT_GT(noise[1000], 0.5f);
    EXPECT_GT(noise[1400], 0.5f);
}

TEST(BadBursts, LaterHeaderLost)
{
    const FrameProfile profile;
    BurstDemodulator demodulator(profile);
    const FrameLayout layout(profile);
    Clean clean(profile, 110);
    const std::vector<Payload> sent
        = { random_payload(100, Modulation::qpsk, clean.random),
            random_payload(400, Modulation::qpsk, clean.random) };
    auto burst = clean.burst(sent);
    const double gain = std::pow(10.0, clean.config.gain_db / 20.0);
    const std::size_t first
        = burst.detection.sample + 2 * layout.body_symbol(layout.header_length() + 120);
    for (std::size_t i = first; i < first + 1800; i++) {
        burst.samples[i] = std::complex<float>(gain * clean.random.complex_gaussian());
    }
    const auto frame = demodulator.demodulate(burst);
    EXPECT_EQ(frame.fault, Fault::lost_header);
    ASSERT_EQ(frame.payloads.size(), 1u);
    EXPECT_TRUE(same_content(frame.payloads[0].header, sent[0].header));
    EXPECT_LT(mean_error(frame.payloads[0], sent[0]), 0.02);
}
