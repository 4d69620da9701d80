// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <udeepsc_phy/api.h>

#include <deque>
#include <vector>

namespace udeepsc_phy UDEEPSC_PHY_API {

/*! Parameters of an SnrPredictor. */
struct SnrPredictorOptions {
    int order = 8; //!< past reports that a prediction is made of, 1..64
    //! Weight of a report against the one after it, 0.5..1: 0.998 remembers about 500.
    double forgetting = 0.998;

    //! \throws std::invalid_argument naming the field, what it holds and what it may
    //! hold.
    void validate() const;
};

/*!
 * \brief The next frame's Es/N0 from those of past frames.
 *
 * A linear predictor whose weights are fitted while it runs, by recursive least squares:
 * what a fading channel's speed and a receiver's measurement noise make of the next
 * report need not be known. Reports are taken as equally spaced in time.
 *
 * Until it has seen four times its order it says the last report. A prediction stays
 * within 3 dB of the least and the greatest of the last 256 reports.
 *
 * Source: S. Haykin, Adaptive Filter Theory, recursive least squares.
 */
class SnrPredictor {
public:
    //! \throws std::invalid_argument for bad options.
    explicit SnrPredictor(const SnrPredictorOptions& options = {});

    //! dB, of the frame that has come; what is not finite is left out.
    void add(double snr_db);
    //! dB, of the frame that comes next; NaN before the first report.
    double next() const { return d_next; }
    //! Reports since the start or forget().
    long reports() const { return d_reports; }
    //! Begins anew.
    void forget();

private:
    std::vector<double> regressors() const;
    void fit(double report);
    double predict() const;

    SnrPredictorOptions d_options;
    std::deque<double> d_past; // newest last
    double d_mean = 0; // slow, so that weights are of what changes
    std::vector<double> d_weights, d_inverse; // [n], [n, n]: inverse correlation
    long d_reports = 0;
    double d_next;
};

} // namespace udeepsc_phy
