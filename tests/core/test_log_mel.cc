// SPDX-License-Identifier: GPL-3.0-or-later
#include "temp_dir.h"

#include <udeepsc_core/error.h>
#include <udeepsc_core/log_mel.h>

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>
#include <thread>

using namespace udeepsc_core;

namespace {

constexpr double PI = 3.14159265358979323846;

// As log_mel.cc states them.
constexpr double LOG_MEAN = -7.8;
constexpr double LOG_DEVIATION = 3.4;
constexpr double SPEECH_RMS = 0.1;

double mel_of(double hz)
{
    return 2595 * std::log10(1 + hz / 700);
}

//! Where a filter of the settings peaks, Hz.
double centre_hz(const LogMelSettings& settings, int filter)
{
    const double high
        = settings.high_hz == 0 ? settings.sample_rate / 2 : settings.high_hz;
    const double low = mel_of(settings.low_hz);
    const double mel = low + (mel_of(high) - low) * (filter + 1) / (settings.mels + 1);
    return 700 * (std::pow(10, mel / 2595) - 1);
}

std::vector<float> sine(std::size_t samples, double hz, double rate, double amplitude)
{
    std::vector<float> values(samples);
    for (std::size_t i = 0; i < samples; ++i) {
        values[i] = static_cast<float>(
            amplitude * std::sin(2 * PI * hz * static_cast<double>(i) / rate));
    }
    return values;
}

std::vector<float> noise(std::size_t samples, float deviation)
{
    std::mt19937 random(1);
    std::normal_distribution<float> normal(0, deviation);
    std::vector<float> values(samples);
    std::generate(values.begin(), values.end(), [&] { return normal(random); });
    return values;
}

//! Undoes the shift, scale and logarithm; the floor stays.
double energy_of(float value)
{
    return std::exp(value * LOG_DEVIATION + LOG_MEAN);
}

LogMelSettings as_recorded()
{
    LogMelSettings settings;
    settings.normalize_loudness = false;
    return settings;
}

std::string error_with(const std::function<void(LogMelSettings&)>& change)
{
    LogMelSettings settings;
    change(settings);
    return error_of([&] { LogMel log_mel(settings); });
}

} // namespace

TEST(LogMel, ASinePeaksInItsFilter)
{
    for (const double rate : { 8000.0, 16000.0, 44100.0 }) {
        LogMelSettings settings;
        settings.sample_rate = rate;
        const LogMel log_mel(settings);
        for (int m = 0; m < settings.mels; ++m) {
            const auto sound = sine(
                static_cast<std::size_t>(rate / 4), centre_hz(settings, m), rate, 0.3);
            const auto frames = log_mel.frames(sound);
            const auto mels = static_cast<std::ptrdiff_t>(settings.mels);
            const auto row = frames.begin() + 5 * mels;
            EXPECT_EQ(std::max_element(row, row + mels) - row, m) << "rate " << rate;
        }
    }
}

TEST(LogMel, EnergyIsTheMeanSquareInTheFilter)
{
    // Triangles that overlap by halves add up to 1 between the first peak and the last:
    // of a sine there, all its power is found, whatever the window and the transform.
    for (const double window_ms : { 16.0, 25.0, 60.0 }) {
        for (const int mels : { 10, 40, 128 }) {
            LogMelSettings settings = as_recorded();
            settings.window_ms = window_ms;
            settings.mels = mels;
            const auto frames = LogMel(settings).frames(sine(8000, 1000, 8000, 0.2));
            double energy = 0;
            for (int m = 0; m < mels; ++m) {
                energy += energy_of(frames[static_cast<std::size_t>(m)]);
            }
            const double expected = 0.2 * 0.2 / 2 / (SPEECH_RMS * SPEECH_RMS);
            // Leakage of the sine's mirror image, and the floor of each filter.
            EXPECT_NEAR(energy, expected, 0.01 * expected);
        }
    }
}

