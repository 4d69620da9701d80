// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

namespace udeepsc_core {

//! Threads of the BLAS that is bound. OpenBLAS has a thread pool of its own, which
//! LibTorch's setting does not reach: beside other busy threads it would only spin.
void set_blas_threads(int threads);

} // namespace udeepsc_core
