// SPDX-License-Identifier: GPL-3.0-or-later
#include "task_score.h"

#include <cmath>
#include <limits>

namespace gr {
namespace udeepsc {
namespace {

constexpr double NOT_KNOWN = std::numeric_limits<double>::quiet_NaN();

// What a PDU's reference says, as a sample to compare with.
udeepsc_core::Sample sample_of(received_result& result, const pmt::pmt_t& reference)
{
    udeepsc_core::Sample sample;
    if (pmt::is_u8vector(reference)) {
        auto& sent = sample.inputs["sent"];
        sent.bytes = pmt::u8vector_elements(reference);
    } else if (pmt::is_symbol(reference)) {
        result.reference = pmt::symbol_to_string(reference);
        // A class is told by its name, whose number only the model knows.
        const bool right = result.reference == result.class_name;
        sample.target.label = right ? result.label : std::numeric_limits<int>::max();
        sample.inputs["sent"] = udeepsc_core::SourceSample::text(result.reference);
    } else if (pmt::is_integer(reference)) {
        sample.target.label = static_cast<int>(pmt::to_long(reference));
        sample.target.score = sample.target.label;
        result.reference = std::to_string(sample.target.label);
    } else if (pmt::is_real(reference)) {
        sample.target.score = pmt::to_double(reference);
        result.reference = std::to_string(sample.target.score);
    }
    return sample;
}

udeepsc_core::TaskResult task_result_of(const received_result& result)
{
    udeepsc_core::TaskResult own;
    own.task = result.task;
    own.label = result.label;
    own.probabilities = result.probabilities;
    own.picture = result.picture;
    own.height = result.height;
    own.width = result.width;
    own.sentence = result.sentence;
    own.score = result.value;
    return own;
}

} // namespace

double task_score::add(received_result& result, const pmt::pmt_t& reference)
{
    d_count++;
    d_output = result.output;
    const auto& kind = udeepsc_core::result_kind(result.output);
    auto own = task_result_of(result);
    auto sent = sample_of(result, reference);
    const auto score = kind.sample_score(own, sent);
    if (!score) {
        return NOT_KNOWN;
    }
    d_scored++;
    d_sum += *score;
    if (kind.is_of_corpus()) {
        result.reference = sent.inputs.begin()->second.utf8();
        d_corpus.push_back({ std::move(own), std::move(sent) });
        if (d_corpus.size() > s_corpus_limit) {
            d_corpus.pop_front();
        }
    }
    return *score;
}

udeepsc_core::TaskScore task_score::score_corpus() const
{
    const auto scorer = udeepsc_core::result_kind(d_output).scorer();
    for (const auto& one : d_corpus) {
        scorer->add(one.result, one.sent);
    }
    return scorer->score();
}

double task_score::corpus_score() const
{
    return d_corpus.empty() ? mean_of_scores() : score_corpus().main.value;
}

double task_score::bleu1() const
{
    if (d_corpus.empty()) {
        return NOT_KNOWN;
    }
    const auto also = score_corpus().also;
    const auto found = also.find("bleu1");
    return found == also.end() ? NOT_KNOWN : found->second;
}

double task_score::mean_of_scores() const
{
    return d_scored == 0 ? NOT_KNOWN : d_sum / d_scored;
}

} // namespace udeepsc
} // namespace gr
