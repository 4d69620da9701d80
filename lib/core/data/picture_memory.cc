// SPDX-License-Identifier: GPL-3.0-or-later
// Questions about this picture and the ones before it, made up on the spot.
#include "data_files.h"
#include "datasets.h"
#include "shape_pictures.h"

#include <udeepsc_core/error.h>

#include <algorithm>
#include <functional>

namespace udeepsc_core {

namespace {

constexpr int MAX_IN_PICTURE = 3; // shapes
constexpr int OF_NOW = 4; // one of so many training questions
constexpr int MOST_COUNTED = 2 * MAX_IN_PICTURE;

using Shapes = std::vector<DrawnShape>;

/*! Pictures, the last of them the present one, and a question about them. */
struct Scene {
    std::vector<Shapes> pictures;
    std::string question, answer;
};

int count_of(const Shapes& shapes, int kind)
{
    return static_cast<int>(std::count_if(
        shapes.begin(), shapes.end(), [&](const auto& s) { return s.kind == kind; }));
}

Shapes random_shapes(std::mt19937_64& random)
{
    Shapes shapes(static_cast<std::size_t>(draw_number(random, 1, MAX_IN_PICTURE)));
    // All alike in every third: large numbers are to occur.
    const bool alike = draw_number(random, 0, 2) == 0;
    for (auto& s : shapes) {
        s.kind = alike && &s != &shapes.front()
            ? shapes.front().kind
            : draw_number(random, 0, static_cast<int>(shape_kinds().size()) - 1);
        s.colour = draw_number(random, 0, static_cast<int>(shape_colours().size()) - 1);
    }
    return shapes;
}

std::string yes_or_no(bool yes)
{
    return yes ? "yes" : "no";
}

std::string kind_name(int kind)
{
    return shape_kinds().at(static_cast<std::size_t>(kind));
}

// The n-th picture before the present one, in words
std::string picture_before(int n)
{
    return n == 1 ? "the last picture" : "the picture before the last one";
}

// Each puts question and answer into a scene whose pictures are drawn at random, and says
// whether there is one.
bool ask_sum(Scene& s, std::mt19937_64& random)
{
    const int kind = draw_number(random, 0, 2);
    const auto n = s.pictures.size();
    s.question
        = "How many " + kind_name(kind) + "s are in this picture and the last one?";
    s.answer = std::to_string(count_of(s.pictures[n - 1], kind)
                              + count_of(s.pictures[n - 2], kind));
    return true;
}

bool ask_count(Scene& s, std::mt19937_64& random)
{
    const int kind = draw_number(random, 0, 2);
    const int before = draw_number(random, 1, static_cast<int>(s.pictures.size()) - 1);
    s.question
        = "How many " + kind_name(kind) + "s were in " + picture_before(before) + "?";
    s.answer = std::to_string(count_of(
        s.pictures[s.pictures.size() - 1 - static_cast<std::size_t>(before)], kind));
    return true;
}

bool ask_same(Scene& s, std::mt19937_64& random)
{
    const int kind = draw_number(random, 0, 2);
    const auto n = s.pictures.size();
    const int now = count_of(s.pictures[n - 1], kind),
              then = count_of(s.pictures[n - 2], kind);
    // Chance gives too many pairs without any.
    if (now == 0 && then == 0)
        return false;
    s.question = "Are there as many " + kind_name(kind)
        + "s in this picture as in the last one?";
    s.answer = yes_or_no(now == then);
    return draw_number(random, 0, 2) == 0 || now == then;
}

bool ask_more(Scene& s, std::mt19937_64& random)
{
    const int kind = draw_number(random, 0, 2);
    const auto n = s.pictures.size();
    const int now = count_of(s.pictures[n - 1], kind),
              then = count_of(s.pictures[n - 2], kind);
    s.question
        = "Are there more " + kind_name(kind) + "s in this picture than in the last one?";
    s.answer = yes_or_no(now > then);
    return now != then;
}

// Which of two kinds came first: in the earlier of the pictures that show one alone.
bool ask_first(Scene& s, std::mt19937_64& random)
{
    const int one = draw_number(random, 0, 2),
              other = (one + draw_number(random, 1, 2)) % 3;
    const auto first = [&](int kind) {
        return std::find_if(
            s.pictures.begin(), s.pictures.end(), [&](const auto& shapes) {
                return count_of(shapes, kind) > 0;
            });
    };
    const auto a = first(one), b = first(other);
    if (a == b || a == s.pictures.end() || b == s.pictures.end())
        return false;
    s.question
        = "Which came first, the " + kind_name(one) + " or the " + kind_name(other) + "?";
    s.answer = kind_name(a < b ? one : other);
    return true;
}

bool ask_colour(Scene& s, std::mt19937_64& random)
{
    const int before = draw_number(random, 1, static_cast<int>(s.pictures.size()) - 1);
    const auto& shapes
        = s.pictures[s.pictures.size() - 1 - static_cast<std::size_t>(before)];
    const int kind = draw_number(random, 0, 2);
    if (count_of(shapes, kind) != 1)
        return false;
    const auto found = std::find_if(
        shapes.begin(), shapes.end(), [&](const auto& x) { return x.kind == kind; });
    s.question
        = "What color was the " + kind_name(kind) + " in " + picture_before(before) + "?";
    s.answer = shape_colours().at(static_cast<std::size_t>(found->colour));
    return true;
}

// The picture of now alone: what teaches to look, and is no question of memory.
bool ask_now(Scene& s, std::mt19937_64& random)
{
    const int kind = draw_number(random, 0, 2);
    const auto& shapes = s.pictures.back();
    const int count = count_of(shapes, kind);
    if (count == 1 && draw_number(random, 0, 1) == 1) {
        const auto found = std::find_if(
            shapes.begin(), shapes.end(), [&](const auto& x) { return x.kind == kind; });
        s.question = "What color is the " + kind_name(kind) + " in this picture?";
        s.answer = shape_colours().at(static_cast<std::size_t>(found->colour));
        return true;
    }
    s.question = "How many " + kind_name(kind) + "s are in this picture?";
    s.answer = std::to_string(count);
    return true;
}

const std::vector<bool (*)(Scene&, std::mt19937_64&)> s_questions
    = { ask_sum, ask_count, ask_same, ask_more, ask_first, ask_colour };

Scene make_scene(int earlier, bool training, std::mt19937_64& random)
{
    auto ask = s_questions[static_cast<std::size_t>(
        draw_number(random, 0, static_cast<int>(s_questions.size()) - 1))];
    if (training && draw_number(random, 0, OF_NOW - 1) == 0)
        ask = ask_now;
    Scene scene;
    do {
        scene.pictures.clear();
        for (int k = draw_number(random, 1, earlier); k >= 0; --k)
            scene.pictures.push_back(random_shapes(random));
    } while (!ask(scene, random));
    return scene;
}

std::vector<std::string> all_answers()
{
    std::vector<std::string> answers = { "yes", "no" };
    for (int n = 0; n <= MOST_COUNTED; ++n)
        answers.push_back(std::to_string(n));
    answers.insert(answers.end(), shape_kinds().begin(), shape_kinds().end());
    answers.insert(answers.end(), shape_colours().begin(), shape_colours().end());
    return answers;
}

std::size_t size_of(const std::string& split)
{
    if (split == "test" || split == "val")
        return 4000;
    return 60000;
}

/*! Sample i hangs on the split and i alone. */
class PictureMemory : public Dataset {
public:
    explicit PictureMemory(const DatasetRequest& request)
        : d_image(request.modality_with_memory("image", true))
        , d_question(request.modality_with_memory("text", false))
        , d_earlier(std::min(2, request.memory.at(d_image)))
    {
        ModalityInfo image;
        request.modalities.at(d_image)->describe(image);
        d_side = image.shape.at(0);
        d_info.name = request.name;
        d_info.split = request.split;
        d_info.classes = all_answers();
        d_seed = request.split == "test" ? 3 : request.split == "val" ? 2 : 1;
    }

