// SPDX-License-Identifier: GPL-3.0-or-later
// The transmitter's half of TorchTransceiver: from samples to symbols.
#include "torch_transceiver.h"

#include "../kinds/output.h"

#include <algorithm>
#include <cmath>
#include <cstring>

namespace udeepsc_core {

double noise_of_db(double snr_db)
{
    const double noise_var = std::pow(10.0, -snr_db / 10.0);
    return noise_var / (1.0 + noise_var);
}

void check_snr(const std::vector<double>& snr_db, std::size_t samples)
{
    if (snr_db.empty() || (snr_db.size() != 1 && snr_db.size() != samples))
        throw Error("feature selector: got " + std::to_string(snr_db.size())
                    + " SNR values for " + std::to_string(samples) + " samples");
    for (double snr : snr_db)
        if (!std::isfinite(snr))
            throw Error("feature selector: SNR is " + std::to_string(snr)
                        + " dB, expected a finite number");
}

void TorchTransceiver::check(const std::string& task,
                             const std::string& modality,
                             const SourceSample& sample) const
{
    require(task, modality);
    guarded("sample", [&] { kind(modality).tensor(sample, d_bundle.tokenizer.get()); });
}

std::vector<FeatureMatrix>
TorchTransceiver::encode(const std::string& task,
                         const std::string& modality,
                         const std::vector<SourceSample>& samples) const
{
    require(task, modality);
    return guarded("semantic encoder", [&] {
        std::vector<torch::Tensor> inputs;
        std::vector<std::int64_t> lengths;
        for (const auto& sample : samples) {
            inputs.push_back(kind(modality).tensor(sample, d_bundle.tokenizer.get()));
            lengths.push_back(inputs.back().size(0));
        }
        std::vector<FeatureMatrix> out(samples.size());
        for (const auto& batch : batches_of(lengths)) {
            std::vector<torch::Tensor> stack;
            for (auto i : batch)
                stack.push_back(inputs[i]);
            const auto features
                = d_network->encoder(modality)->semantic(task, torch::stack(stack), {});
            for (std::size_t k = 0; k < batch.size(); ++k)
                out[batch[k]] = to_matrix(features[static_cast<std::int64_t>(k)]);
        }
        return out;
    });
}

std::vector<Selection>
TorchTransceiver::select(const std::string& task,
                         const std::string& modality,
                         const std::vector<FeatureMatrix>& features,
                         const std::vector<double>& snr_db) const
{
    return select_vectors(task, modality, features, snr_db, 0, false);
}

std::vector<Selection>
TorchTransceiver::select_exactly(const std::string& task,
                                 const std::string& modality,
                                 const std::vector<FeatureMatrix>& features,
                                 const std::vector<double>& snr_db,
                                 int vectors,
                                 bool random) const
{
    if (vectors < 1)
        throw Error("feature selector: got " + std::to_string(vectors)
                    + " vectors to send, expected 1 or more");
    if (d_config.task(task).input(modality).max_vectors == 0)
        throw Error("feature selector: task " + task + " sends every vector");
    return select_vectors(task, modality, features, snr_db, vectors, random);
}

int TorchTransceiver::count_of(const std::string& task,
                               const std::string& modality,
                               const FeatureMatrix& features,
                               double snr_db,
                               int vectors) const
{
    check_matrix(features,
                 d_config.encoder(modality).dim,
                 max_rows(modality),
                 "feature selector: features");
    if (features.rows < 2)
        throw Error("feature selector: a sample without a feature vector");
    auto encoder = d_network->encoder(modality);
    const int candidates = encoder->candidates(task, features.rows);
    return vectors > 0 ? std::min(vectors, candidates)
                       : encoder->vectors_to_send(task, candidates, noise_of_db(snr_db));
}

std::vector<Selection>
TorchTransceiver::select_vectors(const std::string& task,
                                 const std::string& modality,
                                 const std::vector<FeatureMatrix>& features,
                                 const std::vector<double>& snr_db,
                                 int vectors,
                                 bool random) const
{
    check_snr(snr_db, features.size());
    require(task, modality);
    if (d_config.task(task).output->layered())
        return select_layers(task, modality, features, snr_db);
    const auto snr_of
        = [&](std::size_t i) { return snr_db.size() == 1 ? snr_db[0] : snr_db[i]; };
    return guarded("feature selector", [&] {
        auto encoder = d_network->encoder(modality);
        std::vector<std::pair<int, int>> keys; // rows in, vectors out
        for (std::size_t i = 0; i < features.size(); ++i)
            keys.emplace_back(features[i].rows,
                              count_of(task, modality, features[i], snr_of(i), vectors));
        std::vector<Selection> out(features.size());
        for (const auto& batch : batches_of(keys)) {
            std::vector<torch::Tensor> stack;
            std::vector<float> noise;
            for (auto i : batch) {
                stack.push_back(to_tensor(features[i]));
                noise.push_back(static_cast<float>(noise_of_db(snr_of(i))));
            }
            const auto kept = encoder->select(task,
                                              torch::stack(stack),
                                              torch::tensor(noise),
                                              keys[batch[0]].second,
                                              random);
            const auto sent = NetworkImpl::normalize_power(kept.features, {});
            for (std::size_t k = 0; k < batch.size(); ++k) {
                auto& s = out[batch[k]];
                s.features = to_matrix(sent[static_cast<std::int64_t>(k)]);
                const auto positions
                    = kept.kept[static_cast<std::int64_t>(k)].contiguous();
                s.kept.assign(positions.data_ptr<std::int64_t>(),
                              positions.data_ptr<std::int64_t>() + positions.numel());
                s.candidates = encoder->candidates(task, keys[batch[k]].first);
            }
        }
        return out;
    });
}

std::vector<std::vector<std::uint16_t>>
TorchTransceiver::quantize(const std::string& task,
                           const std::string& modality,
                           const std::vector<FeatureMatrix>& features) const
{
    const int cols = columns(task, modality);
    return guarded("codebook", [&] {
        auto book = d_network->codebook(modality);
        std::vector<std::vector<std::uint16_t>> out;
        for (const auto& m : features) {
            check_matrix(m, cols, max_vectors(task, modality), "codebook: features");
            const auto indices
                = book->nearest(
                          to_tensor(m).view({ -1, d_config.codebook.subvector_dim }))
                      .contiguous();
            out.emplace_back(indices.data_ptr<std::int64_t>(),
                             indices.data_ptr<std::int64_t>() + indices.numel());
        }
        return out;
    });
}

std::vector<std::complex<float>>
TorchTransceiver::modulate(const std::string& task,
                           const std::string& modality,
                           const std::vector<std::uint16_t>& indices) const
{
    const int entries = d_config.codebook.entries;
    for (auto index : indices)
        if (index >= entries)
            throw Error("modulator: index " + std::to_string(index) + ", expected 0 to "
                        + std::to_string(entries - 1));
    const auto vectors = static_cast<std::int64_t>(indices.size())
        / d_config.task(task).input(modality).subvectors;
    const auto& input = d_config.task(task).input(modality);
    bool whole = input.layers.empty();
    for (std::size_t l = 1; l <= input.layers.size(); ++l)
        whole = whole || vectors == input.indices_in(l);
    if (!whole)
        throw Error("modulator: " + std::to_string(vectors)
                    + " indices are not those of the first layers of " + task);
    return guarded("modulator", [&] {
        auto wide = torch::empty({ 1, static_cast<std::int64_t>(indices.size()) },
                                 torch::kLong);
        std::copy(indices.begin(), indices.end(), wide.data_ptr<std::int64_t>());
        const auto gain = d_network->tx_gain(task, modality, vectors).view({ -1, 1 });
        const auto symbols = (d_network->mapping().modulate(wide)[0] * gain).contiguous();
        std::vector<std::complex<float>> out(static_cast<std::size_t>(symbols.size(0)));
        std::memcpy(static_cast<void*>(out.data()),
                    symbols.data_ptr<float>(),
                    out.size() * sizeof(out[0]));
        return out;
    });
}

int TorchTransceiver::symbols_for(const std::string& task,
                                  const std::string& modality,
                                  int vectors) const
{
    return d_config.symbols_for(vectors * d_config.task(task).input(modality).subvectors);
}

int TorchTransceiver::vectors_in(const std::string& task,
                                 const std::string& modality,
                                 int symbols) const
{
    const bool by_bits = d_config.mapping == "bits";
    const int bits_a_vector = d_config.task(task).input(modality).subvectors
        * (by_bits ? d_config.bits_per_index() : 1);
    const int bits = symbols * (by_bits ? d_config.bits_per_symbol() : 1);
    const int vectors = bits / bits_a_vector;
    const bool whole
        = symbols > 0 && vectors > 0 && symbols_for(task, modality, vectors) == symbols;
    return whole ? vectors : -1;
}

} // namespace udeepsc_core