TEST(LogMel, NoiseFillsFiltersByTheirWidth)
{
    const LogMelSettings settings = as_recorded();
    const auto mels = static_cast<std::size_t>(settings.mels);
    const auto frames = LogMel(settings).frames(noise(400000, 0.1f));
    for (std::size_t m : { 5u, 20u, 35u }) {
        double energy = 0;
        std::size_t rows = 0;
        for (std::size_t at = m; at < frames.size(); at += mels, ++rows) {
            energy += energy_of(frames[at]);
        }
        const int filter = static_cast<int>(m);
        const double width
            = (centre_hz(settings, filter + 1) - centre_hz(settings, filter - 1)) / 2;
        const double expected = width / (settings.sample_rate / 2);
        // 5000 frames, about half of them independent, of one or more independent bins: a
        // deviation of up to 2 per cent.
        EXPECT_NEAR(energy / static_cast<double>(rows), expected, 0.06 * expected) << m;
    }
}

TEST(LogMel, TwiceTheAmplitudeIsFourTimesTheEnergy)
{
    const LogMel log_mel(as_recorded());
    auto sound = noise(8000, 0.1f);
    const auto before = log_mel.frames(sound);
    for (float& sample : sound) {
        sample *= 2;
    }
    const auto after = log_mel.frames(sound);
    ASSERT_EQ(after.size(), before.size());
    for (std::size_t i = 0; i < before.size(); ++i) {
        // The floor is a thousandth of the least energy here.
        EXPECT_NEAR(after[i] - before[i], std::log(4) / LOG_DEVIATION, 0.02);
    }
}

TEST(LogMel, LoudnessIsNoMatterWhereNormalized)
{
    const LogMel log_mel;
    auto sound = noise(8000, 0.1f);
    const auto before = log_mel.frames(sound);
    for (float& sample : sound) {
        sample *= 0.03f;
    }
    const auto after = log_mel.frames(sound);
    for (std::size_t i = 0; i < before.size(); ++i) {
        EXPECT_NEAR(after[i], before[i], 1e-4); // rounding of the samples
    }
    // 160 dB below full scale is no speech: as silent as silence.
    const auto hiss = log_mel.frames(noise(8000, 1e-8f));
    const auto silence = log_mel.frames(std::vector<float>(8000));
    for (std::size_t i = 0; i < hiss.size(); ++i) {
        EXPECT_NEAR(hiss[i], silence[i], 1e-3);
    }
}

TEST(LogMel, WithoutLoudnessAFrameDependsOnItsWindowAlone)
{
    const LogMel log_mel(as_recorded());
    auto sound = noise(2000, 0.1f);
    const auto before = log_mel.frames(sound);
    std::fill(sound.begin() + 1000, sound.end(), 1.0f);
    const auto after = log_mel.frames(sound);
    const std::ptrdiff_t same = (1000 - 200) / 80 + 1;
    EXPECT_TRUE(std::equal(before.begin(), before.begin() + same * 40, after.begin()));
    EXPECT_NE(before.back(), after.back());
}

TEST(LogMel, CountsWholeWindows)
{
    const LogMel log_mel; // windows of 200 samples, every 80
    EXPECT_EQ(log_mel.frame_count(0), 0);
    EXPECT_EQ(log_mel.frame_count(1), 1);
    EXPECT_EQ(log_mel.frame_count(200), 1);
    EXPECT_EQ(log_mel.frame_count(279), 1);
    EXPECT_EQ(log_mel.frame_count(280), 2);
    EXPECT_EQ(log_mel.frame_count(8000), 98);
    for (const std::size_t samples : { 1u, 199u, 200u, 281u, 8000u }) {
        EXPECT_EQ(log_mel.frames(noise(samples, 0.1f)).size(),
                  static_cast<std::size_t>(log_mel.frame_count(samples)) * 40);
    }
    EXPECT_SAYS(error_of([&] { log_mel.frame_count(std::size_t(1) << 40); }), "too many");
}

TEST(LogMel, PadsAShortSoundWithZeros)
{
    const LogMel log_mel(as_recorded());
    auto sound = noise(50, 0.1f);
    const auto frames = log_mel.frames(sound);
    sound.resize(200);
    EXPECT_EQ(frames, log_mel.frames(sound));
}

