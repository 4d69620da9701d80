// SPDX-License-Identifier: GPL-3.0-or-later
#include "linear_system.h"

#include <algorithm>
#include <cmath>
#include <cstddef>

namespace udeepsc_phy {
namespace detail {

void solve_linear_system(std::vector<double>& a, std::vector<double>& b)
{
    const std::size_t n = b.size();
    for (std::size_t column = 0; column < n; column++) {
        std::size_t pivot = column;
        for (std::size_t row = column + 1; row < n; row++) {
            if (std::abs(a[row * n + column]) > std::abs(a[pivot * n + column])) {
                pivot = row;
            }
        }
        if (pivot != column) {
            std::swap_ranges(&a[pivot * n], &a[pivot * n] + n, &a[column * n]);
            std::swap(b[pivot], b[column]);
        }
        if (!(std::abs(a[column * n + column]) > 1e-300)) {
            continue;
        }
        for (std::size_t row = column + 1; row < n; row++) {
            const double factor = a[row * n + column] / a[column * n + column];
            if (factor != 0.0) {
                for (std::size_t i = column; i < n; i++) {
                    a[row * n + i] -= factor * a[column * n + i];
                }
                b[row] -= factor * b[column];
            }
        }
    }
    for (std::size_t row = n; row-- > 0;) {
        for (std::size_t i = row + 1; i < n; i++) {
            b[row] -= a[row * n + i] * b[i];
        }
        const double pivot = a[row * n + row];
        b[row] = std::abs(pivot) > 1e-300 ? b[row] / pivot : 0.0;
    }
}

} // namespace detail
} // namespace udeepsc_phy
