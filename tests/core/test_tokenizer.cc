// SPDX-License-Identifier: GPL-3.0-or-later
#include "temp_dir.h"

#include <udeepsc_core/error.h>
#include <udeepsc_core/tokenizer.h>

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>
#include <thread>

using namespace udeepsc_core;

namespace {

std::vector<std::uint8_t> bytes_of(const std::string& text)
{
    return { text.begin(), text.end() };
}

//! Sentences of a small made-up grammar, enough for a vocabulary of 305.
std::vector<std::string> small_corpus()
{
    const char* subjects[] = { "the film", "a story", "this comedy", "the director" };
    const char* verbs[] = { "is", "is n't", "seems", "remains" };
    const char* adverbs[] = { "rather", "utterly", "surprisingly", "never" };
    const char* ends[] = { "touching .", "predictable .", "well-made !", "dull ..." };
    std::vector<std::string> sentences;
    for (const char* subject : subjects) {
        for (const char* verb : verbs) {
            for (const char* adverb : adverbs) {
                for (const char* end : ends) {
                    sentences.push_back(std::string(subject) + " " + verb + " " + adverb
                                        + " " + end);
                }
            }
        }
    }
    return sentences;
}

constexpr int VOCAB_SIZE = 305;

const SentencePieceTokenizer& trained()
{
    static const auto s_tokenizer
        = SentencePieceTokenizer::train(small_corpus(), VOCAB_SIZE);
    return *s_tokenizer;
}

//! A field of protocol buffers that holds bytes.
std::string field(int number, const std::string& content)
{
    std::string encoded(1, static_cast<char>(number << 3 | 2));
    std::size_t length = content.size();
    for (; length >= 0x80; length >>= 7) {
        encoded += static_cast<char>(length | 0x80);
    }
    return encoded + static_cast<char>(length) + content;
}

std::string le32(std::uint32_t value)
{
    std::string bytes;
    for (int shift = 0; shift < 32; shift += 8) {
        bytes += static_cast<char>(value >> shift);
    }
    return bytes;
}

constexpr int NORMALIZER = 3; // of sentencepiece_model.proto
constexpr int DENORMALIZER = 5;

//! The trained model with something behind it. Of two fields the later one counts.
std::vector<std::uint8_t> trained_and(const std::string& more)
{
    auto model = trained().serialize();
    model.insert(model.end(), more.begin(), more.end());
    return model;
}

std::string fault_of(const std::string& more)
{
    return error_of([&] {
        // What is taken has to work as well.
        const auto tokenizer = make_tokenizer("sentencepiece", trained_and(more));
        tokenizer->decode(tokenizer->encode("a touching film"));
    });
}

//! A character map whose trie has the cells named here and zeros beside them.
std::string character_map(const std::map<std::size_t, std::uint32_t>& cells,
                          const std::string& replacements)
{
    std::string trie;
    for (std::size_t i = 0; i < 256; ++i) {
        trie += le32(cells.count(i) ? cells.at(i) : 0);
    }
    return le32(static_cast<std::uint32_t>(trie.size())) + trie + replacements;
}

constexpr std::uint32_t LEAF = 1 << 8;
constexpr std::uint32_t VALUE = 1u << 31;

const char* const BERT_LIKE_VOCAB
    = "[PAD]\n[UNK]\n[CLS]\nun\n##aff\n##able\nwant\n##ed\n,\n"
      "cafe\n\xe6\xbc\xa2\n'\ns\n!\n";

} // namespace

TEST(MakeTokenizer, RefusesTheUnknown)
{
    EXPECT_SAYS(error_of([] { make_tokenizer("bpe", {}); }), "found 'bpe'");
    EXPECT_THROW(make_tokenizer("sentencepiece", {}), Error);
    EXPECT_THROW(make_tokenizer("sentencepiece", bytes_of("no model at all")), Error);
    EXPECT_THROW(make_tokenizer("wordpiece", {}), Error);
}

TEST(SentencePieceTokenizer, RefusesAPieceThatTheLibraryThrowsAt)
{
    constexpr int PIECE = 1, TEXT = 1; // of sentencepiece_model.proto
    EXPECT_SAYS(fault_of(field(PIECE, field(TEXT, std::string(1, '\0')))),
                "loading a SentencePiece model of");
    EXPECT_NO_THROW(
        make_tokenizer("sentencepiece", trained_and(field(PIECE, field(TEXT, "piece")))));
}

