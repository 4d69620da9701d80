// SPDX-License-Identifier: GPL-3.0-or-later
#include "adamw.h"
#include "batches.h"
#include "parallel.h"

#include "../nn/autocast.h"
#include "../nn/bundle.h"

#include <udeepsc_core/error.h>
#include <udeepsc_core/file_io.h>
#include <udeepsc_core/trainer.h>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iostream>

namespace udeepsc_core {

namespace fs = std::filesystem;
using json = nlohmann::json;
using Clock = std::chrono::steady_clock;

namespace {

std::uint64_t mix(std::uint64_t a, std::uint64_t b, std::uint64_t c)
{
    std::uint64_t x = a * 0x9e3779b97f4a7c15ull ^ (b + 0x7f4a7c15) * 0xbf58476d1ce4e5b9ull ^
                      (c + 0x1ce4e5b9) * 0x94d049bb133111ebull;
    x ^= x >> 31;
    x *= 0xd6e8feb86659fd93ull;
    return x ^ (x >> 32);
}

constexpr std::int64_t s_revival_period = 200; // steps

bool uses(const ModelConfig& model, const TrainConfig& config, const std::string& modality)
{
    for (const auto& t : config.tasks)
        for (const auto& m : model.task(t.first).inputs)
            if (m.modality == modality)
                return true;
    return false;
}

std::string tokenizer_path(const TrainRun& run)
{
    return (fs::path(run.out_dir) / "tokenizer.model").string();
}

// The tokenizer that there is already: given, made by an earlier run, or of the model that
// training starts from, whose word embeddings belong to its own tokens. Null if none.
std::shared_ptr<const Tokenizer> known_tokenizer(const EncoderConfig& text, const TrainRun& run)
{
    const auto made = tokenizer_path(run);
    const auto path = run.tokenizer.empty() && fs::exists(made) ? made : run.tokenizer;
    if (!path.empty())
        return make_tokenizer(text.tokenizer, read_file(path));
    return run.start_from.empty() ? nullptr : read_bundle(run.start_from).tokenizer;
}

std::shared_ptr<const Tokenizer>
learn_tokenizer(const EncoderConfig& text, const TextSet& texts, const TrainRun& run)
{
    if (text.tokenizer != "sentencepiece")
        throw Error("tokenizer: WordPiece is not learnt here; give the vocab.txt with --tokenizer");
    if (run.rank == 0)
        std::fprintf(stderr, "learning %d tokens from %zu texts\n", text.vocabulary, texts.sentences.size());
    const auto tokenizer = SentencePieceTokenizer::train(texts.sentences, text.vocabulary);
    const auto bytes = tokenizer->serialize();
    AtomicFile file(tokenizer_path(run));
    file.write(bytes.data(), bytes.size());
    file.commit();
    return tokenizer;
}

std::shared_ptr<const TrainingData>
load_data(const ModelConfig& model, const TrainConfig& config, const TrainRun& run)
{
    auto data = std::make_shared<TrainingData>();
    if (uses(model, config, "image")) {
        data->images = std::make_shared<ImageSet>(load_cifar10(run.data_dir, config.split));
        if (data->images->width != model.encoder("image").image_size)
            throw Error("training: pictures are " + std::to_string(data->images->width) +
                        " pixels wide, the configuration's image_size is " +
                        std::to_string(model.encoder("image").image_size));
    }
    // A model's file holds the tokenizer of its text encoder, also if only pictures are trained.
    const auto text = std::find_if(model.encoders.begin(), model.encoders.end(), [](const auto& e) {
        return e.modality == "text";
    });
    if (text == model.encoders.end())
        return data;
    data->tokenizer = known_tokenizer(*text, run);
    const bool trains_text = uses(model, config, "text");
    if (trains_text || !data->tokenizer)
        data->texts = std::make_shared<TextSet>(load_sst2(run.data_dir, config.split));
    if (!data->tokenizer)
        data->tokenizer = learn_tokenizer(*text, *data->texts, run);
    if (data->tokenizer->size() > text->vocabulary)
        throw Error("training: the tokenizer has " + std::to_string(data->tokenizer->size()) +
                    " tokens, the configuration's vocabulary is " + std::to_string(text->vocabulary));
    if (trains_text)
        for (const auto& sentence : data->texts->sentences)
            data->tokens.push_back(data->tokenizer->encode(sentence));
    return data;
}

/*! Mean of what the steps since the last log line gave, task by task. */
struct Running {
    double loss = 0, score = 0, auxiliary = 0, codebook = 0, selection = 0;
    std::int64_t steps = 0;
};

/*! One training process. */
class Training
{
public:
    Training(const TrainConfig& config, const TrainRun& run)
        : d_config(config),
          d_run(run),
          d_model(ModelConfig::from_json(config.model_config)),
          d_device(run.device == "cuda" ? torch::kCUDA : torch::kCPU),
          d_network(start_network()),
          d_auxiliary(d_model)
    {
        d_data = load_data(d_model, config, run);
        for (const auto& t : config.tasks) {
            d_tasks.push_back(t.first);
            d_sources.push_back(make_source(d_model, t.first, d_data, config));
            d_orders.emplace_back(d_sources.back()->size(), mix(config.seed, d_tasks.size(), 77));
            d_drawn.push_back(0);
        }
        d_network->move_to(d_device);
        d_auxiliary->to(d_device);
        add_parameters();
        resume();
        const auto meeting = (fs::path(run.out_dir) / ".meeting").string();
        d_peers = Peers::join(meeting, run.rank, run.workers);
        if (run.rank == 0)
            d_log.open(fs::path(run.out_dir) / "log.jsonl", std::ios::app);
    }

