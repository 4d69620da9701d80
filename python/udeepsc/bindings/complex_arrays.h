// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <pybind11/complex.h>
#include <pybind11/numpy.h>

#include <complex>
#include <vector>

// Arrays of Python as the modem's vectors, and back; copies.

using complexes = std::vector<std::complex<float>>;
using complex_array
    = pybind11::array_t<std::complex<float>,
                        pybind11::array::c_style | pybind11::array::forcecast>;

template <typename T> pybind11::array_t<T> to_array(const std::vector<T>& values)
{
    return pybind11::array_t<T>(values.size(), values.data());
}

inline complexes to_complexes(const complex_array& array)
{
    return { array.data(), array.data() + array.size() };
}
