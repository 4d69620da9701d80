// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <udeepsc_core/error.h>

#include <cmath>
#include <utility>
#include <vector>

namespace udeepsc_core {

//! Solves A x = b, A symmetric and positive definite [n, n], in place (Cholesky).
inline std::vector<double> solve(std::vector<double> a, std::vector<double> b)
{
    const std::size_t n = b.size();
    for (std::size_t j = 0; j < n; ++j) {
        for (std::size_t i = j; i < n; ++i) {
            double sum = a[i * n + j];
            for (std::size_t k = 0; k < j; ++k)
                sum -= a[i * n + k] * a[j * n + k];
            if (i == j && !(sum > 0))
                throw Error("ridge regression: the samples cannot be told apart");
            a[i * n + j] = i == j ? std::sqrt(sum) : sum / a[j * n + j];
        }
    }
    for (std::size_t i = 0; i < n; ++i) {
        for (std::size_t k = 0; k < i; ++k)
            b[i] -= a[i * n + k] * b[k];
        b[i] /= a[i * n + i];
    }
    for (std::size_t i = n; i-- > 0;) {
        for (std::size_t k = i + 1; k < n; ++k)
            b[i] -= a[k * n + i] * b[k];
        b[i] /= a[i * n + i];
    }
    return b;
}

/*! Least squares with a penalty on each weight, sample by sample. */
class RidgeRegression {
public:
    //! size: weights
    explicit RidgeRegression(std::size_t size)
        : d_size(size)
        , d_a(size * size)
        , d_b(size)
    { }

    void add(const std::vector<double>& z, double target)
    {
        for (std::size_t i = 0; i < d_size; ++i) {
            d_b[i] += z[i] * target;
            for (std::size_t j = 0; j <= i; ++j)
                d_a[i * d_size + j] += z[i] * z[j];
        }
    }

    //! ridge: penalty, of each input's mean square. Once only. An input that is always 0
    //! has the weight 0. Error where A is singular.
    std::vector<double> weights(double ridge)
    {
        for (std::size_t i = 0; i < d_size; ++i)
            d_a[i * d_size + i] += ridge * d_a[i * d_size + i] + 1e-9;
        return solve(std::move(d_a), std::move(d_b));
    }

private:
    const std::size_t d_size;
    std::vector<double> d_a, d_b; // of A x = b; the lower half of A
};

} // namespace udeepsc_core
