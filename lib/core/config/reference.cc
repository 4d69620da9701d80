// SPDX-License-Identifier: GPL-3.0-or-later
// docs/configuration.md from the sections' own fields.
#include "fields.h"

#include "../kinds/modality.h"
#include "../kinds/output.h"

#include <udeepsc_core/config.h>
#include <udeepsc_core/dataset.h>
#include <udeepsc_core/trainer.h>

#include <sstream>

namespace udeepsc_core {

namespace {

template <class T> std::string text_of(const T& value)
{
    std::ostringstream out;
    out.precision(8);
    out << value;
    return out.str();
}

// Bounds that only keep numbers representable say nothing to a reader.
template <class T> std::string between(T low, T high)
{
    const bool open = static_cast<double>(high) >= 1e9;
    if (open && static_cast<double>(low) <= -1e9)
        return "any";
    return open ? text_of(low) + " or more" : text_of(low) + " to " + text_of(high);
}

/*! One line of a table for every field. */
class TableWriter : public FieldVisitor {
public:
    explicit TableWriter(std::ostringstream& out)
        : d_out(out)
    {
        d_out << "| field | unit | range | default | meaning |\n| --- | --- | --- | --- "
                 "| --- |\n";
    }

    void integer(const Field& f, int& value, int low, int high) override
    {
        row(f, between(low, high), text_of(value));
    }
    void integer(const Field& f,
                 std::int64_t& value,
                 std::int64_t low,
                 std::int64_t high) override
    {
        row(f, between(low, high), text_of(value));
    }
    void real(const Field& f, double& value, double low, double high) override
    {
        row(f, between(low, high), text_of(value));
    }
    void flag(const Field& f, bool& value) override
    {
        row(f, "true, false", value ? "true" : "false");
    }
    void text(const Field& f,
              std::string& value,
              const std::vector<std::string>& allowed) override
    {
        std::string list;
        for (const auto& one : allowed)
            list += (list.empty() ? "" : ", ") + one;
        row(f, allowed.empty() ? "a text" : list, value);
    }
    void integers(const Field& f, std::vector<int>&, int low, int high) override
    {
        row(f, "[" + between(low, high) + ", ...]", "[]");
    }
    void reals(const Field& f, std::vector<double>&, double low, double high) override
    {
        row(f, "[" + between(low, high) + ", ...]", "[]");
    }
    void range(const Field& f, double& low, double& high) override
    {
        row(f, "[low, high]", "[" + text_of(low) + ", " + text_of(high) + "]");
    }
    void texts(const Field& f, std::vector<std::string>&) override
    {
        row(f, "[text, ...]", "[]");
    }
    void names(const Field& f, std::vector<std::string>&) override
    {
        row(f, "[name, ...] or a number", "[]");
    }

private:
    void row(const Field& f, const std::string& range, const std::string& value)
    {
        d_out << "| `" << f.key << "` | " << f.unit << " | " << range << " | "
              << (f.required ? "required" : value) << " | " << f.meaning << " |\n";
    }

