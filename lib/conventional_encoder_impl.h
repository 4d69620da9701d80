// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "conventional_scheme.h"
#include "pdu_block_impl.h"
#include <gnuradio/udeepsc/conventional_encoder.h>

namespace gr {
namespace udeepsc {

class conventional_encoder_impl : public conventional_encoder, public pdu_block_impl {
public:
    conventional_encoder_impl(int symbols,
                              double snr_db,
                              const conventional_options& options);

    void set_symbols(int symbols) override;
    int symbols() const override { return d_symbols; }
    void set_snr_db(double snr_db) override;
    double snr_db() const override { return d_snr_db; }
    void set_mcs(const std::string& mcs) override { d_scheme.set_mcs(mcs); }
    std::string mcs() const override { return d_scheme.mcs(); }

private:
    void handle(const pmt::pmt_t& msg);

    scheme_holder d_scheme;
    std::atomic<int> d_symbols;
    std::atomic<double> d_snr_db;
};

} // namespace udeepsc
} // namespace gr
