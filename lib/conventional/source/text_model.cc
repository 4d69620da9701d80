// SPDX-License-Identifier: GPL-3.0-or-later
#include "text_model.h"

#include <algorithm>

namespace udeepsc_conventional {

namespace {
constexpr std::uint64_t ONE = std::uint64_t { 1 } << 24; //!< probability 1
} // namespace

// The last characters, at most 6, and how many; in front of the text are zeros.
std::uint64_t TextModel::key(const std::string& before, int order)
{
    std::uint64_t key = static_cast<std::uint64_t>(order) + 1;
    for (int i = order; i >= 1; --i) {
        const auto back = static_cast<std::size_t>(i);
        key = key << 8
            | (back <= before.size()
                   ? static_cast<unsigned char>(before[before.size() - back])
                   : 0u);
    }
    return key;
}

TextModel::TextModel(const std::vector<std::string>& training, int order)
    : d_order(order)
{
    std::string before;
    for (const auto& text : training) {
        before.clear();
        for (std::size_t i = 0; i <= text.size(); ++i) {
            const auto symbol = static_cast<std::uint8_t>(i < text.size() ? text[i] : 0);
            for (int k = 0; k <= d_order; ++k) {
                auto& context = d_contexts[key(before, k)];
                ++context.count;
                const auto found
                    = std::find_if(context.seen.begin(),
                                   context.seen.end(),
                                   [&](const auto& s) { return s.first == symbol; });
                if (found == context.seen.end())
                    context.seen.push_back({ symbol, 1 });
                else
                    ++found->second;
            }
            if (before.size() > 6)
                before.erase(0, 1);
            before.push_back(static_cast<char>(symbol));
        }
    }
}

std::array<std::uint32_t, SYMBOLS> TextModel::frequencies(const std::string& before) const
{
    std::array<std::uint64_t, SYMBOLS> probability;
    probability.fill(ONE / SYMBOLS);
    for (int k = 0; k <= d_order; ++k) {
        const auto found = d_contexts.find(key(before, k));
        if (found == d_contexts.end())
            break; // longer contexts were not seen either
        const auto& context = found->second;
        const std::uint64_t distinct = context.seen.size(),
                            total = context.count + distinct;
        for (auto& p : probability)
            p = p * distinct / total;
        for (const auto& [symbol, count] : context.seen)
            probability[symbol] += ONE * count / total;
    }
    std::array<std::uint32_t, SYMBOLS> frequency;
    std::uint32_t sum = 0;
    for (std::size_t s = 0; s < SYMBOLS; ++s) {
        frequency[s]
            = 1 + static_cast<std::uint32_t>(probability[s] * (TOTAL - SYMBOLS) / ONE);
        sum += frequency[s];
    }
    // What rounding down left over goes to the most probable.
    *std::max_element(frequency.begin(), frequency.end()) += TOTAL - sum;
    return frequency;
}

} // namespace udeepsc_conventional
