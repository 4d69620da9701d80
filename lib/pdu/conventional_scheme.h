// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <gnuradio/udeepsc/conventional_options.h>
#include <udeepsc_conventional/scheme.h>

#include <memory>
#include <mutex>
#include <string>

namespace gr {
namespace udeepsc {

/*! A scheme that may be given another modulation and rate while it is used. */
class scheme_holder {
public:
    //! Throws std::invalid_argument naming the option.
    explicit scheme_holder(const conventional_options& options);

    std::shared_ptr<const udeepsc_conventional::Scheme> get() const;
    //! Throws and keeps the old one where there is no such modulation and rate.
    void set_mcs(const std::string& mcs);
    std::string mcs() const { return get()->config().mcs; }

private:
    mutable std::mutex d_mutex;
    std::shared_ptr<const udeepsc_conventional::Scheme> d_scheme;
};

} // namespace udeepsc
} // namespace gr