    void run()
    {
        const auto total = d_config.total_steps();
        const auto started = Clock::now();
        d_since_log = started;
        while (d_step < total) {
            one_step();
            ++d_step;
            if (context().phase.digital && d_step % s_revival_period == 0)
                revive_codewords();
            const bool last = d_step == total;
            bool stop = false;
            if (d_step % 50 == 0 || last)
                report(total, started);
            if (d_step % d_config.checkpoint_every == 0 || last) {
                average_buffers();
                if (last)
                    settle_gains();
                save(last);
                stop = out_of_time(started);
            }
            if (stop)
                break;
        }
    }

private:
    Network start_network()
    {
        torch::manual_seed(d_config.seed);
        Network network(d_model);
        if (!d_run.start_from.empty()) {
            const auto file = read_safetensors(d_run.start_from);
            copy_into(network, file.tensors, "", "model " + d_run.start_from);
        }
        return network;
    }

    void add_parameters()
    {
        const auto add = [&](const std::string& prefix, const torch::nn::Module& module) {
            for (const auto& p : module.named_parameters()) {
                const auto& name = p.key();
                const bool matrix = p.value().dim() >= 2 &&
                                    name.find("position") == std::string::npos &&
                                    name.find("query") == std::string::npos &&
                                    name.find("task_embedding") == std::string::npos &&
                                    name.find("codewords") == std::string::npos &&
                                    name.find("ratio.") == std::string::npos;
                d_optimizer.add(prefix + name, p.value(), matrix ? d_config.weight_decay : 0.0, 1.0);
            }
        };
        add("", *d_network);
        add("auxiliary.", *d_auxiliary);
    }

    StepContext context() const
    {
        auto step = d_step;
        for (const auto& phase : d_config.phases) {
            if (step < phase.steps)
                return { phase, step };
            step -= phase.steps;
        }
        return { d_config.phases.back(), d_config.phases.back().steps };
    }

    double learning_rate() const
    {
        if (d_step < d_config.warmup_steps)
            return d_config.learning_rate * static_cast<double>(d_step + 1) / d_config.warmup_steps;
        const double part = static_cast<double>(d_step - d_config.warmup_steps) /
                            std::max<double>(1, d_config.total_steps() - d_config.warmup_steps);
        return d_config.final_learning_rate +
               (d_config.learning_rate - d_config.final_learning_rate) * 0.5 *
                   (1 + std::cos(M_PI * part));
    }

    // Every worker draws the same task, so that the same parameters have gradients.
    int draw_task() const
    {
        double all = 0;
        for (const auto& t : d_config.tasks)
            all += t.second.weight;
        std::mt19937_64 random(mix(d_config.seed, d_step, 1));
        double at = all * (static_cast<double>(random() >> 11) * 0x1.0p-53);
        int i = 0;
        for (const auto& t : d_config.tasks) {
            at -= t.second.weight;
            if (at < 0)
                return i;
            ++i;
        }
        return i - 1;
    }

    TaskBatch next_batch(int task)
    {
        const int each = d_config.tasks.at(d_tasks[task]).batch;
        const auto numbers = d_orders[task].at(d_drawn[task] + d_run.rank * each, each);
        d_drawn[task] += each * d_run.workers;
        std::mt19937_64 random(mix(d_config.seed, d_step, 1000 + d_run.rank));
        auto batch = d_sources[task]->batch(numbers, random);
        for (auto& in : batch.inputs)
            to_device(in);
        batch.target = batch.target.to(d_device);
        return batch;
    }

