// SPDX-License-Identifier: GPL-3.0-or-later
// What is asked of an evaluation, and what its results say together.
#include <udeepsc_core/error.h>
#include <udeepsc_core/evaluator.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <set>

namespace udeepsc_core {

namespace {

void one_of(const std::string& field,
            const std::string& value,
            const std::set<std::string>& known)
{
    if (known.count(value))
        return;
    std::string list;
    for (const auto& k : known)
        list += (list.empty() ? "" : ", ") + k;
    throw Error("evaluation: " + field + " is \"" + value + "\", expected one of "
                + list);
}

Estimate mean_difference(const std::vector<double>& a, const std::vector<double>& b)
{
    if (a.empty() || a.size() != b.size())
        throw Error("paired difference: got " + std::to_string(a.size()) + " and "
                    + std::to_string(b.size())
                    + " scores of single samples, expected as many of both");
    std::vector<double> difference(a.size());
    std::transform(a.begin(), a.end(), b.begin(), difference.begin(), std::minus<>());
    return mean(difference);
}

} // namespace

Estimate paired_difference(const EvalResult& a, const EvalResult& b)
{
    return mean_difference(a.each, b.each);
}

Estimate
paired_difference(const EvalResult& a, const EvalResult& b, const std::string& score)
{
    const auto of = [&](const EvalResult& r) {
        const auto found = r.each_also.find(score);
        return found == r.each_also.end() ? std::vector<double>() : found->second;
    };
    return mean_difference(of(a), of(b));
}

void EvalOptions::validate() const
{
    one_of("split", split, { "test", "val", "train", "unseen" });
    if (!link)
        one_of("channel", channel, { "awgn", "rayleigh", "rician", "none" });
    one_of("decode", decode, { "hard", "soft", "analog" });
    one_of("selection", selection, { "fsm", "random" });
    one_of("mask", mask, { "none", "learnt", "order", "theory", "random" });
    if (mask_symbols < 0 || !(std::abs(mask_least_snr_db) <= 100))
        throw Error("evaluation: mask_symbols is " + std::to_string(mask_symbols)
                    + ", mask_least_snr_db " + std::to_string(mask_least_snr_db)
                    + ", expected 0 or more, and -100 to 100 dB");
    if (!(std::abs(k_factor_db) <= 100))
        throw Error("evaluation: k_factor_db is " + std::to_string(k_factor_db)
                    + ", expected -100 to 100 dB");
    if (!(least_probability >= 0 && least_probability <= 1))
        throw Error("evaluation: least_probability is "
                    + std::to_string(least_probability) + ", expected 0 to 1");
    if (!(lose >= 0 && lose <= 1))
        throw Error("evaluation: lose is " + std::to_string(lose)
                    + ", expected a share from 0 to 1");
    one_of("replaced_by", replaced_by, { "noise", "other", "lost" });
    if (replaced_layer < 0)
        throw Error("evaluation: replaced_layer is " + std::to_string(replaced_layer)
                    + ", expected a layer from 1, or 0 for none");
    for (std::size_t l = 0; l < protection.size(); ++l)
        protection[l].validate("evaluation: protection of layer "
                               + std::to_string(l + 1));
    if (symbols < 0 || limit < 0 || batch < 1)
        throw Error(
            "evaluation: symbols and limit may not be negative, batch is at least 1");
}

} // namespace udeepsc_core
