// SPDX-License-Identifier: GPL-3.0-or-later
// Published data sets of several modalities, in their own layouts, good and bad.
#include "temp_dir.h"

#include <udeepsc_core/dataset.h>
#include <udeepsc_core/npy.h>
#include <udeepsc_core/picture.h>
#include <udeepsc_core/sound.h>

#include <gtest/gtest.h>

#include <cstdio>
#include <set>

using namespace udeepsc_core;

namespace {

const char* const s_config = R"({
  "name": "many",
  "encoders": {
    "image": { "dim": 8, "heads": 2, "semantic_layers": 1, "image_size": 8, "patch": 4 },
    "text": { "dim": 8, "heads": 2, "semantic_layers": 1, "vocabulary": 300, "max_tokens": 8 },
    "speech": { "dim": 8, "heads": 2, "semantic_layers": 1, "max_frames": 100 },
    "audio": { "kind": "vectors", "dim": 8, "heads": 2, "semantic_layers": 1, "features": 3, "max_frames": 1 },
    "smell": { "kind": "vectors", "dim": 8, "heads": 2, "semantic_layers": 1, "features": 3, "max_frames": 1 }
  },
  "decoder": { "dim": 8, "heads": 2, "layers": 1 },
  "codebook": { "entries": 4, "subvector_dim": 2 }, "modulation": "qpsk", "mapping": "symbol",
  "tasks": [
    { "name": "ask", "output": "label", "classes": ["yes", "red", "no"], "data": ["easyvqa"],
      "inputs": { "image": {}, "text": {} } },
    { "name": "feel", "output": "label", "classes": ["negative", "positive"], "data": ["mosi"],
      "inputs": { "text": {}, "audio": {} } },
    { "name": "rate", "output": "score", "score_range": [-3, 3], "data": ["mosi"],
      "inputs": { "text": {} } },
    { "name": "sniff", "output": "label", "classes": ["negative", "positive"], "data": ["mosi"],
      "inputs": { "smell": {} } },
    { "name": "digit", "output": "label", "data": ["fsdd"], "classes":
      ["nine", "eight", "seven", "six", "five", "four", "three", "two", "one", "zero"],
      "inputs": { "speech": {} } }
  ] })";

std::shared_ptr<const Dataset> opened(const TempDir& dir,
                                      const std::string& task,
                                      const std::string& split = "train",
                                      int max_bad = 0,
                                      std::vector<std::string> data = {})
{
    DatasetOptions o;
    o.data_dir = dir.path();
    o.split = split;
    o.max_bad = max_bad;
    o.data = std::move(data);
    return open_data(ModelConfig::from_json(s_config), task, o);
}

void expect_error(const std::function<void()>& work,
                  const std::vector<std::string>& words)
{
    try {
        work();
        ADD_FAILURE() << "no error; expected one with " << words[0];
    } catch (const Error& e) {
        for (const auto& word : words)
            EXPECT_NE(std::string(e.what()).find(word), std::string::npos) << e.what();
    }
}

std::string answers(int yes, int red, int never)
{
    std::string list;
    const auto add = [&](int n, const char* name) {
        for (int i = 0; i < n; ++i)
            list += std::string(list.empty() ? "" : ",") + R"({"answer": ")" + name
                + "\"}";
    };
    add(yes, " Yes");
    add(red, "red");
    add(never, "never heard of");
    return "[" + list + "]";
}