    void one_step()
    {
        const int task = draw_task();
        const auto where = context();
        // All randomness of a step hangs on seed, step and rank: a resumed run draws what
        // the interrupted one would have drawn.
        torch::manual_seed(mix(d_config.seed, d_step, 2000 + d_run.rank));
        const auto batch = next_batch(task);
        d_network->train();
        d_optimizer.zero_gradients();
        StepLoss loss;
        {
            Autocast autocast(d_device.type(), d_run.autocast);
            loss = objective(d_network, d_auxiliary, d_tasks[task], batch, d_config, where);
        }
        loss.total.backward();
        if (!where.phase.train_ratio) // phase 1 keeps f_n as it is
            leave_alone(".ratio.");
        if (!where.phase.train_selection)
            leave_alone(".selection.");
        share_gradients();
        d_optimizer.step(learning_rate());

        auto& running = d_running[d_tasks[task]];
        running.loss += loss.task;
        running.score += loss.score;
        running.auxiliary += loss.auxiliary;
        running.codebook += loss.codebook;
        running.selection += loss.selection;
        ++running.steps;
    }

    // Takes the gradients from the parameters whose names have this in them.
    void leave_alone(const std::string& part)
    {
        for (auto& slot : d_optimizer.slots())
            if (slot.name.find(part) != std::string::npos)
                slot.parameter.mutable_grad() = torch::Tensor();
    }

    // Codewords that were hardly used since the last time get a new place, the same one in
    // every worker: worker 0's.
    void revive_codewords()
    {
        torch::manual_seed(mix(d_config.seed, d_step, 3000));
        for (const auto& e : d_model.encoders) {
            auto book = d_network->codebook(e.modality);
            auto use = book->use().to(d_device);
            auto fresh = book->fresh_codewords().to(d_device).clone();
            if (d_run.rank != 0)
                fresh.zero_();
            d_peers->average({ use, fresh });
            fresh *= d_run.workers;
            if (use.sum().item<float>() > 0)
                book->revive(use, fresh);
        }
    }

    // The amplitudes as inference needs them, over all SNRs of the last phase.
    void settle_gains()
    {
        torch::NoGradGuard no_grad;
        torch::manual_seed(mix(d_config.seed, d_step, 4000));
        d_network->eval();
        const auto& phase = d_config.phases.back();
        for (std::size_t task = 0; task < d_tasks.size(); ++task) {
            const auto& name = d_tasks[task];
            const int each = d_config.tasks.at(name).batch;
            std::map<std::string, std::vector<std::pair<torch::Tensor, torch::Tensor>>> sent;
            const int rounds = std::max(1, 2048 / each);
            for (int round = 0; round < rounds; ++round) {
                std::mt19937_64 random(mix(d_config.seed, round, 5000));
                auto batch = d_sources[task]->batch(d_orders[task].at(round * each, each), random);
                const double snr = phase.snr_min_db +
                                   (phase.snr_max_db - phase.snr_min_db) * round / std::max(1, rounds - 1);
                const auto noise = normalized_noise(
                    torch::full({ batch.inputs[0].input.size(0) }, std::pow(10.0, -snr / 10), d_device));
                for (auto& in : batch.inputs) {
                    to_device(in);
                    auto encoder = d_network->encoder(in.modality);
                    const auto selected =
                        encoder->select_masked(name,
                                               encoder->semantic(name, in.input, in.valid),
                                               in.valid,
                                               noise,
                                               SelectionMode::top,
                                               1.0);
                    sent[in.modality].emplace_back(selected.features.to(torch::kFloat),
                                                   selected.mask);
                }
            }
            for (const auto& s : sent)
                d_network->settle_gains(name, s.first, s.second);
        }
    }

    void to_device(ModalityBatch& in) const
    {
        in.input = in.input.to(d_device);
        if (in.valid.defined())
            in.valid = in.valid.to(d_device);
    }

    void share_gradients()
    {
        std::vector<torch::Tensor> gradients;
        for (auto& slot : d_optimizer.slots())
            if (slot.parameter.grad().defined())
                gradients.push_back(slot.parameter.grad());
        d_peers->average(gradients);
        double square = 0;
        for (const auto& g : gradients)
            square += g.pow(2).sum().item<double>();
        const double norm = std::sqrt(square);
        if (!std::isfinite(norm)) {
            // One bad batch must not end in the weights.
            for (const auto& g : gradients)
                torch::Tensor(g).zero_();
            ++d_bad_steps;
            if (d_bad_steps > 50)
                throw Error("training: gradients are not finite, step " + std::to_string(d_step) +
                            "; the learning rate is too high");
            return;
        }
        d_bad_steps = 0;
        if (norm > d_config.gradient_clip)
            for (const auto& g : gradients)
                torch::Tensor(g).mul_(d_config.gradient_clip / norm);
    }

