// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "modality.h"

#include <udeepsc_core/log_mel.h>

namespace udeepsc_core {

/*! Waveforms of any rate and channel count -> log-mel frames, some joined to one
 * position. */
class SpeechModality : public Modality {
public:
    const char* kind() const override { return "speech"; }

    void visit(FieldVisitor& fields) override;
    void validate(const std::string& where) const override;
    int max_positions() const override { return (d_max_frames + d_stack - 1) / d_stack; }
    std::int64_t least_parameters(int dim) const override;
    void describe(ModalityInfo& info) const override;

    torch::Tensor tensor(const SourceSample& sample, const Tokenizer*) const override;
    torch::Tensor training_tensor(const SourceSample& sample,
                                  const Tokenizer*) const override;
    ModalityBatch batch(const std::vector<torch::Tensor>& samples) const override;
    torch::Tensor augment(const torch::Tensor& sample,
                          const Augmentation& how,
                          const Tokenizer*,
                          std::mt19937_64& random) const override;
    SourceSample blank() const override;
    SourceSample random(std::mt19937& random) const override;

    std::vector<std::string> extensions() const override
    {
        return { ".wav", ".flac", ".ogg" };
    }
    SourceSample read_file(const std::string& path) const override;

    const char* embedding_name() const override { return "frames"; }
    Embedding make_embedding(int dim,
                             const std::vector<TaskConfig>& tasks) const override;

private:
    // [frames, mels] of the whole sample, row after row
    std::vector<float> log_mel(const SourceSample& sample) const;
    // [positions, stack * mels], the last one padded with silence
    torch::Tensor joined(std::vector<float> frames) const;

    LogMelSettings d_settings;
    torch::Tensor of_another_speaker(const torch::Tensor& sample,
                                     std::mt19937_64& random) const;

    int d_max_frames = 200;
    int d_stack = 4;
    bool d_vary_speaker = false;
};

} // namespace udeepsc_core
