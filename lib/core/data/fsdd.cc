// SPDX-License-Identifier: GPL-3.0-or-later
// Free Spoken Digit Dataset: DIGIT_SPEAKER_INDEX.wav.
#include "data_files.h"
#include "datasets.h"

#include <udeepsc_core/error.h>

#include <algorithm>
#include <filesystem>
#include <regex>

namespace udeepsc_core {

namespace fs = std::filesystem;

namespace {

const std::vector<std::string> s_digits
    = { "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine" };

// The set's own rule: recordings 0 to 4 of a speaker and a digit are for the test. Those
// after them are for validation here.
constexpr int FIRST_OF_VAL = 5, FIRST_OF_TRAIN = 10;

bool is_of(const std::string& split, int index)
{
    const bool test = index < FIRST_OF_VAL, val = !test && index < FIRST_OF_TRAIN;
    if (split == "unseen")
        return true;
    if (split == "test")
        return test;
    if (split == "val")
        return val;
    return !test && (split == "trainval" || !val);
}

} // namespace

std::shared_ptr<const Dataset> open_fsdd(const DatasetRequest& request)
{
    const auto& split = request.split;
    const auto modality = request.modality_of_kind("speech");
    const auto folder = find_directory(
        request.data_dir,
        split == "unseen" ? "fsdd/recordings_unseen_speaker" : "fsdd/recordings");
    std::vector<fs::path> files;
    for (const auto& entry : fs::directory_iterator(folder))
        if (entry.path().extension() == ".wav")
            files.push_back(entry.path());
    std::sort(files.begin(), files.end());

    const std::regex pattern("([0-9])_([^_]+)_([0-9]{1,6})");
    SkippedList skipped("data set " + request.name, request.max_bad);
    std::vector<Sample> samples;
    for (const auto& file : files) {
        const auto name = file.stem().string();
        std::smatch part;
        try {
            if (!std::regex_match(name, part, pattern))
                throw Error("found '" + file.filename().string()
                            + "', expected DIGIT_SPEAKER_INDEX.wav");
            if (!is_of(split, std::stoi(part[3])))
                continue;
            Sample sample;
            sample.inputs[modality]
                = request.modalities.at(modality)->read_file(file.string());
            sample.target.label = std::stoi(part[1]);
            sample.name = name;
            samples.push_back(std::move(sample));
        } catch (const Error& e) {
            skipped.add(file.string(), e.what());
        }
    }
    if (samples.empty() && skipped.lines().empty())
        throw Error("data set fsdd: found no recording of split " + split + " in '"
                    + folder + "', expected DIGIT_SPEAKER_INDEX.wav");
    return in_memory({ request.name, split, s_digits, skipped.lines() },
                     std::move(samples));
}

} // namespace udeepsc_core
