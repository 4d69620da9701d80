// SPDX-License-Identifier: GPL-3.0-or-later
#include "json_fields.h"
#include "parse_json.h"

#include "../kinds/output.h"

#include <udeepsc_core/config.h>
#include <udeepsc_core/error.h>
#include <udeepsc_core/file_io.h>
#include <udeepsc_core/trainer.h>

#include <limits>

namespace udeepsc_core {

namespace {

constexpr std::int64_t MOST_STEPS = std::numeric_limits<std::int64_t>::max() / 1024;

PhaseConfig read_phase(const json& object)
{
    JsonReader reader(object, "training.phases[]");
    PhaseConfig phase;
    // f_n learns in the phases that have a codebook, unless the phase says otherwise.
    if (object.contains("digital") && object.at("digital").is_boolean())
        phase.train_ratio = object.at("digital").get<bool>();
    phase.visit(reader);
    reader.finish();
    return phase;
}

// For a configuration that names no training: all tasks with data alike, Algorithm 1 in
// short.
TrainConfig default_training(const ModelConfig& model)
{
    TrainConfig c;
    for (const auto& t : model.tasks)
        if (!t.data.empty())
            c.tasks[t.name] = {};
    PhaseConfig analog, digital, end;
    analog.steps = 500;
    analog.digital = false;
    analog.train_ratio = false;
    analog.snr_min_db = 10;
    digital.steps = 5000;
    digital.train_ratio = false;
    digital.widen_steps = 1000;
    end.steps = 500;
    end.train_ratio = false;
    end.top_selection = true;
    c.phases = { analog, digital, end };
    return c;
}

void read_receivers(const json& section,
                    const std::string& where,
                    const TaskConfig& task,
                    TaskTraining& training)
{
    if (!task.output->layered())
        throw Error(where + ": expected none, task " + task.name
                    + " does not come in layers");
    const auto layers = task.inputs[0].layers.size();
    for (const auto& item : require_array(section, where)) {
        ReceiverTraining receiver;
        JsonReader reader(item, where + "[]");
        receiver.visit(reader);
        reader.finish();
        for (const auto* weights : { &receiver.picture_weights, &receiver.label_weights })
            if (!weights->empty() && weights->size() != layers)
                throw Error(where + "[]: got " + std::to_string(weights->size())
                            + " weights, expected one for each of "
                            + std::to_string(layers) + " layers");
        training.receivers.push_back(receiver);
    }
    if (training.receivers.empty())
        throw Error(where + ": expected at least one");
}

void read_tasks(const json& section, const ModelConfig& model, TrainConfig& c)
{
    c.tasks.clear();
    for (const auto& item : require_object(section, "training.tasks").items()) {
        model.task(item.key());
        JsonReader reader(item.value(), "training.tasks." + item.key());
        TaskTraining task;
        task.visit(reader);
        if (reader.has("receivers"))
            read_receivers(reader.child("receivers"),
                           "training.tasks." + item.key() + ".receivers",
                           model.task(item.key()),
                           task);
        reader.finish();
        c.tasks[item.key()] = task;
    }
    if (c.tasks.empty())
        throw Error("training.tasks: expected at least one of the model's tasks");
}

void read_phases(const json& section, TrainConfig& c)
{
    c.phases.clear();
    for (const auto& phase : require_array(section, "training.phases"))
        c.phases.push_back(read_phase(phase));
    if (c.phases.empty())
        throw Error("training.phases: expected at least one");
}

// A layer's worth hangs on the picture that the receiver makes of it: nothing that a
// transmitter could learn by itself.
void check_air_gradient(const ModelConfig& model, const TrainConfig& c)
{
    for (const auto& task : c.tasks)
        if (!c.air_gradient && model.task(task.first).output->layered())
            throw Error("training.air_gradient: expected true, task " + task.first
                        + " comes in layers");
}

TrainConfig read_training(const json& root)
{
    // A configuration of a model alone is one without a training section.
    const bool split = root.is_object() && root.contains("model");
    const json& model_section = split ? root.at("model") : root;
    const auto model = ModelConfig::from_json(model_section.dump());
    auto c = default_training(model);
    c.model_config = model_section.dump();
    if (!split && c.tasks.empty())
        throw Error("training: no task of the model names a data set (\"data\": [...])");
    if (!split)
        return c;
    JsonReader top(root, "configuration");
    top.child("model");
    if (top.has("training")) {
        JsonReader reader(top.child("training"), "training");
        c.visit(reader);
        if (reader.has("tasks"))
            read_tasks(reader.child("tasks"), model, c);
        if (reader.has("phases"))
            read_phases(reader.child("phases"), c);
        reader.finish();
    }
    top.finish();
    check_air_gradient(model, c);
    if (c.tasks.empty())
        throw Error("training: no task of the model names a data set (\"data\": [...])");
    return c;
}

} // namespace

void PhaseConfig::visit(FieldVisitor& f)
{
    f.integer({ "steps", "steps", "of the phase", true }, steps, 1, MOST_STEPS);
    f.flag({ "digital", "", "codebook and constellation; false: real features, phase 1" },
           digital);
    f.flag({ "train_ratio",
             "",
             "f_n learns too, eq. 20; where it is not given: as digital" },
           train_ratio);
    f.range({ "snr_db", "dB", "Es/N0, drawn uniformly for every sample" },
            snr_min_db,
            snr_max_db);
    f.integer(
        { "widen_steps", "steps", "in which the lowest Es/N0 falls from the highest" },
        widen_steps,
        0,
        MOST_STEPS);
    f.flag(
        { "top_selection", "", "keep the best vectors as in inference, not by sampling" },
        top_selection);
    f.flag({ "train_selection", "", "false: the selection modules stay as they are" },
           train_selection);
}

void TaskTraining::visit(FieldVisitor& f)
{
    f.real({ "weight", "", "chance of being drawn, relative to the others" },
           weight,
           1e-9,
           1e9);
    f.integer({ "batch", "samples", "in a step of one process" }, batch, 1, 65536);
    f.real({ "loss_weight", "", "of the task's loss beside codebook and selection" },
           loss_weight,
           0,
           1e9);
    f.texts({ "data", "", "sets to train on, in place of those that the task names" },
            data);
    f.flag({ "mirror", "", "half of the pictures are seen as in a mirror" }, mirror);
}

void ReceiverTraining::visit(FieldVisitor& f)
{
    f.range({ "snr_db", "dB", "Es/N0, drawn uniformly for every sample" },
            snr_min_db,
            snr_max_db);
    f.reals({ "picture_weights", "", "alpha of each layer; empty: the task's" },
            picture_weights,
            0,
            1e6);
    f.reals({ "label_weights", "", "beta of each layer; empty: the task's" },
            label_weights,
            0,
            1e6);
}

namespace {

// Losses beside the task's own, which are there in training alone.
void visit_auxiliary(FieldVisitor& f, TrainConfig& c)
{
    f.real(
        { "auxiliary_weight", "", "of a label loss at the end of the semantic encoder" },
        c.auxiliary_weight,
        0,
        1e9);
    f.real({ "receiver_auxiliary_weight",
             "",
             "of a label loss on what the channel decoder gives, of tasks without "
             "memory; it tells the transmitter what to send before the decoder can" },
           c.receiver_auxiliary_weight,
           0,
           1e9);
}

// Of eq. 19 and 20.
void visit_selection(FieldVisitor& f, TrainConfig& c)
{
    f.real({ "selection_weight", "", "of eq. 19 and 20" }, c.selection_weight, 0, 1e9);
    f.real({ "ratio_weight", "", "of the keep ratio in eq. 20" }, c.ratio_weight, 0, 1e9);
    f.real(
        { "ratio_target",
          "",
          "of f_n's mean over the phase's Es/N0, whose squared error takes the place of "
          "the keep ratio in eq. 20; 0: none" },
        c.ratio_target,
        0,
        1);
    f.real({ "ratio_rate", "", "learning rate of f_n in multiples of the others'" },
           c.ratio_rate,
           0,
           1e6);
}

} // namespace

void TrainConfig::visit(FieldVisitor& f)
{
    f.real({ "learning_rate", "", "of AdamW, after the warm-up" }, learning_rate, 0, 10);
    f.real({ "final_learning_rate", "", "at the end of a cosine" },
           final_learning_rate,
           0,
           10);
    f.integer({ "warmup_steps", "steps", "in which the learning rate rises from 0" },
              warmup_steps,
              1,
              MOST_STEPS);
    f.real({ "weight_decay", "", "of matrices" }, weight_decay, 0, 10);
    f.real({ "gradient_clip", "", "largest norm of all gradients together" },
           gradient_clip,
           0,
           1e9);
    f.real({ "label_smoothing", "", "of the label tasks" }, label_smoothing, 0, 0.99);
    visit_auxiliary(f, *this);
    visit_selection(f, *this);
    f.real(
        { "word_dropout", "", "share of words hidden from tasks that give no sentence" },
        word_dropout,
        0,
        0.99);
    f.real({ "rayleigh", "", "share of samples through block Rayleigh fading" },
           rayleigh,
           0,
           1);
    f.real({ "blind",
             "",
             "share of samples of outputs in layers whose transmitter is given an Es/N0 "
             "drawn for itself, as when several receivers listen" },
           blind,
           0,
           1);
    f.flag({ "csi_at_transmitter",
             "",
             "the transmitter knows |h|^2; false: the mean Es/N0 alone" },
           csi_at_transmitter);
    f.flag({ "air_gradient", "", "false: each end learns for itself" }, air_gradient);
    f.flag({ "mixed_ranks", "", "each process draws a task of its own in each step" },
           mixed_ranks);
    std::int64_t signed_seed = static_cast<std::int64_t>(seed);
    f.integer({ "seed", "", "of weights, order, noise and augmentation" },
              signed_seed,
              0,
              std::numeric_limits<std::int64_t>::max());
    seed = static_cast<std::uint64_t>(signed_seed);
    f.text({ "split", "", "of the data" }, split, { "train", "trainval" });
    f.integer({ "checkpoint_every", "steps", "between two checkpoints" },
              checkpoint_every,
              1,
              1000000);
}

TrainConfig TrainConfig::from_file(const std::string& path)
{
    const auto bytes = read_file(path, std::uint64_t(1) << 24);
    try {
        return read_training(parse_json<json>({ bytes.begin(), bytes.end() }));
    } catch (const Error& e) {
        throw Error(path + ": " + e.what());
    } catch (const json::exception& e) {
        throw Error(path + ": is no JSON: " + printable(e.what()));
    }
}

std::int64_t TrainConfig::total_steps() const
{
    std::int64_t total = 0;
    for (const auto& p : phases)
        total += p.steps;
    return total;
}

} // namespace udeepsc_core
