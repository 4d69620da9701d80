// SPDX-License-Identifier: GPL-3.0-or-later
#include "shape_pictures.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace udeepsc_core {

namespace {

using Rgb = std::array<int, 3>;

constexpr int JITTER = 20; // of each channel of a colour, either way

const std::vector<Rgb> s_rgb = { { 210, 40, 40 },  { 40, 150, 50 },   { 40, 70, 210 },
                                 { 225, 200, 40 }, { 120, 120, 120 }, { 30, 30, 30 } };

Rgb varied(const Rgb& colour, std::mt19937_64& random)
{
    Rgb out {};
    for (std::size_t c = 0; c < 3; ++c)
        out[c] = std::clamp(colour[c] + draw_number(random, -JITTER, JITTER), 0, 255);
    return out;
}

// x, y: from the shape's middle, in halves of its width and height
bool is_inside(int kind, double x, double y)
{
    if (std::abs(x) > 1 || std::abs(y) > 1)
        return false;
    if (kind == 0)
        return x * x + y * y <= 1;
    return kind == 1 || std::abs(x) <= (y + 1) / 2;
}

} // namespace

const std::vector<std::string>& shape_kinds()
{
    static const std::vector<std::string> names = { "circle", "rectangle", "triangle" };
    return names;
}

const std::vector<std::string>& shape_colours()
{
    static const std::vector<std::string> names
        = { "red", "green", "blue", "yellow", "gray", "black" };
    return names;
}

int draw_number(std::mt19937_64& random, int low, int high)
{
    return low + static_cast<int>(random() % static_cast<std::uint64_t>(high - low + 1));
}

SourceSample
draw_shapes(const std::vector<DrawnShape>& shapes, int side, std::mt19937_64& random)
{
    std::vector<std::uint8_t> rgb(static_cast<std::size_t>(3 * side * side));
    const auto ground = varied({ 235, 235, 235 }, random);
    for (std::size_t i = 0; i < rgb.size(); ++i)
        rgb[i] = static_cast<std::uint8_t>(ground[i % 3]);
    std::array<int, MAX_SHAPES> quarters { 0, 1, 2, 3 };
    for (int i = MAX_SHAPES - 1; i > 0; --i)
        std::swap(quarters[static_cast<std::size_t>(i)],
                  quarters[static_cast<std::size_t>(draw_number(random, 0, i))]);
    const double unit = side / 32.0;
    for (std::size_t s = 0; s < shapes.size() && s < MAX_SHAPES; ++s) {
        const auto colour
            = varied(s_rgb.at(static_cast<std::size_t>(shapes[s].colour)), random);
        const double half_width = unit * draw_number(random, 40, 60) / 10.0;
        const double half_height = shapes[s].kind == 0
            ? half_width
            : unit * draw_number(random, 40, 60) / 10.0;
        const double middle_x
            = unit * (8 + 16 * (quarters[s] % 2)) + draw_number(random, -1, 1);
        const double middle_y
            = unit * (8 + 16 * (quarters[s] / 2)) + draw_number(random, -1, 1);
        for (int y = 0; y < side; ++y)
            for (int x = 0; x < side; ++x)
                if (is_inside(shapes[s].kind,
                              (x + 0.5 - middle_x) / half_width,
                              (y + 0.5 - middle_y) / half_height))
                    for (int c = 0; c < 3; ++c)
                        rgb[static_cast<std::size_t>(3 * (y * side + x) + c)]
                            = static_cast<std::uint8_t>(
                                colour[static_cast<std::size_t>(c)]);
    }
    return SourceSample::image(side, side, std::move(rgb));
}

} // namespace udeepsc_core
