// SPDX-License-Identifier: GPL-3.0-or-later
#include "result_record.h"

#include <udeepsc_core/text.h>
#include <cerrno>
#include <cmath>
#include <cstring>
#include <iomanip>
#include <sstream>
#include <stdexcept>

namespace gr {
namespace udeepsc {
namespace {

std::string quoted(const std::string& text)
{
    std::ostringstream out;
    out << '"';
    for (const char c : udeepsc_core::repair_utf8(text)) {
        if (c == '"' || c == '\\') {
            out << '\\' << c;
        } else if (static_cast<unsigned char>(c) < 0x20) {
            out << "\\u" << std::hex << std::setw(4) << std::setfill('0')
                << static_cast<int>(c) << std::dec;
        } else {
            out << c;
        }
    }
    out << '"';
    return out.str();
}

std::string number(double value)
{
    if (!std::isfinite(value)) {
        return "null";
    }
    std::ostringstream out;
    out << std::setprecision(9) << value;
    return out.str();
}

} // namespace

std::string to_json(const received_result& result)
{
    std::ostringstream out;
    out << "{\"frame_id\": " << result.frame_id << ", \"task\": " << quoted(result.task)
        << ", \"output\": " << quoted(result.output);
    if (result.label >= 0) {
        out << ", \"label\": " << result.label
            << ", \"class_name\": " << quoted(result.class_name);
    }
    if (!result.sentence.empty()) {
        out << ", \"sentence\": " << quoted(result.sentence);
    }
    if (!result.missing.empty()) {
        out << ", \"missing\": " << quoted(result.missing);
    }
    if (!result.reference.empty()) {
        out << ", \"reference\": " << quoted(result.reference);
    }
    if (!result.source.empty()) {
        out << ", \"source\": " << quoted(result.source) << ", \"tile\": ["
            << result.tile_row << ", " << result.tile_column << "]";
    }
    out << ", \"score\": " << number(result.score)
        << ", \"snr_db\": " << number(result.snr_db)
        << ", \"noise_var\": " << number(result.noise_var)
        << ", \"kept\": " << result.kept.size()
        << ", \"candidates\": " << result.candidates
        << ", \"symbols\": " << result.symbols
        << ", \"delay_ms\": " << number(result.delay_ms) << "}";
    return out.str();
}

result_record::result_record(const std::string& path)
{
    if (path.empty()) {
        return;
    }
    d_file.open(path);
    if (!d_file) {
        throw std::invalid_argument("record \"" + path
                                    + "\" cannot be opened: " + std::strerror(errno));
    }
}

bool result_record::write(const received_result& result)
{
    if (!d_file.is_open() || !d_good) {
        return true;
    }
    d_file << to_json(result)
           << std::endl; // flushed: a killed flowgraph keeps its record
    d_good = d_file.good();
    return d_good;
}

} // namespace udeepsc
} // namespace gr
