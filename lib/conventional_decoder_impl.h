// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "conventional_scheme.h"
#include "pdu_block_impl.h"
#include <gnuradio/udeepsc/conventional_decoder.h>

namespace gr {
namespace udeepsc {

class conventional_decoder_impl : public conventional_decoder, public pdu_block_impl {
public:
    conventional_decoder_impl(int height,
                              int width,
                              double default_noise_var,
                              const conventional_options& options);

    void set_mcs(const std::string& mcs) override { d_scheme.set_mcs(mcs); }
    std::string mcs() const override { return d_scheme.mcs(); }
    void set_default_noise_var(double noise_var) override;
    double default_noise_var() const override { return d_default_noise_var; }
    std::uint64_t damaged() const override { return d_damaged; }

private:
    void handle(const pmt::pmt_t& msg);
    udeepsc_conventional::DecodedBits receive(const udeepsc_conventional::Scheme& scheme,
                                              const pdu& data) const;

    scheme_holder d_scheme;
    const int d_height, d_width;
    std::atomic<double> d_default_noise_var;
    std::atomic<std::uint64_t> d_damaged { 0 };
};

} // namespace udeepsc
} // namespace gr
