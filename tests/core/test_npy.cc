// SPDX-License-Identifier: GPL-3.0-or-later
#include "temp_dir.h"

#include <udeepsc_core/error.h>
#include <udeepsc_core/npy.h>

#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>
#include <random>

using namespace udeepsc_core;

namespace {

using Values = std::vector<float>;
using Shape = std::vector<std::size_t>;

std::string prefix(int major, std::size_t length)
{
    std::string text = "\x93NUMPY";
    text += static_cast<char>(major);
    text += '\0';
    for (int i = 0; i < (major == 1 ? 2 : 4); ++i) {
        text += static_cast<char>(length >> (8 * i));
    }
    return text;
}

std::string npy(const std::string& header, const std::string& data, int major = 1)
{
    return prefix(major, header.size()) + header + data;
}

std::string dict(const std::string& descr, const std::string& shape)
{
    return "{'descr': '" + descr + "', 'fortran_order': False, 'shape': " + shape
        + ", }   \n";
}

template <typename T> std::string bytes_of(const std::vector<T>& values)
{
    std::string text(values.size() * sizeof(T), '\0');
    std::memcpy(text.data(), values.data(), text.size());
    return text;
}

class Npy : public testing::Test {
protected:
    NpyArray read(const std::string& bytes)
    {
        return read_npy(d_dir.write("a.npy", bytes));
    }

    std::string error(const std::string& bytes)
    {
        const std::string path = d_dir.write("a.npy", bytes);
        const std::string text = error_of([&] { read_npy(path); });
        EXPECT_SAYS(text, path);
        return text;
    }

    TempDir d_dir;
};

} // namespace

TEST_F(Npy, ReadsEveryType)
{
    EXPECT_EQ(read(npy(dict("<f4", "(2,)"), bytes_of<float>({ 0.5f, -3 }))).values,
              (Values { 0.5f, -3 }));
    EXPECT_EQ(read(npy(dict("<f8", "(2,)"), bytes_of<double>({ 0.1, -3 }))).values,
              (Values { 0.1f, -3 }));
    EXPECT_EQ(read(npy(dict("<i4", "(2,)"), bytes_of<std::int32_t>({ 7, -3 }))).values,
              (Values { 7, -3 }));
    EXPECT_EQ(read(npy(dict("<i8", "(2,)"), bytes_of<std::int64_t>({ 7, -3 }))).values,
              (Values { 7, -3 }));
    EXPECT_EQ(read(npy(dict("|u1", "(2,)"), "\x01\xff")).values, (Values { 1, 255 }));
}

TEST_F(Npy, ReadsEveryFormatAndShape)
{
    const std::string six = bytes_of<float>({ 0, 1, 2, 3, 4, 5 });
    for (const int major : { 1, 2, 3 }) {
        EXPECT_EQ(read(npy(dict("<f4", "(6,)"), six, major)).shape, (Shape { 6 }));
        EXPECT_EQ(read(npy(dict("<f4", "(2, 3)"), six, major)).shape, (Shape { 2, 3 }));
        EXPECT_EQ(read(npy(dict("<f4", "(1, 3, 2)"), six, major)).shape,
                  (Shape { 1, 3, 2 }));
        EXPECT_EQ(read(npy(dict("<f4", "(1,2,1,3,)"), six, major)).shape,
                  (Shape { 1, 2, 1, 3 }));
    }
    const std::string other
        = R"({"shape": (6,), "fortran_order": False, "descr": "<f4"})";
    EXPECT_EQ(read(npy(other, six)).values, (Values { 0, 1, 2, 3, 4, 5 }));
}

TEST_F(Npy, RefusesWhatIsNone)
{
    EXPECT_SAYS(error_of([&] { read_npy(d_dir.file("none.npy")); }), "No such file");
    EXPECT_SAYS(error("PK\x03\x04 a zip"), "found no NumPy array");
    EXPECT_SAYS(error("\x93NUMPX"), "found no NumPy array");
    EXPECT_SAYS(error(""), "found 0 bytes, expected a header");
    EXPECT_SAYS(error("\x93NUM"), "found 4 bytes");
    EXPECT_SAYS(error(npy(dict("<f4", "(1,)"), "abcd", 4)), "found format 4.0");
    EXPECT_SAYS(error(npy(dict("<f4", "(1,)"), "abcd", 0)), "found format 0.0");
}

