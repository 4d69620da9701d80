// SPDX-License-Identifier: GPL-3.0-or-later
#include "docstrings.h"

#include <udeepsc_core/config.h>
#include <udeepsc_core/error.h>
#include <udeepsc_core/model_files.h>
#include <udeepsc_core/transceiver.h>
#include <pybind11/complex.h>
#include <pybind11/numpy.h>
#include <pybind11/pybind11.h>
#include <pybind11/stl.h>

#include <algorithm>
#include <tuple>

namespace py = pybind11;
using namespace udeepsc_core;

namespace {

using matrix = py::array_t<float, py::array::c_style | py::array::forcecast>;

py::array_t<float> to_array(const FeatureMatrix& features)
{
    py::array_t<float> array({ features.rows, features.cols });
    std::copy(features.data.begin(), features.data.end(), array.mutable_data());
    return array;
}

FeatureMatrix to_features(const matrix& array)
{
    if (array.ndim() != 2) {
        throw py::value_error("expected an array [vectors, dim]");
    }
    FeatureMatrix features;
    features.rows = static_cast<int>(array.shape(0));
    features.cols = static_cast<int>(array.shape(1));
    features.data.assign(array.data(), array.data() + array.size());
    return features;
}

// A text, or an array of the modality's type and dimensions. sample_rate: of a waveform
SourceSample
to_sample(const ModalityInfo& modality, const py::object& data, double sample_rate)
{
    SourceSample sample;
    sample.sample_rate = sample_rate;
    if (py::isinstance<py::str>(data) || py::isinstance<py::bytes>(data)) {
        return SourceSample::text(py::isinstance<py::str>(data)
                                      ? data.cast<std::string>()
                                      : std::string(data.cast<py::bytes>()));
    }
    py::array shape_of;
    if (modality.payload == PayloadType::bytes) {
        const auto array = data.cast<py::array_t<std::uint8_t, py::array::c_style>>();
        sample.bytes.assign(array.data(), array.data() + array.size());
        shape_of = array;
    } else {
        const auto array = data.cast<matrix>();
        sample.reals.assign(array.data(), array.data() + array.size());
        shape_of = array;
    }
    if (shape_of.ndim() != static_cast<py::ssize_t>(modality.shape.size())) {
        throw py::value_error("expected an array of "
                              + std::to_string(modality.shape.size()) + " dimensions for "
                              + modality.name);
    }
    for (py::ssize_t i = 0; i < shape_of.ndim(); i++) {
        sample.shape.push_back(static_cast<int>(shape_of.shape(i)));
    }
    return sample;
}

py::dict to_dict(const TaskResult& result)
{
    py::dict dict;
    dict["task"] = result.task;
    dict["label"] = result.label;
    dict["probabilities"] = result.probabilities;
    py::array_t<std::uint8_t> picture({ result.height, result.width, 3 });
    std::copy(result.picture.begin(), result.picture.end(), picture.mutable_data());
    dict["picture"] = picture;
    dict["sentence"] = py::bytes(result.sentence);
    dict["score"] = result.score;
    dict["layers"] = result.layers;
    return dict;
}

// Longer than a function should be: a list, read from top to bottom.
void bind_info(py::module& m)
{
    py::class_<TaskInfo>(m, "task_info", doc::TaskInfo::summary)
        .def_readonly("name", &TaskInfo::name, doc::TaskInfo::name)
        .def_readonly("modalities", &TaskInfo::modalities, doc::TaskInfo::modalities)
        .def_readonly("output", &TaskInfo::output, doc::TaskInfo::output)
        .def_readonly("metric", &TaskInfo::metric, doc::TaskInfo::metric)
        .def_readonly("classes", &TaskInfo::classes, doc::TaskInfo::classes)
        .def_readonly("data", &TaskInfo::data, doc::TaskInfo::data)
        .def_readonly("subvectors", &TaskInfo::subvectors, doc::TaskInfo::subvectors)
        .def_readonly("tx_gain", &TaskInfo::tx_gain, doc::TaskInfo::tx_gain)
        .def("gain",
             &TaskInfo::gain,
             py::arg("modality"),
             py::arg("vectors"),
             py::arg("layer") = 0,
             "Amplitude of the constellation when so many vectors are sent, or of a "
             "layer.")
        .def_readonly("layers", &TaskInfo::layers, doc::TaskInfo::layers)
        .def("layer_count",
             &TaskInfo::layer_count,
             "Layers that a transmission has, 0 without.")
        .def_readonly("pooled", &TaskInfo::pooled, doc::TaskInfo::pooled)
        .def(
            "class_number",
            &TaskInfo::class_number,
            py::arg("class_name"),
            "Number of the class of this name. ModelError for one that is none, or that\n"
            "is pooled into \"other\".")
        .def_readonly("min_vectors", &TaskInfo::min_vectors, doc::TaskInfo::min_vectors)
        .def_readonly("max_vectors", &TaskInfo::max_vectors, doc::TaskInfo::max_vectors)
        .def_readonly("aligned", &TaskInfo::aligned, doc::TaskInfo::aligned);

    py::class_<ModalityInfo>(m, "modality_info", doc::ModalityInfo::summary)
        .def_readonly("name", &ModalityInfo::name)
        .def_readonly("kind", &ModalityInfo::kind)
        .def_readonly("shape", &ModalityInfo::shape, doc::ModalityInfo::shape)
        .def_readonly(
            "sample_rate", &ModalityInfo::sample_rate, doc::ModalityInfo::sample_rate)
        .def_readonly("max_positions",
                      &ModalityInfo::max_positions,
                      doc::ModalityInfo::max_positions);

    py::class_<ModelInfo>(m, "model_info", doc::ModelInfo::summary)
        .def_readonly("id", &ModelInfo::id, doc::ModelInfo::id)
        .def_readonly("name", &ModelInfo::name, doc::ModelInfo::name)
        .def_readonly("path", &ModelInfo::path, doc::ModelInfo::path)
        .def_readonly("config", &ModelInfo::config, doc::ModelInfo::config)
        .def_readonly("training", &ModelInfo::training, doc::ModelInfo::training)
        .def_readonly("tasks", &ModelInfo::tasks)
        .def_readonly("modulation", &ModelInfo::modulation, doc::ModelInfo::modulation)
        .def_readonly("mapping", &ModelInfo::mapping, doc::ModelInfo::mapping)
        .def_readonly("codewords", &ModelInfo::codewords, doc::ModelInfo::codewords)
        .def_readonly(
            "subvector_dim", &ModelInfo::subvector_dim, doc::ModelInfo::subvector_dim)
        .def_readonly("bits_per_index", &ModelInfo::bits_per_index)
        .def_readonly("modalities", &ModelInfo::modalities)
        .def("modality", &ModelInfo::modality, py::arg("name"))
        .def(
            "size_of",
            &ModelInfo::size_of,
            py::arg("kind"),
            "Side of a picture, tokens of the longest text: the first size of the first\n"
            "modality of this kind, 0 if there is none.")
        .def_readonly("snr_min_db", &ModelInfo::snr_min_db, doc::ModelInfo::snr_min_db)
        .def_readonly("snr_max_db", &ModelInfo::snr_max_db, doc::ModelInfo::snr_max_db)
        .def_readonly("parameters", &ModelInfo::parameters)
        .def("task", &ModelInfo::task, py::arg("name"));
}

// One sample at a time: enough to look into a model and to check the blocks against it.
class transceiver {
public:
    transceiver(const std::string& path, const std::string& dtype)
    {
        Transceiver::Options options;
        options.dtype = dtype;
        d_model = Transceiver::load(path, options);
    }

