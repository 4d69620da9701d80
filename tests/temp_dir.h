// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>

//! A directory of the test's own that goes away with it.
class TempDir {
public:
    explicit TempDir(const std::filesystem::path& parent
                     = std::filesystem::temp_directory_path())
    {
        std::string pattern = (parent / "udeepsc_test_XXXXXX").string();
        if (!::mkdtemp(pattern.data())) {
            throw std::runtime_error("cannot create " + pattern);
        }
        d_path = pattern;
    }
    ~TempDir()
    {
        std::error_code ignored;
        std::filesystem::remove_all(d_path, ignored);
    }
    TempDir(const TempDir&) = delete;
    TempDir& operator=(const TempDir&) = delete;

    std::string path() const { return d_path.string(); }

    std::string file(const std::string& name) const { return (d_path / name).string(); }

    //! Write a file, its directories included, and return its path.
    std::string write(const std::string& name, const std::string& bytes) const
    {
        std::filesystem::create_directories((d_path / name).parent_path());
        std::ofstream(file(name), std::ios::binary) << bytes;
        return file(name);
    }

    std::string read(const std::string& name) const
    {
        std::ifstream in(file(name), std::ios::binary);
        return { std::istreambuf_iterator<char>(in), {} };
    }

    std::size_t count_entries() const
    {
        using Iterator = std::filesystem::directory_iterator;
        return static_cast<std::size_t>(std::distance(Iterator(d_path), Iterator()));
    }

private:
    std::filesystem::path d_path;
};
