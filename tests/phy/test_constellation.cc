// SPDX-License-Identifier: GPL-3.0-or-later
#include "modulations.h"

#include <bitset>
#include <cmath>

using namespace udeepsc_phy;

class ConstellationTest : public testing::TestWithParam<Modulation> { };

INSTANTIATE_TEST_SUITE_P(All,
                         ConstellationTest,
                         testing::ValuesIn(ALL_MODULATIONS),
                         ModulationName());

TEST_P(ConstellationTest, MeanEnergyIsOneAndMeanIsZero)
{
    const Constellation constellation(GetParam());
    double energy = 0.0;
    std::complex<double> mean = 0.0;
    for (const auto& point : constellation.points()) {
        energy += std::norm(std::complex<double>(point));
        mean += std::complex<double>(point);
    }
    // 256 points rounded to float.
    EXPECT_NEAR(energy / constellation.size(), 1.0, 1e-6);
    EXPECT_NEAR(std::abs(mean), 0.0, 1e-5);
}

TEST_P(ConstellationTest, NeighboursDifferInOneBit)
{
    const Constellation constellation(GetParam());
    const auto& points = constellation.points();
    ASSERT_EQ(points.size(), 1u << bits_per_symbol(GetParam()));
    const double spacing = 2.0 * constellation.scale();
    unsigned n_pairs = 0;
    for (std::size_t a = 0; a < points.size(); a++) {
        for (std::size_t b = a + 1; b < points.size(); b++) {
            const double distance = std::abs(points[a] - points[b]);
            EXPECT_GT(distance, spacing * 0.999);
            if (distance < spacing * 1.001) {
                EXPECT_EQ(std::bitset<16>(a ^ b).count(), 1u) << a << " and " << b;
                n_pairs++;
            }
        }
    }
    const unsigned levels = 1u << constellation.bits_per_axis();
    EXPECT_EQ(n_pairs, constellation.axes() == 1 ? 1 : 2 * levels * (levels - 1));
}

TEST_P(ConstellationTest, NameRoundTrip)
{
    EXPECT_EQ(modulation_from_string(to_string(GetParam())), GetParam());
}

// The labelling is fixed: transmitters, receivers and trained models rely on it.
TEST(ConstellationLabels, Pinned)
{
    using C = std::complex<float>;
    EXPECT_EQ(Constellation(Modulation::bpsk).points(),
              (std::vector<C> { { -1, 0 }, { 1, 0 } }));

    const float q = static_cast<float>(std::sqrt(0.5));
    EXPECT_EQ(Constellation(Modulation::qpsk).points(),
              (std::vector<C> { { -q, -q }, { -q, q }, { q, -q }, { q, q } }));

    const auto points = Constellation(Modulation::qam16).points();
    const double axis[] = { -3, -1, 3, 1 }; // fields 00, 01, 10, 11
    for (int label = 0; label < 16; label++) {
        EXPECT_NEAR(points[label].real(), axis[label >> 2] / std::sqrt(10.0), 1e-7);
        EXPECT_NEAR(points[label].imag(), axis[label & 3] / std::sqrt(10.0), 1e-7);
    }

    const auto levels = Constellation(Modulation::qam64).axis_levels();
    const double eight[] = { -7, -5, -1, -3, 7, 5, 1, 3 };
    for (int field = 0; field < 8; field++) {
        EXPECT_NEAR(levels[field], eight[field] / std::sqrt(42.0), 1e-7);
    }
}

TEST(ConstellationLabels, GrayCodeInverts)
{
    for (unsigned i = 0; i < 70000; i += 7) {
        ASSERT_EQ(gray_decode(gray_encode(i)), i);
    }
}

TEST(ConstellationErrors, UnknownModulation)
{
    expect_refused("modulation", [] { modulation_from_string("8psk"); });
    expect_refused("modulation", [] { Constellation(static_cast<Modulation>(99)); });
    expect_refused("modulation", [] { to_string(static_cast<Modulation>(99)); });
}
