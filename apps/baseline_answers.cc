// SPDX-License-Identifier: GPL-3.0-or-later
#include "baseline_answers.h"
#include "baseline_channel.h"

#include <udeepsc_core/error.h>
#include <udeepsc_core/result.h>
#include <udeepsc_core/text.h>

#include <algorithm>
#include <map>
#include <string>
#include <utility>

using namespace udeepsc_core;
using udeepsc_conventional::Scheme;

namespace {

constexpr float NO_NOISE = 1e-6f;

/*! One run at one SNR. */
class SeparateRun {
public:
    SeparateRun(const Transceiver& model,
                const Scheme& scheme,
                const BaselineSamples& samples,
                const EvalOptions& options,
                double esn0_db,
                double margin_db)
        : d_model(model)
        , d_scheme(scheme)
        , d_samples(samples)
        , d_options(options)
        , d_channel(options, esn0_db)
        , d_esn0_db(esn0_db)
        , d_margin_db(margin_db)
    { }

    BaselineResult run()
    {
        auto& r = d_out.result;
        const auto& task = d_model.info().task(d_samples.task);
        const auto scorer = result_kind(task.output).scorer();
        r.task = d_samples.task;
        r.dataset = d_samples.dataset;
        r.channel = d_options.channel;
        r.metric = task.metric;
        r.snr_db = d_esn0_db;
        r.skipped = d_samples.skipped;
        r.n = static_cast<std::int64_t>(d_samples.samples.size());
        for (const auto& sample : d_samples.samples)
            scorer->add(answer(sample), sample);
        r.symbols_mean /= static_cast<double>(r.n);
        r.bits_mean /= static_cast<double>(r.n);
        const auto score = scorer->score();
        r.value = score.main.value;
        r.ci95 = score.main.ci95;
        r.also = score.also;
        r.also["symbols_per_word"]
            = r.symbols_mean * static_cast<double>(r.n) / std::max(1.0, d_words);
        r.each = score.each;
        return d_out;
    }

private:
    TaskResult answer(const Sample& sample)
    {
        Sample arrived;
        for (const auto& input : sample.context)
            for (const auto& text : input.second)
                if (send(input.first, text))
                    arrived.context[input.first].push_back(SourceSample::text(d_text));
        for (const auto& input : sample.inputs)
            if (send(input.first, input.second) && d_text == input.second.utf8())
                arrived.inputs[input.first] = SourceSample::text(d_text);
        auto blocks = transmit(d_model, d_samples.task, { arrived }, {}).at(0);
        // Half a question makes the network, which knows whole ones, answer another.
        if (arrived.inputs.empty()) {
            TaskResult result;
            result.label = d_samples.guess;
            return result;
        }
        for (auto& block : blocks)
            block.noise_var = { NO_NOISE };
        return receive(d_model, d_samples.task, { blocks }, LookupMode::hard).at(0);
    }

    // Leaves what arrives in d_text; false where that cannot be read.
    bool send(const std::string& modality, const SourceSample& source)
    {
        const auto text = source.utf8();
        d_words += static_cast<double>(split_words(text).size());
        const auto symbols = symbols_of(modality, source);
        const double here_db = d_channel.draw_esn0_db();
        const bool knows = d_options.csi_at_transmitter || d_scheme.is_capacity();
        const auto sent
            = d_scheme.send(text, symbols, (knows ? here_db : d_esn0_db) - d_margin_db);
        udeepsc_conventional::DecodedBits bits;
        if (d_scheme.is_capacity()) {
            bits = Scheme::deliver(sent);
        } else {
            auto received = sent.symbols;
            const float noise_var = d_channel.pass(received, here_db);
            bits = d_scheme.receive(received, { noise_var }, sent.mcs);
            ++d_out.formats[to_string(sent.mcs)];
        }
        d_out.result.symbols_mean += static_cast<double>(symbols);
        d_out.result.bits_mean += static_cast<double>(sent.source_bits);
        d_out.result.lost += bits.sound < bits.bits.size();
        d_text = repair_utf8(d_scheme.text_of(bits));
        try {
            d_model.check(d_samples.task, modality, SourceSample::text(d_text));
        } catch (const Error&) { // empty, or of more words than any sentence
            return false;
        }
        return true;
    }

    std::size_t symbols_of(const std::string& modality, const SourceSample& source)
    {
        if (d_options.symbols > 0)
            return static_cast<std::size_t>(d_options.symbols);
        auto& known = d_symbols[{ modality, source.utf8() }];
        if (known == 0) {
            Sample alone;
            alone.inputs[modality] = source;
            const auto blocks = transmit(d_model, d_samples.task, { alone }, {});
            known = blocks.at(0).at(0).symbols.size();
        }
        return known;
    }

    const Transceiver& d_model;
    const Scheme& d_scheme;
    const BaselineSamples& d_samples;
    const EvalOptions& d_options;
    BaselineChannel d_channel;
    double d_esn0_db, d_margin_db;
    BaselineResult d_out;
    std::map<std::pair<std::string, std::string>, std::size_t> d_symbols;
    std::string d_text; // of the frame received last
    double d_words = 0;
};

} // namespace

BaselineResult run_separate(const Transceiver& model,
                            const Scheme& scheme,
                            const BaselineSamples& samples,
                            const EvalOptions& options,
                            double esn0_db,
                            double margin_db)
{
    return SeparateRun(model, scheme, samples, options, esn0_db, margin_db).run();
}
