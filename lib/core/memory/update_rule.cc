// SPDX-License-Identifier: GPL-3.0-or-later
// How much each entry is worth keeping.
#include "context_state.h"

#include <udeepsc_core/error.h>

#include <algorithm>
#include <cmath>

namespace udeepsc_core {
namespace {

// In 16 sums, which a compiler keeps in vector registers without reordering a sum.
double dot(const float* a, const float* b, std::size_t count)
{
    constexpr std::size_t LANES = 16;
    float sums[LANES] = {};
    std::size_t i = 0;
    for (; i + LANES <= count; i += LANES) {
        for (std::size_t k = 0; k < LANES; ++k)
            sums[k] += a[i + k] * b[i + k];
    }
    double sum = 0;
    for (const float s : sums)
        sum += s;
    for (; i < count; ++i)
        sum += a[i] * b[i];
    return sum;
}

// Least 0, most 1; where all are equal, all are 1.
void stretch(std::vector<double>& values)
{
    const auto [least, most] = std::minmax_element(values.begin(), values.end());
    const double low = *least, range = *most - *least;
    for (double& value : values)
        value = range > 0 ? (value - low) / range : 1;
}

std::vector<double> by_order(const ContextSlots& slots)
{
    std::vector<double> keep(slots.size());
    for (std::size_t i = 0; i < slots.size(); ++i)
        keep[i] = static_cast<double>(i);
    stretch(keep);
    return keep;
}

std::vector<double> by_freshness(const ContextSlots& slots,
                                 const std::map<std::string, double>& deadline_s,
                                 double now)
{
    double oldest = 0;
    for (const auto& slot : slots)
        oldest = std::max(oldest, now - slot.entry->time);
    std::vector<double> keep;
    for (const auto& slot : slots) {
        const double age = std::max(0.0, now - slot.entry->time);
        const auto found = deadline_s.find(slot.entry->task);
        const double limit = found == deadline_s.end() ? oldest : found->second;
        keep.push_back(limit > 0 ? std::max(0.0, 1 - age / limit) : 1);
    }
    return keep;
}

std::vector<double> by_value(const ContextSlots& slots)
{
    std::vector<double> keep;
    for (const auto& slot : slots)
        keep.push_back(slot.value);
    stretch(keep);
    return keep;
}

// Entries that can be compared, and the sum of their directions.
struct Group {
    std::vector<float> sum;
    int count = 0;
};

std::string group_of(const ContextSlot& slot)
{
    const auto& entry = *slot.entry;
    const std::string kind
        = entry.embedding.empty() ? entry.task + '\n' + entry.block.modality : "";
    return kind + '\n' + std::to_string(slot.direction.size());
}

// The mean cosine with the others is one product with the sum of all: linear in the
// entries, where all pairs would be quadratic.
std::vector<double> by_relevance(const ContextSlots& slots)
{
    std::map<std::string, Group> groups;
    std::vector<Group*> of_slot;
    for (const auto& slot : slots) {
        Group& group = groups[group_of(slot)];
        group.sum.resize(slot.direction.size());
        for (std::size_t k = 0; k < slot.direction.size(); ++k)
            group.sum[k] += slot.direction[k];
        ++group.count;
        of_slot.push_back(&group);
    }
    std::vector<double> relevance;
    for (std::size_t i = 0; i < slots.size(); ++i) {
        const auto& direction = slots[i].direction;
        const Group& group = *of_slot[i];
        if (group.count < 2)
            continue;
        const double own = dot(direction.data(), direction.data(), direction.size());
        const double all = dot(direction.data(), group.sum.data(), direction.size());
        relevance.push_back((all - own) / (group.count - 1));
    }
    if (!relevance.empty())
        stretch(relevance);
    std::vector<double> keep;
    std::size_t next = 0;
    for (std::size_t i = 0; i < slots.size(); ++i)
        keep.push_back(of_slot[i]->count < 2 ? 1 : relevance[next++]);
    return keep;
}

void add_weighted(std::vector<double>& scores,
                  double weight,
                  const std::vector<double>& keep)
{
    for (std::size_t i = 0; i < scores.size(); ++i)
        scores[i] += weight * keep[i];
}

} // namespace

UpdateRule UpdateRule::named(const std::string& name)
{
    if (name == "fifo")
        return { 1, 0, 0, 0 };
    if (name == "freshness")
        return { 0, 1, 0, 0 };
    if (name == "value")
        return { 0, 0, 1, 0 };
    if (name == "correlation")
        return { 0, 0, 0, 1 };
    if (name == "joint")
        return { 0.25, 0.25, 0.25, 0.25 };
    throw Error("update rule \"" + name
                + "\" is none of fifo, freshness, value, correlation, joint");
}

void UpdateRule::validate() const
{
    const std::pair<const char*, double> weights[] = { { "fifo", fifo },
                                                       { "freshness", freshness },
                                                       { "value", value },
                                                       { "correlation", correlation } };
    double sum = 0;
    for (const auto& weight : weights) {
        if (!std::isfinite(weight.second) || weight.second < 0)
            throw Error(std::string("update rule: weight of ") + weight.first + " is "
                        + std::to_string(weight.second) + ", expected 0 or more");
        sum += weight.second;
    }
    if (sum <= 0)
        throw Error("update rule: all weights are 0, expected one that is more");
}

void describe(ContextSlot& slot)
{
    const auto& entry = *slot.entry;
    const auto& features = entry.block.features;
    slot.norm = std::sqrt(
        dot(features.data.data(), features.data.data(), features.data.size()));
    slot.direction = entry.embedding;
    if (slot.direction.empty()) {
        const auto cols = static_cast<std::size_t>(features.cols);
        slot.direction.resize(cols);
        for (std::size_t i = 0; i < features.data.size(); i += cols)
            for (std::size_t k = 0; k < cols; ++k)
                slot.direction[k] += features.data[i + k];
    }
    const auto& d = slot.direction;
    const double length = std::sqrt(dot(d.data(), d.data(), d.size()));
    for (float& x : slot.direction)
        x = length > 0 ? static_cast<float>(x / length) : 0;
}

double likeness(const ContextSlot& a, const ContextSlot& b)
{
    const auto& left = *a.entry;
    const auto& right = *b.entry;
    const auto& x = left.block.features;
    const auto& y = right.block.features;
    if (left.block.modality != right.block.modality || left.task != right.task
        || x.rows != y.rows || x.cols != y.cols
        || left.block.positions != right.block.positions
        || left.block.layer != right.block.layer || a.norm == 0 || b.norm == 0)
        return -1;
    return dot(x.data.data(), y.data.data(), x.data.size()) / (a.norm * b.norm);
}

std::vector<double>
scores_of(const ContextSlots& slots, const ContextStoreOptions& options, double now)
{
    std::vector<double> scores(slots.size());
    if (slots.empty())
        return scores;
    const UpdateRule& rule = options.rule;
    if (rule.fifo > 0)
        add_weighted(scores, rule.fifo, by_order(slots));
    if (rule.freshness > 0)
        add_weighted(
            scores, rule.freshness, by_freshness(slots, options.deadline_s, now));
    if (rule.value > 0)
        add_weighted(scores, rule.value, by_value(slots));
    if (rule.correlation > 0)
        add_weighted(scores, rule.correlation, by_relevance(slots));
    return scores;
}

} // namespace udeepsc_core
