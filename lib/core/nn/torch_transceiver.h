// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "../files/bundle.h"

#include <udeepsc_core/error.h>
#include <udeepsc_core/transceiver.h>

#include <atomic>
#include <map>

namespace udeepsc_core {

/*! Transceiver on LibTorch. transmitter_stages.cc and receiver_stages.cc hold its two
 * halves. */
class TorchTransceiver : public Transceiver {
public:
    TorchTransceiver(Bundle bundle, const std::string& path, const Options& options);

    const ModelInfo& info() const override { return d_info; }

    SourceSample blank(const std::string& modality) const override;
    SourceSample random_sample(const std::string& modality,
                               std::mt19937& random) const override;
    SourceSample read_sample(const std::string& modality,
                             const std::string& path) const override;
    void check(const std::string& task,
               const std::string& modality,
               const SourceSample& sample) const override;

    std::vector<FeatureMatrix>
    encode(const std::string& task,
           const std::string& modality,
           const std::vector<SourceSample>& samples) const override;
    std::vector<Selection> select(const std::string& task,
                                  const std::string& modality,
                                  const std::vector<FeatureMatrix>& features,
                                  const std::vector<double>& snr_db) const override;
    std::vector<Selection> select_exactly(const std::string& task,
                                          const std::string& modality,
                                          const std::vector<FeatureMatrix>& features,
                                          const std::vector<double>& snr_db,
                                          int vectors,
                                          bool random) const override;
    std::vector<std::vector<std::uint16_t>>
    quantize(const std::string& task,
             const std::string& modality,
             const std::vector<FeatureMatrix>& features) const override;
    std::vector<std::complex<float>>
    modulate(const std::string& task,
             const std::string& modality,
             const std::vector<std::uint16_t>& indices) const override;
    int symbols_for(const std::string& task,
                    const std::string& modality,
                    int vectors) const override;
    int vectors_in(const std::string& task,
                   const std::string& modality,
                   int symbols) const override;

    std::vector<FeatureBlock> lookup(const std::string& task,
                                     const std::vector<LinkBlock>& blocks,
                                     LookupMode mode) const override;
    void check(const std::string& task, const FeatureBlock& block) const override;
    std::vector<TaskResult>
    decode(const std::string& task,
           const std::vector<std::vector<FeatureBlock>>& samples) const override;

private:
    const Modality& kind(const std::string& modality) const
    {
        return *d_config.encoder(modality).kind;
    }
    // Throws Error unless the task uses the modality
    void require(const std::string& task, const std::string& modality) const
    {
        d_config.task(task).input(modality);
    }
    int columns(const std::string& task, const std::string& modality) const
    {
        return d_config.task(task).input(modality).subvectors
            * d_config.codebook.subvector_dim;
    }
    int max_rows(const std::string& modality) const
    {
        return d_config.encoder(modality).max_positions() + 1;
    }

    // Vectors of one sample, at most
    int max_vectors(const std::string& task, const std::string& modality) const
    {
        const auto& layers = d_config.task(task).input(modality).layers;
        return layers.empty()
            ? max_rows(modality)
            : d_config.task(task).input(modality).indices_in(layers.size());
    }

    // select() and decode() of outputs in layers: layered_stages.cc
    std::vector<Selection> select_layers(const std::string& task,
                                         const std::string& modality,
                                         const std::vector<FeatureMatrix>& features,
                                         const std::vector<double>& snr_db) const;
    std::vector<TaskResult>
    decode_layers(const TaskConfig& task,
                  const std::vector<std::vector<FeatureBlock>>& samples) const;
    // The results of several samples of which the same layers came, in their order
    std::vector<TaskResult>
    decode_prefix(const TaskConfig& task,
                  const std::vector<std::vector<const FeatureBlock*>>& samples) const;
    // Throws Error unless the task has this layer, and it has so many vectors.
    void check_layer(const std::string& task,
                     const std::string& modality,
                     int layer,
                     int vectors,
                     const char* what) const;

    // vectors = 0: as many as f_n says
    std::vector<Selection> select_vectors(const std::string& task,
                                          const std::string& modality,
                                          const std::vector<FeatureMatrix>& features,
                                          const std::vector<double>& snr_db,
                                          int vectors,
                                          bool random) const;
    // How many vectors of a sample are sent; checks its features
    int count_of(const std::string& task,
                 const std::string& modality,
                 const FeatureMatrix& features,
                 double snr_db,
                 int vectors) const;
    void check_link_block(const std::string& task, const LinkBlock& block) const;
    FeatureBlock
    look_up(const std::string& task, const LinkBlock& block, LookupMode mode) const;
    // Throws Error for blocks that cannot be of one sample. Gives the vectors that came
    // of each modality that the task does not remember.
    std::map<std::string, int>
    check_sample(const TaskConfig& task, const std::vector<FeatureBlock>& blocks) const;
    // What came of the samples with these numbers, modality by modality
    std::vector<ReceivedFeatures>
    gather(const TaskConfig& task,
           const std::vector<std::vector<FeatureBlock>>& samples,
           const std::vector<std::size_t>& batch) const;
    // Blocks of one modality of several samples, with equal shape, as the network takes
    // them
    ReceivedFeatures stack_blocks(const TaskConfig& task,
                                  const std::vector<const FeatureBlock*>& blocks) const;

    Bundle d_bundle;
    mutable Network d_network; // inference changes nothing in it
    const ModelConfig& d_config;
    ModelInfo d_info;
    mutable std::atomic<bool> d_told_of_memory {
        false
    }; // that there was more to remember
};

//! sigma^2 / (1 + sigma^2) at this Es/N0
double noise_of_db(double snr_db);

//! Throws Error unless there is one SNR, or one a sample, and all are finite.
void check_snr(const std::vector<double>& snr_db, std::size_t samples);

//! What users of a model need to know of it.
ModelInfo describe(const Bundle& bundle, const std::string& path);

/*! Runs f without gradients; LibTorch's and oneDNN's exceptions become ours. */
template <class Function> auto guarded(const char* doing, Function f)
{
    c10::InferenceMode no_gradients;
    try {
        return f();
    } catch (const Error&) {
        throw;
    } catch (const c10::Error& e) {
        throw Error(std::string(doing) + ": " + e.what_without_backtrace());
    } catch (const std::exception& e) { // oneDNN's, or no memory
        throw Error(std::string(doing) + ": " + e.what());
    }
}

//! Samples with equal keys can be one batch; their numbers, batch by batch.
template <class Key>
std::vector<std::vector<std::size_t>> batches_of(const std::vector<Key>& keys)
{
    std::map<Key, std::vector<std::size_t>> groups;
    for (std::size_t i = 0; i < keys.size(); ++i)
        groups[keys[i]].push_back(i);
    std::vector<std::vector<std::size_t>> batches;
    for (auto& g : groups)
        batches.push_back(std::move(g.second));
    return batches;
}

torch::Tensor to_tensor(const FeatureMatrix& m);
FeatureMatrix to_matrix(const torch::Tensor& t);
//! Throws Error unless m is [1 to max_rows, cols] and finite.
void check_matrix(const FeatureMatrix& m,
                  int cols,
                  int max_rows,
                  const std::string& what);

} // namespace udeepsc_core
