// SPDX-License-Identifier: GPL-3.0-or-later
#include "modulations.h"

#include <udeepsc_phy/mapper.h>
#include <udeepsc_phy/soft_demapper.h>

using namespace udeepsc_phy;

class MapperTest : public testing::TestWithParam<Modulation> { };

INSTANTIATE_TEST_SUITE_P(All,
                         MapperTest,
                         testing::ValuesIn(ALL_MODULATIONS),
                         ModulationName());

TEST_P(MapperTest, NoiselessLabelRoundTrip)
{
    const Mapper mapper(GetParam());
    // An odd length, so that the last block of the demapper is a partial one.
    const auto labels = random_words(1001, bits_per_symbol(GetParam()), 1);
    const auto symbols = mapper.map_labels(labels);
    for (std::size_t i = 0; i < labels.size(); i++) {
        ASSERT_EQ(symbols[i], mapper.constellation().points()[labels[i]]);
    }
    EXPECT_EQ(SoftDemapper(GetParam()).hard_labels(symbols), labels);
}

TEST_P(MapperTest, NoiselessIndexRoundTripForEveryWidth)
{
    const Mapper mapper(GetParam());
    const SoftDemapper demapper(GetParam());
    for (unsigned bits = 1; bits <= 16; bits++) {
        for (std::size_t n : { 0, 1, 2, 3, 5, 64 }) {
            const auto indices = random_words(n, bits, bits);
            const auto symbols = mapper.map_indices(indices, bits);
            const std::size_t per_symbol = bits_per_symbol(GetParam());
            ASSERT_EQ(symbols.size(), (n * bits + per_symbol - 1) / per_symbol);
            const auto labels = demapper.hard_labels(symbols);
            ASSERT_EQ(mapper.indices_from_labels(labels, n, bits), indices)
                << n << " indices of " << bits << " bits";
        }
    }
}

TEST_P(MapperTest, BitsAndIndicesAgree)
{
    const Mapper mapper(GetParam());
    const unsigned bits_per_index = 9;
    const auto indices = random_words(77, bits_per_index, 3);
    std::vector<std::uint8_t> bits;
    for (auto index : indices) {
        for (unsigned k = bits_per_index; k-- > 0;) {
            bits.push_back((index >> k) & 1);
        }
    }
    EXPECT_EQ(mapper.map_bits(bits), mapper.map_indices(indices, bits_per_index));
}

TEST_P(MapperTest, NoiselessBitRoundTripThroughLlrs)
{
    const Mapper mapper(GetParam());
    const unsigned per_symbol = bits_per_symbol(GetParam());
    std::vector<std::uint8_t> bits(per_symbol * 501);
    Xoshiro256pp random(4);
    for (auto& bit : bits) {
        bit = random() >> 63;
    }
    const auto llrs = SoftDemapper(GetParam()).llrs(mapper.map_bits(bits), 0.01);
    ASSERT_EQ(llrs.size(), bits.size());
    for (std::size_t i = 0; i < bits.size(); i++) {
        ASSERT_EQ(llrs[i] < 0.0f, bits[i] == 1) << "bit " << i;
    }
}

TEST(MapperPadding, ZerosFillTheLastSymbol)
{
    const Mapper mapper(Modulation::qam16);
    const auto& points = mapper.constellation().points();
    EXPECT_EQ(mapper.map_bits(std::vector<std::uint8_t> { 1, 0, 1, 1, 1, 1 }),
              (std::vector<std::complex<float>> { points[0b1011], points[0b1100] }));
    EXPECT_EQ(mapper.map_indices({ 0b101, 0b111 }, 3),
              (std::vector<std::complex<float>> { points[0b1011], points[0b1100] }));
}

TEST(MapperErrors, NamesWhatIsWrong)
{
    const Mapper mapper(Modulation::qam16);
    expect_refused("labels[1]", [&] { mapper.map_labels({ 15, 16 }); });
    expect_refused("bits[2]", [&] {
        mapper.map_bits(std::vector<std::uint8_t> { 0, 1, 2 });
    });
    expect_refused("indices[0]", [&] { mapper.map_indices({ 8 }, 3); });
    expect_refused("bits_per_index", [&] { mapper.map_indices({ 0 }, 0); });
    expect_refused("bits_per_index", [&] { mapper.symbols_for(1, 17); });
    expect_refused("n_indices", [&] { mapper.symbols_for(SIZE_MAX, 16); });
    expect_refused("n_labels", [&] { mapper.indices_from_labels({ 1, 2 }, 2, 9); });
}
