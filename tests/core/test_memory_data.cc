// SPDX-License-Identifier: GPL-3.0-or-later
// Data of tasks with memory: stories, pictures one after the other, wishes.
#include "temp_dir.h"

#include <udeepsc_core/dataset.h>
#include <udeepsc_core/tokenizer.h>

#include <algorithm>
#include <map>
#include <set>

using namespace udeepsc_core;

namespace {

const char* const s_config = R"({
  "name": "memory",
  "encoders": {
    "image": { "dim": 8, "heads": 2, "semantic_layers": 1, "image_size": 32, "patch": 8 },
    "sentence": { "kind": "text", "dim": 8, "heads": 2, "semantic_layers": 1, "tokenizer": "words",
                  "vector_of": "sentence", "vocabulary": 50, "max_tokens": 24 },
    "question": { "kind": "text", "dim": 8, "heads": 2, "semantic_layers": 1, "tokenizer": "words",
                  "vector_of": "sentence", "vocabulary": 50, "max_tokens": 24 }
  },
  "decoder": { "dim": 8, "heads": 2, "layers": 1 },
  "codebook": { "entries": 4, "subvector_dim": 2 }, "modulation": "qpsk", "mapping": "symbol",
  "tasks": [
    { "name": "story", "output": "label", "classes": ["garden", "kitchen", "milk,apple"], "data": ["babi"],
      "inputs": { "sentence": { "memory": 4 }, "question": {} } },
    { "name": "pictures", "output": "label", "data": ["picture_memory"],
      "classes": ["yes", "no", "0", "1", "2", "3", "4", "5", "6", "circle", "rectangle", "triangle",
                  "red", "green", "blue", "yellow", "gray", "black"],
      "inputs": { "image": { "memory": 2 }, "question": {} } },
    { "name": "wish", "output": "label", "data": ["intention"],
      "classes": ["image_classification", "image_reconstruction", "text_classification",
                  "text_reconstruction", "visual_question_answering", "video_sentiment",
                  "speech_classification", "story_question_answering",
                  "picture_memory_question_answering", "unknown"],
      "inputs": { "sentence": {} } }
  ] })";

std::shared_ptr<const Dataset> opened(const std::string& dir,
                                      const std::string& task,
                                      const std::string& split,
                                      std::vector<std::string> data = {})
{
    DatasetOptions o;
    o.data_dir = dir;
    o.split = split;
    o.data = std::move(data);
    return open_data(ModelConfig::from_json(s_config), task, o);
}

// Twelve stories, each of two sentences, a question, a sentence and a question.
void write_stories(const TempDir& dir, const std::string& name)
{
    std::string text;
    for (int story = 0; story < 12; ++story)
        text += "1 Mary went to the kitchen.\n2 John took the milk.\n"
                "3 Where is Mary? \tkitchen\t1\n4 Mary moved to the garden.\r\n"
                "5 Where is Mary?\tgarden\t4\n";
    dir.write("babi/en-10k/" + name, text);
}

// The first sample with this label
Sample with_label(const Dataset& data, int label)
{
    for (std::size_t i = 0; i < data.size(); ++i)
        if (data.at(i).target.label == label)
            return data.at(i);
    ADD_FAILURE() << "no sample has label " << label;
    return {};
}

std::string text_of(const Sample& sample, const std::string& modality)
{
    return sample.inputs.at(modality).utf8();
}

} // namespace

TEST(Babi, SentencesBeforeAQuestionAreItsContext)
{
    const TempDir dir;
    write_stories(dir, "qa1_facts_train.txt");
    const auto data = opened(dir.path(), "story", "train", { "babi-1" });
    ASSERT_EQ(data->size(), 22u); // of twelve stories the tenth is for validation
    const auto first = with_label(*data, 1), second = with_label(*data, 0);
    EXPECT_EQ(text_of(first, "question"), "Where is Mary?");
    ASSERT_EQ(first.context.at("sentence").size(), 2u);
    EXPECT_EQ(first.context.at("sentence")[0].utf8(), "Mary went to the kitchen.");
    EXPECT_EQ(first.target.label, 1);
    ASSERT_EQ(second.context.at("sentence").size(), 3u); // no question among them
    EXPECT_EQ(second.context.at("sentence")[2].utf8(), "Mary moved to the garden.");
    EXPECT_EQ(second.target.label, 0);
    EXPECT_EQ(first.inputs.count("sentence"), 0u);
    // The next story begins anew.
    for (std::size_t i = 0; i < data->size(); ++i)
        EXPECT_LE(data->at(i).context.at("sentence").size(), 3u);
}

