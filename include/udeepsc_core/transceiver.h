// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <udeepsc_core/api.h>

#include <udeepsc_core/link_block.h>
#include <udeepsc_core/result.h>
#include <udeepsc_core/sample.h>

#include <complex>
#include <cstdint>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <vector>

namespace udeepsc_core UDEEPSC_CORE_API {

/*! What one task of a model does, as users of the model need to know it. */
struct TaskInfo {
    std::string name; //!< e.g. "image_classification"
    std::vector<std::string> modalities; //!< names, see ModelInfo::modality()
    std::string output; //!< kind of output, see result_kind()
    std::string metric; //!< "accuracy", "psnr_db", "bleu4" ...
    std::vector<std::string> classes; //!< names of the labels, if it gives labels
    std::vector<std::string> pooled; //!< names of which the last class is made
    std::vector<std::string> data; //!< data sets, see dataset.h
    //! Index symbols (sub-vectors) per feature vector, by modality.
    std::map<std::string, int> subvectors;
    //! Amplitude of the transmitted constellation that makes the mean symbol energy 1, by
    //! modality, for 1, 2, ... vectors sent (one value where all are sent); see gain().
    std::map<std::string, std::vector<float>> tx_gain;
    //! Fewest and most feature vectors sent, by modality; most = 0: all of them.
    std::map<std::string, int> min_vectors, max_vectors;
    //! Most earlier frames that decode() takes as context, by modality; 0: none.
    std::map<std::string, int> memory;
    bool aligned = false; //!< every vector is sent and its position is its index
    //! Vectors in each layer, by modality, of outputs that come in layers; tx_gain then
    //! has one value a layer. Empty: the task has no layers
    std::map<std::string, std::vector<int>> layers;

    //! Amplitude for so many vectors; with layers: of this one, counted from 0.
    float gain(const std::string& modality, int vectors, int layer = 0) const;
    //! Layers that a transmission has; 0: it has none.
    int layer_count() const;
    //! Throws Error naming the classes there are, if this is none of them: one that is
    //! pooled into "other" cannot be asked for by name.
    int class_number(const std::string& class_name) const;
};

//! How a sample of a modality lies in a PDU or an array.
enum class PayloadType { bytes, reals };

/*! One modality of a model. */
struct ModalityInfo {
    std::string name, kind;
    PayloadType payload = PayloadType::bytes;
    //! Of the largest sample: image [side, side, 3], text [tokens], vectors [vectors,
    //! features], speech [frames, 1]
    std::vector<int> shape;
    double sample_rate = 0; //!< Hz, of speech
    int max_positions = 0; //!< feature vectors, the task embedding's not counted
};

/*! What a model file holds. */
struct ModelInfo {
    std::string id; //!< name and content hash: two files with one id are the same model
    std::string name; //!< configuration, e.g. "lite"
    std::string path; //!< file it came from
    std::string config; //!< the whole configuration, JSON text
    std::string training; //!< data, steps, metrics reached; JSON text, may be "{}"
    std::vector<TaskInfo> tasks;
    std::vector<ModalityInfo> modalities;
    std::string modulation; //!< "bpsk", "qpsk", "16qam", "64qam", "256qam"
    std::string mapping; //!< "symbol": one index = one point, or "bits": Gray bits
    int codewords = 0; //!< entries of each sub-codebook
    int subvector_dim = 0; //!< reals in one codeword
    int bits_per_index = 0;
    double snr_min_db = 0, snr_max_db = 0; //!< Es/N0 range of the training
    std::int64_t parameters = 0;

    //! Throws Error naming the tasks there are, if this is none of them.
    const TaskInfo& task(const std::string& name) const;
    //! Throws Error naming the modalities there are, if this is none of them.
    const ModalityInfo& modality(const std::string& name) const;
    //! First size of the first modality of this kind, 0 if there is none: the side of a
    //! picture, the tokens of the longest text.
    int size_of(const std::string& kind) const;
};

/*! What the feature selector keeps of one sample. */
struct Selection {
    FeatureMatrix
        features; //!< [kept, subvectors * subvector_dim], ready for the codebook
    std::vector<int> kept; //!< position of each kept vector among the candidates, rising
    int candidates = 0; //!< vectors there were to choose from
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
class Transceiver {
public:
    struct Options {
        std::string dtype = "fp32"; //!< "fp32" or "bf16" (where the processor has it)
    };

    //! Reads and checks the model that find_model() finds. Callers naming the same file
    //! share one copy.
    static std::shared_ptr<const Transceiver> load(const std::string& name,
                                                   const Options& options);
    static std::shared_ptr<const Transceiver> load(const std::string& name);

