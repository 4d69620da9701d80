// SPDX-License-Identifier: GPL-3.0-or-later
#include "batches.h"

#include <udeepsc_core/error.h>

#include <algorithm>
#include <numeric>

namespace udeepsc_core {

namespace {

constexpr int s_unknown_token = 1;

int draw(std::mt19937_64& random, int low, int high)
{
    return low + static_cast<int>(random() % static_cast<std::uint64_t>(high - low + 1));
}

double draw_real(std::mt19937_64& random)
{
    return static_cast<double>(random() >> 11) * 0x1.0p-53;
}

// Moved by up to `shift` pixels (edges repeated) and flipped half of the time.
void copy_augmented(const std::uint8_t* from, float* to, int size, int shift, std::mt19937_64& random)
{
    const int dy = draw(random, -shift, shift), dx = draw(random, -shift, shift);
    const bool flip = random() & 1;
    for (int c = 0; c < 3; ++c)
        for (int y = 0; y < size; ++y) {
            const std::uint8_t* row =
                from + (c * size + std::clamp(y + dy, 0, size - 1)) * size;
            float* out = to + (c * size + y) * size;
            for (int x = 0; x < size; ++x) {
                const int at = std::clamp((flip ? size - 1 - x : x) + dx, 0, size - 1);
                out[x] = row[at] / 255.0f;
            }
        }
}

class ImageSource : public TaskSource
{
public:
    ImageSource(std::shared_ptr<const TrainingData> data, bool labels)
        : d_data(std::move(data)), d_labels(labels)
    {
    }

    std::int64_t size() const override
    {
        return static_cast<std::int64_t>(d_data->images->size());
    }

    TaskBatch batch(const std::vector<std::int64_t>& numbers, std::mt19937_64& random) const override
    {
        const auto& set = *d_data->images;
        const auto n = static_cast<std::int64_t>(numbers.size());
        auto pixels = torch::empty({ n, 3, set.height, set.width });
        auto labels = torch::empty({ n }, torch::kLong);
        const std::int64_t each = 3 * set.height * set.width;
        for (std::int64_t i = 0; i < n; ++i) {
            float* to = pixels.data_ptr<float>() + i * each;
            copy_augmented(set.pixels.data() + numbers[i] * each, to, set.width, 2, random);
            labels[i] = set.labels[numbers[i]];
        }
        return { { { "image", pixels, {} } }, d_labels ? labels : pixels };
    }

private:
    std::shared_ptr<const TrainingData> d_data;
    bool d_labels;
};

class TextSource : public TaskSource
{
public:
    TextSource(std::shared_ptr<const TrainingData> data, bool labels, int max_tokens, double word_dropout)
        : d_data(std::move(data)), d_labels(labels), d_max_tokens(max_tokens), d_word_dropout(word_dropout)
    {
        // Phrases of a word or two teach reconstruction little.
        const std::size_t shortest = labels ? 1 : 4;
        for (std::size_t i = 0; i < d_data->tokens.size(); ++i)
            if (d_data->tokens[i].size() >= shortest)
                d_usable.push_back(static_cast<std::int64_t>(i));
        if (d_usable.empty())
            throw Error("training texts: not one has " + std::to_string(shortest) + " tokens");
    }

    std::int64_t size() const override { return static_cast<std::int64_t>(d_usable.size()); }

    TaskBatch batch(const std::vector<std::int64_t>& numbers, std::mt19937_64& random) const override
    {
        const auto n = static_cast<std::int64_t>(numbers.size());
        std::int64_t longest = 1;
        for (auto i : numbers)
            longest = std::max<std::int64_t>(longest, tokens(i).size());
        longest = std::min<std::int64_t>(longest, d_max_tokens);
        auto input = torch::zeros({ n, longest }, torch::kLong);
        auto valid = torch::zeros({ n, longest });
        auto target = torch::full({ n, longest }, -100, torch::kLong);
        auto labels = torch::empty({ n }, torch::kLong);
        auto in = input.accessor<std::int64_t, 2>();
        auto ok = valid.accessor<float, 2>();
        auto want = target.accessor<std::int64_t, 2>();
        for (std::int64_t i = 0; i < n; ++i) {
            const auto& words = tokens(numbers[i]);
            const auto length = std::min<std::int64_t>(longest, words.size());
            for (std::int64_t t = 0; t < length; ++t) {
                const bool hide = d_labels && draw_real(random) < d_word_dropout;
                in[i][t] = hide ? s_unknown_token : words[t];
                ok[i][t] = 1;
                want[i][t] = words[t];
            }
            labels[i] = d_data->texts->labels[d_usable[numbers[i]]];
        }
        return { { { "text", input, valid } }, d_labels ? labels : target };
    }

private:
    const std::vector<int>& tokens(std::int64_t number) const
    {
        return d_data->tokens[d_usable[number]];
    }

    std::shared_ptr<const TrainingData> d_data;
    bool d_labels;
    int d_max_tokens;
    double d_word_dropout;
    std::vector<std::int64_t> d_usable;
};

} // namespace

std::unique_ptr<TaskSource> make_source(const ModelConfig& model,
                                        const std::string& task_name,
                                        const std::shared_ptr<const TrainingData>& data,
                                        const TrainConfig& config)
{
    const auto& task = model.task(task_name);
    const auto check_labels = [&](const std::vector<int>& labels) {
        const int most = labels.empty() ? 0 : *std::max_element(labels.begin(), labels.end());
        if (task.output == "label" && most >= static_cast<int>(task.classes.size()))
            throw Error("training: task " + task_name + " has " + std::to_string(task.classes.size()) +
                        " classes, the data has label " + std::to_string(most));
    };
    if (data->images)
        check_labels(task.inputs[0].modality == "image" ? data->images->labels : std::vector<int>());
    if (data->texts)
        check_labels(task.inputs[0].modality == "text" ? data->texts->labels : std::vector<int>());
    if (task.inputs.size() == 1 && task.inputs[0].modality == "image" && task.output != "sentence")
        return std::make_unique<ImageSource>(data, task.output == "label");
    if (task.inputs.size() == 1 && task.inputs[0].modality == "text" && task.output != "picture")
        return std::make_unique<TextSource>(
            data, task.output == "label", model.encoder("text").max_tokens, config.word_dropout);
    throw Error("training: there is no data loader for task " + task_name);
}

std::vector<std::int64_t> EpochOrder::at(std::int64_t first, std::int64_t count)
{
    std::vector<std::int64_t> numbers;
    for (std::int64_t i = first; i < first + count; ++i) {
        const auto epoch = i / d_size;
        if (epoch != d_epoch) {
            d_epoch = epoch;
            d_order.resize(d_size);
            std::iota(d_order.begin(), d_order.end(), 0);
            std::mt19937_64 random(d_seed * 0x9e3779b97f4a7c15ull + epoch);
            for (std::int64_t k = d_size - 1; k > 0; --k)
                std::swap(d_order[k], d_order[random() % (k + 1)]);
        }
        numbers.push_back(d_order[i % d_size]);
    }
    return numbers;
}

} // namespace udeepsc_core
