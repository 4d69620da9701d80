// SPDX-License-Identifier: GPL-3.0-or-later
// Where model files lie.
#pragma once

#include <udeepsc_core/api.h>

#include <map>
#include <string>
#include <vector>

namespace udeepsc_core UDEEPSC_CORE_API {

/*!
 * \brief The model file that a path or a name such as "lite" means.
 *
 * A file of that path is taken as it is. If there is none, each of model_folders() is
 * looked through for the path, for the file's name alone, and for
 * udeepsc-NAME.safetensors.
 *
 * Error that says where it looked.
 */
std::string find_model(const std::string& name);

struct ModelConfig;

//! From the header of a model file, read_safetensors_metadata(); path: for messages.
//! Error for another format or version, or for a configuration that is none.
ModelConfig model_config_of(const std::map<std::string, std::string>& metadata,
                            const std::string& path);

//! In the order in which they are looked through: those added, $UDEEPSC_MODELS (with
//! colons between several), and the shipped models' beside the library, built or
//! installed.
std::vector<std::string> model_folders();

//! For example the folder of the flowgraph that runs.
void add_model_folder(const std::string& folder);

} // namespace udeepsc_core
