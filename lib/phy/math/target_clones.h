// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

/*
 * UDEEPSC_CLONES before a function: compiled for the baseline and for processors with
 * AVX2 and FMA, chosen when the library is loaded. Not arch=haswell, which GCC takes for
 * that very processor and for no other maker's. The sanitizers' run time is not up yet
 * when the loader chooses.
 */
#if defined(__GNUC__) && !defined(__clang__) && defined(__x86_64__)                      \
    && defined(__gnu_linux__) && !defined(__SANITIZE_ADDRESS__)                          \
    && !defined(__SANITIZE_THREAD__) && __GNUC__ >= 12
#define UDEEPSC_CLONES __attribute__((target_clones("arch=x86-64-v3", "default")))
#else
#define UDEEPSC_CLONES
#endif

#if defined(__GNUC__)
#define UDEEPSC_INLINE inline __attribute__((always_inline))
#else
#define UDEEPSC_INLINE inline
#endif
