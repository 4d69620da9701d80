// SPDX-License-Identifier: GPL-3.0-or-later
#include <udeepsc_core/picture.h>

#include <udeepsc_core/error.h>

#include <algorithm>
#include <cmath>

namespace udeepsc_core {

namespace {

/*! What of a row of pixels falls on one pixel of the scaled row. */
struct Footprint {
    int first;
    std::vector<float> weights; // sum 1
};

// Area averages when it gets smaller, linear interpolation when it gets larger.
std::vector<Footprint> footprints(int from, int to)
{
    const double step = static_cast<double>(from) / to;
    const double reach = std::max(1.0, step); // of the triangle that weighs the pixels
    std::vector<Footprint> all;
    for (int i = 0; i < to; ++i) {
        const double centre = (i + 0.5) * step - 0.5;
        const int first = std::max(0, static_cast<int>(std::ceil(centre - reach)));
        const int last = std::min(from - 1, static_cast<int>(std::floor(centre + reach)));
        Footprint f { first, {} };
        double sum = 0;
        for (int p = first; p <= last; ++p) {
            f.weights.push_back(
                static_cast<float>(std::max(0.0, 1.0 - std::abs(p - centre) / reach)));
            sum += f.weights.back();
        }
        for (auto& w : f.weights)
            w = static_cast<float>(w / sum);
        all.push_back(std::move(f));
    }
    return all;
}

} // namespace

Picture fit_square(const Picture& picture, int side)
{
    if (side < 1 || picture.height < 1 || picture.width < 1
        || picture.rgb.size()
            != static_cast<std::size_t>(picture.height)
                * static_cast<std::size_t>(picture.width) * 3)
        throw Error("scaling a picture: got " + std::to_string(picture.height) + "x"
                    + std::to_string(picture.width) + " to " + std::to_string(side)
                    + " pixels, expected at least one");
    const int edge = std::min(picture.height, picture.width);
    const int top = (picture.height - edge) / 2, left = (picture.width - edge) / 2;
    const auto feet = footprints(edge, side);
    // Columns first, then rows.
    std::vector<float> narrow(static_cast<std::size_t>(edge)
                              * static_cast<std::size_t>(side) * 3);
    const auto at = [&](int y, int x) {
        return picture.rgb.data()
            + (static_cast<std::size_t>(top + y) * static_cast<std::size_t>(picture.width)
               + static_cast<std::size_t>(left + x))
            * 3;
    };
    for (int y = 0; y < edge; ++y)
        for (int x = 0; x < side; ++x)
            for (int c = 0; c < 3; ++c) {
                const auto& f = feet[static_cast<std::size_t>(x)];
                float sum = 0;
                for (std::size_t k = 0; k < f.weights.size(); ++k)
                    sum += f.weights[k] * at(y, f.first + static_cast<int>(k))[c];
                narrow[(static_cast<std::size_t>(y) * static_cast<std::size_t>(side)
                        + static_cast<std::size_t>(x))
                           * 3
                       + static_cast<std::size_t>(c)]
                    = sum;
            }
    Picture out { side, side, {} };
    const auto row = static_cast<std::size_t>(side) * 3;
    out.rgb.resize(row * static_cast<std::size_t>(side));
    for (int y = 0; y < side; ++y)
        for (std::size_t x = 0; x < row; ++x) {
            const auto& f = feet[static_cast<std::size_t>(y)];
            float sum = 0;
            for (std::size_t k = 0; k < f.weights.size(); ++k)
                sum += f.weights[k]
                    * narrow[(static_cast<std::size_t>(f.first) + k) * row + x];
            out.rgb[static_cast<std::size_t>(y) * row + x]
                = static_cast<std::uint8_t>(std::lround(std::clamp(sum, 0.0f, 255.0f)));
        }
    return out;
}

} // namespace udeepsc_core