TEST(SentencePieceTokenizer, SpecialTokensHaveTheirPlaces)
{
    EXPECT_EQ(trained().size(), VOCAB_SIZE);
    EXPECT_EQ(trained().decode({ 0, 0, 0 }), "");
    EXPECT_EQ(trained().encode(""), std::vector<int> {});
    for (const auto& sentence : small_corpus()) {
        for (const int id : trained().encode(sentence)) {
            EXPECT_GT(id, 1) << sentence; // neither padding nor unknown
        }
    }
}

TEST(SentencePieceTokenizer, RoundTripGivesTheConvention)
{
    for (const std::string text : { "The film isn't touching.",
                                    "this comedy seems well-made !",
                                    "caf\xc3\xa9 \xe6\xbc\xa2 \xf0\x9f\x98\x80 zyx" }) {
        const auto ids = trained().encode(text);
        EXPECT_EQ(trained().decode(ids), normalize_sentence(text));
        auto padded = ids;
        padded.resize(64, 0);
        EXPECT_EQ(trained().decode(padded), normalize_sentence(text));
    }
}

TEST(SentencePieceTokenizer, AcceptsAnyBytesAndAnyIds)
{
    std::mt19937 random(11);
    for (int trial = 0; trial < 200; ++trial) {
        std::string text(random() % 40, '\0');
        for (char& c : text) {
            c = static_cast<char>(random());
        }
        for (const int id : trained().encode(text)) {
            EXPECT_TRUE(id > 0 && id < VOCAB_SIZE);
        }
        std::vector<int> ids(random() % 40);
        for (int& id : ids) {
            id = static_cast<int>(random() % VOCAB_SIZE);
        }
        EXPECT_TRUE(is_valid_utf8(trained().decode(ids)));
    }
}

TEST(SentencePieceTokenizer, DecodesToNothingThatATerminalWouldObey)
{
    std::string all;
    for (int id = 0; id < VOCAB_SIZE; ++id) {
        all += trained().decode({ id }) + ' ';
    }
    EXPECT_SAYS(all, " \\x1b ");
    EXPECT_SAYS(all, " \\x7f ");
    for (const char c : all) {
        EXPECT_TRUE(static_cast<unsigned char>(c) >= 0x20 && c != 0x7f) << int(c);
    }
}

TEST(SentencePieceTokenizer, RefusesForeignIds)
{
    EXPECT_SAYS(error_of([] {
                    trained().decode({ 5, VOCAB_SIZE });
                }),
                "position 1: found id 305, expected 0 to 304");
    EXPECT_THROW(trained().decode({ -1 }), Error);
}

TEST(SentencePieceTokenizer, SerializedCopyIsTheSame)
{
    const auto copy = make_tokenizer("sentencepiece", trained().serialize());
    EXPECT_EQ(copy->kind(), "sentencepiece");
    EXPECT_EQ(copy->size(), VOCAB_SIZE);
    EXPECT_EQ(copy->serialize(), trained().serialize());
    const std::string text = "the director is never dull";
    EXPECT_EQ(copy->encode(text), trained().encode(text));
}

TEST(SentencePieceTokenizer, TrainingIsReproducible)
{
    EXPECT_EQ(SentencePieceTokenizer::train(small_corpus(), VOCAB_SIZE)->serialize(),
              trained().serialize());
}

TEST(SentencePieceTokenizer, TrainingSaysWhatIsWrong)
{
    EXPECT_SAYS(error_of([] { SentencePieceTokenizer::train({}, 500); }), "0 sentences");
    const auto small
        = error_of([] { SentencePieceTokenizer::train(small_corpus(), 20); });
    EXPECT_SAYS(small, "20 tokens");
    EXPECT_SAYS(small, "20 vs 284");
    EXPECT_THROW(SentencePieceTokenizer::train(small_corpus(), -1), Error);
}

TEST(SentencePieceTokenizer, FewTextsHaveFewerTokensThanAllowed)
{
    const auto all = SentencePieceTokenizer::train(small_corpus(), 100000);
    EXPECT_LT(all->size(), 10000);
    EXPECT_EQ(all->decode(all->encode("the film is fine")), "the film is fine");
}

