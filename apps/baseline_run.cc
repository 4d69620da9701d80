// SPDX-License-Identifier: GPL-3.0-or-later
#include "baseline_run.h"
#include "baseline_channel.h"

#include <udeepsc_core/config.h>
#include <udeepsc_core/dataset.h>
#include <udeepsc_core/error.h>
#include <udeepsc_core/result.h>
#include <udeepsc_core/text.h>

#include <algorithm>
#include <cmath>

using namespace udeepsc_core;
using udeepsc_conventional::RgbPicture;
using udeepsc_conventional::Scheme;

namespace {

std::shared_ptr<const Dataset> open(const Transceiver& model, const EvalOptions& options)
{
    DatasetOptions data;
    data.data_dir = options.data_dir;
    data.split = options.split;
    data.max_bad = options.max_bad;
    data.data = options.datasets.empty() ? model.info().task(options.task).data
                                         : options.datasets;
    return open_data(ModelConfig::from_json(model.info().config), options.task, data);
}

// What a sample's blocks take together, at the best SNR: both tasks send every vector.
std::size_t
symbols_of(const Transceiver& model, const std::string& task, const Sample& sample)
{
    std::size_t symbols = 0;
    const auto blocks = transmit(model, task, { sample }, {});
    for (const auto& block : blocks.at(0))
        symbols += block.symbols.size();
    return symbols;
}

/*! One payload, sent and received. */
struct Exchange {
    Scheme::Sent sent;
    TaskResult result;
    bool lost; //!< not all of it could be decoded
};

//! \param known_db Es/N0 that the transmitter knows \param esn0_db that there is
Exchange exchange(const Scheme& scheme,
                  const SourceSample& source,
                  std::size_t symbols,
                  BaselineChannel& channel,
                  double known_db,
                  double esn0_db)
{
    Exchange e;
    RgbPicture picture;
    if (scheme.sends_pictures()) {
        picture = { source.shape.at(0), source.shape.at(1), source.bytes };
        e.sent = scheme.send(picture, symbols, known_db);
    } else { // as it is scored
        e.sent = scheme.send(normalize_sentence(source.utf8()), symbols, known_db);
    }
    udeepsc_conventional::DecodedBits bits;
    if (scheme.is_capacity()) {
        bits = Scheme::deliver(e.sent);
    } else {
        auto received = e.sent.symbols;
        const float noise_var = channel.pass(received, esn0_db);
        bits = scheme.receive(received, { noise_var }, e.sent.mcs);
    }
    e.lost = bits.sound < bits.bits.size();
    if (scheme.sends_pictures()) {
        e.result.height = picture.height;
        e.result.width = picture.width;
        e.result.picture = scheme.picture_of(bits, picture.height, picture.width).rgb;
    } else {
        e.result.sentence = repair_utf8(scheme.text_of(bits));
    }
    return e;
}

int commonest_label(const Transceiver& model, EvalOptions options)
{
    options.split = "train";
    const auto data = open(model, options);
    std::map<int, std::size_t> counts;
    for (std::size_t i = 0; i < data->size(); ++i)
        ++counts[data->at(i).target.label];
    return std::max_element(
               counts.begin(),
               counts.end(),
               [](const auto& a, const auto& b) { return a.second < b.second; })
        ->first;
}

} // namespace

// A kind tells what it is by what it makes of a result.
bool gives_pictures(const std::string& output)
{
    TaskResult result;
    result.height = result.width = 1;
    result.picture = { 1, 2, 3 };
    return result_kind(output).payload(result).bytes == result.picture;
}

bool gives_sentences(const std::string& output)
{
    TaskResult result;
    result.sentence = "a";
    return result_kind(output).payload(result).bytes == std::vector<std::uint8_t> { 'a' };
}

bool takes_texts(const Transceiver& model, const std::string& task)
{
    const auto& info = model.info().task(task);
    return !gives_pictures(info.output) && !gives_sentences(info.output)
        && std::all_of(
            info.modalities.begin(), info.modalities.end(), [&](const auto& name) {
                const auto& m = model.info().modality(name);
                return m.payload == PayloadType::bytes && m.shape.size() == 1;
            });
}

BaselineSamples baseline_samples(const Transceiver& model, const EvalOptions& options)
{
    options.validate();
    const auto data = open(model, options);
    const auto& task = model.info().task(options.task);
    BaselineSamples out;
    out.task = options.task;
    out.dataset = data->describe().name;
    out.output = task.output;
    if (!gives_pictures(out.output) && !gives_sentences(out.output)
        && !takes_texts(model, options.task))
        throw Error(
            "baseline: " + options.task + " gives a " + out.output
            + ", expected a task that gives pictures or sentences, or takes texts "
              "alone");
    if (takes_texts(model, options.task))
        out.guess = commonest_label(model, options);
    const std::size_t n = options.limit > 0
        ? std::min<std::size_t>(data->size(), static_cast<std::size_t>(options.limit))
        : data->size();
    for (std::size_t i = 0; i < n; ++i) { // evenly spread, as evaluate() does
        auto sample = data->at(i * data->size() / n);
        try {
            for (const auto& input : sample.inputs)
                model.check(options.task, input.first, input.second);
            for (const auto& input : sample.context)
                for (const auto& earlier : input.second)
                    model.check(options.task, input.first, earlier);
        } catch (const Error&) { // too long, mostly
            ++out.skipped;
            continue;
        }
        out.symbols.push_back(options.symbols > 0
                                  ? static_cast<std::size_t>(options.symbols)
                                  : symbols_of(model, options.task, sample));
        out.samples.push_back(std::move(sample));
    }
    return out;
}

