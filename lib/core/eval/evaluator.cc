// SPDX-License-Identifier: GPL-3.0-or-later
#include "../seed.h"
#include "analog_link.h"
#include "eval_channel.h"
#include "evaluated_layers.h"
#include "frame_masks.h"
#include "refusal.h"

#include <udeepsc_core/dataset.h>
#include <udeepsc_core/error.h>
#include <udeepsc_core/evaluator.h>
#include <udeepsc_core/text.h>

#include <algorithm>
#include <cmath>
#include <memory>
#include <set>

namespace udeepsc_core {

namespace {

/*! Samples that the model takes. */
struct Samples {
    std::vector<Sample> samples;
    std::string dataset;
    std::int64_t skipped = 0;
};

Samples load_samples(const Transceiver& model, const EvalOptions& o)
{
    const auto config = ModelConfig::from_json(model.info().config);
    DatasetOptions options;
    options.data_dir = o.data_dir;
    options.split = o.split;
    options.max_bad = o.max_bad;
    options.data = o.datasets.empty() ? model.info().task(o.task).data : o.datasets;
    const auto data = open_data(config, o.task, options);
    Samples out;
    out.dataset = data->describe().name;
    const std::size_t n = o.limit > 0
        ? std::min<std::size_t>(data->size(), static_cast<std::size_t>(o.limit))
        : data->size();
    for (std::size_t i = 0; i < n; ++i) { // evenly spread
        auto sample = data->at(i * data->size() / n);
        try {
            for (const auto& input : sample.inputs)
                model.check(o.task, input.first, input.second);
            if (!o.memory)
                sample.context.clear();
            for (const auto& input : sample.context)
                for (const auto& earlier : input.second)
                    model.check(o.task, input.first, earlier);
            out.samples.push_back(std::move(sample));
        } catch (const Error&) { // too long, mostly
            ++out.skipped;
        }
    }
    return out;
}

/*! Sums over what was sent. */
struct Sent {
    double symbols = 0, energy = 0, vectors = 0, indices = 0;
    double telling = 0; // symbols that tell which elements are sent

    void add(const Sent& other)
    {
        symbols += other.symbols;
        energy += other.energy;
        vectors += other.vectors;
        indices += other.indices;
        telling += other.telling;
    }

    void add(const LinkBlock& block, const LayerProtection& protection)
    {
        vectors += block.vectors;
        symbols += protection.repetitions * static_cast<double>(block.symbols.size());
        for (const auto& s : block.symbols)
            energy += protection.energy() * std::norm(s);
    }
};

/*! One task at one SNR. */
class Run {
public:
    Run(const Transceiver& model, const EvalOptions& options, double snr_db)
        : d_model(model)
        , d_options(options)
        , d_snr_db(snr_db)
        , d_task(model.info().task(options.task))
        , d_channel(options, snr_db)
        , d_masks(model, options, snr_db)
        , d_mode(options.decode == "hard" ? LookupMode::hard : LookupMode::soft)
        , d_analog(options.decode == "analog")
    {
        d_transmit.random = options.selection == "random";
        // Without noise the transmitter acts as in the best channel it was trained for.
        const double best = model.info().snr_max_db > 0 ? model.info().snr_max_db : 12.0;
        d_transmit.snr_db = options.channel == "none" ? best : snr_db;
        for (const auto& memory : d_task.memory)
            d_remembers_text = d_remembers_text || memory.second > 0;
        for (const auto& modality : d_task.modalities)
            d_remembers_text = d_remembers_text && is_text(modality);
        if (options.symbols > 0)
            d_transmit.vectors = vectors_for(options.symbols);
    }

