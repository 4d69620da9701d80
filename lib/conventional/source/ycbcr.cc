// SPDX-License-Identifier: GPL-3.0-or-later
#include "ycbcr.h"

#include <algorithm>
#include <cmath>

namespace udeepsc_conventional {

namespace {

std::uint8_t rounded(double value)
{
    return static_cast<std::uint8_t>(std::clamp(std::lround(value), 0L, 255L));
}

std::size_t place(const Plane& plane, int y, int x)
{
    return static_cast<std::size_t>(y) * static_cast<std::size_t>(plane.width)
        + static_cast<std::size_t>(x);
}

Plane empty_plane(int height, int width)
{
    return { height,
             width,
             Bytes(static_cast<std::size_t>(height) * static_cast<std::size_t>(width)) };
}

Plane halved_plane(const Plane& plane)
{
    auto half = empty_plane(plane.height / 2, plane.width / 2);
    for (int y = 0; y < half.height; ++y)
        for (int x = 0; x < half.width; ++x) {
            const auto at = place(plane, 2 * y, 2 * x);
            const auto below = place(plane, 2 * y + 1, 2 * x);
            half.samples[place(half, y, x)] = static_cast<std::uint8_t>(
                (plane.samples[at] + plane.samples[at + 1] + plane.samples[below]
                 + plane.samples[below + 1] + 2)
                / 4);
        }
    return half;
}

/*! A sample of a plane at a pixel of the whole picture: interpolated where the plane is
 * smaller, whose samples lie in the middle of the pixels that they are the mean of. */
double sample_at(const Plane& plane, int y, int x, double scale_y, double scale_x)
{
    const double row = (y + 0.5) / scale_y - 0.5, column = (x + 0.5) / scale_x - 0.5;
    const int top = static_cast<int>(std::floor(row));
    const int left = static_cast<int>(std::floor(column));
    const auto at = [&](int r, int c) -> double {
        r = std::clamp(r, 0, plane.height - 1);
        c = std::clamp(c, 0, plane.width - 1);
        return plane.samples[place(plane, r, c)];
    };
    const double down = row - top, right = column - left;
    return (1 - down) * ((1 - right) * at(top, left) + right * at(top, left + 1))
        + down * ((1 - right) * at(top + 1, left) + right * at(top + 1, left + 1));
}

} // namespace

YCbCr ycbcr_of(const RgbPicture& picture, int height, int width, bool halved)
{
    YCbCr planes;
    planes.fill(empty_plane(height, width));
    for (int y = 0; y < height; ++y)
        for (int x = 0; x < width; ++x) {
            const int row = std::min(y, picture.height - 1);
            const int column = std::min(x, picture.width - 1);
            const std::uint8_t* pixel = picture.rgb.data()
                + 3
                    * (static_cast<std::size_t>(row)
                           * static_cast<std::size_t>(picture.width)
                       + static_cast<std::size_t>(column));
            const double r = pixel[0], g = pixel[1], b = pixel[2];
            const auto at = place(planes[0], y, x);
            const double luminance = 0.299 * r + 0.587 * g + 0.114 * b;
            planes[0].samples[at] = rounded(luminance);
            planes[1].samples[at] = rounded(128 + (b - luminance) / 1.772);
            planes[2].samples[at] = rounded(128 + (r - luminance) / 1.402);
        }
    if (halved)
        for (std::size_t c : { 1u, 2u })
            planes[c] = halved_plane(planes[c]);
    return planes;
}

RgbPicture rgb_of(const YCbCr& planes, int height, int width, int scale)
{
    const double colour_y
        = scale * static_cast<double>(planes[0].height) / planes[1].height;
    const double colour_x
        = scale * static_cast<double>(planes[0].width) / planes[1].width;
    auto picture = grey_picture(height, width);
    auto* pixel = picture.rgb.data();
    for (int y = 0; y < height; ++y)
        for (int x = 0; x < width; ++x, pixel += 3) {
            const double luminance = sample_at(planes[0], y, x, scale, scale);
            const double blue = sample_at(planes[1], y, x, colour_y, colour_x) - 128;
            const double red = sample_at(planes[2], y, x, colour_y, colour_x) - 128;
            pixel[0] = rounded(luminance + 1.402 * red);
            pixel[1] = rounded(luminance - 0.344136 * blue - 0.714136 * red);
            pixel[2] = rounded(luminance + 1.772 * blue);
        }
    return picture;
}

} // namespace udeepsc_conventional
