// SPDX-License-Identifier: GPL-3.0-or-later
#include "../blas.h"
#include "../seed.h"
#include "bundle.h"
#include "inference.h"

#include <udeepsc_core/error.h>
#include <udeepsc_core/file_io.h>
#include <udeepsc_core/text.h>
#include <udeepsc_core/transceiver.h>

#include <ATen/Parallel.h>
#include <nlohmann/json.hpp>

#include <cmath>
#include <filesystem>
#include <functional>
#include <mutex>

namespace udeepsc_core {

namespace fs = std::filesystem;

namespace {

// Runs f without gradients; LibTorch's exceptions become ours.
template <class Function>
auto guarded(const char* doing, Function f)
{
    c10::InferenceMode no_gradients;
    try {
        return f();
    } catch (const c10::Error& e) {
        throw Error(std::string(doing) + ": " + e.what_without_backtrace());
    }
}

// Samples with equal keys can be one batch; their numbers, batch by batch.
template <class Key>
std::vector<std::vector<std::size_t>> batches_of(const std::vector<Key>& keys)
{
    std::map<Key, std::vector<std::size_t>> groups;
    for (std::size_t i = 0; i < keys.size(); ++i)
        groups[keys[i]].push_back(i);
    std::vector<std::vector<std::size_t>> batches;
    for (auto& g : groups)
        batches.push_back(std::move(g.second));
    return batches;
}

torch::Tensor to_tensor(const FeatureMatrix& m)
{
    return torch::from_blob(const_cast<float*>(m.data.data()), { m.rows, m.cols }, torch::kFloat)
        .clone();
}

FeatureMatrix to_matrix(const torch::Tensor& t)
{
    const auto c = t.to(torch::kFloat).contiguous();
    FeatureMatrix m;
    m.rows = static_cast<int>(c.size(0));
    m.cols = static_cast<int>(c.size(1));
    m.data.assign(c.data_ptr<float>(), c.data_ptr<float>() + c.numel());
    return m;
}

void check_matrix(const FeatureMatrix& m, int cols, int max_rows, const std::string& what)
{
    const auto size = static_cast<std::size_t>(m.rows) * static_cast<std::size_t>(std::max(0, m.cols));
    if (m.rows < 1 || m.rows > max_rows || m.cols != cols || m.data.size() != size)
        throw Error(what + ": got [" + std::to_string(m.rows) + ", " + std::to_string(m.cols) +
                    "] with " + std::to_string(m.data.size()) + " values, expected [1 to " +
                    std::to_string(max_rows) + ", " + std::to_string(cols) + "]");
    for (float v : m.data)
        if (!std::isfinite(v))
            throw Error(what + ": holds NaN or infinity");
}

double noise_of_db(double snr_db)
{
    const double noise_var = std::pow(10.0, -snr_db / 10.0);
    return noise_var / (1.0 + noise_var);
}

// A vocabulary that spells any ASCII text, for models without a trained tokenizer.
std::shared_ptr<const Tokenizer> character_tokenizer()
{
    std::string vocabulary = "[PAD]\n[UNK]\n";
    for (char c = '!'; c <= '~'; ++c) {
        if (c >= 'A' && c <= 'Z')
            continue;
        vocabulary += std::string(1, c) + "\n##" + c + "\n";
    }
    return make_tokenizer("wordpiece", { vocabulary.begin(), vocabulary.end() });
}

class TorchTransceiver : public Transceiver
{
public:
    TorchTransceiver(Bundle bundle, const std::string& path, const Options& options)
        : d_bundle(std::move(bundle)),
          d_network(d_bundle.network),
          d_config(d_network->config())
    {
        if (options.dtype != "fp32" && options.dtype != "bf16")
            throw Error("model precision: got \"" + options.dtype + "\", expected fp32 or bf16");
        make_info(path);
        prepare_for_inference(d_network, options.dtype == "bf16" ? torch::kBFloat16 : torch::kFloat);
    }

    const ModelInfo& info() const override { return d_info; }