TEST(Babi, SplitsShareNoStory)
{
    const TempDir dir;
    write_stories(dir, "qa1_facts_train.txt");
    EXPECT_EQ(opened(dir.path(), "story", "val", { "babi-1" })->size(), 2u);
    EXPECT_EQ(opened(dir.path(), "story", "trainval", { "babi-1" })->size(), 24u);
    EXPECT_SAYS(error_of([&] { opened(dir.path(), "story", "test", { "babi-1" }); }),
                "qa1_NAME_test.txt");
    write_stories(dir, "qa1_facts_test.txt");
    EXPECT_EQ(opened(dir.path(), "story", "test", { "babi-1" })->size(), 24u);
}

TEST(Babi, AllTasksButTheThird)
{
    const auto parts = dataset_parts("babi");
    EXPECT_EQ(parts.size(), 19u);
    EXPECT_EQ(std::count(parts.begin(), parts.end(), "babi-3"), 0);
    EXPECT_EQ(dataset_parts("sst2"), std::vector<std::string> { "sst2" });
    const TempDir dir;
    for (int task = 1; task <= 20; ++task)
        if (task != 3)
            write_stories(dir, "qa" + std::to_string(task) + "_x_train.txt");
    EXPECT_EQ(opened(dir.path(), "story", "train")->size(), 19u * 22);
}

TEST(Babi, AnswersThatTheTaskDoesNotKnowAreNone)
{
    const TempDir dir;
    dir.write("babi/en-10k/qa8_lists_train.txt",
              "1 Mary took the milk.\n2 What has Mary?\tmilk,apple\t1\n"
              "3 What has John?\tnothing\t1\n");
    const auto data = opened(dir.path(), "story", "train", { "babi-8" });
    EXPECT_TRUE(with_label(*data, 2).target.soft.empty());
    EXPECT_EQ(with_label(*data, -1).target.soft,
              std::vector<float>(3, 0.0f)); // none is right
}

TEST(Babi, BadFilesAreNamed)
{
    const TempDir dir;
    const auto fault = [&](const std::string& text) {
        dir.write("babi/en-10k/qa2_x_train.txt", text);
        return error_of([&] { opened(dir.path(), "story", "train", { "babi-2" }); });
    };
    EXPECT_SAYS(fault("Mary went.\n"), "line 1");
    EXPECT_SAYS(fault("1 Mary went.\n2 \n"), "line 2");
    EXPECT_SAYS(fault("2 Mary went.\n"), "begin with 1");
    EXPECT_SAYS(fault("1 Mary went.\n2 Where?\t\t1\n"), "question<TAB>answer");
    EXPECT_SAYS(fault("1 Mary \xff\n"), "line 1");
    EXPECT_SAYS(fault("1 Mary went.\n"), "no question");
    EXPECT_SAYS(error_of([&] { opened(dir.path(), "story", "train", { "babi-21" }); }),
                "babi-20");
    EXPECT_SAYS(error_of([&] { opened(dir.path(), "story", "train", { "babi-x" }); }),
                "babi-20");
    EXPECT_SAYS(error_of([&] { opened(dir.path(), "wish", "train", { "babi-2" }); }),
                "with memory");
}

