// SPDX-License-Identifier: GPL-3.0-or-later
// A user's own table: a column for each modality, one for the label or the score.
#include "data_files.h"
#include "datasets.h"

#include <udeepsc_core/error.h>
#include <udeepsc_core/text.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <optional>

namespace udeepsc_core {

namespace fs = std::filesystem;

namespace {

constexpr const char* DEFAULT_FILE = "data.tsv";

/*! Which column holds what. */
struct Columns {
    std::map<std::string, std::size_t> modalities;
    std::optional<std::size_t> label, score, split;
    std::size_t count = 0;
};

Columns find_columns(const std::string& header,
                     const DatasetRequest& request,
                     const std::string& path)
{
    const auto names = split_tabs(header);
    const auto find = [&](const std::string& name) -> std::optional<std::size_t> {
        const auto found = std::find(names.begin(), names.end(), name);
        if (found == names.end())
            return std::nullopt;
        return static_cast<std::size_t>(found - names.begin());
    };
    Columns columns;
    columns.count = names.size();
    columns.label = find("label");
    columns.score = find("score");
    columns.split = find("split");
    for (const auto& m : request.modalities) {
        const auto column = find(m.first);
        if (!column)
            throw Error("table '" + path + "': its first line has no column \"" + m.first
                        + "\" (it is '" + repair_utf8(header.substr(0, 80)) + "')");
        columns.modalities[m.first] = *column;
    }
    return columns;
}

double number_of(const std::string& cell)
{
    std::size_t used = 0;
    double value = NAN;
    try {
        value = std::stod(cell, &used);
    } catch (const std::exception&) { }
    if (used != cell.size() || !std::isfinite(value))
        throw Error("score: found '" + repair_utf8(cell.substr(0, 80))
                    + "', expected a number");
    return value;
}

void check_split(const std::string& split)
{
    if (split != "train" && split != "val" && split != "test")
        throw Error("split: found '" + repair_utf8(split.substr(0, 80))
                    + "', expected train, val or test");
}

bool is_wanted(const std::string& split, const std::string& wanted)
{
    return split == wanted
        || (wanted == "trainval" && (split == "train" || split == "val"));
}

} // namespace

std::shared_ptr<const Dataset> open_tsv(const DatasetRequest& request)
{
    const auto path = (fs::path(request.data_dir)
                       / (request.argument.empty() ? DEFAULT_FILE : request.argument))
                          .string();
    const auto folder = fs::path(path).parent_path().string();
    const auto lines = read_lines(path);
    if (lines.size() < 2)
        throw Error("table '" + path + "': found " + std::to_string(lines.size())
                    + " lines, expected a line of column names and one a sample");
    const auto columns = find_columns(lines[0], request, path);
    DatasetInfo info { request.name, request.split, {}, {} };
    SkippedList skipped("data set " + request.name, request.max_bad);
    std::vector<Sample> samples;
    for (std::size_t i = 1; i < lines.size(); ++i) {
        const auto where = path + ", line " + std::to_string(i + 1);
        const auto cells = split_tabs(lines[i]);
        try {
            if (cells.size() != columns.count)
                throw Error("found " + std::to_string(cells.size()) + " cells, expected "
                            + std::to_string(columns.count));
            Sample sample;
            sample.name = where;
            if (columns
                    .label) { // classes are those of the whole table, whatever the split
                const auto& name = cells[*columns.label];
                const auto known
                    = std::find(info.classes.begin(), info.classes.end(), name);
                sample.target.label = static_cast<int>(known - info.classes.begin());
                if (known == info.classes.end())
                    info.classes.push_back(name);
            }
            if (columns.split)
                check_split(cells[*columns.split]);
            if (!(columns.split ? is_wanted(cells[*columns.split], request.split)
                                : is_of_split(i - 1, request.split)))
                continue;
            if (columns.score)
                sample.target.score = number_of(cells[*columns.score]);
            for (const auto& m : columns.modalities)
                sample.inputs[m.first]
                    = request.modalities.at(m.first)->read_cell(cells[m.second], folder);
            samples.push_back(std::move(sample));
        } catch (const Error& e) {
            skipped.add(where, e.what());
        }
    }
    info.skipped = skipped.lines();
    return in_memory(std::move(info), std::move(samples));
}

} // namespace udeepsc_core