    std::ostringstream& d_out;
};

template <class Section>
void section(std::ostringstream& out,
             const std::string& title,
             const std::string& intro,
             Section&& s)
{
    out << "\n## " << title << "\n\n" << intro << (intro.empty() ? "" : "\n\n");
    TableWriter table(out);
    s.visit(table);
}

const char* const s_intro = R"(# Configuration

A configuration is a JSON file with two parts, `model` (what the network is; it travels in the
model file) and `training` (how it learns; may be left out). Examples: `configs/`. Unknown
fields are errors. This page is printed by `udeepsc configuration`.
)";

const char* const s_data = R"(
## Data sets

A task names its data sets: `"data": ["cifar10"]`. Several are used one after the other. NAME
and FILE lie in the folder given with `--data`.

| name | what |
| --- | --- |
| `cifar10` | CIFAR-10, binary version, in `cifar-10-batches-bin` |
| `mnist` | MNIST in `mnist`: `train-images-idx3-ubyte`, `t10k-labels-idx1-ubyte` and so on, each digit in the middle of 32x32 pixels; the last sixth of the training files is for validation |
| `sst2` | SST-2 as GLUE has it, in `SST-2` |
| `easyvqa`, `daquar`, `vqa2` | questions about pictures in VQA v2's layout: easy-VQA in `easyvqa`, DAQUAR in `vqa_daquar` and `nyuv2`, VQA v2 in `vqa2` |
| `mosi` | CMU-MOSI in `mosi`: an utterance's text, and features for modalities called `audio`, `video` or `vision` |
| `babi`, `babi-1` to `babi-20` | bAbI's tasks with 10,000 questions, in `babi/en-10k`: a story's sentences are earlier frames of the text modality with `memory`, the question is the other one; `babi` is all tasks but the third; of ten stories of a training file the last is for validation |
| `picture_memory` | made up, nothing is read: pictures of shapes, questions about this one and those before it |
| `intention` | made up, nothing is read: sentences that ask for a task; validation and test have wordings of their own |
| `fsdd` | Free Spoken Digit Dataset in `fsdd/recordings` |
| `folder[:NAME]` | one folder a class, `NAME/CLASS/FILE`; with `NAME/train`, `NAME/val` and `NAME/test` above the classes where they are there, else of every ten files the ninth is for validation and the tenth for the test |
| `tiles[:NAME]` | pictures cut into tiles of the model's `image_size`, for reconstruction; laid out as `folder` |
| `tsv[:FILE]` | a table with tabs, `data.tsv` if no FILE is named; its first line names the columns: one for each modality of the task (a text itself; a file's name, relative to the table, for other kinds), `label` or `score`, and `split` if lines are to be sorted so, else by tens of each label, as `folder` |

Which files a kind of modality reads: image PNG, JPEG, BMP, GIF, PPM (the middle square, scaled),
text TXT, speech WAV, FLAC, OGG (any rate and channel count), vectors NPY ([vectors, features]).
Classes are compared by name: a set with a class that the task does not name is refused, and so
is a training without a sample of one of the task's classes. Files and lines that cannot be read
are named and skipped; more of them than `--max-bad` are an error.
)";

} // namespace

std::string configuration_reference()
{
    std::ostringstream out;
    out << s_intro;
    section(out, "model", "", ModelConfig());
    section(
        out,
        "model.encoders.NAME",
        "One for each modality. NAME is that of a kind (" +
            [] {
                std::string list;
                for (const auto& kind : modality_kinds())
                    list += (list.empty() ? "`" : ", `") + kind + "`";
                return list;
            }()
            + "), or any other with a field `kind` that names one.",
        EncoderConfig());
    for (const auto& kind : modality_kinds())
        section(out, "model.encoders.NAME, kind " + kind, "", *make_modality(kind));
    section(out, "model.decoder", "", DecoderConfig());
    section(out, "model.codebook", "", CodebookConfig());
    section(out,
            "model.tasks[]",
            "`name` and `output` (a kind, below) are required, and `inputs`: {MODALITY: "
            "{...}}.",
            TaskConfig());
    section(out, "model.tasks[].inputs.MODALITY", "", TaskModality());
    for (const auto& kind : output_kinds())
        section(out, "model.tasks[], output " + kind, "", *make_output(kind));
    out << s_data;
    section(out,
            "training",
            "`tasks` ({NAME: {...}}, by default all of the model's) and `phases` "
            "([{...}, ...]) "
            "besides; without them Algorithm 1 in short: 500 steps without a codebook, "
            "5000 with "
            "it, 500 with the best vectors kept as in inference.",
            TrainConfig());
    section(out, "training.tasks.NAME", "", TaskTraining());
    section(out,
            "training.tasks.NAME.receivers[]",
            "Of tasks with an output in layers: several receivers of the same layers, "
            "each with channels and weights of its own. Each sample is for one of them. "
            "Without: one, in the phase's range.",
            ReceiverTraining());
    section(out, "training.phases[]", "", PhaseConfig());
    return out.str();
}

} // namespace udeepsc_core
