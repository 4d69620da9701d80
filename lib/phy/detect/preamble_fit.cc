// SPDX-License-Identifier: GPL-3.0-or-later
#include "preamble_fit.h"

#include "correlator_bank.h"
#include "math/constants.h"
#include "math/target_clones.h"

#include <algorithm>
#include <cmath>

namespace udeepsc_phy {
namespace detail {

namespace {

//! Vertex of the parabola through three points, in steps from the middle one, -1 to 1.
double parabola_vertex(double left, double middle, double right)
{
    const double curvature = left - 2.0 * middle + right;
    if (!(curvature < 0.0)) {
        return right > left ? 1.0 : left > right ? -1.0 : 0.0;
    }
    return std::clamp(0.5 * (left - right) / curvature, -1.0, 1.0);
}

//! A step of Horner's scheme for many offsets: sum = sum * turn + part.
UDEEPSC_CLONES
void turn_and_add(const double* turn_re,
                  const double* turn_im,
                  double part_re,
                  double part_im,
                  std::size_t n,
                  double* re,
                  double* im)
{
    for (std::size_t i = 0; i < n; i++) {
        const double turned = re[i] * turn_re[i] - im[i] * turn_im[i] + part_re;
        im[i] = re[i] * turn_im[i] + im[i] * turn_re[i] + part_im;
        re[i] = turned;
    }
}

} // namespace

PreambleFitter::PreambleFitter(const std::vector<float>& signs,
                               unsigned phases,
                               double max_cfo)
    : d_signs(signs)
    , d_phases(phases)
    , d_segment(CorrelatorBank::segment_symbols(max_cfo))
    , d_highest(max_cfo + 0.5 / signs.size())
    , d_parts((signs.size() + d_segment - 1) / d_segment)
{ }

void PreambleFitter::correlate(const std::complex<float>* z, double shift, double cfo)
{
    const double whole = std::floor(shift);
    d_interpolate.set_fraction(shift - whole);
    z += static_cast<std::ptrdiff_t>(whole);
    d_reference = cfo;
    d_energy = 0.0;
    const std::complex<double> turn = std::polar(1.0, -2.0 * PI * cfo);
    std::size_t k = 0;
    for (std::size_t p = 0; p < d_parts.size(); p++) {
        std::complex<double> phasor = std::polar(1.0, -2.0 * PI * cfo * k);
        double sum_re = 0.0, sum_im = 0.0;
        const std::size_t end = std::min(k + d_segment, d_signs.size());
        for (; k < end; k++) {
            const std::complex<float> y = d_interpolate(z);
            z += d_phases;
            const double re = d_signs[k] * y.real(), im = d_signs[k] * y.imag();
            d_energy += re * re + im * im;
            const double c = phasor.real(), s = phasor.imag();
            sum_re += c * re - s * im;
            sum_im += c * im + s * re;
            phasor = { c * turn.real() - s * turn.imag(),
                       c * turn.imag() + s * turn.real() };
        }
        d_parts[p] = { sum_re, sum_im };
    }
}

double PreambleFitter::power(double cfo) const
{
    const std::complex<double> turn
        = std::polar(1.0, -2.0 * PI * (cfo - d_reference) * d_segment);
    // Horner: the last segment turned most.
    double re = 0.0, im = 0.0;
    for (auto part = d_parts.rbegin(); part != d_parts.rend(); ++part) {
        const double turned = re * turn.real() - im * turn.imag() + part->real();
        im = re * turn.imag() + im * turn.real() + part->imag();
        re = turned;
    }
    return re * re + im * im;
}

double PreambleFitter::coarse_cfo()
{
    const double spacing = 0.5 / d_signs.size();
    const int highest = static_cast<int>(std::floor(d_highest / spacing + 1e-9));
    const auto n = static_cast<std::size_t>(2 * highest + 1);
    d_turn_re.resize(n);
    d_turn_im.resize(n);
    for (std::size_t i = 0; i < n; i++) {
        const double cfo = (static_cast<int>(i) - highest) * spacing;
        const double angle = -2.0 * PI * (cfo - d_reference) * d_segment;
        d_turn_re[i] = std::cos(angle);
        d_turn_im[i] = std::sin(angle);
    }
    d_sum_re.assign(n, 0.0);
    d_sum_im.assign(n, 0.0);
    for (auto part = d_parts.rbegin(); part != d_parts.rend(); ++part) {
        turn_and_add(d_turn_re.data(),
                     d_turn_im.data(),
                     part->real(),
                     part->imag(),
                     n,
                     d_sum_re.data(),
                     d_sum_im.data());
    }
    std::size_t best = 0;
    double most = -1.0;
    for (std::size_t i = 0; i < n; i++) {
        const double p = d_sum_re[i] * d_sum_re[i] + d_sum_im[i] * d_sum_im[i];
        if (p > most) {
            most = p;
            best = i;
        }
    }
    return (static_cast<int>(best) - highest) * spacing;
}

double PreambleFitter::refine_cfo(double cfo, double spacing) const
{
    const double step
        = parabola_vertex(power(cfo - spacing), power(cfo), power(cfo + spacing));
    return std::clamp(cfo + spacing * step, -d_highest, d_highest);
}

double PreambleFitter::refine_shift(const std::complex<float>* z,
                                    double shift,
                                    double step,
                                    double cfo)
{
    double powers[3];
    for (int i = 0; i < 3; i++) {
        correlate(z, shift + (i - 1) * step, cfo);
        powers[i] = power(cfo);
    }
    return std::clamp(
        shift + step * parabola_vertex(powers[0], powers[1], powers[2]), -1.0, 1.0);
}

double PreambleFitter::rho(double cfo) const
{
    const double all = d_signs.size() * d_energy;
    return all > 0.0 ? power(cfo) / all : 0.0;
}

PreambleFit PreambleFitter::fit(const std::complex<float>* z, double early)
{
    const double cell = 1.0 / d_signs.size(); // resolution of the carrier offset
    PreambleFit fit;
    correlate(z, 0.0, 0.0);
    fit.cfo = refine_cfo(coarse_cfo(), 0.5 * cell);
    fit.rho = rho(fit.cfo);
    if (fit.rho < early) {
        return fit;
    }
    fit.shift = refine_shift(z, 0.0, 0.5, fit.cfo);
    fit.shift = refine_shift(z, fit.shift, 0.25, fit.cfo);
    correlate(z, fit.shift, fit.cfo);
    fit.cfo = refine_cfo(fit.cfo, 0.25 * cell);
    fit.cfo = refine_cfo(fit.cfo, 0.0625 * cell);
    fit.rho = rho(fit.cfo);
    return fit;
}

} // namespace detail
} // namespace udeepsc_phy
