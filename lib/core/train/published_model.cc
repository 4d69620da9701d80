// SPDX-License-Identifier: GPL-3.0-or-later
#include "published_model.h"

#include "../config/parse_json.h"
#include "../files/bundle.h"

#include <udeepsc_core/error.h>
#include <udeepsc_core/file_io.h>

#include <cstdint>
#include <filesystem>
#include <utility>

namespace udeepsc_core {

namespace fs = std::filesystem;
using json = nlohmann::json;

namespace {

constexpr std::uint64_t MAX_CONFIG_BYTES = 1 << 20;
constexpr int MAX_NUMBER = 1000000;

// config.json may name a thousand classes, or twenty thousand.
constexpr JsonLimits CONFIG_LIMITS { 8, 1 << 18, 1 << 17, 256, 1 << 12 };

} // namespace

PublishedModel::PublishedModel(const std::string& folder, const std::string& type)
    : d_folder(folder)
    , d_config(read_json("config.json"))
{
    if (text("model_type", "") != type)
        throw Error(path("config.json") + ": model_type is \""
                    + printable(text("model_type", ""), 40) + "\", expected \"" + type
                    + "\"");
    // Files of a whole model put its type before every name, those of the Transformer
    // alone do not.
    const auto before = type + ".";
    for (auto& tensor : read_safetensors(path("model.safetensors")).tensors) {
        const bool inside = tensor.name.rfind(before, 0) == 0;
        auto name = inside ? tensor.name.substr(before.size()) : tensor.name;
        d_tensors[name] = std::move(tensor);
    }
}

std::string PublishedModel::path(const char* file) const
{
    return (fs::path(d_folder) / file).string();
}

bool PublishedModel::has(const char* file) const
{
    return fs::exists(path(file));
}

json PublishedModel::read_json(const char* file) const
{
    const auto bytes = read_file(path(file), MAX_CONFIG_BYTES);
    try {
        auto value
            = parse_json<json>(std::string(bytes.begin(), bytes.end()), CONFIG_LIMITS);
        if (value.is_object())
            return value;
    } catch (const json::exception&) {
    } catch (const Error& e) {
        throw Error(path(file) + ": " + e.what());
    }
    throw Error(path(file) + ": expected a JSON object");
}

int PublishedModel::number(const char* key) const
{
    const auto found = d_config.find(key);
    if (found == d_config.end() || !found->is_number_integer()
        || found->get<std::int64_t>() < 1 || found->get<std::int64_t>() > MAX_NUMBER)
        throw Error(path("config.json") + ": expected " + key + ", a number from 1 to "
                    + std::to_string(MAX_NUMBER));
    return found->get<int>();
}

std::string PublishedModel::text(const char* key, const char* otherwise) const
{
    const auto found = d_config.find(key);
    return found != d_config.end() && found->is_string() ? found->get<std::string>()
                                                         : otherwise;
}

torch::Tensor PublishedModel::tensor(const std::string& name) const
{
    auto found = d_tensors.find(name);
    const std::string norm = "LayerNorm.";
    const auto at = name.rfind(norm);
    if (found == d_tensors.end() && at != std::string::npos) {
        const auto part = at + norm.size();
        found = d_tensors.find(name.substr(0, part)
                               + (name.substr(part) == "weight" ? "gamma" : "beta"));
    }
    if (found == d_tensors.end())
        throw Error(path("model.safetensors") + ": has no tensor " + name);
    return to_torch(found->second);
}

} // namespace udeepsc_core