    std::size_t size() const override { return size_of(d_info.split); }
    const DatasetInfo& describe() const override { return d_info; }

    Sample at(std::size_t i) const override
    {
        std::mt19937_64 random(d_seed * 0x9e3779b97f4a7c15ull + i);
        const auto scene = make_scene(d_earlier, d_seed == 1, random);
        Sample sample;
        for (const auto& shapes : scene.pictures)
            sample.context[d_image].push_back(draw_shapes(shapes, d_side, random));
        sample.inputs[d_image] = sample.context[d_image].back();
        sample.context[d_image].pop_back();
        sample.inputs[d_question] = SourceSample::text(scene.question);
        const auto answer
            = std::find(d_info.classes.begin(), d_info.classes.end(), scene.answer);
        sample.target.label = static_cast<int>(answer - d_info.classes.begin());
        sample.name = "picture_memory " + std::to_string(i);
        return sample;
    }

private:
    std::string d_image, d_question; // modalities
    int d_earlier; // most pictures before the present one
    int d_side = 0; // of a picture, pixels
    std::uint64_t d_seed = 1;
    DatasetInfo d_info;
};

} // namespace

std::shared_ptr<const Dataset> open_picture_memory(const DatasetRequest& request)
{
    require_usual_split("picture_memory", request.split);
    return std::make_shared<PictureMemory>(request);
}

} // namespace udeepsc_core
