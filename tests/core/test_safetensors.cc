// SPDX-License-Identifier: GPL-3.0-or-later
#include "temp_dir.h"

#include <udeepsc_core/error.h>
#include <udeepsc_core/file_io.h>
#include <udeepsc_core/safetensors.h>
#include <udeepsc_core/text.h>

#include <gtest/gtest.h>

#include <sys/resource.h>

#include <algorithm>
#include <csignal>
#include <cstring>
#include <limits>
#include <random>

using namespace udeepsc_core;

namespace {

std::string le64(std::uint64_t value)
{
    std::string bytes(8, '\0');
    std::memcpy(bytes.data(), &value, 8);
    return bytes;
}

std::string raw_file(const std::string& header, const std::string& data)
{
    return le64(header.size()) + header + data;
}

RawTensor f32_tensor(const std::string& name,
                     std::vector<std::int64_t> shape,
                     const std::vector<float>& values)
{
    RawTensor tensor { name, DType::f32, std::move(shape), {} };
    const auto* bytes = reinterpret_cast<const std::uint8_t*>(values.data());
    tensor.data.assign(bytes, bytes + values.size() * sizeof(float));
    return tensor;
}

SafetensorsFile sample()
{
    SafetensorsFile file;
    file.metadata = { { "format", "pt" }, { "config", "{\"a\": \"\xc3\xa9\"}" } };
    file.tensors.push_back({ "bytes", DType::u8, { 3 }, { 1, 2, 3 } });
    file.tensors.push_back(f32_tensor("weight", { 2, 2 }, { 1.f, -2.f, 0.5f, 1e-40f }));
    file.tensors.push_back(f32_tensor("scalar", {}, { 7.f }));
    file.tensors.push_back(f32_tensor("none", { 0, 4 }, {}));
    file.tensors.push_back({ "count", DType::i64, { 1 }, { 1, 0, 0, 0, 0, 0, 0, 0 } });
    return file;
}

std::string read_error(const TempDir& dir, const std::string& bytes)
{
    const std::string path = dir.write("bad.safetensors", bytes);
    const std::string text = error_of([&] { read_safetensors(path); });
    EXPECT_SAYS(text, path);
    return text;
}

std::string
one_tensor(const std::string& dtype, const std::string& shape, const std::string& offsets)
{
    return "{\"t\":{\"dtype\":\"" + dtype + "\",\"shape\":" + shape
        + ",\"data_offsets\":" + offsets + "}}";
}

} // namespace

TEST(Safetensors, RefusesWhatIsNoFile)
{
    TempDir dir;
    EXPECT_SAYS(error_of([&] { read_safetensors(dir.file("none")); }), "No such file");
    EXPECT_SAYS(error_of([&] { read_safetensors(dir.path()); }), "directory");
    EXPECT_SAYS(read_error(dir, ""), "empty file");
}

TEST(Safetensors, SaysWhatAForeignFileLooksLike)
{
    TempDir dir;
    const std::string rest(100, 'x');
    EXPECT_SAYS(read_error(dir, std::string("PK\x03\x04", 4) + rest), "zip archive");
    EXPECT_SAYS(read_error(dir, "\x80\x02" + rest), "Python pickle");
    EXPECT_SAYS(read_error(dir, "\x89PNG\r\n\x1a\n" + rest), "PNG");
    EXPECT_SAYS(read_error(dir, "version https://git-lfs.github.com/spec/v1" + rest),
                "Git LFS");
    EXPECT_SAYS(read_error(dir, "hello world, a text"), "68 65 6c 6c 6f");
    EXPECT_SAYS(read_error(dir, "tiny"), "bad magic");
}

TEST(Safetensors, ChecksHeaderLengthAgainstFileSize)
{
    TempDir dir;
    // Would be 8 EiB if it were believed.
    EXPECT_SAYS(read_error(dir, le64(0x7fffffffffffffff) + "{}"), "header length");
    EXPECT_SAYS(read_error(dir, le64(3) + "{}"), "header length: found 3");
    EXPECT_SAYS(read_error(dir, le64(1) + "{}"), "header length: found 1");
}

