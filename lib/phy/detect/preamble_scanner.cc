// SPDX-License-Identifier: GPL-3.0-or-later
#include "preamble_scanner.h"

#include "frame/reference_symbols.h"

#include <algorithm>
#include <cmath>

namespace udeepsc_phy {
namespace detail {

namespace {

/*!
 * The coarse search loses at most 2.3 dB between its grid points: 1.0 in time, 0.9 in
 * carrier offset, 0.4 in the segments.
 */
constexpr double COARSE_LOSS = 0.59;

//! Loss at the candidate itself, after the climb in carrier offset alone.
constexpr double POSITION_LOSS = 0.7;

//! Of noise, how often one position and offset of a search in sections is looked at
//! closely, times L: a look costs as much as the preamble has symbols. What the others
//! lose is told in docs/over-the-air.md.
constexpr double LOOKS = 0.05;

//! Candidates of a scan that are fitted, the best ones: what an interferer costs.
constexpr std::size_t MAX_CANDIDATES = 32;

/*!
 * The ratio of Q sections over L symbols that noise exceeds once in L / LOOKS times. L
 * times it is the sum of Q exponential variables: P(sum > x) = e^-x sum_{q < Q} x^q / q!.
 */
double ratio_of_noise(std::size_t symbols, std::size_t sections)
{
    const auto exceeded = [sections](double x) {
        double term = std::exp(-x), sum = 0.0;
        for (std::size_t q = 0; q < sections; q++) {
            sum += term;
            term *= x / double(q + 1);
        }
        return sum;
    };
    double low = 0.0, high = 100.0;
    for (int i = 0; i < 50; i++) {
        const double middle = 0.5 * (low + high);
        (exceeded(middle) > LOOKS / double(symbols) ? low : high) = middle;
    }
    return high / double(symbols);
}

} // namespace

PreambleScanner::PreambleScanner(unsigned preamble_symbols,
                                 unsigned phases,
                                 double max_cfo,
                                 std::size_t sections,
                                 double threshold)
    : d_threshold(threshold)
    , d_min_ratio(sections > 1 ? ratio_of_noise(preamble_symbols, sections)
                               : COARSE_LOSS * threshold)
    , d_bank(preamble_signs(preamble_symbols), phases, max_cfo, sections)
    , d_fitter(preamble_signs(preamble_symbols), phases, max_cfo)
{ }

const std::vector<PreambleScanner::Found>&
PreambleScanner::scan(const float* re, const float* im, std::size_t n, std::size_t end)
{
    d_ratio.resize(n);
    d_bank.ratios(re, im, n, d_ratio.data());
    find_candidates(n);
    d_found.clear();
    for (std::size_t candidate : d_candidates) {
        if (candidate < end) {
            fit_candidate(re, im, candidate);
        }
    }
    return d_found;
}

//! The best local maxima of the ratio, in order of time.
void PreambleScanner::find_candidates(std::size_t n)
{
    const auto& ratio = d_ratio;
    const auto min_ratio = static_cast<float>(d_min_ratio);
    d_candidates.clear();
    for (std::size_t i = 0; i < n; i++) {
        if (ratio[i] > min_ratio && (i == 0 || ratio[i] >= ratio[i - 1])
            && (i + 1 == n || ratio[i] > ratio[i + 1])) {
            d_candidates.push_back(i);
        }
    }
    if (d_candidates.size() > MAX_CANDIDATES) {
        std::nth_element(d_candidates.begin(),
                         d_candidates.begin() + MAX_CANDIDATES,
                         d_candidates.end(),
                         [&ratio](std::size_t a, std::size_t b) {
                             return ratio[a] > ratio[b]
                                 || (ratio[a] == ratio[b] && a < b);
                         });
        d_candidates.resize(MAX_CANDIDATES);
        std::sort(d_candidates.begin(), d_candidates.end());
    }
}

void PreambleScanner::fit_candidate(const float* re,
                                    const float* im,
                                    std::size_t candidate)
{
    const auto first
        = static_cast<std::ptrdiff_t>(candidate) - static_cast<std::ptrdiff_t>(MARGIN);
    d_window.resize(d_bank.reach() + 1 + 2 * MARGIN);
    for (std::size_t i = 0; i < d_window.size(); i++) {
        const auto at = first + static_cast<std::ptrdiff_t>(i);
        d_window[i] = { re[at], im[at] };
    }
    const auto fit = d_fitter.fit(d_window.data() + MARGIN, POSITION_LOSS * d_threshold);
    if (fit.rho > d_threshold) {
        d_found.push_back({ candidate, fit });
    }
}

} // namespace detail
} // namespace udeepsc_phy
