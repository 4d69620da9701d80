// SPDX-License-Identifier: GPL-3.0-or-later
#include "ldpc_code.h"

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <string>

namespace udeepsc_conventional {

namespace {

// 3GPP TS 38.212, 7.2.2: base graph 2 for short blocks and low rates.
const BaseGraph& graph_for(std::size_t information_bits, double rate)
{
    const bool second = information_bits <= 292
        || (information_bits <= 3824 && rate <= 0.67) || rate <= 0.25;
    return second ? BASE_GRAPH_2 : BASE_GRAPH_1;
}

// Information columns that are filled; the rest are known zeros (5.2.2).
int filled_columns(const BaseGraph& graph, std::size_t information_bits)
{
    if (&graph == &BASE_GRAPH_1)
        return 22;
    if (information_bits > 640)
        return 10;
    if (information_bits > 560)
        return 9;
    return information_bits > 192 ? 8 : 6;
}

// Sets of lifting sizes: a * 2^j up to 384, table 5.3.2-1.
constexpr int SET_FACTORS[] = { 2, 3, 5, 7, 9, 11, 13, 15 };
constexpr int MAX_LIFTING = 384;

// ln(1 + exp(-x)), x >= 0, to 0.01: vectorises where exp and log do not.
inline float log_correction(float x)
{
    const float t = std::max(0.0f, 1.0f - x * (1.0f / 8.3178f));
    const float cube = t * t * t;
    return 0.6931472f * cube * cube;
}

// LLR of the sum modulo 2 of two bits with LLRs a and b.
inline float box_plus(float a, float b)
{
    const float magnitude = std::min(std::fabs(a), std::fabs(b));
    const float sign = std::copysign(1.0f, a) * std::copysign(1.0f, b);
    return sign * magnitude + log_correction(std::fabs(a + b))
        - log_correction(std::fabs(a - b));
}

} // namespace

//! What a decoder holds: one run of Z values for each column, edge or place in a row.
struct LdpcCode::Work {
    std::vector<float> posterior; //!< [columns, Z]
    std::vector<float> message; //!< [edges, Z], check to variable
    std::vector<float> in, before; //!< [max degree, Z] of the row in hand
    std::vector<float> after; //!< [Z]
};

std::size_t LdpcCode::max_information_bits(std::size_t information_bits, double rate)
{
    const auto& graph = graph_for(information_bits, rate);
    return static_cast<std::size_t>(graph.information_columns) * MAX_LIFTING;
}

LdpcCode::LdpcCode(std::size_t information_bits,
                   std::size_t coded_bits,
                   double rate,
                   int iterations)
    : d_graph(graph_for(information_bits, rate))
    , d_information_bits(information_bits)
    , d_coded_bits(coded_bits)
    , d_iterations(iterations)
{
    choose_lifting();
    build_rows();
}

void LdpcCode::choose_lifting()
{
    const int filled = filled_columns(d_graph, d_information_bits);
    int best = MAX_LIFTING + 1;
    for (int set = 0; set < 8; ++set) {
        for (int z = SET_FACTORS[set]; z <= MAX_LIFTING; z *= 2) {
            if (static_cast<std::size_t>(filled * z) >= d_information_bits && z < best) {
                best = z;
                d_set = set;
            }
        }
    }
    if (best > MAX_LIFTING)
        throw std::invalid_argument("LDPC: " + std::to_string(d_information_bits)
                                    + " information bits are too many for one block");
    d_z = best;
}

// The first two columns are never sent, filler bits neither. Rows of parity bits that are
// not sent tell the decoder nothing and are left out.
void LdpcCode::build_rows()
{
    const std::size_t z = static_cast<std::size_t>(d_z);
    const std::size_t filler_end
        = static_cast<std::size_t>(d_graph.information_columns) * z;
    const std::size_t length = static_cast<std::size_t>(d_graph.columns) * z;
    for (std::size_t i = 2 * z; i < length; ++i)
        if (i < d_information_bits || i >= filler_end)
            d_order.push_back(i);
    const std::size_t sent = std::min(d_coded_bits, d_order.size());
    const std::size_t last = sent == 0 ? 0 : d_order[sent - 1] / z;
    const std::size_t used
        = last + 1 > static_cast<std::size_t>(d_graph.information_columns)
        ? last + 1 - static_cast<std::size_t>(d_graph.information_columns)
        : 0;
    d_rows.resize(std::max<std::size_t>(4, used));
    for (std::size_t e = 0; e < d_graph.edges; ++e) {
        const auto& edge = d_graph.edge[e];
        if (edge.row < d_rows.size())
            d_rows[edge.row].push_back(
                { edge.column, edge.shift[static_cast<std::size_t>(d_set)] % d_z });
    }
    for (const auto& row : d_rows)
        d_max_degree = std::max(d_max_degree, row.size());
}

// sum[i] ^= word[column][(i + shift) mod Z]
void LdpcCode::add_product(const Edge& edge, const Bits& word, std::uint8_t* sum) const
{
    const auto* bits = word.data() + edge.column * d_z;
    for (int i = 0; i < d_z; ++i)
        sum[i] ^= bits[(i + edge.shift) % d_z];
}

// The first parity column: summed over the four core rows all other parity columns
// cancel, and of its own three entries the two that are equal.
void LdpcCode::encode_core(Bits& word) const
{
    const int first = d_graph.information_columns;
    Bits sum(static_cast<std::size_t>(d_z), 0);
    std::vector<int> shifts;
    for (std::size_t r = 0; r < 4; ++r) {
        for (const auto& edge : d_rows[r]) {
            if (edge.column < first)
                add_product(edge, word, sum.data());
            else if (edge.column == first)
                shifts.push_back(edge.shift);
        }
    }
    const int odd = shifts[0] == shifts[1]
        ? shifts[2]
        : (shifts[0] == shifts[2] ? shifts[1] : shifts[0]);
    for (int i = 0; i < d_z; ++i)
        word[static_cast<std::size_t>(first * d_z + (i + odd) % d_z)]
            = sum[static_cast<std::size_t>(i)];
}

Bits LdpcCode::encode(const std::uint8_t* information) const
{
    Bits word(static_cast<std::size_t>(d_graph.columns * d_z), 0);
    std::copy_n(information, d_information_bits, word.begin());
    encode_core(word);
    const int first = d_graph.information_columns;
    for (std::size_t r = 0; r < d_rows.size(); ++r) {
        if (r == 3)
            continue; // its parity column is row 2's
        // What row r determines: the only parity column that no row before it has.
        const int own
            = r < 3 ? first + 1 + static_cast<int>(r) : first + static_cast<int>(r);
        auto* parity = word.data() + own * d_z;
        for (const auto& edge : d_rows[r])
            if (edge.column != own)
                add_product(edge, word, parity);
    }
    Bits coded(d_coded_bits);
    for (std::size_t i = 0; i < d_coded_bits; ++i)
        coded[i] = word[d_order[i % d_order.size()]];
    return coded;
}

// One row of the base graph, Z checks at a time: to each variable the box-plus of what
// the others say, by products from the left and from the right.
void LdpcCode::update_row(std::size_t row, std::size_t first_edge, Work& work) const
{
    const auto& edges = d_rows[row];
    const std::size_t z = static_cast<std::size_t>(d_z), degree = edges.size();
    for (std::size_t e = 0; e < degree; ++e) {
        const float* posterior = work.posterior.data() + edges[e].column * d_z;
        const float* message = work.message.data() + (first_edge + e) * z;
        float* in = work.in.data() + e * z;
        const std::size_t shift = static_cast<std::size_t>(edges[e].shift),
                          rest = z - shift;
        for (std::size_t i = 0; i < rest; ++i)
            in[i] = posterior[i + shift] - message[i];
        for (std::size_t i = rest; i < z; ++i)
            in[i] = posterior[i - rest] - message[i];
    }
    std::copy_n(work.in.data(), z, work.before.data());
    for (std::size_t e = 1; e + 1 < degree; ++e) {
        const float *last = work.before.data() + (e - 1) * z,
                    *in = work.in.data() + e * z;
        float* out = work.before.data() + e * z;
        for (std::size_t i = 0; i < z; ++i)
            out[i] = box_plus(last[i], in[i]);
    }
    float* after = work.after.data();
    for (std::size_t e = degree; e-- > 0;) {
        const float* in = work.in.data() + e * z;
        const float* before = e == 0 ? nullptr : work.before.data() + (e - 1) * z;
        float* message = work.message.data() + (first_edge + e) * z;
        if (e == degree - 1) {
            std::copy_n(before, z, message);
            std::copy_n(in, z, after);
        } else {
            for (std::size_t i = 0; i < z; ++i)
                message[i] = before ? box_plus(before[i], after[i]) : after[i];
            for (std::size_t i = 0; i < z; ++i)
                after[i] = box_plus(after[i], in[i]);
        }
        float* posterior = work.posterior.data() + edges[e].column * d_z;
        const std::size_t shift = static_cast<std::size_t>(edges[e].shift),
                          rest = z - shift;
        for (std::size_t i = 0; i < rest; ++i)
            posterior[i + shift] = in[i] + message[i];
        for (std::size_t i = rest; i < z; ++i)
            posterior[i - rest] = in[i] + message[i];
    }
}

bool LdpcCode::parity_holds(const std::vector<float>& posterior) const
{
    for (const auto& row : d_rows) {
        for (int i = 0; i < d_z; ++i) {
            bool odd = false;
            for (const auto& edge : row) {
                const int at = i + edge.shift;
                const float llr = posterior[static_cast<std::size_t>(
                    edge.column * d_z + (at < d_z ? at : at - d_z))];
                if (llr == 0.0f) // nothing known: an empty block is no code word
                    return false;
                odd ^= llr < 0.0f;
            }
            if (odd)
                return false;
        }
    }
    return true;
}

BlockCode::Decoded LdpcCode::decode(const float* llrs) const
{
    const std::size_t z = static_cast<std::size_t>(d_z);
    Work work;
    work.posterior.assign(static_cast<std::size_t>(d_graph.columns) * z, 0.0f);
    for (std::size_t i = d_information_bits;
         i < static_cast<std::size_t>(d_graph.information_columns) * z;
         ++i)
        work.posterior[i] = LLR_LIMIT; // fillers are zeros
    for (std::size_t i = 0; i < d_coded_bits; ++i) {
        auto& llr = work.posterior[d_order[i % d_order.size()]];
        llr = std::clamp(
            llr + std::clamp(llrs[i], -LLR_LIMIT, LLR_LIMIT), -LLR_LIMIT, LLR_LIMIT);
    }
    std::size_t edges = 0;
    for (const auto& row : d_rows)
        edges += row.size();
    work.message.assign(edges * z, 0.0f);
    work.in.resize(d_max_degree * z);
    work.before.resize(d_max_degree * z);
    work.after.resize(z);

    bool sound = false;
    for (int iteration = 0; iteration < d_iterations && !sound; ++iteration) {
        std::size_t first_edge = 0;
        for (std::size_t r = 0; r < d_rows.size(); ++r) {
            update_row(r, first_edge, work);
            first_edge += d_rows[r].size();
        }
        sound = parity_holds(work.posterior);
    }
    Decoded decoded { Bits(d_information_bits), sound };
    for (std::size_t i = 0; i < d_information_bits; ++i)
        decoded.bits[i] = work.posterior[i] < 0.0f;
    return decoded;
}

} // namespace udeepsc_conventional
