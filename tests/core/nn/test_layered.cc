// SPDX-License-Identifier: GPL-3.0-or-later
// Inside the network: heads and merging of layers, and what training makes of them.
#include "../layered_model.h"

#include <kinds/output.h>
#include <nn/layered.h>
#include <train/adamw.h>
#include <train/objective.h>

#include <gtest/gtest.h>

#include <cmath>

using namespace udeepsc_core;

namespace {

const std::vector<int> s_layers { 3, 6, 9 };

// Half of the pictures are bright: that, and where the bright corner is, can be learnt.
TaskBatch batch_of(const ModelConfig& model, int count)
{
    const auto& task = model.task("digits");
    std::vector<torch::Tensor> pictures;
    std::vector<Target> targets(static_cast<std::size_t>(count));
    std::vector<const Target*> pointers;
    for (int i = 0; i < count; ++i) {
        auto picture = torch::full({ 3, 8, 8 }, i % 2 ? 0.8 : 0.2);
        picture.slice(1, 0, 4).slice(2, 0, 4).fill_(0.1 * (i % 10));
        pictures.push_back(picture + 0.02 * torch::randn({ 3, 8, 8 }));
        targets[static_cast<std::size_t>(i)].label = i % 2;
        pointers.push_back(&targets[static_cast<std::size_t>(i)]);
    }
    TaskBatch batch;
    batch.inputs.push_back(model.encoder("image").kind->batch(pictures));
    batch.inputs[0].modality = "image";
    batch.target = task.output->target(pointers, batch.inputs[0]);
    return batch;
}

} // namespace

TEST(Layers, EachHasThePowerOfOne)
{
    torch::manual_seed(1);
    const auto x = normalize_layers(5 * torch::randn({ 4, 18, 2 }), s_layers);
    std::int64_t at = 0;
    for (int size : s_layers) {
        const auto energy = x.narrow(1, at, size).pow(2).sum(-1).mean(1);
        EXPECT_LT((energy - 1).abs().max().item<float>(), 1e-4);
        at += size;
    }
    const auto spread = spread_over_layers(torch::tensor({ 1.0f, 2.0f, 3.0f }), s_layers);
    EXPECT_EQ(spread.size(0), 18);
    EXPECT_EQ(spread[2].item<float>(), 1);
    EXPECT_EQ(spread[3].item<float>(), 2);
    EXPECT_EQ(spread[9].item<float>(), 3);
}

TEST(LayerHeads, FirstCodebookVectorsOfAllComeFirst)
{
    torch::manual_seed(2);
    LayerHeads heads(6, 2, 4, s_layers);
    const auto features = torch::randn({ 1, 4, 6 }), last = torch::randn({ 1, 6 });
    const auto out = heads(features, last);
    EXPECT_EQ(out.sizes(), (std::vector<std::int64_t> { 1, 18, 2 }));
    // Layer 1 hangs on the last vector alone, the others on all but it.
    const auto moved = heads(features, last + 1);
    EXPECT_FALSE(torch::allclose(out.narrow(1, 0, 3), moved.narrow(1, 0, 3)));
    EXPECT_TRUE(torch::allclose(out.narrow(1, 3, 15), moved.narrow(1, 3, 15)));
    // Of 6 = 2 x 4 - 2 places the second vector has 2: numbers 1 and 5.
    auto changed = features.clone();
    changed[0][1] += 1;
    const auto differs
        = (heads(changed, last) - out).abs().sum(-1)[0].narrow(0, 3, 6) > 1e-6;
    for (int i = 0; i < 6; ++i)
        EXPECT_EQ(differs[i].item<bool>(), i == 1 || i == 5) << i;
}

TEST(LayerMerge, APrefixKnowsNothingOfLaterLayers)
{
    torch::manual_seed(3);
    LayerMerge merge(8, 2, 4, s_layers, true);
    torch::NoGradGuard no_grad;
    for (auto& p : merge->parameters()) // what starts at 0 has to count too
        p.copy_(torch::randn_like(p));
    const auto received = torch::randn({ 2, 18, 2 });
    const auto noise = torch::rand({ 2, 3 });
    const auto all = merge(received, noise, 1, 3);
    EXPECT_EQ(all.sizes(), (std::vector<std::int64_t> { 6, 5, 8 }));
    int indices = 0;
    for (int p = 1; p <= 3; ++p) {
        indices += s_layers[static_cast<std::size_t>(p - 1)];
        const auto alone
            = merge(received.narrow(1, 0, indices), noise.narrow(1, 0, p), p, p);
        EXPECT_TRUE(torch::allclose(alone, all.narrow(0, 2 * (p - 1), 2), 1e-4, 1e-4))
            << p;
    }
    EXPECT_FALSE(torch::allclose(all.narrow(0, 0, 2), all.narrow(0, 2, 2)));
}

