// SPDX-License-Identifier: GPL-3.0-or-later
#include <udeepsc_core/npy.h>

#include "check_samples.h"

#include <udeepsc_core/error.h>
#include <udeepsc_core/file_io.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>
#include <optional>
#include <type_traits>

static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__,
              "values are little-endian and are used as they lie in the file");

namespace udeepsc_core {

namespace {

const std::string MAGIC = "\x93NUMPY";
constexpr std::size_t VERSION_BYTES = 2;
constexpr std::size_t MAX_HEADER_BYTES = std::size_t(1) << 16;
constexpr std::size_t MAX_DIMENSIONS = 4;
constexpr std::size_t MAX_VALUE_BYTES = 8;
constexpr std::size_t ALIGNMENT = 64; // of the values, as NumPy writes them

using Bytes = std::vector<std::uint8_t>;

std::string shape_text(const std::vector<std::size_t>& shape)
{
    std::string text = "(";
    for (std::size_t i = 0; i < shape.size(); ++i) {
        text += (i ? ", " : "") + std::to_string(shape[i]);
    }
    return text + (shape.size() == 1 ? ",)" : ")");
}

//! The number of values, or nothing where it overflows.
std::optional<std::size_t> count_of(const std::vector<std::size_t>& shape)
{
    std::size_t count = 1;
    for (const std::size_t extent : shape) {
        if (__builtin_mul_overflow(count, extent, &count)) {
            return std::nullopt;
        }
    }
    return count;
}

std::size_t require_shape(const std::string& where,
                          const std::vector<std::size_t>& shape,
                          std::size_t max_values)
{
    if (shape.empty() || shape.size() > MAX_DIMENSIONS) {
        throw Error(where + ": found shape " + shape_text(shape) + ", expected 1 to "
                    + std::to_string(MAX_DIMENSIONS) + " dimensions");
    }
    const auto count = count_of(shape);
    if (!count || *count < 1 || *count > max_values) {
        throw Error(where + ": found shape " + shape_text(shape) + ", expected 1 to "
                    + std::to_string(max_values) + " values");
    }
    return *count;
}

// ---------------------------------------------------------------------- header

struct Header {
    std::string descr;
    bool fortran_order = false;
    std::vector<std::size_t> shape;
};

//! Reads the one Python literal that a header is:
//! {'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }
class HeaderParser {
public:
    HeaderParser(std::string where, std::string text)
        : d_where(std::move(where))
        , d_text(std::move(text))
    { }

    Header parse()
    {
        Header header;
        bool has_descr = false, has_order = false, has_shape = false;
        expect('{');
        while (!accept('}')) {
            const std::string key = quoted();
            expect(':');
            if (key == "descr" && !has_descr) {
                has_descr = true;
                header.descr = type_name();
            } else if (key == "fortran_order" && !has_order) {
                has_order = true;
                header.fortran_order = boolean();
            } else if (key == "shape" && !has_shape) {
                has_shape = true;
                header.shape = shape();
            } else {
                fail("key '" + key + "'", "descr, fortran_order and shape, once each");
            }
            if (!accept(',')) {
                expect('}');
                break;
            }
        }
        skip_space();
        if (d_at != d_text.size()) {
            fail("more text", "the end");
        }
        if (!has_descr || !has_order || !has_shape) {
            fail("its end", "descr, fortran_order and shape");
        }
        return header;
    }

private:
    [[noreturn]] void fail(const std::string& found, const std::string& expected) const
    {
        throw Error(d_where + ": header, character " + std::to_string(d_at) + ": found "
                    + found + ", expected " + expected);
    }

    void skip_space()
    {
        while (d_at < d_text.size() && (d_text[d_at] == ' ' || d_text[d_at] == '\n')) {
            ++d_at;
        }
    }

    char peek()
    {
        skip_space();
        return d_at < d_text.size() ? d_text[d_at] : '\0';
    }

    bool accept(char wanted)
    {
        const bool found = peek() == wanted;
        d_at += found;
        return found;
    }

