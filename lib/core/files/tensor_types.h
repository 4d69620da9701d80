// SPDX-License-Identifier: GPL-3.0-or-later
// Element types and shapes of a safetensors file.
#pragma once

#include <udeepsc_core/safetensors.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace udeepsc_core {

// Our headers are some 100 kB, for 600 tensors of at most 4 dimensions.
constexpr std::uint64_t MAX_HEADER_BYTES = 1 << 24;
constexpr std::size_t MAX_TENSORS = 1 << 14;
constexpr std::size_t MAX_NAME_BYTES = 256;
constexpr std::size_t MAX_DIMENSIONS = 8;
constexpr const char* METADATA_KEY = "__metadata__";

//! Nothing for a name that is none, such as "F8".
std::optional<DType> dtype_from_name(const std::string& text);

std::string to_text(const std::vector<std::int64_t>& shape);

//! Nothing where the size overflows.
std::optional<std::uint64_t> bytes_of(const std::vector<std::int64_t>& shape,
                                      DType dtype);

//! Error, beginning with where, for NaN or infinity in a float tensor.
void require_finite(const std::string& where, const RawTensor& tensor);

} // namespace udeepsc_core
