// SPDX-License-Identifier: GPL-3.0-or-later
#include <files/bundle.h>
#include <kinds/output.h>
#include <train/adamw.h>
#include <train/contrastive.h>
#include <train/objective.h>

#include <udeepsc_core/error.h>
#include <udeepsc_core/transceiver.h>

#include <gtest/gtest.h>

#include <cmath>

using namespace udeepsc_core;

namespace {

std::vector<std::uint8_t> spelling()
{
    std::string vocabulary = "[PAD]\n[UNK]\n";
    for (char c = '!'; c <= '~'; ++c)
        if (c < 'A' || c > 'Z')
            vocabulary += std::string(1, c) + "\n##" + c + "\n";
    return { vocabulary.begin(), vocabulary.end() };
}

ModelConfig tiny()
{
    return ModelConfig::from_file(CONFIGS "/tiny.json");
}

// A batch of random samples for any of the six tasks, texts of different length.
TaskBatch random_batch(const ModelConfig& model, const std::string& name, int batch)
{
    const auto& task = model.task(name);
    const auto tokenizer = make_tokenizer("wordpiece", spelling());
    std::mt19937 random(30);
    TaskBatch b;
    for (const auto& input : task.inputs) {
        const auto& kind = *model.encoder(input.modality).kind;
        std::vector<torch::Tensor> samples;
        for (int i = 0; i < batch; ++i) {
            auto sample = kind.tensor(kind.random(random), tokenizer.get());
            if (kind.needs_tokenizer()) // random words of different number
                sample = torch::randint(2, 60, { i == 0 ? 4 : 10 }, torch::kLong);
            samples.push_back(sample);
        }
        b.inputs.push_back(kind.batch(samples));
        b.inputs.back().modality = input.modality;
    }
    std::vector<Target> targets(static_cast<std::size_t>(batch));
    std::vector<const Target*> pointers;
    for (auto& t : targets) {
        t.label = static_cast<int>(random()
                                   % std::max<std::size_t>(1, task.classes().size()));
        pointers.push_back(&t);
    }
    b.target = task.output->target(pointers, b.inputs[0]);
    return b;
}

} // namespace

class AllTasks : public ::testing::TestWithParam<std::string> { };

TEST_P(AllTasks, LossAndGradientsAreFiniteInEveryPhase)
{
    const auto model = tiny();
    torch::manual_seed(20);
    Network network(model);
    AuxiliaryHeads auxiliary(model);
    network->train();
    TrainConfig config;
    for (bool digital : { false, true })
        for (bool top : { false, true }) {
            PhaseConfig phase;
            phase.digital = phase.train_ratio = digital;
            phase.top_selection = top;
            const auto loss = objective(network,
                                        auxiliary,
                                        GetParam(),
                                        random_batch(model, GetParam(), 4),
                                        config,
                                        { phase, 0 });
            ASSERT_TRUE(std::isfinite(loss.total.item<double>()));
            network->zero_grad();
            loss.total.backward();
            for (const auto& p : network->named_parameters())
                if (p.value().grad().defined())
                    ASSERT_TRUE(torch::isfinite(p.value().grad()).all().item<bool>())
                        << p.key();
        }
}

