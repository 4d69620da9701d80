// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <udeepsc_phy/api.h>

#include <udeepsc_phy/authenticator.h>

#include <array>
#include <atomic>
#include <cstdint>
#include <map>
#include <optional>
#include <vector>

namespace udeepsc_phy UDEEPSC_PHY_API {

/*!
 * \brief What a frame says of who sent it: docs/frame-format.md.
 *
 * The words are the frame's header and description, so addresses, numbers, sizes and
 * control messages; payload symbols are none of them.
 */
struct FrameSignature {
    static constexpr std::size_t NUMBER_BYTES = 8;
    static constexpr std::size_t TAG_BYTES = 8;
    static constexpr std::size_t BYTES = NUMBER_BYTES + TAG_BYTES; //!< on the air

    std::uint64_t number = 0; //!< rises from frame to frame, over restarts too
    std::vector<std::uint8_t> words; //!< all that is signed, the number included
    std::array<std::uint8_t, TAG_BYTES> tag {};
};

/*! Signs a transmitter's frames. Safe to share between threads. */
class FrameSigner {
public:
    explicit FrameSigner(const Authenticator& key);

    //! Milliseconds since 1970, or one more than the last.
    std::uint64_t next_number();
    std::array<std::uint8_t, FrameSignature::TAG_BYTES>
    tag_of(const std::vector<std::uint8_t>& words) const;

private:
    const Authenticator d_key;
    std::atomic<std::uint64_t> d_last { 0 };
};

/*!
 * \brief Tells a receiver which frames to take.
 *
 * What a source sent before the first frame that is taken from it can be replayed until
 * then; nothing afterwards. Not safe to share between threads.
 */
class FrameVerifier {
public:
    explicit FrameVerifier(const Authenticator& key);

    enum class Verdict {
        authentic,
        not_authentic, //!< no signature, or one of another key or of other words
        old, //!< a number that does not exceed the last one from this source
    };
    //! \param source the frame's, 0 to 255
    Verdict verify(const std::optional<FrameSignature>& signature, unsigned source);

private:
    const Authenticator d_key;
    std::map<unsigned, std::uint64_t> d_last; // number by source
};

} // namespace udeepsc_phy
