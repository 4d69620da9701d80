// SPDX-License-Identifier: GPL-3.0-or-later
#include "learnt_file.h"
#include "ridge_regression.h"

#include <udeepsc_core/element_masks.h>
#include <udeepsc_core/error.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

namespace udeepsc_core {
namespace {

constexpr LearntFormat FORMAT { "element masks", "udeepsc-element-masks", "1" };

// What the worth of an element is linear in
std::vector<double> inputs_of(const std::vector<float>& features)
{
    std::vector<double> z(features.begin(), features.end());
    for (const float x : features)
        z.push_back(static_cast<double>(x) * x);
    z.push_back(1.0);
    return z;
}

std::vector<int> most_of(const std::vector<double>& worth, int count)
{
    if (count < 0 || static_cast<std::size_t>(count) > worth.size())
        throw Error("element masks: " + std::to_string(count) + " of "
                    + std::to_string(worth.size()) + " elements are asked for");
    std::vector<int> order(worth.size());
    std::iota(order.begin(), order.end(), 0);
    std::stable_sort(order.begin(), order.end(), [&](int a, int b) {
        return worth[static_cast<std::size_t>(a)] > worth[static_cast<std::size_t>(b)];
    });
    order.resize(static_cast<std::size_t>(count));
    std::sort(order.begin(), order.end());
    return order;
}

bool all_finite(const ElementDamages& frame)
{
    const auto finite = [](auto value) { return std::isfinite(value); };
    return std::all_of(frame.features.begin(), frame.features.end(), finite)
        && std::all_of(frame.damages.begin(), frame.damages.end(), finite);
}

void check(const std::vector<const ElementDamages*>& frames)
{
    const auto& first = *frames[0];
    if (frames.size() < 2 || first.damages.empty()
        || first.damages.size() > static_cast<std::size_t>(MOST_ELEMENTS)
        || first.features.size() % first.damages.size() != 0)
        throw Error("element masks: " + std::to_string(frames.size()) + " frames of "
                    + first.modality + ", of " + std::to_string(first.features.size())
                    + " features and " + std::to_string(first.damages.size())
                    + " elements, expected two or more, of at most "
                    + std::to_string(MOST_ELEMENTS) + " elements of whole features");
    for (const auto* frame : frames)
        if (frame->features.size() != first.features.size()
            || frame->damages.size() != first.damages.size() || !all_finite(*frame))
            throw Error("element masks: frames of " + first.modality
                        + " are of different sizes, or not finite");
}

std::vector<float> mean_of(const std::vector<const ElementDamages*>& frames)
{
    std::vector<double> sum(frames[0]->features.size());
    for (const auto* frame : frames)
        for (std::size_t i = 0; i < sum.size(); ++i)
            sum[i] += frame->features[i] / static_cast<double>(frames.size());
    return { sum.begin(), sum.end() };
}

std::vector<float> covariance_of(const std::vector<const ElementDamages*>& frames,
                                 const std::vector<float>& mean)
{
    const std::size_t n = mean.size();
    std::vector<double> sum(n * n);
    for (const auto* frame : frames)
        for (std::size_t i = 0; i < n; ++i)
            for (std::size_t j = 0; j < n; ++j)
                sum[i * n + j] += (frame->features[i] - mean[i])
                    * (frame->features[j] - mean[j]) / static_cast<double>(frames.size());
    return { sum.begin(), sum.end() };
}

} // namespace

ElementMasks ElementMasks::fit(const std::vector<ElementDamages>& frames,
                               const std::string& model_id,
                               double ridge)
{
    if (!(ridge > 0 && ridge <= 1e6))
        throw Error("element masks: ridge is " + std::to_string(ridge)
                    + ", expected more than 0");
    std::map<std::string, std::vector<const ElementDamages*>> by_modality;
    for (const auto& frame : frames)
        by_modality[frame.modality].push_back(&frame);
    if (by_modality.empty())
        throw Error("element masks: no frame to learn from");
    ElementMasks masks;
    masks.d_model_id = model_id;
    for (const auto& [modality, all] : by_modality) {
        check(all);
        auto& part = masks.d_parts[modality];
        part.elements = static_cast<int>(all[0]->damages.size());
        part.mean = mean_of(all);
        part.covariance = covariance_of(all, part.mean);
        for (std::size_t e = 0; e < all[0]->damages.size(); ++e) {
            RidgeRegression regression(2 * part.mean.size() + 1);
            double worth = 0;
            for (const auto* frame : all) {
                regression.add(inputs_of(frame->features), frame->damages[e]);
                worth += frame->damages[e] / static_cast<double>(all.size());
            }
            part.worth.push_back(static_cast<float>(worth));
            for (const double weight : regression.weights(ridge))
                part.weights.push_back(static_cast<float>(weight));
        }
    }
    return masks;
}

const ElementMasks::Part& ElementMasks::part(const std::string& modality,
                                             std::size_t features) const
{
    const auto found = d_parts.find(modality);
    if (found == d_parts.end())
        throw Error("element masks: nothing is learnt of modality \"" + modality + "\"");
    if (features != found->second.mean.size())
        throw Error("element masks: a frame of " + modality + " has "
                    + std::to_string(features) + " features, expected "
                    + std::to_string(found->second.mean.size()));
    return found->second;
}

std::vector<int> ElementMasks::of_frame(const std::string& modality,
                                        const std::vector<float>& features,
                                        int count) const
{
    const auto& learnt = part(modality, features.size());
    const auto z = inputs_of(features);
    std::vector<double> worth;
    for (auto row = learnt.weights.begin(); row != learnt.weights.end();
         row += static_cast<std::ptrdiff_t>(z.size()))
        worth.push_back(std::inner_product(z.begin(), z.end(), row, 0.0));
    return most_of(worth, count);
}

std::vector<int> ElementMasks::of_all(const std::string& modality, int count) const
{
    const auto found = d_parts.find(modality);
    if (found == d_parts.end())
        throw Error("element masks: nothing is learnt of modality \"" + modality + "\"");
    const auto& worth = found->second.worth;
    return most_of({ worth.begin(), worth.end() }, count);
}

void ElementMasks::fill(FeatureBlock& block,
                        const std::vector<int>& kept,
                        double noise_var) const
{
    auto& x = block.features.data;
    const auto& learnt = part(block.modality, x.size());
    const std::size_t n = x.size();
    const std::size_t size = n / static_cast<std::size_t>(learnt.elements);
    std::vector<std::size_t> known, missing;
    for (std::size_t i = 0; i < n; ++i) {
        const bool there
            = std::binary_search(kept.begin(), kept.end(), static_cast<int>(i / size));
        (there ? known : missing).push_back(i);
    }
    // (C + N0/2 I)^-1 (x - mean), of what is known; a little more than N0/2 keeps frames
    // that are all alike solvable.
    const double noise = std::max(0.5 * noise_var, 1e-4);
    const std::size_t k = known.size();
    std::vector<double> a(k * k), b(k);
    for (std::size_t i = 0; i < k; ++i) {
        b[i] = x[known[i]] - learnt.mean[known[i]];
        for (std::size_t j = 0; j < k; ++j)
            a[i * k + j] = learnt.covariance[known[i] * n + known[j]];
        a[i * k + i] += noise;
    }
    const auto solved = k > 0 ? solve(std::move(a), std::move(b)) : b;
    for (const auto i : missing) {
        double estimate = learnt.mean[i];
        for (std::size_t j = 0; j < k; ++j)
            estimate += learnt.covariance[i * n + known[j]] * solved[j];
        x[i] = static_cast<float>(estimate);
    }
}

void ElementMasks::save(const std::string& path) const
{
    std::vector<RawTensor> tensors;
    for (const auto& [modality, part] : d_parts)
        for (const auto& [name, values] : { std::pair { "mean", &part.mean },
                                            { "covariance", &part.covariance },
                                            { "worth", &part.worth },
                                            { "weights", &part.weights } })
            tensors.push_back(tensor_of(modality + "." + name, *values));
    write_learnt(path, FORMAT, d_model_id, std::move(tensors));
}

ElementMasks ElementMasks::load(const std::string& path, const std::string& model_id)
{
    const auto file = read_learnt(path, FORMAT, model_id);
    ElementMasks masks;
    masks.d_model_id = model_id;
    for (const auto& modality : modalities_with(file, ".mean")) {
        auto& part = masks.d_parts[modality];
        part.mean = values_of(file, modality + ".mean");
        part.covariance = values_of(file, modality + ".covariance");
        part.worth = values_of(file, modality + ".worth");
        part.weights = values_of(file, modality + ".weights");
        part.elements = static_cast<int>(part.worth.size());
        const auto n = part.mean.size(), elements = part.worth.size();
        if (elements < 1 || elements > static_cast<std::size_t>(MOST_ELEMENTS) || n < 1
            || n % elements != 0 || part.covariance.size() != n * n
            || part.weights.size() != elements * (2 * n + 1))
            throw Error("element masks '" + path + "': the tensors' sizes do not fit");
    }
    if (masks.d_parts.empty())
        throw Error("element masks '" + path + "': holds no modality");
    return masks;
}

} // namespace udeepsc_core
