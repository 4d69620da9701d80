// SPDX-License-Identifier: GPL-3.0-or-later
// Questions on pictures in the layout of VQA v2 (Goyal et al. 2017).
#include "data_files.h"
#include "datasets.h"

#include <udeepsc_core/error.h>
#include <udeepsc_core/file_io.h>
#include <udeepsc_core/text.h>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cctype>
#include <cstdio>
#include <filesystem>
#include <unordered_map>

namespace udeepsc_core {

namespace fs = std::filesystem;
using nlohmann::json;

namespace {

constexpr std::size_t ENOUGH_ANSWERS = 3; // of one kind for a full score, VQA's rule
constexpr std::size_t TENTH = 10; // picture that VQA v2 lends to validation

/*! Where one split's files lie, below the data folder. */
struct VqaFiles {
    std::string questions, annotations;
    std::string pictures; // as for printf, with the picture's number
};

struct Question {
    std::int64_t id = 0, picture = 0;
    std::string text;
};

/*! Answers by name and their scores. */
using Scores = std::vector<std::pair<std::string, float>>;

json read_json(const std::string& path)
{
    const auto bytes = read_file(path);
    try {
        return json::parse(bytes.begin(), bytes.end());
    } catch (const json::exception&) {
        throw Error("VQA file '" + path + "': is no whole JSON ("
                    + std::to_string(bytes.size()) + " bytes); downloaded in part?");
    }
}

const json& list_of(const json& file, const char* key, const std::string& path)
{
    const auto found = file.is_object() ? file.find(key) : file.end();
    if (!file.is_object() || found == file.end() || !found->is_array())
        throw Error("VQA file '" + path + "': found no list \"" + key + "\"");
    return *found;
}

std::string cleaned(const std::string& answer)
{
    std::string lower;
    for (unsigned char c : answer)
        lower += static_cast<char>(c < 0x80 ? std::tolower(c) : c);
    const auto first = lower.find_first_not_of(" \t");
    const auto last = lower.find_last_not_of(" \t");
    return first == std::string::npos ? "" : lower.substr(first, last + 1 - first);
}

Question question_of(const json& entry)
{
    Question q;
    q.id = entry.at("question_id").get<std::int64_t>();
    q.picture = entry.at("image_id").get<std::int64_t>();
    q.text = cleaned(entry.at("question").get<std::string>());
    if (q.text.empty() || !is_valid_utf8(q.text))
        throw Error("question " + std::to_string(q.id) + ": is empty or no UTF-8");
    return q;
}

// Of n equal answers: min(n / 3, 1). A set with fewer than three answers a question
// counts those that there are.
Scores scores_of(const json& entry)
{
    std::vector<std::pair<std::string, std::size_t>> counts;
    std::size_t all = 0;
    for (const auto& a : entry.at("answers")) {
        const auto name = cleaned(a.at("answer").get<std::string>());
        const auto known = std::find_if(
            counts.begin(), counts.end(), [&](const auto& c) { return c.first == name; });
        if (known == counts.end())
            counts.emplace_back(name, 1);
        else
            ++known->second;
        ++all;
    }
    if (counts.empty())
        throw Error("question "
                    + std::to_string(entry.at("question_id").get<std::int64_t>())
                    + ": its list of answers is empty");
    Scores scores;
    for (const auto& c : counts)
        scores.emplace_back(
            c.first,
            std::min(1.0f,
                     static_cast<float>(c.second)
                         / static_cast<float>(std::min(ENOUGH_ANSWERS, all))));
    return scores;
}

/*! Questions with the pictures that they are on; each picture is read once. */
class Vqa : public Dataset {
public:
    explicit Vqa(const DatasetRequest& request)
        : d_image(request.modality_among("image"))
        , d_text(request.modality_among("text"))
        , d_kind(request.modalities.at(d_image))
        , d_data_dir(request.data_dir)
        , d_skipped("data set " + request.name, request.max_bad)
    {
        d_info.name = request.name;
        d_info.split = request.split;
        d_info.open_classes = true;
    }

    //! wanted: whether a picture of this number is of the split
    void read(const VqaFiles& files, bool (*wanted)(std::int64_t picture))
    {
        const auto questions = path(files.questions),
                   annotations = path(files.annotations);
        std::unordered_map<std::int64_t, Scores> answers;
        const auto annotation_file = read_json(annotations);
        for (const auto& entry : list_of(annotation_file, "annotations", annotations))
            guarded(annotations, [&] {
                answers[entry.at("question_id").get<std::int64_t>()] = scores_of(entry);
            });
        const auto question_file = read_json(questions);
        for (const auto& entry : list_of(question_file, "questions", questions))
            guarded(questions, [&] {
                const auto q = question_of(entry);
                if (!wanted(q.picture))
                    return;
                const auto found = answers.find(q.id);
                if (found == answers.end())
                    throw Error("question " + std::to_string(q.id)
                                + ": has no answers in '" + annotations + "'");
                add(q, found->second, files.pictures);
            });
    }

