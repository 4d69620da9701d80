// SPDX-License-Identifier: GPL-3.0-or-later
#include "data_files.h"
#include "datasets.h"

#include <udeepsc_core/error.h>
#include <udeepsc_core/file_io.h>
#include <udeepsc_core/picture.h>

#include <algorithm>

namespace udeepsc_core {

namespace {

constexpr int SIDE = 28; // of a picture in the files
constexpr int FRAMED = 32; // and here, with an even border of black
constexpr int BORDER = (FRAMED - SIDE) / 2;
constexpr int CLASSES = 10;
constexpr std::uint32_t PICTURES = 0x803, LABELS = 0x801; // IDX: bytes, 3 or 1 dimensions
constexpr std::size_t VALIDATION_SHARE = 6; // of 60,000 pictures the last 10,000

[[noreturn]] void refuse(const std::string& path,
                         const std::string& what,
                         std::size_t found,
                         const std::string& expected)
{
    throw Error("MNIST file '" + path + "': " + what + ": found " + std::to_string(found)
                + ", expected " + expected);
}

std::uint32_t big_endian(const std::vector<std::uint8_t>& bytes, std::size_t at)
{
    std::uint32_t value = 0;
    for (std::size_t i = 0; i < 4; ++i)
        value = value << 8 | bytes[at + i];
    return value;
}

/*! An IDX file: bytes of so many items, behind a header. */
struct IdxFile {
    std::vector<std::uint8_t> bytes;
    std::size_t header = 0, count = 0, item = 0; // bytes, items, bytes
};

IdxFile read_idx(const std::string& path, std::uint32_t kind)
{
    IdxFile file { read_file(path), kind == PICTURES ? 16u : 8u, 0, 1 };
    const auto& bytes = file.bytes;
    if (bytes.size() < file.header)
        refuse(path,
               "header",
               bytes.size(),
               "at least " + std::to_string(file.header)
                   + " bytes (is it compressed, or cut short?)");
    if (big_endian(bytes, 0) != kind)
        refuse(path,
               "first word",
               big_endian(bytes, 0),
               std::to_string(kind) + ", that of an IDX file of "
                   + (kind == PICTURES ? "pictures" : "labels"));
    file.count = big_endian(bytes, 4);
    if (kind == PICTURES) {
        for (std::size_t at : { 8, 12 })
            if (big_endian(bytes, at) != SIDE)
                refuse(path, "side of a picture", big_endian(bytes, at), "28 pixels");
        file.item = SIDE * SIDE;
    }
    const auto expected = file.header + file.count * file.item;
    if (file.count == 0 || bytes.size() != expected)
        refuse(path,
               "size",
               bytes.size(),
               std::to_string(expected) + " bytes for " + std::to_string(file.count)
                   + (kind == PICTURES ? " pictures" : " labels"));
    return file;
}

/*! Handwritten digits, in the middle of pictures of 32x32 pixels. */
class Mnist : public Dataset {
public:
    explicit Mnist(const DatasetRequest& request)
        : d_modality(request.modality_of_kind("image"))
        , d_side(request.modalities.at(d_modality)->blank().shape[0])
    {
        if (request.split != "train" && request.split != "val"
            && request.split != "trainval" && request.split != "test")
            unknown_split("MNIST", request.split);
        const auto directory = find_directory(request.data_dir, "mnist") + "/";
        const std::string prefix = request.split == "test" ? "t10k" : "train";
        const auto pictures = directory + prefix + "-images-idx3-ubyte",
                   labels = directory + prefix + "-labels-idx1-ubyte";
        d_pictures = read_idx(pictures, PICTURES);
        d_labels = read_idx(labels, LABELS);
        if (d_labels.count != d_pictures.count)
            refuse(labels,
                   "labels",
                   d_labels.count,
                   std::to_string(d_pictures.count) + ", one for each picture");
        for (std::size_t i = 0; i < d_labels.count; ++i)
            if (d_labels.bytes[d_labels.header + i] >= CLASSES)
                refuse(labels,
                       "label " + std::to_string(i),
                       d_labels.bytes[d_labels.header + i],
                       "0 to 9");
        choose(request.split);
        d_info.name = request.name;
        d_info.split = request.split;
        for (int c = 0; c < CLASSES; ++c)
            d_info.classes.push_back(std::to_string(c));
    }

    std::size_t size() const override { return d_count; }
    const DatasetInfo& describe() const override { return d_info; }

    Sample at(std::size_t i) const override
    {
        const auto number = d_first + i;
        const auto* grey
            = d_pictures.bytes.data() + d_pictures.header + number * d_pictures.item;
        Picture picture { FRAMED, FRAMED, {} };
        picture.rgb.resize(3 * FRAMED * FRAMED);
        for (std::size_t y = 0; y < SIDE; ++y)
            for (std::size_t x = 0; x < SIDE; ++x)
                for (std::size_t c = 0; c < 3; ++c)
                    picture.rgb[3 * ((y + BORDER) * FRAMED + x + BORDER) + c]
                        = grey[y * SIDE + x];
        if (d_side != FRAMED)
            picture = fit_square(picture, d_side);
        Sample sample;
        sample.inputs[d_modality]
            = SourceSample::image(picture.height, picture.width, std::move(picture.rgb));
        sample.target.label = d_labels.bytes[d_labels.header + number];
        sample.name = "picture " + std::to_string(number);
        return sample;
    }

private:
    // The last part of the training files is for validation.
    void choose(const std::string& split)
    {
        const auto all = d_pictures.count, held_back = all / VALIDATION_SHARE;
        d_first = split == "val" ? all - held_back : 0;
        d_count = split == "val" ? held_back : split == "train" ? all - held_back : all;
        if (d_count == 0)
            throw Error("MNIST: split " + split + " of " + std::to_string(all)
                        + " pictures has none");
    }

    std::string d_modality;
    int d_side;
    IdxFile d_pictures, d_labels;
    std::size_t d_first = 0, d_count = 0;
    DatasetInfo d_info;
};

} // namespace

std::shared_ptr<const Dataset> open_mnist(const DatasetRequest& request)
{
    return std::make_shared<Mnist>(request);
}

} // namespace udeepsc_core
