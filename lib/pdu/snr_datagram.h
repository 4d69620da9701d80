// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "big_endian.h"

#include <array>
#include <cmath>
#include <cstdint>
#include <optional>

namespace gr {
namespace udeepsc {

/*! What csi_feedback without a key sends over UDP; its header says which byte is what. */
struct snr_datagram {
    static constexpr std::size_t SIZE = 20;
    static constexpr std::uint32_t MAGIC = 0x55534e52; // "USNR"

    std::uint32_t session;
    std::uint32_t number;
    double snr_db;

    std::array<unsigned char, SIZE> bytes() const
    {
        std::array<unsigned char, SIZE> out;
        put_u32(&out[0], MAGIC);
        put_u32(&out[4], s_version);
        put_u32(&out[8], session);
        put_u32(&out[12], number);
        put_u32(&out[16], milli_db(snr_db));
        return out;
    }

    //! Nothing for bytes that are no such datagram, or hold no Es/N0 in -100..100 dB.
    static std::optional<snr_datagram> parse(const unsigned char* data, std::size_t size)
    {
        if (size != SIZE || get_u32(data) != MAGIC || get_u32(data + 4) != s_version) {
            return std::nullopt;
        }
        const auto snr_db = snr_of(get_u32(data + 16));
        if (!snr_db) {
            return std::nullopt;
        }
        return snr_datagram { get_u32(data + 8), get_u32(data + 12), *snr_db };
    }

    static std::uint32_t milli_db(double snr_db)
    {
        return static_cast<std::uint32_t>(
            static_cast<std::int32_t>(std::lround(1000 * snr_db)));
    }
    //! Nothing outside -100..100 dB.
    static std::optional<double> snr_of(std::uint32_t milli_db)
    {
        const double snr_db = static_cast<std::int32_t>(milli_db) / 1000.0;
        return snr_db < -100 || snr_db > 100 ? std::nullopt : std::optional(snr_db);
    }

private:
    static constexpr std::uint32_t s_version = 1;
};

} // namespace udeepsc
} // namespace gr
