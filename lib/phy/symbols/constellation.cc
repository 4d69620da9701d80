// SPDX-License-Identifier: GPL-3.0-or-later
#include <udeepsc_phy/constellation.h>

#include <array>
#include <cmath>
#include <stdexcept>
#include <utility>

namespace udeepsc_phy {

namespace {

const std::array<std::pair<Modulation, const char*>, 5> NAMES = { {
    { Modulation::bpsk, "bpsk" },
    { Modulation::qpsk, "qpsk" },
    { Modulation::qam16, "16qam" },
    { Modulation::qam64, "64qam" },
    { Modulation::qam256, "256qam" },
} };

[[noreturn]] void throw_bad_enum(Modulation modulation)
{
    throw std::invalid_argument("modulation: got enum value "
                                + std::to_string(static_cast<int>(modulation))
                                + ", expected one of the Modulation enumerators");
}

} // namespace

std::string to_string(Modulation modulation)
{
    for (const auto& entry : NAMES) {
        if (entry.first == modulation) {
            return entry.second;
        }
    }
    throw_bad_enum(modulation);
}

Modulation modulation_from_string(const std::string& name)
{
    for (const auto& entry : NAMES) {
        if (name == entry.second) {
            return entry.first;
        }
    }
    throw std::invalid_argument("modulation: got \"" + name
                                + "\", expected bpsk, qpsk, 16qam, 64qam or 256qam");
}

unsigned bits_per_symbol(Modulation modulation)
{
    switch (modulation) {
    case Modulation::bpsk:
        return 1;
    case Modulation::qpsk:
        return 2;
    case Modulation::qam16:
        return 4;
    case Modulation::qam64:
        return 6;
    case Modulation::qam256:
        return 8;
    }
    throw_bad_enum(modulation);
}

Constellation::Constellation(Modulation modulation)
    : d_modulation(modulation)
    , d_axes(modulation == Modulation::bpsk ? 1 : 2)
    , d_bits_per_axis(udeepsc_phy::bits_per_symbol(modulation) / d_axes)
{
    const unsigned levels = 1u << d_bits_per_axis;
    const double axis_energy = (levels * levels - 1) / 3.0;
    const double scale = 1.0 / std::sqrt(d_axes * axis_energy);
    d_scale = static_cast<float>(scale);

    d_axis_levels.resize(levels);
    for (unsigned field = 0; field < levels; field++) {
        const double level = 2.0 * gray_decode(field) - (levels - 1.0);
        d_axis_levels[field] = static_cast<float>(level * scale);
    }
    if (d_axes == 1) {
        d_points.assign(d_axis_levels.begin(), d_axis_levels.end());
        return;
    }
    d_points.reserve(levels * levels);
    for (float in_phase : d_axis_levels) {
        for (float quadrature : d_axis_levels) {
            d_points.emplace_back(in_phase, quadrature);
        }
    }
}

} // namespace udeepsc_phy
