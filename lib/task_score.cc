// SPDX-License-Identifier: GPL-3.0-or-later
#include "task_score.h"

#include <udeepsc_core/metrics.h>
#include <udeepsc_core/text.h>
#include <cmath>
#include <limits>

namespace gr {
namespace udeepsc {
namespace {

constexpr double NOT_KNOWN = std::numeric_limits<double>::quiet_NaN();
constexpr int NO_INTERVAL = 0; // bootstrap samples

double picture_score(const received_result& result, const pmt::pmt_t& reference)
{
    if (!pmt::is_u8vector(reference) || pmt::length(reference) != result.picture.size()) {
        return NOT_KNOWN;
    }
    return udeepsc_core::psnr_db(result.picture, pmt::u8vector_elements(reference));
}

double label_score(received_result& result, const pmt::pmt_t& reference)
{
    if (pmt::is_symbol(reference)) {
        result.reference = pmt::symbol_to_string(reference);
        return result.reference == result.class_name ? 1 : 0;
    }
    if (pmt::is_integer(reference)) {
        const long label = pmt::to_long(reference);
        result.reference = std::to_string(label);
        return label == result.label ? 1 : 0;
    }
    return NOT_KNOWN;
}

} // namespace

double task_score::add(received_result& result, const pmt::pmt_t& reference)
{
    double score = NOT_KNOWN;
    if (result.output == "picture") {
        score = picture_score(result, reference);
    } else if (result.output == "sentence") {
        score = add_sentence(result, reference);
    } else {
        score = label_score(result, reference);
    }
    d_count++;
    if (!std::isnan(score)) {
        d_scored++;
        d_sum += score;
    }
    return score;
}

double task_score::add_sentence(received_result& result, const pmt::pmt_t& reference)
{
    if (pmt::is_symbol(reference)) {
        result.reference = pmt::symbol_to_string(reference);
    } else if (pmt::is_u8vector(reference)) {
        const auto bytes = pmt::u8vector_elements(reference);
        result.reference.assign(bytes.begin(), bytes.end());
    } else {
        return NOT_KNOWN;
    }
    // The model speaks in the convention of its corpus: lower case, punctuation apart.
    const std::string truth = udeepsc_core::normalize_sentence(result.reference);
    const std::string got = udeepsc_core::normalize_sentence(result.sentence);
    d_reference.push_back(truth);
    d_received.push_back(got);
    if (d_received.size() > s_corpus_limit) {
        d_reference.pop_front();
        d_received.pop_front();
    }
    return udeepsc_core::bleu({ got }, { truth }, NO_INTERVAL).bleu4.value;
}

udeepsc_core::Bleu task_score::corpus_bleu() const
{
    return udeepsc_core::bleu({ d_received.begin(), d_received.end() },
                              { d_reference.begin(), d_reference.end() },
                              NO_INTERVAL);
}

double task_score::corpus_score() const
{
    return d_received.empty() ? mean_of_scores() : corpus_bleu().bleu4.value;
}

double task_score::bleu1() const
{
    return d_received.empty() ? NOT_KNOWN : corpus_bleu().bleu1.value;
}

double task_score::mean_of_scores() const
{
    return d_scored == 0 ? NOT_KNOWN : d_sum / d_scored;
}

} // namespace udeepsc
} // namespace gr
