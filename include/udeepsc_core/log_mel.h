// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <udeepsc_core/api.h>

#include <cstddef>
#include <memory>
#include <vector>

namespace udeepsc_core UDEEPSC_CORE_API {

struct LogMelSettings {
    double sample_rate = 8000; //!< Hz, MIN_SAMPLE_RATE to MAX_SAMPLE_RATE
    int mels = 40; //!< filters, 1 to 512
    double window_ms = 25; //!< 8 to 65536 samples
    double hop_ms = 10; //!< from one window to the next: a sample to a window
    double low_hz = 50; //!< where the lowest filter begins
    double high_hz = 0; //!< where the highest one ends; 0: half the sample rate
    //! Scale each sound to the same loudness first, so that the recording level is no
    //! matter. Takes the whole of it: without, a frame depends on its own window alone.
    bool normalize_loudness = true;

    //! Error naming the field, what was found and what was expected.
    void validate() const;
};

/*!
 * \brief Sound to its log-mel spectrogram: what a network sees of speech.
 *
 * Hann windows; power spectrum; triangular filters of height 1 at equal distances on
 * HTK's mel scale, 2595 log10(1 + f / 700); natural logarithm; then a fixed shift and
 * scale, so that speech has about zero mean and unit variance.
 *
 * The energy in a filter is the share of the mean square of the samples that falls into
 * it, whatever the lengths of window and transform.
 *
 * Many threads may use one object, and copies share their tables. Constructing and
 * destroying take a lock, as FFTW's planner asks for; a process that plans elsewhere,
 * too, holds that one's lock as well.
 *
 * Errors: Error for settings that do not validate(), samples that are none, NaN or
 * infinite.
 */
class LogMel {
public:
    explicit LogMel(const LogMelSettings& settings = {});

    const LogMelSettings& settings() const;

    //! [frames, mels], row after row, of a sound of the settings' sample rate. What is
    //! shorter than a window is padded with zeros to one; an incomplete window at the end
    //! is left out.
    std::vector<float> frames(const std::vector<float>& mono) const;

    //! Rows that frames() makes of so many samples; 0 of none.
    int frame_count(std::size_t samples) const;

private:
    struct Tables;
    std::shared_ptr<const Tables> d_tables;
};

} // namespace udeepsc_core
