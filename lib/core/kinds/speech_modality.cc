// SPDX-License-Identifier: GPL-3.0-or-later
#include "row_embedding.h"
#include "speech_modality.h"

#include "../config/fields.h"

#include <udeepsc_core/error.h>
#include <udeepsc_core/sound.h>

#include <algorithm>
#include <cmath>
#include <memory>
#include <mutex>

namespace udeepsc_core {

namespace {

// A transform has tables and plans: one for each setting in use.
std::shared_ptr<const LogMel> transform_of(const LogMelSettings& s)
{
    using Key = std::vector<double>;
    static std::mutex lock;
    static std::map<Key, std::weak_ptr<const LogMel>> made;
    const Key key
        = { s.sample_rate, double(s.mels), s.window_ms, s.hop_ms, s.low_hz, s.high_hz };
    const std::lock_guard<std::mutex> guard(lock);
    auto shared = made[key].lock();
    if (!shared)
        made[key] = shared = std::make_shared<LogMel>(s);
    return shared;
}

} // namespace

void SpeechModality::visit(FieldVisitor& fields)
{
    auto& s = d_settings;
    fields.real({ "sample_rate", "Hz", "that a waveform is resampled to" },
                s.sample_rate,
                1000,
                384000);
    fields.integer({ "mels", "bands", "of the mel scale" }, s.mels, 1, 512);
    fields.real(
        { "window_ms", "ms", "length of a frame's window" }, s.window_ms, 1, 1000);
    fields.real({ "hop_ms", "ms", "from one frame to the next" }, s.hop_ms, 1, 1000);
    fields.real({ "low_hz", "Hz", "lower edge of the lowest band" }, s.low_hz, 0, 192000);
    fields.real(
        { "high_hz", "Hz", "upper edge of the highest band; 0: half the sample rate" },
        s.high_hz,
        0,
        192000);
    fields.integer(
        { "max_frames", "frames", "longest utterance" }, d_max_frames, 1, 16384);
    fields.integer({ "stack", "frames", "joined to one position" }, d_stack, 1, 64);
    fields.flag({ "vary_speaker",
                  "",
                  "training hears each sample as if others had said it, faster or slower "
                  "and with other voices; not where speed or pitch is what counts" },
                d_vary_speaker);
}

void SpeechModality::validate(const std::string& where) const
{
    try {
        d_settings.validate();
    } catch (const Error& e) {
        throw Error("configuration: " + where + ": " + e.what());
    }
    if (max_positions() > 4096)
        throw Error("configuration: " + where
                    + ".max_frames: expected at most 4096 positions");
}

std::int64_t SpeechModality::least_parameters(int dim) const
{
    return static_cast<std::int64_t>(d_settings.mels) * d_stack * dim;
}

void SpeechModality::describe(ModalityInfo& info) const
{
    info.payload = PayloadType::reals;
    const double samples
        = d_max_frames * d_settings.hop_ms * 1e-3 * d_settings.sample_rate;
    info.shape = { static_cast<int>(samples), 1 };
    info.sample_rate = d_settings.sample_rate;
}

std::vector<float> SpeechModality::log_mel(const SourceSample& sample) const
{
    if (sample.shape.size() != 2 || sample.shape[0] < 1 || sample.shape[1] < 1
        || sample.reals.size()
            != static_cast<std::size_t>(sample.shape[0])
                * static_cast<std::size_t>(sample.shape[1]))
        throw Error("speech: got " + std::to_string(sample.reals.size())
                    + " samples, expected [frames, channels], at least one frame");
    for (float v : sample.reals)
        if (!std::isfinite(v))
            throw Error("speech: holds NaN or infinity");
    // PDUs without a rate: as the model has it.
    const double rate
        = sample.sample_rate > 0 ? sample.sample_rate : d_settings.sample_rate;
    const auto mono = to_mono({ sample.shape[1], rate, sample.reals });
    return transform_of(d_settings)->frames(resample(mono, rate, d_settings.sample_rate));
}

torch::Tensor SpeechModality::joined(std::vector<float> frames) const
{
    const auto mels = static_cast<std::size_t>(d_settings.mels);
    const auto width = mels * static_cast<std::size_t>(d_stack);
    const auto positions = (frames.size() + width - 1) / width;
    const float silence = *std::min_element(frames.begin(), frames.end());
    frames.resize(positions * width, silence);
    return torch::from_blob(
               frames.data(),
               { static_cast<std::int64_t>(positions), static_cast<std::int64_t>(width) },
               torch::kFloat)
        .clone();
}

torch::Tensor SpeechModality::tensor(const SourceSample& sample, const Tokenizer*) const
{
    auto frames = log_mel(sample);
    const auto count = frames.size() / static_cast<std::size_t>(d_settings.mels);
    if (count > static_cast<std::size_t>(d_max_frames))
        throw Error("speech: " + std::to_string(count) + " frames of "
                    + std::to_string(d_settings.hop_ms) + " ms, expected at most "
                    + std::to_string(d_max_frames) + "; split it");
    return joined(std::move(frames));
}

torch::Tensor SpeechModality::training_tensor(const SourceSample& sample,
                                              const Tokenizer*) const
{
    auto frames = log_mel(sample);
    const auto most = static_cast<std::size_t>(d_max_frames)
        * static_cast<std::size_t>(d_settings.mels);
    frames.resize(std::min(frames.size(), most));
    return joined(std::move(frames));
}

ModalityBatch SpeechModality::batch(const std::vector<torch::Tensor>& samples) const
{
    return padded(samples);
}

// Louder or softer, and a band or two taken out (SpecAugment, Park et al. 2019).
torch::Tensor SpeechModality::augment(const torch::Tensor& sample,
                                      const Augmentation&,
                                      const Tokenizer*,
                                      std::mt19937_64& random) const
{
    if (d_vary_speaker)
        return of_another_speaker(sample, random);
    const auto uniform = [&] { return static_cast<double>(random() >> 11) * 0x1.0p-53; };
    auto changed = (sample + 0.3 * (2 * uniform() - 1))
                       .view({ sample.size(0), d_stack, d_settings.mels });
    const auto bands = static_cast<std::int64_t>(uniform() * d_settings.mels / 5);
    const auto first = static_cast<std::int64_t>(uniform() * (d_settings.mels - bands));
    changed.narrow(2, first, bands).fill_(0.0);
    return changed.view_as(sample);
}

// Another speaker's: faster or slower, a longer or shorter vocal tract (which stretches
// the mel bands; Jaitly and Hinton 2013), louder or softer, beginning somewhat later, and
// with some bands and frames taken out (SpecAugment, Park et al. 2019).
torch::Tensor SpeechModality::of_another_speaker(const torch::Tensor& sample,
                                                 std::mt19937_64& random) const
{
    const auto uniform = [&](double low, double high) {
        return low + (high - low) * static_cast<double>(random() >> 11) * 0x1.0p-53;
    };
    const int mels = d_settings.mels;
    const auto frames = sample.view({ -1, mels });
    const auto now = static_cast<int>(frames.size(0));
    const double speed = uniform(0.8, 1.25), stretch = uniform(0.85, 1.18),
                 louder = uniform(-0.3, 0.3);
    const int begin = std::min(static_cast<int>(uniform(0, 8)), d_max_frames - 1);
    const int length = std::clamp(static_cast<int>(now / speed), 1, d_max_frames - begin);
    const auto x = frames.contiguous();
    const float silence = x.min().item<float>();
    std::vector<float> out(static_cast<std::size_t>((begin + length) * mels), silence);
    const auto row = x.accessor<float, 2>();
    for (int t = 0; t < length; ++t) {
        const int from = std::min(now - 1, static_cast<int>(t * speed));
        for (int m = 0; m < mels; ++m) {
            const double at = std::min(mels - 1.0, m * stretch);
            const int low = static_cast<int>(at), high = std::min(mels - 1, low + 1);
            const auto part = static_cast<float>(at - low);
            out[static_cast<std::size_t>((begin + t) * mels + m)]
                = (1 - part) * row[from][low] + part * row[from][high]
                + static_cast<float>(louder);
        }
    }
    auto changed = torch::from_blob(out.data(), { begin + length, mels }, torch::kFloat);
    const int bands = static_cast<int>(uniform(0, mels / 5.0));
    changed.narrow(1, static_cast<int>(uniform(0, mels - bands)), bands).fill_(0.0);
    const int gap = static_cast<int>(uniform(0, length / 6.0));
    changed.narrow(0, begin + static_cast<int>(uniform(0, length - gap)), gap)
        .fill_(silence);
    return joined(std::move(out));
}

SourceSample SpeechModality::blank() const
{
    const auto frames
        = static_cast<std::size_t>(d_settings.sample_rate * d_settings.window_ms * 1e-3);
    return SourceSample::sound(
        1, d_settings.sample_rate, std::vector<float>(std::max<std::size_t>(1, frames)));
}

SourceSample SpeechModality::random(std::mt19937& random) const
{
    const double seconds = 0.5 * d_max_frames * d_settings.hop_ms * 1e-3;
    std::vector<float> samples(static_cast<std::size_t>(seconds * d_settings.sample_rate)
                               + 1);
    for (auto& s : samples)
        s = static_cast<float>(random() % 2000) / 1000.0f - 1.0f;
    return SourceSample::sound(1, d_settings.sample_rate, std::move(samples));
}

SourceSample SpeechModality::read_file(const std::string& path) const
{
    auto sound = load_sound(path);
    return SourceSample::sound(
        sound.channels, sound.sample_rate, std::move(sound.samples));
}

Embedding SpeechModality::make_embedding(int dim, const std::vector<TaskConfig>&) const
{
    return Embedding(std::make_shared<RowEmbedding>(d_settings.mels * d_stack, dim));
}

} // namespace udeepsc_core
