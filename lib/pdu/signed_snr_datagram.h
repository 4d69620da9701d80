// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "big_endian.h"
#include "snr_datagram.h"

#include <udeepsc_phy/authenticator.h>

#include <array>
#include <optional>

namespace gr {
namespace udeepsc {

/*! What csi_feedback with a key sends over UDP; its header says which byte is what. */
struct signed_snr_datagram {
    static constexpr std::size_t TAG = 16;
    static constexpr std::size_t SIZE = 20 + TAG;

    std::uint64_t number;
    double snr_db;

    std::array<unsigned char, SIZE> bytes(const udeepsc_phy::Authenticator& key) const
    {
        std::array<unsigned char, SIZE> out;
        put_u32(&out[0], snr_datagram::MAGIC);
        put_u32(&out[4], s_version);
        put_u32(&out[8], static_cast<std::uint32_t>(number >> 32));
        put_u32(&out[12], static_cast<std::uint32_t>(number));
        put_u32(&out[16], snr_datagram::milli_db(snr_db));
        key.make_tag(s_domain, out.data(), SIZE - TAG, &out[SIZE - TAG], TAG);
        return out;
    }

    //! Nothing for bytes that are none of the key's, or hold no Es/N0 in -100..100 dB.
    static std::optional<signed_snr_datagram> parse(const unsigned char* data,
                                                    std::size_t size,
                                                    const udeepsc_phy::Authenticator& key)
    {
        if (size != SIZE || get_u32(data) != snr_datagram::MAGIC
            || get_u32(data + 4) != s_version
            || !key.is_tag(s_domain, data, SIZE - TAG, data + SIZE - TAG, TAG)) {
            return std::nullopt;
        }
        const auto snr_db = snr_datagram::snr_of(get_u32(data + 16));
        if (!snr_db) {
            return std::nullopt;
        }
        const std::uint64_t high = get_u32(data + 8);
        return signed_snr_datagram { high << 32 | get_u32(data + 12), *snr_db };
    }

private:
    static constexpr std::uint32_t s_version = 2;
    static constexpr const char* s_domain = "udeepsc feedback";
};

} // namespace udeepsc
} // namespace gr
