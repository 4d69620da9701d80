// SPDX-License-Identifier: GPL-3.0-or-later
#include "text_codecs.h"

#include <algorithm>
#include <array>
#include <functional>
#include <queue>
#include <utility>

namespace udeepsc_conventional {

namespace {

/*! Huffman's code of single characters. */
class HuffmanCodec : public TextCodec {
public:
    explicit HuffmanCodec(const std::vector<std::string>& training)
    {
        // A character that training lacks counts once, the others by far more.
        constexpr std::uint64_t SEEN = 256;
        std::array<std::uint64_t, SYMBOLS> counts;
        counts.fill(1);
        for (const auto& text : training) {
            for (const char c : text)
                counts[static_cast<unsigned char>(c)] += SEEN;
            counts[END_OF_TEXT] += SEEN;
        }
        build_tree(counts);
        for (std::size_t s = 0; s < SYMBOLS; ++s) {
            Bits& code = d_codes[s];
            for (std::size_t node = s; d_parent[node] != NONE; node = d_parent[node])
                code.push_back(d_children[d_parent[node] - SYMBOLS][1] == node);
            std::reverse(code.begin(), code.end());
        }
    }

    std::string name() const override { return "huffman"; }
    bool resynchronizes() const override { return true; }

    Bits encode(const std::string& text) const override
    {
        require_text(text);
        Bits bits;
        for (const char c : text) {
            const auto& code = d_codes[static_cast<unsigned char>(c)];
            bits.insert(bits.end(), code.begin(), code.end());
        }
        const auto& end = d_codes[END_OF_TEXT];
        bits.insert(bits.end(), end.begin(), end.end());
        return bits;
    }

    std::string decode(const Bits& bits, std::size_t most_bytes) const override
    {
        std::string text;
        std::size_t node = d_root;
        for (const auto bit : bits) {
            node = d_children[node - SYMBOLS][bit & 1];
            if (node >= SYMBOLS)
                continue;
            if (node == END_OF_TEXT || text.size() == most_bytes)
                break;
            text.push_back(static_cast<char>(node));
            node = d_root;
        }
        return text;
    }

private:
    static constexpr std::size_t NONE = static_cast<std::size_t>(-1);

    // Nodes 0 to 255 are characters, the others inner nodes, the last the root. Of equal
    // counts the lower number goes first: both sides build the same tree.
    void build_tree(const std::array<std::uint64_t, SYMBOLS>& counts)
    {
        using Entry = std::pair<std::uint64_t, std::size_t>;
        std::priority_queue<Entry, std::vector<Entry>, std::greater<>> open;
        for (std::size_t s = 0; s < SYMBOLS; ++s)
            open.push({ counts[s], s });
        d_parent.assign(2 * SYMBOLS - 1, NONE);
        while (open.size() > 1) {
            const auto a = open.top();
            open.pop();
            const auto b = open.top();
            open.pop();
            const std::size_t node = SYMBOLS + d_children.size();
            d_children.push_back({ a.second, b.second });
            d_parent[a.second] = d_parent[b.second] = node;
            open.push({ a.first + b.first, node });
        }
        d_root = open.top().second;
    }

    std::array<Bits, SYMBOLS> d_codes;
    std::vector<std::size_t> d_parent;
    std::vector<std::array<std::size_t, 2>> d_children; //!< of inner nodes
    std::size_t d_root = 0;
};

} // namespace

std::unique_ptr<TextCodec> make_huffman_codec(const std::vector<std::string>& training)
{
    return std::make_unique<HuffmanCodec>(training);
}

} // namespace udeepsc_conventional
