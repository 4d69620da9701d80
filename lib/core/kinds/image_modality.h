// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "modality.h"

namespace udeepsc_core {

/*! Square RGB pictures of one size, cut into patches. */
class ImageModality : public Modality {
public:
    //! A colour c in [0, 1] reaches the network as (c - MEAN) SCALE: CIFAR-10's
    //! statistics, near enough for any photograph.
    static constexpr double MEAN = 0.47, SCALE = 4.0;

    const char* kind() const override { return "image"; }

    void visit(FieldVisitor& fields) override;
    void validate(const std::string& where) const override;
    int max_positions() const override { return grid() * grid(); }
    std::int64_t least_parameters(int dim) const override;
    void describe(ModalityInfo& info) const override;

    torch::Tensor tensor(const SourceSample& sample, const Tokenizer*) const override;
    ModalityBatch batch(const std::vector<torch::Tensor>& samples) const override;
    torch::Tensor augment(const torch::Tensor& sample,
                          const Augmentation& how,
                          const Tokenizer*,
                          std::mt19937_64& random) const override;
    SourceSample blank() const override;
    SourceSample random(std::mt19937& random) const override;

    std::vector<std::string> extensions() const override;
    SourceSample read_file(const std::string& path) const override;
    std::vector<std::string> version_1_data() const override { return { "cifar10" }; }

    const char* embedding_name() const override { return "image"; }
    Embedding make_embedding(int dim,
                             const std::vector<TaskConfig>& tasks) const override;

    int side() const { return d_side; }
    int patch() const { return d_patch; }
    const std::string& embedding() const { return d_embedding; }
    int grid() const { return d_side / d_patch; } //!< patches along an edge

private:
    int d_side = 32;
    int d_patch = 4;
    std::string d_embedding = "patch"; // or "conv"
    std::vector<int> d_stem; // channels of the convolutional stem's two stages
    std::vector<int> d_label_stem; // of the label tasks' own stem; empty: none
    std::vector<std::string> d_label_mirror; // tasks whose pictures it sees mirrored too
};

} // namespace udeepsc_core
