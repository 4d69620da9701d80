// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <udeepsc_conventional/api.h>
#include <udeepsc_conventional/coded_link.h>
#include <udeepsc_conventional/picture_codec.h>
#include <udeepsc_conventional/text_codec.h>

#include <complex>
#include <cstddef>
#include <memory>
#include <string>
#include <vector>

namespace udeepsc_conventional UDEEPSC_CONVENTIONAL_API {

/*! What a conventional transmitter and receiver agree on. */
struct SchemeConfig {
    //! SOURCE-CODE: jpeg, jpeg2000, h264, hevc, utf8, huffman or arithmetic; ldpc or
    //! turbo, or capacity: an ideal code at Shannon's rate, log2(1 + Es/N0) bits a
    //! symbol.
    std::string name = "jpeg-ldpc";
    //! "adaptive": the fastest of mcs_table() that works at the Es/N0 the transmitter
    //! knows; or one of them, such as "16qam-1/2", whatever the Es/N0.
    std::string mcs = "adaptive";
    std::vector<std::string> training; //!< texts for the statistics of text codecs
    int order = 4; //!< of arithmetic
};

//! Names that SchemeConfig::name may have.
std::vector<std::string> scheme_names();

/*!
 * \brief Source codec, channel code and QAM at a given number of complex channel uses.
 *
 * What a receiver knows without having been told by the payload: the scheme, the number
 * of symbols, modulation and rate, the size of a picture. The semantic model's burst
 * header tells as much. Nothing else is free.
 *
 * A payload that cannot be decoded gives what lies in front of its first bad code block;
 * text by utf8 and huffman is decoded with its wrong bits.
 */
class Scheme {
public:
    //! \throws std::invalid_argument naming what is wrong
    explicit Scheme(const SchemeConfig& config);

    //! The same with another choice of modulation and rate; codecs are shared.
    Scheme with_mcs(const std::string& mcs) const;

    const SchemeConfig& config() const { return d_config; }
    //! Whether it sends pictures; texts otherwise.
    bool sends_pictures() const { return d_picture_codec != nullptr; }
    //! Whether the channel code is an ideal one, with which no symbols are made.
    bool is_capacity() const { return d_capacity; }

    /*! A sample as it is sent. */
    struct Sent {
        Mcs mcs; //!< not of capacity
        std::size_t source_bits = 0; //!< that the source codec made of it
        std::vector<std::complex<float>> symbols; //!< of mean energy 1; none of capacity
        Bits bits; //!< source_bits of them, for capacity
    };

    /*!
     * \param symbols complex channel uses
     * \param esn0_db what the transmitter takes the channel to be
     *
     * Where the stream that fits is short, or the text, a more robust entry of
     * mcs_table() is taken that still holds it (if adaptive). \throws
     * std::invalid_argument for a sample of the wrong kind, or so few symbols that no bit
     * fits.
     */
    Sent send(const RgbPicture& picture, std::size_t symbols, double esn0_db) const;
    Sent send(const std::string& text, std::size_t symbols, double esn0_db) const;

    //! What arrives. \param symbols equalised \param noise_var one, or one a symbol.
    //! \throws std::invalid_argument for sizes that do not fit
    DecodedBits receive(const std::vector<std::complex<float>>& symbols,
                        const std::vector<float>& noise_var,
                        const Mcs& mcs) const;

    //! What an ideal code delivers.
    static DecodedBits deliver(const Sent& sent)
    {
        return { sent.bits, sent.bits.size() };
    }

    //! What the bits show. \throws std::invalid_argument where the scheme sends another
    //! kind of sample, never for the bits' sake.
    RgbPicture picture_of(const DecodedBits& bits, int height, int width) const;
    //! Ill-formed UTF-8 comes as question marks.
    std::string text_of(const DecodedBits& bits) const;

    /*!
     * \brief The entry of mcs_table() that symbols of this modulation were sent with: the
     * one under which most of them decode.
     *
     * For receivers that are told the modulation alone. Where nothing decodes, the most
     * robust one.
     */
    Mcs detect_mcs(const std::vector<std::complex<float>>& symbols,
                   const std::vector<float>& noise_var,
                   udeepsc_phy::Modulation modulation) const;

private:
    std::size_t bits_that_fit(std::size_t symbols, double esn0_db) const;
    Mcs fastest(std::size_t symbols, double esn0_db) const;
    Mcs most_robust(std::size_t symbols, std::size_t bits, const Mcs& fastest) const;
    Sent send_bits(Bits bits, std::size_t symbols, double esn0_db) const;
    std::shared_ptr<const CodedLink> link(const Mcs& mcs, std::size_t symbols) const;
    void require(bool pictures) const;
    void require_mcs() const;

    SchemeConfig d_config;
    bool d_capacity = false;
    CodeFamily d_family = CodeFamily::ldpc;
    std::shared_ptr<const PictureCodec> d_picture_codec;
    std::shared_ptr<const TextCodec> d_text_codec;
    mutable std::shared_ptr<const CodedLink> d_link; //!< the last one used
};

} // namespace udeepsc_conventional
