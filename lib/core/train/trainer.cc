// SPDX-License-Identifier: GPL-3.0-or-later
#include "batch_queue.h"
#include "checkpoint.h"
#include "published_weights.h"
#include "start_weights.h"
#include "train_log.h"
#include "training_data.h"

#include "../files/bundle.h"
#include "../nn/autocast.h"

#include <udeepsc_core/error.h>
#include <udeepsc_core/log.h>
#include <udeepsc_core/trainer.h>

#include <nlohmann/json.hpp>

#include <cmath>
#include <filesystem>

namespace udeepsc_core {

namespace fs = std::filesystem;

namespace {

constexpr std::int64_t CODEBOOK_RESET_PERIOD = 200; // steps
constexpr std::int64_t REPORT_PERIOD = 50; // steps
constexpr int MOST_SKIPPED_IN_A_ROW = 50;
constexpr std::size_t BATCHES_AHEAD = 8; // of a GPU, which computes faster than one core
                                         // reads

/*! One training process. */
class Training {
public:
    Training(const TrainConfig& config, const TrainRun& run)
        : d_config(config)
        , d_run(run)
        , d_model(ModelConfig::from_json(config.model_config))
        , d_device(run.device == "cuda" ? torch::kCUDA : torch::kCPU)
        , d_network(start_network())
        , d_auxiliary(d_model)
        , d_collectives(Collectives::join({ run.rendezvous_host,
                                            run.rendezvous_port,
                                            run.rank,
                                            run.world_size,
                                            run.timeout_s }))
        , d_data(load_data(d_model, config, run, *d_collectives))
        , d_log(run.rank == 0 ? path("log.jsonl") : "",
                run.rank == 0 ? run.progress
                              : std::function<void(const TrainProgress&)>())
    {
        for (const auto& t : config.tasks) {
            TrainingTask task { t.first,
                                std::make_unique<TaskBatches>(
                                    d_model,
                                    t.first,
                                    d_data.sets.at(t.first),
                                    d_data.tokenizer,
                                    Augmentation { config.word_dropout,
                                                   t.second.mirror }),
                                EpochOrder(1, 1) };
            task.order = EpochOrder(task.batches->size(),
                                    mix_seed(config.seed, d_tasks.size() + 1, 77));
            d_tasks.push_back(std::move(task));
        }
        if (!config.air_gradient)
            d_auxiliary->add_projections(d_model);
        if (config.receiver_auxiliary_weight > 0)
            d_auxiliary->add_receiver_heads(d_model);
        move_network();
        add_parameters();
        resume();
        const bool gpu = d_device.is_cuda();
        d_queue = std::make_unique<BatchQueue>(d_config,
                                               d_tasks,
                                               run.rank,
                                               run.world_size,
                                               d_step,
                                               gpu ? BATCHES_AHEAD : 0,
                                               gpu);
    }

    std::string run()
    {
        const auto total = d_config.total_steps();
        while (d_step < total) {
            begin_phase();
            one_step();
            ++d_step;
            if (context_at(d_config, d_step).phase.digital
                && d_step % CODEBOOK_RESET_PERIOD == 0)
                reset_unused_codewords(
                    d_network,
                    *d_collectives,
                    mix_seed(d_config.seed, static_cast<std::uint64_t>(d_step), 3000));
            const bool last = d_step == total;
            if (d_run.rank == 0 && (d_step % REPORT_PERIOD == 0 || last))
                d_log.write(
                    d_step, total, learning_rate_at(d_config, d_step), d_skipped_steps);
            if (d_step % d_config.checkpoint_every != 0 && !last)
                continue;
            average_buffers();
            if (last)
                calibrate_gains(d_network, d_tasks, d_config);
            save(last);
            if (out_of_time())
                break;
        }
        return path("model.safetensors");
    }

private:
    std::string path(const char* name) const
    {
        return (fs::path(d_run.out_dir) / name).string();
    }

    Network start_network()
    {
        torch::manual_seed(d_config.seed);
        Network network(d_model);
        if (!d_run.start_from.empty())
            start_from_model(network, d_run.start_from);
        if (!d_run.bert.empty())
            start_from_bert(network, d_run.bert);
        if (!d_run.vit.empty())
            start_from_vit(network, d_run.vit);
        return network;
    }

