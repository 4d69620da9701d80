// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <torch/torch.h>

#include <udeepsc_core/safetensors.h>

#include <nlohmann/json.hpp>

#include <map>
#include <string>

namespace udeepsc_core {

/*! A folder as it is published: what its config.json says, and its tensors. All methods
 * throw Error naming the file. */
class PublishedModel {
public:
    //! type: the model_type that config.json has to name, such as "bert"
    PublishedModel(const std::string& folder, const std::string& type);

    std::string path(const char* file) const;
    bool has(const char* file) const;
    //! A JSON object.
    nlohmann::json read_json(const char* file) const;

    //! Of config.json, 1 to 1000000.
    int number(const char* key) const;
    std::string text(const char* key, const char* otherwise) const;

    //! fp32, without the type in front of its name. Earlier files call a LayerNorm's
    //! weight and bias gamma and beta.
    torch::Tensor tensor(const std::string& name) const;

private:
    std::string d_folder;
    nlohmann::json d_config;
    std::map<std::string, RawTensor> d_tensors;
};

} // namespace udeepsc_core
