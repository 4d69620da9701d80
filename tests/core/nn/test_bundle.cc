// SPDX-License-Identifier: GPL-3.0-or-later
#include "../temp_dir.h"

#include <files/bundle.h>

#include <udeepsc_core/error.h>
#include <udeepsc_core/model_files.h>
#include <udeepsc_core/transceiver.h>

#include <gtest/gtest.h>

#include <functional>

using namespace udeepsc_core;

namespace {

std::string repeated(const std::string& text, int times)
{
    std::string all;
    for (int i = 0; i < times; ++i)
        all += text;
    return all;
}

//! What read_bundle() says, after "model FILE: ", about a random model with its metadata
//! changed; "" if it is taken.
std::string
fault_after(const std::function<void(std::map<std::string, std::string>&)>& change)
{
    const TempDir directory;
    const auto path = directory.file("changed.safetensors");
    write_random_model(CONFIGS "/tiny.json", 5, path);
    auto file = read_safetensors(path);
    change(file.metadata);
    write_safetensors(path, file);
    try {
        read_bundle(path);
    } catch (const Error& e) {
        const std::string text = e.what(), start = "model " + path + ": ";
        EXPECT_EQ(text.find(start), 0u) << text;
        EXPECT_LT(text.size(), 2000u);
        return text.substr(start.size());
    }
    return "";
}

std::string fault_of_config(const std::string& text)
{
    const auto change = [&](auto& metadata) { metadata["config"] = text; };
    const auto fault = fault_after(change);
    // Blocks that read the header alone refuse it with the same words.
    std::map<std::string, std::string> metadata { { "format", "udeepsc-model" },
                                                  { "format_version", "2" },
                                                  { "content_hash",
                                                    "0123456789abcdef" } };
    change(metadata);
    try {
        model_config_of(metadata, "a file");
        ADD_FAILURE() << "the header alone was accepted";
    } catch (const Error& e) {
        EXPECT_EQ("model a file: " + fault, e.what());
    }
    return fault;
}

std::string fault_of_training(const std::string& text)
{
    return fault_after([&](auto& metadata) { metadata["training"] = text; });
}

} // namespace

TEST(Bundle, ReadsBackWhatWasWritten)
{
    const TempDir directory;
    const auto path = directory.file("bundle.safetensors");
    write_random_model(CONFIGS "/tiny.json", 5, path);
    const auto a = read_bundle(path);
    const auto b = read_bundle(path);
    EXPECT_EQ(a.hash, b.hash);
    torch::manual_seed(5);
    Network fresh(a.network->config());
    const auto expected = fresh->named_parameters();
    for (const auto& p : a.network->named_parameters())
        EXPECT_TRUE(torch::equal(p.value(), expected[p.key()])) << p.key();
}

TEST(Bundle, NamesEveryTensorThatDoesNotFit)
{
    const TempDir directory;
    const auto path = directory.file("faulty.safetensors");
    write_random_model(CONFIGS "/tiny.json", 5, path);
    auto file = read_safetensors(path);
    const auto lost = file.tensors[3].name;
    file.tensors.erase(file.tensors.begin() + 3);
    file.tensors[1].shape
        = { static_cast<int64_t>(file.tensors[1].data.size()) / 4, 1, 1 };
    const auto bent = file.tensors[1].name;
    file.tensors.push_back(file.tensors[0]);
    file.tensors.back().name = "surplus";
    file.metadata["content_hash"] = content_hash(file);
    write_safetensors(path, file);
    try {
        read_bundle(path);
        FAIL() << "was accepted";
    } catch (const Error& e) {
        const std::string text = e.what();
        EXPECT_NE(text.find("missing " + lost), std::string::npos) << text;
        EXPECT_NE(text.find(bent + " is ["), std::string::npos) << text;
        EXPECT_NE(text.find("extra surplus"), std::string::npos) << text;
    }
}

TEST(Bundle, ListsNoMoreFaultsThanCanBeRead)
{
    const TempDir directory;
    const auto path = directory.file("strange.safetensors");
    write_random_model(CONFIGS "/tiny.json", 5, path);
    auto file = read_safetensors(path);
    for (int i = 0; i < 60; ++i)
        file.tensors.push_back(
            { "strange" + std::to_string(i), DType::u8, { 1 }, { 0 } });
    file.metadata["content_hash"] = content_hash(file);
    write_safetensors(path, file);
    try {
        read_bundle(path);
        FAIL() << "was accepted";
    } catch (const Error& e) {
        EXPECT_SAYS(e.what(), "and 10 more");
    }
}

TEST(Bundle, NeedsItsHash)
{
    EXPECT_EQ(fault_after([](auto&) {}), ""); // the control
    const std::string expected = "expected 16 hexadecimal digits";
    EXPECT_SAYS(fault_after([](auto& m) { m.erase("content_hash"); }), expected);
    EXPECT_SAYS(fault_after([](auto& m) { m["content_hash"] = "0"; }), expected);
    EXPECT_SAYS(fault_after([](auto& m) { m["content_hash"] = repeated("x", 5000); }),
                expected);
    EXPECT_SAYS(fault_after([](auto& m) { m["content_hash"] = "0123456789abcdef"; }),
                "damaged");
}

TEST(Bundle, BoundsItsConfiguration)
{
    // As a whole, as an unknown field and as the value of a known one.
    const std::string deep = repeated("[", 100000) + repeated("]", 100000);
    for (const std::string text :
         { deep, "{\"a\":" + deep + "}", "{\"name\":" + deep + "}" })
        EXPECT_SAYS(fault_of_config(text), "nested deeper than 64");
    EXPECT_SAYS(
        fault_of_config("{\"name\":" + repeated("[", 40) + repeated("]", 40) + "}"),
        "name: cannot use [[[");
    EXPECT_SAYS(fault_of_config("[0" + repeated(",0", 1 << 18) + "]"),
                "more than 262144 values");
    EXPECT_SAYS(fault_of_config("{\"name\":\"" + repeated("x", 5000) + "\"}"),
                "of 5000 bytes, expected at most 4096");
    EXPECT_SAYS(fault_of_config("{\"" + repeated("x", 5000) + "\":0}"),
                "of 5000 bytes, expected at most 256");
    EXPECT_SAYS(fault_of_config("{\"a\":0,\"a\":1}"), "'a' twice");
    EXPECT_SAYS(fault_of_config("{\"name\":\"\\u001b[2J\"}"),
                "'\\x1b[2J' with control characters");
    EXPECT_SAYS(fault_of_config("{\"\\u009b2J\":0}"),
                "'\\x9b2J' with control characters");
    EXPECT_SAYS(fault_of_config(repeated("x", 5000)), "no JSON");
    std::string keys;
    for (int i = 0; i < 1025; ++i)
        keys += (i ? ",\"" : "{\"") + std::to_string(i) + "\":0";
    EXPECT_SAYS(fault_of_config(keys + "}"), "more than 1024 names");
}

TEST(Bundle, BoundsItsTraining)
{
    EXPECT_EQ(fault_of_training("by hand"), "");
    EXPECT_EQ(fault_of_training(repeated("[", 64) + repeated("]", 64)), "");
    EXPECT_SAYS(fault_of_training(repeated("[", 65) + repeated("]", 65)),
                "training: found objects or arrays nested deeper than 64");
    EXPECT_SAYS(fault_of_training(repeated("x", 65537)), "training: found 65537 bytes");
}
