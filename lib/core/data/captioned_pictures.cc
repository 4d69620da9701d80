// SPDX-License-Identifier: GPL-3.0-or-later
#include "shape_pictures.h"

#include <udeepsc_core/shared_space.h>

namespace udeepsc_core {

namespace {

constexpr int MOST = 3; // shapes

} // namespace

// Shapes are named in the order of their kinds and colours: which of them stands where is
// not said.
CaptionedPicture captioned_picture(int side, std::uint64_t seed)
{
    std::mt19937_64 random(seed * 0x9e3779b97f4a7c15ull + 5);
    std::vector<DrawnShape> shapes(
        static_cast<std::size_t>(draw_number(random, 1, MOST)));
    for (auto& s : shapes) {
        s.kind = draw_number(random, 0, static_cast<int>(shape_kinds().size()) - 1);
        s.colour = draw_number(random, 0, static_cast<int>(shape_colours().size()) - 1);
    }
    std::string caption;
    for (std::size_t kind = 0; kind < shape_kinds().size(); ++kind)
        for (std::size_t colour = 0; colour < shape_colours().size(); ++colour)
            for (const auto& s : shapes)
                if (s.kind == static_cast<int>(kind)
                    && s.colour == static_cast<int>(colour))
                    caption += (caption.empty() ? "There is a " : " and a ")
                        + shape_colours()[colour] + " " + shape_kinds()[kind];
    return { draw_shapes(shapes, side, random), caption + "." };
}

} // namespace udeepsc_core
