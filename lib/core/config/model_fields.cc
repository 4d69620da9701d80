// SPDX-License-Identifier: GPL-3.0-or-later
// The fields of a model's sections: each with key, unit, meaning and range, once.
#include "fields.h"

#include <udeepsc_core/config.h>

namespace udeepsc_core {

void EncoderConfig::visit(FieldVisitor& f)
{
    f.integer({ "dim", "reals", "length of a feature vector, E_v, E_t or E_s", true },
              dim,
              1,
              8192);
    f.integer({ "heads", "", "attention heads, N_a; divides dim", true }, heads, 1, 8192);
    f.integer({ "semantic_layers", "layers", "before the first selection module", true },
              semantic_layers,
              0,
              64);
    f.integer(
        { "selection_modules", "", "N_q, each before one layer of the channel encoder" },
        selection_modules,
        1,
        8);
    f.integer(
        { "ffn", "reals", "width of the feed-forward layers; 0: 4 dim" }, ffn, 0, 32768);
    f.integer({ "fsm_dim",
                "reals",
                "width inside the selection modules, E_l; 0: dim / 4, at least 8" },
              fsm_dim,
              0,
              8192);
    f.real({ "dropout", "", "in training, after embedding, attention and feed-forward" },
           dropout,
           0,
           0.99);
    f.text({ "layer_norm",
             "",
             "first: before attention and feed-forward, as in ViT; last: after them, and "
             "after the embedding, as in BERT" },
           layer_norm,
           { "first", "last" });
}

void TaskModality::visit(FieldVisitor& f)
{
    f.integer({ "subvectors", "indices", "of the codebook, for each feature vector" },
              subvectors,
              1,
              1024);
    f.integer({ "min_vectors", "vectors", "sent without noise" }, min_vectors, 0, 4096);
    f.integer({ "max_vectors", "vectors", "sent in the worst channel; 0: always all" },
              max_vectors,
              0,
              4096);
    f.flag({ "send_task_token", "", "the task embedding's vector is one to choose from" },
           send_task_token);
    f.integer({ "memory",
                "frames",
                "earlier ones that the receiver remembers of it, and answers from; 0: "
                "the present frame alone" },
              memory,
              0,
              4096);
    f.integers({ "layers",
                 "indices",
                 "of each layer, for outputs that come in layers; in place of subvectors "
                 "and the counts of vectors" },
               layers,
               1,
               4096);
}

void TaskConfig::visit(FieldVisitor& f)
{
    f.integer({ "queries", "rows", "of the task query matrix, N_r" }, queries, 1, 4096);
    f.flag({ "aligned", "", "query i starts from received vector i" }, aligned);
    f.texts({ "data", "", "data sets, see Data sets" }, data);
}

void DecoderConfig::visit(FieldVisitor& f)
{
    f.integer({ "dim", "reals", "width, E_p", true }, dim, 1, 8192);
    f.integer({ "heads", "", "attention heads; divides dim", true }, heads, 1, 8192);
    f.integer({ "layers", "layers", "of the unified decoder", true }, layers, 1, 64);
    f.integer(
        { "ffn", "reals", "width of the feed-forward layers; 0: 4 dim" }, ffn, 0, 32768);
    f.text(
        { "picture_head", "", "linear: each patch by itself; conv: with its neighbours" },
        picture_head,
        { "linear", "conv" });
    f.integer(
        { "memory_steps",
          "",
          "tasks with memory: applications of their one layer to all that is known" },
        memory_steps,
        1,
        64);
    f.text({ "temporal", "", "tasks with memory: coding of the entries' order" },
           temporal,
           { "learnt", "sinusoidal" });
    f.real({ "dropout", "", "in training" }, dropout, 0, 0.99);
}

void CodebookConfig::visit(FieldVisitor& f)
{
    f.integer(
        { "entries", "codewords", "of each modality's codebook; a power of two", true },
        entries,
        2,
        1024);
    f.integer(
        { "subvector_dim", "reals", "in one codeword", true }, subvector_dim, 1, 1024);
    f.real({ "beta", "", "weight of the commitment term, eq. 23" }, beta, 0, 1e6);
}

void ModelConfig::visit(FieldVisitor& f)
{
    f.text({ "name", "", "of the model", true }, name, {});
    f.text({ "modulation", "", "constellation", true },
           modulation,
           { "bpsk", "qpsk", "16qam", "64qam", "256qam" });
    f.text({ "mapping",
             "",
             "symbol: an index is a constellation point; bits: its bits fill symbols",
             true },
           mapping,
           { "symbol", "bits" });
    f.flag(
        { "noise_conditioning", "", "channel encoder and decoder are given the noise" },
        noise_conditioning);
}

} // namespace udeepsc_core
