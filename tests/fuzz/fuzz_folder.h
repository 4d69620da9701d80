// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "fuzz_input.h"

#include <filesystem>
#include <fstream>
#include <string>

namespace fuzz {

/*! A folder of the target's own, for data sets; it goes away when the program ends. */
class Folder {
public:
    Folder()
    {
        // In memory, where the system has such a place: files are written often.
        const std::filesystem::path memory = "/dev/shm";
        const auto parent = std::filesystem::is_directory(memory)
            ? memory
            : std::filesystem::temp_directory_path();
        std::string pattern = (parent / "udeepsc_fuzz_XXXXXX").string();
        require(::mkdtemp(pattern.data()) != nullptr, "a folder can be made");
        d_path = pattern;
    }
    ~Folder()
    {
        std::error_code ignored;
        std::filesystem::remove_all(d_path, ignored);
    }
    Folder(const Folder&) = delete;
    Folder& operator=(const Folder&) = delete;

    std::string path() const { return d_path.string(); }

    void write(const std::string& name, const std::string& bytes) const
    {
        const auto path = d_path / name;
        std::filesystem::create_directories(path.parent_path());
        std::ofstream(path, std::ios::binary) << bytes;
    }

private:
    std::filesystem::path d_path;
};

} // namespace fuzz