    void check(const std::string& task,
               const std::string& modality,
               const SourceSample& sample) const override
    {
        d_config.task(task).input(modality);
        const auto& encoder = d_config.encoder(modality);
        if (modality == "image") {
            const int side = encoder.image_size;
            if (sample.height != side || sample.width != side ||
                sample.bytes.size() != static_cast<std::size_t>(3 * side * side))
                throw Error("picture: got " + std::to_string(sample.height) + "x" +
                            std::to_string(sample.width) + " with " +
                            std::to_string(sample.bytes.size()) + " bytes, expected " +
                            std::to_string(side) + "x" + std::to_string(side) + " RGB, " +
                            std::to_string(3 * side * side) + " bytes");
        } else if (modality == "text") {
            tokens_of(sample);
        } else {
            const auto n = sample.frames.size();
            if (n == 0 || n % encoder.features != 0 ||
                n / encoder.features > static_cast<std::size_t>(encoder.max_frames))
                throw Error("speech: got " + std::to_string(n) + " values, expected 1 to " +
                            std::to_string(encoder.max_frames) + " frames of " +
                            std::to_string(encoder.features));
            for (float v : sample.frames)
                if (!std::isfinite(v))
                    throw Error("speech: holds NaN or infinity");
        }
    }

    std::vector<FeatureMatrix> encode(const std::string& task,
                                      const std::string& modality,
                                      const std::vector<SourceSample>& samples) const override
    {
        return guarded("semantic encoder", [&] {
            std::vector<torch::Tensor> inputs;
            std::vector<std::int64_t> lengths;
            for (const auto& sample : samples) {
                if (modality != "text")
                    check(task, modality, sample);
                inputs.push_back(input_of(task, modality, sample));
                lengths.push_back(inputs.back().size(0));
            }
            std::vector<FeatureMatrix> out(samples.size());
            for (const auto& batch : batches_of(lengths)) {
                std::vector<torch::Tensor> stack;
                for (auto i : batch)
                    stack.push_back(inputs[i]);
                const auto features =
                    d_network->encoder(modality)->semantic(task, torch::stack(stack), {});
                for (std::size_t k = 0; k < batch.size(); ++k)
                    out[batch[k]] = to_matrix(features[k]);
            }
            return out;
        });
    }

    std::vector<Selection> select(const std::string& task,
                                  const std::string& modality,
                                  const std::vector<FeatureMatrix>& features,
                                  const std::vector<double>& snr_db) const override
    {
        return select_vectors(task, modality, features, snr_db, 0, false);
    }

    std::vector<Selection> select_exactly(const std::string& task,
                                          const std::string& modality,
                                          const std::vector<FeatureMatrix>& features,
                                          const std::vector<double>& snr_db,
                                          int vectors,
                                          bool random) const override
    {
        if (vectors < 1)
            throw Error("feature selector: got " + std::to_string(vectors) +
                        " vectors to send, expected 1 or more");
        if (d_config.task(task).input(modality).max_vectors == 0)
            throw Error("feature selector: task " + task + " sends every vector");
        return select_vectors(task, modality, features, snr_db, vectors, random);
    }

private:
    // vectors = 0: as many as f_n says
    std::vector<Selection> select_vectors(const std::string& task,
                                          const std::string& modality,
                                          const std::vector<FeatureMatrix>& features,
                                          const std::vector<double>& snr_db,
                                          int vectors,
                                          bool random) const
    {
        if (snr_db.empty() || (snr_db.size() != 1 && snr_db.size() != features.size()))
            throw Error("feature selector: got " + std::to_string(snr_db.size()) +
                        " SNR values for " + std::to_string(features.size()) + " samples");
        for (double snr : snr_db)
            if (!std::isfinite(snr))
                throw Error("feature selector: SNR is " + std::to_string(snr) +
                            " dB, expected a finite number");
        d_config.task(task).input(modality);
        const auto& encoder_config = d_config.encoder(modality);
        return guarded("feature selector", [&] {
            auto encoder = d_network->encoder(modality);
            std::vector<std::pair<int, int>> keys; // rows in, vectors out
            for (std::size_t i = 0; i < features.size(); ++i) {
                check_matrix(features[i],
                             encoder_config.dim,
                             encoder_config.max_positions() + 1,
                             "feature selector: features");
                if (features[i].rows < 2)
                    throw Error("feature selector: a sample without a feature vector");
                const int candidates = encoder->candidates(task, features[i].rows);
                const double noise = noise_of_db(snr_db.size() == 1 ? snr_db[0] : snr_db[i]);
                const int count = vectors > 0 ? std::min(vectors, candidates)
                                              : encoder->vectors_to_send(task, candidates, noise);
                keys.emplace_back(features[i].rows, count);
            }
            std::vector<Selection> out(features.size());
            for (const auto& batch : batches_of(keys)) {
                std::vector<torch::Tensor> stack;
                std::vector<float> noise;
                for (auto i : batch) {
                    stack.push_back(to_tensor(features[i]));
                    noise.push_back(
                        static_cast<float>(noise_of_db(snr_db.size() == 1 ? snr_db[0] : snr_db[i])));
                }
                const auto kept = encoder->select(
                    task, torch::stack(stack), torch::tensor(noise), keys[batch[0]].second, random);
                const auto sent = NetworkImpl::normalize_power(kept.features, {});
                for (std::size_t k = 0; k < batch.size(); ++k) {
                    auto& s = out[batch[k]];
                    s.features = to_matrix(sent[k]);
                    const auto places = kept.kept[k].contiguous();
                    s.kept.assign(places.data_ptr<std::int64_t>(),
                                  places.data_ptr<std::int64_t>() + places.numel());
                    s.candidates = encoder->candidates(task, keys[batch[k]].first);
                }
            }
            return out;
        });
    }

public:
    std::vector<std::vector<std::uint16_t>>
    quantize(const std::string& task,
             const std::string& modality,
             const std::vector<FeatureMatrix>& features) const override
    {
        const int cols = columns(task, modality);
        return guarded("codebook", [&] {
            auto book = d_network->codebook(modality);
            std::vector<std::vector<std::uint16_t>> out;
            for (const auto& m : features) {
                check_matrix(m, cols, max_rows(modality), "codebook: features");
                const auto indices =
                    book->nearest(to_tensor(m).view({ -1, d_config.codebook.subvector_dim }))
                        .contiguous();
                out.emplace_back(indices.data_ptr<std::int64_t>(),
                                 indices.data_ptr<std::int64_t>() + indices.numel());
            }
            return out;
        });
    }