    // Batch statistics, amplitudes and counts of codewords differ from worker to worker.
    void average_buffers()
    {
        std::vector<torch::Tensor> buffers;
        for (const auto& b : d_network->buffers())
            if (b.is_floating_point())
                buffers.push_back(b);
        for (const auto& e : d_model.encoders)
            buffers.push_back(d_network->codebook(e.modality)->use());
        d_peers->average(buffers);
    }

    // Worker 0 decides, because the clocks differ.
    bool out_of_time(Clock::time_point started)
    {
        if (d_run.max_minutes <= 0)
            return false;
        const std::chrono::duration<double> taken = Clock::now() - started;
        auto stop = torch::full({ 1 }, d_run.rank == 0 && taken.count() > 60 * d_run.max_minutes ? 1.0 : 0.0);
        d_peers->average({ stop });
        return stop.item<float>() > 0;
    }

    void report(std::int64_t total, Clock::time_point started)
    {
        if (d_run.rank == 0) {
            const std::chrono::duration<double> taken = Clock::now() - d_since_log;
            const std::chrono::duration<double> so_far = Clock::now() - started;
            json line = { { "step", d_step },
                          { "learning_rate", learning_rate() },
                          { "seconds", so_far.count() } };
            std::string text;
            for (auto& r : d_running) {
                if (!r.second.steps)
                    continue;
                const double n = static_cast<double>(r.second.steps);
                line[r.first] = { { "loss", r.second.loss / n },
                                  { "score", r.second.score / n },
                                  { "auxiliary", r.second.auxiliary / n },
                                  { "codebook", r.second.codebook / n },
                                  { "selection", r.second.selection / n } };
                char part[64];
                std::snprintf(part, sizeof part, "  %s %.3f", r.first.c_str(), r.second.score / n);
                text += part;
            }
            line["steps_per_second"] = 50 / std::max(1e-9, taken.count());
            d_log << line.dump() << std::endl;
            if (!d_log)
                std::fprintf(stderr, "log.jsonl cannot be written; training goes on\n");
            if (!d_run.quiet) {
                const int filled = static_cast<int>(20 * d_step / total);
                std::fprintf(stderr,
                             "\r[%s%s] %lld/%lld  %.2f steps/s%s   ",
                             std::string(filled, '#').c_str(),
                             std::string(20 - filled, '.').c_str(),
                             static_cast<long long>(d_step),
                             static_cast<long long>(total),
                             50 / std::max(1e-9, taken.count()),
                             text.c_str());
                if (d_step == total)
                    std::fputc('\n', stderr);
            }
        }
        d_since_log = Clock::now();
        d_running.clear();
    }

    std::string checkpoint_path() const
    {
        return (fs::path(d_run.out_dir) / "checkpoint.safetensors").string();
    }

    void save(bool finished)
    {
        if (d_run.rank != 0)
            return;
        SafetensorsFile file;
        file.tensors = tensors_of(d_network, "network.", DType::f32);
        for (const auto& p : d_auxiliary->named_parameters())
            file.tensors.push_back(to_raw("auxiliary." + p.key(), p.value(), DType::f32));
        for (const auto& e : d_model.encoders)
            file.tensors.push_back(to_raw(
                "codebook_use." + e.modality, d_network->codebook(e.modality)->use(), DType::f32));
        json steps = json::object();
        for (const auto& slot : d_optimizer.slots()) {
            file.tensors.push_back(to_raw("mean." + slot.name, slot.mean, DType::f32));
            file.tensors.push_back(to_raw("variance." + slot.name, slot.variance, DType::f32));
            steps[slot.name] = slot.steps;
        }
        file.metadata = { { "format", "udeepsc-checkpoint" },
                          { "model", d_model.to_json() },
                          { "step", std::to_string(d_step) },
                          { "tasks", json(d_tasks).dump() },
                          { "drawn", json(d_drawn).dump() },
                          { "optimizer_steps", steps.dump() } };
        write_safetensors(checkpoint_path(), file);

        Bundle bundle;
        bundle.network = d_network;
        bundle.tokenizer = d_data->tokenizer;
        bundle.training = json({ { "steps", d_step },
                                 { "of", d_config.total_steps() },
                                 { "split", d_config.split },
                                 { "finished", finished },
                                 { "snr_db",
                                   { d_config.phases.back().snr_min_db,
                                     d_config.phases.back().snr_max_db } } })
                              .dump();
        write_bundle((fs::path(d_run.out_dir) / "model.safetensors").string(), bundle, true);
    }

