// SPDX-License-Identifier: GPL-3.0-or-later
// CMU-MOSI: one utterance a sample, as text and as vectors of features.
#include "data_files.h"
#include "datasets.h"

#include <udeepsc_core/error.h>
#include <udeepsc_core/npy.h>
#include <udeepsc_core/text.h>

#include <algorithm>
#include <cmath>

namespace udeepsc_core {

namespace {

constexpr const char* SCORE_COLUMN = "score"; // as a task with a score calls it
const std::string HEADER
    = "segment_id\tvideo_id\tclip\tsentiment\tlabel2\tstandard_split\ttext";
enum Column { SEGMENT, VIDEO, CLIP, SENTIMENT, LABEL, SPLIT, TEXT, COLUMNS };

// A modality of kind vectors by its name -> the file of its features.
const std::map<std::string, std::string> s_features
    = { { "audio", "audio73" }, { "video", "video100" }, { "vision", "video100" } };

std::string file_of(const std::string& modality, const Modality& kind)
{
    ModalityInfo info;
    kind.describe(info);
    if (info.payload != PayloadType::reals || info.sample_rate > 0)
        throw Error("data set mosi: has vectors of features; the modality \"" + modality
                    + "\" is of kind " + kind.kind());
    const auto found = s_features.find(modality);
    if (found == s_features.end())
        throw Error("data set mosi: has no features for the modality \"" + modality
                    + "\", expected audio, video or vision");
    return found->second;
}

double number_of(const std::string& cell)
{
    std::size_t used = 0;
    double value = 0;
    try {
        value = std::stod(cell, &used);
    } catch (const std::exception&) { }
    if (used == 0 || used != cell.size())
        throw Error("sentiment: found '" + repair_utf8(cell.substr(0, 80))
                    + "', expected a number");
    return value;
}

Sample sample_of(const std::string& line, const std::string& text_modality, bool scored)
{
    const auto cells = split_tabs(line);
    if (cells.size() != COLUMNS)
        throw Error("found " + std::to_string(cells.size()) + " cells, expected "
                    + std::to_string(int(COLUMNS)));
    if (cells[LABEL] != "0" && cells[LABEL] != "1")
        throw Error("label2: found '" + repair_utf8(cells[LABEL].substr(0, 80))
                    + "', expected 0 or 1");
    Sample sample;
    sample.name = cells[SEGMENT];
    sample.target.label = cells[LABEL] == "1";
    sample.target.score = number_of(cells[SENTIMENT]);
    if (scored && !std::isfinite(sample.target.score))
        throw Error("sentiment: " + cells[SEGMENT] + " has none");
    if (text_modality.empty())
        return sample;
    if (cells[TEXT].find_first_not_of(' ') == std::string::npos
        || !is_valid_utf8(cells[TEXT]))
        throw Error("text: is empty or no UTF-8");
    sample.inputs[text_modality] = SourceSample::text(cells[TEXT]);
    return sample;
}

/*! Reads the files of one split after the other. */
class Reader {
public:
    explicit Reader(const DatasetRequest& request)
        : d_request(request)
        , d_folder(find_directory(request.data_dir, "mosi"))
        , d_skipped("data set " + request.name, request.max_bad)
    {
        for (const auto& m : request.modalities) {
            if (!m.second->needs_tokenizer())
                d_vectors[m.first] = file_of(m.first, *m.second);
            else if (d_text.empty())
                d_text = m.first;
            else
                throw Error("data set mosi: has one text, the task takes " + d_text
                            + " and " + m.first);
        }
    }

    void read(const std::string& split)
    {
        const auto path = d_folder + "/" + split + ".tsv";
        const auto lines = read_lines(path);
        if (lines.empty() || lines[0] != HEADER)
            throw Error("MOSI file '" + path + "': found '"
                        + repair_utf8(lines.empty() ? "" : lines[0].substr(0, 80))
                        + "', expected the header '" + HEADER + "'");
        std::map<std::string, NpyArray> arrays;
        for (const auto& v : d_vectors)
            arrays[v.first] = rows_of(split + "_" + v.second + ".npy", lines.size() - 1);
        for (std::size_t i = 1; i < lines.size(); ++i) {
            try {
                auto sample = sample_of(
                    lines[i], d_text, d_request.target_column == SCORE_COLUMN);
                for (const auto& a : arrays)
                    sample.inputs[a.first] = row(a.second, i - 1);
                d_samples.push_back(std::move(sample));
            } catch (const Error& e) {
                d_skipped.add(path + ", line " + std::to_string(i + 1), e.what());
            }
        }
    }

    std::shared_ptr<const Dataset> data()
    {
        DatasetInfo info {
            d_request.name, d_request.split, { "negative", "positive" }, d_skipped.lines()
        };
        return in_memory(std::move(info), std::move(d_samples));
    }

private:
    NpyArray rows_of(const std::string& name, std::size_t rows) const
    {
        const auto path = d_folder + "/" + name;
        auto array = read_npy(path);
        if (array.shape.size() != 2 || array.shape[0] != rows)
            throw Error("MOSI file '" + path + "': found "
                        + std::to_string(array.shape[0]) + " rows, expected "
                        + std::to_string(rows)
                        + " of features, one for each line of the table");
        return array;
    }

    static SourceSample row(const NpyArray& array, std::size_t i)
    {
        const auto width = static_cast<std::ptrdiff_t>(array.shape[1]);
        const auto first = array.values.begin() + static_cast<std::ptrdiff_t>(i) * width;
        return SourceSample::vectors(
            1, static_cast<int>(width), { first, first + width });
    }

    const DatasetRequest& d_request;
    std::string d_folder;
    SkippedList d_skipped;
    std::string d_text; // name of the modality, "" for none
    std::map<std::string, std::string> d_vectors; // modality -> file
    std::vector<Sample> d_samples;
};

} // namespace

std::shared_ptr<const Dataset> open_mosi(const DatasetRequest& request)
{
    require_usual_split(request.name, request.split);
    Reader reader(request);
    if (request.split == "trainval") {
        reader.read("train");
        reader.read("val");
    } else {
        reader.read(request.split);
    }
    return reader.data();
}

} // namespace udeepsc_core