TEST(Safetensors, RefusesBadHeaders)
{
    TempDir dir;
    EXPECT_SAYS(read_error(dir, raw_file("{\"a\":", "")), "not JSON");
    EXPECT_SAYS(read_error(dir, raw_file("{\"t\": 5}", "")), "tensor 't'");
    EXPECT_SAYS(read_error(dir, raw_file("{\"t\":{\"dtype\":\"U8\"}}", "")),
                "'shape' is missing");
    EXPECT_SAYS(read_error(dir, raw_file("{\"__metadata__\":{\"a\":1}}", "")),
                "__metadata__ 'a'");
    const std::string deep = "{\"a\":" + std::string(10000, '[');
    EXPECT_SAYS(read_error(dir, raw_file(deep, "")), "nested");
    const std::string entry
        = "\"t\":{\"dtype\":\"U8\",\"shape\":[0],\"data_offsets\":[0,0]}";
    EXPECT_SAYS(read_error(dir, raw_file("{" + entry + "," + entry + "}", "")), "twice");
}

TEST(Safetensors, RefusesBadTensors)
{
    TempDir dir;
    const std::string four(4, '\0');
    const auto error = [&](const char* dtype, const char* shape, const char* offsets) {
        const std::string text
            = read_error(dir, raw_file(one_tensor(dtype, shape, offsets), four));
        EXPECT_SAYS(text, "tensor 't'");
        return text;
    };
    EXPECT_SAYS(error("F8", "[1]", "[0,4]"), "dtype: found \"F8\"");
    EXPECT_SAYS(error("F32", "[-1]", "[0,4]"), "found -1");
    EXPECT_SAYS(error("F32", "[1.5]", "[0,4]"), "found 1.5");
    EXPECT_SAYS(error("F32", "[4294967296,4294967296]", "[0,4]"), "overflows");
    EXPECT_SAYS(error("F32", "[18446744073709551615]", "[0,4]"), "2^63");
    EXPECT_SAYS(error("F32", "[2]", "[0,4]"), "found 4 bytes of data, expected 8");
    EXPECT_SAYS(error("F32", "[2]", "[0,8]"), "cut short");
    EXPECT_SAYS(error("F32", "[1]", "[4,0]"), "data_offsets");
    EXPECT_SAYS(error("F32", "[1]", "[0]"), "data_offsets");
    EXPECT_SAYS(error("U8", "[3]", "[1,4]"), "gap");
    EXPECT_SAYS(read_error(dir, raw_file(one_tensor("U8", "[3]", "[0,3]"), four)),
                "found 4 bytes of data, expected 3");
    const std::string overlapping
        = "{\"a\":{\"dtype\":\"U8\",\"shape\":[3],\"data_offsets\":[0,3]},"
          "\"b\":{\"dtype\":\"U8\",\"shape\":[2],\"data_offsets\":[2,4]}}";
    EXPECT_SAYS(read_error(dir, raw_file(overlapping, four)), "tensor 'b'");
}

TEST(Safetensors, NamesTensorWithNonFiniteValues)
{
    TempDir dir;
    const std::string header = one_tensor("BF16", "[3]", "[0,6]");
    // NaN, 1, -infinity in bfloat16.
    const std::string text
        = read_error(dir, raw_file(header, std::string("\xc0\x7f\x80\x3f\x80\xff", 6)));
    EXPECT_SAYS(text, "tensor 't': found 2 of 3");
}

TEST(Safetensors, BoundsWhatAHeaderMayHold)
{
    TempDir dir;
    const auto header_error = [&](const std::string& header) {
        const std::string path = dir.write("bad", raw_file(header, ""));
        const std::string text = error_of([&] { read_safetensors(path); });
        EXPECT_EQ(error_of([&] { read_safetensors_metadata(path); }), text);
        EXPECT_LT(text.size(), 2000u);
        return text;
    };
    const auto empty_tensors = [](int count) {
        std::string header;
        for (int i = 0; i < count; ++i) {
            header += (i ? ",\"t" : "{\"t") + std::to_string(i)
                + "\":{\"dtype\":\"U8\",\"shape\":[0],\"data_offsets\":[0,0]}";
        }
        return header + "}";
    };
    EXPECT_EQ(read_safetensors(dir.write("most", raw_file(empty_tensors(1 << 14), "")))
                  .tensors.size(),
              1u << 14);
    EXPECT_SAYS(header_error(empty_tensors((1 << 14) + 2)), "more than 16385 names");
    EXPECT_SAYS(header_error("{\"a\":[" + std::string(1 << 20, ',') + "]}"), "not JSON");
    std::string zeros = "{\"a\":[0";
    for (int i = 0; i < 1 << 19; ++i) {
        zeros += ",0";
    }
    EXPECT_SAYS(header_error(zeros + "]}"), "more than 262144 values");
    EXPECT_SAYS(header_error(one_tensor("U8", "[0,0,0,0,0,0,0,0,0]", "[0,0]")),
                "9 dimensions, expected at most 8");
    EXPECT_SAYS(header_error("{\"" + std::string(5000, 'a') + "\":0}"),
                "of 5000 bytes, expected at most 256");
    EXPECT_SAYS(header_error("{" + std::string(1 << 24, ' ') + "}"), "header length");
}

