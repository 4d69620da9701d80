// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <udeepsc_conventional/api.h>
#include <udeepsc_conventional/channel_code.h>

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

namespace udeepsc_conventional UDEEPSC_CONVENTIONAL_API {

/*!
 * \brief Lossless codes of text, ended by a mark of their own.
 *
 * Characters are the bytes of UTF-8 but for byte 0, which no text may hold.
 */
class TextCodec {
public:
    virtual ~TextCodec() = default;

    virtual std::string name() const = 0;

    //! \throws std::invalid_argument where the text holds byte 0.
    virtual Bits encode(const std::string& text) const = 0;

    //! The text of these bits, up to the mark, to the last bit or to \p most_bytes bytes.
    //! Never throws: wrong bits give a wrong text.
    virtual std::string decode(const Bits& bits, std::size_t most_bytes = 4096) const = 0;

    //! Whether the text after a wrong bit comes right again, so that wrong bits are worth
    //! decoding.
    virtual bool resynchronizes() const = 0;

    //! The bits of as many of the first words as fit.
    Bits encode_within(const std::string& text, std::size_t most_bits) const;
};

/*!
 * \param name "utf8" (8 bits a character), "huffman" (of single characters) or
 *     "arithmetic" (of characters after the \p order before them)
 * \param training texts whose statistics both sides know; not looked at by utf8
 * \param order 0 to 6, of arithmetic
 * \throws std::invalid_argument for another name or order, or no training texts where
 * they are needed
 */
std::unique_ptr<TextCodec> make_text_codec(const std::string& name,
                                           const std::vector<std::string>& training,
                                           int order = 4);

} // namespace udeepsc_conventional
