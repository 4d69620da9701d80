// SPDX-License-Identifier: GPL-3.0-or-later
// Small pictures of coloured shapes, drawn to order.
#pragma once

#include <udeepsc_core/sample.h>

#include <random>
#include <string>
#include <vector>

namespace udeepsc_core {

/*! A shape in a picture: numbers of its kind and colour. */
struct DrawnShape {
    int kind = 0, colour = 0;
};

//! "circle", "rectangle", "triangle"
const std::vector<std::string>& shape_kinds();
const std::vector<std::string>& shape_colours();

//! Most shapes that a picture can have.
constexpr int MAX_SHAPES = 4;

/*!
 * \brief A picture [side, side, 3] with these shapes, at most MAX_SHAPES, of random size,
 * each in a quarter of its own, on a pale ground.
 */
SourceSample
draw_shapes(const std::vector<DrawnShape>& shapes, int side, std::mt19937_64& random);

//! Uniform from low to high. The same everywhere, which the standard's distributions are
//! not.
int draw_number(std::mt19937_64& random, int low, int high);

} // namespace udeepsc_core
