// SPDX-License-Identifier: GPL-3.0-or-later
#include "jpeg2000_file.h"

#include <openjpeg.h>

#include <algorithm>
#include <cstring>

namespace udeepsc_conventional {

namespace {

/*! Bytes that OpenJPEG reads and writes as a file. */
struct Memory {
    Bytes bytes;
    std::size_t at = 0;
};

OPJ_SIZE_T read_bytes(void* to, OPJ_SIZE_T n, void* user)
{
    auto& memory = *static_cast<Memory*>(user);
    const auto take = std::min<std::size_t>(n, memory.bytes.size() - memory.at);
    if (take == 0)
        return static_cast<OPJ_SIZE_T>(-1); // end of the file
    std::memcpy(to, memory.bytes.data() + memory.at, take);
    memory.at += take;
    return take;
}

OPJ_SIZE_T write_bytes(void* from, OPJ_SIZE_T n, void* user)
{
    auto& memory = *static_cast<Memory*>(user);
    if (memory.at + n > memory.bytes.size())
        memory.bytes.resize(memory.at + n);
    std::memcpy(memory.bytes.data() + memory.at, from, n);
    memory.at += n;
    return n;
}

OPJ_OFF_T skip_bytes(OPJ_OFF_T n, void* user)
{
    auto& memory = *static_cast<Memory*>(user);
    const auto wanted = static_cast<long long>(memory.at) + n;
    if (wanted < 0)
        return -1;
    memory.at = std::min(static_cast<std::size_t>(wanted), memory.bytes.size());
    return n;
}

OPJ_BOOL seek_bytes(OPJ_OFF_T to, void* user)
{
    auto& memory = *static_cast<Memory*>(user);
    if (to < 0 || static_cast<std::size_t>(to) > memory.bytes.size())
        return OPJ_FALSE;
    memory.at = static_cast<std::size_t>(to);
    return OPJ_TRUE;
}

void ignore(const char*, void*) { }

template <typename T, void (*release)(T*)> struct Release {
    void operator()(T* object) const { release(object); }
};
using Codec = std::unique_ptr<opj_codec_t, Release<opj_codec_t, opj_destroy_codec>>;
using Image = std::unique_ptr<opj_image_t, Release<opj_image_t, opj_image_destroy>>;
using Stream = std::unique_ptr<opj_stream_t, Release<opj_stream_t, opj_stream_destroy>>;

Stream stream_of(Memory& memory, bool input)
{
    Stream stream(opj_stream_default_create(input ? OPJ_TRUE : OPJ_FALSE));
    opj_stream_set_user_data(stream.get(), &memory, nullptr);
    opj_stream_set_user_data_length(stream.get(), memory.bytes.size());
    opj_stream_set_read_function(stream.get(), read_bytes);
    opj_stream_set_write_function(stream.get(), write_bytes);
    opj_stream_set_skip_function(stream.get(), skip_bytes);
    opj_stream_set_seek_function(stream.get(), seek_bytes);
    return stream;
}

void silence(opj_codec_t* codec)
{
    opj_set_info_handler(codec, ignore, nullptr);
    opj_set_warning_handler(codec, ignore, nullptr);
    opj_set_error_handler(codec, ignore, nullptr);
}

Image image_of(const RgbPicture& picture)
{
    opj_image_cmptparm_t parameters[3] = {};
    for (auto& p : parameters) {
        p.dx = p.dy = 1;
        p.w = static_cast<OPJ_UINT32>(picture.width);
        p.h = static_cast<OPJ_UINT32>(picture.height);
        p.prec = 8;
    }
    Image image(opj_image_create(3, parameters, OPJ_CLRSPC_SRGB));
    if (!image)
        return image;
    image->x1 = static_cast<OPJ_UINT32>(picture.width);
    image->y1 = static_cast<OPJ_UINT32>(picture.height);
    for (std::size_t i = 0; i < picture.rgb.size(); ++i)
        image->comps[i % 3].data[i / 3] = picture.rgb[i];
    return image;
}

bool is_colour(const opj_image_t& image)
{
    if (image.numcomps != 3)
        return false;
    for (int c = 0; c < 3; ++c)
        if (!image.comps[c].data || image.comps[c].w != image.comps[0].w
            || image.comps[c].h != image.comps[0].h)
            return false;
    return true;
}

} // namespace

Bytes write_jpeg2000(const RgbPicture& picture, int levels, std::size_t bytes)
{
    opj_cparameters_t parameters;
    opj_set_default_encoder_parameters(&parameters);
    parameters.numresolution = levels + 1;
    parameters.irreversible = 1;
    parameters.tcp_mct = 1; // luminance and two colour differences
    parameters.tcp_numlayers = 1;
    parameters.cp_disto_alloc = 1;
    parameters.tcp_rates[0] = std::max(
        1.001f, static_cast<float>(picture.rgb.size()) / static_cast<float>(bytes));

    const auto image = image_of(picture);
    Codec codec(opj_create_compress(OPJ_CODEC_J2K));
    if (!image || !codec)
        return {};
    silence(codec.get());
    if (!opj_setup_encoder(codec.get(), &parameters, image.get()))
        return {};
    Memory memory;
    const auto stream = stream_of(memory, false);
    if (!opj_start_compress(codec.get(), image.get(), stream.get())
        || !opj_encode(codec.get(), stream.get())
        || !opj_end_compress(codec.get(), stream.get()))
        return {};
    return std::move(memory.bytes);
}

RgbPicture read_jpeg2000(const Bytes& codestream)
{
    opj_dparameters_t parameters;
    opj_set_default_decoder_parameters(&parameters);
    Codec codec(opj_create_decompress(OPJ_CODEC_J2K));
    if (!codec)
        return {};
    silence(codec.get());
    if (!opj_setup_decoder(codec.get(), &parameters))
        return {};
    opj_decoder_set_strict_mode(codec.get(),
                                OPJ_FALSE); // a cut stream is decoded as far as it goes
    Memory memory { codestream, 0 };
    const auto stream = stream_of(memory, true);
    opj_image_t* raw = nullptr;
    const bool header = opj_read_header(stream.get(), codec.get(), &raw);
    const Image image(raw);
    if (!header || !opj_decode(codec.get(), stream.get(), image.get())
        || !is_colour(*image))
        return {};
    RgbPicture picture { static_cast<int>(image->comps[0].h),
                         static_cast<int>(image->comps[0].w),
                         {} };
    const std::size_t pixels = std::size_t(picture.height) * std::size_t(picture.width);
    picture.rgb.reserve(3 * pixels);
    for (std::size_t i = 0; i < pixels; ++i)
        for (int c = 0; c < 3; ++c)
            picture.rgb.push_back(
                static_cast<std::uint8_t>(std::clamp(image->comps[c].data[i], 0, 255)));
    return picture;
}

} // namespace udeepsc_conventional
