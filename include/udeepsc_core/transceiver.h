// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <complex>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace udeepsc_core {

/*! What one task of a model does, as users of the model need to know it. */
struct TaskInfo {
    std::string name;                    //!< e.g. "image_classification"
    std::vector<std::string> modalities; //!< of "image", "text", "speech"
    std::string output;                  //!< "label", "picture" or "sentence"
    std::string metric;                  //!< "accuracy", "psnr_db" or "bleu4"
    std::vector<std::string> classes;    //!< names of the labels, if output is "label"
    //! Index symbols (sub-vectors) per feature vector, by modality.
    std::map<std::string, int> subvectors;
    //! Amplitude of the transmitted constellation that makes the mean symbol energy 1, by
    //! modality, for 1, 2, ... vectors sent (one value where all are sent); see gain().
    std::map<std::string, std::vector<float>> tx_gain;
    //! Fewest and most feature vectors sent, by modality; most = 0: all of them.
    std::map<std::string, int> min_vectors, max_vectors;
    bool aligned = false; //!< every vector is sent and its position is its index

    //! Amplitude for so many vectors.
    float gain(const std::string& modality, int vectors) const;
};

/*! What a model file holds. */
struct ModelInfo {
    std::string id;     //!< name and content hash: two files with one id are the same model
    std::string name;   //!< configuration, e.g. "lite"
    std::string path;   //!< file it came from
    std::string config; //!< the whole configuration, JSON text
    std::string training; //!< data, steps, metrics reached; JSON text, may be "{}"
    std::vector<TaskInfo> tasks;
    std::string modulation; //!< "bpsk", "qpsk", "16qam", "64qam", "256qam"
    std::string mapping;    //!< "symbol": one index = one point, or "bits": Gray bits
    int codewords = 0;      //!< entries of each sub-codebook
    int subvector_dim = 0;  //!< reals in one codeword
    int bits_per_index = 0;
    int image_size = 0; //!< pictures are image_size x image_size RGB
    int max_tokens = 0; //!< longest text the model takes, in tokens
    int speech_features = 0;
    double snr_min_db = 0, snr_max_db = 0; //!< Es/N0 range of the training
    std::int64_t parameters = 0;

    //! Throws Error naming the tasks there are, if this is none of them.
    const TaskInfo& task(const std::string& name) const;
};

/*! One sample of one modality, as a source hands it over. */
struct SourceSample {
    std::vector<std::uint8_t> bytes; //!< image: [height, width, 3] RGB; text: UTF-8
    std::vector<float> frames;       //!< speech: [frames, speech_features]
    int height = 0, width = 0;       //!< of the image
};

/*! Feature vectors of one sample, row after row. */
struct FeatureMatrix {
    int rows = 0, cols = 0;
    std::vector<float> data;
};

/*! What the feature selector keeps of one sample. */
struct Selection {
    FeatureMatrix features; //!< [kept, subvectors * subvector_dim], ready for the codebook
    std::vector<int> kept;  //!< position of each kept vector among the candidates, rising
    int candidates = 0;     //!< vectors there were to choose from
};

/*! What the receiver made of one sample. */
struct TaskResult {
    std::string task;
    int label = -1;                    //!< output "label"
    std::vector<float> probabilities;  //!< of every label
    std::vector<std::uint8_t> picture; //!< output "picture": [height, width, 3] RGB
    int height = 0, width = 0;
    std::string sentence; //!< output "sentence", UTF-8
};

enum class LookupMode { hard, soft };

/*!
 * \brief A trained U-DeepSC model, cut where the flowgraph cuts it.
 *
 * The torch-free face of the network (papers/U-DeepSC, Sections III to VI) for the blocks
 * and the applications. Every call takes a batch of samples of one task and modality, and
 * handles samples of different length in one call. All calls are const and may be made
 * from several threads at once; each runs on the threads of its caller
 * (see set_threads()). Input that a call cannot use throws Error before any work is done.
 */
class Transceiver
{
public:
    struct Options {
        std::string dtype = "fp32"; //!< "fp32" or "bf16" (where the processor has it)
    };

