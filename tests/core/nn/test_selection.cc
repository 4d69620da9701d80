// SPDX-License-Identifier: GPL-3.0-or-later
#include <nn/encoder.h>
#include <nn/network.h>
#include <nn/receiver.h>

#include <gtest/gtest.h>

#include <cmath>

using namespace udeepsc_core;

namespace {

ModelConfig tiny()
{
    return ModelConfig::from_file(CONFIGS "/tiny.json");
}

} // namespace

TEST(RatioNetwork, IsMonotoneAndWithinZeroAndOne)
{
    torch::manual_seed(4);
    for (int round = 0; round < 20; ++round) {
        RatioNetwork ratio;
        torch::NoGradGuard no_grad;
        for (auto& p : ratio->parameters())
            p.normal_(0, 2); // any weights, negative ones too
        const auto share = ratio(torch::linspace(0, 1, 101));
        EXPECT_EQ(share[0].item<float>(), 0);
        EXPECT_GE((share.slice(0, 1) - share.slice(0, 0, 100)).min().item<float>(), 0);
        EXPECT_LE(share.max().item<float>(), 1);
    }
}

TEST(GumbelKeep, KeepsAsOftenAsTheProbabilitySays)
{
    torch::manual_seed(5);
    const int n = 40000;
    for (double p : { 0.1, 0.5, 0.9 }) {
        const auto log_p
            = torch::log(torch::tensor({ p, 1 - p })).to(torch::kFloat).expand({ n, 2 });
        const auto keep = gumbel_keep(log_p, 1.0);
        EXPECT_EQ(((keep != 0) & (keep != 1)).sum().item<int>(), 0);
        // 4.4 standard deviations: one false alarm in 100,000
        EXPECT_NEAR(keep.mean().item<double>(), p, 4.4 * std::sqrt(p * (1 - p) / n));
    }
}

TEST(GumbelKeep, PassesTheSoftGradient)
{
    torch::manual_seed(6);
    auto logits = torch::zeros({ 1000, 2 }).requires_grad_();
    gumbel_keep(torch::log_softmax(logits, -1), 1.0).sum().backward();
    EXPECT_GT(logits.grad().select(1, 0).mean().item<float>(), 0.01);
    EXPECT_LT(logits.grad().select(1, 1).mean().item<float>(), -0.01);
}

TEST(TopKeep, TakesTheBestAllowed)
{
    const auto p = torch::tensor({ { 0.9f, 0.2f, 0.8f, 0.7f } });
    const auto log_p = torch::log(torch::stack({ p, 1 - p }, -1));
    const auto allowed = torch::tensor({ { 0.0f, 1.0f, 1.0f, 1.0f } });
    const auto keep = top_keep(log_p, allowed, torch::tensor({ 2.0f }));
    EXPECT_TRUE(torch::equal(keep, torch::tensor({ { 0.0f, 0.0f, 1.0f, 1.0f } })));
}

TEST(FeatureSelection, GlobalFeatureIsTheMeanOfTheKept)
{
    // What the module says of a kept vector must not depend on dropped ones (eq. 11, 12).
    torch::manual_seed(7);
    FeatureSelection fsm(8, 4);
    auto x = torch::randn({ 1, 5, 8 });
    const auto kept = torch::tensor({ { 1.0f, 0.0f, 1.0f, 1.0f, 0.0f } });
    const auto noise = torch::tensor({ 0.3f });
    const auto before = fsm(x, kept, noise);
    EXPECT_NEAR(torch::exp(before).sum(-1).mean().item<float>(), 1, 1e-6);
    auto y = x.clone();
    y.select(1, 1).normal_();
    const auto after = fsm(y, kept, noise);
    EXPECT_LT((before - after)
                  .index_select(1, torch::tensor({ 0, 2, 3 }))
                  .abs()
                  .max()
                  .item<float>(),
              1e-6);
    y = x.clone();
    y.select(1, 2).normal_();
    EXPECT_GT((before - fsm(y, kept, noise)).select(1, 0).abs().max().item<float>(),
              1e-6);
    EXPECT_GT((before - fsm(x, kept, torch::tensor({ 0.9f }))).abs().max().item<float>(),
              1e-6);
}

class ChannelEncoder : public ::testing::TestWithParam<std::string> { };

