// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace udeepsc_conventional {

/*! One entry of a base graph: a Z x Z identity matrix, its columns rotated. */
struct BaseEdge {
    std::uint8_t row;
    std::uint8_t column;
    //! Rotation for each of the eight sets of lifting sizes; counts modulo Z.
    std::array<std::uint16_t, 8> shift;
};

/*!
 * \brief A base graph of the 5G NR LDPC codes, edges row by row.
 *
 * Source: 3GPP TS 38.212, tables 5.3.2-2 and 5.3.2-3.
 */
struct BaseGraph {
    int rows;
    int columns;
    int information_columns;
    std::size_t edges;
    const BaseEdge* edge;
};

extern const BaseGraph BASE_GRAPH_1; //!< 46 x 68: long blocks, rates 1/3 to 8/9
extern const BaseGraph BASE_GRAPH_2; //!< 42 x 52: short blocks, rates 1/5 to 2/3

} // namespace udeepsc_conventional