TEST_F(Npy, RefusesOtherTypes)
{
    EXPECT_SAYS(error(npy(dict("|O", "(1,)"), "abcdefgh")), "Python objects");
    EXPECT_SAYS(error(npy(dict(">f4", "(1,)"), "abcd")), "found type '>f4'");
    EXPECT_SAYS(error(npy(dict("<c8", "(1,)"), "abcdefgh")), "found type '<c8'");
    EXPECT_SAYS(error(npy(dict("<U4", "(1,)"), std::string(16, 'a'))), "type '<U4'");
    EXPECT_SAYS(error(npy("{'descr': [('a', '<f4')], 'fortran_order': False, "
                          "'shape': (1,), }",
                          "abcd")),
                "records of several fields");
    EXPECT_SAYS(
        error(npy("{'descr': '<f4', 'fortran_order': True, 'shape': (1,), }", "abcd")),
        "Fortran order");
}

TEST_F(Npy, RefusesBadShapes)
{
    const auto shaped = [&](const std::string& shape) {
        return error(npy(dict("<f4", shape), "abcd"));
    };
    EXPECT_SAYS(shaped("()"), "expected 1 to 4 dimensions");
    EXPECT_SAYS(shaped("(1, 1, 1, 1, 1)"), "expected 1 to 4 dimensions");
    EXPECT_SAYS(shaped("(0,)"), "found shape (0,), expected 1 to");
    EXPECT_SAYS(shaped("(4294967296, 4294967296)"), "found shape (4294967296, 42949");
    EXPECT_SAYS(shaped("(4294967296, 4294967296, 0)"), "expected 1 to");
    EXPECT_SAYS(shaped("(4611686018427387905,)"), "expected 1 to"); // times 4 is 4
    EXPECT_SAYS(shaped("(99999999999999999999,)"), "a number too large");
    EXPECT_SAYS(shaped("(-1,)"), "expected a whole number");
    EXPECT_SAYS(shaped("(268435456,)"), "found 4 bytes of values, expected 1073741824");
    EXPECT_SAYS(shaped("(2,)"), "found 4 bytes of values, expected 8 for shape (2,)");
    const std::string path = d_dir.write("a.npy", npy(dict("|u1", "(3,)"), "abc"));
    EXPECT_SAYS(error_of([&] { read_npy(path, 2); }), "expected 1 to 2 values");
}

TEST_F(Npy, RefusesBadHeaders)
{
    const auto headed
        = [&](const std::string& header) { return error(npy(header, "abcd")); };
    EXPECT_SAYS(headed(""), "expected '{'");
    EXPECT_SAYS(headed("{}"), "found its end, expected descr, fortran_order and shape");
    EXPECT_SAYS(headed("{'descr': '<f4', 'shape': (1,)}"), "found its end");
    EXPECT_SAYS(headed("{'descr': '<f4', 'descr': '<f4'}"), "found key 'descr'");
    EXPECT_SAYS(headed("{'colour': 1}"), "found key 'colour'");
    EXPECT_SAYS(headed("{'descr"), "expected a text in quotes");
    EXPECT_SAYS(headed("{'fortran_order': Maybe}"), "expected True or False");
    EXPECT_SAYS(headed("{'shape': (1"), "header, character 12: found something else");
    EXPECT_SAYS(headed(dict("<f4", "(1,)") + "x"), "found more text");
    EXPECT_SAYS(error(prefix(2, 0xffffffffu) + "{}"), "header of 4294967295 bytes");
    EXPECT_SAYS(error(prefix(1, 500) + "{}"), "expected a header of 510");
}