// The masked form of training and the removing form of inference are the same function,
// at every noise level and where a batch is padded.
TEST_P(ChannelEncoder, MaskedEqualsRemoved)
{
    const auto model = tiny();
    const auto& task = model.task(GetParam());
    torch::manual_seed(8);
    for (const auto& input : task.inputs) {
        ModalityEncoder encoder(model, input.modality);
        encoder->eval();
        torch::NoGradGuard no_grad;
        const int most = std::min(model.encoder(input.modality).max_positions(), 16);
        const std::vector<int> lengths = { most, most - 1, most / 2 };
        const auto features
            = torch::randn({ 3, most + 1, model.encoder(input.modality).dim });
        auto valid = torch::zeros({ 3, most });
        for (int b = 0; b < 3; ++b)
            valid[b].slice(0, 0, lengths[static_cast<std::size_t>(b)]).fill_(1);
        for (double level = 0.02; level < 1; level += 0.07) {
            const auto noise = torch::full({ 3 }, level);
            const auto masked = encoder->select_masked(
                task.name, features, valid, noise, SelectionMode::top, 1.0);
            for (int b = 0; b < 3; ++b) {
                const int length = lengths[static_cast<std::size_t>(b)];
                // Alone, without its padding: the task embedding's vector comes last.
                const auto alone = torch::cat({ features[b].slice(0, 0, length),
                                                features[b].slice(0, most) },
                                              0)
                                       .unsqueeze(0);
                const int count = encoder->vectors_to_send(
                    task.name, encoder->candidates(task.name, length + 1), level);
                const auto removed
                    = encoder->select(task.name, alone, noise.slice(0, 0, 1), count);
                auto sent = torch::nonzero(masked.mask[b] > 0.5).flatten();
                ASSERT_EQ(sent.size(0), count) << input.modality << " at " << level;
                const auto place
                    = torch::where(sent == most, torch::full_like(sent, length), sent);
                ASSERT_TRUE(torch::equal(place, removed.kept[0]))
                    << input.modality << " at " << level;
                const auto difference
                    = (masked.features[b].index_select(0, sent) - removed.features[0])
                          .abs()
                          .max();
                EXPECT_LT(difference.item<float>(), 1e-5)
                    << input.modality << " at " << level;
            }
        }
    }
}

INSTANTIATE_TEST_SUITE_P(Tasks,
                         ChannelEncoder,
                         ::testing::Values("image_classification",
                                           "image_reconstruction",
                                           "text_classification",
                                           "text_reconstruction",
                                           "visual_question_answering",
                                           "video_sentiment"));

// The count of the best k is right whatever the probabilities are; these have to learn
// it.
TEST(ChannelEncoderCounts, ProbabilitiesLearnTheShareWhenTheBestAreKept)
{
    const auto model = tiny();
    torch::manual_seed(12);
    ModalityEncoder encoder(model, "image");
    std::vector<torch::Tensor> learning;
    for (const auto& p : encoder->named_parameters())
        if (p.key().rfind("selection.", 0) == 0) {
            learning.push_back(p.value());
            torch::NoGradGuard no_grad;
            if (p.key() == "selection.0.out.bias" || p.key() == "selection.1.out.bias")
                p.value().copy_(torch::tensor({ 3.0f, 0.0f })); // keep nearly all
        }
    torch::optim::Adam optimizer(learning, 0.01);
    const auto features = torch::randn({ 4, 17, model.encoder("image").dim });
    const auto noise = torch::full({ 4 }, 0.2f);
    std::vector<double> loss;
    for (int step = 0; step < 100; ++step) {
        const auto masked = encoder->select_masked(
            "image_classification", features, {}, noise, SelectionMode::top, 1.0);
        optimizer.zero_grad();
        masked.ratio_loss.backward();
        optimizer.step();
        loss.push_back(masked.ratio_loss.item<double>());
    }
    EXPECT_GT(loss.front(), 0.02);
    EXPECT_LT(loss.back(), 0.05 * loss.front());
}

TEST(ChannelEncoderCounts, MoreNoiseNeverSendsFewerVectors)
{
    const auto model = tiny();
    ModalityEncoder encoder(model, "image");
    int last = 0;
    for (double snr = 20; snr >= -20; snr -= 1) {
        const double variance = std::pow(10.0, -snr / 10);
        const int count = encoder->vectors_to_send(
            "image_classification", 17, variance / (1 + variance));
        EXPECT_GE(count, last);
        EXPECT_GE(count, 3);
        EXPECT_LE(count, 6);
        last = count;
    }
    EXPECT_EQ(last, 6);
    EXPECT_EQ(encoder->vectors_to_send("image_reconstruction", 16, 0.1), 16);
    // never more than there are
    EXPECT_EQ(encoder->vectors_to_send("image_classification", 2, 0.9), 2);
}

TEST(ChannelEncoderCounts, DroppedVectorsStayDropped)
{
    const auto model = tiny();
    torch::manual_seed(9);
    ModalityEncoder encoder(model, "image");
    encoder->train();
    const auto features = torch::randn({ 32, 17, 24 });
    const auto noise = torch::full({ 32 }, 0.5);
    const auto out = encoder->select_masked(
        "image_classification", features, {}, noise, SelectionMode::gumbel, 1.0);
    EXPECT_GE(out.mask.detach().sum(1).min().item<float>(), 1); // nobody loses all
    EXPECT_TRUE(((out.mask.detach().round() - out.mask.detach()).abs() < 1e-5)
                    .all()
                    .item<bool>());
    out.mask.sum().backward();
    bool gradient = false;
    for (const auto& p : encoder->named_parameters())
        if (p.key().find("selection") == 0 && p.value().grad().defined())
            gradient = gradient || p.value().grad().abs().sum().item<float>() > 0;
    EXPECT_TRUE(gradient);
}

class MaskedReceiver : public ::testing::TestWithParam<std::string> { };

