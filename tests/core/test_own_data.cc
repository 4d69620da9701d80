// SPDX-License-Identifier: GPL-3.0-or-later
// Data that a user brings: folders and tables, good and bad.
#include "temp_dir.h"

#include <udeepsc_core/dataset.h>
#include <udeepsc_core/npy.h>
#include <udeepsc_core/picture.h>
#include <udeepsc_core/sound.h>

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>

using namespace udeepsc_core;

namespace {

const char* const s_config = R"({
  "name": "own",
  "encoders": {
    "image": { "dim": 8, "heads": 2, "semantic_layers": 1, "image_size": 8, "patch": 4 },
    "text": { "dim": 8, "heads": 2, "semantic_layers": 1, "vocabulary": 300, "max_tokens": 8 },
    "speech": { "dim": 8, "heads": 2, "semantic_layers": 1, "max_frames": 100 },
    "face": { "kind": "vectors", "dim": 8, "heads": 2, "semantic_layers": 1, "features": 3, "max_frames": 4 }
  },
  "decoder": { "dim": 8, "heads": 2, "layers": 1 },
  "codebook": { "entries": 4, "subvector_dim": 2 }, "modulation": "qpsk", "mapping": "symbol",
  "tasks": [
    { "name": "pets", "output": "label", "classes": ["cat", "dog"], "data": ["folder:pets"],
      "inputs": { "image": {} } },
    { "name": "words", "output": "label", "classes": ["yes", "no"], "data": ["folder:words"],
      "inputs": { "speech": {} } },
    { "name": "moods", "output": "label", "classes": ["good", "bad"], "data": ["tsv:moods.tsv"],
      "inputs": { "image": {}, "text": {}, "face": {} } },
    { "name": "stars", "output": "score", "score_range": [1, 5], "data": ["tsv:stars.tsv"],
      "inputs": { "text": {} } },
    { "name": "look", "output": "picture", "queries": 4, "data": ["tiles:look"], "inputs": { "image": {} } },
    { "name": "bare", "output": "label", "classes": ["cat", "dog"], "inputs": { "image": {} } }
  ] })";

ModelConfig config()
{
    return ModelConfig::from_json(s_config);
}

Picture plain(int height, int width, std::uint8_t value)
{
    return { height,
             width,
             std::vector<std::uint8_t>(static_cast<std::size_t>(3 * height * width),
                                       value) };
}

// Folders must be there before a PNG can be written into them.
void write_png(const TempDir& dir, const std::string& name, std::uint8_t value)
{
    dir.write(name, "");
    save_png(dir.file(name), plain(9, 14, value));
}

void write_pets(const TempDir& dir, int each)
{
    for (int i = 0; i < each; ++i) {
        write_png(dir,
                  "pets/cat/" + std::to_string(100 + i) + ".png",
                  static_cast<std::uint8_t>(i));
        write_png(dir,
                  "pets/dog/" + std::to_string(100 + i) + ".png",
                  static_cast<std::uint8_t>(200 - i));
    }
}

DatasetOptions options(const TempDir& dir, const std::string& split = "train")
{
    DatasetOptions o;
    o.data_dir = dir.path();
    o.split = split;
    return o;
}

} // namespace

TEST(Folder, SplitsDoNotOverlapAndCoverAll)
{
    TempDir dir;
    write_pets(dir, 20);
    std::set<std::string> seen;
    std::size_t all = 0;
    for (const char* split : { "train", "val", "test" }) {
        const auto data = open_data(config(), "pets", options(dir, split));
        all += data->size();
        for (std::size_t i = 0; i < data->size(); ++i)
            seen.insert(data->at(i).name);
    }
    EXPECT_EQ(all, 40u);
    EXPECT_EQ(seen.size(), 40u);
    EXPECT_EQ(open_data(config(), "pets", options(dir, "val"))->size(), 4u);
    EXPECT_EQ(open_data(config(), "pets", options(dir, "trainval"))->size(), 36u);
}

TEST(Folder, ScalesAndNamesClassesAsTheTaskDoes)
{
    TempDir dir;
    write_pets(dir, 10);
    const auto data = open_data(config(), "pets", options(dir));
    for (std::size_t i = 0; i < data->size(); ++i) {
        const auto sample = data->at(i);
        const auto& image = sample.inputs.at("image");
        EXPECT_EQ(image.shape, (std::vector<int> { 8, 8, 3 }));
        EXPECT_EQ(sample.target.label, image.bytes[0] > 100 ? 1 : 0);
    }
    EXPECT_EQ(data->describe().classes, (std::vector<std::string> { "cat", "dog" }));
}

TEST(Folder, MayHaveItsOwnSplits)
{
    TempDir dir;
    write_png(dir, "pets/train/cat/a.png", 1);
    write_png(dir, "pets/train/dog/a.png", 2);
    write_png(dir, "pets/test/cat/b.png", 3);
    EXPECT_EQ(open_data(config(), "pets", options(dir))->size(), 2u);
    EXPECT_EQ(open_data(config(), "pets", options(dir, "test"))->size(), 1u);
    EXPECT_SAYS(error_of([&] { open_data(config(), "pets", options(dir, "val")); }),
                "val");
}

