// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "fuzz_input.h"

#include "../temp_dir.h"

#include <filesystem>

namespace fuzz {

/*! A folder of the target's own, for data sets; it goes away when the program ends. */
class Folder : public TempDir {
public:
    Folder()
        : TempDir(parent())
    { }

private:
    //! In memory, where the system has such a place: files are written often.
    static std::filesystem::path parent()
    {
        const std::filesystem::path memory = "/dev/shm";
        return std::filesystem::is_directory(memory)
            ? memory
            : std::filesystem::temp_directory_path();
    }
};

} // namespace fuzz
