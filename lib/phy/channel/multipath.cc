// SPDX-License-Identifier: GPL-3.0-or-later
#include <udeepsc_phy/radio_channel.h>

#include "math/constants.h"

#include <stdexcept>

namespace udeepsc_phy {

namespace {

using detail::PI;

struct Profile {
    const char* name;
    std::vector<Path> paths;
};

/*
 * The raised cosine is zero at whole symbols and the phases of paths at other distances
 * are a quarter turn apart, so paths neither add nor cancel: the mean received energy of
 * a symbol is exactly 1 where nothing fades.
 */
const std::vector<Profile>& profiles()
{
    static const std::vector<Profile> s_profiles = {
        { "none", { { 0.0, 1.0, 0.0 } } },
        // An echo 6 dB below, one symbol late: notches of 9.5 dB.
        { "two_tap", { { 0.0, 0.8, 0.0 }, { 1.0, 0.2, 2.0 } } },
        { "three_tap",
          { { 0.0, 0.60, 0.0 }, { 1.25, 0.27, PI / 2 }, { 2.0, 0.13, PI } } },
        // The strongest path comes last: timing must not cut off what precedes it.
        { "late_peak",
          { { 0.0, 0.13, 0.0 }, { 0.75, 0.27, PI / 2 }, { 2.0, 0.60, PI } } },
        // Equal paths: a zero in the middle of the band.
        { "notch", { { 0.0, 0.5, 0.0 }, { 1.0, 0.5, PI } } },
        // 4 dB a symbol down, meant for fading.
        { "exponential",
          { { 0.0, 0.616, 0.0 },
            { 1.0, 0.245, 2.4 },
            { 2.0, 0.098, 4.8 },
            { 3.0, 0.041, 0.9 } } },
    };
    return s_profiles;
}

} // namespace

std::vector<std::string> multipath_profiles()
{
    std::vector<std::string> names;
    for (const auto& profile : profiles()) {
        names.emplace_back(profile.name);
    }
    return names;
}

std::vector<Path> multipath_profile(const std::string& name)
{
    std::string names;
    for (const auto& profile : profiles()) {
        if (name == profile.name) {
            return profile.paths;
        }
        names += (names.empty() ? "" : ", ") + std::string(profile.name);
    }
    throw std::invalid_argument("multipath: got \"" + name + "\", expected one of "
                                + names);
}

} // namespace udeepsc_phy