TEST(Folder, BrokenFilesAreSkippedNamedAndCounted)
{
    TempDir dir;
    write_pets(dir, 20);
    dir.write("pets/cat/100.png", "no picture at all");
    dir.write("pets/dog/101.png", "");
    auto o = options(dir);
    const auto data = open_data(config(), "pets", o);
    ASSERT_EQ(data->describe().skipped.size(), 2u);
    EXPECT_SAYS(data->describe().skipped[0], "100.png");
    EXPECT_EQ(data->size(), 30u);
    o.max_bad = 1;
    const auto error = error_of([&] { open_data(config(), "pets", o); });
    EXPECT_SAYS(error, "more than 1");
    EXPECT_SAYS(error, "101.png");
}

TEST(Folder, SaysWhatIsWrong)
{
    TempDir dir;
    EXPECT_SAYS(error_of([&] { open_data(config(), "pets", options(dir)); }), "pets");
    write_pets(dir, 10);
    // Other classes never pass for the task's.
    write_png(dir, "pets/fish/1.png", 5);
    const auto other = error_of([&] { open_data(config(), "pets", options(dir)); });
    EXPECT_SAYS(other, "\"fish\"");
    EXPECT_SAYS(other, "cat, dog");
    std::filesystem::remove_all(dir.file("pets/fish"));
    // A class of the task without a sample
    std::filesystem::remove_all(dir.file("pets/dog"));
    auto o = options(dir);
    EXPECT_EQ(open_data(config(), "pets", o)->size(), 8u); // to evaluate it is enough
    o.every_class = true;
    EXPECT_SAYS(error_of([&] { open_data(config(), "pets", o); }),
                "\"dog\" has no sample");
    // A class folder with nothing of use in it
    dir.write("pets/dog/notes.txt", "woof");
    EXPECT_SAYS(error_of([&] { open_data(config(), "pets", o); }), ".png");
}

TEST(Folder, ReadsSoundsAsTheyAre)
{
    TempDir dir;
    Waveform sound { 3, 192000, std::vector<float>(3 * 96000, 0.1f) };
    for (const char* name : { "words/yes/1.wav", "words/no/1.wav", "words/no/2.wav" }) {
        dir.write(name, "");
        save_wav(dir.file(name), sound);
    }
    const auto data = open_data(config(), "words", options(dir));
    const auto speech = data->at(0).inputs.at("speech");
    EXPECT_EQ(speech.shape, (std::vector<int> { 96000, 3 }));
    EXPECT_EQ(speech.sample_rate, 192000);
}

TEST(Tiles, CutPicturesForReconstruction)
{
    TempDir dir;
    dir.write("look/a.png", "");
    save_png(dir.file("look/a.png"), plain(16, 20, 9)); // 2 x 3 tiles of 8
    const auto data = open_data(config(), "look", options(dir));
    EXPECT_EQ(data->size(), 6u);
    EXPECT_EQ(data->at(0).inputs.at("image").shape, (std::vector<int> { 8, 8, 3 }));
}

TEST(Tsv, BringsAllModalitiesOfASampleTogether)
{
    TempDir dir;
    write_png(dir, "p/1.png", 50);
    write_npy(dir.file("p/1.npy"), { { 2, 3 }, { 1, 2, 3, 4, 5, 6 } });
    dir.write("moods.tsv",
              "label\timage\ttext\tface\tsplit\n"
              "good\tp/1.png\ta fine day\tp/1.npy\ttrain\n"
              "bad\tp/1.png\train again\tp/1.npy\ttrain\n"
              "bad\tp/1.png\tno\tp/1.npy\ttest\n");
    const auto data = open_data(config(), "moods", options(dir));
    ASSERT_EQ(data->size(), 2u);
    const auto sample = data->at(1);
    EXPECT_EQ(sample.inputs.at("text").utf8(), "rain again");
    EXPECT_EQ(sample.inputs.at("face").reals.size(), 6u);
    EXPECT_EQ(sample.inputs.at("image").bytes[0], 50);
    EXPECT_EQ(sample.target.label, 1);
    EXPECT_EQ(open_data(config(), "moods", options(dir, "test"))->at(0).target.label, 1);
}

TEST(Tsv, SplitsEachClassByTens)
{
    TempDir dir;
    write_png(dir, "1.png", 50);
    write_npy(dir.file("1.npy"), { { 1, 3 }, { 1, 2, 3 } });
    std::string table = "label\timage\ttext\tface\n"; // classes in turn
    for (int i = 0; i < 20; ++i)
        table += std::string(i % 2 ? "bad" : "good") + "\t1.png\tx\t1.npy\n";
    dir.write("moods.tsv", table);
    EXPECT_EQ(open_data(config(), "moods", options(dir))->size(), 16u);
    for (const auto* split : { "val", "test" }) {
        const auto data = open_data(config(), "moods", options(dir, split));
        ASSERT_EQ(data->size(), 2u) << split;
        EXPECT_NE(data->at(0).target.label, data->at(1).target.label) << split;
    }
}