BaselineSamples baseline_pictures(const Transceiver& model,
                                  const EvalOptions& options,
                                  const std::vector<std::string>& files,
                                  bool tiles)
{
    const auto& task = model.info().task(options.task);
    if (!gives_pictures(task.output))
        throw Error("baseline: " + options.task + " gives a " + task.output
                    + ", expected a task that gives pictures");
    const int side = model.info().size_of("image");
    const auto& modality = task.modalities.at(0);
    Sample blank;
    blank.inputs[modality] = model.blank(modality);
    const std::size_t symbols = options.symbols > 0
        ? static_cast<std::size_t>(options.symbols)
        : symbols_of(model, options.task, blank);
    BaselineSamples out;
    out.task = options.task;
    out.dataset = tiles ? "tiles" : "pictures";
    out.output = task.output;
    const auto add = [&](const Picture& part, std::size_t uses, const std::string& file) {
        Sample sample;
        sample.inputs[modality] = SourceSample::image(part.height, part.width, part.rgb);
        sample.name = file;
        out.samples.push_back(std::move(sample));
        out.symbols.push_back(uses);
    };
    for (const auto& file : files) {
        const auto picture = load_picture(file);
        const auto cut = cut_tiles(picture, side);
        if (tiles)
            for (const auto& tile : cut)
                add(tile, symbols, file);
        else
            add(picture, symbols * cut.size(), file);
    }
    return out;
}

std::vector<std::string> training_texts(const Transceiver& model, EvalOptions options)
{
    options.split = "train";
    const auto data = open(model, options);
    const bool as_they_are = takes_texts(model, options.task);
    const auto text_of = [&](const SourceSample& text) {
        return as_they_are ? text.utf8() : normalize_sentence(text.utf8());
    };
    std::vector<std::string> texts;
    for (std::size_t i = 0; i < data->size(); ++i) {
        const auto sample = data->at(i);
        texts.push_back(text_of(sample.inputs.begin()->second));
        for (const auto& input : sample.context)
            for (const auto& earlier : input.second)
                texts.push_back(text_of(earlier));
    }
    return texts;
}

BaselineResult run_baseline(const Scheme& scheme,
                            const BaselineSamples& samples,
                            const EvalOptions& options,
                            double esn0_db,
                            double margin_db,
                            const PictureClassifier* classifier)
{
    BaselineResult out;
    auto& r = out.result;
    r.task = samples.task;
    r.dataset = samples.dataset;
    r.channel = options.channel;
    r.snr_db = esn0_db;
    r.skipped = samples.skipped;
    r.n = static_cast<std::int64_t>(samples.samples.size());
    const auto& kind = result_kind(samples.output);
    r.metric = kind.metric();
    const auto scorer = kind.scorer();
    std::vector<TaskResult> results;
    BaselineChannel channel(options, esn0_db);
    for (std::size_t i = 0; i < samples.samples.size(); ++i) {
        const double here_db = channel.draw_esn0_db();
        // An ideal code has the right rate whatever the gain.
        const bool knows = options.csi_at_transmitter || scheme.is_capacity();
        const double known_db = (knows ? here_db : esn0_db) - margin_db;
        const auto& source = samples.samples[i].inputs.begin()->second;
        const auto e
            = exchange(scheme, source, samples.symbols[i], channel, known_db, here_db);
        results.push_back(e.result);
        r.lost += e.lost;
        if (!scheme.is_capacity())
            ++out.formats[to_string(e.sent.mcs)];
        r.symbols_mean += double(samples.symbols[i]);
        r.bits_mean += double(e.sent.source_bits);
    }
    if (classifier)
        classifier->classify(results);
    for (std::size_t i = 0; i < results.size(); ++i)
        scorer->add(results[i], samples.samples[i]);
    r.symbols_mean /= double(r.n);
    r.bits_mean /= double(r.n);
    const auto score = scorer->score();
    r.value = score.main.value;
    r.ci95 = score.main.ci95;
    r.also = score.also;
    r.each = score.each;
    const auto words = r.also.find("words");
    if (words != r.also.end()) {
        r.also["symbols_per_word"]
            = r.symbols_mean * double(r.n) / std::max(1.0, words->second);
        r.also.erase("words");
    }
    return out;
}
