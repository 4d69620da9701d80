// SPDX-License-Identifier: GPL-3.0-or-later
#include "memory_rules.h"

#include <udeepsc_core/error.h>

#include <algorithm>
#include <cmath>

using namespace udeepsc_core;

namespace {

constexpr std::size_t BATCH = 64;

// What a store of this rule has left of a context when the question comes. A frame comes
// each second.
std::vector<FeatureBlock> kept_of(const ReceivedQuestion& question,
                                  const UpdateRule& rule,
                                  int capacity,
                                  const ValueScorer& values)
{
    ContextStoreOptions options;
    options.entries = capacity;
    options.rule = rule;
    ContextStore store(options);
    values.score(store);
    double time = 0;
    for (const auto& block : question.context) {
        ContextEntry entry;
        entry.frame = static_cast<std::uint64_t>(time);
        entry.time = time++;
        entry.block = block;
        store.add(std::move(entry));
    }
    std::vector<FeatureBlock> blocks = question.present;
    for (const auto& held : store.held(0, time)) {
        blocks.push_back(held.entry->block);
        blocks.back().age = held.age;
    }
    return blocks;
}

} // namespace

void add_noise(LinkBlock& block, double noise_var, std::mt19937_64& random)
{
    std::normal_distribution<float> normal(0,
                                           static_cast<float>(std::sqrt(noise_var / 2)));
    for (auto& symbol : block.symbols)
        symbol += std::complex<float>(normal(random), normal(random));
    block.noise_var = { static_cast<float>(noise_var) };
}

std::vector<ReceivedQuestion> receive_questions(const Transceiver& model,
                                                const std::string& task,
                                                const Dataset& data,
                                                std::size_t questions,
                                                double snr_db,
                                                std::uint64_t seed)
{
    const std::size_t n = questions > 0 ? std::min(questions, data.size()) : data.size();
    TransmitOptions options;
    options.snr_db = snr_db;
    const double noise_var = std::pow(10.0, -snr_db / 10);
    std::mt19937_64 random(seed);
    std::vector<ReceivedQuestion> received;
    for (std::size_t from = 0; from < n; from += BATCH) {
        std::vector<Sample> samples;
        for (std::size_t i = from; i < std::min(n, from + BATCH); ++i)
            samples.push_back(data.at(i * data.size() / n));
        auto sent = transmit(model, task, samples, options);
        for (std::size_t i = 0; i < sent.size(); ++i) {
            for (auto& block : sent[i])
                add_noise(block, noise_var, random);
            ReceivedQuestion question;
            question.label = samples[i].target.label;
            for (auto& block : model.lookup(task, sent[i], LookupMode::soft))
                (block.age < 0 ? question.present : question.context)
                    .push_back(std::move(block));
            std::stable_sort(question.context.begin(),
                             question.context.end(),
                             [](const auto& a, const auto& b) { return a.age > b.age; });
            received.push_back(std::move(question));
        }
    }
    return received;
}

ValueScorer learn_values(const Transceiver& model,
                         const std::string& task,
                         const std::vector<ReceivedQuestion>& questions)
{
    std::vector<std::vector<FeatureMatrix>> contexts;
    std::vector<std::vector<double>> damages;
    for (const auto& question : questions) {
        if (question.label < 0)
            continue;
        auto blocks = question.context;
        blocks.insert(blocks.end(), question.present.begin(), question.present.end());
        auto damage = leave_one_out(model, task, blocks, question.label);
        damage.resize(question.context.size());
        contexts.emplace_back();
        for (const auto& block : question.context)
            contexts.back().push_back(block.features);
        damages.push_back(std::move(damage));
    }
    return ValueScorer::fit(contexts, damages, model.info().id);
}

int capacity_of(std::size_t entries, double share)
{
    return std::max(1, static_cast<int>(std::ceil(share * static_cast<double>(entries))));
}

std::size_t answered(const Transceiver& model,
                     const std::string& task,
                     const std::vector<ReceivedQuestion>& questions,
                     const UpdateRule& rule,
                     double share,
                     const ValueScorer& values)
{
    std::size_t right = 0;
    for (std::size_t from = 0; from < questions.size(); from += BATCH) {
        std::vector<std::vector<FeatureBlock>> samples;
        const std::size_t end = std::min(questions.size(), from + BATCH);
        for (std::size_t i = from; i < end; ++i) {
            const auto& question = questions[i];
            samples.push_back(
                share > 0 ? kept_of(
                    question, rule, capacity_of(question.context.size(), share), values)
                          : question.present);
        }
        const auto results = model.decode(task, samples);
        for (std::size_t i = from; i < end; ++i)
            right += results[i - from].label == questions[i].label;
    }
    return right;
}
