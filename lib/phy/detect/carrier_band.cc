// SPDX-License-Identifier: GPL-3.0-or-later
#include "carrier_band.h"

#include "math/constants.h"
#include "math/turn_samples.h"

#include <algorithm>
#include <cmath>

namespace udeepsc_phy {
namespace detail {

namespace {

//! Cycles a symbol to either side up to which one band with all symbols added up in phase
//! is quick enough.
constexpr double NARROW = 0.03;

//! Of one band of a wide search: segments of 4 symbols lose 0.4 dB at its edge.
constexpr double WIDEST_BAND = 0.04;

//! Symbols of a section in a wide search.
constexpr std::size_t SECTION = 32;

} // namespace

CarrierSearch::CarrierSearch(const FrameProfile& profile)
{
    if (profile.max_cfo <= NARROW) {
        centres = { 0.0 };
        half_width = profile.max_cfo;
        return;
    }
    const auto bands = static_cast<int>(std::ceil(profile.max_cfo / WIDEST_BAND - 1e-9));
    half_width = profile.max_cfo / bands;
    for (int i = 0; i < bands; i++) {
        centres.push_back((2 * i + 1 - bands) * half_width);
    }
    sections = std::max<std::size_t>(1, profile.preamble_symbols / SECTION);
}

CarrierBand::CarrierBand(const FrameProfile& profile,
                         const CarrierSearch& search,
                         double centre,
                         unsigned phases,
                         double threshold)
    : d_centre(centre)
    , d_turn(-2.0 * PI * centre / profile.samples_per_symbol)
    , d_filter(profile, phases)
    , d_scanner(
          profile.preamble_symbols, phases, search.half_width, search.sections, threshold)
{ }

void CarrierBand::reset(std::int64_t first)
{
    d_re.clear();
    d_im.clear();
    d_first = first;
}

void CarrierBand::append(const std::complex<float>* samples, std::size_t n)
{
    const std::size_t old = d_re.size();
    if (d_turn != 0.0) {
        const std::size_t length = (n - 1) * stride() + 2 * half() + 1;
        const double first = double(end()) * double(stride()) - double(half());
        d_turned.assign(samples, samples + length);
        turn_samples(d_turned.data(), length, d_turn, first);
        samples = d_turned.data();
    }
    d_re.resize(old + n);
    d_im.resize(old + n);
    d_filter.apply(samples, n, d_re.data() + old, d_im.data() + old);
}

void CarrierBand::drop_before(std::int64_t first)
{
    d_re.erase(d_re.begin(), d_re.begin() + (first - d_first));
    d_im.erase(d_im.begin(), d_im.begin() + (first - d_first));
    d_first = first;
}

void CarrierBand::cut(std::int64_t end)
{
    d_re.resize(static_cast<std::size_t>(end - d_first));
    d_im.resize(static_cast<std::size_t>(end - d_first));
}

const std::vector<PreambleScanner::Found>&
CarrierBand::scan(std::int64_t first, std::size_t n, std::size_t end)
{
    const auto at = static_cast<std::size_t>(first - d_first);
    d_found = d_scanner.scan(d_re.data() + at, d_im.data() + at, n, end);
    for (auto& found : d_found) {
        found.fit.cfo += d_centre;
    }
    return d_found;
}

} // namespace detail
} // namespace udeepsc_phy
