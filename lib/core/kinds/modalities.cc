// SPDX-License-Identifier: GPL-3.0-or-later
// The table of modality kinds, and what kinds share.
#include "image_modality.h"
#include "speech_modality.h"
#include "text_modality.h"
#include "vectors_modality.h"

#include <udeepsc_core/error.h>

#include <algorithm>
#include <filesystem>
#include <functional>

namespace udeepsc_core {

namespace {

template <class Kind> std::shared_ptr<Modality> make()
{
    return std::make_shared<Kind>();
}

// In the order in which they are listed.
const std::vector<std::pair<std::string, std::shared_ptr<Modality> (*)()>> s_kinds = {
    { "image", make<ImageModality> },
    { "text", make<TextModality> },
    { "vectors", make<VectorsModality> },
    { "speech", make<SpeechModality> },
};

} // namespace

std::vector<std::string> modality_kinds()
{
    std::vector<std::string> names;
    for (const auto& kind : s_kinds)
        names.push_back(kind.first);
    return names;
}

std::shared_ptr<Modality> make_modality(const std::string& kind)
{
    std::string known;
    for (const auto& one : s_kinds) {
        if (one.first == kind)
            return one.second();
        known += (known.empty() ? "" : ", ") + one.first;
    }
    throw Error("unknown kind of modality \"" + kind + "\", expected one of " + known
                + "; a modality of another name needs a field \"kind\"");
}

SourceSample Modality::read_cell(const std::string& cell, const std::string& folder) const
{
    return read_file((std::filesystem::path(folder) / cell).string());
}

ModalityBatch padded(const std::vector<torch::Tensor>& samples)
{
    std::int64_t longest = 0, shortest = std::numeric_limits<std::int64_t>::max();
    for (const auto& s : samples) {
        longest = std::max(longest, s.size(0));
        shortest = std::min(shortest, s.size(0));
    }
    if (shortest == longest)
        return stacked(samples);
    auto shape = samples[0].sizes().vec();
    shape[0] = longest;
    shape.insert(shape.begin(), static_cast<std::int64_t>(samples.size()));
    auto input = torch::zeros(shape, samples[0].options());
    auto valid = torch::zeros({ shape[0], longest });
    for (std::size_t i = 0; i < samples.size(); ++i) {
        const auto n = samples[i].size(0);
        input[static_cast<std::int64_t>(i)].narrow(0, 0, n).copy_(samples[i]);
        valid[static_cast<std::int64_t>(i)].narrow(0, 0, n).fill_(1.0);
    }
    return { "", input, valid };
}

} // namespace udeepsc_core