// Question n is on picture n, with n % 4 of ten answers red and the rest yes.
void write_vqa(const TempDir& dir, int questions, const std::string& more_answers = "")
{
    std::string asked, told;
    for (int n = 0; n < questions; ++n) {
        const auto id = std::to_string(n);
        asked += (n ? std::string(",") : "") + R"({"question_id": )" + id
            + R"(, "image_id": )" + id + R"(, "question": "What is number )" + id
            + R"( ?"})";
        told += (n ? std::string(",") : "") + R"({"question_id": )" + id
            + R"(, "answers": )"
            + (more_answers.empty() ? answers(10 - n % 4, n % 4, 0) : more_answers) + "}";
        char name[64];
        std::snprintf(name, sizeof name, "easyvqa/train/images/easyvqa_%012d.png", n);
        dir.write(name, "");
        save_png(
            dir.file(name),
            { 16, 16, std::vector<std::uint8_t>(768, static_cast<std::uint8_t>(n)) });
    }
    dir.write("easyvqa/v2_OpenEnded_easyvqa_train_questions.json",
              R"({"questions": [)" + asked + "]}");
    dir.write("easyvqa/v2_easyvqa_train_annotations.json",
              R"({"annotations": [)" + told + "]}");
}

const std::string MOSI_HEADER
    = "segment_id\tvideo_id\tclip\tsentiment\tlabel2\tstandard_split\ttext\n";

void write_mosi(const TempDir& dir, const std::string& rows, std::size_t vectors)
{
    dir.write("mosi/train.tsv", MOSI_HEADER + rows);
    NpyArray array { { vectors, 3 }, {} };
    for (std::size_t i = 0; i < 3 * vectors; ++i)
        array.values.push_back(static_cast<float>(i));
    write_npy(dir.file("mosi/train_audio73.npy"), array);
}

void write_digit(const TempDir& dir, const std::string& name)
{
    dir.write(name, "");
    save_wav(dir.file(name), { 1, 8000, std::vector<float>(800, 0.25f) });
}

} // namespace

TEST(Vqa, QuestionsWithTheirPicturesAndScoresOfAnswers)
{
    TempDir dir;
    write_vqa(dir, 5);
    const auto data = opened(dir, "ask");
    ASSERT_EQ(data->size(), 5u);
    const auto sample = data->at(2);
    EXPECT_EQ(sample.inputs.at("text").utf8(), "what is number 2 ?");
    EXPECT_EQ(sample.inputs.at("image").shape, (std::vector<int> { 8, 8, 3 }));
    EXPECT_EQ(sample.inputs.at("image").bytes[0], 2);
    // min(n / 3, 1), in the task's order of classes
    ASSERT_EQ(sample.target.soft.size(), 3u);
    EXPECT_FLOAT_EQ(sample.target.soft[0], 1.0f);
    EXPECT_FLOAT_EQ(sample.target.soft[1], 2.0f / 3);
    EXPECT_FLOAT_EQ(sample.target.soft[2], 0.0f);
}

TEST(Vqa, OneAnswerCountsWhole)
{
    TempDir dir;
    write_vqa(dir, 2, answers(0, 1, 0));
    EXPECT_EQ(opened(dir, "ask")->at(0).target.soft, (std::vector<float> { 0, 1, 0 }));
}

TEST(Vqa, AnswersThatTheTaskDoesNotKnowAreWrongAndNoError)
{
    TempDir dir;
    write_vqa(dir, 2, answers(1, 0, 9));
    const auto soft = opened(dir, "ask")->at(0).target.soft;
    ASSERT_EQ(soft.size(), 3u);
    EXPECT_FLOAT_EQ(soft[0], 1.0f / 3);
    write_vqa(dir, 2, answers(0, 0, 10));
    EXPECT_EQ(opened(dir, "ask")->at(0).target.soft, (std::vector<float> { 0, 0, 0 }));
}

TEST(Vqa, QuestionsWithoutAnswersAreSkippedByName)
{
    TempDir dir;
    write_vqa(dir, 3);
    const std::string name = "easyvqa/v2_easyvqa_train_annotations.json";
    const auto whole = dir.read(name);
    auto told = whole;
    told.replace(told.find("\"question_id\": 1"), 16, "\"question_id\": 9");
    dir.write(name, told);
    EXPECT_EQ(opened(dir, "ask", "train", 1)->size(), 2u);
    expect_error([&] { opened(dir, "ask"); }, { "question 1", "has no answers" });
    dir.write(name,
              R"({"annotations": [{"question_id": 0, "answers": []},)"
                  + whole.substr(whole.find('[') + 1));
    EXPECT_EQ(opened(dir, "ask", "train", 1)->size(), 3u);
    expect_error([&] { opened(dir, "ask"); }, { "question 0", "answers is empty" });
}

