// SPDX-License-Identifier: GPL-3.0-or-later
#include <udeepsc_core/sample.h>

namespace udeepsc_core {

SourceSample SourceSample::image(int height, int width, std::vector<std::uint8_t> rgb)
{
    return { std::move(rgb), {}, { height, width, 3 }, 0 };
}

SourceSample SourceSample::text(const std::string& utf8)
{
    return { { utf8.begin(), utf8.end() }, {}, { static_cast<int>(utf8.size()) }, 0 };
}

SourceSample SourceSample::vectors(int count, int features, std::vector<float> values)
{
    return { {}, std::move(values), { count, features }, 0 };
}

SourceSample
SourceSample::sound(int channels, double sample_rate, std::vector<float> samples)
{
    const int frames = channels > 0 ? static_cast<int>(samples.size()) / channels : 0;
    return { {}, std::move(samples), { frames, channels }, sample_rate };
}

} // namespace udeepsc_core
