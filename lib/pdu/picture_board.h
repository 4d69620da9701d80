// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <vector>

namespace gr {
namespace udeepsc {

/*!
 * \brief Puts tiles together to pictures.
 *
 * Holds the last `limit` pictures, each of at most s_max_pixels. Not thread-safe.
 */
class picture_board {
public:
    struct picture {
        int height = 0, width = 0;
        std::vector<std::uint8_t> rgb; // [height, width, 3], missing tiles grey
    };

    explicit picture_board(std::size_t limit)
        : d_limit(limit)
    { }

    //! Lays a tile [tile_height, tile_width, 3] at tile position [row, column]; what
    //! hangs over the picture's edge is padding and falls away. Throws bad_pdu for a tile
    //! or a picture that cannot be.
    void lay(const std::string& name,
             const std::vector<int>& size,
             const std::vector<int>& position,
             const std::vector<std::uint8_t>& tile,
             int tile_height,
             int tile_width);

    std::vector<std::string> names() const { return { d_age.begin(), d_age.end() }; }

    //! Throws std::invalid_argument for a name that is none.
    const picture& at(const std::string& name) const;

    void clear();

private:
    static constexpr std::int64_t s_max_pixels = 1 << 26;

    picture& canvas(const std::string& name, const std::vector<int>& size);

    const std::size_t d_limit;
    std::map<std::string, picture> d_pictures;
    std::deque<std::string> d_age; // names of d_pictures, oldest first
};

} // namespace udeepsc
} // namespace gr
