// SPDX-License-Identifier: GPL-3.0-or-later
#include "calibration.h"

#include <cmath>

namespace udeepsc_core {

namespace {

using SentFeatures
    = std::map<std::string, std::vector<std::pair<torch::Tensor, torch::Tensor>>>;

constexpr int CALIBRATION_SAMPLES = 2048; // of each task
// Better channels than those of the training send fewer vectors, whose amplitude counts
// too.
constexpr double MARGIN_DB = 6;

// What a task sends, features and mask by modality, over the SNRs of the last phase and
// somewhat beyond.
SentFeatures sent_features(Network& network,
                           TrainingTask& task,
                           const TrainConfig& config,
                           int samples)
{
    const auto device = network->parameters()[0].device();
    const auto& phase = config.phases.back();
    const int each = config.tasks.at(task.name).batch;
    const int rounds = std::max(1, samples / each);
    SentFeatures sent;
    for (int round = 0; round < rounds; ++round) {
        std::mt19937_64 random(
            mix_seed(config.seed, static_cast<std::uint64_t>(round), 5000));
        auto batch = task.batches->batch(
            task.order.at(static_cast<std::int64_t>(round) * each, each), random);
        const double low = phase.snr_min_db - MARGIN_DB,
                     high = phase.snr_max_db + MARGIN_DB;
        const double snr = low + (high - low) * round / std::max(1, rounds - 1);
        for (auto& in : batch.inputs) {
            move_to(in, device);
            const auto noise = normalized_noise(
                torch::full({ in.input.size(0) }, std::pow(10.0, -snr / 10), device));
            auto encoder = network->encoder(in.modality);
            const auto features = encoder->semantic(task.name, in.input, in.valid);
            if (network->config().task(task.name).output->layered()) {
                const auto layers = encoder->layers(task.name, features, noise);
                sent[in.modality].emplace_back(
                    layers.to(torch::kFloat),
                    torch::ones({ layers.size(0), layers.size(1) }, device));
                continue;
            }
            const auto selected = encoder->select_masked(
                task.name, features, in.valid, noise, SelectionMode::top, 1.0);
            sent[in.modality].emplace_back(selected.features.to(torch::kFloat),
                                           selected.mask);
        }
    }
    return sent;
}

} // namespace

void move_to(ModalityBatch& batch, torch::Device device)
{
    batch.input = batch.input.to(device, true);
    if (batch.valid.defined())
        batch.valid = batch.valid.to(device);
}

void calibrate_gains(Network& network,
                     std::vector<TrainingTask>& tasks,
                     const TrainConfig& config)
{
    torch::NoGradGuard no_grad;
    torch::manual_seed(mix_seed(config.seed, 0, 4000));
    network->eval();
    for (auto& task : tasks)
        for (const auto& sent : sent_features(network, task, config, CALIBRATION_SAMPLES))
            network->calibrate_gains(task.name, sent.first, sent.second);
}

void reset_unused_codewords(Network& network,
                            Collectives& collectives,
                            std::uint64_t seed)
{
    torch::manual_seed(seed);
    for (const auto& e : network->config().encoders) {
        auto book = network->codebook(e.modality);
        auto use = book->use().clone();
        auto fresh = book->fresh_codewords().clone();
        collectives.sum({ use });
        collectives.broadcast(std::vector<torch::Tensor> { fresh });
        if (use.sum().item<float>() > 0)
            book->reset_unused(use, fresh);
    }
}

void start_codebooks(Network& network,
                     std::vector<TrainingTask>& tasks,
                     const TrainConfig& config,
                     Collectives& collectives)
{
    torch::NoGradGuard no_grad;
    torch::manual_seed(mix_seed(config.seed, 0, 6000));
    network->eval();
    std::map<std::string, std::vector<torch::Tensor>> vectors; // sub-vectors, by modality
    const auto dim = network->config().codebook.subvector_dim;
    for (auto& task : tasks)
        for (const auto& sent : sent_features(network, task, config, 256))
            for (const auto& batch : sent.second) {
                const auto x = network->normalized(
                    task.name, sent.first, batch.first, batch.second);
                const auto kept
                    = torch::nonzero(batch.second.reshape({ -1 }) > 0.5).flatten();
                vectors[sent.first].push_back(x.reshape({ -1, x.size(2) })
                                                  .index_select(0, kept)
                                                  .reshape({ -1, dim }));
            }
    for (const auto& v : vectors) {
        auto book = network->codebook(v.first);
        book->start_from(torch::cat(v.second));
        collectives.broadcast(std::vector<torch::Tensor> { book->codewords() });
    }
}

} // namespace udeepsc_core
