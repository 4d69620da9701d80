// SPDX-License-Identifier: GPL-3.0-or-later
#include <nn/network.h>
#include <train/adamw.h>
#include <train/batch_queue.h>

#include <gtest/gtest.h>

#include <cmath>
#include <map>

using namespace udeepsc_core;

namespace {

/*! Ten plain pictures, each of another grey. */
class Greys : public Dataset {
public:
    std::size_t size() const override { return 10; }
    Sample at(std::size_t i) const override
    {
        Sample sample;
        sample.inputs["image"] = SourceSample::image(
            32,
            32,
            std::vector<std::uint8_t>(3 * 32 * 32, static_cast<std::uint8_t>(20 * i)));
        sample.target.label = static_cast<int>(i);
        return sample;
    }
    const DatasetInfo& describe() const override { return d_info; }

private:
    DatasetInfo d_info { "greys", "train", {}, {} };
};

struct QueuedBatches {
    std::vector<std::size_t> tasks;
    std::vector<torch::Tensor> inputs;
    std::vector<std::int64_t> drawn;
};

// Batches of the steps from `first` on, prepared so far ahead.
QueuedBatches queued(std::size_t ahead,
                     int steps,
                     std::int64_t first = 0,
                     std::vector<std::int64_t> drawn = { 0, 0 })
{
    const auto model = ModelConfig::from_file(CONFIGS "/tiny.json");
    TrainConfig config;
    config.tasks["image_classification"].batch = 3;
    config.tasks["image_reconstruction"].batch = 2;
    std::vector<TrainingTask> tasks;
    for (const auto& t : config.tasks) {
        auto batches = std::make_unique<TaskBatches>(
            model, t.first, std::make_shared<Greys>(), nullptr, Augmentation {});
        tasks.push_back({ t.first, std::move(batches), EpochOrder(10, 7) });
        tasks.back().drawn = drawn[tasks.size() - 1];
    }
    BatchQueue queue(config, tasks, 0, 1, first, ahead, false);
    QueuedBatches got;
    for (int i = 0; i < steps; ++i) {
        auto next = queue.next();
        got.tasks.push_back(next.task);
        got.inputs.push_back(next.batch.get().inputs[0].input);
        count_drawn(config, first + i, 1, drawn);
    }
    got.drawn = drawn;
    return got;
}

} // namespace

TEST(BatchQueue, GivesTheSameHoweverFarAhead)
{
    const auto one_by_one = queued(0, 12), ahead = queued(5, 12);
    EXPECT_EQ(one_by_one.tasks, ahead.tasks);
    for (std::size_t i = 0; i < 12; ++i)
        EXPECT_TRUE(torch::equal(one_by_one.inputs[i], ahead.inputs[i])) << i;
    EXPECT_FALSE(torch::equal(one_by_one.inputs[0], one_by_one.inputs[1]));
    // Both tasks came up, and a training that goes on at step 5 sees what follows.
    EXPECT_GT(one_by_one.drawn[0], 0);
    EXPECT_GT(one_by_one.drawn[1], 0);
    const auto later = queued(5, 7, 5, queued(0, 5).drawn);
    for (std::size_t i = 0; i < 7; ++i)
        EXPECT_TRUE(torch::equal(later.inputs[i], one_by_one.inputs[i + 5])) << i;
}

TEST(AdamW, StepsAsLibTorchsDoes)
{
    torch::manual_seed(40);
    const auto start = torch::randn({ 5, 3 });
    auto ours = start.clone().requires_grad_(), theirs = start.clone().requires_grad_();
    AdamW optimizer;
    optimizer.add("w", ours, 0.03, 1.0);
    torch::optim::AdamW reference({ theirs },
                                  torch::optim::AdamWOptions(0.01)
                                      .betas({ 0.9, 0.99 })
                                      .weight_decay(0.03)
                                      .eps(1e-8));
    for (int step = 0; step < 20; ++step) {
        const auto wanted = torch::randn({ 5, 3 });
        optimizer.zero_gradients();
        reference.zero_grad();
        (ours - wanted).pow(2).sum().backward();
        (theirs - wanted).pow(2).sum().backward();
        optimizer.step(0.01);
        reference.step();
    }
    EXPECT_LT((ours - theirs).abs().max().item<float>(), 1e-6);
    EXPECT_GT((ours - start).abs().max().item<float>(), 0.05);
}

TEST(AdamW, NormIsThatOfAllGradients)
{
    auto a = torch::zeros({ 2 }).requires_grad_(),
         b = torch::zeros({ 1 }).requires_grad_();
    AdamW optimizer;
    optimizer.add("a", a, 0, 1);
    optimizer.add("b", b, 0, 1);
    a.mutable_grad() = torch::tensor({ 3.0f, 0.0f });
    EXPECT_NEAR(optimizer.gradient_norm(), 3, 1e-6); // b has none
    b.mutable_grad() = torch::tensor({ 4.0f });
    EXPECT_NEAR(optimizer.gradient_norm(), 5, 1e-6);
    optimizer.scale_gradients(0.5);
    EXPECT_NEAR(optimizer.gradient_norm(), 2.5, 1e-6);
    b.mutable_grad() = torch::tensor({ NAN });
    EXPECT_FALSE(std::isfinite(optimizer.gradient_norm()));
}

TEST(ParameterGroups, MatricesDecayAndWhatModulesExceptDoesNot)
{
    const auto model = ModelConfig::from_file(CONFIGS "/tiny.json");
    const Network network(model);
    std::map<std::string, bool> decays;
    for (const auto& p : grouped_parameters(*network))
        decays[p.name] = p.decays;
    EXPECT_EQ(decays.size(), network->named_parameters().size());
    // W_Q of attention is a matrix like any other, though it is called query.
    EXPECT_TRUE(decays.at("encoder.image.semantic.0.attention.query.weight"));
    EXPECT_TRUE(decays.at("receiver.layers.0.cross.query.weight"));
    EXPECT_FALSE(decays.at("encoder.image.semantic.0.attention.query.bias"));
    EXPECT_FALSE(decays.at("receiver.query.image_classification"));
    EXPECT_FALSE(decays.at("receiver.position.image"));
    EXPECT_FALSE(decays.at("encoder.text.position"));
    EXPECT_FALSE(decays.at("encoder.text.task_embedding"));
    EXPECT_FALSE(decays.at("codebook.image.codewords"));
    EXPECT_FALSE(decays.at("encoder.image.ratio.image_classification.w1"));
}
