// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <udeepsc_core/api.h>

#include <cstddef>
#include <string>
#include <vector>

namespace udeepsc_core UDEEPSC_CORE_API {

//! Sound as it lies in a file: all channels of one instant together.
struct Waveform {
    int channels = 1;
    double sample_rate = 8000; //!< Hz
    std::vector<float> samples; //!< [frames, channels], full scale is -1 to 1
};

constexpr double MIN_SAMPLE_RATE = 1000; //!< Hz
constexpr double MAX_SAMPLE_RATE = 384000; //!< Hz

//! 70 minutes at 8 kHz, 128 MiB a channel.
constexpr std::size_t MAX_SOUND_FRAMES = std::size_t(1) << 25;

/*!
 * \brief Load WAV, FLAC, Ogg and whatever else libsndfile reads, of any number of
 * channels.
 *
 * Integers become -1 to 1. Files of floating-point numbers keep theirs, so that these may
 * be beyond full scale.
 *
 * Errors: Error for a file that is missing, no sound, damaged (a WAV shorter than its
 * header says, too), without a sample or with more than \p max_frames instants, with NaN
 * or infinity among the samples, or with a rate outside MIN_SAMPLE_RATE to
 * MAX_SAMPLE_RATE.
 */
Waveform load_sound(const std::string& path, std::size_t max_frames = MAX_SOUND_FRAMES);

/*!
 * \brief Write a WAV of 16 bit, atomically.
 *
 * What is beyond full scale is clipped. A file of 16 bit that was loaded is written with
 * the same samples. The rate is rounded to whole Hz.
 *
 * Errors: Error where the waveform is not well-formed or the file cannot be written.
 */
void save_wav(const std::string& path, const Waveform& waveform);

//! The mean of the channels. Error where the waveform is not well-formed.
std::vector<float> to_mono(const Waveform& waveform);

/*!
 * \brief Change the sample rate: band-limited interpolation by a windowed sinc.
 *
 * The lower of the two rates' bands is kept up to nine tenths, aliases are 120 dB down.
 * No delay: output sample k is the sound at k / to_hz. There are round(n * to_hz /
 * from_hz) of them, at least one.
 *
 * \param mono at least one sample, all finite
 * \param from_hz, to_hz MIN_SAMPLE_RATE to MAX_SAMPLE_RATE
 */
std::vector<float> resample(const std::vector<float>& mono, double from_hz, double to_hz);

} // namespace udeepsc_core
