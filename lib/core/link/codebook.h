// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "../nn/parameter_groups.h"

#include <udeepsc_core/config.h>

#include <torch/torch.h>

namespace udeepsc_core {

/*!
 * \brief Gray-labelled constellation of mean energy 1 as [points, 2] (I, Q).
 *
 * The label's upper half of bits gives the in-phase level, the lower half the quadrature
 * level, each a binary-reflected Gray code; BPSK is -1, +1.
 */
torch::Tensor constellation_points(const std::string& modulation);

/*! One sub-codebook of eq. 21: the codewords of one modality. */
class CodebookImpl : public torch::nn::Module, public WithoutDecay {
public:
    explicit CodebookImpl(const ModelConfig& model);

    std::vector<std::string> without_decay() const override { return { "codewords" }; }

    //! x: [..., dim] -> index of the nearest codeword [...], eq. 22
    torch::Tensor nearest(const torch::Tensor& x);
    //! [...] -> [..., dim]
    torch::Tensor dequantize(const torch::Tensor& indices);
    //! Mean of the codewords under probabilities [..., entries] -> [..., dim]
    torch::Tensor mean(const torch::Tensor& probabilities);
    //! Eq. 23 averaged over sub-vectors weighted by `weight` [...]: codewords move to the
    //! vectors, and with beta the vectors to the codewords.
    torch::Tensor loss(const torch::Tensor& x,
                       const torch::Tensor& indices,
                       const torch::Tensor& weight);

    //! Takes codewords from vectors x [n, dim] (k-means); where the codewords already are
    //! the constellation's points they stay.
    void start_from(const torch::Tensor& x);
    //! Counts which codewords x [n, dim] took, and remembers x.
    void count_use(const torch::Tensor& x, const torch::Tensor& indices);
    //! Vectors counted last [n, dim], undefined at first; with use() the state that a
    //! checkpoint has to keep.
    torch::Tensor& recent() { return d_recent; }
    //! [entries], hits since the last reset_unused()
    torch::Tensor& use() { return d_use; }
    //! Where unused codewords could go [entries, dim]: on vectors counted last, or back
    //! on the constellation's points.
    torch::Tensor fresh_codewords() const;
    //! Codebook reset: puts codewords hardly used where fresh says and begins to count
    //! anew. All workers of a training must give the same use and fresh.
    void reset_unused(const torch::Tensor& use, const torch::Tensor& fresh);

    torch::Tensor codewords() const { return d_codewords; }

private:
    bool d_is_constellation; // codeword j starts as, and is reset to, constellation point
                             // j
    double d_beta;
    torch::Tensor d_codewords; // [entries, dim]
    torch::Tensor d_start; // [entries, dim]
    torch::Tensor d_use; // [entries]
    torch::Tensor d_recent; // [n, dim], vectors counted last
};
TORCH_MODULE(Codebook);

/*!
 * \brief Indices <-> constellation symbols, for training and evaluation.
 *
 * Symbols are real tensors [..., 2] (I, Q). Mapping "symbol": index j is sent as point j.
 * Mapping "bits": the indices' bits, most significant first, fill symbols one after the
 * other, the last one padded with zeros.
 */
class SymbolMapping {
public:
    explicit SymbolMapping(const ModelConfig& model);

    //! indices [batch, n] -> symbols [batch, symbols, 2], mean energy of the points 1
    torch::Tensor modulate(const torch::Tensor& indices) const;

    //! Posterior of the index given equalised symbols [batch, symbols, 2] sent with
    //! amplitude `gain` ([1] or [batch, 1, 1]) and noise_var [batch, 1 or symbols] per
    //! complex symbol -> [batch, n, entries]
    torch::Tensor posterior(const torch::Tensor& symbols,
                            const torch::Tensor& noise_var,
                            const torch::Tensor& gain,
                            int n) const;

    //! Indices by the nearest constellation point -> [batch, n]
    torch::Tensor
    decide(const torch::Tensor& symbols, const torch::Tensor& gain, int n) const;

    void to(torch::Device device);

private:
    torch::Tensor label_distance(const torch::Tensor& symbols,
                                 const torch::Tensor& gain) const;

    bool d_by_bits;
    int d_entries, d_bits_per_index, d_bits_per_symbol;
    torch::Tensor d_points; // [M, 2]
    torch::Tensor d_label_bits; // [M, bits per symbol], 0/1
    torch::Tensor d_index_bits; // [entries, bits per index], 0/1
};

} // namespace udeepsc_core
