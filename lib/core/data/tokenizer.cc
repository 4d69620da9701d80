// SPDX-License-Identifier: GPL-3.0-or-later
#include <udeepsc_core/tokenizer.h>

#include "../files/printable.h"
#include "sentencepiece_api.h"
#include "sentencepiece_check.h"

#include <udeepsc_core/error.h>
#include <udeepsc_core/file_io.h>

#include <unicode/locid.h>
#include <unicode/normalizer2.h>
#include <unicode/uchar.h>
#include <unicode/unistr.h>

#include <algorithm>

namespace udeepsc_core {

namespace {

constexpr int PAD_ID = 0;
constexpr int UNKNOWN_ID = 1;
// BERT gives up on longer words, and it bounds the search for a match.
constexpr int MAX_WORD_CHARACTERS = 100;
constexpr std::size_t MAX_TOKEN_BYTES = 512; // of a WordPiece vocabulary

void require_in_vocabulary(const char* kind, const std::vector<int>& ids, int size)
{
    for (std::size_t i = 0; i < ids.size(); ++i) {
        if (ids[i] < 0 || ids[i] >= size) {
            throw Error(std::string("decoding ") + kind + " tokens: position "
                        + std::to_string(i) + ": found id " + std::to_string(ids[i])
                        + ", expected 0 to " + std::to_string(size - 1));
        }
    }
}

bool is_cjk(UChar32 c)
{
    return (c >= 0x4e00 && c <= 0x9fff) || (c >= 0x3400 && c <= 0x4dbf)
        || (c >= 0x20000 && c <= 0x2a6df) || (c >= 0x2a700 && c <= 0x2b73f)
        || (c >= 0x2b740 && c <= 0x2b81f) || (c >= 0x2b820 && c <= 0x2ceaf)
        || (c >= 0xf900 && c <= 0xfaff) || (c >= 0x2f800 && c <= 0x2fa1f);
}

//! BERT counts every ASCII symbol as punctuation, also those Unicode does not.
bool is_punctuation(UChar32 c)
{
    return (c >= 33 && c <= 47) || (c >= 58 && c <= 64) || (c >= 91 && c <= 96)
        || (c >= 123 && c <= 126) || u_ispunct(c);
}

bool is_dropped(UChar32 c)
{
    constexpr uint32_t others
        = U_GC_CC_MASK | U_GC_CF_MASK | U_GC_CN_MASK | U_GC_CO_MASK | U_GC_CS_MASK;
    return c == 0xfffd || (U_GET_GC_MASK(c) & others) != 0;
}

bool is_bert_space(UChar32 c)
{
    return c == '\t' || c == '\n' || c == '\r' || (U_GET_GC_MASK(c) & U_GC_ZS_MASK) != 0;
}

//! BERT's basic tokenizer: words and punctuation marks, in UTF-8.
std::vector<std::string> basic_words(const std::string& utf8)
{
    const icu::UnicodeString text = icu::UnicodeString::fromUTF8(repair_utf8(utf8));
    icu::UnicodeString clean;
    for (int32_t i = 0; i < text.length(); i = text.moveIndex32(i, 1)) {
        const UChar32 c = text.char32At(i);
        if (is_bert_space(c)) {
            clean.append(static_cast<UChar32>(' '));
        } else if (!is_dropped(c)) {
            clean.append(c);
        }
    }
    clean.toLower(icu::Locale::getRoot());

    UErrorCode status = U_ZERO_ERROR;
    const auto* nfd = icu::Normalizer2::getNFDInstance(status);
    icu::UnicodeString apart;
    if (nfd) {
        apart = nfd->normalize(clean, status);
    }
    if (U_FAILURE(status)) {
        throw Error(std::string("splitting words: ICU says ") + u_errorName(status));
    }

    std::vector<std::string> words;
    icu::UnicodeString word;
    const auto finish = [&] {
        if (!word.isEmpty()) {
            words.emplace_back();
            word.toUTF8String(words.back());
            word.remove();
        }
    };
    for (int32_t i = 0; i < apart.length(); i = apart.moveIndex32(i, 1)) {
        const UChar32 c = apart.char32At(i);
        if (c == ' ') {
            finish();
        } else if (is_punctuation(c) || is_cjk(c)) {
            finish();
            word.append(c);
            finish();
        } else if (u_charType(c) != U_NON_SPACING_MARK) {
            word.append(c);
        }
    }
    finish();
    return words;
}

bool is_continuation_byte(char c)
{
    return (static_cast<unsigned char>(c) & 0xc0u) == 0x80u;
}

} // namespace

std::shared_ptr<const Tokenizer> make_tokenizer(const std::string& kind,
                                                const std::vector<std::uint8_t>& bytes)
{
    if (kind == "sentencepiece") {
        return std::make_shared<SentencePieceTokenizer>(bytes);
    }
    if (kind == "wordpiece") {
        return std::make_shared<WordPieceTokenizer>(bytes);
    }
    if (kind == "words") {
        return std::make_shared<WordTokenizer>(bytes);
    }
    throw Error("tokenizer kind: found '" + kind
                + "', expected 'sentencepiece', 'wordpiece' or 'words'");
}

struct SentencePieceTokenizer::Processor {
    std::unique_ptr<SentencePieceApi> sp = make_sentencepiece();
};

SentencePieceTokenizer::SentencePieceTokenizer(const std::vector<std::uint8_t>& model)
    : d_model(model)
    , d_processor(std::make_unique<Processor>())
{
    require_sound_sentencepiece(d_model);
    const auto fault = d_processor->sp->load({ d_model.begin(), d_model.end() });
    if (!fault.empty()) {
        throw Error("loading a SentencePiece model of " + std::to_string(d_model.size())
                    + " bytes: " + printable(fault));
    }
    if (d_processor->sp->pad_id() != PAD_ID) {
        throw Error("loading a SentencePiece model: padding: found id "
                    + std::to_string(d_processor->sp->pad_id()) + ", expected 0");
    }
}

SentencePieceTokenizer::~SentencePieceTokenizer() = default;

std::shared_ptr<const SentencePieceTokenizer>
SentencePieceTokenizer::train(const std::vector<std::string>& sentences, int vocab_size)
{
    std::vector<std::string> normalized;
    normalized.reserve(sentences.size());
    for (const std::string& sentence : sentences) {
        std::string text = normalize_sentence(sentence);
        if (!text.empty()) {
            normalized.push_back(std::move(text));
        }
    }
    const std::string where = "training a SentencePiece vocabulary of "
        + std::to_string(vocab_size) + " tokens on " + std::to_string(normalized.size())
        + " sentences: ";
    if (normalized.empty()) {
        throw Error(where + "expected at least one sentence that is not empty");
    }

    std::string model;
    const auto fault = make_sentencepiece()->train(
        {
            { "model_type", "unigram" },
            { "vocab_size", std::to_string(vocab_size) },
            { "hard_vocab_limit", "false" }, // few texts have fewer pieces
            { "byte_fallback", "true" },
            { "character_coverage", "1.0" },
            { "normalization_rule_name", "nmt_nfkc_cf" },
            { "pad_id", std::to_string(PAD_ID) },
            { "unk_id", std::to_string(UNKNOWN_ID) },
            { "bos_id", "-1" },
            { "eos_id", "-1" },
            // Sums depend on how the sentences are dealt out to the threads.
            { "num_threads", "1" },
            { "minloglevel", "2" },
        },
        normalized,
        model);
    if (!fault.empty()) {
        throw Error(where + fault);
    }
    return std::make_shared<SentencePieceTokenizer>(
        std::vector<std::uint8_t>(model.begin(), model.end()));
}

std::vector<int> SentencePieceTokenizer::encode(const std::string& utf8) const
{
    std::vector<int> ids;
    const auto fault = d_processor->sp->encode(normalize_sentence(utf8), ids);
    if (!fault.empty()) {
        throw Error("encoding a sentence: " + fault);
    }
    return ids;
}

std::string SentencePieceTokenizer::decode(const std::vector<int>& ids) const
{
    require_in_vocabulary("SentencePiece", ids, size());
    std::vector<int> kept;
    std::copy_if(ids.begin(), ids.end(), std::back_inserter(kept), [](int id) {
        return id != PAD_ID;
    });
    std::string text;
    const auto fault = d_processor->sp->decode(kept, text);
    if (!fault.empty()) {
        throw Error("decoding SentencePiece tokens: " + fault);
    }
    // Bytes that no text was sent with: tokens that a bad channel made, or a forger.
    return printable(text, text.size());
}

int SentencePieceTokenizer::unknown_id() const
{
    return d_processor->sp->unknown_id();
}

int SentencePieceTokenizer::size() const
{
    return d_processor->sp->size();
}

WordPieceTokenizer::WordPieceTokenizer(const std::vector<std::uint8_t>& vocab)
{
    const std::string where = "loading a WordPiece vocabulary: ";
    std::size_t at = 0;
    while (at < vocab.size()) {
        auto end = static_cast<std::size_t>(
            std::find(vocab.begin() + static_cast<std::ptrdiff_t>(at), vocab.end(), '\n')
            - vocab.begin());
        std::string token(vocab.begin() + static_cast<std::ptrdiff_t>(at),
                          vocab.begin() + static_cast<std::ptrdiff_t>(end));
        at = end + 1;
        if (!token.empty() && token.back() == '\r') {
            token.pop_back();
        }
        const std::string line = "line " + std::to_string(d_tokens.size() + 1);
        if (token.empty()) {
            throw Error(where + line + ": found an empty line, expected a token");
        }
        // Lines may end with one, so that this token would be another when it is read
        // back.
        if (token.find('\r') != std::string::npos) {
            throw Error(where + line + ": found a carriage return within '"
                        + printable(token, 80) + "', expected one at the end at most");
        }
        if (!is_valid_utf8(token)) {
            throw Error(where + line + ": found bytes that are not UTF-8");
        }
        if (token.size() > MAX_TOKEN_BYTES || has_control_characters(token)) {
            throw Error(where + line + ": found '" + printable(token, 80) + "' of "
                        + std::to_string(token.size()) + " bytes, expected at most "
                        + std::to_string(MAX_TOKEN_BYTES) + " and no control characters");
        }
        if (!d_ids.emplace(token, static_cast<int>(d_tokens.size())).second) {
            throw Error(where + line + ": found '" + token + "' a second time");
        }
        d_tokens.push_back(std::move(token));
    }
    if (d_tokens.empty() || d_tokens[PAD_ID] != "[PAD]") {
        throw Error(where + "line 1: found '" + (d_tokens.empty() ? "" : d_tokens[PAD_ID])
                    + "', expected '[PAD]'");
    }
    d_unknown = id_of("[UNK]");
    if (d_unknown < 0) {
        throw Error(where + "found no '[UNK]' among " + std::to_string(d_tokens.size())
                    + " tokens, expected one");
    }
}

std::shared_ptr<const WordPieceTokenizer>
WordPieceTokenizer::from_vocab_file(const std::string& path)
{
    try {
        return std::make_shared<WordPieceTokenizer>(read_file(path));
    } catch (const Error& e) {
        throw Error("vocabulary file '" + path + "': " + e.what());
    }
}

int WordPieceTokenizer::id_of(const std::string& token) const
{
    const auto found = d_ids.find(token);
    return found == d_ids.end() ? -1 : found->second;
}

void WordPieceTokenizer::encode_word(const std::string& word, std::vector<int>& ids) const
{
    const auto characters = std::count_if(
        word.begin(), word.end(), [](char c) { return !is_continuation_byte(c); });
    if (characters > MAX_WORD_CHARACTERS) {
        ids.push_back(d_unknown);
        return;
    }
    std::vector<int> pieces;
    std::size_t start = 0;
    while (start < word.size()) {
        int id = -1;
        std::size_t end = word.size();
        while (end > start) {
            const std::string piece = word.substr(start, end - start);
            id = id_of(start > 0 ? "##" + piece : piece);
            if (id >= 0) {
                break;
            }
            do {
                --end;
            } while (end > start && is_continuation_byte(word[end]));
        }
        if (id < 0) {
            ids.push_back(d_unknown); // one unknown piece spoils the word, as in BERT
            return;
        }
        pieces.push_back(id);
        start = end;
    }
    ids.insert(ids.end(), pieces.begin(), pieces.end());
}

std::vector<int> WordPieceTokenizer::encode(const std::string& utf8) const
{
    std::vector<int> ids;
    for (const std::string& word : basic_words(utf8)) {
        encode_word(word, ids);
    }
    return ids;
}

std::string WordPieceTokenizer::decode(const std::vector<int>& ids) const
{
    require_in_vocabulary("WordPiece", ids, size());
    std::string text;
    for (const int id : ids) {
        const std::string& token = d_tokens[static_cast<std::size_t>(id)];
        if (id == PAD_ID) {
            continue;
        }
        if (token.size() > 2 && token.compare(0, 2, "##") == 0) {
            text += token.substr(2);
        } else {
            text += (text.empty() ? "" : " ") + token;
        }
    }
    return text;
}

std::vector<std::uint8_t> WordPieceTokenizer::serialize() const
{
    std::vector<std::uint8_t> bytes;
    for (const std::string& token : d_tokens) {
        bytes.insert(bytes.end(), token.begin(), token.end());
        bytes.push_back('\n');
    }
    return bytes;
}

} // namespace udeepsc_core
