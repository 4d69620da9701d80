// SPDX-License-Identifier: GPL-3.0-or-later
#include <udeepsc_phy/frame_signature.h>

#include <algorithm>
#include <chrono>

namespace udeepsc_phy {

namespace {
constexpr const char* DOMAIN = "udeepsc frame";
}

FrameSigner::FrameSigner(const Authenticator& key)
    : d_key(key)
{ }

std::uint64_t FrameSigner::next_number()
{
    const auto since_1970 = std::chrono::system_clock::now().time_since_epoch();
    const long ms
        = std::chrono::duration_cast<std::chrono::milliseconds>(since_1970).count();
    const auto now = static_cast<std::uint64_t>(std::max(ms, 0L));
    std::uint64_t last = d_last, next = 0;
    do {
        next = std::max(last + 1, now);
    } while (!d_last.compare_exchange_weak(last, next));
    return next;
}

std::array<std::uint8_t, FrameSignature::TAG_BYTES>
FrameSigner::tag_of(const std::vector<std::uint8_t>& words) const
{
    std::array<std::uint8_t, FrameSignature::TAG_BYTES> tag;
    d_key.make_tag(DOMAIN, words.data(), words.size(), tag.data(), tag.size());
    return tag;
}

FrameVerifier::FrameVerifier(const Authenticator& key)
    : d_key(key)
{ }

FrameVerifier::Verdict
FrameVerifier::verify(const std::optional<FrameSignature>& signature, unsigned source)
{
    if (!signature
        || !d_key.is_tag(DOMAIN,
                         signature->words.data(),
                         signature->words.size(),
                         signature->tag.data(),
                         signature->tag.size())) {
        return Verdict::not_authentic;
    }
    const auto last = d_last.find(source);
    if (last != d_last.end() && signature->number <= last->second) {
        return Verdict::old;
    }
    d_last[source] = signature->number;
    return Verdict::authentic;
}

} // namespace udeepsc_phy
