// SPDX-License-Identifier: GPL-3.0-or-later
#include <udeepsc_core/text.h>

#include <gtest/gtest.h>

#include <random>

using namespace udeepsc_core;

namespace {

const char* const SST2_SENTENCES[] = {
    "caruso sometimes descends into sub-tarantino cuteness ... but for the most part he "
    "makes sure the salton sea works the way a good noir should , keeping it tight and "
    "nasty .",
    "that is n't heated properly , so that it ends up a bit cold",
    "amélie 's audrey tautou with another fabuleux destin -- i.e. , a banal spiritual "
    "quest",
    "like mike does n't win any points for originality -lrb- 2,500 -rrb- ?!?",
    "gangster no. 1 drips with style",
    "the '70s , rock 'n' roll , ol' joe , 'em and 'til",
    "`` the best '' of mr. o'fallon vs. the u.s. *** 1/2",
    "r&b , s&m , 24/7 , 1.8 , feardotcom.com",
};

} // namespace

TEST(Text, KnowsValidUtf8)
{
    EXPECT_TRUE(is_valid_utf8(""));
    EXPECT_TRUE(is_valid_utf8("na\xc3\xafve \xe6\xbc\xa2 \xf0\x9f\x98\x80"));
    EXPECT_FALSE(is_valid_utf8("\xff"));
    EXPECT_FALSE(is_valid_utf8("a\xc3")); // cut short
    EXPECT_FALSE(is_valid_utf8("\xc0\xaf")); // overlong
    EXPECT_FALSE(is_valid_utf8("\xed\xa0\x80")); // surrogate
    EXPECT_FALSE(is_valid_utf8("\xf4\x90\x80\x80")); // beyond U+10FFFF
    EXPECT_EQ(repair_utf8("a\xff"
                          "b"),
              "a\xef\xbf\xbd"
              "b");
    EXPECT_TRUE(is_valid_utf8(repair_utf8("\xed\xa0\x80\xc3")));
}

TEST(Text, LeavesTheConventionAlone)
{
    for (const char* sentence : SST2_SENTENCES) {
        EXPECT_EQ(normalize_sentence(sentence), sentence);
    }
}

TEST(Text, PutsOrdinaryTextIntoTheConvention)
{
    const std::pair<const char*, const char*> cases[] = {
        { "", "" },
        { " \t\r\n ", "" },
        { "  Great.  Really\tgreat. ", "great . really great ." },
        { "It's great, can't wait.", "it 's great , ca n't wait ." },
        { "I won't; they'll cost $2,500.50 or 100%!",
          "i wo n't ; they 'll cost $ 2,500.50 or 100 % !" },
        { "Shouldn't've", "should n't 've" },
        { "We cannot, we're gonna.", "we can not , we 're gon na ." },
        { "He said \"good morning\" (twice)...",
          "he said `` good morning '' ( twice ) ..." },
        { "\" spaced \" quotes", "`` spaced '' quotes" },
        { "\xe2\x80\x9cHello\xe2\x80\x9d\xe2\x80\x94"
          "don\xe2\x80\x99t",
          "`` hello '' -- do n't" },
        { "The U.S. film: Mr. Smith's 'best'.",
          "the u.s. film : mr. smith 's ` best ' ." },
        { "the actors' work", "the actors ' work" },
        { "Say no.", "say no ." },
        { "good--bad...ugly", "good -- bad ... ugly" },
        { "at 10:30, not: 11", "at 10:30 , not : 11" },
        { "\xef\xac\x81lm", "film" }, // ligature
        { "x\xe2\x82\x8b\xc2\xb2", "x-2" }, // subscript minus, superscript two
    };
    for (const auto& [text, expected] : cases) {
        EXPECT_EQ(normalize_sentence(text), expected);
    }
}

TEST(Text, IsIdempotentOnAnyBytes)
{
    // Mostly the characters that the rules are about, some arbitrary bytes.
    const std::string alphabet = "aits dnm'`\".,?!-:()$0 n'tcannot\xe2\x80\x99\xc3\xa9";
    std::mt19937 random(7);
    for (int trial = 0; trial < 5000; ++trial) {
        std::string text;
        for (unsigned i = random() % 24; i > 0; --i) {
            text += random() % 20 == 0 ? static_cast<char>(random())
                                       : alphabet[random() % alphabet.size()];
        }
        const std::string once = normalize_sentence(text);
        EXPECT_TRUE(is_valid_utf8(once));
        EXPECT_EQ(normalize_sentence(once), once) << "from: " << text;
    }
}

TEST(Text, LongTextTakesLinearTime)
{
    EXPECT_EQ(normalize_sentence(std::string(200000, '.')).size(), 200000u);
    EXPECT_EQ(normalize_sentence(std::string(20000, '\'')).size(), 29999u);
    EXPECT_EQ(normalize_sentence(std::string(200000, 'a')).size(), 200000u);
}

TEST(Text, SplitsWords)
{
    EXPECT_EQ(split_words(" a  bc\td\n"), (std::vector<std::string> { "a", "bc", "d" }));
    EXPECT_TRUE(split_words("").empty());
}