TEST(Vqa, WhatIsMissingIsSkippedByName)
{
    TempDir dir;
    write_vqa(dir, 4);
    std::filesystem::remove(dir.file("easyvqa/train/images/easyvqa_000000000001.png"));
    const auto data = opened(dir, "ask", "train", 1);
    EXPECT_EQ(data->size(), 3u);
    ASSERT_EQ(data->describe().skipped.size(), 1u);
    EXPECT_NE(data->describe().skipped[0].find("question 1"), std::string::npos);
    expect_error([&] { opened(dir, "ask"); },
                 { "question 1", "easyvqa_000000000001.png" });
}

TEST(Vqa, DamagedFiles)
{
    TempDir dir;
    expect_error([&] { opened(dir, "ask"); }, { "easyvqa", "found no directory" });
    write_vqa(dir, 3);
    expect_error([&] { opened(dir, "ask", "val"); }, { "easyvqa_val" });
    const std::string name = "easyvqa/v2_OpenEnded_easyvqa_train_questions.json";
    const auto whole = dir.read(name);
    dir.write(name, whole.substr(0, whole.size() / 2));
    expect_error([&] { opened(dir, "ask"); }, { "train_questions.json", "whole JSON" });
    dir.write(name, R"({"question": []})");
    expect_error([&] { opened(dir, "ask"); }, { "no list \"questions\"" });
    dir.write(name, R"({"questions": [{"question_id": "zero"}]})");
    expect_error([&] { opened(dir, "ask"); }, { "lacks a field" });
    write_vqa(dir, 3);
    expect_error([&] { opened(dir, "ask", "unseen"); }, { "unseen", "expected 'train'" });
}

TEST(Vqa, Vqa2TakesTrain2014ApartByPicture)
{
    TempDir dir;
    std::string asked, told;
    for (int n = 1; n <= 20; ++n) {
        const auto id = std::to_string(n);
        asked += (n > 1 ? std::string(",") : "") + R"({"question_id": )" + id
            + R"(, "image_id": )" + id + R"(, "question": "why"})";
        told += (n > 1 ? std::string(",") : "") + R"({"question_id": )" + id
            + R"(, "answers": [{"answer": "yes"}]})";
        char name[80];
        std::snprintf(name, sizeof name, "vqa2/train2014/COCO_train2014_%012d.jpg", n);
        dir.write(name, "");
        save_png(dir.file(name), { 8, 8, std::vector<std::uint8_t>(192) });
    }
    dir.write("vqa2/v2_OpenEnded_mscoco_train2014_questions.json",
              R"({"questions": [)" + asked + "]}");
    dir.write("vqa2/v2_mscoco_train2014_annotations.json",
              R"({"annotations": [)" + told + "]}");
    EXPECT_EQ(opened(dir, "ask", "train", 0, { "vqa2" })->size(), 18u);
    EXPECT_EQ(opened(dir, "ask", "val", 0, { "vqa2" })->size(), 2u);
    EXPECT_EQ(opened(dir, "ask", "trainval", 0, { "vqa2" })->size(), 20u);
    expect_error([&] { opened(dir, "ask", "test", 0, { "vqa2" }); }, { "val2014" });
}

TEST(Mosi, TextAndFeaturesOfOneUtterance)
{
    TempDir dir;
    write_mosi(dir,
               "v_1\tv\t1\t-2.0\t0\ttrain\tnot good\n"
               "v_2\tv\t2\tnan\t1\ttrain\tfine\n",
               2);
    const auto data = opened(dir, "feel");
    ASSERT_EQ(data->size(), 2u);
    const auto sample = data->at(1);
    EXPECT_EQ(sample.inputs.at("text").utf8(), "fine");
    EXPECT_EQ(sample.inputs.at("audio").reals, (std::vector<float> { 3, 4, 5 }));
    EXPECT_EQ(sample.target.label, 1);
    // A score is asked for: the utterance without one is left out, by its name.
    const auto rated = opened(dir, "rate", "train", 1);
    EXPECT_EQ(rated->size(), 1u);
    EXPECT_EQ(rated->at(0).target.score, -2.0);
    EXPECT_NE(rated->describe().skipped.at(0).find("v_2"), std::string::npos);
}