    // One result, or one for each of these layers
    std::vector<EvalResult> run(const Samples& samples, const std::vector<int>& layers)
    {
        std::vector<EvalResult> results;
        std::vector<std::unique_ptr<Scorer>> scorers;
        std::vector<Refusal> refusals;
        for (int layer : layers) {
            results.push_back(empty_result(samples));
            results.back().layer = layer;
            scorers.push_back(result_kind(d_task.output).scorer());
            refusals.emplace_back(d_task.classes, d_options.least_probability);
        }
        const auto batch = static_cast<std::size_t>(d_options.batch);
        for (std::size_t first = 0; first < samples.samples.size(); first += batch) {
            const auto last = std::min(samples.samples.size(), first + batch);
            const std::vector<Sample> part(
                samples.samples.begin() + static_cast<std::ptrdiff_t>(first),
                samples.samples.begin() + static_cast<std::ptrdiff_t>(last));
            const auto blocks = through(part);
            for (std::size_t k = 0; k < layers.size(); ++k) {
                auto received = receive_all(first_layers(blocks, layers[k]));
                for (std::size_t i = 0; i < part.size(); ++i) {
                    refusals[k].apply(received[i], part[i]);
                    scorers[k]->add(received[i], part[i]);
                }
            }
        }
        for (std::size_t k = 0; k < layers.size(); ++k) {
            write(results[k], scorers[k]->score());
            refusals[k].write(results[k].also);
        }
        return results;
    }

private:
    EvalResult empty_result(const Samples& samples) const
    {
        EvalResult r;
        r.task = d_options.task;
        r.dataset = samples.dataset;
        r.channel = d_options.channel;
        r.metric = d_task.metric;
        r.snr_db = d_snr_db;
        r.skipped = samples.skipped;
        r.n = static_cast<std::int64_t>(samples.samples.size());
        return r;
    }

    std::vector<std::vector<LinkBlock>> transmit_all(const std::vector<Sample>& samples,
                                                     const TransmitOptions& options) const
    {
        return d_analog ? transmit_analog(d_model, d_task.name, samples, options.snr_db)
                        : transmit(d_model, d_task.name, samples, options);
    }

    std::vector<TaskResult>
    receive_all(const std::vector<std::vector<LinkBlock>>& received) const
    {
        if (d_masks.any())
            return d_masks.receive(received, d_mode);
        return d_analog ? receive_analog(d_model, d_task.name, received)
                        : receive(d_model, d_task.name, received, d_mode);
    }

    int vectors_for(int symbols) const
    {
        const int vectors
            = d_model.vectors_in(d_task.name, d_task.modalities[0], symbols);
        if (vectors < 1)
            throw Error("evaluation: " + std::to_string(symbols)
                        + " symbols are no whole number of " + d_task.name
                        + " feature vectors");
        return vectors;
    }

    // What arrives of these samples
    std::vector<std::vector<LinkBlock>> through(const std::vector<Sample>& part)
    {
        std::vector<std::vector<LinkBlock>> blocks;
        std::vector<double> gains;
        const bool csi = d_options.csi_at_transmitter && !d_options.link;
        if (csi) {
            // Each sample has a gain of its own, which the transmitter knows.
            for (const auto& sample : part) {
                gains.push_back(d_channel.draw_gain());
                auto options = d_transmit;
                options.snr_db += 10 * std::log10(gains.back());
                blocks.push_back(transmit_all({ sample }, options)[0]);
            }
        } else {
            blocks = transmit_all(part, d_transmit);
        }
        for (std::size_t i = 0; i < blocks.size(); ++i) {
            count_words(part[i]);
            std::vector<LinkBlock> arrived;
            for (auto& block : blocks[i]) {
                MaskedFrame mask;
                if (d_masks.any())
                    mask = d_masks.choose(block);
                const auto protection = protection_of(d_options.protection, block.layer);
                count_sent(block, mask, protection);
                count_points(block);
                // Repetitions are added up: together they are one symbol of their energy.
                if (d_options.link)
                    through_link(block, protection.energy());
                else
                    d_channel.pass(block,
                                   protection.energy()
                                       * (csi ? gains[i] : d_channel.draw_gain()));
                if (block.layer + 1 == d_options.replaced_layer)
                    d_channel.replace(block, d_options.replaced_by);
                if (d_masks.any())
                    FrameMasks::remove(block, mask.kept);
                if (block.age >= 0 && d_channel.loses(d_options.lose))
                    ++d_lost;
                else
                    arrived.push_back(std::move(block));
            }
            blocks[i] = std::move(arrived);
        }
        if (d_options.replaced_layer > 0 && d_options.replaced_by == "other")
            pass_layer_on(blocks, d_options.replaced_layer - 1);
        return blocks;
    }

    void count_sent(const LinkBlock& block,
                    const MaskedFrame& mask,
                    const LayerProtection& protection)
    {
        auto& sent = d_sent[block.layer];
        if (!d_masks.any()) {
            sent.add(block, protection);
            sent.indices += block.vectors * d_task.subvectors.at(block.modality);
            return;
        }
        auto part = block;
        part.symbols.clear();
        for (const int element : mask.kept)
            part.symbols.push_back(block.symbols[static_cast<std::size_t>(element)]);
        sent.add(part, protection);
        sent.indices += static_cast<double>(mask.kept.size());
        sent.telling += mask.symbols_telling;
    }

