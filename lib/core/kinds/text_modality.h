// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "modality.h"

namespace udeepsc_core {

/*! Texts: one position a token, or one for a whole sentence. */
class TextModality : public Modality {
public:
    const char* kind() const override { return "text"; }

    void visit(FieldVisitor& fields) override;
    int max_positions() const override { return whole() ? 1 : d_max_tokens; }
    std::int64_t least_parameters(int dim) const override;
    void describe(ModalityInfo& info) const override;

    std::string tokenizer_kind() const override { return d_tokenizer; }
    void check_tokenizer(const Tokenizer& tokenizer) const override;
    std::shared_ptr<const Tokenizer>
    learn_tokenizer(const std::vector<std::string>& texts) const override;
    torch::Tensor tensor(const SourceSample& sample,
                         const Tokenizer* tokenizer) const override;
    torch::Tensor training_tensor(const SourceSample& sample,
                                  const Tokenizer* tokenizer) const override;
    ModalityBatch batch(const std::vector<torch::Tensor>& samples) const override;
    torch::Tensor augment(const torch::Tensor& sample,
                          const Augmentation& how,
                          const Tokenizer* tokenizer,
                          std::mt19937_64& random) const override;
    SourceSample blank() const override;
    SourceSample random(std::mt19937& random) const override;

    std::vector<std::string> extensions() const override { return { ".txt" }; }
    SourceSample read_file(const std::string& path) const override;
    //! The text itself.
    SourceSample read_cell(const std::string& cell,
                           const std::string& folder) const override;
    std::vector<std::string> version_1_data() const override { return { "sst2" }; }

    const char* embedding_name() const override { return "words"; }
    Embedding make_embedding(int dim,
                             const std::vector<TaskConfig>& tasks) const override;

    int vocabulary() const { return d_vocabulary; }
    const std::string& vector_of() const { return d_vector_of; }

private:
    bool whole() const { return d_vector_of == "sentence"; }

    std::string d_tokenizer = "sentencepiece"; // or "wordpiece", "words"
    std::string d_vector_of = "token"; // or "sentence"
    int d_vocabulary = 0; // tokens
    int d_max_tokens = 0; // longest text
};

} // namespace udeepsc_core
