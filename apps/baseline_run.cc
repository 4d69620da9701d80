// SPDX-License-Identifier: GPL-3.0-or-later
#include "baseline_run.h"

#include <udeepsc_core/config.h>
#include <udeepsc_core/dataset.h>
#include <udeepsc_core/error.h>
#include <udeepsc_core/result.h>
#include <udeepsc_core/text.h>
#include <udeepsc_phy/random.h>

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

/*! Noise, and a gain for each payload that the receiver knows. */
class Channel {
public:
    Channel(const EvalOptions& options, double esn0_db)
        : d_fading(options.channel != "awgn")
        , d_k(options.channel == "rician" ? std::pow(10.0, options.k_factor_db / 10.0)
                                          : 0.0)
        , d_esn0_db(esn0_db)
        , d_random(options.seed)
    { }

    //! Es/N0 in dB of the next payload.
    double draw_esn0_db()
    {
        if (!d_fading)
            return d_esn0_db;
        const auto gain = std::sqrt(d_k / (d_k + 1))
            + std::sqrt(1 / (d_k + 1)) * d_random.complex_gaussian();
        return d_esn0_db + 10 * std::log10(std::max(1e-6, std::norm(gain)));
    }

    //! Equalised symbols; gives their noise variance.
    float pass(std::vector<std::complex<float>>& symbols, double esn0_db)
    {
        const double noise_var = std::pow(10.0, -esn0_db / 10.0);
        for (auto& symbol : symbols)
            symbol += std::complex<float>(d_random.complex_gaussian()
                                          * std::sqrt(noise_var));
        return static_cast<float>(noise_var);
    }

private:
    bool d_fading;
    double d_k; // line of sight to scatter; Rayleigh: 0
    double d_esn0_db;
    udeepsc_phy::Xoshiro256pp d_random;
};

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
                  Channel& channel,
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

BaselineSamples baseline_samples(const Transceiver& model, const EvalOptions& options)
{
    options.validate();
    const auto data = open(model, options);
    const auto& task = model.info().task(options.task);
    BaselineSamples out;
    out.task = options.task;
    out.dataset = data->describe().name;
    out.output = task.output;
    if (!gives_pictures(out.output) && !gives_sentences(out.output))
        throw Error("baseline: " + options.task + " gives a " + out.output
                    + ", expected a task that gives pictures or sentences");
    const std::size_t n = options.limit > 0
        ? std::min<std::size_t>(data->size(), static_cast<std::size_t>(options.limit))
        : data->size();
    for (std::size_t i = 0; i < n; ++i) { // evenly spread, as evaluate() does
        auto sample = data->at(i * data->size() / n);
        try {
            for (const auto& input : sample.inputs)
                model.check(options.task, input.first, input.second);
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
    std::vector<std::string> texts;
    for (std::size_t i = 0; i < data->size(); ++i)
        texts.push_back(normalize_sentence(data->at(i).inputs.begin()->second.utf8()));
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
    Channel channel(options, esn0_db);
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
