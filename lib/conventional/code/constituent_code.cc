// SPDX-License-Identifier: GPL-3.0-or-later
#include "constituent_code.h"

#include <algorithm>
#include <cmath>

namespace udeepsc_conventional {

namespace {

constexpr int STATES = 8;
constexpr float IMPOSSIBLE = -1e6f;

struct Trellis {
    int next[STATES][2]; //!< state after input 0, 1
    int parity[STATES][2];
};

// State: last three register contents, newest in bit 2.
constexpr Trellis make_trellis()
{
    Trellis trellis {};
    for (int state = 0; state < STATES; ++state) {
        const int s1 = state >> 2, s2 = state >> 1 & 1, s3 = state & 1;
        for (int input = 0; input < 2; ++input) {
            const int fed = input ^ s2 ^ s3;
            trellis.next[state][input] = fed << 2 | s1 << 1 | s2;
            trellis.parity[state][input] = fed ^ s1 ^ s3;
        }
    }
    return trellis;
}

constexpr Trellis TRELLIS = make_trellis();

// ln(exp(a) + exp(b)) to 0.01.
inline float max_star(float a, float b)
{
    const float t = std::max(0.0f, 1.0f - std::fabs(a - b) * (1.0f / 8.3178f));
    const float cube = t * t * t;
    return std::max(a, b) + 0.6931472f * cube * cube;
}

// Logarithm of the probability of a transition with this input and parity.
inline float branch(float systematic, float parity, int input, int output)
{
    return 0.5f * ((input ? -systematic : systematic) + (output ? -parity : parity));
}

using Metric = std::array<float, STATES>;

void normalize(Metric& metric)
{
    const float most = *std::max_element(metric.begin(), metric.end());
    for (auto& m : metric)
        m -= most;
}

Metric step_forward(const Metric& from, float systematic, float parity)
{
    Metric to;
    to.fill(IMPOSSIBLE);
    for (int state = 0; state < STATES; ++state)
        for (int input = 0; input < 2; ++input) {
            auto& target = to[static_cast<std::size_t>(TRELLIS.next[state][input])];
            target = max_star(
                target,
                from[static_cast<std::size_t>(state)]
                    + branch(systematic, parity, input, TRELLIS.parity[state][input]));
        }
    normalize(to);
    return to;
}

} // namespace

ConstituentWord encode_constituent(const Bits& bits)
{
    ConstituentWord word;
    word.parity.reserve(bits.size() + 3);
    int state = 0;
    for (const int bit : bits) {
        word.parity.push_back(static_cast<std::uint8_t>(TRELLIS.parity[state][bit]));
        state = TRELLIS.next[state][bit];
    }
    for (auto& tail : word.tail) {
        const int bit = (state >> 1 & 1) ^ (state & 1); // what is fed back cancels
        tail = static_cast<std::uint8_t>(bit);
        word.parity.push_back(static_cast<std::uint8_t>(TRELLIS.parity[state][bit]));
        state = TRELLIS.next[state][bit];
    }
    return word;
}

ConstituentDecoder::ConstituentDecoder(std::size_t size)
    : d_size(size)
    , d_systematic(size + 3)
    , d_parity(size + 3)
    , d_forward(size + 4)
{ }

void ConstituentDecoder::extrinsic(float* out)
{
    const std::size_t steps = d_size + 3;
    d_forward[0].fill(IMPOSSIBLE);
    d_forward[0][0] = 0.0f;
    for (std::size_t k = 0; k < d_size; ++k)
        d_forward[k + 1] = step_forward(d_forward[k], d_systematic[k], d_parity[k]);

    Metric backward;
    backward.fill(IMPOSSIBLE);
    backward[0] = 0.0f;
    for (std::size_t k = steps; k-- > 0;) {
        Metric before;
        float total[2] = { IMPOSSIBLE, IMPOSSIBLE };
        for (int state = 0; state < STATES; ++state) {
            float path[2];
            for (int input = 0; input < 2; ++input) {
                const int output = TRELLIS.parity[state][input];
                path[input]
                    = backward[static_cast<std::size_t>(TRELLIS.next[state][input])];
                // The input's own LLR is no part of what the code adds.
                if (k < d_size)
                    total[input] = max_star(
                        total[input],
                        d_forward[k][static_cast<std::size_t>(state)] + path[input]
                            + branch(0.0f, d_parity[k], input, output));
                path[input] += branch(d_systematic[k], d_parity[k], input, output);
            }
            before[static_cast<std::size_t>(state)] = max_star(path[0], path[1]);
        }
        normalize(before);
        backward = before;
        if (k < d_size)
            out[k] = total[0] - total[1];
    }
}

} // namespace udeepsc_conventional