    void resume()
    {
        if (!fs::exists(checkpoint_path()))
            return;
        const auto file = read_safetensors(checkpoint_path());
        const auto& metadata = file.metadata;
        if (!metadata.count("model") || metadata.at("model") != d_model.to_json())
            throw Error("checkpoint " + checkpoint_path() +
                        " is of another model configuration; choose another --out");
        if (!metadata.count("tasks") || metadata.at("tasks") != json(d_tasks).dump())
            throw Error("checkpoint " + checkpoint_path() + " is of a training of other tasks (" +
                        (metadata.count("tasks") ? metadata.at("tasks") : "unknown") + ", not " +
                        json(d_tasks).dump() + "); choose another --out");
        copy_into(d_network, file.tensors, "network.", "checkpoint " + checkpoint_path());
        std::map<std::string, const RawTensor*> by_name;
        for (const auto& t : file.tensors)
            by_name[t.name] = &t;
        const auto steps = json::parse(metadata.at("optimizer_steps"));
        torch::NoGradGuard no_grad;
        for (auto& slot : d_optimizer.slots()) {
            for (const auto& part : { std::make_pair("mean.", slot.mean),
                                      std::make_pair("variance.", slot.variance) }) {
                const auto it = by_name.find(part.first + slot.name);
                if (it == by_name.end() || it->second->shape != part.second.sizes().vec())
                    throw Error("checkpoint " + checkpoint_path() + ": no usable " + part.first + slot.name);
                torch::Tensor(part.second).copy_(to_torch(*it->second));
            }
            slot.steps = steps.at(slot.name).get<std::int64_t>();
        }
        for (const auto& e : d_model.encoders)
            if (by_name.count("codebook_use." + e.modality))
                d_network->codebook(e.modality)->use() =
                    to_torch(*by_name["codebook_use." + e.modality]).to(d_device);
        for (auto& p : d_auxiliary->named_parameters())
            if (by_name.count("auxiliary." + p.key()))
                p.value().copy_(to_torch(*by_name["auxiliary." + p.key()]));
        d_step = std::stoll(metadata.at("step"));
        d_drawn = json::parse(metadata.at("drawn")).get<std::vector<std::int64_t>>();
        if (d_run.rank == 0)
            std::fprintf(stderr, "resuming at step %lld\n", static_cast<long long>(d_step));
    }

    TrainConfig d_config;
    TrainRun d_run;
    ModelConfig d_model;
    torch::Device d_device;
    Network d_network;
    AuxiliaryHeads d_auxiliary;
    std::shared_ptr<const TrainingData> d_data;
    std::vector<std::string> d_tasks;
    std::vector<std::unique_ptr<TaskSource>> d_sources;
    std::vector<EpochOrder> d_orders;
    std::vector<std::int64_t> d_drawn; // samples of each task drawn so far, all workers
    AdamW d_optimizer;
    std::unique_ptr<Peers> d_peers;
    std::ofstream d_log;
    std::map<std::string, Running> d_running;
    Clock::time_point d_since_log;
    std::int64_t d_step = 0;
    int d_bad_steps = 0;
};

} // namespace

void train(const TrainConfig& config, const TrainRun& run)
{
    try {
        fs::create_directories(run.out_dir);
        Training(config, run).run();
    } catch (const c10::Error& e) {
        throw Error(std::string("training: ") + e.what_without_backtrace());
    } catch (const fs::filesystem_error& e) {
        throw Error(std::string("training: ") + e.what());
    }
}

void prepare(const TrainConfig& config, const TrainRun& run)
{
    const auto model = ModelConfig::from_json(config.model_config);
    std::error_code failed;
    fs::create_directories(run.out_dir, failed);
    if (failed)
        throw Error("cannot make folder " + run.out_dir + ": " + failed.message());
    const auto data = load_data(model, config, run);
    if (data->images)
        std::printf("%zu pictures, %zu classes\n", data->images->size(), data->images->class_names.size());
    if (!data->tokens.empty()) {
        std::size_t tokens = 0, longest = 0;
        for (const auto& t : data->tokens) {
            tokens += t.size();
            longest = std::max(longest, t.size());
        }
        std::printf("%zu texts, %.2f tokens each, longest %zu; tokenizer of %d tokens\n",
                    data->tokens.size(),
                    static_cast<double>(tokens) / data->tokens.size(),
                    longest,
                    data->tokenizer->size());
    }
}

} // namespace udeepsc_core