    void finish()
    {
        if (d_questions.empty())
            throw Error("data set " + d_info.name + ": found no question of split "
                        + d_info.split);
        d_info.skipped = d_skipped.lines();
    }

    std::size_t size() const override { return d_questions.size(); }
    const DatasetInfo& describe() const override { return d_info; }

    Sample at(std::size_t i) const override
    {
        const auto& q = d_questions[i];
        Sample sample;
        sample.inputs[d_image] = d_pictures.at(q.picture);
        sample.inputs[d_text] = SourceSample::text(q.text);
        sample.name = "question " + std::to_string(q.id);
        sample.target.soft.assign(d_info.classes.size(), 0.0f);
        for (const auto& a : q.answers)
            sample.target.soft[a.first] = a.second;
        return sample;
    }

private:
    struct Asked {
        std::int64_t id = 0;
        std::string picture, text;
        std::vector<std::pair<std::size_t, float>> answers; // class, score
    };

    std::string path(const std::string& name) const
    {
        return (fs::path(d_data_dir) / name).string();
    }

    template <class Work> void guarded(const std::string& file, Work work)
    {
        try {
            work();
        } catch (const json::exception&) {
            d_skipped.add(file, "an entry lacks a field, or has one of another type");
        } catch (const Error& e) {
            d_skipped.add(file, e.what());
        }
    }

    void add(const Question& q, const Scores& scores, const std::string& pictures)
    {
        char name[256];
        std::snprintf(
            name, sizeof name, pictures.c_str(), static_cast<long long>(q.picture));
        if (!d_pictures.count(name)) {
            if (!fs::exists(path(name)))
                throw Error("question " + std::to_string(q.id) + ": found no picture '"
                            + path(name) + "'");
            d_pictures[name] = d_kind->read_file(path(name));
        }
        Asked asked { q.id, name, q.text, {} };
        for (const auto& s : scores)
            asked.answers.emplace_back(class_of(s.first), s.second);
        d_questions.push_back(std::move(asked));
    }

    std::size_t class_of(const std::string& answer)
    {
        const auto found = d_classes.emplace(answer, d_info.classes.size());
        if (found.second)
            d_info.classes.push_back(answer);
        return found.first->second;
    }

    std::string d_image, d_text; // names of the modalities
    std::shared_ptr<const Modality> d_kind; // of the pictures
    std::string d_data_dir;
    SkippedList d_skipped;
    DatasetInfo d_info;
    std::unordered_map<std::string, std::size_t> d_classes; // number by answer
    std::unordered_map<std::string, SourceSample> d_pictures; // by file
    std::vector<Asked> d_questions;
};

bool any_picture(std::int64_t)
{
    return true;
}

std::vector<std::string> halves(const std::string& split)
{
    return split == "trainval" ? std::vector<std::string> { "train", "val" }
                               : std::vector<std::string> { split };
}

// The sets whose files are named after the split.
std::shared_ptr<const Dataset> open_by_split(const DatasetRequest& request,
                                             const std::string& folder,
                                             const std::string& set,
                                             const std::string& pictures)
{
    require_usual_split(request.name, request.split);
    find_directory(request.data_dir, folder);
    auto data = std::make_shared<Vqa>(request);
    for (const auto& split : halves(request.split)) {
        auto at = pictures;
        at.replace(at.find("SPLIT"), 5, split);
        data->read({ folder + "/v2_OpenEnded_" + set + "_" + split + "_questions.json",
                     folder + "/v2_" + set + "_" + split + "_annotations.json",
                     at },
                   any_picture);
    }
    data->finish();
    return data;
}

} // namespace

std::shared_ptr<const Dataset> open_easyvqa(const DatasetRequest& request)
{
    return open_by_split(
        request, "easyvqa", "easyvqa", "easyvqa/SPLIT/images/easyvqa_%012lld.png");
}

std::shared_ptr<const Dataset> open_daquar(const DatasetRequest& request)
{
    return open_by_split(
        request, "vqa_daquar", "nyuv2", "nyuv2/SPLIT/rgb/nyuv2_%012lld.jpg");
}

// As downloaded from the VQA site. The answers of its test split are not published: test
// is val2014; every tenth picture of train2014 is for validation.
std::shared_ptr<const Dataset> open_vqa2(const DatasetRequest& request)
{
    require_usual_split(request.name, request.split);
    find_directory(request.data_dir, "vqa2");
    const std::string set = request.split == "test" ? "val2014" : "train2014";
    bool (*wanted)(std::int64_t) = any_picture;
    if (request.split == "val")
        wanted = [](std::int64_t picture) { return picture % TENTH == 0; };
    if (request.split == "train")
        wanted = [](std::int64_t picture) { return picture % TENTH != 0; };
    auto data = std::make_shared<Vqa>(request);
    data->read({ "vqa2/v2_OpenEnded_mscoco_" + set + "_questions.json",
                 "vqa2/v2_mscoco_" + set + "_annotations.json",
                 "vqa2/" + set + "/COCO_" + set + "_%012lld.jpg" },
               wanted);
    data->finish();
    return data;
}

} // namespace udeepsc_core
