// SPDX-License-Identifier: GPL-3.0-or-later
#include "conventional_scheme.h"

#include <fstream>
#include <stdexcept>

namespace gr {
namespace udeepsc {
namespace {

using udeepsc_conventional::Scheme;
using udeepsc_conventional::SchemeConfig;

std::vector<std::string> lines_of(const std::string& path)
{
    std::vector<std::string> lines;
    if (path.empty()) {
        return lines;
    }
    std::ifstream file(path);
    std::string line;
    while (std::getline(file, line)) {
        if (!line.empty()) {
            lines.push_back(line);
        }
    }
    if (lines.empty()) {
        throw std::invalid_argument("training is \"" + path
                                    + "\", expected a file with a sentence a line");
    }
    return lines;
}

} // namespace

scheme_holder::scheme_holder(const conventional_options& options)
{
    SchemeConfig config;
    config.name = options.scheme;
    config.mcs = options.mcs;
    config.training = lines_of(options.training);
    config.order = options.order;
    d_scheme = std::make_shared<Scheme>(config);
    if (d_scheme->is_capacity()) {
        throw std::invalid_argument("scheme is \"" + options.scheme
                                    + "\", expected one with a code that has symbols: "
                                      "ldpc or turbo");
    }
}

std::shared_ptr<const Scheme> scheme_holder::get() const
{
    std::lock_guard<std::mutex> lock(d_mutex);
    return d_scheme;
}

void scheme_holder::set_mcs(const std::string& mcs)
{
    auto other = std::make_shared<Scheme>(get()->with_mcs(mcs));
    std::lock_guard<std::mutex> lock(d_mutex);
    d_scheme = std::move(other);
}

} // namespace udeepsc
} // namespace gr
