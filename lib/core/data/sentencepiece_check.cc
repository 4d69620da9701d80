// SPDX-License-Identifier: GPL-3.0-or-later
#include "sentencepiece_check.h"

#include <udeepsc_core/error.h>

#include <algorithm>
#include <cstring>
#include <string>
#include <string_view>

namespace udeepsc_core {

namespace {

constexpr std::size_t MAX_MODEL_BYTES = 1 << 24;
constexpr std::size_t MAX_PIECES = 1 << 18;
constexpr std::size_t MAX_PIECE_BYTES = 512;
constexpr std::size_t MAX_REPLACEMENT_BYTES = 256; // the longest of Unicode's own is 33

// Of sentencepiece_model.proto
constexpr std::uint32_t PIECES = 1;
constexpr std::uint32_t PIECE_TEXT = 1; // of a piece
constexpr std::uint32_t NORMALIZER = 3;
constexpr std::uint32_t DENORMALIZER = 5;
constexpr std::uint32_t CHARACTER_MAP = 2; // of a normaliser

[[noreturn]] void fail(const std::string& text)
{
    throw Error("loading a SentencePiece model: " + text);
}

/*! The fields of a message of protocol buffers, one after another. */
class Fields {
public:
    explicit Fields(std::string_view message)
        : d_rest(message)
    { }

    //! False after the last one.
    bool next()
    {
        if (d_rest.empty()) {
            return false;
        }
        const std::uint64_t tag = varint(5);
        d_number = static_cast<std::uint32_t>(tag >> 3);
        d_content = {};
        switch (tag & 7u) {
        case 0:
            varint(10);
            break;
        case 1:
            take(8);
            break;
        case 2:
            d_content = take(varint(5));
            break;
        case 5:
            take(4);
            break;
        default:
            fail("found a field of unknown type, expected protocol buffers");
        }
        return true;
    }
    std::uint32_t number() const { return d_number; }
    //! Of a text, some bytes or a message; else empty.
    std::string_view content() const { return d_content; }

private:
    std::string_view take(std::uint64_t bytes)
    {
        if (bytes > d_rest.size()) {
            fail("found " + std::to_string(d_rest.size()) + " bytes, expected "
                 + std::to_string(bytes) + ": it is cut short");
        }
        const auto taken = d_rest.substr(0, bytes);
        d_rest.remove_prefix(bytes);
        return taken;
    }
    std::uint64_t varint(int most_bytes)
    {
        std::uint64_t value = 0;
        for (int i = 0; i < most_bytes; ++i) {
            const auto byte = static_cast<unsigned char>(take(1)[0]);
            value |= static_cast<std::uint64_t>(byte & 0x7fu) << (7 * i);
            if (byte < 0x80) {
                return value;
            }
        }
        fail("found a number of more than " + std::to_string(most_bytes)
             + " bytes, expected protocol buffers");
    }

    std::string_view d_rest;
    std::uint32_t d_number = 0;
    std::string_view d_content;
};

/*! One cell of the character map's double-array trie, as Darts-clone packs it. */
struct Cell {
    std::uint32_t bits;

    bool is_value() const { return bits >> 31; }
    std::uint32_t value() const { return bits & 0x7fffffffu; }
    bool has_leaf() const { return (bits >> 8) & 1u; }
    std::uint32_t offset() const { return (bits >> 10) << ((bits & (1u << 9)) >> 6); }
};

//! Wherever the library may step from a cell, it must find another, and behind each leaf
//! a place in the replacements. A step changes a cell's lowest 8 bits, and there are
//! whole blocks of 256 cells.
void require_sound_trie(std::string_view trie, std::size_t replacement_bytes)
{
    if (trie.empty() || trie.size() % (256 * sizeof(Cell)) != 0) {
        fail("character map: found " + std::to_string(trie.size())
             + " bytes of a trie, expected whole blocks of 1024");
    }
    std::vector<Cell> cells(trie.size() / sizeof(Cell));
    std::memcpy(cells.data(), trie.data(), trie.size());
    for (std::size_t i = 0; i < cells.size(); ++i) {
        if (i > 0 && cells[i].is_value()) {
            continue; // the library never steps on
        }
        const std::size_t next = i ^ cells[i].offset();
        if (next >= cells.size()
            || (cells[i].has_leaf() && cells[next].value() >= replacement_bytes)) {
            fail("character map: cell " + std::to_string(i)
                 + " of its trie points outside of the map: it is damaged or forged");
        }
    }
}

//! Length of the trie, the trie, the replacements, each ended by a zero.
void require_sound_map(std::string_view map)
{
    std::uint32_t trie_bytes = 0;
    if (map.size() > sizeof(trie_bytes)) {
        std::memcpy(&trie_bytes, map.data(), sizeof(trie_bytes));
    }
    if (map.size() <= sizeof(trie_bytes)
        || trie_bytes >= map.size() - sizeof(trie_bytes)) {
        fail("character map: found " + std::to_string(map.size())
             + " bytes, expected a trie of " + std::to_string(trie_bytes)
             + " bytes and replacements");
    }
    map.remove_prefix(sizeof(trie_bytes));
    const auto replacements = map.substr(trie_bytes);
    if (replacements.back() != '\0') {
        fail("character map: its last replacement has no end");
    }
    for (std::size_t from = 0; from < replacements.size();) {
        const std::size_t to = replacements.find('\0', from);
        if (to - from > MAX_REPLACEMENT_BYTES) {
            fail("character map: found a replacement of " + std::to_string(to - from)
                 + " bytes, expected at most " + std::to_string(MAX_REPLACEMENT_BYTES));
        }
        from = to + 1;
    }
    require_sound_trie(map.substr(0, trie_bytes), replacements.size());
}

void require_short_piece(std::string_view piece)
{
    Fields fields(piece);
    while (fields.next()) {
        const std::size_t bytes = fields.content().size();
        if (fields.number() == PIECE_TEXT && bytes > MAX_PIECE_BYTES) {
            fail("found a piece of " + std::to_string(bytes) + " bytes, expected at most "
                 + std::to_string(MAX_PIECE_BYTES));
        }
    }
}

void require_sound_normalizer(std::string_view normalizer)
{
    Fields fields(normalizer);
    while (fields.next()) {
        // An empty map changes nothing.
        if (fields.number() == CHARACTER_MAP && !fields.content().empty()) {
            require_sound_map(fields.content());
        }
    }
}

} // namespace

void require_sound_sentencepiece(const std::vector<std::uint8_t>& model)
{
    if (model.size() > MAX_MODEL_BYTES) {
        fail("found " + std::to_string(model.size()) + " bytes, expected at most "
             + std::to_string(MAX_MODEL_BYTES));
    }
    std::size_t pieces = 0;
    Fields fields({ reinterpret_cast<const char*>(model.data()), model.size() });
    while (fields.next()) {
        if (fields.number() == NORMALIZER || fields.number() == DENORMALIZER) {
            require_sound_normalizer(fields.content());
        } else if (fields.number() == PIECES) {
            require_short_piece(fields.content());
            if (++pieces > MAX_PIECES) {
                fail("found more than " + std::to_string(MAX_PIECES) + " pieces");
            }
        }
    }
}

} // namespace udeepsc_core
