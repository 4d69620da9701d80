// SPDX-License-Identifier: GPL-3.0-or-later
#include <nn/network.h>
#include <train/adamw.h>

#include <gtest/gtest.h>

#include <cmath>
#include <map>

using namespace udeepsc_core;

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