    const ModelInfo& info() const { return d_model->info(); }

    py::array_t<float> encode(const std::string& task,
                              const std::string& modality,
                              const py::object& data,
                              double sample_rate) const
    {
        const auto sample = to_sample(info().modality(modality), data, sample_rate);
        return to_array(d_model->encode(task, modality, { sample }).at(0));
    }

    py::tuple select(const std::string& task,
                     const std::string& modality,
                     const matrix& features,
                     double snr_db) const
    {
        const auto selection
            = d_model->select(task, modality, { to_features(features) }, { snr_db })
                  .at(0);
        return py::make_tuple(
            to_array(selection.features), selection.kept, selection.candidates);
    }

    std::vector<std::uint16_t> quantize(const std::string& task,
                                        const std::string& modality,
                                        const matrix& features) const
    {
        return d_model->quantize(task, modality, { to_features(features) }).at(0);
    }

    py::array_t<float> lookup(const std::string& task,
                              const std::string& modality,
                              const std::vector<std::complex<float>>& symbols,
                              const std::vector<float>& noise_var,
                              const std::string& mode,
                              int layer) const
    {
        const auto how = mode == "hard" ? LookupMode::hard : LookupMode::soft;
        LinkBlock block;
        block.modality = modality;
        block.layer = layer;
        block.symbols = symbols;
        block.vectors
            = d_model->vectors_in(task, modality, static_cast<int>(symbols.size()));
        block.noise_var = noise_var;
        return to_array(d_model->lookup(task, { block }, how).at(0).features);
    }

