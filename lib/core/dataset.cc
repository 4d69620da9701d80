// SPDX-License-Identifier: GPL-3.0-or-later
#include <udeepsc_core/dataset.h>

#include <udeepsc_core/error.h>
#include <udeepsc_core/file_io.h>
#include <udeepsc_core/text.h>

#include <filesystem>

namespace udeepsc_core {

namespace {

namespace fs = std::filesystem;

constexpr int CIFAR_CLASSES = 10;

[[noreturn]] void unknown_split(const std::string& data, const std::string& split)
{
    throw Error(data + " split: found '" + split
                + "', expected 'train', 'val', 'trainval' or 'test'");
}

std::string find_directory(const std::string& data_dir, const std::string& name)
{
    const fs::path path = fs::path(data_dir) / name;
    std::error_code ignored;
    if (!fs::is_directory(path, ignored)) {
        throw Error("data set '" + name + "': found no directory '" + path.string()
                    + "', expected the unpacked data there");
    }
    return path.string();
}

//! Lines without their ends; a last line without an end counts.
std::vector<std::string> read_lines(const std::string& path)
{
    const auto bytes = read_file(path);
    std::vector<std::string> lines;
    std::string line;
    const auto finish = [&] {
        if (!line.empty() && line.back() == '\r') {
            line.pop_back();
        }
        lines.push_back(std::move(line));
        line.clear();
    };
    for (const std::uint8_t byte : bytes) {
        if (byte == '\n') {
            finish();
        } else {
            line += static_cast<char>(byte);
        }
    }
    if (!line.empty()) {
        finish();
    }
    return lines;
}

std::vector<std::string> cifar10_class_names(const std::string& directory)
{
    const std::string path = directory + "/batches.meta.txt";
    std::vector<std::string> names = read_lines(path);
    while (!names.empty() && names.back().empty()) { // the published file ends with some
        names.pop_back();
    }
    if (names.size() != CIFAR_CLASSES) {
        throw Error("CIFAR-10 file '" + path + "': found " + std::to_string(names.size())
                    + " class names, expected 10");
    }
    return names;
}

void append_cifar10_batch(const std::string& path, ImageSet& set)
{
    const auto bytes = read_file(path);
    const std::size_t record = 1 + set.stride();
    if (bytes.empty() || bytes.size() % record != 0) {
        throw Error("CIFAR-10 file '" + path + "': found " + std::to_string(bytes.size())
                    + " bytes, expected a multiple of " + std::to_string(record)
                    + " (is it cut short?)");
    }
    const std::size_t count = bytes.size() / record;
    set.pixels.reserve(set.pixels.size() + count * set.stride());
    for (std::size_t i = 0; i < count; ++i) {
        const std::uint8_t* at = bytes.data() + i * record;
        if (at[0] >= CIFAR_CLASSES) {
            throw Error("CIFAR-10 file '" + path + "': record " + std::to_string(i)
                        + ": label: found " + std::to_string(at[0])
                        + ", expected 0 to 9");
        }
        set.labels.push_back(at[0]);
        set.pixels.insert(set.pixels.end(), at + 1, at + record);
    }
}

void append_tsv(const std::string& path, TextSet& set)
{
    const std::vector<std::string> lines = read_lines(path);
    const auto fail = [&](std::size_t index, const std::string& text) {
        throw Error("SST-2 file '" + path + "': line " + std::to_string(index + 1) + ": "
                    + text);
    };
    if (lines.empty() || lines[0] != "sentence\tlabel") {
        fail(0,
             "found '" + repair_utf8(lines.empty() ? "" : lines[0].substr(0, 80))
                 + "', expected the header 'sentence<TAB>label'");
    }
    for (std::size_t i = 1; i < lines.size(); ++i) {
        const std::string& line = lines[i];
        const std::size_t tab = line.find('\t');
        if (tab == std::string::npos || line.find('\t', tab + 1) != std::string::npos) {
            fail(i,
                 "found '" + repair_utf8(line.substr(0, 80))
                     + "', expected 'sentence<TAB>label'");
        }
        const std::string label = line.substr(tab + 1);
        if (label != "0" && label != "1") {
            fail(i,
                 "label: found '" + repair_utf8(label.substr(0, 80))
                     + "', expected 0 or 1");
        }
        const std::size_t first = line.find_first_not_of(' ');
        const std::size_t last
            = tab == 0 ? std::string::npos : line.find_last_not_of(' ', tab - 1);
        if (last == std::string::npos) {
            fail(i, "found an empty sentence, expected words");
        }
        std::string sentence = line.substr(first, last + 1 - first);
        if (!is_valid_utf8(sentence)) {
            fail(i,
                 "found bytes that are not UTF-8 in '"
                     + repair_utf8(sentence.substr(0, 80)) + "'");
        }
        set.sentences.push_back(std::move(sentence));
        set.labels.push_back(label == "1");
    }
    if (lines.size() == 1) {
        throw Error("SST-2 file '" + path + "': found no sentences, expected some");
    }
}

} // namespace

ImageSet load_cifar10(const std::string& data_dir, const std::string& split)
{
    std::vector<std::string> files;
    const auto add_batches = [&](int first, int last) {
        for (int i = first; i <= last; ++i) {
            files.push_back("data_batch_" + std::to_string(i) + ".bin");
        }
    };
    if (split == "train") {
        add_batches(1, 4);
    } else if (split == "val") {
        add_batches(5, 5);
    } else if (split == "trainval") {
        add_batches(1, 5);
    } else if (split == "test") {
        files.push_back("test_batch.bin");
    } else {
        unknown_split("CIFAR-10", split);
    }

    const std::string directory = find_directory(data_dir, "cifar-10-batches-bin");
    ImageSet set;
    set.class_names = cifar10_class_names(directory);
    for (const std::string& file : files) {
        append_cifar10_batch(directory + "/" + file, set);
    }
    return set;
}

TextSet load_sst2(const std::string& data_dir, const std::string& split)
{
    std::vector<std::string> files;
    if (split == "train" || split == "trainval") {
        files.push_back("train.tsv");
    }
    if (split == "val" || split == "trainval") {
        files.push_back("val.tsv");
    }
    if (split == "test") {
        files.push_back("dev.tsv");
    }
    if (files.empty()) {
        unknown_split("SST-2", split);
    }

    const std::string directory = find_directory(data_dir, "SST-2");
    const std::string phrases = "phrases_of_val.tsv";
    if (split == "trainval" && fs::exists(fs::path(directory) / phrases)) {
        files.push_back(phrases);
    }
    TextSet set;
    for (const std::string& file : files) {
        append_tsv(directory + "/" + file, set);
    }
    return set;
}

} // namespace udeepsc_core
