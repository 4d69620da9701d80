// SPDX-License-Identifier: GPL-3.0-or-later
// bAbI, questions about short stories: J. Weston et al., "Towards AI-Complete Question
// Answering: A Set of Prerequisite Toy Tasks", 2015.
#include "data_files.h"
#include "datasets.h"

#include <udeepsc_core/error.h>
#include <udeepsc_core/text.h>

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <random>
#include <regex>

namespace udeepsc_core {

namespace fs = std::filesystem;

namespace {

constexpr int TASKS = 20;
// "babi" is all others: its stories are far longer than the other tasks'.
constexpr int LEFT_OUT = 3;
constexpr std::uint64_t ORDER_SEED = 1;
constexpr std::size_t TENTH = 10; // story of the training file that is for validation

struct Question {
    std::size_t story = 0;
    std::size_t sentences = 0; // of the story that come before it
    std::string text, name;
    int label = 0;
};

/*! The stories of some tasks, with their questions. */
class BabiData : public Dataset {
public:
    explicit BabiData(const DatasetRequest& request)
        : d_sentence(request.modality_with_memory("text", true))
        , d_question(request.modality_with_memory("text", false))
    {
        d_info.name = request.name;
        d_info.split = request.split;
        // An answer to a test question need not be among the training's.
        d_info.open_classes = true;
    }

    // tenths: which stories, see is_wanted()
    void add_file(const std::string& path, const std::string& split);

    //! Some of the questions, evenly spread, are then some of every kind: those of a
    //! story follow each other, the first with the shortest context.
    void shuffle()
    {
        std::mt19937_64 random(ORDER_SEED);
        for (std::size_t k = d_questions.size(); k > 1; --k)
            std::swap(d_questions[k - 1], d_questions[random() % k]);
    }

    std::size_t size() const override { return d_questions.size(); }
    const DatasetInfo& describe() const override { return d_info; }

    Sample at(std::size_t i) const override
    {
        const auto& question = d_questions.at(i);
        const auto& story = d_stories[question.story];
        Sample sample;
        sample.inputs[d_question] = SourceSample::text(question.text);
        auto& context = sample.context[d_sentence];
        context.reserve(question.sentences);
        for (std::size_t k = 0; k < question.sentences; ++k)
            context.push_back(SourceSample::text(story[k]));
        sample.target.label = question.label;
        sample.name = question.name;
        return sample;
    }

private:
    void add_question(const std::string& text, const std::string& where);
    int label_of(const std::string& answer);

    std::string d_sentence, d_question; // modalities
    DatasetInfo d_info;
    std::vector<std::vector<std::string>> d_stories; // sentences
    std::vector<Question> d_questions;
};

std::string without_ends(const std::string& text)
{
    const auto first = text.find_first_not_of(" \r");
    const auto last = text.find_last_not_of(" \r");
    return first == std::string::npos ? "" : text.substr(first, last + 1 - first);
}

bool is_wanted(const std::string& split, std::size_t story)
{
    const bool val = story % TENTH == TENTH - 1;
    return split == "test" || split == "trainval" || (split == "val") == val;
}

int BabiData::label_of(const std::string& answer)
{
    auto& names = d_info.classes;
    const auto found = std::find(names.begin(), names.end(), answer);
    if (found == names.end()) {
        names.push_back(answer);
        return static_cast<int>(names.size()) - 1;
    }
    return static_cast<int>(found - names.begin());
}

// "question<TAB>answer<TAB>numbers of the sentences that tell"
void BabiData::add_question(const std::string& text, const std::string& where)
{
    const auto parts = split_tabs(text);
    Question question;
    question.text = without_ends(parts[0]);
    const auto answer = without_ends(parts[1]);
    if (question.text.empty() || answer.empty())
        throw Error(where + ": found '" + repair_utf8(text.substr(0, 80))
                    + "', expected 'question<TAB>answer'");
    question.story = d_stories.size() - 1;
    question.sentences = d_stories.back().size();
    question.name = where;
    question.label = label_of(answer);
    d_questions.push_back(std::move(question));
}

void BabiData::add_file(const std::string& path, const std::string& split)
{
    std::size_t line_number = 0, story = 0;
    bool begun = false;
    for (const auto& line : read_lines(path)) {
        const auto where
            = "bAbI file '" + path + "', line " + std::to_string(++line_number);
        const auto space = line.find(' ');
        const bool numbered = space != std::string::npos && space > 0
            && std::all_of(line.begin(),
                           line.begin() + static_cast<std::ptrdiff_t>(space),
                           [](unsigned char c) { return std::isdigit(c); });
        const auto text = numbered ? without_ends(line.substr(space + 1)) : "";
        if (text.empty() || !is_valid_utf8(text))
            throw Error(where + ": found '" + repair_utf8(line.substr(0, 80))
                        + "', expected a number and a sentence");
        if (line.compare(0, space, "1") == 0) {
            story += begun ? 1 : 0;
            begun = true;
            d_stories.emplace_back();
        }
        if (!begun)
            throw Error(where + ": found number " + line.substr(0, space)
                        + ", expected a story to begin with 1");
        if (!is_wanted(split, story))
            continue;
        if (text.find('\t') == std::string::npos)
            d_stories.back().push_back(text);
        else
            add_question(text, where);
    }
}

// The file of one task. Error unless there is exactly one.
std::string file_of(const std::string& folder, int task, const std::string& split)
{
    const std::regex pattern("qa" + std::to_string(task) + "_.*_"
                             + (split == "test" ? "test" : "train") + ".*\\.txt");
    std::vector<std::string> found;
    for (const auto& entry : fs::directory_iterator(folder))
        if (std::regex_match(entry.path().filename().string(), pattern))
            found.push_back(entry.path().string());
    if (found.size() != 1)
        throw Error("data set babi: found " + std::to_string(found.size())
                    + " files of task " + std::to_string(task) + " for split " + split
                    + " in '" + folder + "', expected one qa" + std::to_string(task)
                    + "_NAME_" + (split == "test" ? "test" : "train") + ".txt");
    return found[0];
}

std::vector<int> tasks_of(const std::string& argument)
{
    std::vector<int> tasks;
    for (int task = 1; task <= TASKS; ++task)
        if (argument.empty() ? task != LEFT_OUT : argument == std::to_string(task))
            tasks.push_back(task);
    if (tasks.empty())
        throw Error("data set babi: found task '" + argument
                    + "', expected babi-1 to babi-" + std::to_string(TASKS)
                    + ", or babi");
    return tasks;
}

} // namespace

std::vector<std::string> dataset_parts(const std::string& name)
{
    if (name != "babi")
        return { name };
    std::vector<std::string> parts;
    for (int task : tasks_of(""))
        parts.push_back(name + "-" + std::to_string(task));
    return parts;
}

std::shared_ptr<const Dataset> open_babi(const DatasetRequest& request)
{
    require_usual_split("babi", request.split);
    const auto tasks = tasks_of(request.argument);
    const auto folder = find_directory(request.data_dir, "babi/en-10k");
    const auto data = std::make_shared<BabiData>(request);
    for (int task : tasks)
        data->add_file(file_of(folder, task, request.split), request.split);
    data->shuffle();
    if (data->size() == 0)
        throw Error("data set " + request.name + ": found no question of split "
                    + request.split + " in '" + folder + "'");
    return data;
}

} // namespace udeepsc_core