    void through_link(LinkBlock& block, double energy)
    {
        const auto sent = block.symbols.size();
        block.noise_var = d_options.link->pass(
            block.symbols, block.vectors, d_snr_db + 10 * std::log10(energy));
        if (!block.noise_var.empty())
            return;
        ++d_lost;
        block.symbols.assign(sent, {});
        block.noise_var = { NOTHING_KNOWN };
    }

    // Of the texts that are sent in the place of words, for symbols a word
    void count_words(const Sample& sample)
    {
        if (!d_remembers_text)
            return;
        for (const auto& input : sample.inputs)
            if (is_text(input.first))
                d_words += static_cast<double>(split_words(input.second.utf8()).size());
        for (const auto& input : sample.context)
            for (const auto& earlier : input.second)
                if (is_text(input.first))
                    d_words += static_cast<double>(split_words(earlier.utf8()).size());
    }

    bool is_text(const std::string& modality) const
    {
        const auto& info = d_model.info().modality(modality);
        return info.payload == PayloadType::bytes && info.shape.size() == 1;
    }

    // With mapping "symbol" an index is a point of the constellation.
    void count_points(const LinkBlock& block)
    {
        if (d_model.info().mapping == "symbol" && !d_analog)
            for (const auto& s : block.symbols) // rounded: equal points are equal
                d_used.insert({ std::lround(1000 * s.real() / block.gain),
                                std::lround(1000 * s.imag() / block.gain) });
    }

    void write(EvalResult& r, const TaskScore& score) const
    {
        const double n = std::max<double>(1.0, static_cast<double>(r.n));
        Sent sent; // of the layers that were decoded
        for (const auto& layer : d_sent)
            if (r.layer == 0 || layer.first < r.layer)
                sent.add(layer.second);
        r.symbols_mean = (sent.symbols + sent.telling) / n;
        r.bits_mean = sent.indices * d_model.info().bits_per_index / n;
        r.vectors_mean = sent.vectors / n;
        r.energy_mean = sent.energy / std::max(1.0, sent.symbols);
        r.lost = d_lost;
        r.codebook_use = static_cast<double>(d_used.size()) / d_model.info().codewords;
        r.value = score.main.value;
        r.ci95 = score.main.ci95;
        r.also = score.also;
        r.each = score.each;
        r.each_also = score.each_also;
        if (d_masks.any())
            r.also["mask_symbols"] = sent.telling / n;
        if (d_words > 0)
            r.also["symbols_per_word"] = (sent.symbols + sent.telling) / d_words;
        const auto words = r.also.find("words");
        if (words == r.also.end())
            return;
        r.also["symbols_per_word"] = sent.symbols / std::max(1.0, words->second);
        r.also.erase("words");
    }

    const Transceiver& d_model;
    const EvalOptions& d_options;
    double d_snr_db;
    const TaskInfo& d_task;
    EvalChannel d_channel;
    FrameMasks d_masks;
    TransmitOptions d_transmit;
    LookupMode d_mode;
    bool d_analog; // no look-up: the vectors themselves are sent
    double d_words = 0;
    bool d_remembers_text = false; // texts alone, and some of them remembered
    std::map<int, Sent> d_sent; // by layer
    std::int64_t d_lost = 0; // payloads
    std::set<std::pair<long, long>> d_used; // points of the constellation
};

} // namespace

std::vector<EvalResult> evaluate(const Transceiver& model,
                                 const EvalOptions& options,
                                 const std::vector<double>& snr_db)
{
    options.validate();
    if (snr_db.empty())
        throw Error("evaluation: no SNR given");
    for (double snr : snr_db)
        if (!std::isfinite(snr) || std::abs(snr) > 200)
            throw Error("evaluation: SNR is " + std::to_string(snr)
                        + " dB, expected -200 to 200");
    const auto layers = layers_to_decode(model.info().task(options.task), options);
    const auto samples = load_samples(model, options);
    if (samples.samples.empty())
        throw Error("evaluation: no sample of split " + options.split
                    + " that the model takes");
    std::vector<EvalResult> results;
    seed_random_selection(options.seed);
    for (double snr : snr_db)
        for (auto& result : Run(model, options, snr).run(samples, layers))
            results.push_back(std::move(result));
    return results;
}

} // namespace udeepsc_core
