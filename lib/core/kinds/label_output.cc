// SPDX-License-Identifier: GPL-3.0-or-later
#include "kinds_of_output.h"

#include "../config/fields.h"
#include "../nn/packed_linear.h"

#include <udeepsc_core/error.h>

#include <algorithm>
#include <cstdio>

namespace udeepsc_core {

namespace F = torch::nn::functional;

namespace {

/*! Mean over the queries -> one logit a class. */
class LabelHead : public LinearImpl, public Head {
public:
    LabelHead(int dim, int classes)
        : LinearImpl(dim, classes)
    { }
    torch::Tensor decode(const torch::Tensor& states) override
    {
        return forward(states.mean(1));
    }
};

// 1 for a right label, 0 for a wrong one; or what its answer counts
double score_of(const TaskResult& result, const Target& target)
{
    if (target.soft.empty())
        return result.label == target.label ? 1.0 : 0.0;
    const bool known
        = result.label >= 0 && result.label < static_cast<int>(target.soft.size());
    return known ? target.soft[static_cast<std::size_t>(result.label)] : 0.0;
}

class AccuracyScorer : public Scorer {
public:
    void add(const TaskResult& result, const Sample& sent) override
    {
        d_each.push_back(score_of(result, sent.target));
        d_soft = d_soft || !sent.target.soft.empty();
    }
    TaskScore score() const override
    {
        if (d_soft)
            return { mean(d_each), {}, d_each, {} };
        const auto correct = std::count(d_each.begin(), d_each.end(), 1.0);
        return {
            accuracy(static_cast<std::size_t>(correct), d_each.size()), {}, d_each, {}
        };
    }

private:
    std::vector<double> d_each;
    bool d_soft = false;
};

/*! One of several classes. */
class LabelOutput : public Output {
public:
    const char* kind() const override { return "label"; }
    const char* metric() const override { return "accuracy"; }

    void visit(FieldVisitor& fields) override
    {
        fields.names({ "classes", "", "names of the labels, or how many there are" },
                     d_classes);
    }
    std::vector<std::string> classes() const override { return d_classes; }

    void validate(const ModelConfig&, const TaskConfig& task) const override
    {
        const auto at = "configuration: tasks." + task.name;
        if (d_classes.size() < 2)
            throw Error(at + ".classes: expected at least two names");
        auto sorted = d_classes;
        std::sort(sorted.begin(), sorted.end());
        const auto twice = std::adjacent_find(sorted.begin(), sorted.end());
        if (twice != sorted.end())
            throw Error(at + ".classes: expected no name twice, got \"" + *twice + "\"");
        if (task.aligned)
            throw Error(
                at
                + ".aligned: expected false with output label, whose queries are no "
                  "received vectors");
    }

    std::int64_t least_parameters(const ModelConfig& model,
                                  const TaskConfig&) const override
    {
        return static_cast<std::int64_t>(d_classes.size()) * model.decoder.dim;
    }

    std::shared_ptr<torch::nn::Module> make_head(const ModelConfig& model,
                                                 const TaskConfig&,
                                                 const torch::Tensor&) const override
    {
        return std::make_shared<LabelHead>(model.decoder.dim,
                                           static_cast<int>(d_classes.size()));
    }

    std::string target_column() const override { return "label"; }
    void check_target(const Target& target, const std::string& where) const override
    {
        const auto classes = d_classes.size();
        const bool hard = target.label >= 0 && target.label < static_cast<int>(classes);
        if (!hard && target.soft.size() != classes)
            throw Error(where + ": has no label, expected one of the "
                        + std::to_string(classes) + " classes");
    }
    double hidden_share(double asked) const override { return asked; }
    int auxiliary_outputs() const override { return static_cast<int>(d_classes.size()); }

    // int64 [batch], or [batch, classes] where every answer has a score of its own
    torch::Tensor target(const std::vector<const Target*>& targets,
                         const ModalityBatch&) const override
    {
        const auto n = static_cast<std::int64_t>(targets.size());
        const auto classes = static_cast<std::int64_t>(d_classes.size());
        const bool soft = std::any_of(targets.begin(), targets.end(), [](const auto* t) {
            return !t->soft.empty();
        });
        if (!soft) {
            auto labels = torch::empty({ n }, torch::kLong);
            for (std::int64_t i = 0; i < n; ++i)
                labels[i] = targets[static_cast<std::size_t>(i)]->label;
            return labels;
        }
        auto scores = torch::zeros({ n, classes });
        for (std::int64_t i = 0; i < n; ++i) {
            const auto& t = *targets[static_cast<std::size_t>(i)];
            for (std::size_t c = 0; c < t.soft.size(); ++c)
                scores[i][static_cast<std::int64_t>(c)] = t.soft[c];
            if (t.soft.empty() && t.label >= 0)
                scores[i][t.label] = 1.0f;
        }
        return scores;
    }

    OutputLoss loss(const torch::Tensor& output,
                    const torch::Tensor& target,
                    double label_smoothing) const override
    {
        const auto logits = output.to(torch::kFloat);
        if (target.dim() == 1) {
            const auto loss = F::cross_entropy(
                logits,
                target,
                F::CrossEntropyFuncOptions().label_smoothing(label_smoothing));
            return { loss, (logits.argmax(1) == target).to(torch::kFloat).mean() };
        }
        // Scores of a sample that sum to 0 (no answer is right) teach nothing.
        const auto share = target / target.sum(1, true).clamp_min(1e-6);
        const auto loss = -(share * torch::log_softmax(logits, 1)).sum(1).mean();
        return { loss, target.gather(1, logits.argmax(1, true)).mean() };
    }

    TaskResult read(const torch::Tensor& output, const Tokenizer*) const override
    {
        TaskResult r;
        const auto p = torch::softmax(output, -1).contiguous();
        r.probabilities.assign(p.data_ptr<float>(), p.data_ptr<float>() + p.numel());
        r.label = static_cast<int>(p.argmax().item<std::int64_t>());
        return r;
    }

    Payload payload(const TaskResult& result) const override
    {
        return { {},
                 result.probabilities,
                 { static_cast<int>(result.probabilities.size()) } };
    }
    TaskResult result(const Payload& payload) const override
    {
        if (payload.is_bytes())
            throw Error(
                "label: got a payload of bytes, expected the classes' probabilities");
        TaskResult r;
        r.probabilities = payload.reals;
        r.label = static_cast<int>(
            std::max_element(payload.reals.begin(), payload.reals.end())
            - payload.reals.begin());
        return r;
    }
    std::string shown(const TaskResult& result,
                      const std::vector<std::string>& classes) const override
    {
        const auto label = static_cast<std::size_t>(std::max(0, result.label));
        const auto name
            = label < classes.size() ? classes[label] : std::to_string(result.label);
        const float p
            = label < result.probabilities.size() ? result.probabilities[label] : 0.0f;
        char text[32];
        std::snprintf(text, sizeof text, " (%.2f)", p);
        return name + text;
    }
    std::optional<double> sample_score(const TaskResult& result,
                                       const Sample& sent) const override
    {
        if (sent.target.label < 0 && sent.target.soft.empty())
            return std::nullopt;
        return score_of(result, sent.target);
    }
    std::unique_ptr<Scorer> scorer() const override
    {
        return std::make_unique<AccuracyScorer>();
    }

private:
    std::vector<std::string> d_classes;
};

} // namespace

std::shared_ptr<Output> make_label_output()
{
    return std::make_shared<LabelOutput>();
}

} // namespace udeepsc_core
