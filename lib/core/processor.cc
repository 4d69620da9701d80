// SPDX-License-Identifier: GPL-3.0-or-later
#include "blas.h"

#include <udeepsc_core/transceiver.h>

#include <dlfcn.h>
#include <link.h>

#include <string>

namespace udeepsc_core {

bool has_bf16()
{
#if defined(__x86_64__) && defined(__GNUC__)
    __builtin_cpu_init();
    return __builtin_cpu_supports("avx512bf16");
#else
    return false;
#endif
}

void set_blas_threads(int threads)
{
    using Setter = void (*)(int);
    if (const auto set
        = reinterpret_cast<Setter>(dlsym(RTLD_DEFAULT, "openblas_set_num_threads")))
        set(threads);
}

std::string blas_name()
{
    // The library that answers for sgemm, whatever the file was called at link time.
    void* symbol = dlsym(RTLD_DEFAULT, "sgemm_");
    Dl_info info {};
    std::string file;
    if (symbol && dladdr(symbol, &info) && info.dli_fname)
        file = info.dli_fname;
    if (dlsym(RTLD_DEFAULT, "openblas_get_config"))
        return "OpenBLAS (" + file + ")";
    if (file.find("mkl") != std::string::npos)
        return "MKL (" + file + ")";
    if (file.find("blis") != std::string::npos)
        return "BLIS (" + file + ")";
    if (file.empty())
        return "inside LibTorch";
    return "reference BLAS (" + file
        + "): 20 to 30 times slower than OpenBLAS; install libopenblas0-pthread";
}

} // namespace udeepsc_core
