// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <gnuradio/udeepsc/task_sink.h>
#include <fstream>
#include <string>

namespace gr {
namespace udeepsc {

//! One line of JSON, no line end. Numbers that are not finite become null, bytes that are
//! no UTF-8 become U+FFFD; a picture is left out.
std::string to_json(const received_result& result);

/*! JSON-lines file of results. */
class result_record {
public:
    //! Throws std::invalid_argument if the file cannot be opened; "" records nothing.
    explicit result_record(const std::string& path);

    //! False if the line could not be written. Nothing is written after that.
    bool write(const received_result& result);

private:
    std::ofstream d_file;
    bool d_good = true;
};

} // namespace udeepsc
} // namespace gr
