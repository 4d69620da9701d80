// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace udeepsc_core {

/*! Sizes of one modality's encoder (Section III). */
struct EncoderConfig {
    std::string modality;     //!< "image", "text" or "speech"
    int dim = 0;              //!< E_v, E_t or E_s: length of a feature vector
    int heads = 0;            //!< N_a: attention heads; divides dim
    int semantic_layers = 0;  //!< Transformer layers before the first selection module
    int selection_modules = 2; //!< N_q: each is followed by one channel-encoder layer
    int ffn = 0;              //!< width of the feed-forward layers
    int fsm_dim = 0;          //!< E_l: width inside the selection modules
    double dropout = 0.0;     //!< in training, after embedding, attention and feed-forward

    // image
    int image_size = 32;            //!< side of a picture, pixels
    int patch = 4;                  //!< side of a patch, pixels; divides image_size
    std::string embedding = "patch"; //!< "patch": linear; "conv": convolutional stem
    std::vector<int> stem;          //!< channels of the convolutional stem's two stages
    // text
    std::string tokenizer = "sentencepiece"; //!< or "wordpiece"
    int vocabulary = 0;                      //!< tokens
    int max_tokens = 0;                      //!< longest text
    // speech
    int features = 0;   //!< reals in one audio frame
    int max_frames = 0; //!< longest utterance, frames

    //! Most feature vectors that a sample can have, without the task embedding.
    int max_positions() const;
};

/*! How one task uses one modality. */
struct TaskModality {
    std::string modality;
    int subvectors = 1;  //!< codebook indices per feature vector
    int min_vectors = 0; //!< fewest vectors sent (as sigma^2 -> 0)
    int max_vectors = 0; //!< most vectors sent (as sigma^2 -> inf); 0: always all
    bool send_task_token = false; //!< the task embedding's vector is one to choose from
};

/*! One task: its entry here, its queries and its head are all that it needs. */
struct TaskConfig {
    std::string name;
    std::string output; //!< "label", "picture" or "sentence"
    std::vector<std::string> classes;
    std::vector<TaskModality> inputs;
    int queries = 1;      //!< N_r, rows of the task query matrix
    bool aligned = false; //!< query i starts from received vector i (needs max_vectors 0)

    const TaskModality& input(const std::string& modality) const;
    std::string metric() const;
};

struct DecoderConfig {
    int dim = 0;    //!< E_p
    int heads = 0;
    int layers = 0;
    int ffn = 0;
    std::string picture_head = "linear"; //!< or "conv"
    double dropout = 0.0;
};

struct CodebookConfig {
    int entries = 64;      //!< M_v = M_t = M_s, codewords of each sub-codebook
    int subvector_dim = 2; //!< reals in one codeword
    double beta = 0.25;    //!< weight of the commitment term, eq. 23
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
    std::string mapping = "symbol";   //!< "symbol": index = constellation point; "bits"
    bool noise_conditioning = true; //!< channel encoder and decoder are told the noise
    std::vector<TaskConfig> tasks;

    //! Reads JSON text. Throws Error naming the field, what it holds and what it may hold;
    //! unknown fields are errors.
    static ModelConfig from_json(const std::string& text);
    //! Reads a file of JSON, with the file's name in errors.
    static ModelConfig from_file(const std::string& path);
    std::string to_json() const;
    //! Throws Error naming the field that does not fit the others.
    void validate() const;

    const EncoderConfig& encoder(const std::string& modality) const;
    const TaskConfig& task(const std::string& name) const;

    //! Parameters of the large tensors alone: a network has at least so many.
    std::int64_t least_parameters() const;
    int bits_per_index() const;
    int bits_per_symbol() const;
    //! Symbols for so many indices, under this mapping.
    int symbols_for(int indices) const;
};

} // namespace udeepsc_core
