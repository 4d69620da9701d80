// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <udeepsc_core/api.h>

#include <cstddef>
#include <string>
#include <vector>

namespace udeepsc_core UDEEPSC_CORE_API {

//! Numbers in 1 to 4 dimensions, C order: the last index runs fastest.
struct NpyArray {
    std::vector<std::size_t> shape;
    std::vector<float> values;
};

constexpr std::size_t MAX_NPY_VALUES = std::size_t(1) << 28;

/*!
 * \brief Read an array that numpy.save() wrote.
 *
 * Format 1.0, 2.0 or 3.0; little-endian float32, float64, int32, int64 or uint8. Nothing
 * is allocated for values before the header agrees with the size of the file.
 *
 * Errors: Error for a file that is missing, no .npy, damaged, in Fortran order, of
 * another type (object arrays are Python pickles, which may run anything), without values
 * or with more than \p max_values; for NaN and infinity; for integers that a float cannot
 * hold exactly and numbers beyond its range. A float64 is rounded.
 */
NpyArray read_npy(const std::string& path, std::size_t max_values = MAX_NPY_VALUES);

//! Write float32, format 1.0, atomically. Error where the array is not well-formed: what
//! read_npy() would refuse is not written.
void write_npy(const std::string& path, const NpyArray& array);

} // namespace udeepsc_core