TEST(LogMel, SilenceIsTheFloor)
{
    const auto frames = LogMel().frames(std::vector<float>(1000));
    for (const float value : frames) {
        EXPECT_NEAR(value, (std::log(1e-6) - LOG_MEAN) / LOG_DEVIATION, 1e-5);
    }
}

TEST(LogMel, AnyRateAndNumberOfFiltersIsFinite)
{
    for (const double rate : { 1000.0, 8000.0, 192000.0, 384000.0 }) {
        for (const int mels : { 1, 40, 200 }) {
            LogMelSettings settings;
            settings.sample_rate = rate;
            settings.mels = mels;
            const LogMel log_mel(settings);
            const auto frames
                = log_mel.frames(noise(static_cast<std::size_t>(rate / 10), 0.1f));
            const double floor = (std::log(1e-6) - LOG_MEAN) / LOG_DEVIATION;
            for (const float value : frames) {
                ASSERT_TRUE(std::isfinite(value));
                ASSERT_GT(value, floor); // no filter without a bin
            }
        }
    }
}

TEST(LogMel, ThreadsShareOneAndMakeTheirOwn)
{
    const LogMel shared;
    const auto sound = noise(8000, 0.1f);
    const auto expected = shared.frames(sound);
    std::vector<std::thread> threads;
    std::vector<int> wrong(8);
    for (int& count : wrong) {
        threads.emplace_back([&] {
            for (int i = 0; i < 20; ++i) {
                count += shared.frames(sound) != expected;
                count += LogMel().frames(sound) != expected;
            }
        });
    }
    for (auto& thread : threads) {
        thread.join();
    }
    EXPECT_EQ(wrong, std::vector<int>(8));
}

TEST(LogMel, RefusesBadSamples)
{
    const LogMel log_mel;
    EXPECT_SAYS(error_of([&] { log_mel.frames({}); }), "found 0 samples");
    EXPECT_SAYS(error_of([&] {
                    log_mel.frames({ 0, std::nanf(""), HUGE_VALF });
                }),
                "found 2 of 3 numbers NaN or infinite");
}

TEST(LogMelSettings, NameTheFieldThatIsWrong)
{
    using S = LogMelSettings;
    const double nan = std::nan("");
    EXPECT_SAYS(error_with([](S& s) { s.sample_rate = 0; }), "sample_rate: found");
    EXPECT_SAYS(error_with([](S& s) { s.mels = 0; }), "mels: found 0, expected 1 to 512");
    EXPECT_SAYS(error_with([](S& s) { s.mels = 513; }), "mels: found 513");
    EXPECT_SAYS(error_with([](S& s) { s.window_ms = 0.5; }),
                "window_ms: found 0.5 (4 samples), expected 8 to 65536 samples");
    EXPECT_SAYS(error_with([](S& s) { s.window_ms = 1e9; }), "window_ms");
    EXPECT_SAYS(error_with([&](S& s) { s.window_ms = nan; }), "window_ms");
    EXPECT_SAYS(error_with([](S& s) { s.hop_ms = 0; }), "hop_ms: found 0");
    EXPECT_SAYS(error_with([](S& s) { s.hop_ms = 26; }), "expected 1 to 200 samples");
    EXPECT_SAYS(error_with([&](S& s) { s.hop_ms = nan; }), "hop_ms");
    EXPECT_SAYS(error_with([](S& s) { s.high_hz = 4001; }),
                "high_hz: found 4001, expected up to 4000");
    EXPECT_SAYS(error_with([](S& s) { s.high_hz = -1; }), "high_hz");
    EXPECT_SAYS(error_with([&](S& s) { s.high_hz = nan; }), "high_hz");
    EXPECT_SAYS(error_with([](S& s) { s.low_hz = 4000; }), "low_hz: found 4000");
    EXPECT_SAYS(error_with([](S& s) { s.low_hz = -1; }), "low_hz: found -1");
    EXPECT_SAYS(error_with([&](S& s) { s.low_hz = nan; }), "low_hz");
    EXPECT_SAYS(error_with([](S& s) { s.high_hz = 50.001; }), "Hz wide");
    EXPECT_NO_THROW(LogMelSettings().validate());
}