    // A GPU's convolutions take channels last.
    void move_network()
    {
        d_network->move_to(d_device);
        d_auxiliary->to(d_device);
        if (!d_device.is_cuda())
            return;
        torch::NoGradGuard no_grad;
        for (auto& p : d_network->parameters())
            if (p.dim() == 4)
                p.set_data(p.contiguous(torch::MemoryFormat::ChannelsLast));
    }

    void add_parameters()
    {
        const auto add = [&](const std::string& prefix, const torch::nn::Module& module) {
            for (const auto& p : grouped_parameters(module))
                d_optimizer.add(prefix + p.name,
                                p.parameter,
                                p.decays ? d_config.weight_decay : 0.0,
                                p.name.find(".ratio.") == std::string::npos
                                    ? 1.0
                                    : d_config.ratio_rate);
        };
        add("", *d_network);
        add("auxiliary.", *d_auxiliary);
    }

    TrainingState state()
    {
        return { d_network, d_auxiliary, d_optimizer, d_tasks, d_step, d_skipped_steps };
    }

    void resume()
    {
        auto all = state();
        const bool there = fs::exists(path("checkpoint.safetensors"));
        if (d_run.rank == 0 && there) {
            read_checkpoint(path("checkpoint.safetensors"), all);
            log_info("resuming at step " + std::to_string(d_step));
        } else if (d_run.rank == 0 && d_run.must_resume) {
            throw Error("training: there is no " + path("checkpoint.safetensors")
                        + " to resume from");
        }
        share_state(all, *d_collectives);
    }

    // Freezes what this phase leaves alone; at the first step with a codebook it gets its
    // start.
    void begin_phase()
    {
        const auto where = context_at(d_config, d_step);
        const auto freeze = [](torch::nn::Module& module, bool trains) {
            for (auto& p : module.parameters())
                p.set_requires_grad(trains);
        };
        for (const auto& module : d_network->modules(false)) {
            if (module->as<RatioNetworkImpl>())
                freeze(*module, where.phase.train_ratio);
            else if (module->as<FeatureSelectionImpl>())
                freeze(*module, where.phase.train_selection);
        }
        const bool after_analog
            = d_step > 0 && !context_at(d_config, d_step - 1).phase.digital;
        if (where.phase.digital && where.step_in_phase == 0 && after_analog)
            start_codebooks(d_network, d_tasks, d_config, *d_collectives);
    }

    // The next step's task and batch, on the device.
    std::pair<TrainingTask&, TaskBatch> next_batch()
    {
        auto next = d_queue->next();
        auto batch = next.batch.get();
        for (auto& in : batch.inputs) {
            move_to(in, d_device);
            if (d_device.is_cuda() && in.input.dim() == 4)
                in.input = in.input.contiguous(torch::MemoryFormat::ChannelsLast);
        }
        batch.target = batch.target.to(d_device);
        return { d_tasks[next.task], std::move(batch) };
    }

    void one_step()
    {
        const auto step = static_cast<std::uint64_t>(d_step);
        const auto rank = static_cast<std::uint64_t>(d_run.rank);
        const auto next = next_batch();
        const auto& task = next.first;
        const auto& batch = next.second;
        torch::manual_seed(mix_seed(d_config.seed, step, 2000 + rank));
        d_network->train();
        d_optimizer.zero_gradients();
        StepLoss loss;
        {
            Autocast autocast(d_device.type(), d_run.autocast);
            loss = objective(d_network,
                             d_auxiliary,
                             task.name,
                             batch,
                             d_config,
                             context_at(d_config, d_step));
        }
        loss.total.backward();
        share_gradients();
        update();
        count_step();
        d_log.add(task.name, loss);
    }

    // Every rank knows what all have drawn.
    void count_step()
    {
        std::vector<std::int64_t> drawn;
        for (const auto& task : d_tasks)
            drawn.push_back(task.drawn);
        count_drawn(d_config, d_step, d_run.world_size, drawn);
        for (std::size_t i = 0; i < d_tasks.size(); ++i)
            d_tasks[i].drawn = drawn[i];
    }