TEST(PictureMemory, SameSeedSamePicturesOtherSplitOthers)
{
    const auto one = opened("", "pictures", "test"),
               other = opened("", "pictures", "test"),
               val = opened("", "pictures", "val");
    int alike = 0;
    for (std::size_t i = 0; i < 50; ++i) {
        const auto a = one->at(i), b = other->at(i);
        EXPECT_EQ(a.inputs.at("image").bytes, b.inputs.at("image").bytes);
        EXPECT_EQ(text_of(a, "question"), text_of(b, "question"));
        alike += a.inputs.at("image").bytes == val->at(i).inputs.at("image").bytes;
    }
    EXPECT_EQ(alike, 0);
}

TEST(PictureMemory, EveryKindOfQuestionWithOneOrTwoEarlierPictures)
{
    const auto data = opened("", "pictures", "val");
    std::map<std::size_t, int> earlier;
    std::map<std::string, std::set<int>> answers; // by the question's first two words
    for (std::size_t i = 0; i < 1000; ++i) {
        const auto sample = data->at(i);
        ++earlier[sample.context.at("image").size()];
        const auto text = text_of(sample, "question");
        answers[text.substr(0, text.find(' ', text.find(' ') + 1))].insert(
            sample.target.label);
        EXPECT_EQ(sample.inputs.at("image").shape, (std::vector<int> { 32, 32, 3 }));
    }
    EXPECT_EQ(earlier.size(), 2u);
    EXPECT_GT(earlier[1], 100);
    EXPECT_GT(earlier[2], 100);
    EXPECT_EQ(answers.size(), 4u); // how many, are there, which came, what color
    EXPECT_EQ(answers["Are there"], (std::set<int> { 0, 1 }));
    EXPECT_GE(answers["How many"].size(), 5u);
    EXPECT_EQ(answers["Which came"].size(), 3u);
    EXPECT_EQ(answers["What color"].size(), 6u);
}

TEST(Intention, TestWordingsAreNotThoseOfTheTraining)
{
    const auto train = opened("", "wish", "train"), test = opened("", "wish", "test");
    std::set<std::string> known;
    for (std::size_t i = 0; i < train->size(); ++i)
        known.insert(text_of(train->at(i), "sentence"));
    std::size_t seen = 0;
    std::set<int> labels;
    for (std::size_t i = 0; i < test->size(); ++i) {
        const auto sample = test->at(i);
        seen += known.count(text_of(sample, "sentence"));
        labels.insert(sample.target.label);
        EXPECT_EQ(text_of(sample, "sentence").find_first_of("{}"), std::string::npos);
    }
    EXPECT_EQ(labels.size(), 10u);
    EXPECT_LT(seen, test->size() / 100);
}

TEST(WordTokenizer, WholeWordsWithoutPunctuation)
{
    const auto words
        = WordTokenizer::learn({ "Mary went.", "mary, John", "john mary" }, 5);
    EXPECT_EQ(words->size(), 4); // [PAD], [UNK], mary, john; went is there once
    EXPECT_EQ(words->encode("MARY? john!"), (std::vector<int> { 2, 3 }));
    EXPECT_EQ(words->encode("went"), std::vector<int> { words->unknown_id() });
    EXPECT_EQ(words->encode(" .,! "), std::vector<int> { words->unknown_id() });
    EXPECT_TRUE(words->encode(" ").empty());
    EXPECT_EQ(words->decode({ 2, 0, 3 }), "mary john");
    EXPECT_EQ(words->encode("\xff\xfe").size(), 1u); // repaired: one unknown word
    const auto again = make_tokenizer(words->kind(), words->serialize());
    EXPECT_EQ(again->encode("mary went"), words->encode("mary went"));
}

TEST(WordTokenizer, KeepsTheCommonestWords)
{
    const auto words = WordTokenizer::learn({ "a a b b b c c c c" }, 4);
    EXPECT_EQ(words->encode("a b c"), (std::vector<int> { 1, 3, 2 }));
    EXPECT_SAYS(error_of([] { WordTokenizer::learn({ "..." }, 4); }), "0 words");
    EXPECT_SAYS(error_of([] { WordTokenizer::learn({ "a b c" }, 4); }), "0 words");
    EXPECT_SAYS(error_of([] { WordTokenizer::learn({ "a a" }, 2); }), "at least 3");
}
