// SPDX-License-Identifier: GPL-3.0-or-later
#include "image_modality.h"

#include "../config/fields.h"
#include "../files/printable.h"
#include "../nn/layers.h"
#include "label_stem.h"
#include "output.h"

#include <udeepsc_core/error.h>
#include <udeepsc_core/picture.h>

#include <algorithm>

namespace udeepsc_core {

namespace nn = torch::nn;

namespace {

constexpr int MAX_SHIFT = 2; // pixels, in training

void add_conv_relu(nn::Sequential& stack, int in, int out, int stride)
{
    stack->push_back(Conv2d(nn::Conv2dOptions(in, out, 3).stride(stride), 1));
    stack->push_back(nn::ReLU());
}

torch::Tensor centred(const torch::Tensor& x)
{
    return (x - ImageModality::MEAN) * ImageModality::SCALE;
}

torch::Tensor as_rows(const torch::Tensor& x)
{
    return x.flatten(2).transpose(1, 2);
}

bool contains(const std::vector<std::string>& names, const std::string& name)
{
    return std::find(names.begin(), names.end(), name) != names.end();
}

/*! Each patch by itself. x: [batch, 3, side, side] in [0, 1] -> [batch, patches, dim] */
class PatchEmbedding : public EmbeddingImpl {
public:
    PatchEmbedding(int dim, int patch)
    {
        d_patch = register_module("patch",
                                  Conv2d(nn::Conv2dOptions(3, dim, patch).stride(patch)));
    }
    torch::Tensor forward(const torch::Tensor& x, const std::string&) override
    {
        return as_rows(d_patch(centred(x)));
    }

private:
    Conv2d d_patch { nullptr };
};

/*! A convolutional stem, so that a patch's vector knows some of its surroundings. */
class ConvEmbedding : public EmbeddingImpl {
public:
    // label: channels of the label tasks' own stem, empty for none. layered_tasks have
    // the mean of its vectors beside the patches. mirrored: tasks, see LabelStem.
    ConvEmbedding(int dim,
                  const ImageModality& image,
                  const std::vector<int>& stem,
                  const std::vector<int>& label,
                  const std::vector<std::string>& label_tasks,
                  const std::vector<std::string>& layered_tasks,
                  const std::vector<std::string>& mirrored)
        : d_label_tasks(label_tasks)
        , d_layered_tasks(layered_tasks)
    {
        const int patch = image.patch();
        auto with_label = label_tasks;
        with_label.insert(with_label.end(), layered_tasks.begin(), layered_tasks.end());
        if (!with_label.empty())
            d_label = register_module(
                "label", LabelStem(dim, label, image.side(), with_label, mirrored));
        // Each stage halves the picture once: one token of its output still is one 4x4
        // patch.
        add_conv_relu(d_stem, 3, stem[0], 1);
        add_conv_relu(d_stem, stem[0], stem[1], 2);
        d_stem->push_back(ResidualBlock(stem[1]));
        add_conv_relu(d_stem, stem[1], dim, 2);
        d_stem->push_back(ResidualBlock(dim));
        register_module("stem", d_stem);
        d_patch = register_module("patch", Conv2d(nn::Conv2dOptions(dim, dim, 1)));
        d_pixels = register_module(
            "pixels", Conv2d(nn::Conv2dOptions(3, dim, patch).stride(patch).bias(false)));
    }
    torch::Tensor forward(const torch::Tensor& x, const std::string& task) override
    {
        const auto y = centred(x);
        if (contains(d_label_tasks, task))
            return d_label(y, task);
        return as_rows(d_patch(d_stem->forward(y)) + d_pixels(y));
    }
    torch::Tensor summary(const torch::Tensor& x, const std::string& task) override
    {
        if (!contains(d_layered_tasks, task))
            return {};
        return d_label(centred(x), task).mean(1, true);
    }

private:
    std::vector<std::string> d_label_tasks; // that go through the stem of their own
    std::vector<std::string> d_layered_tasks; // that go through both
    LabelStem d_label { nullptr };
    nn::Sequential d_stem;
    Conv2d d_patch { nullptr };
    Conv2d d_pixels { nullptr }; // beside the stem: fine detail straight through
};

void check(bool good, const std::string& field, const std::string& expected)
{
    if (!good)
        throw Error("configuration: " + field + ": expected " + expected);
}

} // namespace

void ImageModality::visit(FieldVisitor& fields)
{
    fields.integer({ "image_size", "pixels", "side of a picture" }, d_side, 1, 1024);
    fields.integer(
        { "patch", "pixels", "side of a patch; divides image_size" }, d_patch, 1, 1024);
    fields.text(
        { "embedding", "", "patch: linear; conv: a convolutional stem, for patch 4" },
        d_embedding,
        { "patch", "conv" });
    fields.integers({ "stem", "channels", "of the stem, one for each of its two stages" },
                    d_stem,
                    1,
                    4096);
    fields.integers({ "label_stem",
                      "channels",
                      "of a stem of their own for tasks that need no pixels (labels, "
                      "scores; in layered pictures for the class), one for each halving "
                      "of the picture; empty: none" },
                    d_label_stem,
                    1,
                    4096);
    fields.texts({ "label_mirror",
                   "tasks",
                   "for which, outside training, the label_stem also looks at the mirror "
                   "image and takes the mean: for what shows the same either way round" },
                 d_label_mirror);
}

void ImageModality::validate(const std::string& where) const
{
    check(d_side % d_patch == 0, where + ".patch", "a divisor of image_size");
    check(max_positions() <= 4096, where + ".patch", "at most 4096 patches");
    if (d_embedding == "conv") {
        check(d_patch == 4, where + ".patch", "4 with the conv embedding");
        check(d_stem.size() == 2, where + ".stem", "two channel counts");
    }
    if (d_label_stem.empty())
        return;
    const auto stages = static_cast<int>(d_label_stem.size());
    check(d_embedding == "conv", where + ".label_stem", "embedding conv with it");
    check(stages >= 2 && stages <= 10 && d_side % (1 << stages) == 0,
          where + ".label_stem",
          "two channel counts or more, by whose count of halvings image_size divides");
}

std::int64_t ImageModality::least_parameters(int dim) const
{
    if (d_stem.size() != 2)
        return 3 * static_cast<std::int64_t>(d_patch) * d_patch * dim;
    std::int64_t products = d_stem[0] * static_cast<std::int64_t>(d_stem[1])
        + d_stem[1] * static_cast<std::int64_t>(dim);
    for (std::size_t i = 0; i + 1 < d_label_stem.size(); ++i)
        products += d_label_stem[i] * static_cast<std::int64_t>(d_label_stem[i + 1]);
    return 9 * products;
}

void ImageModality::describe(ModalityInfo& info) const
{
    info.payload = PayloadType::bytes;
    info.shape = { d_side, d_side, 3 };
}

torch::Tensor ImageModality::tensor(const SourceSample& sample, const Tokenizer*) const
{
    const auto size = static_cast<std::size_t>(3 * d_side * d_side);
    if (sample.shape != std::vector<int> { d_side, d_side, 3 }
        || sample.bytes.size() != size) {
        std::string shape;
        for (int n : sample.shape)
            shape += (shape.empty() ? "" : "x") + std::to_string(n);
        throw Error("picture: got " + shape + " with "
                    + std::to_string(sample.bytes.size()) + " bytes, expected "
                    + std::to_string(d_side) + "x" + std::to_string(d_side) + "x3 RGB, "
                    + std::to_string(size) + " bytes");
    }
    return torch::from_blob(const_cast<std::uint8_t*>(sample.bytes.data()),
                            { d_side, d_side, 3 },
                            torch::kByte)
        .permute({ 2, 0, 1 })
        .to(torch::kFloat)
        .div(255.0);
}

ModalityBatch ImageModality::batch(const std::vector<torch::Tensor>& samples) const
{
    return stacked(samples);
}

// Moved by up to MAX_SHIFT pixels (edges repeated), and mirrored half of the time.
torch::Tensor ImageModality::augment(const torch::Tensor& sample,
                                     const Augmentation& how,
                                     const Tokenizer*,
                                     std::mt19937_64& random) const
{
    const auto shift
        = [&] { return static_cast<int>(random() % (2 * MAX_SHIFT + 1)) - MAX_SHIFT; };
    const int dy = shift(), dx = shift();
    const bool flip = (random() & 1) && how.mirror;
    const auto source = sample.contiguous();
    auto moved = torch::empty_like(source);
    for (int c = 0; c < 3; ++c)
        for (int y = 0; y < d_side; ++y) {
            const int from_y = std::clamp(y + dy, 0, d_side - 1);
            const float* row = source.data_ptr<float>() + (c * d_side + from_y) * d_side;
            float* out = moved.data_ptr<float>() + (c * d_side + y) * d_side;
            for (int x = 0; x < d_side; ++x)
                out[x] = row[std::clamp((flip ? d_side - 1 - x : x) + dx, 0, d_side - 1)];
        }
    return moved;
}

SourceSample ImageModality::blank() const
{
    return SourceSample::image(
        d_side,
        d_side,
        std::vector<std::uint8_t>(static_cast<std::size_t>(3 * d_side * d_side)));
}

SourceSample ImageModality::random(std::mt19937& random) const
{
    auto sample = blank();
    for (auto& byte : sample.bytes)
        byte = static_cast<std::uint8_t>(random());
    return sample;
}

std::vector<std::string> ImageModality::extensions() const
{
    return { ".png", ".jpg", ".jpeg", ".bmp", ".gif", ".ppm", ".pgm" };
}

SourceSample ImageModality::read_file(const std::string& path) const
{
    auto picture = fit_square(load_picture(path), d_side);
    return SourceSample::image(d_side, d_side, std::move(picture.rgb));
}

Embedding ImageModality::make_embedding(int dim,
                                        const std::vector<TaskConfig>& tasks) const
{
    std::vector<std::string> label_tasks, layered_tasks;
    for (const auto& task : tasks) {
        if (d_label_stem.empty())
            continue;
        if (task.output->layered())
            layered_tasks.push_back(task.name);
        else if (!task.output->keeps_magnitude())
            label_tasks.push_back(task.name);
    }
    for (const auto& name : d_label_mirror)
        check(contains(label_tasks, name) || contains(layered_tasks, name),
              "encoders.image.label_mirror",
              "tasks that the label_stem looks at, found " + printable(name, 80));
    if (d_embedding == "conv")
        return Embedding(std::make_shared<ConvEmbedding>(dim,
                                                         *this,
                                                         d_stem,
                                                         d_label_stem,
                                                         label_tasks,
                                                         layered_tasks,
                                                         d_label_mirror));
    return Embedding(std::make_shared<PatchEmbedding>(dim, d_patch));
}

} // namespace udeepsc_core