    void expect(char wanted)
    {
        if (!accept(wanted)) {
            fail("something else", std::string("'") + wanted + "'");
        }
    }

    std::string quoted()
    {
        const char quote = peek();
        const std::size_t end = quote == '\'' || quote == '"'
            ? d_text.find(quote, d_at + 1)
            : std::string::npos;
        if (end == std::string::npos) {
            fail("something else", "a text in quotes");
        }
        const std::string text = d_text.substr(d_at + 1, end - d_at - 1);
        d_at = end + 1;
        return text;
    }

    std::string type_name()
    {
        if (peek() == '[') {
            fail("records of several fields", "numbers");
        }
        return quoted();
    }

    bool boolean()
    {
        skip_space();
        for (const std::string word : { "True", "False" }) {
            if (d_text.compare(d_at, word.size(), word) == 0) {
                d_at += word.size();
                return word == "True";
            }
        }
        fail("something else", "True or False");
    }

    std::size_t integer()
    {
        constexpr std::size_t LIMIT = std::numeric_limits<std::size_t>::max();
        const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
        if (!is_digit(peek())) {
            fail("something else", "a whole number");
        }
        std::size_t value = 0;
        for (; d_at < d_text.size() && is_digit(d_text[d_at]); ++d_at) {
            const auto digit = static_cast<std::size_t>(d_text[d_at] - '0');
            if (value > (LIMIT - digit) / 10) {
                fail("a number too large", "at most " + std::to_string(LIMIT));
            }
            value = value * 10 + digit;
        }
        return value;
    }

    std::vector<std::size_t> shape()
    {
        std::vector<std::size_t> extents;
        expect('(');
        while (!accept(')')) {
            extents.push_back(integer());
            if (!accept(',')) {
                expect(')');
                break;
            }
        }
        return extents;
    }