    // features: an array a modality, in the task's order, or an array a layer; None for
    // one that never came. context: (modality, array, age) of earlier frames.
    py::dict
    decode(const std::string& task,
           const std::vector<py::object>& features,
           float noise_var,
           const std::vector<std::tuple<std::string, matrix, int>>& context) const
    {
        const auto& modalities = info().task(task).modalities;
        const auto layers = static_cast<std::size_t>(info().task(task).layer_count());
        if (layers > 0 && features.size() > layers) {
            throw py::value_error("task " + task + " has " + std::to_string(layers)
                                  + " layers, got " + std::to_string(features.size())
                                  + " arrays");
        }
        if (layers == 0 && features.size() != modalities.size()) {
            throw py::value_error(
                "task " + task + " has " + std::to_string(modalities.size())
                + " modalities, got " + std::to_string(features.size()) + " arrays");
        }
        std::vector<FeatureBlock> blocks;
        for (std::size_t i = 0; i < features.size(); i++) {
            if (!features[i].is_none()) {
                FeatureBlock block;
                block.modality = modalities[layers > 0 ? 0 : i];
                block.layer = layers > 0 ? static_cast<int>(i) : 0;
                block.features = to_features(features[i].cast<matrix>());
                block.noise_var = noise_var;
                blocks.push_back(std::move(block));
            }
        }
        for (const auto& [modality, entry, age] : context) {
            FeatureBlock block;
            block.modality = modality;
            block.features = to_features(entry);
            block.noise_var = noise_var;
            block.age = age;
            blocks.push_back(std::move(block));
        }
        return to_dict(d_model->decode(task, { blocks }).at(0));
    }

    std::vector<std::complex<float>>
    modulate(const std::string& task,
             const std::string& modality,
             const std::vector<std::uint16_t>& indices) const
    {
        return d_model->modulate(task, modality, indices);
    }

    int
    symbols_for(const std::string& task, const std::string& modality, int vectors) const
    {
        return d_model->symbols_for(task, modality, vectors);
    }

private:
    std::shared_ptr<const Transceiver> d_model;
};

} // namespace

// Longer than a function should be: a list, read from top to bottom.
void bind_core(py::module& m)
{
    py::register_exception<Error>(m, "ModelError", PyExc_RuntimeError);
    bind_info(m);
    m.def(
        "find_model",
        &find_model,
        py::arg("name"),
        "The model file that a path or a name such as 'lite' means: as given, beside "
        "the\n"
        "running script, in $UDEEPSC_MODELS, or of those shipped. ModelError says where\n"
        "it looked.");
    m.def("add_model_folder",
          &add_model_folder,
          py::arg("folder"),
          "A folder more in which find_model() looks.");

    py::class_<transceiver>(
        m,
        "transceiver",
        "A model outside a flowgraph, one sample at a time. Pictures\n"
        "are uint8 arrays [height, width, 3], features float arrays.")
        .def(py::init<const std::string&, const std::string&>(),
             py::arg("path"),
             py::arg("dtype") = "fp32")
        .def("info", &transceiver::info, py::return_value_policy::reference_internal)
        .def("encode",
             &transceiver::encode,
             py::arg("task"),
             py::arg("modality"),
             py::arg("data"),
             py::arg("sample_rate") = 0.0,
             "Features [positions + 1, dim] of a sample.")
        .def("select",
             &transceiver::select,
             py::arg("task"),
             py::arg("modality"),
             py::arg("features"),
             py::arg("snr_db"),
             "(features kept, their positions, number of candidates)")
        .def("quantize",
             &transceiver::quantize,
             py::arg("task"),
             py::arg("modality"),
             py::arg("features"),
             "Codebook indices.")
        .def("modulate",
             &transceiver::modulate,
             py::arg("task"),
             py::arg("modality"),
             py::arg("indices"),
             "Symbols as the modulator sends them.")
        .def("symbols_for",
             &transceiver::symbols_for,
             py::arg("task"),
             py::arg("modality"),
             py::arg("vectors"),
             "Symbols that carry so many feature vectors.")
        .def("lookup",
             &transceiver::lookup,
             py::arg("task"),
             py::arg("modality"),
             py::arg("symbols"),
             py::arg("noise_var"),
             py::arg("mode") = "soft",
             py::arg("layer") = 0,
             "Features of received symbols; noise_var: a list of one or one per symbol;\n"
             "layer: of tasks in layers, 0 is the first.")
        .def("decode",
             &transceiver::decode,
             py::arg("task"),
             py::arg("features"),
             py::arg("noise_var"),
             py::arg("context") = std::vector<std::tuple<std::string, matrix, int>>(),
             "Result as a dict; features: one array per modality, or per layer; None for "
             "one that is lost. context: (modality, array, age) of earlier frames, for "
             "tasks with memory.");

    m.def("write_random_model",
          &write_random_model,
          py::arg("config"),
          py::arg("seed"),
          py::arg("path"),
          "Writes a model file with random weights, for tests and benchmarks.");
    m.def("blas_name", &blas_name, "The linear-algebra library bound at run time.");
    m.def("has_bf16", &has_bf16, "True where the processor multiplies bf16 natively.");
}
