// SPDX-License-Identifier: GPL-3.0-or-later
#include <udeepsc_phy/snr_predictor.h>

#include "channel/require.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace udeepsc_phy {
namespace {

constexpr double START
    = 0.1; // 1 / dB^2, of the inverse correlation: how freely weights move
constexpr double SLOWEST = 1000; // reports over which the mean is taken
constexpr std::size_t REMEMBERED = 256; // reports that bound a prediction
constexpr double MARGIN_DB = 3;

} // namespace

void SnrPredictorOptions::validate() const
{
    detail::require(order >= 1 && order <= 64, "order", order, "1 to 64");
    detail::require(
        forgetting >= 0.5 && forgetting <= 1, "forgetting", forgetting, "0.5 to 1");
}

SnrPredictor::SnrPredictor(const SnrPredictorOptions& options)
    : d_options(options)
{
    options.validate();
    forget();
}

void SnrPredictor::forget()
{
    const auto n = static_cast<std::size_t>(d_options.order) + 1; // and a constant
    d_past.clear();
    d_mean = 0;
    d_reports = 0;
    d_next = std::numeric_limits<double>::quiet_NaN();
    d_weights.assign(n, 0.0);
    d_weights[0] = 1; // the last report
    d_inverse.assign(n * n, 0.0);
    for (std::size_t i = 0; i < n; i++) {
        d_inverse[i * n + i] = START;
    }
}

// Newest first, about the mean; the last is the constant.
std::vector<double> SnrPredictor::regressors() const
{
    const auto order = static_cast<std::size_t>(d_options.order);
    std::vector<double> u(order + 1, 1.0);
    for (std::size_t i = 0; i < order; i++) {
        u[i] = d_past[d_past.size() - 1 - i] - d_mean;
    }
    return u;
}

void SnrPredictor::fit(double report)
{
    const auto u = regressors();
    const std::size_t n = u.size();
    std::vector<double> gain(n, 0.0);
    double power = d_options.forgetting, error = report - d_mean;
    for (std::size_t i = 0; i < n; i++) {
        for (std::size_t k = 0; k < n; k++) {
            gain[i] += d_inverse[i * n + k] * u[k];
        }
        power += u[i] * gain[i];
        error -= d_weights[i] * u[i];
    }
    double trace = 0;
    for (std::size_t i = 0; i < n; i++) {
        d_weights[i] += gain[i] * error / power;
        for (std::size_t k = 0; k <= i; k++) { // stays symmetric
            const double value = (d_inverse[i * n + k] - gain[i] * gain[k] / power)
                / d_options.forgetting;
            d_inverse[i * n + k] = d_inverse[k * n + i] = value;
        }
        trace += d_inverse[i * n + i];
    }
    // A channel that stands still says nothing of the weights, and forgetting then lets
    // the inverse grow without end.
    if (!(trace < 1e6)) {
        std::fill(d_inverse.begin(), d_inverse.end(), 0.0);
        for (std::size_t i = 0; i < n; i++) {
            d_inverse[i * n + i] = START;
        }
    }
}

double SnrPredictor::predict() const
{
    if (d_reports < 4L * d_options.order) {
        return d_past.back();
    }
    const auto u = regressors();
    double sum = 0;
    for (std::size_t i = 0; i < u.size(); i++) {
        sum += d_weights[i] * u[i];
    }
    const auto [least, most] = std::minmax_element(d_past.begin(), d_past.end());
    return std::clamp(d_mean + sum, *least - MARGIN_DB, *most + MARGIN_DB);
}

void SnrPredictor::add(double snr_db)
{
    if (!std::isfinite(snr_db)) {
        return;
    }
    if (d_past.size() > static_cast<std::size_t>(d_options.order)) {
        fit(snr_db);
    }
    d_reports++;
    d_mean += (snr_db - d_mean) / std::min(static_cast<double>(d_reports), SLOWEST);
    d_past.push_back(snr_db);
    if (d_past.size() > REMEMBERED) {
        d_past.pop_front();
    }
    d_next = predict();
}

} // namespace udeepsc_phy
