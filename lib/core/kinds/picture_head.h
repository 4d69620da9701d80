// SPDX-License-Identifier: GPL-3.0-or-later
// What the kinds of output that give pictures share.
#pragma once

#include "image_modality.h"
#include "output.h"

#include "../nn/layers.h"

namespace udeepsc_core {

/*!
 * \brief One token a patch -> picture: each patch from its own vector, and with "conv" a
 * correction by convolutions through two doublings of resolution.
 *
 * states: [batch, patches, dim] -> [batch, 3, side, side], about 0 to 1, not clamped
 */
class PictureHead : public torch::nn::Module, public Head {
public:
    PictureHead(int dim, int grid, int patch, bool convolutions);
    torch::Tensor decode(const torch::Tensor& states) override;

private:
    torch::Tensor to_grid(const torch::Tensor& t) const;

    int d_grid, d_patch;
    Linear d_linear { nullptr };
    Conv2d d_spread { nullptr }, d_up1 { nullptr }, d_up2 { nullptr }, d_mix { nullptr },
        d_out { nullptr };
    ResidualBlock d_block1 { nullptr };
};

//! The kind of the task's only modality where that is of pictures, else null.
const ImageModality* image_of(const ModelConfig& model, const TaskConfig& task);

//! Throws Error unless the model's picture head can be had with patches of this size.
void check_picture_head(const ModelConfig& model,
                        const TaskConfig& task,
                        const ImageModality& image);

//! pixels: [3, height, width], about 0 to 1
void write_picture(const torch::Tensor& pixels, TaskResult& result);

//! The result that a payload [height, width, 3] is. Throws Error.
TaskResult picture_of_payload(const Payload& payload);

//! PSNR of a result against the picture that was sent; nothing where there is none of its
//! size.
std::optional<double> picture_score(const TaskResult& result, const Sample& sent);

} // namespace udeepsc_core
