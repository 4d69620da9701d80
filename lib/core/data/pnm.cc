// SPDX-License-Identifier: GPL-3.0-or-later
#include "pnm.h"

#include <udeepsc_core/error.h>

#include <algorithm>

namespace udeepsc_core {

namespace {

constexpr std::size_t MAGIC_BYTES = 2;
constexpr unsigned MAX_NUMBER = 1 << 28; // and more is no size

bool is_space(std::uint8_t c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

/*! The numbers of a header, with space and comments between them. */
class HeaderReader {
public:
    HeaderReader(const std::string& where, const std::vector<std::uint8_t>& file)
        : d_where(where)
        , d_file(file)
        , d_at(MAGIC_BYTES)
    { }

    unsigned number(const char* name, unsigned most)
    {
        skip_space();
        unsigned value = 0;
        const std::size_t first = d_at;
        for (; d_at < d_file.size() && d_file[d_at] >= '0' && d_file[d_at] <= '9'; ++d_at)
            value = std::min(10 * value + (d_file[d_at] - '0'), MAX_NUMBER);
        if (d_at == first || value < 1 || value > most)
            throw Error(d_where + "found a damaged picture: "
                        + (d_at == first ? "no number" : digits(first)) + " as " + name
                        + ", expected 1 to " + std::to_string(most));
        return value;
    }

    //! One space ends the header.
    std::size_t end()
    {
        if (d_at >= d_file.size() || !is_space(d_file[d_at]))
            throw Error(d_where + "found a damaged picture: no space behind its header");
        return d_at + 1;
    }

private:
    std::string digits(std::size_t first) const
    {
        constexpr std::size_t most = 20; // that a message shows
        const auto begin = d_file.begin() + static_cast<std::ptrdiff_t>(first);
        return { begin,
                 begin + static_cast<std::ptrdiff_t>(std::min(d_at - first, most)) };
    }

    void skip_space()
    {
        while (d_at < d_file.size() && (is_space(d_file[d_at]) || d_file[d_at] == '#')) {
            if (d_file[d_at] == '#')
                while (d_at < d_file.size() && d_file[d_at] != '\n')
                    ++d_at;
            else
                ++d_at;
        }
    }

    const std::string& d_where;
    const std::vector<std::uint8_t>& d_file;
    std::size_t d_at;
};

} // namespace

bool is_pnm(const std::vector<std::uint8_t>& file)
{
    return file.size() > MAGIC_BYTES && file[0] == 'P'
        && (file[1] == '5' || file[1] == '6');
}

Picture decode_pnm(const std::string& where,
                   const std::vector<std::uint8_t>& file,
                   std::size_t max_pixels)
{
    const bool grey = file[1] == '5';
    HeaderReader header(where, file);
    const unsigned width = header.number("width", MAX_NUMBER - 1);
    const unsigned height = header.number("height", MAX_NUMBER - 1);
    const unsigned white = header.number("maximal value", 0xffff);
    if (height > max_pixels / width)
        throw Error(where + "found " + std::to_string(height) + " x "
                    + std::to_string(width) + " pixels, expected at most "
                    + std::to_string(max_pixels) + " in all");

    const std::size_t values = std::size_t(width) * height * (grey ? 1 : 3);
    const std::size_t bytes = white > 0xff ? 2 : 1;
    const std::size_t start = header.end();
    if ((file.size() - start) / bytes < values)
        throw Error(where
                    + "found a damaged picture: " + std::to_string(file.size() - start)
                    + " bytes of pixels, expected " + std::to_string(values * bytes));

    Picture picture { static_cast<int>(height), static_cast<int>(width), {} };
    picture.rgb.reserve(std::size_t(width) * height * 3);
    for (std::size_t i = 0; i < values; ++i) {
        const std::uint8_t* from = file.data() + start + i * bytes;
        const unsigned value = bytes == 1 ? from[0] : from[0] << 8 | from[1];
        const unsigned scaled = (255 * std::min(value, white) + white / 2) / white;
        picture.rgb.insert(
            picture.rgb.end(), grey ? 3 : 1, static_cast<std::uint8_t>(scaled));
    }
    return picture;
}

} // namespace udeepsc_core