    std::vector<std::complex<float>>
    modulate(const std::string& task,
             const std::string& modality,
             const std::vector<std::uint16_t>& indices) const override
    {
        const int entries = d_config.codebook.entries;
        for (auto index : indices)
            if (index >= entries)
                throw Error("modulator: index " + std::to_string(index) + ", expected 0 to " +
                            std::to_string(entries - 1));
        const auto vectors = static_cast<std::int64_t>(indices.size()) /
                             d_config.task(task).input(modality).subvectors;
        return guarded("modulator", [&] {
            auto wide = torch::empty({ 1, static_cast<std::int64_t>(indices.size()) }, torch::kLong);
            std::copy(indices.begin(), indices.end(), wide.data_ptr<std::int64_t>());
            const auto symbols =
                (d_network->mapping().modulate(wide)[0] * d_network->tx_gain(task, modality, vectors))
                    .contiguous();
            const auto* p = symbols.data_ptr<float>();
            std::vector<std::complex<float>> out(symbols.size(0));
            for (std::size_t i = 0; i < out.size(); ++i)
                out[i] = { p[2 * i], p[2 * i + 1] };
            return out;
        });
    }

    int symbols_for(const std::string& task, const std::string& modality, int vectors) const override
    {
        return d_config.symbols_for(vectors * d_config.task(task).input(modality).subvectors);
    }

    int vectors_in(const std::string& task, const std::string& modality, int symbols) const override
    {
        // Several counts of vectors may need the same count of symbols only if a vector
        // takes less than a symbol; then the most that fit is meant.
        const int bits_a_vector = d_config.task(task).input(modality).subvectors *
                                  (d_config.mapping == "symbol" ? 1 : d_config.bits_per_index());
        const int bits = symbols * (d_config.mapping == "symbol" ? 1 : d_config.bits_per_symbol());
        const int vectors = bits / bits_a_vector;
        return symbols > 0 && vectors > 0 && symbols_for(task, modality, vectors) == symbols ? vectors
                                                                                             : -1;
    }

