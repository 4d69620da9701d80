// SPDX-License-Identifier: GPL-3.0-or-later
#include "image_modality.h"
#include "kinds_of_output.h"

#include "../nn/layers.h"

#include <udeepsc_core/error.h>

namespace udeepsc_core {

namespace nn = torch::nn;

namespace {

Conv2d conv3x3(int in, int out)
{
    return Conv2d(nn::Conv2dOptions(in, out, 3), 1);
}

/*!
 * \brief One token a patch -> picture: each patch from its own vector, and with "conv" a
 * correction by convolutions through two doublings of resolution.
 *
 * states: [batch, patches, dim] -> [batch, 3, side, side], about 0 to 1, not clamped
 */
class PictureHead : public nn::Module, public Head {
public:
    PictureHead(int dim, int grid, int patch, bool convolutions)
        : d_grid(grid)
        , d_patch(patch)
    {
        if (convolutions) {
            const int half = 64, full = 24; // channels at half and at full resolution
            d_spread = register_module("spread", conv3x3(dim, dim));
            d_up1 = register_module("up1", conv3x3(dim, 4 * half));
            d_block1 = register_module("block1", ResidualBlock(half));
            d_up2 = register_module("up2", conv3x3(half, 4 * full));
            d_mix = register_module("mix", conv3x3(full, full));
            d_out = register_module("out", conv3x3(full, 3));
        }
        d_linear = register_module("linear", Linear(dim, 3 * patch * patch));
    }

    torch::Tensor decode(const torch::Tensor& x) override
    {
        const auto patches = torch::pixel_shuffle(to_grid(d_linear(x)), d_patch) + 0.5;
        if (!d_spread)
            return patches;
        auto y = to_grid(x);
        y = y + torch::relu(d_spread(y));
        y = d_block1(torch::relu(torch::pixel_shuffle(d_up1(y), 2)));
        y = torch::relu(torch::pixel_shuffle(d_up2(y), 2));
        y = y + torch::relu(d_mix(y));
        return patches + d_out(y);
    }

private:
    torch::Tensor to_grid(const torch::Tensor& t) const
    {
        return t.transpose(1, 2).reshape({ t.size(0), t.size(2), d_grid, d_grid });
    }

    int d_grid, d_patch;
    Linear d_linear { nullptr };
    Conv2d d_spread { nullptr }, d_up1 { nullptr }, d_up2 { nullptr }, d_mix { nullptr },
        d_out { nullptr };
    ResidualBlock d_block1 { nullptr };
};

class PsnrScorer : public Scorer {
public:
    void add(const TaskResult& result, const Sample& sent) override
    {
        d_each.push_back(psnr_db(result.picture, sent.inputs.begin()->second.bytes));
    }
    TaskScore score() const override { return { mean(d_each), {}, d_each }; }

private:
    std::vector<double> d_each; // dB
};

const ImageModality* image_of(const ModelConfig& model, const TaskConfig& task)
{
    if (task.inputs.size() != 1)
        return nullptr;
    const auto* encoder = model.find_encoder(task.inputs[0].modality);
    return encoder ? dynamic_cast<const ImageModality*>(encoder->kind.get()) : nullptr;
}

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
        if (model.decoder.picture_head == "conv" && image->patch() != 4)
            throw Error("configuration: decoder.picture_head: conv doubles the "
                        "resolution twice and "
                        "needs patches of 4 pixels; encoders."
                        + task.inputs[0].modality + ".patch is "
                        + std::to_string(image->patch()) + ", with which linear works");
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
        const auto pixels = (output.clamp(0, 1) * 255.0)
                                .round()
                                .to(torch::kByte)
                                .permute({ 1, 2, 0 })
                                .contiguous();
        TaskResult r;
        r.height = static_cast<int>(pixels.size(0));
        r.width = static_cast<int>(pixels.size(1));
        r.picture.assign(pixels.data_ptr<std::uint8_t>(),
                         pixels.data_ptr<std::uint8_t>() + pixels.numel());
        return r;
    }

    Payload payload(const TaskResult& result) const override
    {
        return { result.picture, {}, { result.height, result.width, 3 } };
    }
    TaskResult result(const Payload& payload) const override
    {
        const auto& s = payload.shape;
        if (!payload.is_bytes() || s.size() != 3 || s[2] != 3
            || payload.bytes.size()
                != static_cast<std::size_t>(s[0]) * static_cast<std::size_t>(s[1]) * 3)
            throw Error("picture: got " + std::to_string(payload.bytes.size())
                        + " bytes, expected [height, width, 3]");
        TaskResult r;
        r.height = s[0];
        r.width = s[1];
        r.picture = payload.bytes;
        return r;
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
        if (sent.inputs.empty() || result.picture.empty()
            || sent.inputs.begin()->second.bytes.size() != result.picture.size())
            return std::nullopt;
        return psnr_db(result.picture, sent.inputs.begin()->second.bytes);
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
