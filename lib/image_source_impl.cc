// SPDX-License-Identifier: GPL-3.0-or-later
#include "image_source_impl.h"

#include <gnuradio/io_signature.h>

namespace gr {
namespace udeepsc {

image_source::sptr image_source::make(const std::vector<std::string>& files,
                                      const std::string& task,
                                      const std::vector<std::string>& labels,
                                      int tile,
                                      const source_options& options,
                                      bool whole)
{
    options.validate();
    require_range("tile", tile, 8, 1024);
    return gnuradio::make_block_sptr<image_source_impl>(
        labelled(files, labels, "files"), task, tile, options, whole);
}

image_source_impl::image_source_impl(std::vector<list_item> items,
                                     const std::string& task,
                                     int tile,
                                     const source_options& options,
                                     bool whole)
    : gr::block(
        "image_source", gr::io_signature::make(0, 0, 0), gr::io_signature::make(0, 0, 0))
    , list_source(std::move(items), task, options)
    , d_tile(tile)
    , d_whole(whole)
{ }

void image_source_impl::send_item(const list_item& wanted)
{
    udeepsc_core::Picture picture;
    try {
        picture = udeepsc_core::load_picture(wanted.content);
        if (d_whole) {
            picture = udeepsc_core::fit_square(picture, d_tile);
        }
    } catch (const std::exception&) {
        d_frame_id++; // its number: another source's samples keep their partners
        throw;
    }
    const auto tiles = udeepsc_core::cut_tiles(picture, d_tile);
    const int columns = (picture.width + d_tile - 1) / d_tile;
    const int rows = (picture.height + d_tile - 1) / d_tile;

    pmt::pmt_t common = pmt::make_dict();
    common = pmt::dict_add(common, keys::modality(), pmt::intern("image"));
    common = pmt::dict_add(common, keys::shape(), make_shape({ d_tile, d_tile, 3 }));
    common = pmt::dict_add(common, keys::picture(), pmt::intern(wanted.content));
    common = pmt::dict_add(
        common, keys::picture_size(), make_shape({ picture.height, picture.width }));
    common = pmt::dict_add(common, keys::tiles(), make_shape({ rows, columns }));

    for (std::size_t i = 0; i < tiles.size(); i++) {
        if (!wait_for_turn()) {
            return;
        }
        const int at = static_cast<int>(i);
        const auto& rgb = tiles[i].rgb;
        pdu data(common, pmt::init_u8vector(rgb.size(), rgb));
        data.set(keys::frame_id(), pmt::from_uint64(d_frame_id++));
        data.set(keys::task(), pmt::intern(task()));
        data.set(keys::tile(), make_shape({ at / columns, at % columns }));
        data.set(keys::reference(),
                 wanted.label.empty() ? data.payload : pmt::intern(wanted.label));
        data.set(keys::t_source(), pmt::from_double(seconds_now()));
        send(data.message(), steady_clock::now());
    }
}

} // namespace udeepsc
} // namespace gr
