// SPDX-License-Identifier: GPL-3.0-or-later
#include "data_files.h"
#include "datasets.h"

#include <udeepsc_core/error.h>
#include <udeepsc_core/file_io.h>
#include <udeepsc_core/picture.h>

namespace udeepsc_core {

namespace {

constexpr int CIFAR_CLASSES = 10;

std::vector<std::string> cifar10_class_names(const std::string& directory)
{
    const std::string path = directory + "/batches.meta.txt";
    std::vector<std::string> names = read_lines(path);
    while (!names.empty() && names.back().empty()) { // the published file ends with some
        names.pop_back();
    }
    if (names.size() != CIFAR_CLASSES) {
        throw Error("CIFAR-10 file '" + path + "': found " + std::to_string(names.size())
                    + " class names, expected 10");
    }
    return names;
}

void append_cifar10_batch(const std::string& path, ImageSet& set)
{
    const auto bytes = read_file(path);
    const std::size_t record = 1 + set.stride();
    if (bytes.empty() || bytes.size() % record != 0) {
        throw Error("CIFAR-10 file '" + path + "': found " + std::to_string(bytes.size())
                    + " bytes, expected a multiple of " + std::to_string(record)
                    + " (is it cut short?)");
    }
    const std::size_t count = bytes.size() / record;
    set.pixels.reserve(set.pixels.size() + count * set.stride());
    for (std::size_t i = 0; i < count; ++i) {
        const std::uint8_t* at = bytes.data() + i * record;
        if (at[0] >= CIFAR_CLASSES) {
            throw Error("CIFAR-10 file '" + path + "': record " + std::to_string(i)
                        + ": label: found " + std::to_string(at[0])
                        + ", expected 0 to 9");
        }
        set.labels.push_back(at[0]);
        set.pixels.insert(set.pixels.end(), at + 1, at + record);
    }
}

/*! The set's pictures, scaled to the size that the model takes. */
class Cifar10 : public Dataset {
public:
    Cifar10(const DatasetRequest& request)
        : d_modality(request.modality_of_kind("image"))
        , d_side(request.modalities.at(d_modality)->blank().shape[0])
        , d_set(load_cifar10(request.data_dir, request.split))
        , d_info { request.name, request.split, d_set.class_names, {} }
    { }

    std::size_t size() const override { return d_set.size(); }
    const DatasetInfo& describe() const override { return d_info; }

    Sample at(std::size_t i) const override
    {
        Picture picture { d_set.height, d_set.width, {} };
        const auto area = static_cast<std::size_t>(d_set.height * d_set.width);
        const auto* planes = d_set.pixels.data() + i * d_set.stride();
        picture.rgb.resize(3 * area);
        for (std::size_t p = 0; p < area; ++p)
            for (std::size_t c = 0; c < 3; ++c)
                picture.rgb[3 * p + c] = planes[c * area + p];
        if (d_side != d_set.width)
            picture = fit_square(picture, d_side);
        Sample sample;
        sample.inputs[d_modality]
            = SourceSample::image(picture.height, picture.width, std::move(picture.rgb));
        sample.target.label = d_set.labels[i];
        sample.name = "record " + std::to_string(i);
        return sample;
    }

private:
    std::string d_modality;
    int d_side;
    ImageSet d_set;
    DatasetInfo d_info;
};

} // namespace

ImageSet load_cifar10(const std::string& data_dir, const std::string& split)
{
    std::vector<std::string> files;
    const auto add_batches = [&](int first, int last) {
        for (int i = first; i <= last; ++i) {
            files.push_back("data_batch_" + std::to_string(i) + ".bin");
        }
    };
    if (split == "train") {
        add_batches(1, 4);
    } else if (split == "val") {
        add_batches(5, 5);
    } else if (split == "trainval") {
        add_batches(1, 5);
    } else if (split == "test") {
        files.push_back("test_batch.bin");
    } else {
        unknown_split("CIFAR-10", split);
    }

    const std::string directory = find_directory(data_dir, "cifar-10-batches-bin");
    ImageSet set;
    set.class_names = cifar10_class_names(directory);
    for (const std::string& file : files) {
        append_cifar10_batch(directory + "/" + file, set);
    }
    return set;
}

std::shared_ptr<const Dataset> open_cifar10(const DatasetRequest& request)
{
    return std::make_shared<Cifar10>(request);
}

} // namespace udeepsc_core