TEST_P(AllTasks, LearnsAHandfulOfSamplesByHeart)
{
    const auto model = tiny();
    torch::manual_seed(1);
    Network network(model);
    AuxiliaryHeads auxiliary(model);
    AdamW optimizer;
    for (const auto& p : network->named_parameters())
        optimizer.add(p.key(), p.value(), 0, 1);
    network->train();
    TrainConfig config;
    config.rayleigh = 0;
    config.auxiliary_weight = 0;
    PhaseConfig phase;
    phase.snr_min_db = phase.snr_max_db = 12;
    phase.top_selection = true;
    const auto batch = random_batch(model, GetParam(), 6);
    double first = 0, last = 0;
    constexpr int steps = 160;
    for (int step = 0; step < steps; ++step) {
        optimizer.zero_gradients();
        const auto loss
            = objective(network, auxiliary, GetParam(), batch, config, { phase, step });
        loss.total.backward();
        optimizer.step(5e-3);
        first += step < 5 ? loss.task.item<double>() / 5 : 0;
        last += step >= steps - 5 ? loss.task.item<double>() / 5 : 0;
    }
    // log(MSE) of noise pictures cannot fall far below log of their variance (-2.5).
    if (model.task(GetParam()).output->keeps_magnitude())
        EXPECT_LT(last, first - 0.02);
    else
        EXPECT_LT(last, 0.75 * first);

    // What was learnt belongs to these samples: with targets moved on by one it is wrong.
    auto others = batch;
    others.target = batch.target.roll(1, 0);
    const auto wrong
        = objective(network, auxiliary, GetParam(), others, config, { phase, steps });
    if (!torch::equal(others.target, batch.target))
        EXPECT_GT(wrong.task.item<double>(), last + 0.02);
}

INSTANTIATE_TEST_SUITE_P(Six,
                         AllTasks,
                         ::testing::Values("image_classification",
                                           "image_reconstruction",
                                           "text_classification",
                                           "text_reconstruction",
                                           "visual_question_answering",
                                           "video_sentiment"));

namespace {

// Gradients of one step: sums over the transmitter's and over the receiver's weights.
std::pair<torch::Tensor, torch::Tensor> gradients(bool over_the_air, int turned)
{
    const auto model = tiny();
    torch::manual_seed(2);
    Network network(model);
    AuxiliaryHeads auxiliary(model);
    auxiliary->add_projections(model);
    TrainConfig config;
    config.air_gradient = over_the_air;
    config.auxiliary_weight = 0; // a transmitter may know its labels
    const std::string task = "visual_question_answering";
    auto batch = random_batch(model, task, 8);
    batch.target = batch.target.roll(turned, 0);
    torch::manual_seed(3);
    objective(network, auxiliary, task, batch, config, { PhaseConfig(), 0 })
        .total.backward();
    std::vector<torch::Tensor> of_encoder, of_receiver;
    for (const auto& p : network->named_parameters())
        if (p.value().grad().defined())
            (p.key().rfind("encoder.", 0) == 0 ? of_encoder : of_receiver)
                .push_back(p.value().grad().flatten());
    return { torch::cat(of_encoder), torch::cat(of_receiver) };
}

bool alike(const torch::Tensor& a, const torch::Tensor& b)
{
    return torch::allclose(a, b, 1e-4, 1e-7);
}

} // namespace

// What the answers are changes what the receiver learns, and what the transmitter does
// only where the gradient crosses the air. Without it the transmitter learns all the
// same.
TEST(AirGradient, WithoutItTheTransmitterLearnsNothingOfTheAnswers)
{
    const auto joint = gradients(true, 0), joint_turned = gradients(true, 1);
    EXPECT_FALSE(alike(joint.first, joint_turned.first));
    EXPECT_FALSE(alike(joint.second, joint_turned.second));
    const auto apart = gradients(false, 0), apart_turned = gradients(false, 1);
    EXPECT_TRUE(alike(apart.first, apart_turned.first));
    EXPECT_FALSE(alike(apart.second, apart_turned.second));
    EXPECT_GT(apart.first.abs().sum().item<float>(), 0);
}

// Rows that are orthogonal, and each like its partner: e^10 against e^0 for the others.
TEST(ContrastiveLoss, IsTheCrossEntropyOfThePartners)
{
    const auto a = torch::eye(4), b = 3 * torch::eye(4);
    const double right = std::exp(10.0) / (std::exp(10.0) + 3);
    EXPECT_NEAR(contrastive_loss(a, b).item<double>(), -std::log(right), 1e-5);
    EXPECT_NEAR(
        contrastive_loss(torch::ones({ 4, 2 }), torch::ones({ 4, 2 })).item<double>(),
        std::log(4.0),
        1e-5);
    EXPECT_GT(contrastive_loss(a, b.roll(1, 0)).item<double>(), 9);
}

