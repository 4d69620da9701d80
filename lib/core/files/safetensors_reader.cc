// SPDX-License-Identifier: GPL-3.0-or-later
#include "../config/parse_json.h"
#include "printable.h"
#include "tensor_types.h"

#include <udeepsc_core/error.h>
#include <udeepsc_core/file_io.h>

#include <nlohmann/json.hpp>

#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>
#include <numeric>
#include <optional>
#include <tuple>

static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__,
              "safetensors data is little-endian and is used as it lies in the file");

namespace udeepsc_core {

namespace {

using nlohmann::json;

constexpr std::uint64_t LENGTH_BYTES = 8;

//! What the first bytes look like, for the message about a file that is not ours.
std::string describe_foreign(const std::string& head)
{
    struct Magic {
        std::string bytes;
        const char* what;
    };
    static const Magic s_magics[] = {
        { std::string("PK\x03\x04", 4), "a zip archive (a PyTorch .pt file is one)" },
        { "\x80\x02", "a Python pickle" },
        { "\x80\x03", "a Python pickle" },
        { "\x80\x04", "a Python pickle" },
        { "\x80\x05", "a Python pickle" },
        { "\x89HDF", "an HDF5 file" },
        { "\x89PNG", "a PNG picture" },
        { "\xff\xd8\xff", "a JPEG picture" },
        { "\x93NUMPY", "a NumPy array" },
        { "\x1f\x8b", "a gzip file" },
        { "GGUF", "a GGUF model" },
        { "\x7f"
          "ELF",
          "an ELF program" },
        { "version https://git-lfs",
          "a Git LFS pointer: the file itself was not fetched" },
        { "<", "an HTML or XML page" },
        { "{", "plain JSON" },
    };
    for (const auto& magic : s_magics) {
        if (head.compare(0, magic.bytes.size(), magic.bytes) == 0) {
            return std::string("it looks like ") + magic.what;
        }
    }
    std::string hex;
    for (std::size_t i = 0; i < std::min<std::size_t>(head.size(), 8); ++i) {
        char byte[4];
        std::snprintf(byte,
                      sizeof(byte),
                      "%s%02x",
                      i ? " " : "",
                      static_cast<unsigned char>(head[i]));
        hex += byte;
    }
    return "it begins with the bytes " + hex;
}

//! Where one tensor lies; offsets count from the end of the header.
struct Entry {
    std::string name;
    DType dtype;
    std::vector<std::int64_t> shape;
    std::uint64_t begin;
    std::uint64_t end;
};

struct Header {
    std::map<std::string, std::string> metadata;
    std::vector<Entry> entries; // by offset
    std::uint64_t data_start = 0;
};

class Reader {
public:
    explicit Reader(const std::string& path);

    //! Each once: what they give is not kept.
    std::map<std::string, std::string> take_metadata()
    {
        return std::move(d_header.metadata);
    }
    SafetensorsFile read_all();

private:
    [[noreturn]] void fail(const std::string& text) const
    {
        throw Error(d_where + ": " + printable(text, 1000));
    }
    void open();
    void read_exactly(void* to, std::uint64_t bytes, const std::string& what);
    std::string read_header_text();
    json parse_header(const std::string& text) const;
    void parse_metadata(json& object);
    std::vector<std::int64_t> parse_shape(const std::string& name,
                                          const json& shape) const;
    Entry parse_entry(const std::string& name, const json& object) const;
    std::uint64_t parse_count(const std::string& tensor,
                              const std::string& what,
                              const json& value) const;
    void require_dense() const;

    struct Closer {
        void operator()(std::FILE* file) const { std::fclose(file); }
    };

