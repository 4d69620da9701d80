// SPDX-License-Identifier: GPL-3.0-or-later
#include "kinds_of_output.h"
#include "picture_head.h"

#include <udeepsc_core/error.h>

namespace udeepsc_core {

namespace nn = torch::nn;

namespace {

class PsnrScorer : public Scorer {
public:
    void add(const TaskResult& result, const Sample& sent) override
    {
        d_each.push_back(psnr_db(result.picture, sent.inputs.begin()->second.bytes));
    }
    TaskScore score() const override { return { mean(d_each), {}, d_each, {} }; }

private:
    std::vector<double> d_each; // dB
};

/*! The picture that was sent. */
class PictureOutput : public Output {
public:
    const char* kind() const override { return "picture"; }
    const char* metric() const override { return "psnr_db"; }

    void validate(const ModelConfig& model, const TaskConfig& task) const override
    {
        const auto at = "configuration: tasks." + task.name;
        const auto* image = image_of(model, task);
        if (!image)
            throw Error(at
                        + ".inputs: expected one modality of kind image for a picture");
        if (task.queries != image->max_positions())
            throw Error(at + ".queries: expected one a patch, "
                        + std::to_string(image->max_positions()) + ", got "
                        + std::to_string(task.queries));
        check_picture_head(model, task, *image);
    }

    std::int64_t least_parameters(const ModelConfig&, const TaskConfig&) const override
    {
        return 0;
    }

    std::shared_ptr<nn::Module> make_head(const ModelConfig& model,
                                          const TaskConfig& task,
                                          const torch::Tensor&) const override
    {
        const auto* image = image_of(model, task);
        return std::make_shared<PictureHead>(model.decoder.dim,
                                             image->grid(),
                                             image->patch(),
                                             model.decoder.picture_head == "conv");
    }

    bool keeps_magnitude() const override { return true; } // the contrast of a patch

    // [batch, 3, side, side]
    torch::Tensor target(const std::vector<const Target*>&,
                         const ModalityBatch& input) const override
    {
        return input.input;
    }

    OutputLoss
    loss(const torch::Tensor& output, const torch::Tensor& target, double) const override
    {
        const auto mse = (output.to(torch::kFloat) - target)
                             .pow(2)
                             .mean({ 1, 2, 3 })
                             .clamp_min(1e-6);
        // log(MSE) is PSNR up to a factor: with MSE alone the noisiest samples of a batch
        // would outweigh the rest a hundred to one.
        return { torch::log(mse).mean(), (-10.0 * torch::log10(mse.detach())).mean() };
    }

    TaskResult read(const torch::Tensor& output, const Tokenizer*) const override
    {
        TaskResult r;
        write_picture(output, r);
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
                      const std::vector<std::string>&) const override
    {
        return std::to_string(result.width) + "x" + std::to_string(result.height)
            + " pixels";
    }
    std::optional<double> sample_score(const TaskResult& result,
                                       const Sample& sent) const override
    {
        return picture_score(result, sent);
    }
    std::unique_ptr<Scorer> scorer() const override
    {
        return std::make_unique<PsnrScorer>();
    }
};

} // namespace

std::shared_ptr<Output> make_picture_output()
{
    return std::make_shared<PictureOutput>();
}

} // namespace udeepsc_core
