// SPDX-License-Identifier: GPL-3.0-or-later
#include "picture_head.h"

#include <udeepsc_core/error.h>

namespace udeepsc_core {

namespace nn = torch::nn;

namespace {

Conv2d conv3x3(int in, int out)
{
    return Conv2d(nn::Conv2dOptions(in, out, 3), 1);
}

} // namespace

PictureHead::PictureHead(int dim, int grid, int patch, bool convolutions)
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

torch::Tensor PictureHead::decode(const torch::Tensor& x)
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

torch::Tensor PictureHead::to_grid(const torch::Tensor& t) const
{
    return t.transpose(1, 2).reshape({ t.size(0), t.size(2), d_grid, d_grid });
}

const ImageModality* image_of(const ModelConfig& model, const TaskConfig& task)
{
    if (task.inputs.size() != 1)
        return nullptr;
    const auto* encoder = model.find_encoder(task.inputs[0].modality);
    return encoder ? dynamic_cast<const ImageModality*>(encoder->kind.get()) : nullptr;
}

void check_picture_head(const ModelConfig& model,
                        const TaskConfig& task,
                        const ImageModality& image)
{
    if (model.decoder.picture_head == "conv" && image.patch() != 4)
        throw Error("configuration: decoder.picture_head: conv doubles the resolution "
                    "twice and needs patches of 4 pixels; encoders."
                    + task.inputs[0].modality + ".patch is "
                    + std::to_string(image.patch()) + ", with which linear works");
}

void write_picture(const torch::Tensor& pixels, TaskResult& result)
{
    const auto bytes = (pixels.clamp(0, 1) * 255.0)
                           .round()
                           .to(torch::kByte)
                           .permute({ 1, 2, 0 })
                           .contiguous();
    result.height = static_cast<int>(bytes.size(0));
    result.width = static_cast<int>(bytes.size(1));
    result.picture.assign(bytes.data_ptr<std::uint8_t>(),
                          bytes.data_ptr<std::uint8_t>() + bytes.numel());
}

TaskResult picture_of_payload(const Payload& payload)
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

std::optional<double> picture_score(const TaskResult& result, const Sample& sent)
{
    if (sent.inputs.empty() || result.picture.empty()
        || sent.inputs.begin()->second.bytes.size() != result.picture.size())
        return std::nullopt;
    return psnr_db(result.picture, sent.inputs.begin()->second.bytes);
}

} // namespace udeepsc_core
