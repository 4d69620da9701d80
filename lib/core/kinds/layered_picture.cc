// SPDX-License-Identifier: GPL-3.0-or-later
#include "kinds_of_output.h"
#include "layered_scores.h"
#include "picture_head.h"

#include "../config/fields.h"

#include <udeepsc_core/error.h>

#include <algorithm>

namespace udeepsc_core {

namespace nn = torch::nn;
namespace F = torch::nn::functional;

namespace {

const char* const s_pooled_name = "other"; // the class of all pooled ones

/*!
 * \brief Picture and class in one row: states [batch, patches + 1, dim], of which the
 * last is the class's -> [batch, 3 side side + classes].
 */
class LayeredHead : public nn::Module, public Head {
public:
    LayeredHead(int dim, const ImageModality& image, bool convolutions, int classes)
    {
        d_picture = register_module("picture",
                                    std::make_shared<PictureHead>(
                                        dim, image.grid(), image.patch(), convolutions));
        d_norm = register_module("norm", nn::LayerNorm(nn::LayerNormOptions({ dim })));
        d_label = register_module("label", Linear(dim, classes));
    }
    torch::Tensor decode(const torch::Tensor& states) override
    {
        const auto patches = states.size(1) - 1;
        const auto picture = d_picture->decode(states.narrow(1, 0, patches)).flatten(1);
        const auto logits = d_label(d_norm(states.select(1, patches)));
        return torch::cat({ picture, logits.to(picture.scalar_type()) }, 1);
    }

private:
    std::shared_ptr<PictureHead> d_picture;
    nn::LayerNorm d_norm { nullptr };
    Linear d_label { nullptr };
};

void require_weights(const std::string& field,
                     const std::vector<double>& weights,
                     std::size_t expected,
                     const char* of)
{
    if (!weights.empty() && weights.size() != expected)
        throw Error(field + ": got " + std::to_string(weights.size())
                    + " weights, expected " + std::to_string(expected) + ", one for each "
                    + of);
    if (!weights.empty()
        && std::all_of(weights.begin(), weights.end(), [](double w) { return w == 0; }))
        throw Error(field + ": expected at least one weight above 0");
}

std::vector<double> or_ones(const std::vector<double>& weights, std::size_t count)
{
    return weights.empty() ? std::vector<double>(count, 1.0) : weights;
}

/*!
 * \brief The picture that was sent, and what it shows, both better with each layer.
 *
 * Source: "Semantic Multi-Resolution Communications", arXiv:2308.11604, 2023.
 */
class LayeredPicture : public LayeredOutput {
public:
    const char* kind() const override { return "layered_picture"; }
    const char* metric() const override { return "psnr_db"; }

    void visit(FieldVisitor& fields) override
    {
        fields.names({ "classes", "", "names of the labels, or how many there are" },
                     d_names);
        fields.texts({ "pooled",
                       "",
                       "classes that are not told apart: together they are one more "
                       "class, \"other\"" },
                     d_pooled);
        fields.reals({ "picture_weights",
                       "",
                       "alpha, of each layer's picture in the loss; empty: 1 each" },
                     d_picture_weights,
                     0,
                     1e6);
        fields.reals({ "label_weights",
                       "",
                       "beta, of each layer's class in the loss; empty: 1 each" },
                     d_label_weights,
                     0,
                     1e6);
        fields.reals({ "class_weights",
                       "",
                       "of each class in that loss, \"other\" last; empty: 1 each" },
                     d_class_weights,
                     0,
                     1e6);
        fields.text({ "distortion",
                      "",
                      "of a picture: log_mse, which is its PSNR up to a factor, or mse" },
                    d_distortion,
                    { "log_mse", "mse" });
    }

    std::vector<std::string> classes() const override
    {
        if (d_pooled.empty())
            return d_names;
        std::vector<std::string> kept;
        for (const auto& name : d_names)
            if (std::find(d_pooled.begin(), d_pooled.end(), name) == d_pooled.end())
                kept.push_back(name);
        kept.push_back(s_pooled_name);
        return kept;
    }
    std::vector<std::string> pooled_classes() const override { return d_pooled; }

