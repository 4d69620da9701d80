// SPDX-License-Identifier: GPL-3.0-or-later
// Element types and shapes of a safetensors file.
#pragma once

#include <udeepsc_core/safetensors.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace udeepsc_core {

// The limit of the Hugging Face reader; our headers are some 100 kB.
constexpr std::uint64_t MAX_HEADER_BYTES = 100'000'000;
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
