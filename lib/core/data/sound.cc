// SPDX-License-Identifier: GPL-3.0-or-later
#include <udeepsc_core/sound.h>

#include "check_samples.h"

#include <udeepsc_core/error.h>
#include <udeepsc_core/file_io.h>

#include <samplerate.h>
#include <sndfile.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <memory>

namespace udeepsc_core {

namespace {

constexpr std::uint64_t MAX_FILE_BYTES = std::uint64_t(1) << 31;
constexpr std::size_t BLOCK_FRAMES = 4096;
constexpr float FULL_SCALE = 32768.0f; // of 16 bit

// ------------------------------------------------------- libsndfile, on memory

struct MemoryFile {
    std::vector<std::uint8_t> bytes;
    sf_count_t at = 0;

    sf_count_t size() const { return static_cast<sf_count_t>(bytes.size()); }
};

MemoryFile& memory(void* user_data)
{
    return *static_cast<MemoryFile*>(user_data);
}

sf_count_t memory_size(void* user_data)
{
    return memory(user_data).size();
}

sf_count_t memory_seek(sf_count_t offset, int whence, void* user_data)
{
    MemoryFile& file = memory(user_data);
    const sf_count_t base = whence == SEEK_SET ? 0
        : whence == SEEK_CUR                   ? file.at
                                               : file.size();
    // A damaged header may ask for any place.
    if (offset < -base || offset > file.size() - base) {
        return -1;
    }
    file.at = base + offset;
    return file.at;
}

sf_count_t memory_read(void* data, sf_count_t count, void* user_data)
{
    MemoryFile& file = memory(user_data);
    count = std::clamp<sf_count_t>(count, 0, file.size() - file.at);
    std::copy_n(file.bytes.begin() + file.at, count, static_cast<std::uint8_t*>(data));
    file.at += count;
    return count;
}

sf_count_t memory_write(const void* data, sf_count_t count, void* user_data)
{
    MemoryFile& file = memory(user_data);
    const auto end = static_cast<std::size_t>(file.at + count);
    if (end > file.bytes.capacity()) {
        return 0; // no exception may pass through C: room is reserved beforehand
    }
    file.bytes.resize(std::max(file.bytes.size(), end));
    std::copy_n(
        static_cast<const std::uint8_t*>(data), count, file.bytes.begin() + file.at);
    file.at += count;
    return count;
}

sf_count_t memory_tell(void* user_data)
{
    return memory(user_data).at;
}

struct CloseSound {
    void operator()(SNDFILE* file) const { sf_close(file); }
};
using Sound = std::unique_ptr<SNDFILE, CloseSound>;

Sound open_sound(MemoryFile& file, int mode, SF_INFO& info)
{
    SF_VIRTUAL_IO io { memory_size, memory_seek, memory_read, memory_write, memory_tell };
    return Sound(sf_open_virtual(&io, mode, &info, &file));
}

// ---------------------------------------------------------------------- checks

/*!
 * libsndfile plays a truncated WAV up to where it ends. Programs that write to a pipe do
 * not know the size and leave none or the largest there is; these are fine.
 */
void require_whole_riff(const std::string& where, const std::vector<std::uint8_t>& bytes)
{
    constexpr std::uint64_t HEADER_BYTES = 8;
    constexpr std::uint64_t UNKNOWN_SIZE = 0x7fff0000;
    if (bytes.size() < HEADER_BYTES || std::memcmp(bytes.data(), "RIFF", 4) != 0) {
        return;
    }
    std::uint64_t expected = HEADER_BYTES;
    for (std::size_t i = 0; i < 4; ++i) {
        expected += std::uint64_t(bytes[4 + i]) << (8 * i);
    }
    // Some programs count the byte that fills up an odd length, and do not write it.
    if (expected < UNKNOWN_SIZE && bytes.size() + 1 < expected) {
        throw Error(where + ": found a damaged sound: " + std::to_string(bytes.size())
                    + " bytes, expected " + std::to_string(expected)
                    + " by the WAV header");
    }
}

void require_well_formed(const std::string& where, const Waveform& waveform)
{
    if (waveform.channels < 1) {
        throw Error(where + ": found " + std::to_string(waveform.channels)
                    + " channels, expected at least 1");
    }
    check_sample_rate(where, waveform.sample_rate);
    check_samples(where, waveform.samples);
    if (waveform.samples.size() % static_cast<std::size_t>(waveform.channels) != 0) {
        throw Error(where + ": found " + std::to_string(waveform.samples.size())
                    + " samples, expected a multiple of the "
                    + std::to_string(waveform.channels) + " channels");
    }
}

void require_frames(const std::string& where, std::size_t frames, std::size_t max_frames)
{
    if (frames > max_frames) {
        throw Error(where + ": found " + std::to_string(frames)
                    + " or more samples a channel, expected at most "
                    + std::to_string(max_frames));
    }
}

//! To the end, block by block: a header may promise more than there is.
std::vector<float> read_samples(const std::string& where,
                                SNDFILE* file,
                                const SF_INFO& info,
                                std::size_t max_frames)
{
    const auto channels = static_cast<std::size_t>(info.channels);
    const bool known = info.frames != SF_COUNT_MAX;
    if (known) {
        require_frames(where, static_cast<std::size_t>(info.frames), max_frames);
    }
    std::vector<float> samples;
    std::vector<float> block(BLOCK_FRAMES * channels);
    std::size_t frames = 0;
    for (;;) {
        const sf_count_t got = sf_readf_float(file, block.data(), BLOCK_FRAMES);
        if (got <= 0) {
            break;
        }
        frames += static_cast<std::size_t>(got);
        require_frames(where, frames, max_frames);
        samples.insert(samples.end(),
                       block.begin(),
                       block.begin() + got * static_cast<sf_count_t>(channels));
    }
    if (sf_error(file) != SF_ERR_NO_ERROR) {
        throw Error(where + ": found a damaged sound: " + sf_strerror(file));
    }
    if (known && frames != static_cast<std::size_t>(info.frames)) {
        throw Error(where + ": found a damaged sound: " + std::to_string(frames)
                    + " samples a channel, expected " + std::to_string(info.frames));
    }
    return samples;
}

constexpr double MAX_RATIO = 256; // of libsamplerate

//! The first \p frames samples at \p ratio times the rate.
std::vector<float>
interpolate(const std::vector<float>& in, double ratio, std::size_t frames)
{
    std::vector<float> out(frames);
    SRC_DATA data {};
    data.data_in = in.data();
    data.input_frames = static_cast<long>(in.size());
    data.data_out = out.data();
    data.output_frames = static_cast<long>(out.size());
    data.src_ratio = ratio;
    const int error = src_simple(&data, SRC_SINC_MEDIUM_QUALITY, 1);
    if (error != 0) {
        throw Error("resampling by " + number_text(ratio) + ": " + src_strerror(error));
    }
    return out;
}

} // namespace

// --------------------------------------------------------- for other files, too

std::string number_text(double value)
{
    char text[32];
    std::snprintf(text, sizeof(text), "%.9g", value);
    return text;
}

void check_sample_rate(const std::string& where, double hz)
{
    if (!(hz >= MIN_SAMPLE_RATE && hz <= MAX_SAMPLE_RATE)) {
        throw Error(where + ": found a sample rate of " + number_text(hz)
                    + " Hz, expected " + number_text(MIN_SAMPLE_RATE) + " to "
                    + number_text(MAX_SAMPLE_RATE));
    }
}

// ----------------------------------------------------------------------- files

Waveform load_sound(const std::string& path, std::size_t max_frames)
{
    const std::string where = "loading sound '" + path + "'";
    MemoryFile memory_file { read_file(path, MAX_FILE_BYTES) };
    SF_INFO info {};
    const Sound file = open_sound(memory_file, SFM_READ, info);
    if (!file) {
        const std::string reason = sf_strerror(nullptr);
        if (sf_error(nullptr) == SF_ERR_MALFORMED_FILE) {
            throw Error(where + ": found a damaged sound: " + reason);
        }
        throw Error(where + ": found no readable sound (" + reason
                    + "), expected WAV, FLAC or Ogg");
    }
    require_whole_riff(where, memory_file.bytes);
    check_sample_rate(where, info.samplerate);

    Waveform waveform { info.channels, static_cast<double>(info.samplerate), {} };
    waveform.samples = read_samples(where, file.get(), info, max_frames);
    require_well_formed(where, waveform);
    return waveform;
}

void save_wav(const std::string& path, const Waveform& waveform)
{
    const std::string where = "saving sound '" + path + "'";
    require_well_formed(where, waveform);
    constexpr std::size_t HEADER_ROOM = 4096;
    const std::size_t data_bytes = waveform.samples.size() * sizeof(short);
    if (data_bytes > MAX_FILE_BYTES - HEADER_ROOM) {
        throw Error(where + ": found " + std::to_string(data_bytes)
                    + " bytes of samples, expected less than 2 GiB");
    }
    SF_INFO info {};
    info.channels = waveform.channels;
    info.samplerate = static_cast<int>(std::lround(waveform.sample_rate));
    info.format = SF_FORMAT_WAV | SF_FORMAT_PCM_16;
    if (!sf_format_check(&info)) {
        throw Error(where + ": found " + std::to_string(waveform.channels)
                    + " channels, expected a number that a WAV can have");
    }

    // Not by libsndfile, which scales by 32767 when it writes and 32768 when it reads.
    std::vector<short> integers(waveform.samples.size());
    std::transform(waveform.samples.begin(),
                   waveform.samples.end(),
                   integers.begin(),
                   [](float sample) {
                       return static_cast<short>(std::lround(
                           std::clamp(sample * FULL_SCALE, -FULL_SCALE, FULL_SCALE - 1)));
                   });
    MemoryFile memory_file;
    memory_file.bytes.reserve(data_bytes + HEADER_ROOM);
    Sound file = open_sound(memory_file, SFM_WRITE, info);
    const auto count = static_cast<sf_count_t>(integers.size());
    if (!file || sf_write_short(file.get(), integers.data(), count) != count
        || sf_close(file.release()) != 0) {
        throw Error(where + ": the WAV encoder failed: " + sf_strerror(nullptr));
    }
    AtomicFile target(path);
    target.write(memory_file.bytes.data(), memory_file.bytes.size());
    target.commit();
}

// --------------------------------------------------------------------- samples

std::vector<float> to_mono(const Waveform& waveform)
{
    require_well_formed("mixing to one channel", waveform);
    const auto channels = static_cast<std::size_t>(waveform.channels);
    std::vector<float> mono(waveform.samples.size() / channels);
    for (std::size_t i = 0; i < mono.size(); ++i) {
        double sum = 0;
        for (std::size_t c = 0; c < channels; ++c) {
            sum += waveform.samples[i * channels + c];
        }
        mono[i] = static_cast<float>(sum / waveform.channels);
    }
    return mono;
}

std::vector<float> resample(const std::vector<float>& mono, double from_hz, double to_hz)
{
    const std::string where = "resampling";
    check_sample_rate(where + " from", from_hz);
    check_sample_rate(where + " to", to_hz);
    check_samples(where, mono);
    if (from_hz == to_hz) {
        return mono;
    }
    const double ratio = to_hz / from_hz;
    const double length = std::round(static_cast<double>(mono.size()) * ratio);
    const auto frames = static_cast<std::size_t>(std::max(1.0, length));
    if (ratio <= MAX_RATIO && ratio >= 1 / MAX_RATIO) {
        return interpolate(mono, ratio, frames);
    }
    // Two steps by the root of the ratio, with some samples to spare between them.
    const double step = std::sqrt(ratio);
    const double between = std::ceil(static_cast<double>(mono.size()) * step) + 1;
    return interpolate(
        interpolate(mono, step, static_cast<std::size_t>(between)), step, frames);
}

} // namespace udeepsc_core
