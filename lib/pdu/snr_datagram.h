// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <array>
#include <cmath>
#include <cstdint>
#include <optional>

namespace gr {
namespace udeepsc {

/*! What csi_feedback sends over UDP; its header says which byte is what. */
struct snr_datagram {
    static constexpr std::size_t SIZE = 20;

    std::uint32_t session;
    std::uint32_t number;
    double snr_db;

    std::array<unsigned char, SIZE> bytes() const
    {
        std::array<unsigned char, SIZE> out;
        const auto milli_db = static_cast<std::int32_t>(std::lround(1000 * snr_db));
        put(out, 0, s_magic);
        put(out, 4, s_version);
        put(out, 8, session);
        put(out, 12, number);
        put(out, 16, static_cast<std::uint32_t>(milli_db));
        return out;
    }

    //! Nothing for bytes that are no such datagram, or hold no Es/N0 in -100..100 dB.
    static std::optional<snr_datagram> parse(const unsigned char* data, std::size_t size)
    {
        if (size != SIZE || get(data) != s_magic || get(data + 4) != s_version) {
            return std::nullopt;
        }
        const double snr_db = static_cast<std::int32_t>(get(data + 16)) / 1000.0;
        if (snr_db < -100 || snr_db > 100) {
            return std::nullopt;
        }
        return snr_datagram { get(data + 8), get(data + 12), snr_db };
    }

private:
    static constexpr std::uint32_t s_magic = 0x55534e52; // "USNR"
    static constexpr std::uint32_t s_version = 1;

    static void put(std::array<unsigned char, SIZE>& out, std::size_t at, std::uint32_t v)
    {
        for (int i = 0; i < 4; i++) {
            out[at + i] = static_cast<unsigned char>(v >> (24 - 8 * i));
        }
    }
    static std::uint32_t get(const unsigned char* in)
    {
        return static_cast<std::uint32_t>(in[0]) << 24 | in[1] << 16 | in[2] << 8 | in[3];
    }
};

} // namespace udeepsc
} // namespace gr