    std::vector<FeatureMatrix>
    lookup(const std::string& task,
           const std::string& modality,
           const std::vector<std::vector<std::complex<float>>>& symbols,
           const std::vector<std::vector<float>>& noise_var,
           LookupMode mode) const override
    {
        if (noise_var.size() != symbols.size())
            throw Error("look-up: got " + std::to_string(noise_var.size()) +
                        " noise variances for " + std::to_string(symbols.size()) + " samples");
        const int subvectors = d_config.task(task).input(modality).subvectors;
        const int cols = columns(task, modality);
        return guarded("look-up", [&] {
            std::vector<FeatureMatrix> out;
            for (std::size_t i = 0; i < symbols.size(); ++i) {
                const int count = static_cast<int>(symbols[i].size());
                const int vectors = vectors_in(task, modality, count);
                if (vectors < 1 || vectors > max_rows(modality))
                    throw Error("look-up: " + std::to_string(count) + " symbols are no whole number of " +
                                task + " feature vectors");
                if (noise_var[i].size() != 1 && noise_var[i].size() != symbols[i].size())
                    throw Error("look-up: got " + std::to_string(noise_var[i].size()) +
                                " noise variances for " + std::to_string(count) + " symbols");
                for (float v : noise_var[i])
                    if (!(v >= 0) || std::isinf(v))
                        throw Error("look-up: noise variance is " + std::to_string(v) +
                                    ", expected a finite number from 0");
                for (const auto& s : symbols[i])
                    if (!std::isfinite(s.real()) || !std::isfinite(s.imag()))
                        throw Error("look-up: a symbol is NaN or infinite");
                const auto y = torch::from_blob(const_cast<std::complex<float>*>(symbols[i].data()),
                                                { 1, count, 2 },
                                                torch::kFloat)
                                   .clone();
                const auto noise =
                    torch::tensor(noise_var[i]).view({ 1, -1 }).clamp(1e-6, 1e6);
                const int n = vectors * subvectors;
                const auto gain = d_network->tx_gain(task, modality, vectors);
                auto book = d_network->codebook(modality);
                const auto found =
                    mode == LookupMode::soft
                        ? book->mean(d_network->mapping().posterior(y, noise, gain, n))
                        : book->look_up(d_network->mapping().decide(y, gain, n));
                out.push_back(to_matrix(found.view({ vectors, cols })));
            }
            return out;
        });
    }

    std::vector<TaskResult> decode(const std::string& task_name,
                                   const std::vector<std::vector<FeatureMatrix>>& features,
                                   const std::vector<float>& noise_var) const override
    {
        const auto& task = d_config.task(task_name);
        if (features.size() != task.inputs.size())
            throw Error("decoder: task " + task_name + " takes " + std::to_string(task.inputs.size()) +
                        " modalities, got " + std::to_string(features.size()));
        const std::size_t n = features[0].size();
        for (const auto& f : features)
            if (f.size() != n || noise_var.size() != n)
                throw Error("decoder: counts of samples and noise variances differ");
        for (float v : noise_var)
            if (!(v >= 0) || std::isinf(v))
                throw Error("decoder: noise variance is " + std::to_string(v) +
                            ", expected a finite number from 0");
        return guarded("decoder", [&] {
            std::vector<std::vector<int>> keys(n); // rows of each modality
            for (std::size_t m = 0; m < task.inputs.size(); ++m)
                for (std::size_t i = 0; i < n; ++i) {
                    const auto& modality = task.inputs[m].modality;
                    check_matrix(features[m][i],
                                 columns(task_name, modality),
                                 max_rows(modality),
                                 "decoder: " + modality + " features");
                    const int rows = features[m][i].rows;
                    if (task.aligned && task.output == "picture" && rows != task.queries)
                        throw Error("decoder: got " + std::to_string(rows) + " feature vectors, task " +
                                    task_name + " needs " + std::to_string(task.queries));
                    if (task.output == "sentence" && rows > task.queries)
                        throw Error("decoder: got " + std::to_string(rows) +
                                    " feature vectors, expected at most " +
                                    std::to_string(task.queries));
                    keys[i].push_back(rows);
                }
            std::vector<TaskResult> out(n);
            for (const auto& batch : batches_of(keys)) {
                std::vector<ReceivedFeatures> received;
                for (std::size_t m = 0; m < task.inputs.size(); ++m) {
                    std::vector<torch::Tensor> stack;
                    for (auto i : batch)
                        stack.push_back(to_tensor(features[m][i]));
                    received.push_back({ task.inputs[m].modality, torch::stack(stack), {} });
                }
                std::vector<float> noise;
                for (auto i : batch)
                    noise.push_back(noise_var[i]);
                const auto output = d_network->receiver()
                                        ->forward(task_name, received, normalized_noise(torch::tensor(noise)))
                                        .to(torch::kFloat);
                for (std::size_t k = 0; k < batch.size(); ++k)
                    out[batch[k]] = result_of(task, output[k]);
            }
            return out;
        });
    }

private:
    std::vector<int> tokens_of(const SourceSample& sample) const
    {
        const std::string text(sample.bytes.begin(), sample.bytes.end());
        if (!is_valid_utf8(text))
            throw Error("text: is no valid UTF-8");
        // Long before the tokenizer would be slow: no token is longer than 64 bytes.
        const int most = d_config.encoder("text").max_tokens;
        if (text.size() > static_cast<std::size_t>(most) * 64)
            throw Error("text: " + std::to_string(text.size()) + " bytes are more than " +
                        std::to_string(most) + " tokens; split it");
        auto tokens = d_bundle.tokenizer->encode(text);
        if (tokens.empty())
            throw Error("text: is empty");
        if (tokens.size() > static_cast<std::size_t>(most))
            throw Error("text: " + std::to_string(tokens.size()) + " tokens, expected at most " +
                        std::to_string(most) + "; split it");
        return tokens;
    }