TEST(SentencePieceTokenizer, TruncatedModelIsAnError)
{
    const auto whole = trained().serialize();
    for (std::size_t length = 0; length < whole.size(); length += whole.size() / 50) {
        // A cut on a field border leaves a smaller but valid model: no crash is enough.
        try {
            const std::vector<std::uint8_t> cut(
                whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(length));
            make_tokenizer("sentencepiece", cut)->encode("the film");
        } catch (const Error&) { }
    }
}

TEST(SentencePieceTokenizer, CharacterMapIsFollowed)
{
    // The control: 'e', whose value lies in the cell before it, becomes "i".
    const auto map
        = character_map({ { 'e', 1 << 10 | LEAF | 'e' }, { 'e' ^ 1, VALUE | 2 } },
                        std::string("x\0i\0", 4));
    const auto changed
        = make_tokenizer("sentencepiece", trained_and(field(NORMALIZER, field(2, map))));
    EXPECT_EQ(changed->encode("e"), trained().encode("i"));
    EXPECT_NE(changed->encode("e"), trained().encode("e"));
}

TEST(SentencePieceTokenizer, RefusesAMapThatPointsOutsideOfItself)
{
    const std::string end(1, '\0');
    for (const int owner : { NORMALIZER, DENORMALIZER }) {
        const auto error = [&](const std::string& map) {
            return fault_of(field(owner, field(2, map)));
        };
        // Some GiB off, one block off, and a value behind the last replacement.
        EXPECT_SAYS(error(character_map({ { 0, 0x7ffffe00 } }, end)), "points outside");
        EXPECT_SAYS(error(character_map({ { 0, 0xfffffe00 } }, end)), "points outside");
        EXPECT_SAYS(error(character_map({ { 'a', 256 << 10 | 'a' } }, end)), "cell 97");
        EXPECT_SAYS(
            error(character_map(
                { { 'a', 1 << 10 | LEAF | 'a' }, { 'a' ^ 1, VALUE | 0x7000000 } }, end)),
            "cell 97");
        EXPECT_SAYS(error(character_map({}, "x")), "no end");
        EXPECT_SAYS(error(character_map({}, std::string(300, 'x') + end)),
                    "replacement of 300 bytes");
        EXPECT_SAYS(error(le32(1020) + std::string(1020, '\0') + end), "whole blocks");
        EXPECT_SAYS(error(le32(0) + end), "whole blocks");
        EXPECT_SAYS(error(le32(2000) + end), "expected a trie of 2000 bytes");
        EXPECT_SAYS(error("abc"), "found 3 bytes");
    }
}

TEST(SentencePieceTokenizer, DamagedMapIsAnErrorOrAnotherMapButNoCrash)
{
    const auto whole = trained().serialize();
    const std::string name = "nmt_nfkc_cf"; // what lies before the map
    const auto map = std::search(whole.begin(), whole.end(), name.begin(), name.end());
    ASSERT_NE(map, whole.end());
    const auto begin = static_cast<std::size_t>(map - whole.begin()) + name.size();
    std::mt19937 random(3);
    for (int trial = 0; trial < 100; ++trial) {
        auto damaged = whole;
        for (unsigned i = 1 + random() % 4; i > 0; --i) {
            damaged[begin + random() % (whole.size() - begin)]
                = static_cast<std::uint8_t>(random());
        }
        try {
            const auto tokenizer = make_tokenizer("sentencepiece", damaged);
            for (const auto& sentence : small_corpus()) {
                tokenizer->decode(tokenizer->encode(sentence));
            }
        } catch (const Error&) { }
    }
}

TEST(SentencePieceTokenizer, BoundsItsPieces)
{
    EXPECT_SAYS(fault_of(field(1, field(1, std::string(600, 'x')))),
                "a piece of 600 bytes");
    std::string many;
    for (int i = 0; i < 1 << 18; ++i) {
        many += field(1, field(1, "x"));
    }
    EXPECT_SAYS(fault_of(many), "more than 262144 pieces");
    EXPECT_SAYS(fault_of(std::string(1 << 24, '\0')), "expected at most 16777216");
    EXPECT_SAYS(fault_of("\x1a\x7f"), "cut short");
    EXPECT_SAYS(fault_of("\x1a\xff\xff\xff\xff\xff\xff"), "more than 5 bytes");
    EXPECT_SAYS(fault_of("\x0b"), "unknown type");
}

