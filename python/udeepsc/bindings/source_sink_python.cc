// SPDX-License-Identifier: GPL-3.0-or-later
#include "block_class.h"
#include "docstrings.h"

#include <gnuradio/udeepsc/image_source.h>
#include <gnuradio/udeepsc/sound_source.h>
#include <gnuradio/udeepsc/sample_source.h>
#include <gnuradio/udeepsc/task_sink.h>
#include <gnuradio/udeepsc/text_source.h>
#include <pybind11/numpy.h>
#include <pybind11/pybind11.h>
#include <pybind11/stl.h>

#include <algorithm>

namespace py = pybind11;
using namespace gr::udeepsc;

namespace {

using strings = std::vector<std::string>;

py::array_t<std::uint8_t>
to_array(const std::vector<std::uint8_t>& rgb, int height, int width)
{
    py::array_t<std::uint8_t> array({ height, width, 3 });
    std::copy(rgb.begin(), rgb.end(), array.mutable_data());
    return array;
}

void bind_result(py::module& m)
{
    using result = received_result;
    py::class_<result>(m, "received_result", doc::received_result::summary)
        .def_readonly("frame_id", &result::frame_id, doc::received_result::frame_id)
        .def_readonly("task", &result::task, doc::received_result::task)
        .def_readonly("output", &result::output, doc::received_result::output)
        .def_readonly("label", &result::label, doc::received_result::label)
        .def_readonly("value", &result::value, doc::received_result::value)
        .def_readonly("missing", &result::missing, doc::received_result::missing)
        .def_readonly("class_name", &result::class_name, doc::received_result::class_name)
        .def_readonly(
            "probabilities", &result::probabilities, doc::received_result::probabilities)
        .def_property_readonly(
            "picture",
            [](const result& r) { return to_array(r.picture, r.height, r.width); },
            "uint8 array [height, width, 3]")
        .def_property_readonly(
            "sentence",
            // Bytes that are no UTF-8 must not make the getter throw.
            [](const result& r) {
                return py::reinterpret_steal<py::str>(PyUnicode_DecodeUTF8(
                    r.sentence.data(), r.sentence.size(), "replace"));
            })
        .def_property_readonly(
            "reference",
            [](const result& r) {
                return py::reinterpret_steal<py::str>(PyUnicode_DecodeUTF8(
                    r.reference.data(), r.reference.size(), "replace"));
            })
        .def_readonly("score", &result::score, doc::received_result::score)
        .def_readonly("snr_db", &result::snr_db, doc::received_result::snr_db)
        .def_readonly("noise_var", &result::noise_var, doc::received_result::noise_var)
        .def_readonly("candidates", &result::candidates, doc::received_result::candidates)
        .def_readonly("kept", &result::kept, doc::received_result::kept)
        .def_readonly("symbols", &result::symbols, doc::received_result::symbols)
        .def_readonly("source", &result::source, doc::received_result::source)
        .def_readonly("tile_row", &result::tile_row, doc::received_result::tile_row)
        .def_readonly(
            "tile_column", &result::tile_column, doc::received_result::tile_column)
        .def_readonly("delay_ms", &result::delay_ms, doc::received_result::delay_ms);
}

} // namespace

