// SPDX-License-Identifier: GPL-3.0-or-later
#include "temp_dir.h"

#include <udeepsc_core/error.h>
#include <udeepsc_core/tokenizer.h>

#include <gtest/gtest.h>

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
    EXPECT_SAYS(error("[PAD]\n[UNK]\na\na\n"), "line 4: found 'a' a second time");
    EXPECT_SAYS(error("[PAD]\n[UNK]\n\xff\n"), "line 3");
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