// Masked cross-attention (eq. 30-32) over all vectors equals attention over the kept.
TEST_P(MaskedReceiver, EqualsDroppedVectors)
{
    const auto model = tiny();
    const auto& task = model.task(GetParam());
    torch::manual_seed(10);
    Network network(model);
    network->eval();
    auto receiver = network->receiver();
    torch::NoGradGuard no_grad;
    std::vector<ReceivedFeatures> masked, dropped;
    for (const auto& input : task.inputs) {
        const auto features
            = torch::randn({ 2, 10, input.subvectors * model.codebook.subvector_dim });
        const auto keep = torch::tensor({ 1, 2, 5, 7, 9 });
        auto mask = torch::zeros({ 2, 10 });
        mask.index_fill_(1, keep, 1);
        const auto noise = torch::tensor({ 0.2f, 0.7f });
        masked.push_back({ input.modality, features, mask, noise });
        dropped.push_back({ input.modality, features.index_select(1, keep), {}, noise });
    }
    const auto a = receiver->forward(task.name, masked, 2);
    const auto b = receiver->forward(task.name, dropped, 2);
    EXPECT_LT((a - b).abs().max().item<float>(), 1e-5);
}

INSTANTIATE_TEST_SUITE_P(Tasks,
                         MaskedReceiver,
                         ::testing::Values("image_classification",
                                           "text_classification",
                                           "visual_question_answering",
                                           "video_sentiment"));

TEST(Schedule, LastStageKeepsTheCountAndNoneKeepsLess)
{
    for (int candidates = 1; candidates <= 65; ++candidates)
        for (int count = 1; count <= candidates; ++count) {
            int before = candidates;
            for (int stage = 0; stage < 3; ++stage) {
                const int now = vectors_after_stage(candidates, count, stage, 3);
                EXPECT_LE(now, before);
                EXPECT_GE(now, count);
                before = now;
            }
            EXPECT_EQ(before, count);
        }
}

// Eq. 18 and 20: f_n is tanh(|W2| tanh(|W1| noise)), 0 without noise.
TEST(Ratio, IsTheFunctionOfEquation18)
{
    RatioNetwork ratio;
    const auto w = ratio->named_parameters();
    for (float noise : { 0.0f, 0.1f, 0.5f, 0.9f }) {
        double sum = 0;
        for (int i = 0; i < 8; ++i)
            sum += std::abs(w["w2"][0][i].item<float>())
                * std::tanh(std::abs(w["w1"][i][0].item<float>()) * noise);
        EXPECT_NEAR(
            ratio->forward(torch::tensor({ noise })).item<float>(), std::tanh(sum), 1e-6);
    }
}

// Eq. 19 by value: the squared distance of each module's share from delta^(q/Nq),
// averaged.
TEST(Ratio, LossIsThatOfEquation19)
{
    const auto model = tiny();
    torch::manual_seed(14);
    ModalityEncoder encoder(model, "image");
    encoder->eval();
    torch::NoGradGuard no_grad;
    for (auto& p : encoder->named_parameters())
        if (p.key().find(".noise.") != std::string::npos)
            continue;
        else if (p.key().rfind("selection.", 0) == 0
                 && p.key().find("out.weight") != std::string::npos)
            p.value().zero_(); // every vector is as likely to be kept
        else if (p.key().rfind("selection.", 0) == 0
                 && p.key().find("out.bias") != std::string::npos)
            p.value().copy_(torch::tensor({ 0.0f, 0.0f }));
    const auto features = torch::randn({ 1, 17, model.encoder("image").dim });
    const auto noise = torch::full({ 1 }, 0.3f);
    const auto out = encoder->select_masked(
        "image_classification", features, {}, noise, SelectionMode::top, 1.0);
    const double delta = out.keep_ratio.item<float>();
    const int count = encoder->vectors_to_send("image_classification", 17, 0.3);
    // The first module sees all 17 vectors, the second those that the first kept.
    const double first = std::sqrt(delta) - 0.5;
    const double second = delta - 0.5 * vectors_after_stage(17, count, 0, 2) / 17.0;
    EXPECT_NEAR(
        out.ratio_loss.item<float>(), (first * first + second * second) / 2, 1e-5);
}

// A dropped vector learns whether it should have been kept by the whole of its gradient.
TEST(ChannelEncoderCounts, ForcedVectorsLeaveEveryGradientWhole)
{
    const auto soft = torch::tensor({ 0.2f, 0.7f, 0.1f, 0.9f }).requires_grad_();
    const auto hard = (soft > 0.5).to(torch::kFloat);
    const auto keep = hard + (soft - soft.detach());
    const auto forced = torch::tensor({ 0.0f, 1.0f, 1.0f, 0.0f });
    const auto out = keep_also(keep, forced);
    EXPECT_TRUE(torch::equal(out.detach(), torch::tensor({ 0.0f, 1.0f, 1.0f, 1.0f })));
    out.sum().backward();
    EXPECT_TRUE(torch::equal(soft.grad(), torch::ones({ 4 })));
}
