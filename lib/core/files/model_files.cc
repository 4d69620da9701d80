// SPDX-License-Identifier: GPL-3.0-or-later
#include <udeepsc_core/error.h>
#include <udeepsc_core/model_files.h>

#include <dlfcn.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <mutex>
#include <sstream>

namespace udeepsc_core {

namespace fs = std::filesystem;

namespace {

std::mutex s_lock;
std::vector<std::string> s_added;

// PREFIX/share/udeepsc/models for a library in PREFIX/lib, in a folder of that or, in the
// build tree, in lib/core.
std::string shipped_models()
{
    Dl_info here;
    if (!dladdr(reinterpret_cast<void*>(&shipped_models), &here) || !here.dli_fname)
        return "";
    std::error_code ignored;
    auto folder = fs::weakly_canonical(here.dli_fname, ignored).parent_path();
    for (int up = 0; up < 3 && folder.has_relative_path(); ++up) {
        folder = folder.parent_path();
        const auto models = folder / "share" / "udeepsc" / "models";
        if (fs::is_directory(models, ignored))
            return models.string();
    }
    return "";
}

void add_new(std::vector<std::string>& folders, const std::string& folder)
{
    if (!folder.empty()
        && std::find(folders.begin(), folders.end(), folder) == folders.end())
        folders.push_back(folder);
}

bool is_file(const fs::path& path)
{
    std::error_code ignored;
    return fs::is_regular_file(path, ignored);
}

} // namespace

void add_model_folder(const std::string& folder)
{
    const std::lock_guard<std::mutex> guard(s_lock);
    add_new(s_added, folder);
}

std::vector<std::string> model_folders()
{
    std::vector<std::string> folders;
    {
        const std::lock_guard<std::mutex> guard(s_lock);
        folders = s_added;
    }
    if (const char* listed = std::getenv("UDEEPSC_MODELS")) {
        std::istringstream parts(listed);
        std::string folder;
        while (std::getline(parts, folder, ':'))
            add_new(folders, folder);
    }
    add_new(folders, shipped_models());
    return folders;
}

std::string find_model(const std::string& name)
{
    if (name.empty())
        throw Error("model is empty, expected a model file or a name such as lite");
    std::error_code ignored;
    if (fs::exists(name, ignored))
        return name; // whoever reads it says what is wrong with a folder
    std::string looked = fs::absolute(name).string();
    const fs::path path(name);
    if (path.is_relative()) {
        const bool plain = !path.has_parent_path() && !path.has_extension();
        for (const auto& folder : model_folders()) {
            const auto wanted
                = plain ? fs::path("udeepsc-" + name + ".safetensors") : path;
            for (const auto& file : { wanted, wanted.filename() })
                if (is_file(folder / file))
                    return (folder / file).string();
            looked += ", " + (folder / wanted).string();
        }
    }
    throw Error("model '" + name + "': there is no such file; looked for " + looked);
}

} // namespace udeepsc_core