TEST(Power, EverySampleHasUnitMeanSymbolEnergy)
{
    torch::manual_seed(22);
    const auto x = 7 * torch::randn({ 5, 9, 4 });
    auto mask = torch::ones({ 5, 9 });
    mask[2].slice(0, 3).zero_();
    const auto y = NetworkImpl::normalize_power(x, mask);
    const auto energy = (y * y * mask.unsqueeze(-1)).sum({ 1, 2 }) / (mask.sum(1) * 2);
    EXPECT_LT((energy - 1).abs().max().item<float>(), 1e-4);
}

TEST(Transmit, GradientPassesStraightThrough)
{
    const auto model = tiny();
    torch::manual_seed(23);
    Network network(model);
    auto x = torch::randn({ 2, 16, 8 }).requires_grad_();
    const auto link = network->transmit("image_reconstruction",
                                        "image",
                                        x,
                                        torch::ones({ 2, 16 }),
                                        torch::full({ 2 }, 0.01),
                                        {});
    link.received.sum().backward();
    EXPECT_GT(x.grad().abs().sum().item<float>(), 0);
    EXPECT_TRUE(network->codebook("image")->codewords().grad().defined());
    EXPECT_FALSE(network->codebook("text")->codewords().grad().defined());
}

TEST(Transmit, TheGainSettlesAtUnitEnergy)
{
    const auto model = tiny();
    torch::manual_seed(24);
    Network network(model);
    torch::NoGradGuard no_grad;
    const auto x = torch::randn({ 8, 16, 8 });
    for (int i = 0; i < 1000; ++i)
        network->transmit("image_reconstruction",
                          "image",
                          x,
                          torch::ones({ 8, 16 }),
                          torch::full({ 8 }, 0.1),
                          {});
    const auto sub = NetworkImpl::normalize_power(x, {}).reshape({ 8, -1, 2 });
    const auto symbols
        = network->mapping().modulate(network->codebook("image")->nearest(sub))
        * network->tx_gain("image_reconstruction", "image", 16);
    EXPECT_NEAR((symbols * symbols).sum(-1).mean().item<float>(), 1.0, 0.01);
}

TEST(Transmit, EveryCountOfVectorsHasItsGain)
{
    const auto model = tiny();
    torch::manual_seed(25);
    Network network(model);
    torch::NoGradGuard no_grad;
    std::vector<std::pair<torch::Tensor, torch::Tensor>> sent;
    for (int kept : { 3, 6 }) {
        auto mask = torch::zeros({ 200, 10 });
        mask.slice(1, 0, kept).fill_(1);
        sent.emplace_back(torch::randn({ 200, 10, 2 }), mask);
    }
    network->calibrate_gains("image_classification", "image", sent);
    for (const auto& batch : sent) {
        const auto kept = static_cast<int>(batch.second[0].sum().item<float>());
        const auto sub
            = NetworkImpl::normalize_power(batch.first, batch.second).slice(1, 0, kept);
        const auto symbols
            = network->mapping().modulate(network->codebook("image")->nearest(sub))
            * network->tx_gain("image_classification", "image", kept);
        EXPECT_NEAR((symbols * symbols).sum(-1).mean().item<float>(), 1.0, 1e-4);
    }
}

TEST(PaperConfiguration, IsOfTheSizeOfTableIII)
{
    const auto model = ModelConfig::from_file(CONFIGS "/paper.json");
    Network network(model);
    std::int64_t count = 0;
    for (const auto& p : network->parameters())
        count += p.numel();
    RecordProperty("parameters", std::to_string(count));
    // Table III: 42.85 M; ours has the selection modules and heads of all six tasks.
    EXPECT_GT(count, 42000000);
    EXPECT_LT(count, 44000000);
}

TEST(LiteConfiguration, IsSmallEnough)
{
    const auto model = Transceiver::random(CONFIGS "/lite.json", 1, {});
    EXPECT_LE(model->info().parameters, 10000000);
}
