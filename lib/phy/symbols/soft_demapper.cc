// SPDX-License-Identifier: GPL-3.0-or-later
#include <udeepsc_phy/soft_demapper.h>

#include "axis_llr.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <stdexcept>
#include <string>

namespace udeepsc_phy {

namespace {

constexpr std::size_t SYMBOL_BLOCK = detail::AXIS_BLOCK / 2;
constexpr double MAX_INVERSE_N0 = 1e9;
constexpr unsigned MAX_AXIS_LEVELS = 16;

//! The layout std::complex guarantees: real and imaginary part in turn.
const float* interleaved(const std::complex<float>* values)
{
    return reinterpret_cast<const float*>(values);
}

void require_length(const char* name, std::size_t got, std::size_t expected)
{
    if (got != expected) {
        throw std::invalid_argument(std::string(name) + ": got " + std::to_string(got)
                                    + " values, expected " + std::to_string(expected)
                                    + ", one per symbol");
    }
}

[[noreturn]] void throw_bad_n0(const std::string& name, double got)
{
    throw std::invalid_argument(name + ": got " + std::to_string(got)
                                + ", expected more than 0");
}

//! Reads a channel state block by block as arrays, whether it is constant or per symbol.
class ChannelBlocks {
public:
    explicit ChannelBlocks(const ChannelState& channel)
        : d_channel(channel)
        , d_has_gain(channel.h_per_symbol() != nullptr
                     || channel.h() != std::complex<float>(1.0f, 0.0f))
    {
        d_inverse_n0.fill(
            static_cast<float>(std::min(1.0 / channel.n0(), MAX_INVERSE_N0)));
        d_h.fill(channel.h());
    }

