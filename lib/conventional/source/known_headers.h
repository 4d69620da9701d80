// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <udeepsc_conventional/picture_codec.h>

#include <array>
#include <functional>
#include <map>
#include <mutex>

namespace udeepsc_conventional {

/*!
 * \brief The parts of a file that follow from a picture's size and settings, and that no
 * stream has.
 *
 * To make them, a decoder has to encode a picture of that size, which takes longer than
 * to decode one. So they are kept. Any thread may ask.
 */
class KnownHeaders {
public:
    using Key = std::array<int, 4>; //!< height, width and what else they depend on

    //! \param make is called for a key that is not there.
    Bytes get(const Key& key, const std::function<Bytes()>& make)
    {
        const std::lock_guard<std::mutex> lock(d_mutex);
        const auto found = d_headers.find(key);
        if (found != d_headers.end())
            return found->second;
        if (d_headers.size() >= MOST)
            d_headers.clear();
        return d_headers[key] = make();
    }

private:
    // Of a few hundred bytes each.
    static constexpr std::size_t MOST = 1024;

    std::mutex d_mutex;
    std::map<Key, Bytes> d_headers;
};

} // namespace udeepsc_conventional
