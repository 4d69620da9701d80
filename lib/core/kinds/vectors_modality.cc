// SPDX-License-Identifier: GPL-3.0-or-later
#include "row_embedding.h"
#include "vectors_modality.h"

#include "../config/fields.h"

#include <udeepsc_core/error.h>
#include <udeepsc_core/npy.h>

#include <algorithm>
#include <cmath>

namespace udeepsc_core {

void VectorsModality::visit(FieldVisitor& fields)
{
    fields.integer(
        { "features", "reals", "length of one of the vectors that come in", true },
        d_features,
        1,
        65536);
    fields.integer(
        { "max_frames", "vectors", "most in one sample", true }, d_max_frames, 1, 4096);
    fields.flag({ "compress",
                  "",
                  "sign(x) ln(1 + |x|) of each real, for features of wide range" },
                d_compress);
}

std::int64_t VectorsModality::least_parameters(int dim) const
{
    return static_cast<std::int64_t>(d_features) * dim;
}

void VectorsModality::describe(ModalityInfo& info) const
{
    info.payload = PayloadType::reals;
    info.shape = { d_max_frames, d_features };
}

torch::Tensor VectorsModality::tensor(const SourceSample& sample, const Tokenizer*) const
{
    const auto n = sample.reals.size();
    if (sample.shape.size() != 2 || sample.shape[1] != d_features || sample.shape[0] < 1
        || sample.shape[0] > d_max_frames
        || n
            != static_cast<std::size_t>(sample.shape[0])
                * static_cast<std::size_t>(d_features))
        throw Error("vectors: got " + std::to_string(n) + " values, expected 1 to "
                    + std::to_string(d_max_frames) + " vectors of "
                    + std::to_string(d_features));
    for (float v : sample.reals)
        if (!std::isfinite(v))
            throw Error("vectors: holds NaN or infinity");
    const auto x = torch::from_blob(const_cast<float*>(sample.reals.data()),
                                    { sample.shape[0], d_features },
                                    torch::kFloat);
    return d_compress ? torch::sign(x) * torch::log1p(torch::abs(x)) : x.clone();
}

torch::Tensor VectorsModality::training_tensor(const SourceSample& sample,
                                               const Tokenizer* tokenizer) const
{
    if (sample.shape.size() != 2 || sample.shape[0] <= d_max_frames)
        return tensor(sample, tokenizer);
    auto cut = sample;
    cut.shape[0] = d_max_frames;
    cut.reals.resize(static_cast<std::size_t>(d_max_frames)
                     * static_cast<std::size_t>(sample.shape[1]));
    return tensor(cut, tokenizer);
}

ModalityBatch VectorsModality::batch(const std::vector<torch::Tensor>& samples) const
{
    return padded(samples);
}

torch::Tensor VectorsModality::augment(const torch::Tensor& sample,
                                       const Augmentation&,
                                       const Tokenizer*,
                                       std::mt19937_64&) const
{
    return sample;
}

SourceSample VectorsModality::blank() const
{
    return SourceSample::vectors(
        1, d_features, std::vector<float>(static_cast<std::size_t>(d_features)));
}

SourceSample VectorsModality::random(std::mt19937& random) const
{
    const int count = std::min(20, d_max_frames);
    std::vector<float> values(static_cast<std::size_t>(count)
                              * static_cast<std::size_t>(d_features));
    for (auto& v : values)
        v = static_cast<float>(random() % 1000) / 1000.0f;
    return SourceSample::vectors(count, d_features, std::move(values));
}

SourceSample VectorsModality::read_file(const std::string& path) const
{
    auto array = read_npy(path);
    if (array.shape.empty() || array.shape.size() > 2)
        throw Error("vectors file " + path + ": got " + std::to_string(array.shape.size())
                    + " dimensions, expected [vectors, features] or [features]");
    const auto features = static_cast<int>(array.shape.back());
    const auto count = array.shape.size() == 2 ? static_cast<int>(array.shape[0]) : 1;
    return SourceSample::vectors(count, features, std::move(array.values));
}

Embedding VectorsModality::make_embedding(int dim, const std::vector<TaskConfig>&) const
{
    return Embedding(std::make_shared<RowEmbedding>(d_features, dim));
}

} // namespace udeepsc_core
