// SPDX-License-Identifier: GPL-3.0-or-later
#include "frame_batch.h"

#include <algorithm>

namespace gr {
namespace udeepsc {
namespace {

using udeepsc_phy::Payload;
using udeepsc_phy::PayloadHeader;

// Whether one description serves both: they differ in number and positions alone.
bool of_one_form(const PayloadHeader& a, const PayloadHeader& b)
{
    PayloadHeader other = b;
    other.frame_id = a.frame_id;
    other.positions = a.positions;
    return a == other;
}

} // namespace

std::vector<PayloadHeader> headers_of(const std::vector<Payload>& payloads)
{
    std::vector<PayloadHeader> all;
    for (const Payload& payload : payloads) {
        all.push_back(payload.header);
    }
    return all;
}

std::size_t frame_batch::symbols() const
{
    std::size_t total = 0;
    for (const Payload& payload : payloads) {
        total += payload.symbols.size() * payload.header.repetitions;
    }
    return total;
}

namespace {

// Place of a payload among samples.
struct place {
    std::size_t sample, payload;
};

/*
 * The payloads of the first samples, those of one form together: each form where it first
 * appears.
 */
std::vector<place> ordered(const std::deque<frame_sample>& samples, std::size_t count)
{
    std::vector<std::vector<place>> forms;
    for (std::size_t i = 0; i < count; i++) {
        for (std::size_t k = 0; k < samples[i].payloads.size(); k++) {
            const auto& header = samples[i].payloads[k].header;
            auto form = std::find_if(forms.begin(), forms.end(), [&](const auto& places) {
                const place& first = places.front();
                return of_one_form(samples[first.sample].payloads[first.payload].header,
                                   header);
            });
            if (form == forms.end()) {
                form = forms.emplace(forms.end());
            }
            form->push_back({ i, k });
        }
    }
    std::vector<place> all;
    for (const auto& places : forms) {
        all.insert(all.end(), places.begin(), places.end());
    }
    return all;
}

bool fits(const std::deque<frame_sample>& samples, std::size_t count)
{
    std::vector<PayloadHeader> headers;
    for (const place& at : ordered(samples, count)) {
        headers.push_back(samples[at.sample].payloads[at.payload].header);
    }
    return samples.front().framer->fits(headers);
}

} // namespace

frame_batch make_batch(const std::deque<frame_sample>& samples, std::size_t count)
{
    frame_batch batch;
    for (const place& at : ordered(samples, count)) {
        batch.payloads.push_back(samples[at.sample].payloads[at.payload]);
        batch.keys.push_back(samples[at.sample].keys);
    }
    return batch;
}

std::size_t samples_that_fill(const std::deque<frame_sample>& samples,
                              std::size_t max_symbols)
{
    if (samples.empty()) {
        return 0;
    }
    const frame_sample& first = samples.front();
    const std::size_t most = first.framer->profile().max_payloads;
    std::size_t symbols = 0, payloads = 0, count = 0;
    bool full = false;
    for (; count < samples.size() && !full; count++) {
        const frame_sample& next = samples[count];
        for (const Payload& payload : next.payloads) {
            symbols += payload.symbols.size() * payload.header.repetitions;
            payloads++;
        }
        const bool another_frame = next.framer != first.framer
            || next.payloads.front().header.model != first.payloads.front().header.model
            || symbols > max_symbols || payloads > most;
        full = another_frame || symbols == max_symbols || payloads == most;
        if (count > 0 && another_frame) {
            break;
        }
    }
    // What their description cannot tell: seldom, so one by one.
    while (count > 1 && !fits(samples, count)) {
        count--;
        full = true;
    }
    return full ? count : 0;
}

} // namespace udeepsc
} // namespace gr