    std::string d_path;
    std::string d_where;
    std::unique_ptr<std::FILE, Closer> d_file;
    std::uint64_t d_size = 0; // of the whole file, bytes
    Header d_header;
};

Reader::Reader(const std::string& path)
    : d_path(path)
    , d_where("reading safetensors file '" + path + "'")
{
    open();
    json header = parse_header(read_header_text());
    for (auto& item : header.items()) {
        if (item.key() == METADATA_KEY) {
            parse_metadata(item.value());
        } else {
            d_header.entries.push_back(parse_entry(item.key(), item.value()));
        }
    }
    std::sort(d_header.entries.begin(),
              d_header.entries.end(),
              [](const Entry& a, const Entry& b) {
                  return std::tie(a.begin, a.end, a.name)
                      < std::tie(b.begin, b.end, b.name);
              });
    require_dense();
}

void Reader::open()
{
    struct stat status { };
    if (::stat(d_path.c_str(), &status) != 0) {
        fail(std::strerror(errno));
    }
    if (!S_ISREG(status.st_mode)) {
        fail(std::string("found a ")
             + (S_ISDIR(status.st_mode) ? "directory" : "device or pipe")
             + ", expected a regular file");
    }
    d_size = static_cast<std::uint64_t>(status.st_size);
    d_file.reset(std::fopen(d_path.c_str(), "rb"));
    if (!d_file) {
        fail(std::strerror(errno));
    }
}

void Reader::read_exactly(void* to, std::uint64_t bytes, const std::string& what)
{
    const std::size_t got = std::fread(to, 1, bytes, d_file.get());
    if (got != bytes) {
        fail(what + ": found " + std::to_string(got) + " bytes, expected "
             + std::to_string(bytes));
    }
}

std::string Reader::read_header_text()
{
    if (d_size == 0) {
        fail("found an empty file, expected a header");
    }
    std::string head(std::min<std::uint64_t>(d_size, 64), '\0');
    read_exactly(head.data(), head.size(), "first bytes");
    if (d_size < LENGTH_BYTES + 2) {
        fail("found " + std::to_string(d_size)
             + " bytes, expected at least 10 (bad magic): " + describe_foreign(head));
    }

    std::uint64_t length = 0;
    std::memcpy(&length, head.data(), LENGTH_BYTES);
    const bool fits = length >= 2 && length <= d_size - LENGTH_BYTES;
    if (head[LENGTH_BYTES] != '{') {
        fail("not a safetensors file (bad magic): " + describe_foreign(head)
             + "; expected an 8-byte header length and '{'");
    }
    if (!fits || length > MAX_HEADER_BYTES) {
        fail("header length: found " + std::to_string(length) + ", expected 2 to "
             + std::to_string(std::min(d_size - LENGTH_BYTES, MAX_HEADER_BYTES))
             + " in a file of " + std::to_string(d_size)
             + " bytes: the file is cut short or is no safetensors file");
    }

    std::string text(length, '\0');
    std::fseek(d_file.get(), LENGTH_BYTES, SEEK_SET);
    read_exactly(text.data(), length, "header");
    d_header.data_start = LENGTH_BYTES + length;
    return text;
}

json Reader::parse_header(const std::string& text) const
{
    JsonLimits limits;
    limits.depth = 3;
    limits.keys = MAX_TENSORS + 1; // and the metadata
    limits.key_bytes = MAX_NAME_BYTES;
    limits.text_bytes = MAX_HEADER_BYTES;
    json header;
    try {
        header = parse_json<json>(text, limits);
    } catch (const Error& e) {
        fail(std::string("header: ") + e.what());
    } catch (const json::exception& e) {
        fail(std::string("header: found text that is not JSON: ") + e.what());
    }
    if (!header.is_object()) {
        fail("header: found " + std::string(header.type_name()) + ", expected an object");
    }
    return header;
}

void Reader::parse_metadata(json& object)
{
    if (!object.is_object()) {
        fail("__metadata__: found " + std::string(object.type_name())
             + ", expected an object");
    }
    for (const auto& item : object.items()) {
        if (!item.value().is_string()) {
            fail("__metadata__ '" + item.key() + "': found "
                 + std::string(item.value().type_name()) + ", expected a string");
        }
        d_header.metadata[item.key()] = std::move(item.value().get_ref<std::string&>());
    }
}

std::uint64_t Reader::parse_count(const std::string& tensor,
                                  const std::string& what,
                                  const json& value) const
{
    if (!value.is_number_unsigned()) {
        fail("tensor '" + tensor + "': " + what + ": found " + value.dump()
             + ", expected a non-negative integer");
    }
    return value.get<std::uint64_t>();
}

std::vector<std::int64_t> Reader::parse_shape(const std::string& name,
                                              const json& shape) const
{
    const std::string tensor = "tensor '" + name + "'";
    if (!shape.is_array()) {
        fail(tensor + ": shape: found " + shape.dump() + ", expected an array");
    }
    if (shape.size() > MAX_DIMENSIONS) {
        fail(tensor + ": shape: found " + std::to_string(shape.size())
             + " dimensions, expected at most " + std::to_string(MAX_DIMENSIONS));
    }
    std::vector<std::int64_t> extents;
    for (const json& extent : shape) {
        const std::uint64_t value = parse_count(name, "shape", extent);
        if (value > static_cast<std::uint64_t>(INT64_MAX)) {
            fail(tensor + ": shape: found " + extent.dump()
                 + ", expected less than 2^63");
        }
        extents.push_back(static_cast<std::int64_t>(value));
    }
    return extents;
}

Entry Reader::parse_entry(const std::string& name, const json& object) const
{
    const std::string tensor = "tensor '" + name + "'";
    if (!object.is_object()) {
        fail(tensor + ": found " + object.type_name() + ", expected an object");
    }
    for (const char* key : { "dtype", "shape", "data_offsets" }) {
        if (!object.contains(key)) {
            fail(tensor + ": field '" + key + "' is missing");
        }
    }
    if (object.size() != 3) {
        fail(tensor + ": found " + std::to_string(object.size())
             + " fields, expected dtype, shape and data_offsets");
    }

    Entry entry {};
    entry.name = name;
    const json& dtype = object["dtype"];
    const auto known
        = dtype.is_string() ? dtype_from_name(dtype.get<std::string>()) : std::nullopt;
    if (!known) {
        fail(tensor + ": dtype: found " + dtype.dump()
             + ", expected F32, F16, BF16, F64, I64, I32 or U8");
    }
    entry.dtype = *known;

    entry.shape = parse_shape(name, object["shape"]);
    const auto bytes = bytes_of(entry.shape, entry.dtype);
    if (!bytes) {
        fail(tensor + ": shape: found " + to_text(entry.shape)
             + ", whose size in bytes overflows 64 bits");
    }

    const json& offsets = object["data_offsets"];
    if (!offsets.is_array() || offsets.size() != 2) {
        fail(tensor + ": data_offsets: found " + offsets.dump()
             + ", expected [begin, end]");
    }
    entry.begin = parse_count(name, "data_offsets", offsets[0]);
    entry.end = parse_count(name, "data_offsets", offsets[1]);
    const std::uint64_t available = d_size - d_header.data_start;
    if (entry.begin > entry.end || entry.end > available) {
        fail(tensor + ": data_offsets: found " + offsets.dump()
             + ", expected a range inside the " + std::to_string(available)
             + " bytes of data in the file (is it cut short?)");
    }
    if (entry.end - entry.begin != *bytes) {
        fail(tensor + ": found " + std::to_string(entry.end - entry.begin)
             + " bytes of data, expected " + std::to_string(*bytes) + " for "
             + udeepsc_core::name(entry.dtype) + " " + to_text(entry.shape));
    }
    return entry;
}

void Reader::require_dense() const
{
    std::uint64_t expected = 0;
    for (const Entry& entry : d_header.entries) {
        if (entry.begin != expected) {
            fail("tensor '" + entry.name + "': data begins at "
                 + std::to_string(entry.begin) + ", expected " + std::to_string(expected)
                 + (entry.begin < expected ? ": it overlaps the tensor before it"
                                           : ": there is a gap before it"));
        }
        expected = entry.end;
    }
    const std::uint64_t available = d_size - d_header.data_start;
    if (expected != available) {
        fail("found " + std::to_string(available) + " bytes of data, expected "
             + std::to_string(expected) + ": something follows the last tensor");
    }
}

SafetensorsFile Reader::read_all()
{
    SafetensorsFile file;
    file.metadata = take_metadata();
    file.tensors.reserve(d_header.entries.size());
    std::fseek(d_file.get(), static_cast<long>(d_header.data_start), SEEK_SET);
    for (const Entry& entry : d_header.entries) {
        RawTensor tensor { entry.name, entry.dtype, entry.shape, {} };
        tensor.data.resize(entry.end - entry.begin);
        read_exactly(
            tensor.data.data(), tensor.data.size(), "tensor '" + entry.name + "'");
        require_finite(d_where, tensor);
        file.tensors.push_back(std::move(tensor));
    }
    return file;
}

} // namespace

SafetensorsFile read_safetensors(const std::string& path)
{
    return Reader(path).read_all();
}

std::map<std::string, std::string> read_safetensors_metadata(const std::string& path)
{
    return Reader(path).take_metadata();
}

} // namespace udeepsc_core
