// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "body_symbols.h"
#include "frame/frame_layout.h"
#include "frame/header_codec.h"

#include <udeepsc_phy/burst_demodulator.h>

#include <cstddef>
#include <memory>
#include <optional>
#include <vector>

namespace udeepsc_phy {
namespace detail {

/*!
 * \brief Reads frames from the symbols of any waveform: header, description, payloads;
 * what is decoded becomes a reference for what follows. Not safe to share between
 * threads.
 */
class FrameReader {
public:
    explicit FrameReader(const FrameProfile& profile);

    //! \param copy header_llrs of a copy of the frame; empty: there is none
    ReceivedFrame read(const DetectedBurst& burst, const std::vector<float>& copy = {});

    //! Symbols from the preamble's first to the end of a frame's header.
    std::size_t header_symbols() const;
    //! Likewise to the end of the frame, by its header; none if there is no header that
    //! can be read. \param burst with samples of header_symbols() at least
    std::optional<std::size_t> frame_symbols(const DetectedBurst& burst);

private:
    using Fault = ReceivedFrame::Fault;

    /*! Payloads of a frame and where they lie. */
    struct Section {
        FramePayload payload;
        std::size_t position; //!< in the body
        std::size_t end() const { return position + payload.header.symbols_sent(); }
    };

    Fault read_header(FrameHeader& header);
    Fault decode_header(FrameHeader& header);
    Fault read_description(const FrameHeader& header, Bits& description);
    Fault read_contents(FrameHeader header, ReceivedFrame& frame);
    Fault find_payloads(const FrameHeader& header,
                        const Bits& description,
                        std::size_t position);
    Fault read_payloads(Fault fault, ReceivedFrame& frame);
    ReceivedPayload received(const Section& section,
                             const std::complex<float>* symbols,
                             const float* noise_var) const;
    std::vector<float> llrs(std::size_t first, std::size_t n);
    Fault decide(const std::vector<float>& llrs, FrameHeader& header);
    std::vector<float> with_copy(const std::vector<float>& llrs, std::size_t first) const;

    const FrameLayout d_layout;
    HeaderCodec d_codec;
    std::unique_ptr<BodySymbols> d_body;
    std::vector<Section> d_sections; //!< payloads that are there whole
    std::vector<float> d_llrs; //!< of header and description
    std::vector<float> d_copy_llrs; //!< likewise, of a copy; empty: there is none
};

} // namespace detail
} // namespace udeepsc_phy