TEST_F(Npy, RefusesValuesThatAFloatCannotHold)
{
    constexpr std::int32_t EXACT = 1 << 24;
    EXPECT_EQ(
        read(npy(dict("<i4", "(2,)"), bytes_of<std::int32_t>({ EXACT, -EXACT }))).values,
        (Values { 16777216.0f, -16777216.0f }));
    EXPECT_SAYS(error(npy(dict("<i4", "(2,)"), bytes_of<std::int32_t>({ 0, EXACT + 1 }))),
                "value 1: found 16777217");
    constexpr auto LEAST = std::numeric_limits<std::int64_t>::min();
    EXPECT_SAYS(error(npy(dict("<i8", "(1,)"), bytes_of<std::int64_t>({ LEAST }))),
                "value 0: found -9223372036854775808");
    EXPECT_SAYS(error(npy(dict("<f8", "(1,)"), bytes_of<double>({ 1e300 }))),
                "found 1e+300, expected a number in float's range");
    EXPECT_SAYS(error(npy(dict("<f8", "(1,)"), bytes_of<double>({ std::nan("") }))),
                "found 1 of 1 numbers NaN or infinite");
    EXPECT_SAYS(error(npy(dict("<f4", "(2,)"), bytes_of<float>({ 0, HUGE_VALF }))),
                "found 1 of 2 numbers NaN or infinite");
}

TEST_F(Npy, WritesAndReadsTheSame)
{
    std::mt19937 random(1);
    std::normal_distribution<float> normal;
    for (const Shape& shape : { Shape { 1 },
                                Shape { 5 },
                                Shape { 2, 3 },
                                Shape { 7, 1, 9 },
                                Shape { 2, 3, 4, 5 } }) {
        NpyArray array { shape, {} };
        std::size_t count = 1;
        for (const std::size_t extent : shape) {
            count *= extent;
        }
        for (std::size_t i = 0; i < count; ++i) {
            array.values.push_back(normal(random));
        }
        write_npy(d_dir.file("a.npy"), array);
        const NpyArray again = read_npy(d_dir.file("a.npy"));
        EXPECT_EQ(again.shape, array.shape);
        EXPECT_EQ(again.values, array.values);
        EXPECT_EQ((d_dir.read("a.npy").size() - count * 4) % 64, 0u);
    }
    EXPECT_EQ(d_dir.count_entries(), 1u);
}

TEST_F(Npy, WritesWhatNumpyWrites)
{
    write_npy(d_dir.file("a.npy"), { { 3 }, { 1, 2, 3 } });
    const std::string header
        = "{'descr': '<f4', 'fortran_order': False, 'shape': (3,), }";
    EXPECT_EQ(d_dir.read("a.npy"),
              npy(header + std::string(117 - header.size(), ' ') + "\n",
                  bytes_of<float>({ 1, 2, 3 })));
}

TEST_F(Npy, WriteSaysWhatIsWrong)
{
    const auto write = [&](const NpyArray& array) {
        return error_of([&] { write_npy(d_dir.file("a.npy"), array); });
    };
    EXPECT_SAYS(write({}), "expected 1 to 4 dimensions");
    EXPECT_SAYS(write({ { 0 }, {} }), "found shape (0,)");
    EXPECT_SAYS(write({ { 2, 2 }, { 1, 2, 3 } }),
                "found 3 values, expected 4 for shape (2, 2)");
    EXPECT_SAYS(write({ { 1 }, { std::nanf("") } }), "NaN or infinite");
    EXPECT_SAYS(error_of([&] {
                    write_npy(d_dir.file("no/a.npy"), { { 1 }, { 1 } });
                }),
                "cannot create");
    EXPECT_EQ(d_dir.count_entries(), 0u);
}

TEST_F(Npy, DamageIsAnErrorOrAnotherArrayButNoCrash)
{
    const std::string whole = npy(dict("<f4", "(2, 3)"), std::string(24, '\x3f'));
    std::mt19937 random(5);
    for (int trial = 0; trial < 2000; ++trial) {
        std::string damaged
            = random() % 2 ? whole : whole.substr(0, 1 + random() % whole.size());
        for (unsigned i = random() % 4; i > 0; --i) {
            damaged[random() % damaged.size()] = static_cast<char>(random());
        }
        try {
            read(damaged);
        } catch (const udeepsc_core::Error&) { }
    }
}
