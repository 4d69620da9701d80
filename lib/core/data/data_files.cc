// SPDX-License-Identifier: GPL-3.0-or-later
#include "data_files.h"

#include <udeepsc_core/error.h>
#include <udeepsc_core/file_io.h>

#include <filesystem>

namespace udeepsc_core {

namespace fs = std::filesystem;

[[noreturn]] void unknown_split(const std::string& data, const std::string& split)
{
    throw Error(data + " split: found '" + split
                + "', expected 'train', 'val', 'trainval' or 'test'");
}

void require_usual_split(const std::string& data, const std::string& split)
{
    if (split != "train" && split != "val" && split != "trainval" && split != "test")
        unknown_split(data, split);
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

std::vector<std::string> split_tabs(const std::string& line)
{
    std::vector<std::string> cells(1);
    for (const char c : line) {
        if (c == '\t')
            cells.emplace_back();
        else
            cells.back() += c;
    }
    return cells;
}

void SkippedList::add(const std::string& what, const std::string& reason)
{
    d_lines.push_back(what + ": " + reason);
    if (d_lines.size() <= static_cast<std::size_t>(d_allowed))
        return;
    std::string text = d_data + ": found more than " + std::to_string(d_allowed)
        + " that cannot be read (--max-bad allows more):";
    for (std::size_t i = 0; i < d_lines.size() && i < 5; ++i)
        text += "\n  " + d_lines[i];
    throw Error(text);
}

bool is_of_split(std::size_t number, const std::string& split)
{
    const auto rest = number % 10;
    if (split == "test")
        return rest == 9;
    if (split == "val")
        return rest == 8;
    if (split == "train")
        return rest < 8;
    return rest < 9; // trainval
}

} // namespace udeepsc_core
