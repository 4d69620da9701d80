// SPDX-License-Identifier: GPL-3.0-or-later
// The table of data sets, and the data of a task put together from them.
#include "data_files.h"
#include "datasets.h"

#include "../kinds/output.h"
#include <udeepsc_core/log.h>

#include <udeepsc_core/error.h>

#include <algorithm>
#include <set>

namespace udeepsc_core {

namespace {

// In the order in which they are listed.
const std::vector<
    std::pair<std::string, std::shared_ptr<const Dataset> (*)(const DatasetRequest&)>>
    s_sets = {
        { "cifar10", open_cifar10 },
        { "sst2", open_sst2 },
        { "folder", open_folder },
        { "tiles", open_tiles },
        { "tsv", open_tsv },
        { "easyvqa", open_easyvqa },
        { "daquar", open_daquar },
        { "vqa2", open_vqa2 },
        { "mosi", open_mosi },
        { "fsdd", open_fsdd },
        { "babi", open_babi },
        { "picture_memory", open_picture_memory },
        { "intention", open_intention },
    };

std::string listed(const std::vector<std::string>& names)
{
    constexpr std::size_t most = 12;
    std::string list;
    for (std::size_t i = 0; i < names.size() && i < most; ++i)
        list += (i ? ", " : "") + names[i];
    return names.size() > most ? list + ", ... (" + std::to_string(names.size()) + ")"
                               : list;
}

std::shared_ptr<const Dataset> open_one(const DatasetRequest& request)
{
    const auto name = request.name.substr(0, request.name.find_first_of(":-"));
    for (const auto& set : s_sets)
        if (set.first == name)
            return set.second(request);
    throw Error("unknown data set \"" + request.name + "\", expected one of "
                + listed(dataset_names()));
}

/*! Several sets, one after the other, with labels as a task numbers them. */
class TaskData : public Dataset {
public:
    TaskData(const TaskConfig& task, const std::string& split)
        : d_task(task)
        , d_split(split)
    {
        d_info.split = split;
        d_info.classes = task.classes();
    }

    void add(std::shared_ptr<const Dataset> set)
    {
        const auto& info = set->describe();
        d_info.name += (d_info.name.empty() ? "" : ", ") + info.name;
        d_info.skipped.insert(
            d_info.skipped.end(), info.skipped.begin(), info.skipped.end());
        d_info.open_classes = d_info.open_classes || info.open_classes;
        d_labels.push_back(labels_of(info));
        d_size += set->size();
        d_sets.push_back(std::move(set));
    }

    std::size_t size() const override { return d_size; }
    const DatasetInfo& describe() const override { return d_info; }

    Sample at(std::size_t i) const override
    {
        std::size_t set = 0;
        while (i >= d_sets[set]->size())
            i -= d_sets[set++]->size();
        auto sample = d_sets[set]->at(i);
        renumber(d_labels[set], sample.target);
        return sample;
    }

    void require_targets() const
    {
        for (std::size_t i = 0; i < d_size; ++i) {
            const auto sample = at(i);
            d_task.output->check_target(sample.target,
                                        "task " + d_task.name + ", " + d_info.name + ", "
                                            + sample.name);
        }
    }

    void require_every_class() const
    {
        if (d_info.open_classes) // a rare answer may well be missing
            return;
        std::set<int> found;
        for (std::size_t i = 0; i < d_size && found.size() < d_info.classes.size(); ++i) {
            const auto target = at(i).target;
            found.insert(target.label);
            for (std::size_t c = 0; c < target.soft.size(); ++c)
                if (target.soft[c] > 0)
                    found.insert(static_cast<int>(c));
        }
        for (std::size_t c = 0; c < d_info.classes.size(); ++c)
            if (!found.count(static_cast<int>(c)))
                throw Error("task " + d_task.name + ": class \"" + d_info.classes[c]
                            + "\" has no sample in split " + d_split + " of "
                            + d_info.name);
    }

private:
    // numbers: those of the set's classes in the task
    void renumber(const std::vector<int>& numbers, Target& target) const
    {
        if (numbers.empty())
            return;
        std::vector<float> soft(d_info.classes.size(), 0.0f);
        for (std::size_t c = 0; c < target.soft.size(); ++c)
            if (numbers[c] != UNKNOWN)
                soft[static_cast<std::size_t>(numbers[c])] = target.soft[c];
        const bool labelled = target.label >= 0;
        if (labelled)
            target.label = numbers[static_cast<std::size_t>(target.label)];
        // Of an answer that the task does not know all scores are 0: none is right.
        if (!target.soft.empty() || (labelled && target.label == UNKNOWN))
            target.soft = std::move(soft);
    }

