// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <udeepsc_conventional/channel_code.h>

namespace udeepsc_conventional {

/*! One code block: fixed numbers of information and coded bits. */
class BlockCode {
public:
    struct Decoded {
        Bits bits;
        bool sound; //!< its check holds
    };

    virtual ~BlockCode() = default;
    virtual Bits encode(const std::uint8_t* information) const = 0;
    virtual Decoded decode(const float* llrs) const = 0;
};

//! LLRs are held within this, so that sums of floats stay exact enough.
constexpr float LLR_LIMIT = 100.0f;

} // namespace udeepsc_conventional