TEST(Safetensors, MessagesHoldNoControlCharacters)
{
    TempDir dir;
    // Escape as JSON writes it, raw, and the escape sequence introducer of Latin 1.
    for (const std::string bad : { "\\u001b[2J",
                                   "\x1b[2J",
                                   "\\u009b2J",
                                   "\xc2\x9b"
                                   "2J",
                                   "\x7f",
                                   "\xff" }) {
        for (const std::string& header :
             { "{\"" + bad + "\":0}",
               "{\"t\":\"" + bad + "\"}",
               "{\"__metadata__\":{\"" + bad + "\":\"\"}}",
               "{\"__metadata__\":{\"format\":\"" + bad + "\"}}",
               "{\"t\":{\"dtype\":\"" + bad
                   + "\",\"shape\":[0],\"data_offsets\":[0,0]}}" }) {
            const std::string text = read_error(dir, raw_file(header, ""));
            EXPECT_TRUE(is_valid_utf8(text)) << text;
            for (const char* sign : { "\x1b", "\xc2\x9b", "\x7f" }) {
                EXPECT_EQ(text.find(sign), std::string::npos) << text;
            }
        }
    }
    const std::string header = "{\"__metadata__\":{\"config\":\"a\\n\\tb\"}}";
    EXPECT_EQ(
        read_safetensors_metadata(dir.write("lines", raw_file(header, ""))).at("config"),
        "a\n\tb");
}

TEST(Safetensors, TruncatedAnywhereIsAnError)
{
    TempDir dir;
    write_safetensors(dir.file("a"), sample());
    const std::string whole = dir.read("a");
    for (std::size_t length = 0; length < whole.size(); ++length) {
        const std::string path = dir.write("cut", whole.substr(0, length));
        EXPECT_THROW(read_safetensors(path), Error) << length;
        EXPECT_THROW(read_safetensors_metadata(path), Error) << length;
    }
}

TEST(Safetensors, DamageIsAnErrorOrAnotherFileButNoCrash)
{
    TempDir dir;
    write_safetensors(dir.file("a"), sample());
    const std::string whole = dir.read("a");
    std::mt19937 random(5);
    for (int trial = 0; trial < 2000; ++trial) {
        std::string damaged = whole;
        for (unsigned i = 1 + random() % 4; i > 0; --i) {
            damaged[random() % damaged.size()] = static_cast<char>(random());
        }
        const std::string path = dir.write("damaged", damaged);
        try {
            read_safetensors(path);
        } catch (const Error&) { }
    }
}

TEST(Safetensors, RoundTrip)
{
    TempDir dir;
    const SafetensorsFile written = sample();
    write_safetensors(dir.file("a"), written);
    const SafetensorsFile read = read_safetensors(dir.file("a"));
    EXPECT_EQ(read.metadata, written.metadata);
    EXPECT_EQ(read_safetensors_metadata(dir.file("a")), written.metadata);
    ASSERT_EQ(read.tensors.size(), written.tensors.size());
    EXPECT_EQ(read.tensors.front().name, "count"); // the widest type lies first
    for (const auto& expected : written.tensors) {
        const auto found = std::find_if(
            read.tensors.begin(), read.tensors.end(), [&](const RawTensor& tensor) {
                return tensor.name == expected.name;
            });
        ASSERT_NE(found, read.tensors.end()) << expected.name;
        EXPECT_EQ(found->dtype, expected.dtype);
        EXPECT_EQ(found->shape, expected.shape);
        EXPECT_EQ(found->data, expected.data);
    }
    EXPECT_EQ(content_hash(read), content_hash(written));
    EXPECT_EQ(dir.count_entries(), 1u);
}

TEST(Safetensors, ReadsWhatTheReferenceLibraryWrites)
{
    // Layout of a file saved by the Hugging Face library: compact JSON padded with
    // spaces.
    TempDir dir;
    const std::string header = "{\"__metadata__\":{\"format\":\"pt\"},\"x\":{\"dtype\":"
                               "\"F32\",\"shape\":[2],\"data_offsets\":[0,8]}}     ";
    const std::string path
        = dir.write("hf", raw_file(header, std::string("\0\0\x80\x3f\0\0\0\x40", 8)));
    const SafetensorsFile file = read_safetensors(path);
    ASSERT_EQ(file.tensors.size(), 1u);
    float values[2];
    std::memcpy(values, file.tensors[0].data.data(), 8);
    EXPECT_EQ(values[0], 1.f);
    EXPECT_EQ(values[1], 2.f);
    EXPECT_EQ(file.metadata.at("format"), "pt");
}

