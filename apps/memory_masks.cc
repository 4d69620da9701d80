// SPDX-License-Identifier: GPL-3.0-or-later
#include "memory_masks.h"
#include "memory_rules.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <random>
#include <vector>

using namespace udeepsc_core;

namespace {

constexpr std::size_t BATCH = 64;
constexpr double LEAST_PROBABILITY = 1e-3; // below, a wrong answer is as wrong as any

/*! One question: frames as sent, and as they arrive with all their elements. */
struct Frames {
    std::vector<FeatureBlock> sent, arrived;
    int label = -1;
};

std::vector<Frames> transmitted(const Transceiver& model,
                                const std::string& task,
                                const Dataset& data,
                                const MaskLearning& how,
                                std::mt19937_64& random)
{
    const std::size_t n = std::min(how.questions, data.size());
    TransmitOptions options;
    options.snr_db = how.snr_db;
    std::vector<Frames> all;
    for (std::size_t from = 0; from < n; from += BATCH) {
        std::vector<Sample> samples;
        for (std::size_t i = from; i < std::min(n, from + BATCH); ++i)
            samples.push_back(data.at(i * data.size() / n));
        auto blocks = transmit(model, task, samples, options);
        for (std::size_t i = 0; i < blocks.size(); ++i) {
            Frames frames;
            frames.label = samples[i].target.label;
            for (auto& block : blocks[i])
                block.noise_var = { 0.0f };
            frames.sent = model.lookup(task, blocks[i], LookupMode::hard);
            for (auto& block : blocks[i])
                add_noise(block, std::pow(10.0, -how.snr_db / 10), random);
            frames.arrived = model.lookup(task, blocks[i], LookupMode::soft);
            if (frames.label >= 0)
                all.push_back(std::move(frames));
        }
    }
    return all;
}

// An eighth of the elements to a half, at random
std::vector<int> random_mask(int elements, std::mt19937_64& random)
{
    std::vector<int> kept(static_cast<std::size_t>(elements));
    std::iota(kept.begin(), kept.end(), 0);
    std::shuffle(kept.begin(), kept.end(), random);
    const int fewest = std::max(1, elements / 8), most = std::max(1, elements / 2);
    kept.resize(static_cast<std::size_t>(
        std::uniform_int_distribution<int>(fewest, most)(random)));
    std::sort(kept.begin(), kept.end());
    return kept;
}

std::vector<int> toggled(std::vector<int> kept, int element)
{
    const auto at = std::lower_bound(kept.begin(), kept.end(), element);
    if (at != kept.end() && *at == element)
        kept.erase(at);
    else
        kept.insert(at, element);
    return kept;
}

/*! The damages of one frame's elements, when the other frames are masked too. */
class Damages {
public:
    Damages(const Transceiver& model,
            const std::string& task,
            const ElementMasks& estimates,
            const MaskLearning& how)
        : d_model(model)
        , d_task(task)
        , d_estimates(estimates)
        , d_noise_var(std::pow(10.0, -how.snr_db / 10))
    { }

    ElementDamages of(const Frames& frames, std::size_t frame, std::mt19937_64& random)
    {
        const int elements
            = d_model.info().task(d_task).subvectors.at(frames.arrived[frame].modality)
            * frames.arrived[frame].features.rows;
        auto masked = frames.arrived;
        for (auto& block : masked)
            d_estimates.fill(block, random_mask(elements, random), d_noise_var);
        const auto kept = random_mask(elements, random);
        std::vector<std::vector<FeatureBlock>> samples;
        for (int e = -1; e < elements; ++e) {
            samples.push_back(masked);
            auto& block = samples.back()[frame];
            block = frames.arrived[frame];
            d_estimates.fill(block, e < 0 ? kept : toggled(kept, e), d_noise_var);
        }
        const auto results = d_model.decode(d_task, samples);
        const auto logarithm = [&](std::size_t i) {
            return std::log(std::max<double>(
                LEAST_PROBABILITY,
                results[i].probabilities.at(static_cast<std::size_t>(frames.label))));
        };
        ElementDamages damages { frames.sent[frame].modality,
                                 frames.sent[frame].features.data,
                                 {} };
        for (int e = 0; e < elements; ++e) {
            const double gain = logarithm(0) - logarithm(static_cast<std::size_t>(e + 1));
            const bool was_there = std::binary_search(kept.begin(), kept.end(), e);
            damages.damages.push_back(was_there ? gain : -gain);
        }
        return damages;
    }

private:
    const Transceiver& d_model;
    const std::string& d_task;
    const ElementMasks& d_estimates;
    double d_noise_var;
};

// Mean and covariance of what is sent, before any damage is known
ElementMasks estimates_from(const Transceiver& model,
                            const std::string& task,
                            const std::vector<Frames>& all)
{
    const auto& subvectors = model.info().task(task).subvectors;
    std::vector<ElementDamages> frames;
    for (const auto& question : all)
        for (const auto& block : question.sent)
            frames.push_back(
                { block.modality,
                  block.features.data,
                  std::vector<double>(static_cast<std::size_t>(
                      subvectors.at(block.modality) * block.features.rows)) });
    return ElementMasks::fit(frames, model.info().id);
}

} // namespace

ElementMasks learn_masks(const Transceiver& model,
                         const std::string& task,
                         const Dataset& data,
                         const MaskLearning& how)
{
    std::mt19937_64 random(how.seed);
    const auto all = transmitted(model, task, data, how, random);
    const auto estimates = estimates_from(model, task, all);
    Damages damages(model, task, estimates, how);
    std::vector<ElementDamages> frames;
    for (const auto& question : all) {
        // The present frame always: there is one of it among many of the past.
        for (std::size_t i = 0; i < question.sent.size(); ++i)
            if (question.sent[i].age < 0)
                frames.push_back(damages.of(question, i, random));
        for (int i = 1; i < how.frames; ++i)
            frames.push_back(damages.of(question,
                                        std::uniform_int_distribution<std::size_t>(
                                            0, question.sent.size() - 1)(random),
                                        random));
    }
    return ElementMasks::fit(frames, model.info().id);
}
