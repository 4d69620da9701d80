// SPDX-License-Identifier: GPL-3.0-or-later
#include "layered_scores.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

namespace udeepsc_core {

namespace {

constexpr double Z95 = 1.959963984540054; // normal quantile of 0.975

/*! What became of the samples of one class. */
struct ClassCount {
    double samples = 0, told = 0, right = 0;
};

class LayeredScorer : public Scorer {
public:
    void add(const TaskResult& result, const Sample& sent) override
    {
        d_psnr.push_back(psnr_db(result.picture, sent.inputs.begin()->second.bytes));
        const int label = sent.target.label;
        if (label < 0 || result.label < 0) // a picture alone
            return;
        const auto needed = static_cast<std::size_t>(std::max(label, result.label)) + 1;
        if (d_classes.size() < std::max(needed, result.probabilities.size()))
            d_classes.resize(std::max(needed, result.probabilities.size()));
        const bool right = result.label == label;
        ++d_classes[static_cast<std::size_t>(label)].samples;
        d_classes[static_cast<std::size_t>(label)].right += right;
        if (result.label >= 0)
            ++d_classes[static_cast<std::size_t>(result.label)].told;
        d_labels.push_back(label);
        d_right.push_back(right);
    }

    TaskScore score() const override
    {
        TaskScore score { mean(d_psnr), {}, d_psnr, {} };
        score.also["psnr_db"] = score.main.value;
        score.also["psnr_db_ci95"] = score.main.ci95;
        if (d_labels.empty())
            return score;
        const auto right = std::count(d_right.begin(), d_right.end(), true);
        const auto share = accuracy(static_cast<std::size_t>(right), d_right.size());
        score.also["accuracy"] = share.value;
        score.also["accuracy_ci95"] = share.ci95;
        add_recall(score);
        add_precision(score);
        return score;
    }

private:
    // each_also: weighted so that its mean is the average over classes
    void add_recall(TaskScore& score) const
    {
        double sum = 0, variance = 0, classes = 0;
        for (const auto& c : d_classes)
            classes += c.samples > 0;
        for (std::size_t i = 0; i < d_classes.size(); ++i) {
            const auto& c = d_classes[i];
            if (c.samples == 0)
                continue;
            const double recall = c.right / c.samples;
            sum += recall;
            variance += recall * (1 - recall) / c.samples;
            score.also["recall_class_" + std::to_string(i)] = recall;
        }
        score.also["recall"] = sum / classes;
        score.also["recall_ci95"] = Z95 * std::sqrt(variance) / classes;
        auto& each = score.each_also["recall"];
        const auto n = static_cast<double>(d_labels.size());
        for (std::size_t i = 0; i < d_labels.size(); ++i)
            each.push_back(
                d_right[i] ? n
                        / (classes
                           * d_classes[static_cast<std::size_t>(d_labels[i])].samples)
                           : 0.0);
    }

    void add_precision(TaskScore& score) const
    {
        double sum = 0, classes = 0;
        for (std::size_t i = 0; i < d_classes.size(); ++i) {
            const auto& c = d_classes[i];
            if (c.told == 0)
                continue;
            sum += c.right / c.told;
            ++classes;
            score.also["precision_class_" + std::to_string(i)] = c.right / c.told;
        }
        score.also["precision"] = sum / classes;
    }

    std::vector<double> d_psnr;
    std::vector<ClassCount> d_classes;
    std::vector<int> d_labels; // of the samples that have one
    std::vector<bool> d_right;
};

} // namespace

std::unique_ptr<Scorer> make_layered_scorer()
{
    return std::make_unique<LayeredScorer>();
}

std::string shown_layers(const TaskResult& result,
                         const std::vector<std::string>& classes)
{
    auto text
        = std::to_string(result.width) + "x" + std::to_string(result.height) + " pixels";
    const auto label = static_cast<std::size_t>(std::max(0, result.label));
    if (label < result.probabilities.size()) {
        const auto name = label < classes.size() ? classes[label] : std::to_string(label);
        char share[32];
        std::snprintf(share, sizeof share, " (%.2f)", result.probabilities[label]);
        text = name + share + ", " + text;
    }
    if (result.layers > 0)
        text += ", of " + std::to_string(result.layers)
            + (result.layers == 1 ? " layer" : " layers");
    return text;
}

} // namespace udeepsc_core
