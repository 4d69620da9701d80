// SPDX-License-Identifier: GPL-3.0-or-later
#include "kinds_of_output.h"

#include "../config/fields.h"
#include "../nn/packed_linear.h"

#include <udeepsc_core/error.h>

#include <algorithm>
#include <cmath>
#include <cstdio>

namespace udeepsc_core {

namespace {

/*! Mean over the queries -> one real. */
class ScoreHead : public LinearImpl, public Head {
public:
    explicit ScoreHead(int dim)
        : LinearImpl(dim, 1)
    { }
    torch::Tensor decode(const torch::Tensor& states) override
    {
        return forward(states.mean(1));
    }
};

/*! Mean absolute error; also the share on the right side of a threshold, and Pearson's r.
 */
class ErrorScorer : public Scorer {
public:
    explicit ErrorScorer(double threshold)
        : d_threshold(threshold)
    { }

    void add(const TaskResult& result, const Sample& sent) override
    {
        d_found.push_back(result.score);
        d_wanted.push_back(sent.target.score);
    }
    TaskScore score() const override
    {
        std::vector<double> error;
        std::size_t right = 0;
        for (std::size_t i = 0; i < d_found.size(); ++i) {
            error.push_back(std::abs(d_found[i] - d_wanted[i]));
            right += (d_found[i] >= d_threshold) == (d_wanted[i] >= d_threshold);
        }
        const auto sides = accuracy(right, d_found.size());
        return { mean(error),
                 { { "accuracy", sides.value }, { "pearson", correlation() } },
                 error,
                 {} };
    }

private:
    double correlation() const
    {
        const double a = mean(d_found).value, b = mean(d_wanted).value;
        double ab = 0, aa = 0, bb = 0;
        for (std::size_t i = 0; i < d_found.size(); ++i) {
            ab += (d_found[i] - a) * (d_wanted[i] - b);
            aa += (d_found[i] - a) * (d_found[i] - a);
            bb += (d_wanted[i] - b) * (d_wanted[i] - b);
        }
        return ab / std::max(1e-12, std::sqrt(aa * bb));
    }

    double d_threshold;
    std::vector<double> d_found, d_wanted;
};

/*! A number, such as how positive somebody sounds. */
class ScoreOutput : public Output {
public:
    const char* kind() const override { return "score"; }
    const char* metric() const override { return "mae"; }

    void visit(FieldVisitor& fields) override
    {
        fields.range(
            { "score_range", "", "[low, high], in which scores lie" }, d_low, d_high);
        fields.real({ "threshold", "", "from which on a score counts as positive" },
                    d_threshold,
                    -1e9,
                    1e9);
    }

    void validate(const ModelConfig&, const TaskConfig& task) const override
    {
        const auto at = "configuration: tasks." + task.name;
        if (!(d_low < d_high))
            throw Error(at + ".score_range: expected low < high");
        if (task.aligned)
            throw Error(at + ".aligned: expected false with output score");
    }

    std::int64_t least_parameters(const ModelConfig& model,
                                  const TaskConfig&) const override
    {
        return model.decoder.dim;
    }

    std::shared_ptr<torch::nn::Module> make_head(const ModelConfig& model,
                                                 const TaskConfig&,
                                                 const torch::Tensor&) const override
    {
        return std::make_shared<ScoreHead>(model.decoder.dim);
    }

    std::string target_column() const override { return "score"; }
    void check_target(const Target& target, const std::string& where) const override
    {
        if (!(target.score >= d_low && target.score <= d_high))
            throw Error(where + ": score: found " + std::to_string(target.score)
                        + ", expected " + std::to_string(d_low) + " to "
                        + std::to_string(d_high));
    }
    double hidden_share(double asked) const override { return asked; }

    // [batch], scaled so that the range becomes -1 to 1
    torch::Tensor target(const std::vector<const Target*>& targets,
                         const ModalityBatch&) const override
    {
        std::vector<float> scores;
        for (const auto* t : targets)
            scores.push_back(static_cast<float>((t->score - middle()) / half()));
        return torch::tensor(scores);
    }

    OutputLoss
    loss(const torch::Tensor& output, const torch::Tensor& target, double) const override
    {
        const auto found = output.to(torch::kFloat).select(-1, 0);
        const auto loss = torch::nn::functional::smooth_l1_loss(found, target);
        const auto error = (found.detach() - target).abs().mean() * half();
        return { loss, error };
    }

    TaskResult read(const torch::Tensor& output, const Tokenizer*) const override
    {
        TaskResult r;
        r.score = std::clamp(
            middle() + half() * output.reshape({ -1 })[0].item<float>(), d_low, d_high);
        return r;
    }

    Payload payload(const TaskResult& result) const override
    {
        return { {}, { static_cast<float>(result.score) }, { 1 } };
    }
    TaskResult result(const Payload& payload) const override
    {
        if (payload.reals.size() != 1)
            throw Error("score: got " + std::to_string(payload.reals.size())
                        + " reals, expected 1");
        TaskResult r;
        r.score = payload.reals[0];
        return r;
    }
    std::string shown(const TaskResult& result,
                      const std::vector<std::string>&) const override
    {
        char text[32];
        std::snprintf(text, sizeof text, "%.2f", result.score);
        return text;
    }
    std::optional<double> sample_score(const TaskResult& result,
                                       const Sample& sent) const override
    {
        if (!std::isfinite(sent.target.score))
            return std::nullopt;
        return std::abs(result.score - sent.target.score);
    }
    std::unique_ptr<Scorer> scorer() const override
    {
        return std::make_unique<ErrorScorer>(d_threshold);
    }

private:
    double middle() const { return 0.5 * (d_low + d_high); }
    double half() const { return 0.5 * (d_high - d_low); }

    double d_low = -1, d_high = 1, d_threshold = 0;
};

} // namespace

std::shared_ptr<Output> make_score_output()
{
    return std::make_shared<ScoreOutput>();
}

} // namespace udeepsc_core