    //! Reads and checks a model bundle. Callers naming the same file share one copy.
    static std::shared_ptr<const Transceiver> load(const std::string& path,
                                                   const Options& options);
    static std::shared_ptr<const Transceiver> load(const std::string& path);

    //! A model with random weights from a configuration (JSON text, or the name of a file
    //! holding a model or a training configuration), for tests and benchmarks. Its
    //! tokenizer knows single characters.
    static std::shared_ptr<const Transceiver> random(const std::string& config,
                                                     std::uint64_t seed,
                                                     const Options& options);

    virtual ~Transceiver() = default;

    virtual const ModelInfo& info() const = 0;

    //! Throws Error if the sample does not fit the task and modality.
    virtual void check(const std::string& task,
                       const std::string& modality,
                       const SourceSample& sample) const = 0;

    //! Semantic encoder up to the first feature selection module (eq. 5-10).
    //! Gives [tokens + 1, dim] per sample; the last row is the task embedding's.
    virtual std::vector<FeatureMatrix>
    encode(const std::string& task,
           const std::string& modality,
           const std::vector<SourceSample>& samples) const = 0;

    //! Rest of the channel encoder with its feature selection modules (eq. 11-20):
    //! dropped vectors are removed, the kept ones projected to the codebook's size.
    //! snr_db: Es/N0 per sample (one value for all is allowed); must be finite.
    virtual std::vector<Selection> select(const std::string& task,
                                          const std::string& modality,
                                          const std::vector<FeatureMatrix>& features,
                                          const std::vector<double>& snr_db) const = 0;

    //! As select(), but with exactly this many vectors (or all there are), whatever the
    //! SNR asks for; random: chosen without looking at them, the baseline of Fig. 10.
    virtual std::vector<Selection> select_exactly(const std::string& task,
                                                  const std::string& modality,
                                                  const std::vector<FeatureMatrix>& features,
                                                  const std::vector<double>& snr_db,
                                                  int vectors,
                                                  bool random) const = 0;

    //! Index of the nearest codeword for every sub-vector (eq. 22), row after row.
    virtual std::vector<std::vector<std::uint16_t>>
    quantize(const std::string& task,
             const std::string& modality,
             const std::vector<FeatureMatrix>& features) const = 0;

    //! Indices -> symbols as the modulator sends them, tx_gain applied. The blocks use the
    //! modem library instead; evaluation outside a flowgraph uses this.
    virtual std::vector<std::complex<float>>
    modulate(const std::string& task,
             const std::string& modality,
             const std::vector<std::uint16_t>& indices) const = 0;

    //! Symbols that carry `vectors` feature vectors.
    virtual int symbols_for(const std::string& task,
                            const std::string& modality,
                            int vectors) const = 0;

    //! Feature vectors that `symbols` symbols carry, -1 if that is no whole number.
    virtual int vectors_in(const std::string& task,
                           const std::string& modality,
                           int symbols) const = 0;

    //! Equalised symbols + noise variance -> features: nearest codeword, or the posterior
    //! mean of the codeword given symbol and noise. noise_var: one value, or one a symbol,
    //! per complex symbol. Samples may differ in length.
    virtual std::vector<FeatureMatrix>
    lookup(const std::string& task,
           const std::string& modality,
           const std::vector<std::vector<std::complex<float>>>& symbols,
           const std::vector<std::vector<float>>& noise_var,
           LookupMode mode) const = 0;

    //! Unified receiver (eq. 24-32). features[m][i]: modality m (in the order of
    //! TaskInfo::modalities) of sample i; noise_var[i]: mean noise variance of sample i.
    virtual std::vector<TaskResult>
    decode(const std::string& task,
           const std::vector<std::vector<FeatureMatrix>>& features,
           const std::vector<float>& noise_var) const = 0;
};

//! Writes what Transceiver::random() makes to a model file.
void write_random_model(const std::string& config, std::uint64_t seed, const std::string& path);

//! Threads that each operator of the calling thread may use.
void set_threads(int threads);

//! True where the processor multiplies bf16 natively.
bool has_bf16();

//! Name of the linear-algebra library bound at run time and what to do if it is slow.
std::string blas_name();

} // namespace udeepsc_core
