// SPDX-License-Identifier: GPL-3.0-or-later
#include "../temp_dir.h"

#include <udeepsc_phy/authenticator.h>

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cstdio>
#include <vector>

using udeepsc_phy::Authenticator;

namespace {

struct AuthenticatorTest : public ::testing::Test {
    const TempDir d_folder;

    std::string file(const std::string& name) const { return d_folder.file(name); }
    std::string write(const std::string& name, const std::string& text) const
    {
        return d_folder.write(name, text);
    }
};

std::string hex(const std::vector<std::uint8_t>& bytes)
{
    std::string text;
    for (const auto byte : bytes) {
        char digits[3];
        std::snprintf(digits, sizeof(digits), "%02x", byte);
        text += digits;
    }
    return text;
}

std::vector<std::uint8_t> tag_of(const Authenticator& key,
                                 const std::string& domain,
                                 const std::vector<std::uint8_t>& words,
                                 std::size_t size)
{
    std::vector<std::uint8_t> tag(size);
    key.make_tag(domain, words.data(), words.size(), tag.data(), size);
    return tag;
}

std::string fault_of(const std::string& path)
{
    try {
        Authenticator key(path);
    } catch (const std::invalid_argument& e) {
        return e.what();
    }
    return "";
}

const std::string KEY = "000102030405060708090a0b0c0d0e0f"
                        "101112131415161718191a1b1c1d1e1f";

} // namespace

//! Against Python's hashlib: blake2b(b'abc', digest_size=32, key=bytes(range(32)),
//! person=b'here').hexdigest().
TEST_F(AuthenticatorTest, IsKeyedBlake2b)
{
    const Authenticator key(write("key", KEY + "\n"));
    const auto tag = tag_of(key, "here", { 'a', 'b', 'c' }, 32);
    EXPECT_EQ(hex(tag),
              "e734a45a068c1ff00c563149bff7ab2a"
              "755e29b2065d49e548daa1c8b0f58279");
    EXPECT_EQ(hex(tag_of(key, "here", { 'a', 'b', 'c' }, 4)), hex(tag).substr(0, 8));
}

TEST_F(AuthenticatorTest, KnowsItsOwnTagsOnly)
{
    const Authenticator key(write("key", KEY));
    const Authenticator other(write("other", std::string(64, 'a')));
    std::vector<std::uint8_t> words(40, 7);
    const auto tag = tag_of(key, "a", words, 8);
    const auto accepted = [&](const Authenticator& by, const std::string& domain) {
        return by.is_tag(domain, words.data(), words.size(), tag.data(), tag.size());
    };
    EXPECT_TRUE(accepted(key, "a"));
    EXPECT_FALSE(accepted(key, "b"));
    EXPECT_FALSE(accepted(other, "a"));
    for (std::size_t bit = 0; bit < 8 * words.size(); bit++) {
        words[bit / 8] ^= 1u << bit % 8;
        EXPECT_FALSE(accepted(key, "a")) << bit;
        words[bit / 8] ^= 1u << bit % 8;
    }
    EXPECT_TRUE(accepted(key, "a"));
    std::uint8_t small[1];
    EXPECT_THROW(key.make_tag(std::string(17, 'x'), small, 1, small, 1),
                 std::invalid_argument);
    EXPECT_THROW(key.make_tag("a", small, 1, small, 0), std::invalid_argument);
    EXPECT_THROW(key.make_tag("a", small, 1, small, 33), std::invalid_argument);
}

TEST_F(AuthenticatorTest, WritesKeysOfItsOwn)
{
    Authenticator::write_key(file("a"));
    Authenticator::write_key(file("b"));
    const Authenticator a(file("a")), b(file("b"));
    EXPECT_NE(tag_of(a, "x", { 1 }, 32), tag_of(b, "x", { 1 }, 32));
    struct stat about;
    ASSERT_EQ(::stat(file("a").c_str(), &about), 0);
    EXPECT_EQ(about.st_mode & 0777, 0600u);
    EXPECT_THROW(Authenticator::write_key(file("a")), std::invalid_argument);
    EXPECT_NO_THROW(Authenticator { file("a") }) << "the key that was there is gone";
    EXPECT_THROW(Authenticator::write_key("/nowhere/key"), std::invalid_argument);
}

TEST_F(AuthenticatorTest, RefusesWhatIsNoKey)
{
    for (const auto& text : { std::string(),
                              KEY.substr(1),
                              KEY + "0",
                              "g" + KEY.substr(1),
                              KEY + " x",
                              std::string(100000, '0') }) {
        EXPECT_NE(fault_of(write("bad", text)).find("64 hexadecimal digits"),
                  std::string::npos)
            << text.substr(0, 80);
    }
    EXPECT_NE(fault_of(file("none")).find("No such file"), std::string::npos);
    EXPECT_NE(fault_of(d_folder.path()).find("is no file"), std::string::npos);
    ASSERT_EQ(::mkfifo(file("pipe").c_str(), 0600), 0);
    EXPECT_NE(fault_of(file("pipe")).find("is no file"), std::string::npos);
    EXPECT_EQ(fault_of(write("dos", KEY + "\r\n")), "");
}
