// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <udeepsc_phy/api.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>

namespace udeepsc_phy UDEEPSC_PHY_API {

/*!
 * \brief Tags by which two ends that share a key know each other's words.
 *
 * A tag is keyed BLAKE2b (RFC 7693; libsodium) over the words, cut to the length wanted.
 * Each use has a domain of its own, so that a tag of one is worth nothing in another.
 * Nothing is encrypted, and old words stay authentic: who checks them counts too. Safe to
 * share between threads.
 */
class Authenticator {
public:
    static constexpr std::size_t KEY_BYTES = 32;
    static constexpr std::size_t MAX_TAG_BYTES = 32;

    /*!
     * \param path a key file: 64 hexadecimal digits, as write_key() makes it
     * \throws std::invalid_argument naming the file and what is wrong with it.
     */
    explicit Authenticator(const std::string& path);
    ~Authenticator();
    Authenticator(const Authenticator&) = default;
    Authenticator& operator=(const Authenticator&) = default;

    /*!
     * \param domain what the words are for, at most 16 characters
     * \param data, size the words
     * \param tag, tag_size where the tag goes, 1 to MAX_TAG_BYTES bytes
     * \throws std::invalid_argument for a domain or tag_size outside these.
     */
    void make_tag(const std::string& domain,
                  const std::uint8_t* data,
                  std::size_t size,
                  std::uint8_t* tag,
                  std::size_t tag_size) const;

    //! Whether the tag is that of the words; in a time that does not tell how far it is.
    bool is_tag(const std::string& domain,
                const std::uint8_t* data,
                std::size_t size,
                const std::uint8_t* tag,
                std::size_t tag_size) const;

    /*!
     * A new random key in a new file that only its owner may read.
     * \throws std::invalid_argument if the file is there already or cannot be written.
     */
    static void write_key(const std::string& path);

private:
    std::array<std::uint8_t, KEY_BYTES> d_key;
};

} // namespace udeepsc_phy
