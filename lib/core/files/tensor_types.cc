// SPDX-License-Identifier: GPL-3.0-or-later
#include "tensor_types.h"

#include <udeepsc_core/error.h>

#include <cstring>

namespace udeepsc_core {

namespace {

struct DTypeInfo {
    DType dtype;
    const char* name;
    std::size_t bytes;
};

constexpr DTypeInfo DTYPES[] = {
    { DType::f32, "F32", 4 }, { DType::f16, "F16", 2 }, { DType::bf16, "BF16", 2 },
    { DType::f64, "F64", 8 }, { DType::i64, "I64", 8 }, { DType::i32, "I32", 4 },
    { DType::u8, "U8", 1 },
};

const DTypeInfo& info(DType dtype)
{
    for (const auto& entry : DTYPES) {
        if (entry.dtype == dtype) {
            return entry;
        }
    }
    throw Error("unknown DType " + std::to_string(static_cast<int>(dtype)));
}

//! An IEEE-like number is NaN or infinite exactly where its exponent bits are all set.
template <typename Bits>
std::size_t count_all_ones_exponent(const std::vector<std::uint8_t>& data, Bits exponent)
{
    std::size_t count = 0;
    for (std::size_t at = 0; at + sizeof(Bits) <= data.size(); at += sizeof(Bits)) {
        Bits bits;
        std::memcpy(&bits, data.data() + at, sizeof(Bits));
        count += (bits & exponent) == exponent;
    }
    return count;
}

std::size_t count_non_finite(const RawTensor& tensor)
{
    switch (tensor.dtype) {
    case DType::f32:
        return count_all_ones_exponent<std::uint32_t>(tensor.data, 0x7f800000u);
    case DType::f16:
        return count_all_ones_exponent<std::uint16_t>(tensor.data, 0x7c00u);
    case DType::bf16:
        return count_all_ones_exponent<std::uint16_t>(tensor.data, 0x7f80u);
    case DType::f64:
        return count_all_ones_exponent<std::uint64_t>(tensor.data, 0x7ff0000000000000u);
    default:
        return 0;
    }
}

} // namespace

std::optional<DType> dtype_from_name(const std::string& text)
{
    for (const auto& entry : DTYPES) {
        if (text == entry.name) {
            return entry.dtype;
        }
    }
    return std::nullopt;
}

std::string to_text(const std::vector<std::int64_t>& shape)
{
    std::string text = "[";
    for (std::size_t i = 0; i < shape.size(); ++i) {
        text += (i ? ", " : "") + std::to_string(shape[i]);
    }
    return text + "]";
}

//! Size in bytes, or nothing where a dimension is negative or the product overflows.
std::optional<std::uint64_t> bytes_of(const std::vector<std::int64_t>& shape, DType dtype)
{
    std::uint64_t bytes = info(dtype).bytes;
    for (const std::int64_t extent : shape) {
        if (extent < 0
            || __builtin_mul_overflow(
                bytes, static_cast<std::uint64_t>(extent), &bytes)) {
            return std::nullopt;
        }
    }
    return bytes;
}

void require_finite(const std::string& where, const RawTensor& tensor)
{
    const std::size_t count = count_non_finite(tensor);
    if (count > 0) {
        throw Error(where + ": tensor '" + tensor.name + "': found "
                    + std::to_string(count) + " of "
                    + std::to_string(tensor.data.size() / size_of(tensor.dtype))
                    + " values NaN or infinite, expected finite numbers");
    }
}

std::size_t size_of(DType dtype)
{
    return info(dtype).bytes;
}

const char* name(DType dtype)
{
    return info(dtype).name;
}

} // namespace udeepsc_core
