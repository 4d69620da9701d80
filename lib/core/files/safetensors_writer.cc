// SPDX-License-Identifier: GPL-3.0-or-later
#include "printable.h"
#include "tensor_types.h"

#include <udeepsc_core/error.h>
#include <udeepsc_core/file_io.h>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstdio>
#include <set>
#include <tuple>

namespace udeepsc_core {

namespace {

using nlohmann::json;

constexpr std::size_t ALIGNMENT = 8;

void require_writable(const std::string& where, const SafetensorsFile& file)
{
    if (file.tensors.size() > MAX_TENSORS) {
        throw Error(where + ": found " + std::to_string(file.tensors.size())
                    + " tensors, expected at most " + std::to_string(MAX_TENSORS));
    }
    std::set<std::string> names;
    for (const RawTensor& tensor : file.tensors) {
        if (tensor.name.size() > MAX_NAME_BYTES || has_control_characters(tensor.name)) {
            throw Error(where + ": tensor '" + printable(tensor.name, 80)
                        + "': found a name of " + std::to_string(tensor.name.size())
                        + " bytes, expected at most " + std::to_string(MAX_NAME_BYTES)
                        + " and no control characters");
        }
        if (tensor.shape.size() > MAX_DIMENSIONS) {
            throw Error(where + ": tensor '" + tensor.name + "': found "
                        + std::to_string(tensor.shape.size())
                        + " dimensions, expected at most "
                        + std::to_string(MAX_DIMENSIONS));
        }
        if (tensor.name == METADATA_KEY || !names.insert(tensor.name).second) {
            throw Error(where + ": tensor '" + tensor.name
                        + "': found the name twice or reserved, expected unique names");
        }
        const auto bytes = bytes_of(tensor.shape, tensor.dtype);
        if (!bytes || *bytes != tensor.data.size()) {
            throw Error(where + ": tensor '" + tensor.name + "': found "
                        + std::to_string(tensor.data.size()) + " bytes, expected "
                        + (bytes ? std::to_string(*bytes) : "a valid shape") + " for "
                        + name(tensor.dtype) + " " + to_text(tensor.shape));
        }
        require_finite(where, tensor);
    }
}

//! Wide types first, so that every tensor of the file is aligned to its element.
std::vector<const RawTensor*> file_order(const SafetensorsFile& file)
{
    std::vector<const RawTensor*> order;
    for (const RawTensor& tensor : file.tensors) {
        order.push_back(&tensor);
    }
    std::stable_sort(order.begin(), order.end(), [](const auto* a, const auto* b) {
        return size_of(a->dtype) > size_of(b->dtype);
    });
    return order;
}

class Fnv1a {
public:
    void add(const void* data, std::size_t bytes)
    {
        const auto* next = static_cast<const std::uint8_t*>(data);
        for (std::size_t i = 0; i < bytes; ++i) {
            d_state = (d_state ^ next[i]) * 0x100000001b3u;
        }
    }
    //! With its length in front, so that neighbours cannot trade bytes unnoticed.
    void add_text(const std::string& text)
    {
        add_number(text.size());
        add(text.data(), text.size());
    }
    void add_number(std::uint64_t number) { add(&number, sizeof(number)); }
    std::uint64_t value() const { return d_state; }

private:
    std::uint64_t d_state = 0xcbf29ce484222325u;
};

} // namespace

void write_safetensors(const std::string& path, const SafetensorsFile& file)
{
    const std::string where = "writing safetensors file '" + path + "'";
    require_writable(where, file);

    const auto order = file_order(file);
    nlohmann::ordered_json header = nlohmann::ordered_json::object();
    if (!file.metadata.empty()) {
        header[METADATA_KEY] = file.metadata;
    }
    std::uint64_t offset = 0;
    for (const RawTensor* tensor : order) {
        const std::uint64_t end = offset + tensor->data.size();
        auto& entry = header[tensor->name];
        entry["dtype"] = name(tensor->dtype);
        entry["shape"] = tensor->shape;
        entry["data_offsets"] = { offset, end };
        offset = end;
    }
    std::string text;
    try {
        text = header.dump();
    } catch (const nlohmann::json::exception& e) {
        throw Error(where + ": a name or a metadata value is not UTF-8: " + e.what());
    }
    text.resize((text.size() + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT, ' ');
    if (text.size() > MAX_HEADER_BYTES) {
        throw Error(where + ": header: found " + std::to_string(text.size())
                    + " bytes, expected at most " + std::to_string(MAX_HEADER_BYTES));
    }

    AtomicFile output(path);
    const std::uint64_t length = text.size();
    output.write(&length, sizeof(length));
    output.write(text.data(), text.size());
    for (const RawTensor* tensor : order) {
        output.write(tensor->data.data(), tensor->data.size());
    }
    output.commit();
}

std::string content_hash(const SafetensorsFile& file)
{
    std::vector<const RawTensor*> order = file_order(file);
    std::sort(order.begin(), order.end(), [](const auto* a, const auto* b) {
        return a->name < b->name;
    });
    Fnv1a hash;
    for (const RawTensor* tensor : order) {
        hash.add_text(tensor->name);
        hash.add_text(name(tensor->dtype));
        hash.add_number(tensor->shape.size());
        for (const std::int64_t extent : tensor->shape) {
            hash.add_number(static_cast<std::uint64_t>(extent));
        }
        hash.add(tensor->data.data(), tensor->data.size());
    }
    char text[17];
    std::snprintf(
        text, sizeof(text), "%016llx", static_cast<unsigned long long>(hash.value()));
    return text;
}

} // namespace udeepsc_core
