// SPDX-License-Identifier: GPL-3.0-or-later
#include "dot_product.h"

#include "target_clones.h"

namespace udeepsc_phy {
namespace detail {

namespace {

//! Floats that a whole number of vectors of either width holds.
constexpr std::size_t BLOCK = 16;

//! Values in one register. The kernels exist for both widths that processors have here.
struct Width4 {
    typedef float Vector __attribute__((vector_size(16)));
    //! Of any place, where a Vector itself would have to be aligned.
    struct Unaligned {
        Vector values;
    } __attribute__((packed, aligned(4), may_alias));
};
struct Width8 {
    typedef float Vector __attribute__((vector_size(32)));
    struct Unaligned {
        Vector values;
    } __attribute__((packed, aligned(4), may_alias));
};

template <typename Width>
UDEEPSC_INLINE const typename Width::Unaligned& at(const float* x)
{
    return *reinterpret_cast<const typename Width::Unaligned*>(x);
}

struct Pair {
    float even, odd;
};

template <typename Vector> UDEEPSC_INLINE Pair fold(Vector sums)
{
    constexpr std::size_t LANES = sizeof(Vector) / sizeof(float);
    Pair pair { 0.0f, 0.0f };
    for (std::size_t j = 0; j < LANES; j += 2) {
        pair.even += sums[j];
        pair.odd += sums[j + 1];
    }
    return pair;
}

//! Where sums are taken and written to; distances count floats.
struct Sums {
    const float* x;
    std::size_t stride;
    const float *re, *im;
    std::size_t taps; //!< a multiple of BLOCK
    std::size_t n;
    float* out;
};

template <typename Width> UDEEPSC_INLINE void real_taps(Sums s)
{
    using Vector = typename Width::Vector;
    constexpr std::size_t LANES = sizeof(Vector) / sizeof(float);
    // Two sums at once use each tap twice.
    for (; s.n > 0; s.n--) {
        const bool two = s.n > 1;
        const float* second = two ? s.x + s.stride : s.x;
        Vector a = {}, b = {}, c = {}, d = {};
        for (std::size_t i = 0; i < s.taps; i += 2 * LANES) {
            const Vector t = at<Width>(s.re + i).values,
                         u = at<Width>(s.re + i + LANES).values;
            a += at<Width>(s.x + i).values * t;
            b += at<Width>(second + i).values * t;
            c += at<Width>(s.x + i + LANES).values * u;
            d += at<Width>(second + i + LANES).values * u;
        }
        const Pair first = fold(Vector(a + c));
        s.out[0] = first.even;
        s.out[1] = first.odd;
        if (two) {
            const Pair other = fold(Vector(b + d));
            s.out[2] = other.even;
            s.out[3] = other.odd;
            s.n--;
        }
        s.x += 2 * s.stride;
        s.out += 4;
    }
}

template <typename Width> UDEEPSC_INLINE void complex_taps(Sums s)
{
    using Vector = typename Width::Vector;
    constexpr std::size_t LANES = sizeof(Vector) / sizeof(float);
    for (; s.n > 0; s.n--) {
        const bool two = s.n > 1;
        const float* second = two ? s.x + s.stride : s.x;
        Vector a_re = {}, a_im = {}, b_re = {}, b_im = {};
        Vector c_re = {}, c_im = {}, d_re = {}, d_im = {};
        for (std::size_t i = 0; i < s.taps; i += 2 * LANES) {
            const Vector re = at<Width>(s.re + i).values, im = at<Width>(s.im + i).values;
            const Vector x = at<Width>(s.x + i).values, y = at<Width>(second + i).values;
            a_re += x * re;
            a_im += x * im;
            b_re += y * re;
            b_im += y * im;
            const Vector more_re = at<Width>(s.re + i + LANES).values,
                         more_im = at<Width>(s.im + i + LANES).values;
            const Vector more_x = at<Width>(s.x + i + LANES).values,
                         more_y = at<Width>(second + i + LANES).values;
            c_re += more_x * more_re;
            c_im += more_x * more_im;
            d_re += more_y * more_re;
            d_im += more_y * more_im;
        }
        const Pair re = fold(Vector(a_re + c_re)), im = fold(Vector(a_im + c_im));
        s.out[0] = re.even - im.odd;
        s.out[1] = re.odd + im.even;
        if (two) {
            const Pair other_re = fold(Vector(b_re + d_re)),
                       other_im = fold(Vector(b_im + d_im));
            s.out[2] = other_re.even - other_im.odd;
            s.out[3] = other_re.odd + other_im.even;
            s.n--;
        }
        s.x += 2 * s.stride;
        s.out += 4;
    }
}

using Kernel = void (*)(const Sums&);

void real_narrow(const Sums& s)
{
    real_taps<Width4>(s);
}

void complex_narrow(const Sums& s)
{
    complex_taps<Width4>(s);
}

#if defined(__GNUC__) && defined(__x86_64__)
__attribute__((target("avx2,fma"))) void real_wide(const Sums& s)
{
    real_taps<Width8>(s);
}

__attribute__((target("avx2,fma"))) void complex_wide(const Sums& s)
{
    complex_taps<Width8>(s);
}

bool wide()
{
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
}
#else
const Kernel real_wide = real_narrow, complex_wide = complex_narrow;

bool wide()
{
    return false;
}
#endif

UDEEPSC_CLONES
float plain(const float* x, const float* y, std::size_t n)
{
    Width4::Vector a = {}, b = {};
    std::size_t i = 0;
    for (; i + 8 <= n; i += 8) {
        a += at<Width4>(x + i).values * at<Width4>(y + i).values;
        b += at<Width4>(x + i + 4).values * at<Width4>(y + i + 4).values;
    }
    const Pair pair = fold(Width4::Vector(a + b));
    float sum = pair.even + pair.odd;
    for (; i < n; i++) {
        sum += x[i] * y[i];
    }
    return sum;
}

} // namespace

void DotProduct::set(const std::vector<float>& taps)
{
    d_re.assign(2 * padded(taps.size()), 0.0f);
    d_im.clear();
    for (std::size_t i = 0; i < taps.size(); i++) {
        d_re[2 * i] = d_re[2 * i + 1] = taps[i];
    }
}

void DotProduct::set(const std::vector<std::complex<float>>& taps)
{
    d_re.assign(2 * padded(taps.size()), 0.0f);
    d_im.assign(d_re.size(), 0.0f);
    for (std::size_t i = 0; i < taps.size(); i++) {
        d_re[2 * i] = d_re[2 * i + 1] = taps[i].real();
        d_im[2 * i] = d_im[2 * i + 1] = taps[i].imag();
    }
}

void DotProduct::apply(const std::complex<float>* x,
                       std::size_t stride,
                       std::size_t n,
                       std::complex<float>* out) const
{
    static_assert(2 * LANES == BLOCK, "padding must fill the kernels' blocks");
    static const Kernel s_real = wide() ? real_wide : real_narrow;
    static const Kernel s_complex = wide() ? complex_wide : complex_narrow;
    // The layout std::complex guarantees: real and imaginary part in turn.
    const Sums sums { reinterpret_cast<const float*>(x),
                      2 * stride,
                      d_re.data(),
                      d_im.data(),
                      d_re.size(),
                      n,
                      reinterpret_cast<float*>(out) };
    (d_im.empty() ? s_real : s_complex)(sums);
}

float dot_product(const float* x, const float* y, std::size_t n)
{
    return plain(x, y, n);
}

} // namespace detail
} // namespace udeepsc_phy
