// SPDX-License-Identifier: GPL-3.0-or-later
// Sentences that ask for a task, put together from phrases.
#include "data_files.h"
#include "datasets.h"
#include "intention_phrases.h"
#include "shape_pictures.h"

#include <udeepsc_core/text.h>

namespace udeepsc_core {

namespace {

constexpr int TRAINING_SAMPLES = 20000, OTHER_SAMPLES = 2000;
constexpr int LETTERS_OF_NEW_WORD = 6;

const std::vector<std::string> s_before = {
    "", "", "", "please", "can you tell me", "hello", "now", "could you", "i wonder"
};
const std::vector<std::string> s_after
    = { "", "", "", "please", "for me", "now", "thanks" };

const std::string& one_of(const std::vector<std::string>& list, std::mt19937_64& random)
{
    return list[static_cast<std::size_t>(
        draw_number(random, 0, static_cast<int>(list.size()) - 1))];
}

// {WORD} becomes one of the words of that name.
std::string filled(std::string phrase, std::mt19937_64& random)
{
    for (const auto& word : intention_words()) {
        const auto slot = "{" + word.first + "}";
        for (auto at = phrase.find(slot); at != std::string::npos; at = phrase.find(slot))
            phrase.replace(at, slot.size(), one_of(word.second, random));
    }
    return phrase;
}

// A word that nobody knows: names and slips of the pen.
std::string new_word(std::mt19937_64& random)
{
    std::string word;
    for (int i = 0; i < LETTERS_OF_NEW_WORD; ++i)
        word += static_cast<char>('a' + draw_number(random, 0, 25));
    return word;
}

// Now and then a word is lost, or one that nobody knows takes its place.
std::string roughened(const std::string& text, std::mt19937_64& random)
{
    std::string out;
    for (const auto& word : split_words(text)) {
        const int chance = draw_number(random, 0, 99);
        if (chance < 3)
            continue;
        out += (out.empty() ? "" : " ") + (chance < 8 ? new_word(random) : word);
    }
    return out.empty() ? text : out;
}

// Nothing but words that nobody knows is no wish that could be met.
std::string of_new_words(std::mt19937_64& random)
{
    std::string text;
    for (int i = draw_number(random, 1, 6); i > 0; --i)
        text += (text.empty() ? "" : " ") + new_word(random);
    return text;
}

Sample make_sample(const std::string& modality,
                   const std::string& split,
                   std::uint64_t seed,
                   std::size_t number)
{
    std::mt19937_64 random(seed * 0x9e3779b97f4a7c15ull + number);
    const bool training = seed == 1;
    const auto& all = intention_phrases();
    const auto which = static_cast<std::size_t>(
        draw_number(random, 0, static_cast<int>(all.size()) - 1));
    const auto& phrases = training ? all[which].training : all[which].unseen;
    auto text = filled(one_of(phrases, random), random);
    const auto before = one_of(s_before, random), after = one_of(s_after, random);
    text = before + (before.empty() ? "" : " ") + text + (after.empty() ? "" : " ")
        + after;
    if (training)
        text = roughened(text, random);
    if (all[which].intention == UNKNOWN_INTENTION && draw_number(random, 0, 19) == 0)
        text = of_new_words(random);
    Sample sample;
    sample.inputs[modality] = SourceSample::text(text);
    sample.target.label = static_cast<int>(which);
    sample.name = "intention " + split + " " + std::to_string(number);
    return sample;
}

} // namespace

std::shared_ptr<const Dataset> open_intention(const DatasetRequest& request)
{
    require_usual_split("intention", request.split);
    const auto modality = request.modality_of_kind("text");
    const bool training = request.split == "train" || request.split == "trainval";
    const std::uint64_t seed = training ? 1 : request.split == "val" ? 2 : 3;
    DatasetInfo info;
    info.name = request.name;
    info.split = request.split;
    for (const auto& phrases : intention_phrases())
        info.classes.push_back(phrases.intention);
    std::vector<Sample> samples;
    const int count = training ? TRAINING_SAMPLES : OTHER_SAMPLES;
    for (int i = 0; i < count; ++i)
        samples.push_back(
            make_sample(modality, request.split, seed, static_cast<std::size_t>(i)));
    return in_memory(info, std::move(samples));
}

} // namespace udeepsc_core
