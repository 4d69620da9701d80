// SPDX-License-Identifier: GPL-3.0-or-later
// Datagrams of the feedback link, from several senders, at any rate.
#include "fuzz_input.h"

#include <pdu.h>
#include <snr_datagram.h>
#include <snr_peer.h>

#include <chrono>

using namespace gr::udeepsc;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    using Peer = snr_peer<int>;
    fuzz::Input input(data, size);
    Peer peer;
    auto now = std::chrono::steady_clock::now();
    while (input.left() > 0) {
        const int from = static_cast<int>(input.choice(3));
        now += std::chrono::milliseconds(input.number<std::uint16_t>());
        // Mostly of the right length.
        const std::string bytes
            = input.text(input.choice(8) == 0 ? input.byte() : snr_datagram::SIZE);
        const auto report = snr_datagram::parse(
            reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size());
        if (!report)
            continue;
        fuzz::require(report->snr_db >= -100 && report->snr_db <= 100,
                      "Es/N0 is bounded");
        const auto written = report->bytes();
        fuzz::require(std::equal(written.begin(),
                                 written.end(),
                                 bytes.begin(),
                                 [](unsigned char a, char b) {
                                     return a == static_cast<unsigned char>(b);
                                 }),
                      "a datagram is read as it was written");
        peer.refuse(from, *report, now, std::chrono::seconds(2));
        if (input.choice(16) == 0)
            peer.forget();
    }
    return 0;
}