TEST(Safetensors, ContentHashSeesContentOnly)
{
    SafetensorsFile file = sample();
    const std::string hash = content_hash(file);
    EXPECT_EQ(hash.size(), 16u);
    EXPECT_EQ(content_hash({}), "cbf29ce484222325"); // FNV-1a of nothing
    file.metadata["more"] = "text";
    std::swap(file.tensors[0], file.tensors[1]);
    EXPECT_EQ(content_hash(file), hash);
    file.tensors[0].data[0] ^= 1;
    EXPECT_NE(content_hash(file), hash);
    file.tensors[0].data[0] ^= 1;
    file.tensors[0].shape = { 4 };
    EXPECT_NE(content_hash(file), hash);
}

TEST(Safetensors, WriterRefusesWhatReaderWould)
{
    TempDir dir;
    const std::string path = dir.write("a", "old");
    const auto error = [&](const SafetensorsFile& file) {
        return error_of([&] { write_safetensors(path, file); });
    };
    const float nan = std::numeric_limits<float>::quiet_NaN();
    EXPECT_SAYS(error({ {}, { f32_tensor("x", { 1 }, { nan }) } }),
                "tensor 'x': found 1");
    EXPECT_SAYS(error({ {}, { f32_tensor("x", { 2 }, { 1.f }) } }), "found 4 bytes");
    EXPECT_SAYS(error({ {}, { f32_tensor("x", { -1 }, { 1.f }) } }), "valid shape");
    EXPECT_SAYS(
        error({ {}, { f32_tensor("x", {}, { 1.f }), f32_tensor("x", {}, { 1.f }) } }),
        "twice");
    EXPECT_SAYS(error({ { { "a", "\xff" } }, {} }), "UTF-8");
    EXPECT_SAYS(error({ {}, { f32_tensor("x\x1b", { 1 }, { 1.f }) } }), "'x\\x1b'");
    EXPECT_SAYS(
        error({ {}, { f32_tensor("x", { 1, 1, 1, 1, 1, 1, 1, 1, 1 }, { 1.f }) } }),
        "9 dimensions");
    EXPECT_EQ(dir.read("a"), "old");
    EXPECT_EQ(dir.count_entries(), 1u);
}

TEST(Safetensors, UnwritableTargetIsAnError)
{
    TempDir dir;
    EXPECT_SAYS(error_of([&] { write_safetensors(dir.file("no/such/a"), sample()); }),
                "cannot create");
    EXPECT_SAYS(error_of([&] { write_safetensors(dir.path(), sample()); }),
                "not a regular file");
    EXPECT_SAYS(error_of([&] { write_safetensors("/dev/full", sample()); }),
                "not a regular file");
}

TEST(Safetensors, FullDiskKeepsTheOldFile)
{
    TempDir dir;
    const std::string path = dir.write("a", "old");
    SafetensorsFile big;
    big.tensors.push_back({ "x", DType::u8, { 100000 }, {} });
    big.tensors[0].data.resize(100000);

    // A limit on the file size fails a write half-way, as a full disk does.
    struct rlimit before { };
    ASSERT_EQ(getrlimit(RLIMIT_FSIZE, &before), 0);
    struct rlimit tight = before;
    tight.rlim_cur = 4096;
    auto* handler = std::signal(SIGXFSZ, SIG_IGN);
    ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &tight), 0);
    const std::string text = error_of([&] { write_safetensors(path, big); });
    setrlimit(RLIMIT_FSIZE, &before);
    std::signal(SIGXFSZ, handler);

    EXPECT_SAYS(text, "write failed");
    EXPECT_EQ(dir.read("a"), "old");
    EXPECT_EQ(dir.count_entries(), 1u);
    write_safetensors(path, big);
    EXPECT_EQ(read_safetensors(path).tensors.at(0).data.size(), 100000u);
}

TEST(Safetensors, WritesThroughASymbolicLink)
{
    TempDir dir;
    dir.write("real", "old");
    std::filesystem::create_symlink(dir.file("real"), dir.file("link"));
    write_safetensors(dir.file("link"), sample());
    EXPECT_TRUE(std::filesystem::is_symlink(dir.file("link")));
    EXPECT_EQ(read_safetensors(dir.file("real")).tensors.size(), sample().tensors.size());
}