    void validate(const ModelConfig& model, const TaskConfig& task) const override
    {
        const auto at = "configuration: tasks." + task.name;
        const auto* image = image_of(model, task);
        if (!image)
            throw Error(at
                        + ".inputs: expected one modality of kind image for a picture");
        if (task.queries != image->max_positions() + 1)
            throw Error(at + ".queries: expected one a patch and one for the class, "
                        + std::to_string(image->max_positions() + 1) + ", got "
                        + std::to_string(task.queries));
        if (!task.aligned)
            throw Error(at + ".aligned: expected true with output layered_picture");
        if (model.mapping != "symbol")
            throw Error("configuration: mapping: expected symbol with task " + task.name
                        + ", whose layers end with a symbol");
        check_picture_head(model, task, *image);
        check_layers(at, task.inputs[0]);
        check_classes(at);
        const auto layers = task.inputs[0].layers.size();
        require_weights(at + ".picture_weights", d_picture_weights, layers, "layer");
        require_weights(at + ".label_weights", d_label_weights, layers, "layer");
        require_weights(
            at + ".class_weights", d_class_weights, classes().size(), "class");
    }

    std::int64_t least_parameters(const ModelConfig& model,
                                  const TaskConfig&) const override
    {
        return static_cast<std::int64_t>(d_names.size()) * model.decoder.dim;
    }

    std::shared_ptr<nn::Module> make_head(const ModelConfig& model,
                                          const TaskConfig& task,
                                          const torch::Tensor&) const override
    {
        return std::make_shared<LayeredHead>(model.decoder.dim,
                                             *image_of(model, task),
                                             model.decoder.picture_head == "conv",
                                             static_cast<int>(classes().size()));
    }

    bool keeps_magnitude() const override { return true; } // the contrast of a patch

    std::string target_column() const override { return "label"; }
    void check_target(const Target& target, const std::string& where) const override
    {
        // Without a label (tiles of photographs) the picture alone teaches.
        if (target.label >= static_cast<int>(classes().size()) || !target.soft.empty())
            throw Error(where + ": has a label beyond the "
                        + std::to_string(classes().size())
                        + " classes, or scores for several");
    }
    int auxiliary_outputs() const override { return static_cast<int>(classes().size()); }

    std::vector<double> picture_weights(std::size_t layers) const override
    {
        return or_ones(d_picture_weights, layers);
    }
    std::vector<double> label_weights(std::size_t layers) const override
    {
        return or_ones(d_label_weights, layers);
    }

    // [batch, 3 side side + 1], the label last (-1: none)
    torch::Tensor target(const std::vector<const Target*>& targets,
                         const ModalityBatch& input) const override
    {
        std::vector<float> labels;
        for (const auto* t : targets)
            labels.push_back(static_cast<float>(t->label));
        return torch::cat(
            { input.input.flatten(1), torch::tensor(labels).view({ -1, 1 }) }, 1);
    }

    LayersLoss layers_loss(const torch::Tensor& output,
                           const torch::Tensor& target,
                           const LayerWeights& weights,
                           std::int64_t first,
                           double label_smoothing) const override
    {
        const auto batch = target.size(0), pixels = target.size(1) - 1;
        const auto prefixes = output.size(0) / batch;
        const auto out = output.to(torch::kFloat);
        const auto mse = (out.narrow(1, 0, pixels).view({ prefixes, batch, pixels })
                          - target.narrow(1, 0, pixels).unsqueeze(0))
                             .pow(2)
                             .mean(2)
                             .clamp_min(1e-6); // [prefixes, batch]
        const auto logits = out.narrow(1, pixels, out.size(1) - pixels);
        const auto labels = target.select(1, pixels).to(torch::kLong);
        const auto label_loss
            = cross_entropy(logits, labels.repeat({ prefixes }), label_smoothing)
                  .view({ prefixes, batch });
        const auto alpha = weights.picture.narrow(1, first, prefixes).t(),
                   beta = weights.label.narrow(1, first, prefixes).t();
        LayersLoss result;
        const auto picture_loss = d_distortion == "mse" ? mse : torch::log(mse);
        result.all.loss = (alpha * picture_loss + beta * label_loss).sum(0).mean();
        const auto psnr = (-10.0 * torch::log10(mse.detach())).mean(1);
        const auto labelled = (labels >= 0).to(torch::kFloat);
        const auto right
            = (logits.detach().argmax(1).view({ prefixes, batch }) == labels.unsqueeze(0))
                  .to(torch::kFloat)
                  .sum(1)
            / labelled.sum().clamp_min(1);
        result.all.score = psnr[prefixes - 1];
        for (std::int64_t p = 0; p < prefixes; ++p) {
            const auto layer = std::to_string(first + p + 1);
            result.scores["psnr_" + layer] = psnr[p];
            result.scores["accuracy_" + layer] = right[p];
        }
        return result;
    }