    // Mean over the ranks that have a gradient: with mixed_ranks not all train the same
    // task.
    void share_gradients()
    {
        if (d_run.world_size == 1)
            return;
        if (!d_config.mixed_ranks) {
            d_collectives->average(d_optimizer.gradients());
            return;
        }
        auto& slots = d_optimizer.slots();
        auto counts = torch::zeros({ static_cast<std::int64_t>(slots.size()) });
        std::vector<torch::Tensor> message;
        for (std::size_t i = 0; i < slots.size(); ++i) {
            auto& gradient = slots[i].parameter.mutable_grad();
            counts[static_cast<std::int64_t>(i)] = gradient.defined() ? 1.0f : 0.0f;
            message.push_back(gradient.defined() ? gradient
                                                 : torch::zeros_like(slots[i].parameter));
        }
        message.push_back(counts);
        d_collectives->sum(message);
        for (std::size_t i = 0; i < slots.size(); ++i) {
            const float n = counts[static_cast<std::int64_t>(i)].item<float>();
            slots[i].parameter.mutable_grad()
                = n > 0 ? message[i].detach() / n : torch::Tensor();
        }
    }

    // One bad batch must not end in the weights, not even by momentum or decay.
    void update()
    {
        const double norm = d_optimizer.gradient_norm();
        if (!std::isfinite(norm)) {
            ++d_skipped_steps;
            if (++d_skipped_in_a_row > MOST_SKIPPED_IN_A_ROW)
                throw Error("training: gradients are not finite, step "
                            + std::to_string(d_step) + "; the learning rate is too high");
            return;
        }
        d_skipped_in_a_row = 0;
        if (norm > d_config.gradient_clip)
            d_optimizer.scale_gradients(d_config.gradient_clip / norm);
        d_optimizer.step(learning_rate_at(d_config, d_step));
    }

    // Amplitudes and counts of codewords differ from rank to rank.
    void average_buffers()
    {
        std::vector<torch::Tensor> buffers;
        for (const auto& b : d_network->buffers())
            if (b.is_floating_point())
                buffers.push_back(b);
        for (const auto& e : d_model.encoders)
            buffers.push_back(d_network->codebook(e.modality)->use());
        d_collectives->average(buffers);
    }

    // Rank 0 decides, because the clocks differ.
    bool out_of_time()
    {
        if (d_run.max_minutes <= 0)
            return false;
        auto stop = torch::full({ 1 }, d_log.minutes() > d_run.max_minutes ? 1.0 : 0.0);
        d_collectives->broadcast(std::vector<torch::Tensor> { stop });
        return stop.item<float>() > 0;
    }

    void save(bool finished)
    {
        if (d_run.rank != 0)
            return;
        write_checkpoint(path("checkpoint.safetensors"), state());
        Bundle bundle;
        bundle.network = d_network;
        bundle.tokenizer = d_data.tokenizer;
        const auto& phase = d_config.phases.back();
        nlohmann::json data = nlohmann::json::object();
        for (const auto& set : d_data.sets)
            data[set.first] = set.second->describe().name;
        bundle.training
            = nlohmann::json({ { "steps", d_step },
                               { "of", d_config.total_steps() },
                               { "split", d_config.split },
                               { "data", data },
                               { "finished", finished },
                               { "snr_db", { phase.snr_min_db, phase.snr_max_db } } })
                  .dump();
        write_bundle(path("model.safetensors"), bundle, true);
    }

    TrainConfig d_config;
    TrainRun d_run;
    ModelConfig d_model;
    torch::Device d_device;
    Network d_network;
    AuxiliaryHeads d_auxiliary;
    std::unique_ptr<Collectives> d_collectives;
    TrainingData d_data;
    TrainLog d_log;
    std::vector<TrainingTask> d_tasks;
    std::unique_ptr<BatchQueue> d_queue;
    AdamW d_optimizer;
    std::int64_t d_step = 0, d_skipped_steps = 0;
    int d_skipped_in_a_row = 0;
};

} // namespace

std::string train(const TrainConfig& config, const TrainRun& run)
{
    try {
        fs::create_directories(run.out_dir);
        return Training(config, run).run();
    } catch (const c10::Error& e) {
        throw Error(std::string("training: ") + e.what_without_backtrace());
    } catch (const fs::filesystem_error& e) {
        throw Error(std::string("training: ") + e.what());
    }
}

} // namespace udeepsc_core