TEST(Tsv, TakesWhatSpreadsheetsWrite)
{
    TempDir dir;
    dir.write("stars.tsv", "\xEF\xBB\xBFtext\tscore\r\nfine\t5\r\n\r\nso\t3\r\n\n");
    const auto data = open_data(config(), "stars", options(dir));
    ASSERT_EQ(data->size(), 2u);
    EXPECT_EQ(data->at(1).inputs.at("text").utf8(), "so");
    EXPECT_TRUE(data->describe().skipped.empty());
}

TEST(Tsv, SaysWhatIsWrong)
{
    TempDir dir;
    const auto error = [&](const std::string& task, const std::string& content) {
        dir.write(task + ".tsv", content);
        auto o = options(dir);
        o.max_bad = 0;
        return error_of([&] { open_data(config(), task, o); });
    };
    EXPECT_SAYS(error_of([&] { open_data(config(), "stars", options(dir)); }),
                "stars.tsv");
    EXPECT_SAYS(error("stars", "text\tscore\n"), "expected a line of column names");
    EXPECT_SAYS(error("stars", "txt\tscore\nfine\t5\n"), "no column \"text\"");
    EXPECT_SAYS(error("stars", "text\tscore\nfine\t5\tx\n"), "line 2");
    EXPECT_SAYS(error("stars", "text\tscore\nfine\tfive\n"), "expected a number");
    EXPECT_SAYS(error("stars", "text\tscore\nfine\t6\n"), "expected 1");
    EXPECT_SAYS(error("stars", "text\tlabel\nfine\t3\n"), "no column \"score\"");
    EXPECT_SAYS(error("moods", "image\ttext\tface\nx.png\tx\tx.npy\n"),
                "no column \"label\"");
    EXPECT_SAYS(error("stars", "text\tscore\tsplit\nfine\t5\tTrain\n"), "found 'Train'");
    EXPECT_SAYS(error("moods", "label\timage\ttext\tface\ngood\tgone.png\tx\tgone.npy\n"),
                "gone");
    EXPECT_SAYS(
        error("moods", "label\timage\ttext\tface\nso-so\tgone.png\tx\tgone.npy\n"),
        "gone");
}

TEST(Data, EveryTaskNamesItsOwn)
{
    TempDir dir;
    const auto bare = error_of([&] { open_data(config(), "bare", options(dir)); });
    EXPECT_SAYS(bare, "names no data set");
    EXPECT_SAYS(bare, "folder");
    auto o = options(dir);
    o.data = { "imagenet" };
    EXPECT_SAYS(error_of([&] { open_data(config(), "bare", o); }),
                "unknown data set \"imagenet\"");
    o.data = { "sst2" };
    EXPECT_SAYS(error_of([&] { open_data(config(), "bare", o); }), "text alone");
    o.data = { "folder" };
    EXPECT_SAYS(error_of([&] { open_data(config(), "moods", o); }), "tsv");
    o.split = "dev";
    EXPECT_SAYS(error_of([&] { open_data(config(), "bare", o); }), "found 'dev'");
}

// Ten invented classes must not be trained on CIFAR-10's pictures under the new names.
TEST(Data, InventedClassesAreNotThoseOfCifar10)
{
    TempDir dir;
    dir.write("cifar-10-batches-bin/batches.meta.txt",
              "airplane\nautomobile\nbird\ncat\ndeer\ndog\nfrog\nhorse\nship\ntruck\n");
    for (int i = 1; i <= 4; ++i)
        dir.write("cifar-10-batches-bin/data_batch_" + std::to_string(i) + ".bin",
                  std::string(3073, '\0'));
    auto text = std::string(s_config);
    const auto at = text.find("\"bare\"");
    const auto names = text.find("[\"cat\", \"dog\"]", at);
    text.replace(
        names, 14, "[\"a\",\"b\",\"c\",\"d\",\"e\",\"f\",\"g\",\"h\",\"i\",\"j\"]");
    auto o = options(dir);
    o.data = { "cifar10" };
    const auto error
        = error_of([&] { open_data(ModelConfig::from_json(text), "bare", o); });
    EXPECT_SAYS(error, "a, b, c");
    EXPECT_SAYS(error, "\"airplane\"");
}

TEST(FitSquare, TakesTheMiddleAndKeepsPlainColours)
{
    auto wide = plain(10, 30, 0);
    for (int y = 0; y < 10; ++y)
        for (int x = 10; x < 20; ++x)
            for (int c = 0; c < 3; ++c)
                wide.rgb[static_cast<std::size_t>((y * 30 + x) * 3 + c)] = 200;
    for (int side : { 4, 10, 32 })
        for (auto byte : fit_square(wide, side).rgb)
            EXPECT_EQ(byte, 200);
    EXPECT_THROW(fit_square({ 0, 0, {} }, 8), Error);
}