    std::string d_where;
    std::string d_text;
    std::size_t d_at = 0;
};

//! The header's text; \p begin becomes the place of the first value.
std::string header_text(const std::string& where, const Bytes& file, std::size_t& begin)
{
    const std::size_t fixed = MAGIC.size() + VERSION_BYTES;
    const auto shown = static_cast<std::ptrdiff_t>(std::min(file.size(), MAGIC.size()));
    if (!std::equal(
            file.begin(), file.begin() + shown, MAGIC.begin(), [](auto a, char b) {
                return a == static_cast<std::uint8_t>(b);
            })) {
        throw Error(where + ": found no NumPy array, expected a .npy file");
    }
    if (file.size() < fixed) {
        throw Error(where + ": found " + std::to_string(file.size())
                    + " bytes, expected a header");
    }
    const int major = file[MAGIC.size()];
    const int minor = file[MAGIC.size() + 1];
    if (major < 1 || major > 3 || minor != 0) {
        throw Error(where + ": found format " + std::to_string(major) + "."
                    + std::to_string(minor) + ", expected 1.0, 2.0 or 3.0");
    }
    const std::size_t length_bytes = major == 1 ? 2 : 4;
    std::size_t length = 0;
    for (std::size_t i = 0; i < length_bytes && fixed + i < file.size(); ++i) {
        length |= std::size_t(file[fixed + i]) << (8 * i);
    }
    const std::size_t text = fixed + length_bytes;
    if (length > MAX_HEADER_BYTES) {
        throw Error(where + ": found a header of " + std::to_string(length)
                    + " bytes, expected at most " + std::to_string(MAX_HEADER_BYTES));
    }
    begin = text + length;
    if (file.size() < begin) {
        throw Error(where + ": found " + std::to_string(file.size())
                    + " bytes, expected a header of " + std::to_string(begin));
    }
    return std::string(file.begin() + static_cast<std::ptrdiff_t>(text),
                       file.begin() + static_cast<std::ptrdiff_t>(begin));
}

// ---------------------------------------------------------------------- values

template <typename T>
std::vector<float>
to_floats(const std::string& where, const std::uint8_t* data, std::size_t count)
{
    std::vector<float> values(count);
    for (std::size_t i = 0; i < count; ++i) {
        T value;
        std::memcpy(&value, data + i * sizeof(T), sizeof(T));
        if constexpr (std::is_integral_v<T>) {
            // Up to 2^24 in size, every integer is a float, and beyond that not all are.
            constexpr std::int64_t EXACT = std::int64_t(1) << 24;
            if (value > EXACT || value < -EXACT) {
                throw Error(where + ": value " + std::to_string(i) + ": found "
                            + std::to_string(value) + ", expected at most 2^24 in size");
            }
        } else if (std::isfinite(value)
                   && std::abs(value) > std::numeric_limits<float>::max()) {
            throw Error(where + ": value " + std::to_string(i) + ": found "
                        + number_text(value) + ", expected a number in float's range");
        }
        values[i] = static_cast<float>(value);
    }
    return values;
}

struct Type {
    const char* descr;
    std::size_t bytes;
    std::vector<float> (*convert)(const std::string&, const std::uint8_t*, std::size_t);
};

constexpr Type TYPES[] = {
    { "<f4", 4, to_floats<float> },        { "<f8", 8, to_floats<double> },
    { "<i4", 4, to_floats<std::int32_t> }, { "<i8", 8, to_floats<std::int64_t> },
    { "|u1", 1, to_floats<std::uint8_t> },
};

const Type& type_of(const std::string& where, const std::string& descr)
{
    for (const Type& type : TYPES) {
        if (descr == type.descr) {
            return type;
        }
    }
    if (descr.find('O') != std::string::npos) {
        throw Error(where + ": found type '" + descr
                    + "', Python objects, expected numbers");
    }
    throw Error(where + ": found type '" + descr
                + "', expected '<f4', '<f8', '<i4', '<i8' or '|u1'");
}

} // namespace

NpyArray read_npy(const std::string& path, std::size_t max_values)
{
    const std::string where = "reading array '" + path + "'";
    max_values = std::min(max_values, MAX_NPY_VALUES);
    const Bytes file
        = read_file(path, max_values * MAX_VALUE_BYTES + 2 * MAX_HEADER_BYTES);
    std::size_t begin = 0;
    const Header header = HeaderParser(where, header_text(where, file, begin)).parse();
    const Type& type = type_of(where, header.descr);
    if (header.fortran_order) {
        throw Error(where
                    + ": found Fortran order, expected C order "
                      "(numpy.ascontiguousarray)");
    }
    const std::size_t count = require_shape(where, header.shape, max_values);
    if (file.size() - begin != count * type.bytes) {
        throw Error(where + ": found " + std::to_string(file.size() - begin)
                    + " bytes of values, expected " + std::to_string(count * type.bytes)
                    + " for shape " + shape_text(header.shape));
    }
    NpyArray array { header.shape, type.convert(where, file.data() + begin, count) };
    check_samples(where, array.values);
    return array;
}

void write_npy(const std::string& path, const NpyArray& array)
{
    const std::string where = "writing array '" + path + "'";
    const std::size_t count = require_shape(where, array.shape, MAX_NPY_VALUES);
    if (array.values.size() != count) {
        throw Error(where + ": found " + std::to_string(array.values.size())
                    + " values, expected " + std::to_string(count) + " for shape "
                    + shape_text(array.shape));
    }
    check_samples(where, array.values);

    std::string text = "{'descr': '<f4', 'fortran_order': False, 'shape': "
        + shape_text(array.shape) + ", }";
    const std::size_t prefix = MAGIC.size() + VERSION_BYTES + 2;
    const std::size_t end = prefix + text.size() + 1;
    text += std::string((ALIGNMENT - end % ALIGNMENT) % ALIGNMENT, ' ') + "\n";
    std::string header = MAGIC;
    header += '\x01';
    header += '\0';
    header += static_cast<char>(text.size() & 0xff);
    header += static_cast<char>(text.size() >> 8);
    header += text;

    AtomicFile file(path);
    file.write(header.data(), header.size());
    file.write(array.values.data(), array.values.size() * sizeof(float));
    file.commit();
}

} // namespace udeepsc_core
