// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <udeepsc_phy/api.h>

#include <udeepsc_phy/constellation.h>

namespace udeepsc_phy UDEEPSC_PHY_API {

/*!
 * \file
 * \brief Exact error rates of uncoded, Gray-labelled BPSK and square QAM with minimum
 * distance decisions, as functions of Es/N0 in dB.
 *
 * Source: K. Cho and D. Yoon, "On the general BER expression of one- and two-dimensional
 * amplitude modulations", IEEE Trans. Commun. 50(7), 2002 (bit errors); M. K. Simon and
 * M.-S. Alouini, "Digital Communication over Fading Channels", ch. 5 (Rayleigh averages
 * of Q and Q^2).
 *
 * The Rayleigh functions take the mean Es/N0 and assume a known gain, constant over a
 * symbol. An Es/N0 of +inf gives 0; NaN throws std::invalid_argument.
 */

//! Tail of the standard normal distribution.
double gaussian_q(double x);

double symbol_error_rate_awgn(Modulation modulation, double esn0_db);
double bit_error_rate_awgn(Modulation modulation, double esn0_db);
double symbol_error_rate_rayleigh(Modulation modulation, double mean_esn0_db);
double bit_error_rate_rayleigh(Modulation modulation, double mean_esn0_db);

} // namespace udeepsc_phy