    OutputLoss loss(const torch::Tensor& output,
                    const torch::Tensor& target,
                    double label_smoothing) const override
    {
        const auto one
            = torch::ones({ target.size(0), 1 }, target.options().dtype(torch::kFloat));
        return layers_loss(output, target, { one, one }, 0, label_smoothing).all;
    }

    OutputLoss auxiliary_loss(const torch::Tensor& output,
                              const torch::Tensor& target,
                              double label_smoothing) const override
    {
        const auto labels = target.select(1, target.size(1) - 1).to(torch::kLong);
        const auto logits = output.to(torch::kFloat);
        return { cross_entropy(logits, labels, label_smoothing).mean(),
                 (logits.argmax(1) == labels).to(torch::kFloat).mean() };
    }

    TaskResult read(const torch::Tensor& output, const Tokenizer*) const override
    {
        const auto count = static_cast<std::int64_t>(classes().size());
        const auto pixels = output.size(0) - count;
        const auto side = static_cast<std::int64_t>(
            std::lround(std::sqrt(static_cast<double>(pixels) / 3)));
        TaskResult r;
        write_picture(output.narrow(0, 0, pixels).view({ 3, side, side }), r);
        const auto p = torch::softmax(output.narrow(0, pixels, count), -1).contiguous();
        r.probabilities.assign(p.data_ptr<float>(), p.data_ptr<float>() + count);
        r.label = static_cast<int>(p.argmax().item<std::int64_t>());
        return r;
    }

    Payload payload(const TaskResult& result) const override
    {
        return { result.picture, {}, { result.height, result.width, 3 } };
    }
    TaskResult result(const Payload& payload) const override
    {
        return picture_of_payload(payload);
    }
    std::string shown(const TaskResult& result,
                      const std::vector<std::string>& classes) const override
    {
        return shown_layers(result, classes);
    }
    std::optional<double> sample_score(const TaskResult& result,
                                       const Sample& sent) const override
    {
        return picture_score(result, sent);
    }
    std::unique_ptr<Scorer> scorer() const override { return make_layered_scorer(); }

private:
    static void check_layers(const std::string& at, const TaskModality& input)
    {
        const auto field = at + ".inputs." + input.modality;
        if (input.layers.size() > MOST_LAYERS)
            throw Error(field + ".layers: got " + std::to_string(input.layers.size())
                        + " layers, expected at most " + std::to_string(MOST_LAYERS));
        if (input.max_vectors != 0 || input.subvectors != 1)
            throw Error(field
                        + ": expected no subvectors and no max_vectors beside "
                          "layers, which say what is sent");
    }

    void check_classes(const std::string& at) const
    {
        if (d_names.size() < 2)
            throw Error(at + ".classes: expected at least two names");
        auto sorted = d_names;
        sorted.push_back(s_pooled_name);
        std::sort(sorted.begin(), sorted.end());
        const auto twice = std::adjacent_find(sorted.begin(), sorted.end());
        if (twice != sorted.end())
            throw Error(at + ".classes: expected no name twice, and none called \""
                        + std::string(s_pooled_name) + "\", got \"" + *twice + "\"");
        for (const auto& name : d_pooled) {
            if (std::find(d_names.begin(), d_names.end(), name) == d_names.end())
                throw Error(at + ".pooled: \"" + name + "\" is none of the classes");
            if (std::count(d_pooled.begin(), d_pooled.end(), name) > 1)
                throw Error(at + ".pooled: \"" + name + "\" stands there twice");
        }
        if (d_pooled.size() >= d_names.size())
            throw Error(at + ".pooled: expected at least one class that is left");
    }

    // One value a sample, 0 where there is no label
    torch::Tensor cross_entropy(const torch::Tensor& logits,
                                const torch::Tensor& labels,
                                double label_smoothing) const
    {
        auto options = F::CrossEntropyFuncOptions()
                           .label_smoothing(label_smoothing)
                           .ignore_index(-1)
                           .reduction(torch::kNone);
        if (!d_class_weights.empty())
            options.weight(
                torch::tensor(d_class_weights, torch::kFloat).to(logits.device()));
        return F::cross_entropy(logits, labels, options);
    }

    static constexpr std::size_t MOST_LAYERS = 8; // as many as a frame can tell apart

    std::vector<std::string> d_names, d_pooled;
    std::vector<double> d_picture_weights, d_label_weights, d_class_weights;
    std::string d_distortion = "log_mse";
};

} // namespace

std::shared_ptr<Output> make_layered_picture_output()
{
    return std::make_shared<LayeredPicture>();
}

} // namespace udeepsc_core
