// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <udeepsc_core/api.h>

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace udeepsc_core UDEEPSC_CORE_API {

enum class DType { f32, f16, bf16, f64, i64, i32, u8 };

//! Bytes per element.
std::size_t size_of(DType dtype);

//! The name in a safetensors header: "F32", "BF16", ...
const char* name(DType dtype);

/*!
 * \brief One tensor as it lies in the file: little-endian, row-major.
 *
 * data.size() is the product of shape (1 for a scalar, shape empty) times size_of(dtype).
 */
struct RawTensor {
    std::string name;
    DType dtype = DType::f32;
    std::vector<std::int64_t> shape;
    std::vector<std::uint8_t> data;
};

struct SafetensorsFile {
    std::map<std::string, std::string> metadata; //!< the header's `__metadata__`
    std::vector<RawTensor> tensors; //!< in the order they lie in the file
};

/*!
 * \brief Read a Hugging Face safetensors file, strictly.
 *
 * Nothing is allocated from a number in the file before it was checked against the
 * file's size, and nothing in the file is executed.
 *
 * Errors: Error naming file, tensor, found and expected for a file that is missing,
 * foreign, cut short or inconsistent in any way, and for NaN or infinity in a float
 * tensor.
 */
SafetensorsFile read_safetensors(const std::string& path);

//! The `__metadata__` alone. The header is checked as in read_safetensors(); no tensor is
//! read.
std::map<std::string, std::string> read_safetensors_metadata(const std::string& path);

/*!
 * \brief Write atomically: the file at \p path is the old one or the new one.
 *
 * Refuses what read_safetensors() would refuse (doubled names, a shape that does not fit
 * the data, NaN), so a bad checkpoint cannot take the place of a good one.
 */
void write_safetensors(const std::string& path, const SafetensorsFile& file);

/*!
 * \brief 64-bit FNV-1a over names, dtypes, shapes and bytes: 16 hex digits.
 *
 * The tensors' order and the metadata do not matter. It tells models apart and finds
 * damage; it does not protect against forgery.
 */
std::string content_hash(const SafetensorsFile& file);

} // namespace udeepsc_core
