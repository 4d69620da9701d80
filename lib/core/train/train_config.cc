// SPDX-License-Identifier: GPL-3.0-or-later
#include <udeepsc_core/config.h>
#include <udeepsc_core/error.h>
#include <udeepsc_core/trainer.h>

#include <nlohmann/json.hpp>

#include <fstream>
#include <set>

namespace udeepsc_core {

using json = nlohmann::json;

namespace {

template <class T>
void read(const json& object, const char* key, T& value)
{
    if (!object.contains(key))
        return;
    try {
        value = object.at(key).get<T>();
    } catch (const json::exception&) {
        throw Error(std::string("training.") + key + ": cannot use " + object.at(key).dump());
    }
}

void only(const json& object, const std::string& where, const std::set<std::string>& known)
{
    for (const auto& item : object.items())
        if (!known.count(item.key()))
            throw Error(where + ": unknown field \"" + item.key() + "\"");
}

PhaseConfig read_phase(const json& j)
{
    only(j,
         "training.phases[]",
         { "steps", "digital", "train_ratio", "snr_db", "widen_steps", "top_selection",
           "train_selection" });
    PhaseConfig p;
    read(j, "steps", p.steps);
    read(j, "digital", p.digital);
    p.train_ratio = p.digital;
    read(j, "train_ratio", p.train_ratio);
    read(j, "widen_steps", p.widen_steps);
    read(j, "top_selection", p.top_selection);
    read(j, "train_selection", p.train_selection);
    if (j.contains("snr_db")) {
        std::vector<double> range;
        read(j, "snr_db", range);
        if (range.size() != 2)
            throw Error("training.phases[].snr_db: expected [low, high], got " + j.at("snr_db").dump());
        p.snr_min_db = range[0];
        p.snr_max_db = range[1];
    }
    if (p.steps <= 0 || p.snr_min_db > p.snr_max_db)
        throw Error("training.phases[]: needs steps > 0 and snr_db [low, high]");
    return p;
}

} // namespace

TrainConfig TrainConfig::from_file(const std::string& path)
{
    std::ifstream in(path);
    if (!in)
        throw Error("training configuration " + path + ": cannot be opened");
    try {
        const auto root = json::parse(in);
        only(root, "configuration", { "model", "training" });
        TrainConfig c;
        c.model_config = root.at("model").dump();
        const auto model = ModelConfig::from_json(c.model_config);
        const auto& t = root.at("training");
        only(t,
             "training",
             { "tasks",          "phases",           "learning_rate",    "final_learning_rate",
               "warmup_steps",   "weight_decay",     "gradient_clip",    "label_smoothing",
               "selection_weight", "auxiliary_weight", "ratio_weight",   "word_dropout",
               "rayleigh",       "seed",             "split",            "checkpoint_every" });
        for (const auto& item : t.at("tasks").items()) {
            model.task(item.key());
            only(item.value(), "training.tasks." + item.key(), { "weight", "batch", "loss_weight" });
            TaskTraining task;
            read(item.value(), "weight", task.weight);
            read(item.value(), "batch", task.batch);
            read(item.value(), "loss_weight", task.loss_weight);
            if (!(task.weight > 0) || task.batch < 1)
                throw Error("training.tasks." + item.key() + ": needs weight > 0, batch >= 1");
            c.tasks[item.key()] = task;
        }
        for (const auto& p : t.at("phases"))
            c.phases.push_back(read_phase(p));
        read(t, "learning_rate", c.learning_rate);
        read(t, "final_learning_rate", c.final_learning_rate);
        read(t, "warmup_steps", c.warmup_steps);
        read(t, "weight_decay", c.weight_decay);
        read(t, "gradient_clip", c.gradient_clip);
        read(t, "label_smoothing", c.label_smoothing);
        read(t, "auxiliary_weight", c.auxiliary_weight);
        read(t, "selection_weight", c.selection_weight);
        read(t, "ratio_weight", c.ratio_weight);
        read(t, "word_dropout", c.word_dropout);
        read(t, "rayleigh", c.rayleigh);
        read(t, "seed", c.seed);
        read(t, "split", c.split);
        read(t, "checkpoint_every", c.checkpoint_every);
        if (c.tasks.empty() || c.phases.empty() || c.checkpoint_every < 1)
            throw Error("training: needs tasks, phases and checkpoint_every >= 1");
        return c;
    } catch (const Error& e) {
        throw Error(path + ": " + e.what());
    } catch (const json::exception& e) {
        throw Error(path + ": " + e.what());
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
