// SPDX-License-Identifier: GPL-3.0-or-later
#include "learnt_file.h"
#include "ridge_regression.h"

#include <udeepsc_core/error.h>
#include <udeepsc_core/value_scorer.h>

#include <algorithm>
#include <cmath>
#include <memory>
#include <numeric>
#include <random>

namespace udeepsc_core {
namespace {

constexpr LearntFormat FORMAT { "value scorer", "udeepsc-value-scorer", "1" };
constexpr int MOST_WAVES = 4096, MOST_DIRECTIONS = 64;

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
    const auto require = [](const char* field, double value, double low, double high) {
        if (!(value >= low && value <= high))
            throw Error(std::string("value scorer: ") + field + " is "
                        + std::to_string(value) + ", expected " + std::to_string(low)
                        + ".." + std::to_string(high));
    };
    require("waves", options.waves, 0, MOST_WAVES);
    require("directions", options.directions, 0, MOST_DIRECTIONS);
    require("ridge", options.ridge, 1e-9, 1e6);
}

template <class T> std::vector<T> joined(const std::vector<std::vector<T>>& lists)
{
    std::vector<T> all;
    for (const auto& list : lists)
        all.insert(all.end(), list.begin(), list.end());
    return all;
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

void ValueScorer::standardise(const std::vector<FeatureMatrix>& entries)
{
    d_cols = entries[0].cols;
    const auto cols = static_cast<std::size_t>(d_cols);
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
        d_mean.push_back(static_cast<float>(sum[k]));
        d_scale.push_back(
            static_cast<float>(variance > 1e-12 ? 1 / std::sqrt(variance) : 0));
    }
}

std::vector<double> ValueScorer::standard(const FeatureMatrix& features) const
{
    if (features.cols != d_cols || features.rows < 1)
        throw Error("value scorer: features of " + std::to_string(features.cols)
                    + " columns, expected " + std::to_string(d_cols));
    auto x = mean_row(features);
    for (std::size_t k = 0; k < x.size(); ++k)
        x[k] = (x[k] - d_mean[k]) * d_scale[k];
    return x;
}

// Orthogonal iteration on the correlation matrix; axes are scaled to unit variance.
void ValueScorer::find_directions(const std::vector<FeatureMatrix>& entries,
                                  int directions)
{
    const auto cols = static_cast<std::size_t>(d_cols);
    d_directions = std::min(directions, d_cols);
    std::vector<double> correlation(cols * cols);
    for (const auto& entry : entries) {
        const auto x = standard(entry);
        for (std::size_t i = 0; i < cols; ++i)
            for (std::size_t j = 0; j < cols; ++j)
                correlation[i * cols + j]
                    += x[i] * x[j] / static_cast<double>(entries.size());
    }
    std::mt19937_64 random(1);
    std::normal_distribution<double> normal;
    std::vector<std::vector<double>> axes(static_cast<std::size_t>(d_directions),
                                          std::vector<double>(cols));
    for (auto& axis : axes)
        for (double& value : axis)
            value = normal(random);
    std::vector<double> variances(axes.size(), 0.0);
    constexpr int ITERATIONS = 100;
    for (int iteration = 0; iteration < ITERATIONS; ++iteration)
        for (std::size_t d = 0; d < axes.size(); ++d) {
            std::vector<double> next(cols);
            for (std::size_t i = 0; i < cols; ++i)
                for (std::size_t j = 0; j < cols; ++j)
                    next[i] += correlation[i * cols + j] * axes[d][j];
            for (std::size_t other = 0; other < d; ++other) {
                const double along = std::inner_product(
                    next.begin(), next.end(), axes[other].begin(), 0.0);
                for (std::size_t i = 0; i < cols; ++i)
                    next[i] -= along * axes[other][i];
            }
            const double length = std::sqrt(
                std::inner_product(next.begin(), next.end(), next.begin(), 0.0));
            for (std::size_t i = 0; i < cols; ++i)
                axes[d][i] = length > 1e-9 ? next[i] / length : 0;
            variances[d] = length;
        }
    for (std::size_t d = 0; d < axes.size(); ++d)
        for (const double value : axes[d])
            d_axes.push_back(static_cast<float>(
                variances[d] > 1e-6 ? value / std::sqrt(variances[d]) : 0));
}

// Two entries are 2 cols apart (squared) on average: the kernel's width is of that order.
void ValueScorer::draw_waves(const ValueScorerOptions& options)
{
    d_waves = options.waves;
    std::mt19937_64 random(options.seed);
    std::normal_distribution<float> normal(0, 1 / std::sqrt(static_cast<float>(d_cols)));
    std::uniform_real_distribution<float> phase(0, 2 * static_cast<float>(M_PI));
    for (int w = 0; w < d_waves; ++w) {
        for (int k = 0; k < d_cols; ++k)
            d_frequencies.push_back(normal(random));
        d_frequencies.push_back(phase(random));
    }
}

std::vector<double> ValueScorer::inputs(const std::vector<double>& x) const
{
    const std::size_t cols = x.size();
    auto z = x;
    z.resize(cols + static_cast<std::size_t>(d_waves) + 1, 1.0);
    for (std::size_t w = 0; w < static_cast<std::size_t>(d_waves); ++w) {
        const float* frequency = &d_frequencies[w * (cols + 1)];
        double phase = frequency[cols];
        for (std::size_t k = 0; k < cols; ++k)
            phase += frequency[k] * x[k];
        z[cols + w] = std::cos(phase);
    }
    return z;
}

std::vector<double> ValueScorer::project(const std::vector<double>& x) const
{
    std::vector<double> p(static_cast<std::size_t>(d_directions) + 1, 1.0);
    for (std::size_t d = 0; d + 1 < p.size(); ++d) {
        p[d] = 0;
        for (std::size_t k = 0; k < x.size(); ++k)
            p[d] += d_axes[d * x.size() + k] * x[k];
    }
    return p;
}

ValueScorer ValueScorer::fit(const std::vector<std::vector<FeatureMatrix>>& contexts,
                             const std::vector<std::vector<double>>& damages,
                             const std::string& model_id,
                             const ValueScorerOptions& options)
{
    const auto entries = joined(contexts);
    check(entries, joined(damages), options);
    for (std::size_t c = 0; c < contexts.size(); ++c)
        if (damages.size() != contexts.size() || damages[c].size() != contexts[c].size())
            throw Error("value scorer: a context has other damages than entries");
    ValueScorer scorer;
    scorer.d_model_id = model_id;
    scorer.standardise(entries);
    scorer.find_directions(entries, options.directions);
    scorer.draw_waves(options);
    const auto n = static_cast<std::size_t>(scorer.d_directions) + 1;
    const auto alone = static_cast<std::size_t>(scorer.d_cols + scorer.d_waves) + 1;
    RidgeRegression regression(alone + n * n);
    for (std::size_t c = 0; c < contexts.size(); ++c) {
        std::vector<double> younger(n); // sum of their projections
        for (std::size_t i = contexts[c].size(); i-- > 0;) {
            const auto x = scorer.standard(contexts[c][i]);
            const auto p = scorer.project(x);
            auto z = scorer.inputs(x);
            for (std::size_t row = 0; row < n; ++row)
                for (std::size_t column = 0; column < n; ++column)
                    z.push_back(p[row] * younger[column]);
            regression.add(z, damages[c][i]);
            for (std::size_t k = 0; k < n; ++k)
                younger[k] += p[k];
        }
    }
    const auto weights = regression.weights(options.ridge);
    const auto end = weights.begin() + static_cast<std::ptrdiff_t>(alone);
    scorer.d_weights.assign(weights.begin(), end);
    scorer.d_pairs.assign(end, weights.end());
    return scorer;
}

double ValueScorer::operator()(const FeatureMatrix& features) const
{
    const auto z = inputs(standard(features));
    return std::inner_product(z.begin(), z.end(), d_weights.begin(), 0.0);
}

double ValueScorer::pair(const FeatureMatrix& older, const FeatureMatrix& younger) const
{
    const auto a = project(standard(older)), b = project(standard(younger));
    double value = 0;
    for (std::size_t i = 0; i < a.size(); ++i)
        value += a[i]
            * std::inner_product(b.begin(),
                                 b.end(),
                                 d_pairs.begin()
                                     + static_cast<std::ptrdiff_t>(i * b.size()),
                                 0.0);
    return value;
}

void ValueScorer::score(ContextStore& store) const
{
    const auto scorer = std::make_shared<const ValueScorer>(*this);
    store.set_scorer(
        [scorer](const ContextEntry& e) { return (*scorer)(e.block.features); },
        [scorer](const ContextEntry& older, const ContextEntry& younger) {
            return scorer->pair(older.block.features, younger.block.features);
        });
}

void ValueScorer::save(const std::string& path) const
{
    write_learnt(path,
                 FORMAT,
                 d_model_id,
                 { tensor_of("mean", d_mean),
                   tensor_of("scale", d_scale),
                   tensor_of("frequencies", d_frequencies),
                   tensor_of("axes", d_axes),
                   tensor_of("pairs", d_pairs),
                   tensor_of("weights", d_weights) });
}

ValueScorer ValueScorer::load(const std::string& path, const std::string& model_id)
{
    const auto file = read_learnt(path, FORMAT, model_id);
    ValueScorer scorer;
    scorer.d_model_id = model_id;
    scorer.d_mean = values_of(file, "mean");
    scorer.d_scale = values_of(file, "scale");
    scorer.d_frequencies = values_of(file, "frequencies");
    scorer.d_axes = values_of(file, "axes");
    scorer.d_pairs = values_of(file, "pairs");
    scorer.d_weights = values_of(file, "weights");
    const std::size_t cols = scorer.d_mean.size();
    const std::size_t waves = scorer.d_frequencies.size() / (cols + 1);
    const std::size_t directions = cols > 0 ? scorer.d_axes.size() / cols : 0;
    if (cols == 0 || scorer.d_scale.size() != cols || waves > MOST_WAVES
        || directions > MOST_DIRECTIONS || scorer.d_axes.size() != directions * cols
        || scorer.d_pairs.size() != (directions + 1) * (directions + 1)
        || scorer.d_frequencies.size() != waves * (cols + 1)
        || scorer.d_weights.size() != cols + waves + 1)
        throw Error("value scorer '" + path + "': the tensors' sizes do not fit");
    scorer.d_cols = static_cast<int>(cols);
    scorer.d_waves = static_cast<int>(waves);
    scorer.d_directions = static_cast<int>(directions);
    return scorer;
}

} // namespace udeepsc_core