    // Number in the set -> number in the task; by name, so that no set passes for
    // another.
    std::vector<int> labels_of(const DatasetInfo& info) const
    {
        const auto& wanted = d_info.classes;
        if (wanted.empty())
            return {};
        std::vector<int> labels;
        for (const auto& name : info.classes) {
            const auto found = std::find(wanted.begin(), wanted.end(), name);
            if (found == wanted.end() && info.open_classes) {
                labels.push_back(UNKNOWN);
                continue;
            }
            if (found == wanted.end())
                throw Error("the task knows the classes " + listed(wanted) + "; data set "
                            + info.name + " has \"" + name + "\" (of "
                            + listed(info.classes) + ")");
            labels.push_back(static_cast<int>(found - wanted.begin()));
        }
        return labels;
    }

    static constexpr int UNKNOWN = -1; // an answer outside the task's classes

    const TaskConfig& d_task;
    std::string d_split;
    DatasetInfo d_info;
    std::vector<std::shared_ptr<const Dataset>> d_sets;
    std::vector<std::vector<int>> d_labels; // by set
    std::size_t d_size = 0;
};

/*! A task's data with the configuration that it points into. */
struct OwnedTaskData {
    TaskConfig task;
    std::unique_ptr<TaskData> data;
};

} // namespace

std::vector<std::string> dataset_names()
{
    std::vector<std::string> names;
    for (const auto& set : s_sets)
        names.push_back(set.first);
    return names;
}

std::string DatasetRequest::modality_of_kind(const std::string& kind) const
{
    if (modalities.size() == 1 && modalities.begin()->second->kind() == kind)
        return modalities.begin()->first;
    std::vector<std::string> names;
    for (const auto& m : modalities)
        names.push_back(m.first + " (" + m.second->kind() + ")");
    throw Error("data set " + name + " has " + kind
                + " alone; the task has the modalities " + listed(names));
}

std::string DatasetRequest::modality_among(const std::string& kind) const
{
    std::string found;
    for (const auto& m : modalities) {
        if (m.second->kind() != kind)
            continue;
        if (!found.empty())
            throw Error("data set " + name
                        + ": the task has more than one modality of kind " + kind);
        found = m.first;
    }
    if (found.empty())
        throw Error("data set " + name + ": the task has no modality of kind " + kind);
    return found;
}

std::string DatasetRequest::modality_with_memory(const std::string& kind,
                                                 bool remembered) const
{
    DatasetRequest some;
    some.name = name;
    for (const auto& m : modalities)
        if ((memory.at(m.first) > 0) == remembered)
            some.modalities.insert(m);
    try {
        return some.modality_among(kind);
    } catch (const Error& e) {
        throw Error(std::string(e.what())
                    + (remembered ? " with memory" : " without memory"));
    }
}

std::string DatasetRequest::only_modality() const
{
    if (modalities.size() != 1)
        throw Error("data set " + name + " serves tasks of one modality, this one has "
                    + std::to_string(modalities.size()) + "; a tsv serves several");
    return modalities.begin()->first;
}

std::shared_ptr<const Dataset> open_data(const ModelConfig& model,
                                         const std::string& task_name,
                                         const DatasetOptions& options)
{
    const auto& split = options.split;
    if (split != "train" && split != "val" && split != "trainval" && split != "test"
        && split != "unseen")
        throw Error("split: found '" + split
                    + "', expected 'train', 'val', 'trainval' or 'test' ('unseen' of "
                      "fsdd)");
    const auto owned = std::make_shared<OwnedTaskData>();
    owned->task = model.task(task_name);
    const auto& names = options.data.empty() ? owned->task.data : options.data;
    if (names.empty())
        throw Error("task " + task_name
                    + " names no data set: give it \"data\": [...] in the "
                      "configuration, with some of "
                    + listed(dataset_names()));
    owned->data = std::make_unique<TaskData>(owned->task, split);
    for (const auto& name : names) {
        DatasetRequest request;
        request.name = name;
        const auto mark = name.find_first_of(":-");
        request.argument = mark == std::string::npos ? "" : name.substr(mark + 1);
        request.data_dir = options.data_dir;
        request.split = split;
        request.target_column = owned->task.output->target_column();
        request.max_bad = options.max_bad;
        for (const auto& input : owned->task.inputs) {
            request.modalities[input.modality] = model.encoder(input.modality).kind;
            request.memory[input.modality] = input.memory;
        }
        try {
            if (split == "unseen" && name != "fsdd")
                unknown_split("data set " + name, split);
            owned->data->add(open_one(request));
        } catch (const Error& e) {
            throw Error("task " + task_name + ": " + e.what());
        }
    }
    const auto& skipped = owned->data->describe().skipped;
    for (const auto& line : skipped)
        log_warning("skipped " + line);
    owned->data->require_targets();
    if (options.every_class)
        owned->data->require_every_class();
    return { owned, owned->data.get() };
}

} // namespace udeepsc_core
