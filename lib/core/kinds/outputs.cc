// SPDX-License-Identifier: GPL-3.0-or-later
// The table of output kinds.
#include "kinds_of_output.h"

#include <udeepsc_core/error.h>

namespace udeepsc_core {

namespace {

// In the order in which they are listed.
const std::vector<std::pair<std::string, std::shared_ptr<Output> (*)()>> s_kinds = {
    { "label", make_label_output },
    { "picture", make_picture_output },
    { "layered_picture", make_layered_picture_output },
    { "sentence", make_sentence_output },
    { "score", make_score_output },
};

} // namespace

std::vector<std::string> output_kinds()
{
    std::vector<std::string> names;
    for (const auto& kind : s_kinds)
        names.push_back(kind.first);
    return names;
}

std::shared_ptr<Output> make_output(const std::string& kind)
{
    std::string known;
    for (const auto& one : s_kinds) {
        if (one.first == kind)
            return one.second();
        known += (known.empty() ? "" : ", ") + one.first;
    }
    throw Error("unknown kind of output \"" + kind + "\", expected one of " + known);
}

const ResultKind& result_kind(const std::string& name)
{
    static const auto made = [] {
        std::map<std::string, std::shared_ptr<Output>> all;
        for (const auto& kind : s_kinds)
            all[kind.first] = kind.second();
        return all;
    }();
    const auto found = made.find(name);
    if (found == made.end())
        make_output(name); // whose Error names the kinds there are
    return *found->second;
}

} // namespace udeepsc_core
