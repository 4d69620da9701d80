// SPDX-License-Identifier: GPL-3.0-or-later
#include <udeepsc_core/log_mel.h>

#include "check_samples.h"

#include <udeepsc_core/error.h>

#include <fftw3.h>

#include <algorithm>
#include <cmath>
#include <complex>
#include <limits>
#include <mutex>
#include <string>

namespace udeepsc_core {

namespace {

constexpr double PI = 3.14159265358979323846;

constexpr int MAX_MELS = 512;
constexpr std::size_t MIN_WINDOW = 8; // samples
constexpr std::size_t MAX_FFT = 1u << 16; // samples

// Root mean square of speech at its usual level, 20 dB below full scale: energies are
// relative to it, and normalize_loudness brings each sound to it.
constexpr double SPEECH_RMS = 0.1;

// No sound is raised by more: the hiss of a silent recording must not become speech.
constexpr double MAX_GAIN = 100;

// 60 dB below speech.
constexpr double ENERGY_FLOOR = 1e-6;

// Mean and standard deviation of ln(energy + ENERGY_FLOOR) over 200 recordings of the
// Free Spoken Digit Dataset (8 kHz, five speakers, 8528 frames; default settings): -7.81
// and 3.43. Loudness as recorded gives -9.19 and 3.35.
constexpr double LOG_MEAN = -7.8;
constexpr double LOG_DEVIATION = 3.4;

double mel_of(double hz)
{
    return 2595 * std::log10(1 + hz / 700);
}

double hz_of(double mel)
{
    return 700 * (std::pow(10, mel / 2595) - 1);
}

double upper_hz(const LogMelSettings& settings)
{
    return settings.high_hz == 0 ? settings.sample_rate / 2 : settings.high_hz;
}

double samples_of(const LogMelSettings& settings, double milliseconds)
{
    return std::round(settings.sample_rate * milliseconds / 1000);
}

//! Where filter m begins, [m]; peaks, [m + 1]; and ends, [m + 2].
std::vector<double> filter_edges(const LogMelSettings& settings)
{
    const double low = mel_of(settings.low_hz);
    const double step = (mel_of(upper_hz(settings)) - low) / (settings.mels + 1);
    std::vector<double> edges;
    for (int i = 0; i < settings.mels + 2; ++i) {
        edges.push_back(hz_of(low + i * step));
    }
    return edges;
}

[[noreturn]] void
refuse(const std::string& field, const std::string& found, const std::string& expected)
{
    throw Error("log-mel settings: " + field + ": found " + found + ", expected "
                + expected);
}

std::mutex& planner_mutex()
{
    static std::mutex s_mutex;
    return s_mutex;
}

fftwf_complex* as_fftw(std::complex<float>* values)
{
    return reinterpret_cast<fftwf_complex*>(values);
}

} // namespace

// -------------------------------------------------------------------- settings

void LogMelSettings::validate() const
{
    check_sample_rate("log-mel settings: sample_rate", sample_rate);
    if (mels < 1 || mels > MAX_MELS) {
        refuse("mels", std::to_string(mels), "1 to " + std::to_string(MAX_MELS));
    }
    const double window = samples_of(*this, window_ms);
    if (!(window >= MIN_WINDOW && window <= MAX_FFT)) {
        refuse("window_ms",
               number_text(window_ms) + " (" + number_text(window) + " samples)",
               std::to_string(MIN_WINDOW) + " to " + std::to_string(MAX_FFT)
                   + " samples");
    }
    const double hop = samples_of(*this, hop_ms);
    if (!(hop >= 1 && hop <= window)) {
        refuse("hop_ms",
               number_text(hop_ms) + " (" + number_text(hop) + " samples)",
               "1 to " + number_text(window) + " samples, the window");
    }
    const double nyquist = sample_rate / 2;
    if (high_hz != 0 && !(high_hz > 0 && high_hz <= nyquist)) {
        refuse("high_hz",
               number_text(high_hz),
               "up to " + number_text(nyquist) + ", half the sample rate");
    }
    if (!(low_hz >= 0 && low_hz < upper_hz(*this))) {
        refuse("low_hz", number_text(low_hz), "0 to " + number_text(upper_hz(*this)));
    }
    const auto edges = filter_edges(*this);
    const double resolution = sample_rate / MAX_FFT;
    if (edges[1] - edges[0] < resolution) {
        refuse("mels",
               std::to_string(mels) + ", filters " + number_text(edges[1] - edges[0])
                   + " Hz wide",
               "at least " + number_text(resolution) + " Hz");
    }
}

// ---------------------------------------------------------------------- tables

struct LogMel::Tables {
    //! A triangle over the bins from \p first on.
    struct Filter {
        std::size_t first = 0;
        std::vector<float> weights;
    };

    LogMelSettings settings;
    std::size_t hop;
    std::vector<float> window; // scaled so that |spectrum|^2 is a mean square
    std::size_t fft_size;
    std::vector<Filter> filters;
    fftwf_plan plan = nullptr;

    explicit Tables(const LogMelSettings& settings);
    ~Tables();
    Tables(const Tables&) = delete;
    Tables& operator=(const Tables&) = delete;

