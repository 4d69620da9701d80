// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <udeepsc_core/api.h>

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace udeepsc_core UDEEPSC_CORE_API {

class FieldVisitor;
class Modality;
class Output;

/*!
 * \brief One modality's encoder (Section III).
 *
 * The modality's kind (image, text, vectors, speech) has further fields of its own, in
 * the same section of the configuration; see lib/core/kinds.
 */
struct EncoderConfig {
    std::string modality; //!< its name: the kind's, or any other with a field "kind"
    int dim = 0; //!< E_v, E_t or E_s: length of a feature vector
    int heads = 0; //!< N_a: attention heads; divides dim
    int semantic_layers = 0; //!< Transformer layers before the first selection module
    int selection_modules = 2; //!< N_q: each is followed by one channel-encoder layer
    int ffn = 0; //!< width of the feed-forward layers; 0: 4 dim
    int fsm_dim = 0; //!< E_l: width inside the selection modules; 0: dim / 4
    double dropout = 0.0; //!< in training, after embedding, attention and feed-forward
    std::string layer_norm
        = "first"; //!< "first": pre-LN, as ViT; "last": post-LN, as BERT
    std::shared_ptr<const Modality> kind;

    //! Most feature vectors that a sample can have, without the task embedding.
    int max_positions() const;
    void visit(FieldVisitor& fields);
};

/*! How one task uses one modality. */
struct TaskModality {
    std::string modality;
    int subvectors = 1; //!< codebook indices per feature vector
    int min_vectors = 0; //!< fewest vectors sent (as sigma^2 -> 0)
    int max_vectors = 0; //!< most vectors sent (as sigma^2 -> inf); 0: always all
    bool send_task_token = false; //!< the task embedding's vector is one to choose from
    int memory = 0; //!< most earlier frames that the receiver remembers of it; 0: none
    //! Codebook indices in each layer of a layered transmission; empty: it has none
    std::vector<int> layers;

    //! Indices in the first `count` layers together.
    int indices_in(std::size_t count) const;
    void visit(FieldVisitor& fields);
};

/*! One task: inputs x output + queries. Its entry here is all that it needs. */
struct TaskConfig {
    std::string name;
    std::vector<TaskModality> inputs;
    int queries = 1; //!< N_r, rows of the task query matrix
    bool aligned = false; //!< query i starts from received vector i (needs max_vectors 0)
    std::vector<std::string> data; //!< data sets, see dataset.h
    std::shared_ptr<const Output> output;

    const TaskModality& input(const std::string& modality) const;
    //! Some input of it is remembered.
    bool has_memory() const;
    //! Names of the labels; empty where the output has none.
    std::vector<std::string> classes() const;
    void visit(FieldVisitor& fields);
};

struct DecoderConfig {
    int dim = 0; //!< E_p
    int heads = 0;
    int layers = 0;
    int ffn = 0; //!< 0: 4 dim
    std::string picture_head = "linear"; //!< or "conv"
    int memory_steps = 6; //!< of tasks with memory: how often their layer is applied
    std::string temporal = "learnt"; //!< coding of order in memory; or "sinusoidal"
    double dropout = 0.0;

    void visit(FieldVisitor& fields);
};

struct CodebookConfig {
    int entries = 64; //!< M_v = M_t = M_s, codewords of each sub-codebook
    int subvector_dim = 2; //!< reals in one codeword
    double beta = 0.25; //!< weight of the commitment term, eq. 23

    void visit(FieldVisitor& fields);
};

/*!
 * \brief Everything that shapes a network. Two equal configurations give interchangeable
 * weight sets.
 */
struct ModelConfig {
    std::string name;
    std::vector<EncoderConfig> encoders;
    DecoderConfig decoder;
    CodebookConfig codebook;
    std::string modulation = "64qam"; //!< bpsk, qpsk, 16qam, 64qam, 256qam
    std::string mapping = "symbol"; //!< "symbol": index = constellation point; "bits"
    bool noise_conditioning = true; //!< channel encoder and decoder are given the noise
    std::vector<TaskConfig> tasks;

    //! Reads JSON text. Throws Error naming the field, what it holds and what it may
    //! hold; unknown fields are errors.
    static ModelConfig from_json(const std::string& text);
    //! Reads a file of JSON, with the file's name in errors. A training configuration
    //! will do: its part "model" is read.
    static ModelConfig from_file(const std::string& path);
    std::string to_json() const;
    //! Throws Error naming the field that does not fit the others.
    void validate() const;
    void visit(FieldVisitor& fields);

    const EncoderConfig& encoder(const std::string& modality) const;
    //! Null if the model has no encoder of this name.
    const EncoderConfig* find_encoder(const std::string& modality) const;
    const TaskConfig& task(const std::string& name) const;

    //! Parameters of the large tensors alone: a network has at least so many.
    std::int64_t least_parameters() const;
    int bits_per_index() const;
    int bits_per_symbol() const;
    //! Symbols for so many indices, under this mapping.
    int symbols_for(int indices) const;
};

//! docs/configuration.md: every field of every section with unit, range and default.
std::string configuration_reference();

} // namespace udeepsc_core