// Longer than a function should be: a list, read from top to bottom.
void bind_sources_and_sink(py::module& m)
{
    bind_result(m);

    py::enum_<source_start>(m, "source_start", doc::source_start::summary)
        .value("at_start", source_start::at_start, doc::source_start::at_start)
        .value("on_trigger", source_start::on_trigger, doc::source_start::on_trigger);

    block_class<image_source>(m, "image_source", doc::image_source::summary)
        .def(py::init([](const strings& files,
                         const std::string& task,
                         const strings& labels,
                         int tile,
                         source_start start,
                         int repeat,
                         double pace,
                         bool whole) {
                 return image_source::make(
                     files, task, labels, tile, { start, repeat, pace }, whole);
             }),
             py::arg("files"),
             py::arg("task"),
             py::arg("labels") = strings {},
             py::arg("tile") = 32,
             py::arg("start") = source_start::at_start,
             py::arg("repeat") = 1,
             py::arg("pace") = 0.0,
             py::arg("whole") = false)
        .def("set_pace",
             &image_source::set_pace,
             py::arg("pace"),
             doc::image_source::set_pace)
        .def("pace", &image_source::pace, doc::image_source::pace)
        .def("set_task",
             &image_source::set_task,
             py::arg("task"),
             doc::image_source::set_task)
        .def("task", &image_source::task, doc::image_source::task);

    block_class<sample_source>(m, "sample_source", doc::sample_source::summary)
        .def(py::init([](const std::string& model,
                         const std::string& task,
                         const std::string& data_dir,
                         const strings& datasets,
                         const std::string& split,
                         int limit,
                         source_start start,
                         int repeat,
                         double pace) {
                 return sample_source::make(model,
                                            task,
                                            data_dir,
                                            datasets,
                                            split,
                                            limit,
                                            { start, repeat, pace });
             }),
             py::arg("model"),
             py::arg("task"),
             py::arg("data_dir"),
             py::arg("datasets") = strings {},
             py::arg("split") = "test",
             py::arg("limit") = 0,
             py::arg("start") = source_start::at_start,
             py::arg("repeat") = 1,
             py::arg("pace") = 0.0)
        .def("set_pace",
             &sample_source::set_pace,
             py::arg("pace"),
             doc::sample_source::set_pace)
        .def("pace", &sample_source::pace, doc::sample_source::pace)
        .def("size", &sample_source::size, doc::sample_source::size);

    block_class<sound_source>(m, "sound_source", doc::sound_source::summary)
        .def(py::init([](const strings& files,
                         const std::string& task,
                         const strings& labels,
                         source_start start,
                         int repeat,
                         double pace) {
                 return sound_source::make(files, task, labels, { start, repeat, pace });
             }),
             py::arg("files"),
             py::arg("task"),
             py::arg("labels") = strings {},
             py::arg("start") = source_start::at_start,
             py::arg("repeat") = 1,
             py::arg("pace") = 0.0)
        .def("set_pace",
             &sound_source::set_pace,
             py::arg("pace"),
             doc::sound_source::set_pace)
        .def("pace", &sound_source::pace, doc::sound_source::pace)
        .def("set_task",
             &sound_source::set_task,
             py::arg("task"),
             doc::sound_source::set_task)
        .def("task", &sound_source::task, doc::sound_source::task);

    block_class<text_source>(m, "text_source", doc::text_source::summary)
        .def(py::init([](const strings& texts,
                         const std::string& file,
                         const std::string& task,
                         const strings& labels,
                         int max_words,
                         source_start start,
                         int repeat,
                         double pace) {
                 return text_source::make(
                     texts, file, task, labels, max_words, { start, repeat, pace });
             }),
             py::arg("texts"),
             py::arg("file"),
             py::arg("task"),
             py::arg("labels") = strings {},
             py::arg("max_words") = 24,
             py::arg("start") = source_start::at_start,
             py::arg("repeat") = 1,
             py::arg("pace") = 0.0)
        .def("set_pace",
             &text_source::set_pace,
             py::arg("pace"),
             doc::text_source::set_pace)
        .def("pace", &text_source::pace, doc::text_source::pace)
        .def("set_task",
             &text_source::set_task,
             py::arg("task"),
             doc::text_source::set_task)
        .def("task", &text_source::task, doc::text_source::task);

    block_class<task_sink>(m, "task_sink", doc::task_sink::summary)
        .def(py::init(&task_sink::make),
             py::arg("task") = "",
             py::arg("keep") = 1000,
             py::arg("record") = "",
             py::arg("columns") = 8,
             py::arg("rows") = 8)
        .def("count", &task_sink::count, py::arg("task") = "", doc::task_sink::count)
        .def("scored", &task_sink::scored, py::arg("task") = "", doc::task_sink::scored)
        .def("mean_score",
             &task_sink::mean_score,
             py::arg("task"),
             doc::task_sink::mean_score)
        .def("bleu1", &task_sink::bleu1, py::arg("task"), doc::task_sink::bleu1)
        .def("tasks", &task_sink::tasks, doc::task_sink::tasks)
        .def("results", &task_sink::results, doc::task_sink::results)
        .def("pictures", &task_sink::pictures, doc::task_sink::pictures)
        .def(
            "picture",
            [](const task_sink& sink, const std::string& name) {
                int height = 0;
                int width = 0;
                const auto rgb = sink.picture(name, height, width);
                return to_array(rgb, height, width);
            },
            py::arg("name"),
            doc::task_sink::picture)
        .def("wait_for",
             &task_sink::wait_for,
             py::arg("n"),
             py::arg("timeout_s"),
             py::call_guard<py::gil_scoped_release>(),
             doc::task_sink::wait_for)
        .def("reset", &task_sink::reset, doc::task_sink::reset);
}