    void make_window();
    void make_filters(const std::vector<double>& edges);
    float loudness_gain(const std::vector<float>& mono) const;
};

LogMel::Tables::Tables(const LogMelSettings& wanted)
    : settings(wanted)
    , hop(static_cast<std::size_t>(samples_of(wanted, wanted.hop_ms)))
    , window(static_cast<std::size_t>(samples_of(wanted, wanted.window_ms)))
{
    // Two bins at least to each side of a triangle: what a filter takes then depends
    // little on where between bins its edges are.
    const auto edges = filter_edges(settings);
    const double bin_hz = (edges[1] - edges[0]) / 2;
    fft_size = MIN_WINDOW;
    while (fft_size < window.size()
           || (fft_size < MAX_FFT
               && settings.sample_rate / static_cast<double>(fft_size) > bin_hz)) {
        fft_size *= 2;
    }
    make_window();
    make_filters(edges);

    std::vector<float> in(fft_size);
    std::vector<std::complex<float>> out(fft_size / 2 + 1);
    const std::lock_guard<std::mutex> lock(planner_mutex());
    plan = fftwf_plan_dft_r2c_1d(static_cast<int>(fft_size),
                                 in.data(),
                                 as_fftw(out.data()),
                                 FFTW_ESTIMATE | FFTW_UNALIGNED);
    if (!plan) {
        throw Error("log-mel: FFTW has no transform of " + std::to_string(fft_size)
                    + " samples");
    }
}

LogMel::Tables::~Tables()
{
    const std::lock_guard<std::mutex> lock(planner_mutex());
    fftwf_destroy_plan(plan);
}

void LogMel::Tables::make_window()
{
    double energy = 0;
    const auto length = static_cast<double>(window.size());
    for (std::size_t i = 0; i < window.size(); ++i) {
        // Half a sample in from both ends: symmetric, and no sample is lost to a zero.
        const double phase = (static_cast<double>(i) + 0.5) / length;
        window[i] = static_cast<float>(0.5 - 0.5 * std::cos(2 * PI * phase));
        energy += window[i] * window[i];
    }
    // Parseval; 2 for the half of the spectrum that is not computed.
    const double scale
        = std::sqrt(2 / (energy * static_cast<double>(fft_size))) / SPEECH_RMS;
    for (float& value : window) {
        value = static_cast<float>(value * scale);
    }
}

void LogMel::Tables::make_filters(const std::vector<double>& edges)
{
    const double bin_hz = settings.sample_rate / static_cast<double>(fft_size);
    for (std::size_t m = 0; m + 2 < edges.size(); ++m) {
        Filter filter;
        filter.first = static_cast<std::size_t>(std::ceil(edges[m] / bin_hz));
        for (std::size_t bin = filter.first; bin <= fft_size / 2; ++bin) {
            const double hz = static_cast<double>(bin) * bin_hz;
            if (hz > edges[m + 2]) {
                break;
            }
            const double weight
                = std::min((hz - edges[m]) / (edges[m + 1] - edges[m]),
                           (edges[m + 2] - hz) / (edges[m + 2] - edges[m + 1]));
            filter.weights.push_back(static_cast<float>(weight));
        }
        filters.push_back(std::move(filter));
    }
}

float LogMel::Tables::loudness_gain(const std::vector<float>& mono) const
{
    if (!settings.normalize_loudness) {
        return 1;
    }
    double energy = 0;
    for (const double sample : mono) {
        energy += sample * sample;
    }
    const double rms = std::sqrt(energy / static_cast<double>(mono.size()));
    return static_cast<float>(SPEECH_RMS / std::max(rms, SPEECH_RMS / MAX_GAIN));
}

// --------------------------------------------------------------------- LogMel

LogMel::LogMel(const LogMelSettings& settings)
{
    settings.validate();
    d_tables = std::make_shared<const Tables>(settings);
}

const LogMelSettings& LogMel::settings() const
{
    return d_tables->settings;
}

int LogMel::frame_count(std::size_t samples) const
{
    const std::size_t window = d_tables->window.size();
    if (samples <= window) {
        return samples == 0 ? 0 : 1;
    }
    const std::size_t count = 1 + (samples - window) / d_tables->hop;
    if (count > static_cast<std::size_t>(std::numeric_limits<int>::max())) {
        throw Error("log-mel: found " + std::to_string(samples)
                    + " samples, too many to count their frames");
    }
    return static_cast<int>(count);
}

std::vector<float> LogMel::frames(const std::vector<float>& mono) const
{
    check_samples("log-mel", mono);
    const Tables& tables = *d_tables;
    const float gain = tables.loudness_gain(mono);
    const auto rows = static_cast<std::size_t>(frame_count(mono.size()));
    std::vector<float> values;
    values.reserve(rows * tables.filters.size());

    std::vector<float> in(tables.fft_size);
    std::vector<std::complex<float>> spectrum(tables.fft_size / 2 + 1);
    std::vector<float> power(spectrum.size());
    for (std::size_t row = 0; row < rows; ++row) {
        const std::size_t begin = row * tables.hop;
        const std::size_t length = std::min(tables.window.size(), mono.size() - begin);
        for (std::size_t i = 0; i < length; ++i) {
            in[i] = gain * mono[begin + i] * tables.window[i];
        }
        fftwf_execute_dft_r2c(tables.plan, in.data(), as_fftw(spectrum.data()));
        std::transform(spectrum.begin(),
                       spectrum.end(),
                       power.begin(),
                       [](std::complex<float> bin) { return std::norm(bin); });
        for (const Tables::Filter& filter : tables.filters) {
            double energy = ENERGY_FLOOR;
            for (std::size_t i = 0; i < filter.weights.size(); ++i) {
                energy += filter.weights[i] * power[filter.first + i];
            }
            values.push_back(
                static_cast<float>((std::log(energy) - LOG_MEAN) / LOG_DEVIATION));
        }
    }
    return values;
}

} // namespace udeepsc_core
