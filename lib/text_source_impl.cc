// SPDX-License-Identifier: GPL-3.0-or-later
#include "text_source_impl.h"
#include "text_segments.h"

#include <gnuradio/io_signature.h>
#include <cerrno>
#include <cstring>
#include <fstream>

namespace gr {
namespace udeepsc {
namespace {

std::vector<std::string> read_lines(const std::string& file)
{
    std::ifstream stream(file);
    std::vector<std::string> lines;
    for (std::string line; std::getline(stream, line);) {
        lines.push_back(line);
    }
    if (!stream.eof() || stream.bad()) {
        throw std::invalid_argument("file \"" + file
                                    + "\" cannot be read: " + std::strerror(errno));
    }
    return lines;
}

} // namespace

text_source::sptr text_source::make(const std::vector<std::string>& texts,
                                    const std::string& file,
                                    const std::string& task,
                                    const std::vector<std::string>& labels,
                                    int max_words,
                                    const source_options& options)
{
    options.validate();
    require_range("max_words", max_words, 1, 4096);
    auto all = texts;
    if (!file.empty()) {
        const auto lines = read_lines(file);
        all.insert(all.end(), lines.begin(), lines.end());
    }
    return gnuradio::make_block_sptr<text_source_impl>(
        labelled(all, labels, "texts"), task, max_words, options);
}

text_source_impl::text_source_impl(std::vector<list_item> items,
                                   const std::string& task,
                                   int max_words,
                                   const source_options& options)
    : gr::block(
        "text_source", gr::io_signature::make(0, 0, 0), gr::io_signature::make(0, 0, 0))
    , list_source(std::move(items), task, options)
    , d_max_words(max_words)
{ }

void text_source_impl::send_item(const list_item& wanted)
{
    const auto segments = text_segments(wanted.content, d_max_words);
    if (segments.empty()) {
        d_frame_id++; // its number: another source's samples keep their partners
    }
    for (std::size_t i = 0; i < segments.size(); i++) {
        if (!wait_for_turn()) {
            return;
        }
        const pdu data = segment_pdu(
            wanted, segments[i], static_cast<int>(i), static_cast<int>(segments.size()));
        send(data.message(), steady_clock::now());
    }
    d_text_id++;
}

pdu text_source_impl::segment_pdu(const list_item& wanted,
                                  const std::string& text,
                                  int segment,
                                  int segments)
{
    pdu data(pmt::make_dict(),
             pmt::init_u8vector(text.size(),
                                reinterpret_cast<const std::uint8_t*>(text.data())));
    data.set(keys::frame_id(), pmt::from_uint64(d_frame_id++));
    data.set(keys::task(), pmt::intern(task()));
    data.set(keys::modality(), pmt::intern("text"));
    data.set(keys::shape(), make_shape({ static_cast<int>(text.size()) }));
    data.set(keys::text_id(), pmt::from_long(d_text_id));
    data.set(keys::segment(), make_shape({ segment, segments }));
    // A sentence goes as bytes: pmt keeps every symbol it ever saw.
    data.set(keys::reference(),
             wanted.label.empty() ? data.payload : pmt::intern(wanted.label));
    data.set(keys::t_source(), pmt::from_double(seconds_now()));
    return data;
}

} // namespace udeepsc
} // namespace gr
