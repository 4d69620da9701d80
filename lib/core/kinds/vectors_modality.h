// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "modality.h"

namespace udeepsc_core {

/*!
 * \brief Feature vectors made elsewhere: faces (FACET), voices (COVAREP), regions of a
 * picture (bottom-up attention) ...
 */
class VectorsModality : public Modality {
public:
    const char* kind() const override { return "vectors"; }

    void visit(FieldVisitor& fields) override;
    int max_positions() const override { return d_max_frames; }
    std::int64_t least_parameters(int dim) const override;
    void describe(ModalityInfo& info) const override;

    torch::Tensor tensor(const SourceSample& sample, const Tokenizer*) const override;
    torch::Tensor training_tensor(const SourceSample& sample,
                                  const Tokenizer* tokenizer) const override;
    ModalityBatch batch(const std::vector<torch::Tensor>& samples) const override;
    torch::Tensor augment(const torch::Tensor& sample,
                          const Augmentation& how,
                          const Tokenizer*,
                          std::mt19937_64& random) const override;
    SourceSample blank() const override;
    SourceSample random(std::mt19937& random) const override;

    std::vector<std::string> extensions() const override { return { ".npy" }; }
    SourceSample read_file(const std::string& path) const override;

    const char* embedding_name() const override { return "frames"; }
    Embedding make_embedding(int dim,
                             const std::vector<TaskConfig>& tasks) const override;

private:
    int d_features = 0;
    int d_max_frames = 0;
    bool d_compress = false;
};

} // namespace udeepsc_core
