// SPDX-License-Identifier: GPL-3.0-or-later
#include "seed.h"

#include <udeepsc_core/dataset.h>
#include <udeepsc_core/error.h>
#include <udeepsc_core/evaluator.h>
#include <udeepsc_core/metrics.h>
#include <udeepsc_core/text.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <memory>
#include <numeric>
#include <random>
#include <set>

namespace udeepsc_core {

namespace {

void one_of(const std::string& field, const std::string& value, const std::set<std::string>& known)
{
    if (known.count(value))
        return;
    std::string list;
    for (const auto& k : known)
        list += (list.empty() ? "" : ", ") + k;
    throw Error("evaluation: " + field + " is \"" + value + "\", expected one of " + list);
}

/*! Samples of the task and what the receiver ought to find. */
struct Samples {
    std::vector<SourceSample> inputs;
    std::vector<int> labels;
    std::int64_t skipped = 0;
};

// `limit` numbers out of 0 .. size-1, evenly spread
std::vector<std::size_t> spread(std::size_t size, std::int64_t limit)
{
    const std::size_t n = limit > 0 ? std::min<std::size_t>(size, limit) : size;
    std::vector<std::size_t> numbers(n);
    for (std::size_t i = 0; i < n; ++i)
        numbers[i] = i * size / n;
    return numbers;
}

SourceSample image_sample(const ImageSet& set, std::size_t number)
{
    SourceSample s;
    s.height = set.height;
    s.width = set.width;
    const std::size_t area = static_cast<std::size_t>(set.height) * set.width;
    const auto* planes = set.pixels.data() + number * 3 * area;
    s.bytes.resize(3 * area);
    for (std::size_t p = 0; p < area; ++p)
        for (std::size_t c = 0; c < 3; ++c)
            s.bytes[3 * p + c] = planes[c * area + p];
    return s;
}

Samples load_samples(const Transceiver& model, const EvalOptions& o)
{
    const auto& task = model.info().task(o.task);
    if (task.modalities.size() != 1 || task.modalities[0] == "speech")
        throw Error("evaluation: there is no data loader for task " + o.task);
    Samples samples;
    if (task.modalities[0] == "image") {
        const auto set = load_cifar10(o.data_dir, o.split);
        for (auto i : spread(set.size(), o.limit)) {
            if (task.output == "label" && set.labels[i] >= static_cast<int>(task.classes.size()))
                throw Error("evaluation: the data have class \"" + set.class_names[set.labels[i]] +
                            "\", number " + std::to_string(set.labels[i]) + "; " + o.task +
                            " of this model knows " + std::to_string(task.classes.size()) +
                            " classes");
            samples.inputs.push_back(image_sample(set, i));
            samples.labels.push_back(set.labels[i]);
        }
        return samples;
    }
    const auto set = load_sst2(o.data_dir, o.split);
    for (auto i : spread(set.sentences.size(), o.limit)) {
        SourceSample s;
        s.bytes.assign(set.sentences[i].begin(), set.sentences[i].end());
        try {
            model.check(o.task, "text", s);
        } catch (const Error&) {
            ++samples.skipped;
            continue;
        }
        samples.inputs.push_back(std::move(s));
        samples.labels.push_back(set.labels[i]);
    }
    return samples;
}

/*! Noise and fading with a known gain, already equalised. */
class Channel
{
public:
    Channel(const std::string& kind, double snr_db, std::uint64_t seed)
        : d_fading(kind == "rayleigh"),
          d_noise_var(kind == "none" ? 0.0 : std::pow(10.0, -snr_db / 10.0)),
          d_random(seed)
    {
    }

    // Replaces symbols by y/h and gives the noise variance that then holds.
    float pass(std::vector<std::complex<float>>& symbols)
    {
        double gain = 1.0; // |h|^2
        if (d_fading) {
            const double a = d_normal(d_random), b = d_normal(d_random);
            gain = std::max(1e-6, 0.5 * (a * a + b * b));
        }
        const double noise_var = d_noise_var / gain;
        const double sigma = std::sqrt(0.5 * noise_var);
        for (auto& s : symbols)
            s += std::complex<float>(static_cast<float>(sigma * d_normal(d_random)),
                                     static_cast<float>(sigma * d_normal(d_random)));
        return static_cast<float>(noise_var);
    }

private:
    bool d_fading;
    double d_noise_var;
    std::mt19937_64 d_random;
    std::normal_distribution<double> d_normal;
};

// What a lost payload leaves to the decoder: no symbol says anything.
constexpr float s_nothing_known = 1e6f;

/*! Collects what came out, scores it in the end. */
class Score
{
public:
    explicit Score(const std::string& output) : d_output(output) {}

