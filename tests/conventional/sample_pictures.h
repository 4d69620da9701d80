// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <udeepsc_conventional/picture_codec.h>

#include <cmath>

//! Smooth shades with an edge and some texture: what codecs are made for.
inline udeepsc_conventional::RgbPicture
sample_picture(int height, int width, int kind = 0)
{
    udeepsc_conventional::RgbPicture picture { height, width, {} };
    for (int y = 0; y < height; ++y)
        for (int x = 0; x < width; ++x)
            for (int c = 0; c < 3; ++c) {
                const double shade
                    = 110 + 60 * std::sin(0.11 * x + kind) + 40 * std::cos(0.07 * y + c);
                const double edge = x + 2 * y > 40 + 3 * kind ? 25 : 0;
                const double texture = 8 * std::sin(1.9 * x * (1 + 0.1 * kind) + 1.3 * y);
                const double value
                    = std::fmin(255.0, std::fmax(0.0, shade + edge + texture));
                picture.rgb.push_back(static_cast<std::uint8_t>(value));
            }
    return picture;
}
