// SPDX-License-Identifier: GPL-3.0-or-later
#include "temp_dir.h"

#include <udeepsc_core/error.h>
#include <udeepsc_core/sound.h>

#include <gtest/gtest.h>
#include <sndfile.h>

#include <cmath>
#include <cstring>
#include <limits>
#include <random>

using namespace udeepsc_core;

#ifdef __SANITIZE_ADDRESS__
//! libsndfile 1.2 forgets its decoder where it refuses a damaged Ogg file.
extern "C" const char* __lsan_default_suppressions()
{
    return "leak:vorbis_info_init";
}
#endif

namespace {

constexpr double PI = 3.14159265358979323846;
constexpr std::uint32_t PCM = 1;
constexpr std::uint32_t IEEE_FLOAT = 3;

std::string little_endian(std::uint32_t value, int bytes)
{
    std::string text;
    for (int i = 0; i < bytes; ++i) {
        text += static_cast<char>(value >> (8 * i));
    }
    return text;
}

struct WavHeader {
    std::uint32_t format = PCM;
    std::uint32_t channels = 1;
    std::uint32_t rate = 8000;
    std::uint32_t bits = 16;
};

//! A WAV by the book, with nothing checked.
std::string wav(const WavHeader& header, const std::string& data)
{
    const std::uint32_t frame = header.channels * header.bits / 8;
    const auto length = static_cast<std::uint32_t>(data.size());
    const std::string body = "WAVEfmt " + little_endian(16, 4)
        + little_endian(header.format, 2) + little_endian(header.channels, 2)
        + little_endian(header.rate, 4) + little_endian(header.rate * frame, 4)
        + little_endian(frame, 2) + little_endian(header.bits, 2) + "data"
        + little_endian(length, 4) + data;
    return "RIFF" + little_endian(static_cast<std::uint32_t>(body.size()), 4) + body;
}

std::string float_bytes(const std::vector<float>& values)
{
    std::string text(values.size() * sizeof(float), '\0');
    std::memcpy(text.data(), values.data(), text.size());
    return text;
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

//! By libsndfile's own writer.
void write_sound(const std::string& path, int format, const Waveform& waveform)
{
    SF_INFO info {};
    info.format = format;
    info.channels = waveform.channels;
    info.samplerate = static_cast<int>(waveform.sample_rate);
    SNDFILE* file = sf_open(path.c_str(), SFM_WRITE, &info);
    ASSERT_NE(file, nullptr) << sf_strerror(nullptr);
    const auto count = static_cast<sf_count_t>(waveform.samples.size());
    EXPECT_EQ(sf_write_float(file, waveform.samples.data(), count), count);
    sf_close(file);
}

double rms(const std::vector<float>& values)
{
    double sum = 0;
    for (const double value : values) {
        sum += value * value;
    }
    return std::sqrt(sum / static_cast<double>(values.size()));
}

//! Root mean square difference, where a filter has no edges to see.
double difference(const std::vector<float>& a, const std::vector<float>& b)
{
    EXPECT_EQ(a.size(), b.size());
    std::vector<float> middle;
    for (std::size_t i = a.size() / 4; i < a.size() * 3 / 4; ++i) {
        middle.push_back(a[i] - b[i]);
    }
    return rms(middle);
}

} // namespace

TEST(Sound, RefusesWhatIsNone)
{
    TempDir dir;
    const auto error = [&](const std::string& bytes) {
        const std::string path = dir.write("a.wav", bytes);
        const std::string text = error_of([&] { load_sound(path); });
        EXPECT_SAYS(text, path);
        return text;
    };
    EXPECT_SAYS(error_of([&] { load_sound(dir.file("none.wav")); }), "No such file");
    EXPECT_SAYS(error_of([&] { load_sound(dir.path()); }), "directory");
    EXPECT_SAYS(error(""), "no readable sound");
    EXPECT_SAYS(error("just some text"), "expected WAV, FLAC or Ogg");
    EXPECT_SAYS(error("RIFF"), "found");
    EXPECT_SAYS(error(wav({}, "")), "found 0 samples");
}

TEST(Sound, RefusesBadSamplesAndRates)
{
    TempDir dir;
    const auto error = [&](const WavHeader& header, const std::string& data) {
        const std::string path = dir.write("a.wav", wav(header, data));
        return error_of([&] { load_sound(path); });
    };
    const float nan = std::numeric_limits<float>::quiet_NaN();
    const float infinity = std::numeric_limits<float>::infinity();
    const WavHeader floats { IEEE_FLOAT, 1, 8000, 32 };
    EXPECT_SAYS(error(floats, float_bytes({ 0, nan, 1 })), "found 1 of 3 numbers NaN");
    EXPECT_SAYS(error(floats, float_bytes({ -infinity, infinity })), "found 2 of 2");
    EXPECT_SAYS(error({ PCM, 1, 999, 16 }, "abcd"), "999 Hz, expected 1000 to 384000");
    EXPECT_SAYS(error({ PCM, 1, 384001, 16 }, "abcd"), "sample rate of 384001");
}

TEST(Sound, LimitsTheLength)
{
    TempDir dir;
    const std::string stereo = dir.write("a.wav", wav({ PCM, 2, 8000, 16 }, "abcdefgh"));
    EXPECT_EQ(load_sound(stereo, 2).samples.size(), 4u);
    EXPECT_SAYS(error_of([&] { load_sound(stereo, 1); }), "expected at most 1");
}

TEST(Sound, ReadsValuesAndRates)
{
    TempDir dir;
    const auto samples = [&](const WavHeader& header, const std::string& data) {
        const Waveform waveform = load_sound(dir.write("a.wav", wav(header, data)));
        EXPECT_EQ(waveform.channels, static_cast<int>(header.channels));
        EXPECT_EQ(waveform.sample_rate, header.rate);
        return waveform.samples;
    };
    using Values = std::vector<float>;
    EXPECT_EQ(samples({}, std::string("\0\x40\0\x80", 4)), (Values { 0.5f, -1 }));
    EXPECT_EQ(samples({ PCM, 1, 1000, 8 }, "\x80\xc0"), (Values { 0, 0.5f }));
    EXPECT_EQ(samples({ PCM, 3, 384000, 16 }, std::string("\0\x40\0\x20\0\xc0", 6)),
              (Values { 0.5f, 0.25f, -0.5f }));
    // Beyond full scale, as recording programs leave it in floating-point files.
    EXPECT_EQ(samples({ IEEE_FLOAT, 1, 44100, 32 }, float_bytes({ 1.5f, -2 })),
              (Values { 1.5f, -2 }));
}

TEST(Sound, ReadsEveryFormat)
{
    struct Format {
        int code;
        double tolerance; // of what the coding loses, against 0.35 of the sine
    };
    const Format formats[] = {
        { SF_FORMAT_WAV | SF_FORMAT_PCM_U8, 0.01 },
        { SF_FORMAT_WAV | SF_FORMAT_PCM_24, 1e-6 },
        { SF_FORMAT_WAV | SF_FORMAT_PCM_32, 1e-6 },
        { SF_FORMAT_WAV | SF_FORMAT_DOUBLE, 1e-6 },
        { SF_FORMAT_WAV | SF_FORMAT_ULAW, 0.02 },
        { SF_FORMAT_WAV | SF_FORMAT_ALAW, 0.02 },
        { SF_FORMAT_WAV | SF_FORMAT_IMA_ADPCM, 0.05 },
        { SF_FORMAT_WAVEX | SF_FORMAT_PCM_16, 1e-4 },
        { SF_FORMAT_FLAC | SF_FORMAT_PCM_16, 1e-4 },
        { SF_FORMAT_FLAC | SF_FORMAT_PCM_24, 1e-6 },
        { SF_FORMAT_OGG | SF_FORMAT_VORBIS, 0.05 },
        { SF_FORMAT_OGG | SF_FORMAT_OPUS, 0.05 },
        { SF_FORMAT_AIFF | SF_FORMAT_PCM_16, 1e-4 },
        { SF_FORMAT_AU | SF_FORMAT_PCM_16, 1e-4 },
    };
    TempDir dir;
    const std::string path = dir.file("sound");
    for (const Format& format : formats) {
        for (const int channels : { 1, 2, 6 }) {
            Waveform written { channels, 8000, sine(6000, 31, 8000, 0.5) };
            SF_INFO info {};
            info.format = format.code;
            info.channels = channels;
            info.samplerate = 8000;
            if (!sf_format_check(&info)) {
                continue; // IMA ADPCM has at most two
            }
            write_sound(path, format.code, written);
            Waveform read = load_sound(path);
            EXPECT_EQ(read.channels, channels);
            EXPECT_EQ(read.sample_rate, 8000);
            // ADPCM comes in whole blocks.
            ASSERT_GE(read.samples.size(), written.samples.size())
                << std::hex << format.code;
            read.samples.resize(written.samples.size());
            EXPECT_LT(difference(read.samples, written.samples), format.tolerance)
                << std::hex << format.code << std::dec << ", channels " << channels;
        }
    }
}

TEST(Sound, FindsFilesCutOff)
{
    TempDir dir;
    const Waveform waveform { 1, 8000, sine(8000, 440, 8000, 0.5) };
    for (const int format :
         { SF_FORMAT_WAV | SF_FORMAT_PCM_16, SF_FORMAT_FLAC | SF_FORMAT_PCM_16 }) {
        write_sound(dir.file("whole"), format, waveform);
        const std::string bytes = dir.read("whole");
        const std::string half = dir.write("half", bytes.substr(0, bytes.size() / 2));
        EXPECT_SAYS(error_of([&] { load_sound(half); }), "damaged sound");
    }
}

TEST(Sound, ReadsAWavFromAPipe)
{
    TempDir dir;
    std::string bytes = wav({}, std::string("\0\x40\0\x20", 4));
    const std::string unknown = "\xff\xff\xff\xff";
    bytes.replace(4, 4, unknown);
    bytes.replace(40, 4, unknown);
    EXPECT_EQ(load_sound(dir.write("a.wav", bytes)).samples,
              (std::vector<float> { 0.5f, 0.25f }));
}

TEST(Sound, DamageIsAnErrorOrAnotherSoundButNoCrash)
{
    TempDir dir;
    std::mt19937 random(5);
    for (const int format : { SF_FORMAT_WAV | SF_FORMAT_PCM_16,
                              SF_FORMAT_WAV | SF_FORMAT_MS_ADPCM,
                              SF_FORMAT_FLAC | SF_FORMAT_PCM_16,
                              SF_FORMAT_OGG | SF_FORMAT_VORBIS }) {
        write_sound(dir.file("whole"), format, { 2, 8000, sine(2000, 440, 8000, 0.5) });
        const std::string whole = dir.read("whole");
        for (int trial = 0; trial < 200; ++trial) {
            std::string damaged = whole.substr(0, 1 + random() % whole.size());
            for (unsigned i = random() % 4; i > 0; --i) {
                damaged[random() % damaged.size()] = static_cast<char>(random());
            }
            const std::string path = dir.write("damaged", damaged);
            try {
                const Waveform waveform = load_sound(path, 100000);
                EXPECT_FALSE(waveform.samples.empty());
            } catch (const udeepsc_core::Error&) { }
        }
    }
}

TEST(Sound, SavesAndLoadsTheSame)
{
    TempDir dir;
    std::mt19937 random(1);
    for (const int channels : { 1, 2, 3, 8 }) {
        Waveform waveform { channels, 192000, {} };
        for (int i = 0; i < 1000 * channels; ++i) {
            const auto integer = static_cast<std::int16_t>(random());
            waveform.samples.push_back(static_cast<float>(integer) / 32768.0f);
        }
        save_wav(dir.file("a.wav"), waveform);
        const Waveform loaded = load_sound(dir.file("a.wav"));
        EXPECT_EQ(loaded.channels, channels);
        EXPECT_EQ(loaded.sample_rate, 192000);
        EXPECT_EQ(loaded.samples, waveform.samples);
    }
    EXPECT_EQ(dir.count_entries(), 1u);

    save_wav(dir.file("a.wav"), { 1, 44100.4, { 1, 1.5f, -1, -7 } });
    const Waveform clipped = load_sound(dir.file("a.wav"));
    EXPECT_EQ(clipped.sample_rate, 44100);
    const float most = 32767.0f / 32768.0f;
    EXPECT_EQ(clipped.samples, (std::vector<float> { most, most, -1, -1 }));
}

TEST(Sound, SaveSaysWhatIsWrong)
{
    TempDir dir;
    const auto error = [&](const Waveform& waveform) {
        return error_of([&] { save_wav(dir.file("a.wav"), waveform); });
    };
    EXPECT_SAYS(error_of([&] {
                    save_wav(dir.file("no/a.wav"), { 1, 8000, { 0 } });
                }),
                "cannot create");
    EXPECT_SAYS(error({ 1, 8000, {} }), "found 0 samples");
    EXPECT_SAYS(error({ 0, 8000, { 0 } }), "found 0 channels");
    EXPECT_SAYS(error({ 2, 8000, { 0, 0, 0 } }), "expected a multiple of the 2 channels");
    EXPECT_SAYS(error({ 1, 0, { 0 } }), "sample rate of 0 Hz");
    EXPECT_SAYS(error({ 1, std::nan(""), { 0 } }), "sample rate of nan Hz");
    EXPECT_SAYS(error({ 1, 8000, { std::nanf("") } }), "NaN or infinite");
    EXPECT_SAYS(error({ 2000, 8000, std::vector<float>(2000) }), "found 2000 channels");
    EXPECT_EQ(dir.count_entries(), 0u);
}

TEST(Sound, MixesChannelsByTheirMean)
{
    const std::vector<float> mono { 0.25f, -0.5f };
    EXPECT_EQ(to_mono({ 1, 8000, mono }), mono);
    EXPECT_EQ(to_mono({ 3, 192000, { 0.75f, 0, 0, -1, -0.5f, 0 } }), mono);
    EXPECT_SAYS(error_of([] { to_mono({ 3, 8000, { 1, 2 } }); }), "multiple of the 3");
    EXPECT_SAYS(error_of([] { to_mono({ 3, 8000, {} }); }), "found 0 samples");
}

TEST(Resample, KeepsASineAndItsPhase)
{
    for (const double from : { 1000.0, 8000.0, 44100.0, 192000.0, 384000.0 }) {
        for (const double to : { 1000.0, 8000.0, 11025.0, 48000.0, 384000.0 }) {
            const auto samples = static_cast<std::size_t>(from / 2);
            const auto out = resample(sine(samples, 100, from, 0.5), from, to);
            ASSERT_EQ(out.size(), static_cast<std::size_t>(std::lround(to / 2)));
            // The stop band is 120 dB down, the table's interpolation less so.
            EXPECT_LT(difference(out, sine(out.size(), 100, to, 0.5)), 1e-4)
                << from << " to " << to;
        }
    }
}

TEST(Resample, SuppressesWhatTheLowerRateCannotHold)
{
    const auto in = sine(96000, 6000, 192000, 1);
    EXPECT_LT(rms(resample(in, 192000, 48000)), 0.71);
    EXPECT_GT(rms(resample(in, 192000, 48000)), 0.70);
    // Without the filter 6 kHz would become 2 kHz at 8 kHz, as loud as it was.
    const auto out = resample(in, 192000, 8000);
    EXPECT_LT(difference(out, std::vector<float>(out.size())), 1e-5);
}

TEST(Resample, TakesAnyLength)
{
    const std::vector<float> one { 0.5f };
    EXPECT_EQ(resample(one, 8000, 8000), one);
    EXPECT_EQ(resample(one, 8000, 16000).size(), 2u);
    EXPECT_EQ(resample(one, 384000, 1000).size(), 1u);
    EXPECT_EQ(resample(std::vector<float>(7), 8000, 1000).size(), 1u);
    EXPECT_EQ(resample(std::vector<float>(7), 1000, 384000).size(), 7u * 384u);
}

TEST(Resample, SaysWhatIsWrong)
{
    const std::vector<float> sound { 0, 1 };
    EXPECT_SAYS(error_of([&] { resample(sound, 999, 8000); }),
                "resampling from: found a");
    EXPECT_SAYS(error_of([&] { resample(sound, 8000, 384001); }), "resampling to: found");
    EXPECT_SAYS(error_of([&] { resample(sound, 8000, std::nan("")); }), "rate of nan Hz");
    EXPECT_SAYS(error_of([] { resample({}, 8000, 16000); }), "found 0 samples");
    EXPECT_SAYS(error_of([] { resample({ std::nanf("") }, 8000, 16000); }), "1 of 1");
}