    // One sample as the encoder takes it, without the batch dimension.
    torch::Tensor input_of(const std::string& task,
                           const std::string& modality,
                           const SourceSample& sample) const
    {
        d_config.task(task).input(modality);
        if (modality == "image") {
            const int side = sample.height;
            return torch::from_blob(const_cast<std::uint8_t*>(sample.bytes.data()),
                                    { side, side, 3 },
                                    torch::kByte)
                .permute({ 2, 0, 1 })
                .to(torch::kFloat)
                .div(255.0);
        }
        if (modality == "text") {
            const auto tokens = tokens_of(sample);
            return torch::tensor(std::vector<std::int64_t>(tokens.begin(), tokens.end()));
        }
        const int width = d_config.encoder(modality).features;
        return torch::from_blob(const_cast<float*>(sample.frames.data()),
                                { static_cast<std::int64_t>(sample.frames.size()) / width, width },
                                torch::kFloat);
    }

    TaskResult result_of(const TaskConfig& task, const torch::Tensor& output) const
    {
        TaskResult r;
        r.task = task.name;
        if (task.output == "label") {
            const auto p = torch::softmax(output, -1).contiguous();
            r.probabilities.assign(p.data_ptr<float>(), p.data_ptr<float>() + p.numel());
            r.label = static_cast<int>(p.argmax().item<std::int64_t>());
        } else if (task.output == "picture") {
            const auto pixels =
                (output.clamp(0, 1) * 255.0).round().to(torch::kByte).permute({ 1, 2, 0 }).contiguous();
            r.height = static_cast<int>(pixels.size(0));
            r.width = static_cast<int>(pixels.size(1));
            r.picture.assign(pixels.data_ptr<std::uint8_t>(),
                             pixels.data_ptr<std::uint8_t>() + pixels.numel());
        } else {
            const auto best = output.argmax(-1).contiguous();
            std::vector<int> tokens;
            for (std::int64_t i = 0; i < best.numel(); ++i) // ids past the tokenizer's: never trained
                tokens.push_back(static_cast<int>(
                    std::min<std::int64_t>(best[i].item<std::int64_t>(), d_bundle.tokenizer->size() - 1)));
            r.sentence = d_bundle.tokenizer->decode(tokens);
        }
        return r;
    }

    int columns(const std::string& task, const std::string& modality) const
    {
        return d_config.task(task).input(modality).subvectors * d_config.codebook.subvector_dim;
    }

    int max_rows(const std::string& modality) const
    {
        return d_config.encoder(modality).max_positions() + 1;
    }

    void make_info(const std::string& path)
    {
        d_info.name = d_config.name;
        d_info.id = d_config.name + "-" + d_bundle.hash;
        d_info.path = path;
        d_info.config = d_config.to_json();
        d_info.training = d_bundle.training;
        d_info.modulation = d_config.modulation;
        d_info.mapping = d_config.mapping;
        d_info.codewords = d_config.codebook.entries;
        d_info.subvector_dim = d_config.codebook.subvector_dim;
        d_info.bits_per_index = d_config.bits_per_index();
        for (const auto& e : d_config.encoders) {
            if (e.modality == "image")
                d_info.image_size = e.image_size;
            else if (e.modality == "text")
                d_info.max_tokens = e.max_tokens;
            else
                d_info.speech_features = e.features;
        }
        const auto training = nlohmann::json::parse(d_bundle.training, nullptr, false);
        if (training.is_object() && training.contains("snr_db") && training["snr_db"].is_array() &&
            training["snr_db"].size() == 2 && training["snr_db"][0].is_number() &&
            training["snr_db"][1].is_number()) {
            d_info.snr_min_db = training["snr_db"][0].get<double>();
            d_info.snr_max_db = training["snr_db"][1].get<double>();
        }
        for (const auto& p : d_network->parameters())
            d_info.parameters += p.numel();
        for (const auto& t : d_config.tasks) {
            TaskInfo task;
            task.name = t.name;
            task.output = t.output;
            task.metric = t.metric();
            task.classes = t.classes;
            task.aligned = t.aligned;
            for (const auto& m : t.inputs) {
                task.modalities.push_back(m.modality);
                task.subvectors[m.modality] = m.subvectors;
                task.min_vectors[m.modality] = m.min_vectors;
                task.max_vectors[m.modality] = m.max_vectors;
                const auto gains = d_network->tx_gains(t.name, m.modality).contiguous();
                task.tx_gain[m.modality].assign(gains.data_ptr<float>(),
                                                gains.data_ptr<float>() + gains.numel());
            }
            d_info.tasks.push_back(task);
        }
    }

