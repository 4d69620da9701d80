// SPDX-License-Identifier: GPL-3.0-or-later
#include "picture_board.h"
#include "pdu.h"

#include <algorithm>

namespace gr {
namespace udeepsc {
namespace {

constexpr std::uint8_t GREY = 128;

} // namespace

void picture_board::lay(const std::string& name,
                        const std::vector<int>& size,
                        const std::vector<int>& position,
                        const std::vector<std::uint8_t>& tile,
                        int tile_height,
                        int tile_width)
{
    if (position.size() != 2 || position[0] < 0 || position[1] < 0) {
        throw bad_pdu(reasons::BAD_KEY, "key \"tile\" is not [row, column]");
    }
    picture& whole = canvas(name, size);
    const std::int64_t top = std::int64_t { position[0] } * tile_height;
    const std::int64_t left = std::int64_t { position[1] } * tile_width;
    if (top >= whole.height || left >= whole.width) {
        throw bad_pdu(reasons::BAD_KEY, "key \"tile\" lies outside the picture");
    }
    const std::int64_t rows = std::min<std::int64_t>(tile_height, whole.height - top);
    const std::int64_t columns = std::min<std::int64_t>(tile_width, whole.width - left);
    for (std::int64_t row = 0; row < rows; row++) {
        const auto from = tile.begin() + 3 * row * tile_width;
        std::copy(from,
                  from + 3 * columns,
                  whole.rgb.begin() + 3 * ((top + row) * whole.width + left));
    }
}

picture_board::picture& picture_board::canvas(const std::string& name,
                                              const std::vector<int>& size)
{
    if (size.size() != 2 || size[0] < 1 || size[1] < 1
        || std::int64_t { size[0] } * size[1] > s_max_pixels) {
        throw bad_pdu(reasons::BAD_KEY,
                      "key \"picture_size\" is not [height, width] of at most "
                          + std::to_string(s_max_pixels) + " pixels");
    }
    const auto entry = d_pictures.try_emplace(name);
    picture& whole = entry.first->second;
    if (entry.second) {
        d_age.push_back(name);
    }
    if (whole.height != size[0] || whole.width != size[1]) {
        whole.height = size[0];
        whole.width = size[1];
        whole.rgb.assign(std::size_t { 3 } * size[0] * size[1], GREY);
    }
    if (d_pictures.size() > d_limit) {
        d_pictures.erase(d_age.front()); // never the newest: d_limit is at least 1
        d_age.pop_front();
    }
    return whole;
}

const picture_board::picture& picture_board::at(const std::string& name) const
{
    const auto found = d_pictures.find(name);
    if (found == d_pictures.end()) {
        throw std::invalid_argument("no tile of a picture \"" + name + "\" has come");
    }
    return found->second;
}

void picture_board::clear()
{
    d_pictures.clear();
    d_age.clear();
}

} // namespace udeepsc
} // namespace gr
