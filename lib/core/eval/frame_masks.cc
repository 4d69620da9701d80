// SPDX-License-Identifier: GPL-3.0-or-later
#include "frame_masks.h"

#include <udeepsc_core/error.h>

#include <algorithm>
#include <cmath>
#include <numeric>

namespace udeepsc_core {

namespace {

// Noise variance of a symbol that was not sent: it says nothing.
constexpr float NOT_SENT = 1e6f;

bool was_sent(const LinkBlock& block, std::size_t symbol)
{
    return block.noise_var.size() == 1 || block.noise_var[symbol] < NOT_SENT;
}

} // namespace

FrameMasks::FrameMasks(const Transceiver& model,
                       const EvalOptions& options,
                       double snr_db)
    : d_model(model)
    , d_task(options.task)
    , d_rule(options.mask)
    , d_symbols(options.mask_symbols)
    , d_snr_db(snr_db)
    , d_least_snr_db(options.mask_least_snr_db)
    , d_random(options.seed * 7919 + 1)
{
    if (!any())
        return;
    if (model.info().mapping != "symbol")
        throw Error("evaluation: masks are of symbols that carry an index each, the "
                    "model's mapping is \""
                    + model.info().mapping + "\"");
    if (!options.mask_file.empty())
        d_learnt = std::make_shared<const ElementMasks>(
            ElementMasks::load(options.mask_file, model.info().id));
    else if (d_rule == "learnt" || d_rule == "order")
        throw Error("evaluation: mask \"" + d_rule
                    + "\" needs a file of learnt masks, see udeepsc bench masks");
}

// What the transmitter knows of its frame: the codewords that it sends
std::vector<float> FrameMasks::features_of(const LinkBlock& block) const
{
    auto clean = block;
    clean.noise_var = { 0.0f };
    return d_model.lookup(d_task, { clean }, LookupMode::hard)[0].features.data;
}

double FrameMasks::symbols_telling(int elements, int kept) const
{
    const double capacity = std::log2(1 + std::pow(10.0, d_snr_db / 10));
    return std::ceil(subset_bits(elements, kept) / capacity);
}

// As many elements as leave room to tell which; where there is no room those that are
// best on average, which need not be told.
MaskedFrame FrameMasks::learnt_of(const LinkBlock& block, int symbols) const
{
    const int elements = static_cast<int>(block.symbols.size());
    for (int count = symbols; count > 0; --count) {
        const double telling = symbols_telling(elements, count);
        if (count + telling <= symbols)
            return { d_learnt->of_frame(block.modality, features_of(block), count),
                     telling };
    }
    return { d_learnt->of_all(block.modality, symbols), 0 };
}

MaskedFrame FrameMasks::choose(const LinkBlock& block)
{
    const int elements = static_cast<int>(block.symbols.size());
    const int symbols = d_symbols > 0 ? std::min(d_symbols, elements)
                                      : elements_at(d_snr_db, elements, d_least_snr_db);
    if (d_rule == "learnt")
        return learnt_of(block, symbols);
    if (d_rule == "order")
        return { d_learnt->of_all(block.modality, symbols), 0 };
    std::vector<int> kept(block.symbols.size());
    std::iota(kept.begin(), kept.end(), 0);
    if (d_rule == "random")
        std::shuffle(kept.begin(), kept.end(), d_random);
    kept.resize(static_cast<std::size_t>(symbols));
    std::sort(kept.begin(), kept.end());
    return { kept, 0 };
}

void FrameMasks::remove(LinkBlock& block, const std::vector<int>& kept)
{
    if (block.noise_var.size() == 1)
        block.noise_var.resize(block.symbols.size(), block.noise_var[0]);
    for (std::size_t i = 0; i < block.symbols.size(); ++i)
        if (!std::binary_search(kept.begin(), kept.end(), static_cast<int>(i))) {
            block.symbols[i] = {};
            block.noise_var[i] = NOT_SENT;
        }
}

void FrameMasks::fill(FeatureBlock& block, const LinkBlock& received) const
{
    std::vector<int> kept;
    double noise = 0; // sum over what came
    for (std::size_t i = 0; i < received.symbols.size(); ++i)
        if (was_sent(received, i)) {
            kept.push_back(static_cast<int>(i));
            noise += received.noise_var[received.noise_var.size() == 1 ? 0 : i];
        }
    if (kept.empty() || kept.size() == received.symbols.size())
        return;
    block.noise_var = static_cast<float>(noise / static_cast<double>(kept.size()));
    if (d_learnt) {
        d_learnt->fill(block, kept, block.noise_var);
        return;
    }
    const auto size = block.features.data.size() / received.symbols.size();
    for (std::size_t i = 0; i < block.features.data.size(); ++i)
        if (!was_sent(received, i / size))
            block.features.data[i] = 0;
}

std::vector<TaskResult>
FrameMasks::receive(const std::vector<std::vector<LinkBlock>>& samples,
                    LookupMode mode) const
{
    std::vector<std::vector<FeatureBlock>> features;
    for (const auto& blocks : samples) {
        features.push_back(d_model.lookup(d_task, blocks, mode));
        for (std::size_t i = 0; i < blocks.size(); ++i)
            fill(features.back()[i], blocks[i]);
    }
    return d_model.decode(d_task, features);
}

} // namespace udeepsc_core
