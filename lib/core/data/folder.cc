// SPDX-License-Identifier: GPL-3.0-or-later
// A user's own files: one folder a class, or one folder of pictures cut into tiles.
#include "data_files.h"
#include "datasets.h"

#include <udeepsc_core/error.h>
#include <udeepsc_core/log.h>
#include <udeepsc_core/picture.h>

#include <algorithm>
#include <filesystem>

namespace udeepsc_core {

namespace fs = std::filesystem;

namespace {

bool has_ending(const fs::path& path, const std::vector<std::string>& endings)
{
    auto ending = path.extension().string();
    std::transform(ending.begin(), ending.end(), ending.begin(), [](unsigned char c) {
        return static_cast<char>(std::tolower(c));
    });
    return std::find(endings.begin(), endings.end(), ending) != endings.end();
}

// Of a folder, sorted; hidden ones left out.
std::vector<fs::path> entries(const fs::path& folder)
{
    std::vector<fs::path> found;
    for (const auto& entry : fs::directory_iterator(folder))
        if (entry.path().filename().string()[0] != '.')
            found.push_back(entry.path());
    std::sort(found.begin(), found.end());
    return found;
}

/*! A file, its class (-1: none) and its number among its class's. */
struct FoundFile {
    fs::path path;
    int label;
    std::size_t number;
};

/*! The files of one split of a folder. */
struct FoundFiles {
    std::vector<std::string> classes;
    std::vector<FoundFile> files;
    std::vector<fs::path> others; // files that end otherwise
};

std::string listed(const std::vector<std::string>& endings)
{
    std::string list;
    for (const auto& e : endings)
        list += (list.empty() ? "" : ", ") + e;
    return list;
}

// Files lie in folders that are classes; files beside them have no class.
void collect(const fs::path& folder,
             const std::vector<std::string>& endings,
             FoundFiles& out)
{
    std::size_t loose = 0;
    for (const auto& entry : entries(folder)) {
        if (!fs::is_directory(entry)) {
            if (has_ending(entry, endings))
                out.files.push_back({ entry, -1, loose++ });
            else
                out.others.push_back(entry);
            continue;
        }
        const auto name = entry.filename().string();
        auto known = std::find(out.classes.begin(), out.classes.end(), name);
        if (known == out.classes.end())
            known = out.classes.insert(known, name);
        const auto label = static_cast<int>(known - out.classes.begin());
        std::size_t number = 0;
        for (const auto& file : entries(entry)) {
            if (fs::is_regular_file(file) && has_ending(file, endings))
                out.files.push_back({ file, label, number++ });
            else
                out.others.push_back(file);
        }
        if (number == 0)
            throw Error("class folder '" + entry.string()
                        + "': found no file that ends in " + listed(endings));
    }
}

FoundFiles find_files(const DatasetRequest& request,
                      const std::vector<std::string>& endings)
{
    const fs::path root = find_directory(request.data_dir, request.argument);
    FoundFiles found;
    const bool by_folder = fs::is_directory(root / "train");
    if (by_folder) {
        const std::vector<std::string> splits = request.split == "trainval"
            ? std::vector<std::string> { "train", "val" }
            : std::vector<std::string> { request.split };
        for (const auto& split : splits)
            collect(find_directory(root.string(), split), endings, found);
    } else {
        collect(root, endings, found);
        auto& files = found.files;
        files.erase(std::remove_if(files.begin(),
                                   files.end(),
                                   [&](const auto& f) {
                                       return !is_of_split(f.number, request.split);
                                   }),
                    files.end());
    }
    if (found.files.empty())
        throw Error("data set " + request.name + ": found no file for split "
                    + request.split + " in '" + root.string() + "', expected "
                    + root.string() + "/CLASS/FILE");
    if (!found.others.empty())
        log_warning("data set " + request.name + ": left alone "
                    + std::to_string(found.others.size()) + " that end otherwise than "
                    + listed(endings) + ", such as " + found.others[0].string());
    return found;
}

/*! Samples that lie in memory. */
class SamplesInMemory : public Dataset {
public:
    SamplesInMemory(DatasetInfo info, std::vector<Sample> samples)
        : d_info(std::move(info))
        , d_samples(std::move(samples))
    {
        if (d_samples.empty())
            throw Error("data set " + d_info.name + ": nothing in it can be read");
    }
    std::size_t size() const override { return d_samples.size(); }
    Sample at(std::size_t i) const override { return d_samples.at(i); }
    const DatasetInfo& describe() const override { return d_info; }

private:
    DatasetInfo d_info;
    std::vector<Sample> d_samples;
};

} // namespace

std::shared_ptr<const Dataset> in_memory(DatasetInfo info, std::vector<Sample> samples)
{
    return std::make_shared<SamplesInMemory>(std::move(info), std::move(samples));
}

std::shared_ptr<const Dataset> open_folder(const DatasetRequest& request)
{
    const auto modality = request.only_modality();
    const auto& kind = *request.modalities.at(modality);
    const auto found = find_files(request, kind.extensions());
    SkippedList skipped("data set " + request.name, request.max_bad);
    std::vector<Sample> samples;
    for (const auto& file : found.files) {
        try {
            Sample sample;
            sample.inputs[modality] = kind.read_file(file.path.string());
            sample.target.label = file.label;
            sample.name = file.path.string();
            samples.push_back(std::move(sample));
        } catch (const Error& e) {
            skipped.add(file.path.string(), e.what());
        }
    }
    return in_memory({ request.name, request.split, found.classes, skipped.lines() },
                     std::move(samples));
}

std::shared_ptr<const Dataset> open_tiles(const DatasetRequest& request)
{
    const auto modality = request.modality_of_kind("image");
    const auto& kind = *request.modalities.at(modality);
    const int side = kind.blank().shape[0];
    SkippedList skipped("data set " + request.name, request.max_bad);
    std::vector<Sample> samples;
    for (const auto& file : find_files(request, kind.extensions()).files) {
        try {
            std::size_t number = 0;
            for (auto& tile : cut_tiles(load_picture(file.path.string()), side)) {
                Sample sample;
                sample.inputs[modality]
                    = SourceSample::image(side, side, std::move(tile.rgb));
                sample.name = file.path.string() + ", tile " + std::to_string(number++);
                samples.push_back(std::move(sample));
            }
        } catch (const Error& e) {
            skipped.add(file.path.string(), e.what());
        }
    }
    return in_memory({ request.name, request.split, {}, skipped.lines() },
                     std::move(samples));
}

} // namespace udeepsc_core
