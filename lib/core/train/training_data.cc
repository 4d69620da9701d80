// SPDX-License-Identifier: GPL-3.0-or-later
#include "training_data.h"

#include "../config/json_fields.h"
#include "../files/bundle.h"

#include <udeepsc_core/error.h>
#include <udeepsc_core/file_io.h>
#include <udeepsc_core/log.h>

#include <filesystem>
#include <set>

namespace udeepsc_core {

namespace fs = std::filesystem;

namespace {

std::string tokenizer_path(const TrainRun& run)
{
    return (fs::path(run.out_dir) / "tokenizer.model").string();
}

std::shared_ptr<const Tokenizer> read_tokenizer(const Modality& text,
                                                const std::string& path)
{
    return make_tokenizer(text.tokenizer_kind(), read_file(path));
}

// Of a training that goes on: the one that it began with, which lies beside its
// checkpoint. Word embeddings belong to their own tokens.
std::shared_ptr<const Tokenizer> kept_tokenizer(const Modality& text, const TrainRun& run)
{
    const auto kept = tokenizer_path(run);
    if (fs::exists(kept)) {
        const auto tokenizer = read_tokenizer(text, kept);
        if (!run.tokenizer.empty() && read_file(run.tokenizer) != tokenizer->serialize())
            throw Error("tokenizer " + run.tokenizer + ": the training in " + run.out_dir
                        + " began with another one, which is " + kept
                        + "; choose another --out to begin anew");
        return tokenizer;
    }
    if (!run.tokenizer.empty())
        return read_tokenizer(text, run.tokenizer);
    if (!run.start_from.empty())
        return read_bundle(run.start_from).tokenizer;
    if (!run.bert.empty())
        return read_tokenizer(text, (fs::path(run.bert) / "vocab.txt").string());
    throw Error(
        "training: there is a checkpoint, but no " + kept
        + "; give the tokenizer that it began with with --tokenizer, or the model "
          "with --start-from");
}

// For going on.
void keep_tokenizer(const std::vector<std::uint8_t>& serialized, const TrainRun& run)
{
    const auto path = tokenizer_path(run);
    if (fs::exists(path) && read_file(path) == serialized)
        return;
    AtomicFile file(path);
    file.write(serialized.data(), serialized.size());
    file.commit();
}

// The tokenizer that there is already: given, of the model that training starts from, or
// made by `prepare`. Null if none.
std::shared_ptr<const Tokenizer> known_tokenizer(const Modality& text,
                                                 const TrainRun& run)
{
    if (fs::exists(fs::path(run.out_dir) / "checkpoint.safetensors"))
        return kept_tokenizer(text, run);
    if (!run.tokenizer.empty())
        return read_tokenizer(text, run.tokenizer);
    if (!run.start_from.empty())
        return read_bundle(run.start_from).tokenizer;
    if (!run.bert.empty())
        return read_tokenizer(text, (fs::path(run.bert) / "vocab.txt").string());
    if (fs::exists(tokenizer_path(run)))
        return read_tokenizer(text, tokenizer_path(run));
    // BERT's vocabulary is not learnt, but may lie beside the data.
    const auto published = fs::path(run.data_dir) / "bert-base-uncased" / "vocab.txt";
    if (text.tokenizer_kind() == "wordpiece" && fs::exists(published))
        return WordPieceTokenizer::from_vocab_file(published.string());
    return nullptr;
}

// All texts in the training data. A model has one tokenizer for all that it reads.
std::vector<std::string> texts_of(const ModelConfig& model, const TrainingData& data)
{
    std::vector<std::string> texts, modalities;
    for (const auto& e : model.encoders)
        if (e.kind->needs_tokenizer())
            modalities.push_back(e.modality);
    std::set<std::vector<std::string>> read; // tasks mostly share their texts
    for (const auto& t : model.tasks) {
        const auto set = data.sets.find(t.name);
        if (set == data.sets.end() || !read.insert(t.data).second)
            continue;
        for (std::size_t i = 0; i < set->second->size(); ++i) {
            const auto sample = set->second->at(i);
            for (const auto& modality : modalities) {
                const auto text = sample.inputs.find(modality);
                if (text != sample.inputs.end())
                    texts.push_back(text->second.utf8());
                const auto before = sample.context.find(modality);
                if (before != sample.context.end())
                    for (const auto& earlier : before->second)
                        texts.push_back(earlier.utf8());
            }
        }
    }
    return texts;
}

std::shared_ptr<const Tokenizer> learn_tokenizer(const ModelConfig& model,
                                                 const EncoderConfig& text,
                                                 TrainingData& data,
                                                 const TrainConfig& config,
                                                 const TrainRun& run)
{
    auto texts = texts_of(model, data);
    // A model's file holds the tokenizer also if only its other modalities are trained:
    // the first of its tasks with texts lends them.
    for (const auto& t : model.tasks) {
        if (!texts.empty() || data.sets.count(t.name))
            continue;
        for (const auto& m : t.inputs)
            if (m.modality == text.modality && !t.data.empty()) {
                TrainingData lent;
                DatasetOptions options {
                    run.data_dir, config.split, run.max_bad, false, {}
                };
                lent.sets[t.name] = open_data(model, t.name, options);
                texts = texts_of(model, lent);
            }
    }
    if (texts.empty())
        throw Error(
            "tokenizer: no task with texts has data to learn it from; give one with "
            "--tokenizer");
    log_info("learning a tokenizer from " + std::to_string(texts.size()) + " texts");
    return text.kind->learn_tokenizer(texts);
}

const EncoderConfig* text_encoder(const ModelConfig& model)
{
    for (const auto& e : model.encoders)
        if (e.kind->needs_tokenizer())
            return &e;
    return nullptr;
}

// Ranks that train something else than rank 0 would drift apart, or send each other what
// does not fit.
void check_same_as_rank_0(const ModelConfig& model,
                          const TrainConfig& config,
                          const TrainingData& data,
                          const TrainRun& run,
                          Collectives& collectives)
{
    json mine { { "model", model.to_json() }, { "training", to_json_object(config) } };
    for (const auto& phase : config.phases)
        mine["phases"].push_back(to_json_object(phase));
    for (const auto& t : config.tasks) {
        mine["tasks"][t.first] = to_json_object(t.second);
        for (const auto& receiver : t.second.receivers)
            mine["receivers"][t.first].push_back(to_json_object(receiver));
        mine["samples"][t.first] = data.sets.at(t.first)->size();
    }
    const auto first = json::parse(collectives.broadcast(mine.dump()));
    for (const auto& part : mine.items())
        if (!first.contains(part.key()) || first.at(part.key()) != part.value())
            throw Error(
                "training: rank " + std::to_string(run.rank) + " of "
                + std::to_string(run.world_size) + " has other " + part.key()
                + " than rank 0; the configurations and the data must be the same");
}

} // namespace

TrainingData load_data(const ModelConfig& model,
                       const TrainConfig& config,
                       const TrainRun& run,
                       Collectives& collectives)
{
    TrainingData data;
    for (const auto& t : config.tasks) {
        DatasetOptions options;
        options.data_dir = run.data_dir;
        options.split = config.split;
        options.max_bad = run.max_bad;
        options.every_class = true;
        options.data = t.second.data;
        data.sets[t.first] = open_data(model, t.first, options);
    }
    check_same_as_rank_0(model, config, data, run, collectives);
    const auto* text = text_encoder(model);
    if (!text)
        return data;
    std::string kind, bytes;
    if (run.rank == 0) {
        data.tokenizer = known_tokenizer(*text->kind, run);
        if (!data.tokenizer)
            data.tokenizer = learn_tokenizer(model, *text, data, config, run);
        kind = data.tokenizer->kind();
        const auto serialized = data.tokenizer->serialize();
        keep_tokenizer(serialized, run);
        bytes.assign(serialized.begin(), serialized.end());
    }
    kind = collectives.broadcast(kind);
    bytes = collectives.broadcast(bytes);
    if (run.rank != 0)
        data.tokenizer = make_tokenizer(kind, { bytes.begin(), bytes.end() });
    text->kind->check_tokenizer(*data.tokenizer);
    return data;
}

std::vector<PreparedTask> prepare(const TrainConfig& config, const TrainRun& run)
{
    const auto model = ModelConfig::from_json(config.model_config);
    std::error_code failed;
    fs::create_directories(run.out_dir, failed);
    if (failed)
        throw Error("cannot make folder " + run.out_dir + ": " + failed.message());
    const auto data = load_data(model, config, run, *Collectives::join({}));
    std::vector<PreparedTask> found;
    for (const auto& set : data.sets) {
        const auto& info = set.second->describe();
        found.push_back({ set.first,
                          info.name,
                          info.split,
                          set.second->size(),
                          info.skipped.size(),
                          info.classes });
    }
    return found;
}

} // namespace udeepsc_core