    //! A model with random weights from a configuration (JSON text, or the name of a file
    //! holding a model or a training configuration), for tests and benchmarks. Its
    //! tokenizer knows single characters.
    static std::shared_ptr<const Transceiver>
    random(const std::string& config, std::uint64_t seed, const Options& options);

    virtual ~Transceiver() = default;

    virtual const ModelInfo& info() const = 0;

    //! A sample that says nothing, and one for timing.
    virtual SourceSample blank(const std::string& modality) const = 0;
    virtual SourceSample random_sample(const std::string& modality,
                                       std::mt19937& random) const = 0;
    //! A sample from a file, as the data sets read it. Throws Error.
    virtual SourceSample read_sample(const std::string& modality,
                                     const std::string& path) const = 0;

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
    //! Of outputs in layers: the vectors of all layers, one layer after the other.
    virtual std::vector<Selection> select(const std::string& task,
                                          const std::string& modality,
                                          const std::vector<FeatureMatrix>& features,
                                          const std::vector<double>& snr_db) const = 0;

    //! As select(), but with exactly this many vectors (or all there are), whatever the
    //! SNR asks for; random: chosen without looking at them, the baseline of Fig. 10.
    virtual std::vector<Selection>
    select_exactly(const std::string& task,
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

    //! Indices -> symbols as the modulator sends them, tx_gain applied. The blocks use
    //! the modem library instead; evaluation outside a flowgraph uses this.
    //! Of outputs in layers: those of the first layers, whole.
    virtual std::vector<std::complex<float>>
    modulate(const std::string& task,
             const std::string& modality,
             const std::vector<std::uint16_t>& indices) const = 0;

    //! Symbols that carry `vectors` feature vectors.
    virtual int symbols_for(const std::string& task,
                            const std::string& modality,
                            int vectors) const = 0;

    //! Feature vectors that `symbols` symbols carry at most, -1 if it is none whole.
    //! Where a vector takes less than a symbol fewer may be meant: LinkBlock::vectors
    //! tells.
    virtual int vectors_in(const std::string& task,
                           const std::string& modality,
                           int symbols) const = 0;

    //! Equalised symbols + noise variance -> features: nearest codeword, or the posterior
    //! mean of the codeword given symbol and noise. One block a sample, of one modality;
    //! block by block.
    virtual std::vector<FeatureBlock> lookup(const std::string& task,
                                             const std::vector<LinkBlock>& blocks,
                                             LookupMode mode) const = 0;

    //! Throws Error unless this is a block of the task, as lookup() gives it.
    virtual void check(const std::string& task, const FeatureBlock& block) const = 0;

    //! Unified receiver (eq. 24-32): of each sample any subset of its blocks, at least
    //! one. Of a task with memory these are the blocks of the present frame and, with
    //! their age, those of earlier ones: in any order, any number of a modality that the
    //! task remembers; of more than TaskInfo::memory the latest count.
    //! one. Of outputs in layers: those up to the first that is missing; the first of all
    //! has to be there.
    virtual std::vector<TaskResult>
    decode(const std::string& task,
           const std::vector<std::vector<FeatureBlock>>& samples) const = 0;
};

/*! How the transmitter treats a sample. */
struct TransmitOptions {
    double snr_db = 12; //!< Es/N0 that the feature selector is given
    int vectors = 0; //!< send exactly so many of each modality; 0: as f_n says
    bool random = false; //!< choose them at random, the baseline of Fig. 10
    int layers = 0; //!< send the first so many; 0: all that the task has
};

//! Everything up to the symbols: encode, select, quantise, modulate. One list of blocks a
//! sample, in the order of the task's modalities; modalities that a sample lacks are left
//! out. The frames of its context are blocks with an age, the last one's 0. Outputs in
//! layers: one block a layer. Error for more layers than the task has.
std::vector<std::vector<LinkBlock>> transmit(const Transceiver& model,
                                             const std::string& task,
                                             const std::vector<Sample>& samples,
                                             const TransmitOptions& options);

//! Look-up and decoder: from what arrived of each sample, at least one block.
std::vector<TaskResult> receive(const Transceiver& model,
                                const std::string& task,
                                const std::vector<std::vector<LinkBlock>>& received,
                                LookupMode mode);

//! Writes what Transceiver::random() makes to a model file.
void write_random_model(const std::string& config,
                        std::uint64_t seed,
                        const std::string& path);

//! Threads that each operator of the calling thread may use.
void set_threads(int threads);

//! True where the processor multiplies bf16 natively.
bool has_bf16();

//! Name of the linear-algebra library bound at run time and what to do if it is slow.
std::string blas_name();

} // namespace udeepsc_core
