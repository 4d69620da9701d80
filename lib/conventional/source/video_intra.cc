// SPDX-License-Identifier: GPL-3.0-or-later
#include "video_intra.h"

extern "C" {
#include <libavcodec/avcodec.h>
#include <libavutil/imgutils.h>
#include <libavutil/log.h>
#include <libavutil/opt.h>
#include <libavutil/pixdesc.h>
}

#include <algorithm>
#include <cstring>
#include <mutex>

namespace udeepsc_conventional {

namespace {

constexpr std::uint8_t START_CODE[] = { 0, 0, 0, 1 };

/*! What differs between the standards' network abstraction layers. */
struct Layer {
    AVCodecID decoder;
    const char *encoder, *options; // FFmpeg's names
    Bytes slice_header; // of the unit with the one slice
    int last_slice; // types of units with slices end with it
    int first_set, last_set; // types of the units with parameter sets
    int (*type)(std::uint8_t); // by a unit's first byte
};

const Layer& layer_of(VideoStandard standard)
{
    // IDR, nal_ref_idc 3; SPS and PPS: ITU-T H.264 table 7-1
    static const Layer s_h264 { AV_CODEC_ID_H264,
                                "libx264",
                                "x264-params",
                                { 0x65 },
                                5,
                                7,
                                8,
                                [](std::uint8_t byte) { return byte & 0x1f; } };
    // IDR_W_RADL; VPS, SPS and PPS: ITU-T H.265 table 7-1
    static const Layer s_hevc { AV_CODEC_ID_HEVC,
                                "libx265",
                                "x265-params",
                                { 19 << 1, 1 },
                                31,
                                32,
                                34,
                                [](std::uint8_t byte) { return byte >> 1 & 0x3f; } };
    return standard == VideoStandard::h264 ? s_h264 : s_hevc;
}

struct FreeContext {
    void operator()(AVCodecContext* context) const { avcodec_free_context(&context); }
};
struct FreeFrame {
    void operator()(AVFrame* frame) const { av_frame_free(&frame); }
};
struct FreePacket {
    void operator()(AVPacket* packet) const { av_packet_free(&packet); }
};
using Context = std::unique_ptr<AVCodecContext, FreeContext>;
using Frame = std::unique_ptr<AVFrame, FreeFrame>;
using Packet = std::unique_ptr<AVPacket, FreePacket>;

// A damaged stream is nothing to write about on the terminal.
void silence()
{
    static std::once_flag once;
    std::call_once(once, [] { av_log_set_level(AV_LOG_QUIET); });
}

//! As large as the picture allows, at most 64.
int coding_tree_unit(const YCbCr& planes)
{
    const int side = std::min(planes[0].height, planes[0].width);
    return side >= 64 ? 64 : side >= 32 ? 32 : INTRA_LEAST_SIDE;
}

// As below for x265. A PPS that does not depend on the QP: "stitchable".
std::string x264_options(int qp)
{
    return "qp=" + std::to_string(qp)
        + ":ipratio=1:aq-mode=0:mbtree=0:keyint=1:bframes=0:scenecut=0:rc-lookahead=0"
          ":stitchable=1:repeat-headers=1:annexb=1:threads=1:sliced-threads=0:slices=1";
}

std::string x265_options(const YCbCr& planes, int qp)
{
    const int unit = coding_tree_unit(planes);
    std::string options = "qp=" + std::to_string(qp) + ":ctu=" + std::to_string(unit)
        + ":max-tu-size="
        + std::to_string(std::min(unit, 32))
        // For the PSNR of one picture: no quantisation by what eyes see, the QP as it is.
        + ":ipratio=1:aq-mode=0:cutree=0:psy-rd=0:psy-rdoq=0:rd=6:rdoq-level=1"
          ":tu-inter-depth=1:keyint=1:bframes=0:scenecut=0:rc-lookahead=0"
          // Nothing beside the picture, and no threads.
          ":info=0:hash=0:aud=0:repeat-headers=1:annexb=1:log-level=none"
          ":pools=none:frame-threads=1:wpp=0";
    if (planes[1].height == planes[0].height)
        options += ":cbqpoffs=6:crqpoffs=6"; // as little of the colour as 4:2:0 has
    return options;
}

Context make_encoder(VideoStandard standard, const YCbCr& planes, int qp)
{
    const auto& layer = layer_of(standard);
    const AVCodec* codec = avcodec_find_encoder_by_name(layer.encoder);
    Context context(codec ? avcodec_alloc_context3(codec) : nullptr);
    if (!context)
        return {};
    context->width = planes[0].width;
    context->height = planes[0].height;
    context->time_base = { 1, 1 };
    context->pix_fmt
        = planes[1].height == planes[0].height ? AV_PIX_FMT_YUV444P : AV_PIX_FMT_YUV420P;
    context->thread_count = 1;
    const auto options
        = standard == VideoStandard::h264 ? x264_options(qp) : x265_options(planes, qp);
    av_opt_set(context->priv_data, "preset", "slower", 0);
    av_opt_set(context->priv_data, "tune", "psnr", 0);
    av_opt_set(context->priv_data, layer.options, options.c_str(), 0);
    if (avcodec_open2(context.get(), codec, nullptr) < 0)
        return {};
    return context;
}

Frame frame_of(const YCbCr& planes, const AVCodecContext& context)
{
    Frame frame(av_frame_alloc());
    if (!frame)
        return frame;
    frame->format = context.pix_fmt;
    frame->width = context.width;
    frame->height = context.height;
    if (av_frame_get_buffer(frame.get(), 0) < 0)
        return {};
    for (std::size_t c = 0; c < planes.size(); ++c)
        av_image_copy_plane(frame->data[c],
                            frame->linesize[c],
                            planes[c].samples.data(),
                            planes[c].width,
                            planes[c].width,
                            planes[c].height);
    return frame;
}

//! Where the next start code's three last bytes are, or the end.
std::size_t next_start(const Bytes& stream, std::size_t from)
{
    const auto found = std::search(stream.begin() + static_cast<std::ptrdiff_t>(from),
                                   stream.end(),
                                   START_CODE + 1,
                                   START_CODE + 4);
    return static_cast<std::size_t>(found - stream.begin());
}

//! Raw bytes of a unit: without the 3 that follow two zeros (H.265, 7.3.1.1).
Bytes without_escapes(const Bytes& unit)
{
    Bytes raw;
    int zeros = 0;
    for (const auto byte : unit) {
        if (zeros >= 2 && byte == 3) {
            zeros = 0;
            continue;
        }
        zeros = byte == 0 ? zeros + 1 : 0;
        raw.push_back(byte);
    }
    return raw;
}

void append_escaped(Bytes& stream, const Bytes& raw)
{
    int zeros = 0;
    for (const auto byte : raw) {
        if (zeros >= 2 && byte <= 3) {
            stream.push_back(3);
            zeros = 0;
        }
        zeros = byte == 0 ? zeros + 1 : 0;
        stream.push_back(byte);
    }
}

IntraUnits units_of(const Layer& layer, const Bytes& stream)
{
    IntraUnits units;
    const auto header = static_cast<std::ptrdiff_t>(layer.slice_header.size());
    for (auto at = next_start(stream, 0); at + 5 < stream.size();) {
        const auto begin = at + 3;
        at = next_start(stream, begin);
        Bytes unit(stream.begin() + static_cast<std::ptrdiff_t>(begin),
                   stream.begin() + static_cast<std::ptrdiff_t>(at));
        while (!unit.empty() && unit.back() == 0) // the first of the next start code
            unit.pop_back();
        if (unit.size() < 3)
            continue;
        const int type = layer.type(unit[0]);
        auto& sets = units.parameter_sets;
        if (type <= layer.last_slice) {
            units.slice = without_escapes({ unit.begin() + header, unit.end() });
        } else if (type >= layer.first_set && type <= layer.last_set) {
            sets.insert(sets.end(), START_CODE, START_CODE + 4);
            sets.insert(sets.end(), unit.begin(), unit.end());
        }
    }
    return units;
}

//! FFmpeg's own buffers, grey: what a damaged stream does not reach is no chance.
int grey_buffer(AVCodecContext* context, AVFrame* frame, int flags)
{
    const int status = avcodec_default_get_buffer2(context, frame, flags);
    for (int i = 0; status >= 0 && i < AV_NUM_DATA_POINTERS && frame->buf[i]; ++i)
        std::memset(frame->buf[i]->data, 128, frame->buf[i]->size);
    return status;
}

Context make_decoder(const Layer& layer)
{
    const AVCodec* codec = avcodec_find_decoder(layer.decoder);
    Context context(codec ? avcodec_alloc_context3(codec) : nullptr);
    if (!context)
        return {};
    context->thread_count = 1;
    context->flags |= AV_CODEC_FLAG_OUTPUT_CORRUPT;
    context->get_buffer2 = grey_buffer;
    if (avcodec_open2(context.get(), codec, nullptr) < 0)
        return {};
    return context;
}

YCbCr planes_of(const AVFrame& frame)
{
    const auto* format = av_pix_fmt_desc_get(static_cast<AVPixelFormat>(frame.format));
    if (!format || format->nb_components != 3 || format->comp[0].depth != 8)
        return {};
    YCbCr planes;
    for (int c = 0; c < 3; ++c) {
        auto& plane = planes[static_cast<std::size_t>(c)];
        plane.height = c ? frame.height >> format->log2_chroma_h : frame.height;
        plane.width = c ? frame.width >> format->log2_chroma_w : frame.width;
        for (int y = 0; y < plane.height; ++y) {
            const auto* row = frame.data[c] + y * frame.linesize[c];
            plane.samples.insert(plane.samples.end(), row, row + plane.width);
        }
    }
    return planes;
}

} // namespace

IntraUnits write_intra(VideoStandard standard, const YCbCr& planes, int qp)
{
    silence();
    const auto encoder = make_encoder(standard, planes, qp);
    const auto frame = encoder ? frame_of(planes, *encoder) : nullptr;
    const Packet packet(av_packet_alloc());
    if (!frame || !packet || avcodec_send_frame(encoder.get(), frame.get()) < 0
        || avcodec_send_frame(encoder.get(), nullptr) < 0
        || avcodec_receive_packet(encoder.get(), packet.get()) < 0)
        return {};
    return units_of(layer_of(standard), Bytes(packet->data, packet->data + packet->size));
}

YCbCr read_intra(VideoStandard standard, const IntraUnits& units)
{
    silence();
    const auto& layer = layer_of(standard);
    Bytes stream = units.parameter_sets;
    stream.insert(stream.end(), START_CODE, START_CODE + 4);
    stream.insert(stream.end(), layer.slice_header.begin(), layer.slice_header.end());
    append_escaped(stream, units.slice);

    const auto decoder = make_decoder(layer);
    const Packet packet(av_packet_alloc());
    const Frame frame(av_frame_alloc());
    if (!decoder || !packet || !frame
        || av_new_packet(packet.get(), static_cast<int>(stream.size())) < 0)
        return {};
    std::copy(stream.begin(), stream.end(), packet->data);
    // An error in a slice: what was decoded before it may come all the same.
    avcodec_send_packet(decoder.get(), packet.get());
    avcodec_send_packet(decoder.get(), nullptr);
    if (avcodec_receive_frame(decoder.get(), frame.get()) < 0)
        return {};
    return planes_of(*frame);
}

} // namespace udeepsc_conventional
