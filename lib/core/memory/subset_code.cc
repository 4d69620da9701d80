// SPDX-License-Identifier: GPL-3.0-or-later
// How many elements of a frame are sent, and a code for which.
#include <udeepsc_core/element_masks.h>
#include <udeepsc_core/error.h>

#include <algorithm>
#include <cmath>

namespace udeepsc_core {
namespace {

// n over k; 64 over 32 just fits. Each step divides without rest before it multiplies.
std::uint64_t subsets(int n, int k)
{
    if (k < 0 || k > n)
        return 0;
    unsigned __int128 count = 1;
    for (int i = 1; i <= std::min(k, n - k); ++i)
        count = count * static_cast<unsigned>(n + 1 - i) / static_cast<unsigned>(i);
    return static_cast<std::uint64_t>(count);
}

void check_sizes(int elements, int kept)
{
    if (elements < 1 || elements > MOST_ELEMENTS || kept < 0 || kept > elements)
        throw Error("mask: " + std::to_string(kept) + " of " + std::to_string(elements)
                    + " elements, expected at most " + std::to_string(MOST_ELEMENTS));
}

double capacity(double snr_db)
{
    return std::log2(1 + std::pow(10.0, snr_db / 10));
}

} // namespace

int elements_at(double snr_db, int elements, double least_snr_db)
{
    if (!std::isfinite(snr_db) || !std::isfinite(least_snr_db) || elements < 1)
        throw Error("mask: expected finite Es/N0 and one element or more");
    const double enough = elements * capacity(least_snr_db) / capacity(snr_db);
    return std::clamp(
        static_cast<int>(std::ceil(std::min<double>(enough, elements))), 1, elements);
}

int subset_bits(int elements, int kept)
{
    check_sizes(elements, kept);
    const auto count = subsets(elements, kept);
    int bits = 0;
    while (bits < 64 && (count - 1) >> bits)
        ++bits;
    return bits;
}

// Subsets that begin as this one and go on with a smaller element come before it.
std::uint64_t subset_number(const std::vector<int>& kept, int elements)
{
    check_sizes(elements, static_cast<int>(kept.size()));
    std::uint64_t number = 0;
    int before = -1, left = static_cast<int>(kept.size());
    for (const int element : kept) {
        if (element <= before || element >= elements)
            throw Error("mask: element " + std::to_string(element) + " after "
                        + std::to_string(before) + ", expected rising ones below "
                        + std::to_string(elements));
        --left;
        for (int smaller = before + 1; smaller < element; ++smaller)
            number += subsets(elements - 1 - smaller, left);
        before = element;
    }
    return number;
}

std::vector<int> subset_of_number(std::uint64_t number, int elements, int kept)
{
    check_sizes(elements, kept);
    if (number >= subsets(elements, kept))
        throw Error("mask: there is no subset " + std::to_string(number) + " of "
                    + std::to_string(kept) + " of " + std::to_string(elements)
                    + " elements");
    std::vector<int> subset;
    for (int element = 0; kept > 0; ++element) {
        const auto with = subsets(elements - 1 - element, kept - 1);
        if (number >= with) {
            number -= with;
            continue;
        }
        subset.push_back(element);
        --kept;
    }
    return subset;
}

} // namespace udeepsc_core
