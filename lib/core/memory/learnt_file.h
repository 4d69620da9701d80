// SPDX-License-Identifier: GPL-3.0-or-later
// The safetensors file of something small that was learnt beside a model.
#pragma once

#include "../files/printable.h"

#include <udeepsc_core/error.h>
#include <udeepsc_core/safetensors.h>

#include <cstring>
#include <string>
#include <vector>

namespace udeepsc_core {

/*! What the file says of itself. */
struct LearntFormat {
    const char* what; //!< in errors, "value scorer"
    const char* format; //!< "udeepsc-value-scorer"
    const char* version;
};

inline RawTensor tensor_of(const std::string& name, const std::vector<float>& values)
{
    RawTensor tensor {
        name, DType::f32, { static_cast<std::int64_t>(values.size()) }, {}
    };
    const auto* bytes = reinterpret_cast<const std::uint8_t*>(values.data());
    tensor.data.assign(bytes, bytes + values.size() * sizeof(float));
    return tensor;
}

//! Error where it is missing or of another type.
inline std::vector<float> values_of(const SafetensorsFile& file, const std::string& name)
{
    for (const auto& tensor : file.tensors) {
        if (tensor.name != name || tensor.dtype != DType::f32)
            continue;
        std::vector<float> values(tensor.data.size() / sizeof(float));
        if (!values.empty())
            std::memcpy(values.data(), tensor.data.data(), tensor.data.size());
        return values;
    }
    throw Error("tensor '" + name + "' is missing or of another type");
}

//! What stands before \p last in the names of tensors that end with it: the modalities.
inline std::vector<std::string> modalities_with(const SafetensorsFile& file,
                                                const std::string& last)
{
    std::vector<std::string> modalities;
    for (const auto& tensor : file.tensors) {
        const auto& name = tensor.name;
        if (name.size() > last.size()
            && name.compare(name.size() - last.size(), last.size(), last) == 0)
            modalities.push_back(name.substr(0, name.size() - last.size()));
    }
    return modalities;
}

inline void write_learnt(const std::string& path,
                         const LearntFormat& format,
                         const std::string& model_id,
                         std::vector<RawTensor> tensors)
{
    SafetensorsFile file;
    file.tensors = std::move(tensors);
    file.metadata = { { "format", format.format },
                      { "version", format.version },
                      { "model_id", model_id } };
    file.metadata["content_hash"] = content_hash(file);
    write_safetensors(path, file);
}

//! Error for a file that is missing, cut, damaged, foreign, or for another model.
inline SafetensorsFile read_learnt(const std::string& path,
                                   const LearntFormat& format,
                                   const std::string& model_id)
{
    auto file = read_safetensors(path);
    const auto require = [&](const char* key, const std::string& expected) {
        const auto found = file.metadata.find(key);
        const std::string said = found == file.metadata.end() ? "" : found->second;
        if (said != expected)
            throw Error(std::string(format.what) + " '" + path + "': found " + key + " \""
                        + printable(said, 80) + "\", expected \"" + expected + "\"");
    };
    require("format", format.format);
    require("version", format.version);
    require("model_id", model_id);
    require("content_hash", content_hash(file));
    return file;
}

} // namespace udeepsc_core
