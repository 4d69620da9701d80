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
constexpr const char* SCORE_COLUMN = "score";
const std::string BYTE_ORDER_MARK = "\xEF\xBB\xBF"; // of Windows programs

/*! Which column holds what. */
struct Columns {
    std::map<std::string, std::size_t> modalities;
    std::optional<std::size_t> label, score, split;
    std::size_t count = 0;
};

void require_column(bool there,
                    const std::string& name,
                    const std::string& header,
                    const std::string& path)
{
    if (!there)
        throw Error("table '" + path + "': its first line has no column \"" + name
                    + "\" (it is '" + repair_utf8(header.substr(0, 80)) + "')");
}

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
    if (request.target_column == SCORE_COLUMN)
        columns.score = find(SCORE_COLUMN);
    columns.split = find("split");
    if (!request.target_column.empty())
        require_column(
            find(request.target_column).has_value(), request.target_column, header, path);
    for (const auto& m : request.modalities) {
        const auto column = find(m.first);
        require_column(column.has_value(), m.first, header, path);
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

// Classes are those of the whole table, whatever the split.
int label_of(const std::string& name, std::vector<std::string>& classes)
{
    const auto known = std::find(classes.begin(), classes.end(), name);
    const auto label = static_cast<int>(known - classes.begin());
    if (known == classes.end())
        classes.push_back(name);
    return label;
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
    auto lines = read_lines(path);
    if (!lines.empty() && lines[0].rfind(BYTE_ORDER_MARK, 0) == 0)
        lines[0].erase(0, BYTE_ORDER_MARK.size());
    if (lines.size() < 2)
        throw Error("table '" + path + "': found " + std::to_string(lines.size())
                    + " lines, expected a line of column names and one a sample");
    const auto columns = find_columns(lines[0], request, path);
    DatasetInfo info { request.name, request.split, {}, {} };
    SkippedList skipped("data set " + request.name, request.max_bad);
    std::vector<Sample> samples;
    std::map<int, std::size_t> rows_of_class; // rows may take turns between classes
    for (std::size_t i = 1; i < lines.size(); ++i) {
        if (lines[i].find_first_not_of(" \t") == std::string::npos)
            continue;
        const auto where = path + ", line " + std::to_string(i + 1);
        const auto cells = split_tabs(lines[i]);
        try {
            if (cells.size() != columns.count)
                throw Error("found " + std::to_string(cells.size()) + " cells, expected "
                            + std::to_string(columns.count));
            Sample sample;
            sample.name = where;
            if (columns.label)
                sample.target.label = label_of(cells[*columns.label], info.classes);
            if (columns.split)
                check_split(cells[*columns.split]);
            if (!(columns.split
                      ? is_wanted(cells[*columns.split], request.split)
                      : is_of_split(rows_of_class[sample.target.label]++, request.split)))
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