    Bundle d_bundle;
    mutable Network d_network; // inference changes nothing in it
    const ModelConfig& d_config;
    ModelInfo d_info;
};

// The text of a configuration, of the model's part if it is a training configuration.
std::string config_text(const std::string& config)
{
    auto text = config;
    if (config.find('{') == std::string::npos) {
        const auto bytes = read_file(config);
        text.assign(bytes.begin(), bytes.end());
    }
    const auto root = nlohmann::json::parse(text, nullptr, false);
    if (root.is_object() && root.contains("model"))
        return root["model"].dump();
    return text;
}

Bundle random_bundle(const std::string& config, std::uint64_t seed)
{
    auto model = ModelConfig::from_json(config_text(config));
    Bundle bundle;
    for (auto& e : model.encoders)
        if (e.modality == "text") {
            e.tokenizer = "wordpiece";
            bundle.tokenizer = character_tokenizer();
            if (bundle.tokenizer->size() > e.vocabulary)
                throw Error("random model: vocabulary is " + std::to_string(e.vocabulary) +
                            ", expected at least " + std::to_string(bundle.tokenizer->size()));
        }
    torch::manual_seed(seed);
    bundle.network = Network(model);
    bundle.hash = "random-" + std::to_string(seed);
    return bundle;
}

} // namespace

float TaskInfo::gain(const std::string& modality, int vectors) const
{
    const auto& gains = tx_gain.at(modality);
    const auto place = std::min<std::size_t>(std::max(vectors, 1), gains.size()) - 1;
    return gains[place];
}

const TaskInfo& ModelInfo::task(const std::string& task_name) const
{
    std::string known;
    for (const auto& t : tasks) {
        if (t.name == task_name)
            return t;
        known += (known.empty() ? "" : ", ") + t.name;
    }
    throw Error("model " + name + " has no task \"" + task_name + "\"; it has " + known);
}

std::shared_ptr<const Transceiver> Transceiver::load(const std::string& path, const Options& options)
{
    static std::mutex lock;
    static std::map<std::string, std::weak_ptr<const Transceiver>> loaded;
    std::error_code fault;
    const auto real = fs::weakly_canonical(path, fault);
    const auto changed = fs::last_write_time(path, fault); // a new file under the old name
    const auto key = (fault ? path : real.string()) + "|" + options.dtype + "|" +
                     (fault ? "" : std::to_string(changed.time_since_epoch().count()));
    const std::lock_guard<std::mutex> guard(lock);
    if (auto shared = loaded[key].lock())
        return shared;
    std::shared_ptr<const Transceiver> fresh;
    try {
        fresh = std::make_shared<TorchTransceiver>(read_bundle(path), path, options);
    } catch (const c10::Error& e) {
        throw Error("model " + path + ": " + e.what_without_backtrace());
    }
    loaded[key] = fresh;
    return fresh;
}

std::shared_ptr<const Transceiver> Transceiver::load(const std::string& path)
{
    return load(path, Options());
}

std::shared_ptr<const Transceiver>
Transceiver::random(const std::string& config, std::uint64_t seed, const Options& options)
{
    return std::make_shared<TorchTransceiver>(random_bundle(config, seed), "", options);
}

void write_random_model(const std::string& config, std::uint64_t seed, const std::string& path)
{
    write_bundle(path, random_bundle(config, seed), false);
}

void seed_random_selection(std::uint64_t seed)
{
    torch::manual_seed(seed);
}

void set_threads(int threads)
{
    at::set_num_threads(std::max(1, threads));
    set_blas_threads(std::max(1, threads));
}

} // namespace udeepsc_core
