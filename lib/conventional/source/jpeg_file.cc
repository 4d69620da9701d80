// SPDX-License-Identifier: GPL-3.0-or-later
#include "jpeg_file.h"

#include <csetjmp>
#include <cstdio>
#include <cstdlib>

#include <jpeglib.h>

namespace udeepsc_conventional {

namespace {

/*! libjpeg's errors come back by longjmp: no object with a destructor may live between
 * setjmp and the calls. */
struct Errors {
    jpeg_error_mgr manager;
    std::jmp_buf back;
};

void on_error(j_common_ptr info)
{
    std::longjmp(reinterpret_cast<Errors*>(info->err)->back, 1);
}

void on_message(j_common_ptr, int) { }

jpeg_error_mgr* quiet(Errors& errors)
{
    jpeg_std_error(&errors.manager);
    errors.manager.error_exit = on_error;
    errors.manager.emit_message = on_message;
    return &errors.manager;
}

bool compress(const RgbPicture& picture,
              const JpegSettings& settings,
              unsigned char** file,
              unsigned long* size)
{
    jpeg_compress_struct info;
    Errors errors;
    info.err = quiet(errors);
    if (setjmp(errors.back)) {
        jpeg_destroy_compress(&info);
        return false;
    }
    jpeg_create_compress(&info);
    jpeg_mem_dest(&info, file, size);
    info.image_width = static_cast<JDIMENSION>(picture.width);
    info.image_height = static_cast<JDIMENSION>(picture.height);
    info.input_components = 3;
    info.in_color_space = JCS_RGB;
    jpeg_set_defaults(&info);
    jpeg_set_quality(&info, settings.quality, TRUE);
    info.arith_code = settings.arithmetic;
    info.dct_method = JDCT_ISLOW;
    info.comp_info[0].h_samp_factor = info.comp_info[0].v_samp_factor
        = settings.full_chroma ? 1 : 2;
    jpeg_start_compress(&info, TRUE);
    while (info.next_scanline < info.image_height) {
        auto* row = const_cast<JSAMPROW>(picture.rgb.data()
                                         + std::size_t(info.next_scanline)
                                             * std::size_t(picture.width) * 3);
        jpeg_write_scanlines(&info, &row, 1);
    }
    jpeg_finish_compress(&info);
    jpeg_destroy_compress(&info);
    return true;
}

bool start(jpeg_decompress_struct& info, const Bytes& file, unsigned scale)
{
    jpeg_mem_src(&info, file.data(), static_cast<unsigned long>(file.size()));
    if (jpeg_read_header(&info, TRUE) != JPEG_HEADER_OK)
        return false;
    info.out_color_space = JCS_RGB;
    info.dct_method = JDCT_ISLOW;
    info.scale_num = 8 * scale;
    info.scale_denom = 8;
    return jpeg_start_decompress(&info) == TRUE;
}

void decompress(const Bytes& file, unsigned scale, RgbPicture& picture)
{
    jpeg_decompress_struct info;
    Errors errors;
    info.err = quiet(errors);
    if (setjmp(errors.back)) { // picture holds the rows read so far
        jpeg_destroy_decompress(&info);
        return;
    }
    jpeg_create_decompress(&info);
    if (start(info, file, scale)) {
        picture = grey_picture(static_cast<int>(info.output_height),
                               static_cast<int>(info.output_width));
        while (info.output_scanline < info.output_height) {
            JSAMPROW row = picture.rgb.data()
                + std::size_t(info.output_scanline) * std::size_t(info.output_width) * 3;
            jpeg_read_scanlines(&info, &row, 1);
        }
    }
    jpeg_destroy_decompress(&info);
}

} // namespace

Bytes write_jpeg(const RgbPicture& picture, const JpegSettings& settings)
{
    unsigned char* file = nullptr;
    unsigned long size = 0;
    const bool good = compress(picture, settings, &file, &size);
    Bytes bytes;
    if (good)
        bytes.assign(file, file + size);
    std::free(file);
    return bytes;
}

RgbPicture read_jpeg(const Bytes& file, int scale)
{
    RgbPicture picture;
    decompress(file, static_cast<unsigned>(scale), picture);
    return picture;
}

} // namespace udeepsc_conventional
