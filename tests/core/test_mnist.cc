// SPDX-License-Identifier: GPL-3.0-or-later
#include "layered_model.h"
#include "temp_dir.h"

#include <udeepsc_core/config.h>
#include <udeepsc_core/dataset.h>

#include <gtest/gtest.h>

using namespace udeepsc_core;

namespace {

std::string word(std::uint32_t value)
{
    std::string bytes;
    for (int shift = 24; shift >= 0; shift -= 8)
        bytes += static_cast<char>(value >> shift & 0xff);
    return bytes;
}

// Picture i is of grey 10 i.
std::string pictures(std::uint32_t count, std::uint32_t side = 28)
{
    auto file = word(0x803) + word(count) + word(side) + word(side);
    for (std::uint32_t i = 0; i < count; ++i)
        file += std::string(side * side, static_cast<char>(10 * i));
    return file;
}

std::string labels(std::uint32_t count)
{
    auto file = word(0x801) + word(count);
    for (std::uint32_t i = 0; i < count; ++i)
        file += static_cast<char>(i % 10);
    return file;
}

void write(const TempDir& dir)
{
    dir.write("mnist/train-images-idx3-ubyte", pictures(12));
    dir.write("mnist/train-labels-idx1-ubyte", labels(12));
    dir.write("mnist/t10k-images-idx3-ubyte", pictures(3));
    dir.write("mnist/t10k-labels-idx1-ubyte", labels(3));
}

std::shared_ptr<const Dataset> open(const TempDir& dir,
                                    const std::string& split,
                                    const std::string& model = layered_model())
{
    DatasetOptions options;
    options.data_dir = dir.path();
    options.split = split;
    return open_data(ModelConfig::from_json(model), "digits", options);
}

std::string at_32_pixels()
{
    auto text = layered_model("", "[3, 6, 9]", "symbol", "65");
    const std::string size = "\"image_size\": 8";
    return text.replace(text.find(size), size.size(), "\"image_size\": 32");
}

} // namespace

TEST(Mnist, ASixthOfTheTrainingFilesIsForValidation)
{
    TempDir dir;
    write(dir);
    EXPECT_EQ(open(dir, "train")->size(), 10u);
    EXPECT_EQ(open(dir, "val")->size(), 2u);
    EXPECT_EQ(open(dir, "trainval")->size(), 12u);
    EXPECT_EQ(open(dir, "test")->size(), 3u);
    EXPECT_EQ(open(dir, "val")->at(1).target.label, 1); // number 11
    EXPECT_EQ(open(dir, "val")->at(1).name, "picture 11");
    EXPECT_SAYS(error_of([&] { open(dir, "unseen"); }), "unseen");
}

TEST(Mnist, DigitsLieInTheMiddle)
{
    TempDir dir;
    write(dir);
    const auto sample = open(dir, "train", at_32_pixels())->at(5).inputs.at("image");
    EXPECT_EQ(sample.shape, (std::vector<int> { 32, 32, 3 }));
    const auto at = [&](int y, int x) {
        return sample.bytes[static_cast<std::size_t>(3 * (32 * y + x) + 1)];
    };
    EXPECT_EQ(at(1, 16), 0);
    EXPECT_EQ(at(2, 2), 50);
    EXPECT_EQ(at(29, 29), 50);
    EXPECT_EQ(at(30, 16), 0);
    EXPECT_EQ(open(dir, "train")->at(0).inputs.at("image").shape[0], 8);
}

TEST(Mnist, ClassesArePooledByName)
{
    TempDir dir;
    write(dir);
    const auto data = open(dir, "train", layered_model(R"(, "pooled": ["0", "2"])"));
    EXPECT_EQ(data->at(0).target.label, 8); // "other"
    EXPECT_EQ(data->at(1).target.label, 0); // "1"
    EXPECT_EQ(data->at(2).target.label, 8);
    EXPECT_EQ(data->at(3).target.label, 1);
}

TEST(Mnist, SaysWhatIsWrong)
{
    TempDir dir;
    EXPECT_SAYS(error_of([&] { open(dir, "train"); }), "mnist");
    write(dir);
    const auto pictures_file = "mnist/train-images-idx3-ubyte",
               labels_file = "mnist/train-labels-idx1-ubyte";
    const auto message = [&](const char* file, const std::string& content) {
        write(dir);
        dir.write(file, content);
        return error_of([&] { open(dir, "train"); });
    };
    EXPECT_SAYS(message(pictures_file, "\x1f\x8b"),
                "found 2, expected at least 16 bytes");
    EXPECT_SAYS(message(pictures_file, labels(40)), "expected 2051");
    EXPECT_SAYS(message(pictures_file, pictures(12, 27)), "found 27, expected 28 pixels");
    auto cut = pictures(12);
    cut.pop_back();
    EXPECT_SAYS(message(pictures_file, cut), "for 12 pictures");
    EXPECT_SAYS(message(pictures_file, pictures(0)), "size");
    EXPECT_SAYS(message(labels_file, labels(11)), "found 11, expected 12");
    auto wrong = labels(12);
    wrong.back() = 10;
    EXPECT_SAYS(message(labels_file, wrong), "label 11: found 10, expected 0 to 9");
}
