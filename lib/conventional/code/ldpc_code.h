// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "base_graph.h"
#include "block_code.h"

#include <vector>

namespace udeepsc_conventional {

/*!
 * \brief One code block of the 5G NR LDPC code, 3GPP TS 38.212, 5.3.2 and 5.4.2.
 *
 * Decoder: layered sum-product (belief propagation), one base graph row after the other.
 */
class LdpcCode : public BlockCode {
public:
    //! Most information bits of one block at this rate.
    static std::size_t max_information_bits(std::size_t information_bits, double rate);

    LdpcCode(std::size_t information_bits,
             std::size_t coded_bits,
             double rate,
             int iterations);

    Bits encode(const std::uint8_t* information) const override;
    Decoded decode(const float* llrs) const override;

    int lifting_size() const { return d_z; }

private:
    struct Edge {
        int column, shift;
    };
    struct Work;

    void choose_lifting();
    void build_rows();
    void add_product(const Edge& edge, const Bits& word, std::uint8_t* sum) const;
    void encode_core(Bits& word) const;
    void update_row(std::size_t row, std::size_t first_edge, Work& work) const;
    bool parity_holds(const std::vector<float>& posterior) const;

    const BaseGraph& d_graph;
    std::size_t d_information_bits, d_coded_bits;
    int d_iterations;
    int d_z = 0, d_set = 0;
    std::vector<std::vector<Edge>> d_rows; //!< those that coded bits take part in
    std::size_t d_max_degree = 0;
    std::vector<std::size_t>
        d_order; //!< positions in the code word as they are transmitted
};

} // namespace udeepsc_conventional
