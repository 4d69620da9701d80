// SPDX-License-Identifier: GPL-3.0-or-later
// What the readers of data sets share.
#pragma once

#include <string>
#include <vector>

namespace udeepsc_core {

[[noreturn]] void unknown_split(const std::string& data, const std::string& split);

//! Error unless it is train, val, trainval or test.
void require_usual_split(const std::string& data, const std::string& split);

//! data_dir/name. Error unless it is a folder.
std::string find_directory(const std::string& data_dir, const std::string& name);

//! Lines without their ends; a last line without an end counts.
std::vector<std::string> read_lines(const std::string& path);

//! Text between tabs.
std::vector<std::string> split_tabs(const std::string& line);

/*!
 * \brief Files or lines that could not be read.
 *
 * More of them than allowed are an Error that lists the first ones.
 */
class SkippedList {
public:
    SkippedList(std::string data, int allowed)
        : d_data(std::move(data))
        , d_allowed(allowed)
    { }
    void add(const std::string& what, const std::string& reason);
    const std::vector<std::string>& lines() const { return d_lines; }

private:
    std::string d_data;
    int d_allowed;
    std::vector<std::string> d_lines;
};

//! Without folders or a column for it: of every ten items of a class, in a fixed order,
//! the ninth is for validation and the tenth for the test.
bool is_of_split(std::size_t number, const std::string& split);

} // namespace udeepsc_core