    void add(const TaskResult& result, const SourceSample& sent, int label)
    {
        if (d_output == "label") {
            d_each.push_back(result.label == label);
        } else if (d_output == "picture") {
            d_each.push_back(psnr_db(result.picture, sent.bytes));
        } else {
            d_received.push_back(result.sentence);
            d_reference.push_back(normalize_sentence({ sent.bytes.begin(), sent.bytes.end() }));
        }
    }

    void write(EvalResult& r) const
    {
        Estimate e {};
        if (d_output == "label") {
            const auto correct = std::count(d_each.begin(), d_each.end(), 1.0);
            e = accuracy(static_cast<std::size_t>(correct), d_each.size());
        } else if (d_output == "picture") {
            e = mean(d_each);
        } else {
            const auto b = bleu(d_received, d_reference, 200);
            e = b.bleu4;
            r.also["bleu1"] = b.bleu1.value;
            double words = 0;
            for (const auto& s : d_reference)
                words += static_cast<double>(split_words(s).size());
            r.also["symbols_per_word"] = r.symbols_mean * static_cast<double>(r.n) / std::max(1.0, words);
        }
        r.value = e.value;
        r.ci95 = e.ci95;
        r.each = d_each;
    }

private:
    std::string d_output;
    std::vector<double> d_each; // 1 for a right label, 0 for a wrong one; a picture's PSNR
    std::vector<std::string> d_received, d_reference;
};

EvalResult evaluate_at(const Transceiver& model,
                       const EvalOptions& o,
                       const Samples& samples,
                       const std::vector<FeatureMatrix>& features,
                       double snr_db)
{
    const auto& info = model.info();
    const auto& task = info.task(o.task);
    const auto& modality = task.modalities[0];
    const auto mode = o.decode == "hard" ? LookupMode::hard : LookupMode::soft;
    // Without noise the transmitter acts as in the best channel it was trained for.
    const double told = o.channel == "none" ? (info.snr_max_db > 0 ? info.snr_max_db : 12.0) : snr_db;
    const int vectors = o.symbols > 0 ? model.vectors_in(o.task, modality, o.symbols) : 0;
    if (o.symbols > 0 && vectors < 1)
        throw Error("evaluation: " + std::to_string(o.symbols) + " symbols are no whole number of " +
                    o.task + " feature vectors");

    EvalResult r;
    r.task = o.task;
    r.channel = o.channel;
    r.metric = task.metric;
    r.snr_db = snr_db;
    r.skipped = samples.skipped;
    r.n = static_cast<std::int64_t>(samples.inputs.size());
    Channel channel(o.channel, snr_db, o.seed * 1000003 + std::llround(100 * (snr_db + 1000)));
    Score score(task.output);
    std::set<int> used;
    double symbols = 0, energy = 0, sent_vectors = 0, indices_sent = 0;
    for (std::size_t first = 0; first < features.size(); first += o.batch) {
        const auto last = std::min(features.size(), first + o.batch);
        const std::vector<FeatureMatrix> part(features.begin() + first, features.begin() + last);
        std::vector<Selection> selected;
        if (vectors > 0) {
            selected = model.select_exactly(
                o.task, modality, part, { told }, vectors, o.selection == "random");
        } else if (o.selection == "random") {
            const auto asked = model.select(o.task, modality, part, { told });
            for (std::size_t i = 0; i < part.size(); ++i)
                selected.push_back(model.select_exactly(
                    o.task, modality, { part[i] }, { told }, asked[i].features.rows, true)[0]);
        } else {
            selected = model.select(o.task, modality, part, { told });
        }
        std::vector<FeatureMatrix> sent;
        for (auto& s : selected) {
            sent_vectors += s.features.rows;
            sent.push_back(std::move(s.features));
        }
        std::vector<std::vector<std::complex<float>>> received;
        std::vector<std::vector<float>> noise;
        std::vector<float> mean_noise;
        for (const auto& indices : model.quantize(o.task, modality, sent)) {
            used.insert(indices.begin(), indices.end());
            indices_sent += static_cast<double>(indices.size());
            received.push_back(model.modulate(o.task, modality, indices));
            symbols += static_cast<double>(received.back().size());
            for (const auto& s : received.back())
                energy += std::norm(s);
            if (o.link) {
                auto& symbols_now = received.back();
                const auto sent_symbols = symbols_now.size();
                noise.push_back(o.link->pass(symbols_now, sent[noise.size()].rows, snr_db));
                if (noise.back().empty()) {
                    ++r.lost;
                    symbols_now.assign(sent_symbols, {});
                    noise.back() = { s_nothing_known };
                }
                mean_noise.push_back(std::accumulate(noise.back().begin(), noise.back().end(), 0.0f) /
                                     static_cast<float>(noise.back().size()));
            } else {
                mean_noise.push_back(channel.pass(received.back()));
                noise.push_back({ mean_noise.back() });
            }
        }
        const auto found = model.lookup(o.task, modality, received, noise, mode);
        const auto results = model.decode(o.task, { found }, mean_noise);
        for (std::size_t i = first; i < last; ++i)
            score.add(results[i - first], samples.inputs[i], samples.labels[i]);
    }
    const double n = std::max<double>(1.0, static_cast<double>(r.n));
    r.symbols_mean = symbols / n;
    r.bits_mean = indices_sent * info.bits_per_index / n;
    r.vectors_mean = sent_vectors / n;
    r.energy_mean = energy / std::max(1.0, symbols);
    r.codebook_use = static_cast<double>(used.size()) / info.codewords;
    score.write(r);
    return r;
}

} // namespace

Estimate paired_difference(const EvalResult& a, const EvalResult& b)
{
    if (a.each.empty() || a.each.size() != b.each.size())
        throw Error("paired difference: got " + std::to_string(a.each.size()) + " and " +
                    std::to_string(b.each.size()) +
                    " scores of single samples, expected as many of both");
    std::vector<double> difference(a.each.size());
    std::transform(a.each.begin(), a.each.end(), b.each.begin(), difference.begin(), std::minus<>());
    return mean(difference);
}

void EvalOptions::validate() const
{
    one_of("split", split, { "test", "val", "train" });
    if (!link)
        one_of("channel", channel, { "awgn", "rayleigh", "none" });
    one_of("decode", decode, { "hard", "soft" });
    one_of("selection", selection, { "fsm", "random" });
    if (symbols < 0 || limit < 0 || batch < 1)
        throw Error("evaluation: symbols and limit may not be negative, batch is at least 1");
}

std::vector<EvalResult>
evaluate(const Transceiver& model, const EvalOptions& options, const std::vector<double>& snr_db)
{
    options.validate();
    if (snr_db.empty())
        throw Error("evaluation: no SNR given");
    for (double snr : snr_db)
        if (!std::isfinite(snr) || std::abs(snr) > 200)
            throw Error("evaluation: SNR is " + std::to_string(snr) + " dB, expected -200 to 200");
    const auto samples = load_samples(model, options);
    if (samples.inputs.empty())
        throw Error("evaluation: no sample of split " + options.split + " that the model takes");

    // The semantic encoder does not depend on the channel: run it once.
    const auto& modality = model.info().task(options.task).modalities[0];
    std::vector<FeatureMatrix> features;
    for (std::size_t first = 0; first < samples.inputs.size(); first += options.batch) {
        const auto last = std::min(samples.inputs.size(), first + options.batch);
        auto part = model.encode(options.task,
                                 modality,
                                 { samples.inputs.begin() + first, samples.inputs.begin() + last });
        std::move(part.begin(), part.end(), std::back_inserter(features));
    }
    std::vector<EvalResult> results;
    seed_random_selection(options.seed);
    for (double snr : snr_db)
        results.push_back(evaluate_at(model, options, samples, features, snr));
    return results;
}

} // namespace udeepsc_core
