// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <gnuradio/udeepsc/api.h>
#include <pmt/pmt.h>

namespace gr {
namespace udeepsc {

/*!
 * \brief The keys of a PDU's dictionary, in one place.
 *
 * A block adds its own keys and passes every other key through untouched, those it does
 * not know included.
 */
namespace keys {

//! uint64: sample number; the modalities of one multimodal sample share it.
UDEEPSC_API const pmt::pmt_t& frame_id();
//! symbol: task of the sample, a name from the model file.
UDEEPSC_API const pmt::pmt_t& task();
//! symbol: name of one of the model's modalities, such as "image" or "text".
UDEEPSC_API const pmt::pmt_t& modality();
//! s32vector: dimensions of the payload, slowest first.
UDEEPSC_API const pmt::pmt_t& shape();
//! double: Es/N0 in dB: what the feature selector chose for; behind burst_demodulator,
//! what the receiver measured.
UDEEPSC_API const pmt::pmt_t& snr_db();
//! double, or f32vector with one value per symbol: noise power per complex symbol.
UDEEPSC_API const pmt::pmt_t& noise_var();
//! symbol: identity of the model that made the PDU.
UDEEPSC_API const pmt::pmt_t& model_id();
//! u8vector (picture, or UTF-8 sentence), symbol (class name) or long (label): the truth,
//! only in a simulation.
UDEEPSC_API const pmt::pmt_t& reference();
//! double: amplitude of the constellation; the mean symbol energy sent is 1.
UDEEPSC_API const pmt::pmt_t& tx_gain();
//! s32vector: rising positions of the feature vectors that the selector kept.
UDEEPSC_API const pmt::pmt_t& kept();
//! long: feature vectors the selector chose from.
UDEEPSC_API const pmt::pmt_t& candidates();
//! long: bits that one codebook index takes.
UDEEPSC_API const pmt::pmt_t& bits_per_index();
//! symbol: constellation of the model, e.g. "64qam".
UDEEPSC_API const pmt::pmt_t& modulation();
//! symbol: modulation and code rate of conventional_encoder, such as "16qam-1/2".
UDEEPSC_API const pmt::pmt_t& mcs();
//! symbol: "symbol" (one index, one point) or "bits".
UDEEPSC_API const pmt::pmt_t& mapping();
//! long: complex symbols sent for this PDU.
UDEEPSC_API const pmt::pmt_t& symbols();
//! complex: gain that the channel applied to this PDU.
UDEEPSC_API const pmt::pmt_t& h();
//! symbol: "none", "awgn", "rayleigh" or "rician".
UDEEPSC_API const pmt::pmt_t& channel();
//! symbol: what the payload of a result is: "label", "picture", "sentence" or "score".
UDEEPSC_API const pmt::pmt_t& output();
//! long: most probable class of a result.
UDEEPSC_API const pmt::pmt_t& label();
//! symbol: name of that class.
UDEEPSC_API const pmt::pmt_t& class_name();
//! symbol: name of the picture that a tile is part of.
UDEEPSC_API const pmt::pmt_t& picture();
//! s32vector [height, width]: size of that picture in pixels.
UDEEPSC_API const pmt::pmt_t& picture_size();
//! s32vector [row, column]: place of a tile in its picture, in tiles.
UDEEPSC_API const pmt::pmt_t& tile();
//! s32vector [rows, columns]: tiles in that picture.
UDEEPSC_API const pmt::pmt_t& tiles();
//! long: number of the text that a segment is part of.
UDEEPSC_API const pmt::pmt_t& text_id();
//! s32vector [segment, segments]: place of a segment in its text, and how many it has.
UDEEPSC_API const pmt::pmt_t& segment();
//! double: Hz, of a waveform.
UDEEPSC_API const pmt::pmt_t& sample_rate();
//! long: place of a block of feature vectors in a layered transmission, 0 where missing.
UDEEPSC_API const pmt::pmt_t& layer();
//! long: layers from which a result was made, 1 to that.
UDEEPSC_API const pmt::pmt_t& layers();
//! f32vector: of each class, of a result that is a picture with a class.
UDEEPSC_API const pmt::pmt_t& probabilities();
//! symbol: modalities of the sample, with commas, that never came; of one in layers the
//! layers.
UDEEPSC_API const pmt::pmt_t& missing();
//! double: seconds of the monotonic clock at which the source sent the sample.
UDEEPSC_API const pmt::pmt_t& t_source();

// Of a receiver that remembers: what semantic_memory writes and reads.

//! vector of PDUs: what is remembered for a question, oldest first.
UDEEPSC_API const pmt::pmt_t& context();
//! long: frames remembered since an entry of the context came, 0: the newest; -1: it is
//! of the present frame.
UDEEPSC_API const pmt::pmt_t& age();
//! double: what a frame contributes to answers, larger is better; 0 where it is missing.
UDEEPSC_API const pmt::pmt_t& value();
//! long: entries of the memory that a result was decoded with.
UDEEPSC_API const pmt::pmt_t& remembered();

// Of bursts: what burst_framer, burst_detector and burst_demodulator write.

//! long: address of the transmitter that a payload came from, 0..255.
UDEEPSC_API const pmt::pmt_t& source();
//! long: address that it was sent to, 0..255; 255: all.
UDEEPSC_API const pmt::pmt_t& destination();
//! symbol: "intact" or "damaged", where a check came along: whether every symbol's
//! nearest point is the one that was sent.
UDEEPSC_API const pmt::pmt_t& integrity();
//! symbol: kind of a control message, "text", "csi" or "acknowledgement".
UDEEPSC_API const pmt::pmt_t& control();
//! long: samples in a burst.
UDEEPSC_API const pmt::pmt_t& samples();
//! vector of dicts: keys of the PDU of each payload in a burst, in the frame's order.
UDEEPSC_API const pmt::pmt_t& payload_keys();
//! symbol: name of the burst's frame profile.
UDEEPSC_API const pmt::pmt_t& profile();
//! long: symbols of a burst that are no payload: preamble, headers, pilots, ramps.
UDEEPSC_API const pmt::pmt_t& overhead();
//! uint64: number in the received stream of the preamble's first sample.
UDEEPSC_API const pmt::pmt_t& sample();
//! uint64: number in the received stream of the payload's first sample.
UDEEPSC_API const pmt::pmt_t& first_sample();
//! uint64: one past the last sample of the frame's payload.
UDEEPSC_API const pmt::pmt_t& end_sample();
//! double: fraction of a sample that the preamble begins after `sample`, -0.5 to 0.5.
UDEEPSC_API const pmt::pmt_t& timing();
//! double: carrier offset, cycles per symbol.
UDEEPSC_API const pmt::pmt_t& cfo();
//! double: the detector's statistic, 0 to 1.
UDEEPSC_API const pmt::pmt_t& rho();
//! double: receiver's clock against the transmitter's, ppm.
UDEEPSC_API const pmt::pmt_t& clock_ppm();
//! double: mean |sample|^2 of the burst, noise included.
UDEEPSC_API const pmt::pmt_t& power();

} // namespace keys
} // namespace udeepsc
} // namespace gr