TEST(LayeredNetwork, GradientsAreFiniteAndReachEveryPart)
{
    const auto model = ModelConfig::from_json(layered_model());
    torch::manual_seed(4);
    Network network(model);
    AuxiliaryHeads auxiliary(model);
    network->train();
    TrainConfig config;
    config.tasks["digits"].receivers
        = { { -2, 2, { 1, 0, 0 }, {} }, { 8, 12, {}, { 0, 0, 1 } } };
    for (bool digital : { false, true }) {
        PhaseConfig phase;
        phase.digital = digital;
        const auto loss = objective(
            network, auxiliary, "digits", batch_of(model, 8), config, { phase, 0 });
        ASSERT_TRUE(std::isfinite(loss.total.item<double>()));
        EXPECT_EQ(loss.also.count("psnr_3"), 1u);
        EXPECT_EQ(loss.also.count("accuracy_1"), 1u);
        network->zero_grad();
        loss.total.backward();
        for (const auto& p : network->named_parameters()) {
            const bool unused = p.key().find("selection") != std::string::npos
                || p.key().find("receiver.noise") != std::string::npos
                || p.key().find("receiver.norm") != std::string::npos
                || (p.key().find("codebook") != std::string::npos && !digital);
            if (unused)
                continue;
            ASSERT_TRUE(p.value().grad().defined()) << p.key();
            ASSERT_TRUE(torch::isfinite(p.value().grad()).all().item<bool>()) << p.key();
        }
    }
}

TEST(LayeredNetwork, ALayerWithoutWeightIsNotDecoded)
{
    const auto model = ModelConfig::from_json(
        layered_model(R"(, "picture_weights": [0, 0, 1], "label_weights": [0, 1, 1])"));
    torch::manual_seed(5);
    Network network(model);
    AuxiliaryHeads auxiliary(model);
    const auto loss = objective(
        network, auxiliary, "digits", batch_of(model, 4), TrainConfig(), { {}, 0 });
    EXPECT_EQ(loss.also.count("psnr_1"), 0u);
    EXPECT_EQ(loss.also.count("psnr_2"), 1u);
    EXPECT_EQ(loss.also.count("psnr_3"), 1u);
}

TEST(LayeredNetwork, LearnsPicturesAndClasses)
{
    const auto model = ModelConfig::from_json(layered_model());
    torch::manual_seed(6);
    Network network(model);
    AuxiliaryHeads auxiliary(model);
    AdamW optimizer;
    for (const auto& p : network->named_parameters())
        optimizer.add(p.key(), p.value(), 0, 1);
    network->train();
    TrainConfig config;
    config.rayleigh = 0;
    PhaseConfig phase;
    phase.snr_min_db = phase.snr_max_db = 15;
    const auto batch = batch_of(model, 20);
    std::map<std::string, double> first, last;
    constexpr int steps = 150;
    for (int step = 0; step < steps; ++step) {
        optimizer.zero_gradients();
        const auto loss
            = objective(network, auxiliary, "digits", batch, config, { phase, step });
        loss.total.backward();
        optimizer.step(5e-3);
        for (const auto& score : loss.also) {
            first[score.first] += step < 5 ? score.second.item<double>() / 5 : 0;
            last[score.first] += step >= steps - 5 ? score.second.item<double>() / 5 : 0;
        }
    }
    EXPECT_GT(last["accuracy_1"], 0.95);
    EXPECT_GT(last["accuracy_3"], 0.95);
    EXPECT_GT(last["psnr_3"], first["psnr_3"] + 5);
    EXPECT_GT(last["psnr_3"], last["psnr_1"]);
}

TEST(LayeredNetwork, ClassWeightsAndSamplesWithoutLabel)
{
    const auto model = ModelConfig::from_json(
        layered_model(R"(, "class_weights": [4, 1, 1, 1, 1, 1, 1, 1, 1, 1])"));
    const auto& output = *model.task("digits").output;
    auto target = torch::zeros({ 2, 193 });
    target[0][192] = 0; // of class 0
    target[1][192] = -1; // of none
    const auto guess = torch::zeros({ 2, 192 + 10 });
    const auto weights = torch::tensor({ { 0.0f }, { 0.0f } }),
               ones = torch::ones({ 2, 1 });
    const auto loss
        = output.layered()->layers_loss(guess, target, { weights, ones }, 0, 0).all;
    EXPECT_NEAR(loss.loss.item<double>(), 4 * std::log(10.0) / 2, 1e-4);
}

TEST(LayeredNetwork, EveryLayersGainMakesUnitEnergy)
{
    const auto model = ModelConfig::from_json(layered_model());
    torch::manual_seed(7);
    Network network(model);
    torch::NoGradGuard no_grad;
    const auto features = torch::randn({ 500, 18, 2 });
    network->calibrate_gains(
        "digits", "image", { { features, torch::ones({ 500, 18 }) } });
    const auto points = network->mapping().modulate(
        network->codebook("image")->nearest(normalize_layers(features, s_layers)));
    const auto gain = network->tx_gain("digits", "image", 18);
    EXPECT_EQ(gain.size(0), 18);
    const auto energy = (points * gain.view({ 1, -1, 1 })).pow(2).sum(-1).mean(0);
    EXPECT_NEAR(energy.narrow(0, 0, 3).mean().item<float>(), 1, 1e-4);
    EXPECT_NEAR(energy.narrow(0, 9, 9).mean().item<float>(), 1, 1e-4);
}
