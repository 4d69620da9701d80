// SPDX-License-Identifier: GPL-3.0-or-later
#include "../files/printable.h"

#include <udeepsc_core/error.h>
#include <udeepsc_core/safetensors.h>
#include <udeepsc_core/value_scorer.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <random>

namespace udeepsc_core {
namespace {

const char* const s_format = "udeepsc-value-scorer";
const char* const s_version = "1";
constexpr int MOST_WAVES = 4096;

// Solves A x = b, A symmetric and positive definite [n, n], in place (Cholesky).
std::vector<double> solve(std::vector<double> a, std::vector<double> b)
{
    const std::size_t n = b.size();
    for (std::size_t j = 0; j < n; ++j) {
        for (std::size_t i = j; i < n; ++i) {
            double sum = a[i * n + j];
            for (std::size_t k = 0; k < j; ++k)
                sum -= a[i * n + k] * a[j * n + k];
            if (i == j && !(sum > 0))
                throw Error("value scorer: the entries cannot be told apart");
            a[i * n + j] = i == j ? std::sqrt(sum) : sum / a[j * n + j];
        }
    }
    for (std::size_t i = 0; i < n; ++i) {
        for (std::size_t k = 0; k < i; ++k)
            b[i] -= a[i * n + k] * b[k];
        b[i] /= a[i * n + i];
    }
    for (std::size_t i = n; i-- > 0;) {
        for (std::size_t k = i + 1; k < n; ++k)
            b[i] -= a[k * n + i] * b[k];
        b[i] /= a[i * n + i];
    }
    return b;
}

std::vector<double> mean_row(const FeatureMatrix& features)
{
    std::vector<double> mean(static_cast<std::size_t>(features.cols));
    for (std::size_t i = 0; i < features.data.size(); ++i)
        mean[i % mean.size()] += features.data[i] / features.rows;
    return mean;
}

void check(const std::vector<FeatureMatrix>& entries,
           const std::vector<double>& damages,
           const ValueScorerOptions& options)
{
    if (entries.size() < 2 || entries.size() != damages.size())
        throw Error("value scorer: " + std::to_string(entries.size()) + " entries and "
                    + std::to_string(damages.size())
                    + " damages, expected two or more, as many of each");
    for (const auto& e : entries)
        if (e.rows < 1 || e.cols < 1 || e.cols != entries[0].cols
            || e.data.size()
                != static_cast<std::size_t>(e.rows) * static_cast<std::size_t>(e.cols)
            || !std::all_of(
                e.data.begin(), e.data.end(), [](float v) { return std::isfinite(v); }))
            throw Error("value scorer: features of different sizes, or not finite");
    if (!std::all_of(
            damages.begin(), damages.end(), [](double v) { return std::isfinite(v); }))
        throw Error("value scorer: a damage is not finite");
    if (options.waves < 0 || options.waves > MOST_WAVES)
        throw Error("value scorer: waves is " + std::to_string(options.waves)
                    + ", expected 0 to " + std::to_string(MOST_WAVES));
    if (!(options.ridge > 0 && options.ridge <= 1e6))
        throw Error("value scorer: ridge is " + std::to_string(options.ridge)
                    + ", expected more than 0, at most 1e6");
}

RawTensor tensor_of(const std::string& name, const std::vector<float>& values)
{
    RawTensor tensor {
        name, DType::f32, { static_cast<std::int64_t>(values.size()) }, {}
    };
    const auto* bytes = reinterpret_cast<const std::uint8_t*>(values.data());
    tensor.data.assign(bytes, bytes + values.size() * sizeof(float));
    return tensor;
}

std::vector<float> values_of(const SafetensorsFile& file, const std::string& name)
{
    for (const auto& tensor : file.tensors) {
        if (tensor.name != name || tensor.dtype != DType::f32)
            continue;
        std::vector<float> values(tensor.data.size() / sizeof(float));
        if (!values.empty())
            std::memcpy(values.data(), tensor.data.data(), tensor.data.size());
        return values;
    }
    throw Error("tensor '" + name + "' is missing or of another type");
}

} // namespace

std::vector<double> leave_one_out(const Transceiver& model,
                                  const std::string& task,
                                  const std::vector<FeatureBlock>& blocks,
                                  int label)
{
    std::vector<std::vector<FeatureBlock>> samples { blocks };
    for (std::size_t i = 0; i < blocks.size(); ++i) {
        if (blocks[i].age < 0)
            continue;
        auto rest = blocks;
        rest.erase(rest.begin() + static_cast<std::ptrdiff_t>(i));
        samples.push_back(std::move(rest));
    }
    const auto results = model.decode(task, samples);
    const auto probability = [&](const TaskResult& result) {
        return static_cast<double>(
            result.probabilities.at(static_cast<std::size_t>(label)));
    };
    std::vector<double> damages(blocks.size(), 0.0);
    std::size_t next = 1;
    for (std::size_t i = 0; i < blocks.size(); ++i)
        if (blocks[i].age >= 0)
            damages[i] = probability(results[0]) - probability(results[next++]);
    return damages;
}

std::vector<double> ValueScorer::inputs(const FeatureMatrix& features) const
{
    const auto cols = static_cast<std::size_t>(d_cols);
    const auto waves = static_cast<std::size_t>(d_waves);
    auto x = mean_row(features);
    for (std::size_t k = 0; k < cols; ++k)
        x[k] = (x[k] - d_mean[k]) * d_scale[k];
    x.resize(cols + waves + 1, 1.0);
    for (std::size_t w = 0; w < waves; ++w) {
        const float* frequency = &d_frequencies[w * (cols + 1)];
        double phase = frequency[cols];
        for (std::size_t k = 0; k < cols; ++k)
            phase += frequency[k] * x[k];
        x[cols + w] = std::cos(phase);
    }
    return x;
}

ValueScorer ValueScorer::fit(const std::vector<FeatureMatrix>& entries,
                             const std::vector<double>& damages,
                             const std::string& model_id,
                             const ValueScorerOptions& options)
{
    check(entries, damages, options);
    ValueScorer scorer;
    scorer.d_model_id = model_id;
    scorer.d_cols = entries[0].cols;
    scorer.d_waves = options.waves;
    const auto cols = static_cast<std::size_t>(scorer.d_cols);
    const double n = static_cast<double>(entries.size());
    std::vector<double> sum(cols), squares(cols);
    for (const auto& entry : entries) {
        const auto x = mean_row(entry);
        for (std::size_t k = 0; k < cols; ++k) {
            sum[k] += x[k] / n;
            squares[k] += x[k] * x[k] / n;
        }
    }
    for (std::size_t k = 0; k < cols; ++k) {
        const double variance = squares[k] - sum[k] * sum[k];
        scorer.d_mean.push_back(static_cast<float>(sum[k]));
        scorer.d_scale.push_back(
            static_cast<float>(variance > 1e-12 ? 1 / std::sqrt(variance) : 0));
    }
    // Two entries are 2 cols apart (squared) on average: the kernel's width is of that
    // order.
    std::mt19937_64 random(options.seed);
    std::normal_distribution<float> normal(0, 1 / std::sqrt(static_cast<float>(cols)));
    std::uniform_real_distribution<float> phase(0, 2 * static_cast<float>(M_PI));
    for (int w = 0; w < options.waves; ++w) {
        for (std::size_t k = 0; k < cols; ++k)
            scorer.d_frequencies.push_back(normal(random));
        scorer.d_frequencies.push_back(phase(random));
    }
    const std::size_t size = cols + static_cast<std::size_t>(options.waves) + 1;
    std::vector<double> a(size * size), b(size);
    for (std::size_t e = 0; e < entries.size(); ++e) {
        const auto z = scorer.inputs(entries[e]);
        for (std::size_t i = 0; i < size; ++i) {
            b[i] += z[i] * damages[e] / n;
            for (std::size_t j = 0; j <= i; ++j)
                a[i * size + j] += z[i] * z[j] / n;
        }
    }
    for (std::size_t i = 0; i < size; ++i) // the constant is not held back
        a[i * size + i] += i + 1 < size ? options.ridge : 1e-9;
    for (std::size_t i = 0; i < size; ++i)
        for (std::size_t j = i + 1; j < size; ++j)
            a[i * size + j] = a[j * size + i];
    const auto weights = solve(std::move(a), std::move(b));
    scorer.d_weights.assign(weights.begin(), weights.end());
    return scorer;
}

double ValueScorer::operator()(const FeatureMatrix& features) const
{
    if (features.cols != d_cols || features.rows < 1)
        throw Error("value scorer: features of " + std::to_string(features.cols)
                    + " columns, expected " + std::to_string(d_cols));
    const auto z = inputs(features);
    double value = 0;
    for (std::size_t i = 0; i < z.size(); ++i)
        value += d_weights[i] * z[i];
    return value;
}

void ValueScorer::save(const std::string& path) const
{
    SafetensorsFile file;
    file.tensors = { tensor_of("mean", d_mean),
                     tensor_of("scale", d_scale),
                     tensor_of("frequencies", d_frequencies),
                     tensor_of("weights", d_weights) };
    file.metadata = { { "format", s_format },
                      { "version", s_version },
                      { "model_id", d_model_id } };
    file.metadata["content_hash"] = content_hash(file);
    write_safetensors(path, file);
}

ValueScorer ValueScorer::load(const std::string& path, const std::string& model_id)
{
    const auto file = read_safetensors(path);
    const auto require = [&](const char* key, const std::string& expected) {
        const auto found = file.metadata.find(key);
        const std::string said = found == file.metadata.end() ? "" : found->second;
        if (said != expected)
            throw Error("value scorer '" + path + "': found " + key + " \""
                        + printable(said, 80) + "\", expected \"" + expected + "\"");
    };
    require("format", s_format);
    require("version", s_version);
    require("model_id", model_id);
    require("content_hash", content_hash(file));
    ValueScorer scorer;
    scorer.d_model_id = model_id;
    scorer.d_mean = values_of(file, "mean");
    scorer.d_scale = values_of(file, "scale");
    scorer.d_frequencies = values_of(file, "frequencies");
    scorer.d_weights = values_of(file, "weights");
    const std::size_t cols = scorer.d_mean.size();
    const std::size_t waves = scorer.d_frequencies.size() / (cols + 1);
    if (cols == 0 || scorer.d_scale.size() != cols || waves > MOST_WAVES
        || scorer.d_frequencies.size() != waves * (cols + 1)
        || scorer.d_weights.size() != cols + waves + 1)
        throw Error("value scorer '" + path + "': the tensors' sizes do not fit");
    scorer.d_cols = static_cast<int>(cols);
    scorer.d_waves = static_cast<int>(waves);
    return scorer;
}

} // namespace udeepsc_core
