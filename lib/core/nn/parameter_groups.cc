// SPDX-License-Identifier: GPL-3.0-or-later
#include "parameter_groups.h"

namespace udeepsc_core {

namespace {

bool is_below(const std::string& name, const std::string& path)
{
    return name.compare(0, path.size(), path) == 0
        && (name.size() == path.size() || name[path.size()] == '.');
}

} // namespace

std::vector<GroupedParameter> grouped_parameters(const torch::nn::Module& module)
{
    std::vector<std::string> excepted;
    const auto collect = [&](const std::string& path, const torch::nn::Module& m) {
        if (const auto* some = dynamic_cast<const WithoutDecay*>(&m))
            for (const auto& name : some->without_decay())
                excepted.push_back(path.empty() ? name : path + "." + name);
    };
    collect("", module);
    for (const auto& m : module.named_modules("", false))
        collect(m.key(), *m.value());

    std::vector<GroupedParameter> parameters;
    for (const auto& p : module.named_parameters()) {
        bool decays = p.value().dim() >= 2;
        for (const auto& path : excepted)
            decays = decays && !is_below(p.key(), path);
        parameters.push_back({ p.key(), p.value(), decays });
    }
    return parameters;
}

void start_alike(const torch::nn::Module& from, torch::nn::Module& to)
{
    torch::NoGradGuard no_grad;
    const auto source = from.named_parameters();
    for (auto& p : to.named_parameters()) {
        const auto* found = source.find(p.key());
        if (found && found->sizes() == p.value().sizes())
            p.value().copy_(*found);
    }
}

} // namespace udeepsc_core
