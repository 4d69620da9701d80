// SPDX-License-Identifier: GPL-3.0-or-later
#include "temp_dir.h"

#include <udeepsc_core/dataset.h>
#include <udeepsc_core/error.h>

#include <gtest/gtest.h>

using namespace udeepsc_core;

namespace {

constexpr std::size_t PICTURE_BYTES = 3 * 32 * 32;

//! Red plane = label, green = 100, blue = 200.
std::string record(int label)
{
    const char red = static_cast<char>(label);
    return std::string(1, red) + std::string(1024, red) + std::string(1024, 100)
        + std::string(1024, static_cast<char>(200));
}

const char* const NAMES
    = "airplane\nautomobile\nbird\ncat\ndeer\ndog\nfrog\nhorse\nship\ntruck\n\n";

void write_cifar10(const TempDir& dir)
{
    dir.write("cifar-10-batches-bin/batches.meta.txt", NAMES);
    for (int i = 1; i <= 5; ++i) {
        dir.write("cifar-10-batches-bin/data_batch_" + std::to_string(i) + ".bin",
                  record(i) + record(0));
    }
    dir.write("cifar-10-batches-bin/test_batch.bin", record(9));
}

} // namespace

TEST(Cifar10, SaysWhatIsWrong)
{
    TempDir dir;
    const auto error = [&](const std::string& split) {
        return error_of([&] { load_cifar10(dir.path(), split); });
    };
    EXPECT_SAYS(error("dev"), "found 'dev'");
    EXPECT_SAYS(error("train"), "cifar-10-batches-bin");
    write_cifar10(dir);
    dir.write("cifar-10-batches-bin/data_batch_5.bin", record(1) + "x");
    EXPECT_SAYS(error("val"), "found 3074 bytes, expected a multiple of 3073");
    dir.write("cifar-10-batches-bin/data_batch_5.bin", "");
    EXPECT_SAYS(error("val"), "found 0 bytes");
    dir.write("cifar-10-batches-bin/data_batch_5.bin", record(1) + record(10));
    EXPECT_SAYS(error("val"), "record 1: label: found 10");
    std::filesystem::remove(dir.file("cifar-10-batches-bin/data_batch_5.bin"));
    EXPECT_SAYS(error("val"), "data_batch_5.bin");
    dir.write("cifar-10-batches-bin/batches.meta.txt", "cat\ndog\n");
    EXPECT_SAYS(error("test"), "found 2 class names");
}

TEST(Cifar10, LoadsSplits)
{
    TempDir dir;
    write_cifar10(dir);
    EXPECT_EQ(load_cifar10(dir.path(), "train").labels,
              (std::vector<int> { 1, 0, 2, 0, 3, 0, 4, 0 }));
    EXPECT_EQ(load_cifar10(dir.path(), "trainval").size(), 10u);
    EXPECT_EQ(load_cifar10(dir.path(), "test").labels, std::vector<int> { 9 });

    const ImageSet val = load_cifar10(dir.path(), "val");
    EXPECT_EQ(val.labels, (std::vector<int> { 5, 0 }));
    EXPECT_EQ(val.stride(), PICTURE_BYTES);
    ASSERT_EQ(val.pixels.size(), 2 * PICTURE_BYTES);
    EXPECT_EQ(val.pixels[1023], 5);
    EXPECT_EQ(val.pixels[1024], 100);
    EXPECT_EQ(val.pixels[2048], 200);
    EXPECT_EQ(val.pixels[PICTURE_BYTES], 0);
    ASSERT_EQ(val.class_names.size(), 10u);
    EXPECT_EQ(val.class_names[9], "truck");
}

TEST(Sst2, SaysWhatIsWrong)
{
    TempDir dir;
    const auto error = [&](const std::string& content) {
        dir.write("SST-2/train.tsv", content);
        const std::string text = error_of([&] { load_sst2(dir.path(), "train"); });
        EXPECT_SAYS(text, "train.tsv");
        return text;
    };
    EXPECT_SAYS(error_of([&] { load_sst2(dir.path(), "train"); }), "SST-2");
    EXPECT_SAYS(error_of([&] { load_sst2(dir.path(), "all"); }), "found 'all'");
    EXPECT_SAYS(error(""), "line 1: found ''");
    EXPECT_SAYS(error("a film \t1\n"), "expected the header");
    EXPECT_SAYS(error("sentence\tlabel\n"), "no sentences");
    EXPECT_SAYS(error("sentence\tlabel\nfine \t1\nno label\n"),
                "line 3: found 'no label'");
    EXPECT_SAYS(error("sentence\tlabel\nfine\t1\t1\n"), "line 2");
    EXPECT_SAYS(error("sentence\tlabel\nfine\t2\n"), "label: found '2'");
    EXPECT_SAYS(error("sentence\tlabel\n  \t1\n"), "empty sentence");
    EXPECT_SAYS(error("sentence\tlabel\n\t1\n"), "empty sentence");
    EXPECT_SAYS(error("sentence\tlabel\na\xff\t1\n"), "not UTF-8");
    EXPECT_SAYS(error_of([&] { load_sst2(dir.path(), "test"); }), "dev.tsv");
}

TEST(Sst2, LoadsSplits)
{
    TempDir dir;
    const std::string header = "sentence\tlabel\n";
    dir.write("SST-2/train.tsv", header + "cold movie \t0\nthe greatest \t1");
    dir.write("SST-2/val.tsv", header + "na\xc3\xafve .\t1\r\n");
    dir.write("SST-2/dev.tsv", header + "test . \t0\n");
    const TextSet train = load_sst2(dir.path(), "train");
    EXPECT_EQ(train.sentences,
              (std::vector<std::string> { "cold movie", "the greatest" }));
    EXPECT_EQ(train.labels, (std::vector<int> { 0, 1 }));
    EXPECT_EQ(load_sst2(dir.path(), "val").sentences.at(0), "na\xc3\xafve .");
    EXPECT_EQ(load_sst2(dir.path(), "test").sentences.at(0), "test .");
    EXPECT_EQ(load_sst2(dir.path(), "trainval").size(), 3u);
    dir.write("SST-2/phrases_of_val.tsv", header + "na\xc3\xafve \t1\n");
    EXPECT_EQ(load_sst2(dir.path(), "trainval").size(), 4u);
    EXPECT_EQ(load_sst2(dir.path(), "val").size(), 1u);
}
