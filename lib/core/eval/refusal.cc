// SPDX-License-Identifier: GPL-3.0-or-later
#include "refusal.h"

#include <udeepsc_core/error.h>

#include <algorithm>

namespace udeepsc_core {

namespace {
constexpr const char* UNKNOWN = "unknown";
}

Refusal::Refusal(const std::vector<std::string>& classes, double least)
    : d_least(least)
{
    const auto found = std::find(classes.begin(), classes.end(), UNKNOWN);
    d_unknown = found == classes.end() ? -1 : static_cast<int>(found - classes.begin());
    if (least > 0 && d_unknown < 0)
        throw Error("evaluation: the task has no class \"unknown\", which an answer of "
                    "less than the least probability could be");
}

void Refusal::apply(TaskResult& result, const Sample& sent)
{
    if (d_unknown < 0)
        return;
    const auto label = static_cast<std::size_t>(std::max(0, result.label));
    if (label < result.probabilities.size() && result.probabilities[label] < d_least)
        result.label = d_unknown;
    if (sent.target.label == d_unknown) {
        ++d_strange;
        d_strange_refused += result.label == d_unknown;
    } else {
        ++d_known;
        d_known_right += result.label == sent.target.label;
    }
}

void Refusal::write(std::map<std::string, double>& also) const
{
    if (d_strange > 0)
        also["unknown_refused"] = d_strange_refused / d_strange;
    if (d_unknown >= 0 && d_known > 0)
        also["known_right"] = d_known_right / d_known;
}

} // namespace udeepsc_core
