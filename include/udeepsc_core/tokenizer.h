// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <udeepsc_core/api.h>

#include <udeepsc_core/text.h>

#include <cstdint>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

namespace udeepsc_core UDEEPSC_CORE_API {

/*!
 * \brief Words to token ids and back.
 *
 * Ids run from 0 to size() - 1 and id 0 is the padding. encode() adds no start, end or
 * padding tokens. All functions may be called from several threads at once.
 */
class Tokenizer {
public:
    virtual ~Tokenizer() = default;

    //! Any bytes are accepted; empty text gives no tokens.
    virtual std::vector<int> encode(const std::string& utf8) const = 0;

    //! Padding is left out. Error for an id outside [0, size()).
    virtual std::string decode(const std::vector<int>& ids) const = 0;

    virtual int size() const = 0;
    //! The token of what the vocabulary does not have.
    virtual int unknown_id() const = 0;

    //! What make_tokenizer() takes, with serialize(), to make this tokenizer again.
    virtual std::string kind() const = 0;
    virtual std::vector<std::uint8_t> serialize() const = 0;
};

/*!
 * \brief The tokenizer that was serialized.
 *
 * \param kind "sentencepiece", "wordpiece" or "words"
 * Errors: Error for another kind and for bytes that are no such tokenizer.
 */
std::shared_ptr<const Tokenizer> make_tokenizer(const std::string& kind,
                                                const std::vector<std::uint8_t>& bytes);

/*!
 * \brief SentencePiece unigram tokens of text in the SST-2 convention.
 *
 * encode() applies normalize_sentence() first; decode() gives text in that convention.
 * Characters never seen in training fall back to bytes, so nothing is lost. Id 0 is the
 * padding, 1 the unknown token, 2 to 257 are bytes.
 */
class SentencePieceTokenizer : public Tokenizer {
public:
    //! \param model a serialized SentencePiece model
    explicit SentencePieceTokenizer(const std::vector<std::uint8_t>& model);
    ~SentencePieceTokenizer() override;

    /*!
     * \brief Learn a vocabulary; the same sentences give the same vocabulary.
     *
     * \param vocab_size tokens in total: at least 258 and one for each character used.
     * Errors: Error with the trainer's reason, for example a corpus too small for the
     * size.
     */
    static std::shared_ptr<const SentencePieceTokenizer>
    train(const std::vector<std::string>& sentences, int vocab_size);

    std::vector<int> encode(const std::string& utf8) const override;
    std::string decode(const std::vector<int>& ids) const override;
    int size() const override;
    int unknown_id() const override;
    std::string kind() const override { return "sentencepiece"; }
    std::vector<std::uint8_t> serialize() const override { return d_model; }

private:
    struct Processor; // keeps the SentencePiece headers out of this one
    std::vector<std::uint8_t> d_model;
    std::unique_ptr<Processor> d_processor;
};

/*!
 * \brief BERT's uncased WordPiece tokens.
 *
 * Lower case, accents removed, punctuation and CJK characters apart, then greedy
 * longest match; a word with no match is [UNK].
 *
 * Source: Devlin et al., "BERT", and the tokenizer published with it.
 */
class WordPieceTokenizer : public Tokenizer {
public:
    //! \param vocab one token per line, its line number is its id; id 0 must be [PAD]
    explicit WordPieceTokenizer(const std::vector<std::uint8_t>& vocab);

    //! For example BERT's vocab.txt.
    static std::shared_ptr<const WordPieceTokenizer>
    from_vocab_file(const std::string& path);

    std::vector<int> encode(const std::string& utf8) const override;
    std::string decode(const std::vector<int>& ids) const override;
    int size() const override { return static_cast<int>(d_tokens.size()); }
    int unknown_id() const override { return d_unknown; }
    std::string kind() const override { return "wordpiece"; }
    std::vector<std::uint8_t> serialize() const override;

    //! Id of a token such as "[CLS]", or -1.
    int id_of(const std::string& token) const;

private:
    void encode_word(const std::string& word, std::vector<int>& ids) const;

    std::vector<std::string> d_tokens;
    std::unordered_map<std::string, int> d_ids;
    int d_unknown = 0;
};

/*!
 * \brief Whole words, for texts of few different ones.
 *
 * Lower case, punctuation left out; a word that the vocabulary does not have is [UNK].
 * Letters outside of ASCII stay as they are. Punctuation alone is one [UNK].
 */
class WordTokenizer : public Tokenizer {
public:
    //! \param vocab as WordPieceTokenizer's
    explicit WordTokenizer(const std::vector<std::uint8_t>& vocab);

    /*!
     * \brief The commonest words of the texts, those seen once left out.
     *
     * \param vocab_size tokens in total, [PAD] and [UNK] counted
     * Errors: Error where no word is there twice, or there is no room for one.
     */
    static std::shared_ptr<const WordTokenizer>
    learn(const std::vector<std::string>& texts, int vocab_size);

    std::vector<int> encode(const std::string& utf8) const override;
    std::string decode(const std::vector<int>& ids) const override;
    int size() const override { return d_vocabulary.size(); }
    int unknown_id() const override { return d_vocabulary.unknown_id(); }
    std::string kind() const override { return "words"; }
    std::vector<std::uint8_t> serialize() const override
    {
        return d_vocabulary.serialize();
    }

private:
    WordPieceTokenizer d_vocabulary;
};

} // namespace udeepsc_core