    //! Statistics of symbols first .. first + n - 1, n <= SYMBOL_BLOCK; see axis_llr.h.
    void statistics(const std::complex<float>* y,
                    std::size_t first,
                    std::size_t n,
                    float* u,
                    float* w)
    {
        if (d_channel.n0_per_symbol()) {
            const float* n0 = d_channel.n0_per_symbol()->data() + first;
            constexpr auto most = static_cast<float>(MAX_INVERSE_N0);
            for (std::size_t i = 0; i < n; i++) {
                const float inverse = 1.0f / n0[i];
                d_inverse_n0[i] = inverse < most ? inverse : most;
            }
        }
        const float* samples = interleaved(y + first);
        if (!d_has_gain) {
            detail::axis_statistics(samples, d_inverse_n0.data(), n, u, w);
            return;
        }
        const auto* h = d_channel.h_per_symbol()
            ? d_channel.h_per_symbol()->data() + first
            : d_h.data();
        detail::axis_statistics_with_gain(
            samples, interleaved(h), d_inverse_n0.data(), n, u, w);
    }

private:
    const ChannelState& d_channel;
    bool d_has_gain;
    std::array<float, SYMBOL_BLOCK> d_inverse_n0;
    std::array<std::complex<float>, SYMBOL_BLOCK> d_h;
};

void axis_llrs(const Constellation& constellation,
               SoftDemapper::Metric metric,
               const float* u,
               const float* w,
               std::size_t n,
               float* out)
{
    const unsigned bits = constellation.bits_per_axis();
    const float c = constellation.scale();
    const bool exact = metric == SoftDemapper::Metric::exact;
    if (bits == 1) {
        detail::axis_llrs_1bit(u, n, c, out);
    } else if (bits == 2 && exact) {
        detail::axis_llrs_2bit_exact(u, w, n, c, out);
    } else if (bits == 2) {
        detail::axis_llrs_2bit_max_log(u, w, n, c, out);
    } else if (exact) {
        detail::axis_llrs_exact(u, w, n, bits, c, out);
    } else {
        detail::axis_llrs_max_log(u, w, n, bits, c, out);
    }
}

//! P(field | u, w) of one axis, shape [levels].
void axis_posterior(const std::vector<float>& levels, double u, double w, double* out)
{
    double top = -INFINITY;
    for (std::size_t i = 0; i < levels.size(); i++) {
        const double x = levels[i];
        out[i] = x * (2.0 * u - x * w);
        top = std::max(top, out[i]);
    }
    double sum = 0.0;
    for (std::size_t i = 0; i < levels.size(); i++) {
        out[i] = std::exp(out[i] - top);
        sum += out[i];
    }
    for (std::size_t i = 0; i < levels.size(); i++) {
        out[i] /= sum;
    }
}

void symbol_posterior(const Constellation& constellation,
                      std::complex<float> y,
                      double n0,
                      std::complex<float> h,
                      float* out)
{
    const double yr = y.real(), yi = y.imag(), hr = h.real(), hi = h.imag();
    double a = hr * yr + hi * yi, b = hr * yi - hi * yr, power = hr * hr + hi * hi;
    if (!std::isfinite(a) || !std::isfinite(b)) {
        a = b = power = 0.0;
    }
    // Products of floats reach 1e77, so this bound keeps every metric finite.
    const double inverse = std::min(1.0 / n0, 1e200);
    const auto& levels = constellation.axis_levels();
    std::array<double, MAX_AXIS_LEVELS> in_phase, quadrature;
    axis_posterior(levels, a * inverse, power * inverse, in_phase.data());
    if (constellation.axes() == 1) {
        std::copy_n(in_phase.begin(), levels.size(), out);
        return;
    }
    axis_posterior(levels, b * inverse, power * inverse, quadrature.data());
    for (std::size_t i = 0; i < levels.size(); i++) {
        for (std::size_t k = 0; k < levels.size(); k++) {
            *out++ = static_cast<float>(in_phase[i] * quadrature[k]);
        }
    }
}

} // namespace

ChannelState::ChannelState(double n0, std::complex<float> h)
    : d_n0(n0)
    , d_h(h)
{ }

ChannelState::ChannelState(const std::vector<float>& n0)
    : d_n0_per_symbol(&n0)
{ }

ChannelState::ChannelState(double n0, const std::vector<std::complex<float>>& h)
    : d_n0(n0)
    , d_h_per_symbol(&h)
{ }

ChannelState::ChannelState(const std::vector<float>& n0,
                           const std::vector<std::complex<float>>& h)
    : d_n0_per_symbol(&n0)
    , d_h_per_symbol(&h)
{ }

void ChannelState::validate(std::size_t n_symbols) const
{
    validate_gain(n_symbols);
    if (!d_n0_per_symbol) {
        if (!(d_n0 > 0.0)) {
            throw_bad_n0("n0", d_n0);
        }
        return;
    }
    const auto& n0 = *d_n0_per_symbol;
    require_length("n0", n0.size(), n_symbols);
    const auto bad
        = std::find_if(n0.begin(), n0.end(), [](float v) { return !(v > 0.0f); });
    if (bad != n0.end()) {
        throw_bad_n0("n0[" + std::to_string(bad - n0.begin()) + "]", *bad);
    }
}

void ChannelState::validate_gain(std::size_t n_symbols) const
{
    if (d_h_per_symbol) {
        require_length("h", d_h_per_symbol->size(), n_symbols);
    }
}

SoftDemapper::SoftDemapper(Modulation modulation, Metric metric)
    : d_constellation(modulation)
    , d_metric(metric)
{ }

void SoftDemapper::llrs(const std::complex<float>* y,
                        std::size_t n,
                        const ChannelState& channel,
                        float* out) const
{
    channel.validate(n);
    ChannelBlocks blocks(channel);
    alignas(64) float u[detail::AXIS_BLOCK], w[detail::AXIS_BLOCK];
    const unsigned axes = d_constellation.axes();
    for (std::size_t first = 0; first < n; first += SYMBOL_BLOCK) {
        const std::size_t n_block = std::min(SYMBOL_BLOCK, n - first);
        blocks.statistics(y, first, n_block, u, w);
        if (axes == 1) {
            for (std::size_t i = 0; i < n_block; i++) {
                u[i] = u[2 * i];
                w[i] = w[2 * i];
            }
        }
        axis_llrs(d_constellation,
                  d_metric,
                  u,
                  w,
                  axes * n_block,
                  out + first * d_constellation.bits_per_symbol());
    }
}

std::vector<float> SoftDemapper::llrs(const std::vector<std::complex<float>>& y,
                                      const ChannelState& channel) const
{
    std::vector<float> out(y.size() * d_constellation.bits_per_symbol());
    llrs(y.data(), y.size(), channel, out.data());
    return out;
}

void SoftDemapper::label_posteriors(const std::complex<float>* y,
                                    std::size_t n,
                                    const ChannelState& channel,
                                    float* out) const
{
    channel.validate(n);
    const auto* n0 = channel.n0_per_symbol();
    const auto* h = channel.h_per_symbol();
    for (std::size_t i = 0; i < n; i++) {
        symbol_posterior(d_constellation,
                         y[i],
                         n0 ? (*n0)[i] : channel.n0(),
                         h ? (*h)[i] : channel.h(),
                         out + i * d_constellation.size());
    }
}

std::vector<float>
SoftDemapper::label_posteriors(const std::vector<std::complex<float>>& y,
                               const ChannelState& channel) const
{
    std::vector<float> out(y.size() * d_constellation.size());
    label_posteriors(y.data(), y.size(), channel, out.data());
    return out;
}

std::vector<float> SoftDemapper::label_posteriors(std::complex<float> y,
                                                  double n0,
                                                  std::complex<float> h) const
{
    std::vector<float> out(d_constellation.size());
    label_posteriors(&y, 1, ChannelState(n0, h), out.data());
    return out;
}

void SoftDemapper::hard_labels(const std::complex<float>* y,
                               std::size_t n,
                               std::uint16_t* out) const
{
    hard_labels(y, n, ChannelState(1.0), out);
}

std::vector<std::uint16_t>
SoftDemapper::hard_labels(const std::vector<std::complex<float>>& y) const
{
    return hard_labels(y, ChannelState(1.0));
}

void SoftDemapper::hard_labels(const std::complex<float>* y,
                               std::size_t n,
                               const ChannelState& channel,
                               std::uint16_t* out) const
{
    channel.validate_gain(n);
    const unsigned bits = d_constellation.bits_per_axis();
    const auto* h_per_symbol = channel.h_per_symbol();
    const bool has_gain = h_per_symbol || channel.h() != std::complex<float>(1.0f, 0.0f);
    std::array<std::complex<float>, SYMBOL_BLOCK> equalised;
    std::array<bool, SYMBOL_BLOCK> erased;
    std::array<std::uint32_t, detail::AXIS_BLOCK> fields;

    for (std::size_t first = 0; first < n; first += SYMBOL_BLOCK) {
        const std::size_t n_block = std::min(SYMBOL_BLOCK, n - first);
        for (std::size_t i = 0; i < n_block; i++) {
            float re = y[first + i].real(), im = y[first + i].imag();
            if (has_gain) {
                const auto h = h_per_symbol ? (*h_per_symbol)[first + i] : channel.h();
                const float hr = h.real(), hi = h.imag();
                // No gain at all divides 0 by 0, which is the erasure it should be.
                const float power = hr * hr + hi * hi;
                const float a = (hr * re + hi * im) / power;
                const float b = (hr * im - hi * re) / power;
                re = a;
                im = b;
            }
            equalised[i] = { re, im };
            erased[i] = (re - re) + (im - im) != 0.0f;
        }
        detail::axis_decisions(interleaved(equalised.data()),
                               2 * n_block,
                               bits,
                               d_constellation.scale(),
                               fields.data());
        const bool one_axis = d_constellation.axes() == 1;
        for (std::size_t i = 0; i < n_block; i++) {
            const std::uint32_t label
                = one_axis ? fields[2 * i] : (fields[2 * i] << bits) | fields[2 * i + 1];
            out[first + i] = static_cast<std::uint16_t>(erased[i] ? 0 : label);
        }
    }
}

std::vector<std::uint16_t>
SoftDemapper::hard_labels(const std::vector<std::complex<float>>& y,
                          const ChannelState& channel) const
{
    std::vector<std::uint16_t> out(y.size());
    hard_labels(y.data(), y.size(), channel, out.data());
    return out;
}

} // namespace udeepsc_phy