TEST(Mosi, DamagedFiles)
{
    TempDir dir;
    const std::string rows = "v_1\tv\t1\t-2.0\t0\ttrain\tnot good\n";
    write_mosi(dir, rows, 2);
    expect_error([&] { opened(dir, "feel"); }, { "audio73.npy", "2 rows", "expected 1" });
    write_mosi(dir, rows + "v_2\tv\n", 2);
    expect_error([&] { opened(dir, "feel"); }, { "line 3", "2 cells" });
    write_mosi(dir, "v_1\tv\t1\tlow\t0\ttrain\tnot good\n", 1);
    expect_error([&] { opened(dir, "feel"); }, { "sentiment", "low" });
    write_mosi(dir, "v_1\tv\t1\t1\t7\ttrain\tnot good\n", 1);
    expect_error([&] { opened(dir, "feel"); }, { "label2", "7" });
    dir.write("mosi/train.tsv", "text\tlabel\n");
    expect_error([&] { opened(dir, "feel"); }, { "expected the header" });
    expect_error([&] { opened(dir, "sniff"); }, { "smell", "expected audio" });
    expect_error([&] { opened(dir, "digit", "train", 0, { "mosi" }); },
                 { "speech", "kind speech" });
}

TEST(Fsdd, SplitsByIndexAndTheUnseenSpeaker)
{
    TempDir dir;
    for (int index : { 0, 4, 5, 9, 10, 11, 12 })
        write_digit(dir, "fsdd/recordings/3_ann_" + std::to_string(index) + ".wav");
    write_digit(dir, "fsdd/recordings_unseen_speaker/7_bob_20.wav");
    EXPECT_EQ(opened(dir, "digit")->size(), 3u);
    EXPECT_EQ(opened(dir, "digit", "val")->size(), 2u);
    EXPECT_EQ(opened(dir, "digit", "test")->size(), 2u);
    EXPECT_EQ(opened(dir, "digit", "trainval")->size(), 5u);
    const auto unseen = opened(dir, "digit", "unseen");
    ASSERT_EQ(unseen->size(), 1u);
    EXPECT_EQ(unseen->at(0).target.label, 2); // "seven", as the task numbers it
    EXPECT_EQ(unseen->at(0).inputs.at("speech").reals.size(), 800u);
    EXPECT_EQ(unseen->at(0).inputs.at("speech").sample_rate, 8000);
}

TEST(Fsdd, NamesThatDoNotFit)
{
    TempDir dir;
    write_digit(dir, "fsdd/recordings/3_ann_10.wav");
    write_digit(dir, "fsdd/recordings/three.wav");
    expect_error([&] { opened(dir, "digit"); }, { "three.wav", "DIGIT_SPEAKER_INDEX" });
    EXPECT_EQ(opened(dir, "digit", "train", 1)->size(), 1u);
    expect_error([&] { opened(dir, "digit", "unseen"); },
                 { "recordings_unseen_speaker" });
    std::filesystem::remove(dir.file("fsdd/recordings/three.wav"));
    expect_error([&] { opened(dir, "digit", "test"); },
                 { "no recording of split test", "fsdd/recordings" });
}

TEST(Data, UnseenIsASplitOfFsddAlone)
{
    TempDir dir;
    for (const char* name : { "tsv", "folder", "tiles:x", "sst2", "mosi", "daquar" })
        expect_error([&] { opened(dir, "feel", "unseen", 0, { name }); },
                     { name, "found 'unseen'" });
}