TEST(SentencePieceTokenizer, ThreadsShareIt)
{
    const auto expected = trained().encode("the film is utterly touching");
    std::vector<std::thread> threads;
    std::vector<int> wrong(4, 0);
    for (std::size_t t = 0; t < wrong.size(); ++t) {
        threads.emplace_back([&, t] {
            for (int i = 0; i < 200; ++i) {
                wrong[t] += trained().encode("The film is utterly touching") != expected;
            }
        });
    }
    for (auto& thread : threads) {
        thread.join();
    }
    EXPECT_EQ(wrong, std::vector<int>(4, 0));
}

TEST(WordPieceTokenizer, RefusesBadVocabularies)
{
    const auto error = [](const std::string& vocab) {
        return error_of([&] { WordPieceTokenizer tokenizer(bytes_of(vocab)); });
    };
    EXPECT_SAYS(error("[UNK]\na\n"), "expected '[PAD]'");
    EXPECT_SAYS(error("[PAD]\na\n"), "[UNK]");
    EXPECT_SAYS(error("[PAD]\n\n[UNK]\n"), "line 2: found an empty line");
    EXPECT_SAYS(error("[PAD]\n[UNK]\n\x1b[2J\n"), "line 3: found '\\x1b[2J'");
    EXPECT_SAYS(error("[PAD]\n[UNK]\n" + std::string(600, 'x')), "of 600 bytes");
    EXPECT_SAYS(error("[PAD]\n[UNK]\na\na\n"), "line 4: found 'a' a second time");
    EXPECT_SAYS(error("[PAD]\n[UNK]\n\xff\n"), "line 3");
    EXPECT_SAYS(error("[PAD]\n[UNK]\na\r\r\n"),
                "line 3: found a carriage return within 'a");
    EXPECT_SAYS(error_of([] { WordPieceTokenizer::from_vocab_file("/no/such/file"); }),
                "/no/such/file");
}

TEST(WordPieceTokenizer, MatchesLongestPiecesFirst)
{
    const WordPieceTokenizer tokenizer(bytes_of(BERT_LIKE_VOCAB));
    using Ids = std::vector<int>;
    // The example of the published BERT tokenizer.
    EXPECT_EQ(tokenizer.encode("UNwant\xc3\xa9"
                               "d,unaffable"),
              (Ids { 1, 8, 3, 4, 5 })); // "unwanted": no "##want"
    EXPECT_EQ(tokenizer.encode("Want\xc3\xa9"
                               "d, unaffable"),
              (Ids { 6, 7, 8, 3, 4, 5 }));
    EXPECT_EQ(tokenizer.encode("Caf\xc3\xa9's!"), (Ids { 9, 11, 12, 13 }));
    EXPECT_EQ(tokenizer.encode("cafe\xcc\x81"), Ids { 9 }); // combining accent
    EXPECT_EQ(tokenizer.encode("caf\xc3\xa9\xe6\xbc\xa2"), (Ids { 9, 10 })); // CJK apart
    EXPECT_EQ(tokenizer.encode("un\xe2\x80\x8b\xc2\xa0,"), (Ids { 3, 8 })); // invisible
    EXPECT_EQ(tokenizer.encode("wantx"), Ids { 1 });
    EXPECT_EQ(tokenizer.encode(std::string(101, 'a')), Ids { 1 });
    EXPECT_EQ(tokenizer.encode(" \t\n"), Ids {});
    EXPECT_EQ(tokenizer.encode("\xff"), Ids {});
}

TEST(WordPieceTokenizer, DecodesAndSerializes)
{
    TempDir dir;
    const auto tokenizer
        = WordPieceTokenizer::from_vocab_file(dir.write("vocab.txt", BERT_LIKE_VOCAB));
    EXPECT_EQ(tokenizer->decode({ 3, 4, 5, 8, 6, 7, 0, 0 }), "unaffable , wanted");
    EXPECT_EQ(tokenizer->decode({}), "");
    EXPECT_THROW(tokenizer->decode({ 14 }), Error);
    EXPECT_EQ(tokenizer->id_of("[CLS]"), 2);
    EXPECT_EQ(tokenizer->id_of("absent"), -1);
    const auto copy = make_tokenizer("wordpiece", tokenizer->serialize());
    EXPECT_EQ(copy->kind(), "wordpiece");
    EXPECT_EQ(copy->size(), 14);
    EXPECT_EQ(copy->encode("wanted"), tokenizer->encode("wanted"));
}
