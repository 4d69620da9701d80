// SPDX-License-Identifier: GPL-3.0-or-later
#include "data_files.h"
#include "datasets.h"

#include <udeepsc_core/error.h>
#include <udeepsc_core/text.h>

#include <filesystem>

namespace udeepsc_core {

namespace fs = std::filesystem;

namespace {

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

class Sst2 : public Dataset {
public:
    Sst2(const DatasetRequest& request)
        : d_modality(request.modality_of_kind("text"))
        , d_set(load_sst2(request.data_dir, request.split))
        , d_info { request.name, request.split, { "negative", "positive" }, {} }
    { }

    std::size_t size() const override { return d_set.size(); }
    const DatasetInfo& describe() const override { return d_info; }

    Sample at(std::size_t i) const override
    {
        Sample sample;
        sample.inputs[d_modality] = SourceSample::text(d_set.sentences[i]);
        sample.target.label = d_set.labels[i];
        sample.name = "sentence " + std::to_string(i);
        return sample;
    }

private:
    std::string d_modality;
    TextSet d_set;
    DatasetInfo d_info;
};

} // namespace

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

std::shared_ptr<const Dataset> open_sst2(const DatasetRequest& request)
{
    return std::make_shared<Sst2>(request);
}

} // namespace udeepsc_core
