// SPDX-License-Identifier: GPL-3.0-or-later
// Encoders that begin with the weights of published Transformers.
#pragma once

#include "../nn/network.h"

#include <string>

namespace udeepsc_core {

/*!
 * \brief Begins the text encoder with BERT's weights.
 *
 * \p folder holds `config.json` and `model.safetensors` in Hugging Face's layout (model
 * type "bert"). Embeddings and the first layers go to the embeddings, the semantic and
 * the channel encoder, as far as BERT has layers; each task embedding begins as what BERT
 * embeds [CLS] to. semantic() then gives what BERT's layers give for "[CLS] sentence"
 * without [SEP], with [CLS] as the last row.
 *
 * The encoder has to be of the same form: dim, heads, ffn, tokenizer "wordpiece",
 * layer_norm "last". Source: J. Devlin et al., "BERT: Pre-training of Deep Bidirectional
 * Transformers for Language Understanding", 2019; U-DeepSC, Section V.A.
 *
 * Errors: Error naming every field of the configuration that does not fit, with what
 * would; every tensor that is missing or misshaped.
 */
void start_from_bert(Network& network, const std::string& folder);

/*!
 * \brief Begins the image encoder with a Vision Transformer's weights.
 *
 * As start_from_bert(); model type "vit" or "deit", embedding "patch", layer_norm
 * "first". `preprocessor_config.json`, if it is there, tells how pictures were normalised
 * (else mean and deviation 0.5). Where the encoder's patches are smaller than the
 * published ones, their filters become those that see the picture enlarged, pixel by
 * pixel, to the published size of a patch; the table of positions is interpolated. Each
 * task embedding begins as [CLS].
 *
 * Source: A. Dosovitskiy et al., "An Image Is Worth 16x16 Words", 2021.
 */
void start_from_vit(Network& network, const std::string& folder);

} // namespace udeepsc_core
