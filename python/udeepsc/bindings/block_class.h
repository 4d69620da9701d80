// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <gnuradio/block.h>
#include <gnuradio/udeepsc/pdu_block.h>
#include <pybind11/pybind11.h>

#include <memory>

//! A block of ours with the bases that Python knows.
template <typename T>
using block_class = pybind11::
    class_<T, gr::udeepsc::pdu_block, gr::block, gr::basic_block, std::shared_ptr<T>>;

//! Making FFTW plans, reading a file, waiting: other Python threads go on.
using release_gil = pybind11::call_guard<pybind11::gil_scoped_release>;
