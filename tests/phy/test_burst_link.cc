// SPDX-License-Identifier: GPL-3.0-or-later
#include "burst_link.h"
#include "modulations.h"

#include <limits>
#include <ostream>

using namespace udeepsc_phy;

/*
 * Framer, radio channel, detector and demodulator together: short forms of the figures that
 * the modem is built for. Everything unknown is drawn anew for each burst: time and its
 * fraction, phase, carrier offset to +-0.02 cycles a symbol, clock to +-20 ppm, gain.
 */
namespace {

const double INF = std::numeric_limits<double>::infinity();

//! A transmitter and a receiver with the same profile.
class Link {
public:
    Link(const FrameProfile& profile, std::uint64_t seed)
        : d_profile(profile)
        , d_framer(profile)
        , d_detector(config(profile))
        , d_demodulator(profile)
        , d_random(seed)
    { }

    const FrameProfile& profile() const { return d_profile; }
    Xoshiro256pp& random() { return d_random; }

    Samples burst(const Payload& payload) const { return d_framer.frame({ payload }); }

    RadioChannelConfig draw(double esn0_db, const std::string& multipath = "none")
    {
        auto c = random_channel(d_profile, esn0_db, d_random);
        c.multipath = multipath;
        return c;
    }

    std::vector<ReceivedFrame> receive(const Samples& stream)
    {
        d_detector.reset();
        return udeepsc_phy::receive(d_detector, d_demodulator, stream);
    }

    //! One frame there and back; nothing unless it is the only one and says what was sent.
    std::vector<ReceivedFrame> exchange(const Payload& sent, const RadioChannelConfig& c)
    {
        auto frames = good(receive(through(burst(sent), c)));
        if (frames.size() != 1 || frames[0].payloads.size() != 1
            || frames[0].payloads[0].symbols.size() != sent.symbols.size()
            || !same_content(frames[0].payloads[0].header, sent.header)) {
            frames.clear();
        }
        return frames;
    }

private:
    static DetectorConfig config(const FrameProfile& profile)
    {
        DetectorConfig c;
        c.profile = profile;
        return c;
    }

    FrameProfile d_profile;
    Framer d_framer;
    BurstDetector d_detector;
    BurstDemodulator d_demodulator;
    Xoshiro256pp d_random;
};

//! What many frames of one kind came to.
struct Tally {
    int sent = 0, arrived = 0;
    double symbols = 0, errors = 0; //!< of hard decisions
    double error_power = 0, claimed = 0; //!< sums over symbols
    double scaled_error_power = 0;       //!< with the frame's amplitude put right
    double snr_error = 0, snr_squares = 0;

    double symbol_error_rate() const { return errors / symbols; }
    double symbol_error_deviation() const
    {
        const double p = symbol_error_rate();
        return std::sqrt(p * (1.0 - p) / symbols);
    }
    double output_esn0_db() const { return -10.0 * std::log10(scaled_error_power / symbols); }
    double snr_rms() const { return std::sqrt(snr_squares / arrived); }
};

/*!
 * At -6 dB a thousand known symbols leave the amplitude uncertain by 0.3 dB. That hardly
 * makes errors, yet scales the noise; so it is taken out where there are enough symbols.
 */
double scaled_error(const ReceivedPayload& received, const Payload& sent, double error)
{
    const std::size_t n = sent.symbols.size();
    if (n < 500) {
        return error;
    }
    std::complex<double> correlation = 0.0;
    double energy = 0.0, power = 0.0;
    for (std::size_t k = 0; k < n; k++) {
        const std::complex<double> s(sent.symbols[k]), r(received.symbols[k]);
        correlation += std::conj(s) * r;
        energy += std::norm(s);
        power += std::norm(r);
    }
    const double scale = std::abs(correlation) / energy;
    // |r / scale - s|^2: a wrong phase still counts.
    return (power / (scale * scale) - 2.0 * correlation.real() / scale + energy) / double(n);
}

Tally run(Link& link,
          int frames,
          std::size_t n,
          Modulation modulation,
          double esn0_db,
          const std::string& multipath = "none")
{
    const SoftDemapper demapper(modulation);
    const auto points = Constellation(modulation).points();
    Tally tally;
    for (int i = 0; i < frames; i++) {
        const auto sent = random_payload(n, modulation, link.random());
        const auto got = link.exchange(sent, link.draw(esn0_db, multipath));
        tally.sent++;
        if (got.empty()) {
            continue;
        }
        tally.arrived++;
        const auto& payload = got[0].payloads[0];
        const auto labels = demapper.hard_labels(payload.symbols, ChannelState(1.0));
        for (std::size_t k = 0; k < n; k++) {
            tally.errors += points[labels[k]] != sent.symbols[k];
            tally.claimed += payload.noise_var[k];
        }
        tally.symbols += double(n);
        const double error = mean_error(payload, sent);
        tally.error_power += error * double(n);
        tally.scaled_error_power += scaled_error(payload, sent, error) * double(n);
        const double snr_error = got[0].snr_db - esn0_db;
        tally.snr_error += snr_error;
        tally.snr_squares += snr_error * snr_error;
    }
    return tally;
}

} // namespace

// ---------------------------------------------------------------------------- header

/*
 * A header, detection included, is lost at -6 dB less than once in 1000: of 250 none, or
 * with 22 % one. Three have a chance of 0.2 % were the rate as large as 1e-3.
 */
TEST(BurstLink, HeadersArriveAtMinus6dB)
{
    Link awgn(FrameProfile::from_name("standard"), 1);
    EXPECT_GE(run(awgn, 250, 8, Modulation::qpsk, -6.0).arrived, 248);
    Link multipath(FrameProfile::from_name("multipath"), 2);
    EXPECT_GE(run(multipath, 100, 8, Modulation::qpsk, -6.0, "three_tap").arrived, 99);
}

// The control: at -12 dB hardly one arrives, and none with a wrong content.
TEST(BurstLink, HeadersAreLostAtMinus12dB)
{
    Link link(FrameProfile::from_name("standard"), 3);
    EXPECT_LE(run(link, 40, 8, Modulation::qpsk, -12.0).arrived, 4);
}

// --------------------------------------------------------------------------- payload

struct LossCase {
    const char* name;
    const char* profile;
    const char* multipath;
    Modulation modulation;
    double esn0_db;
    std::size_t symbols;
    int frames;
    double loss_db; //!< allowed
};

std::ostream& operator<<(std::ostream& out, const LossCase& loss_case)
{
    return out << loss_case.name;
}

class SymbolErrorRates : public testing::TestWithParam<LossCase> { };

/*
 * Against theory, which for multipath is the Gaussian approximation at the output SNR of the
 * MMSE equaliser that knows the channel. Two looks: the error power at the output, exact to
 * 4.3 / sqrt(symbols) dB, and the error rate, whose deviation is allowed for four times.
 */
TEST_P(SymbolErrorRates, LoseLittle)
{
    const auto& p = GetParam();
    Link link(FrameProfile::from_name(p.profile), 100 + p.symbols);
    const auto tally
        = run(link, p.frames, p.symbols, p.modulation, p.esn0_db, p.multipath);
    ASSERT_EQ(tally.arrived, tally.sent);
    const double ideal
        = ideal_esn0_db(p.multipath, p.esn0_db, link.profile().rolloff);
    EXPECT_GT(tally.output_esn0_db(), ideal - p.loss_db);
    const double allowed = symbol_error_rate_awgn(p.modulation, ideal - p.loss_db);
    EXPECT_LT(tally.symbol_error_rate(), allowed + 4.0 * tally.symbol_error_deviation());
    // No better than the ideal, either: then something else would be wrong.
    const double least = symbol_error_rate_awgn(p.modulation, ideal + 0.1);
    EXPECT_GT(tally.symbol_error_rate(), least - 4.0 * tally.symbol_error_deviation());
    // The noise that goes to the soft look-up is the noise that there is.
    EXPECT_NEAR(tally.error_power / tally.claimed,
                1.0,
                0.03 + 4.0 / std::sqrt(tally.symbols) + 0.12 / std::sqrt(p.frames));
}

INSTANTIATE_TEST_SUITE_P(
    Figures,
    SymbolErrorRates,
    testing::Values(
        LossCase { "shortest", "standard", "none", Modulation::qpsk, -6.0, 8, 150, 0.3 },
        LossCase { "low", "standard", "none", Modulation::qpsk, -6.0, 1000, 15, 0.3 },
        LossCase { "longest", "standard", "none", Modulation::qpsk, -6.0, 5000, 4, 0.3 },
        LossCase { "zero", "standard", "none", Modulation::qpsk, 0.0, 2000, 6, 0.3 },
        LossCase { "qam16", "standard", "none", Modulation::qam16, 10.0, 2000, 6, 0.3 },
        LossCase { "qam64", "standard", "none", Modulation::qam64, 18.0, 5000, 4, 0.3 },
        LossCase { "qam256", "standard", "none", Modulation::qam256, 20.0, 5000, 4, 0.3 },
        LossCase { "few256", "standard", "none", Modulation::qam256, 26.0, 8, 150, 0.3 },
        LossCase { "short", "short", "none", Modulation::qpsk, 6.0, 300, 30, 0.3 },
        LossCase { "three", "multipath", "three_tap", Modulation::qpsk, -6.0, 1000, 15, 0.5 },
        LossCase { "three0", "multipath", "three_tap", Modulation::qpsk, 4.0, 2000, 6, 0.5 },
        LossCase { "three64", "multipath", "three_tap", Modulation::qam64, 20.0, 5000, 4, 0.5 },
        LossCase { "late", "multipath", "late_peak", Modulation::qam16, 14.0, 2000, 6, 0.5 },
        LossCase { "notch", "multipath", "notch", Modulation::qpsk, 12.0, 2000, 6, 0.5 },
        LossCase { "two", "standard", "two_tap", Modulation::qam16, 14.0, 2000, 6, 0.5 }),
    [](const testing::TestParamInfo<LossCase>& info) { return info.param.name; });

// The control: a channel worse by the loss allowed does not pass for a good one.
TEST(BurstLink, ALossWouldBeNoticed)
{
    Link link(FrameProfile::from_name("standard"), 4);
    const auto tally = run(link, 6, 2000, Modulation::qam16, 10.0 - 0.4);
    EXPECT_LT(tally.output_esn0_db(), 10.0 - 0.3);
    EXPECT_GT(tally.symbol_error_rate(),
              symbol_error_rate_awgn(Modulation::qam16, 10.0 - 0.3)
                  - 4.0 * tally.symbol_error_deviation());
}

// ------------------------------------------------------------------------------- SNR

/*
 * The bound for one gain, known only by 1100 known symbols, and as many values of noise, is
 * 0.37 dB at -6 dB; the rms of n of them is known to 1 / sqrt(2 n).
 */
TEST(BurstLink, SnrWithinHalfADecibel)
{
    Link link(FrameProfile::from_name("standard"), 5);
    for (double db : { -6.0, 0.0, 6.0, 12.0, 20.0 }) {
        const auto tally = run(link, 80, 50, Modulation::qpsk, db);
        ASSERT_GE(tally.arrived, 79);
        EXPECT_LT(tally.snr_rms(), 0.5) << db;
        EXPECT_LT(std::abs(tally.snr_error / tally.arrived), 0.17) << db;
    }
    Link multipath(FrameProfile::from_name("multipath"), 6);
    for (double db : { -6.0, 20.0 }) {
        const auto tally = run(multipath, 60, 50, Modulation::qpsk, db, "three_tap");
        EXPECT_LT(tally.snr_rms(), 0.5) << db;
    }
}

// --------------------------------------------------------------------- whole streams

TEST(BurstLink, EveryProfileAndModulation)
{
    for (const auto& name : FrameProfile::names()) {
        Link link(FrameProfile::from_name(name), 7);
        for (auto modulation : ALL_MODULATIONS) {
            const auto sent = random_payload(200, modulation, link.random());
            const auto got = link.exchange(sent, link.draw(30.0));
            ASSERT_EQ(got.size(), 1u) << name << " " << to_string(modulation);
            EXPECT_LT(mean_error(got[0].payloads[0], sent), 2e-3) << name;
        }
    }
}

TEST(BurstLink, FadingTakesFramesButTellsTheirNoise)
{
    Link link(FrameProfile::from_name("standard"), 8);
    int arrived = 0;
    double ratio = 0.0;
    for (int i = 0; i < 40; i++) {
        auto config = link.draw(15.0);
        config.fading = "rayleigh";
        const auto sent = random_payload(300, Modulation::qpsk, link.random());
        const auto got = link.exchange(sent, config);
        if (!got.empty()) {
            arrived++;
            double claimed = 0.0;
            for (float value : got[0].payloads[0].noise_var) {
                claimed += value / 300.0;
            }
            ratio += mean_error(got[0].payloads[0], sent) / claimed;
        }
    }
    // Lost are gains of -21 dB and less, 0.8 % of them.
    EXPECT_GE(arrived, 37);
    EXPECT_NEAR(ratio / arrived, 1.0, 0.08);
}

TEST(BurstLink, BackToBackAndReplayed)
{
    Link link(FrameProfile::from_name("standard"), 9);
    const auto a = random_payload(100, Modulation::qpsk, link.random());
    const auto b = random_payload(333, Modulation::qam16, link.random());
    Samples x = link.burst(a);
    for (const auto& burst : { link.burst(b), link.burst(b), link.burst(a) }) {
        x.insert(x.end(), burst.begin(), burst.end());
    }
    const auto frames = good(link.receive(through(x, link.draw(20.0))));
    ASSERT_EQ(frames.size(), 4u);
    const Payload* const sent[] = { &a, &b, &b, &a };
    for (int i = 0; i < 4; i++) {
        ASSERT_EQ(frames[i].payloads.size(), 1u);
        EXPECT_TRUE(same_content(frames[i].payloads[0].header, sent[i]->header));
        EXPECT_LT(mean_error(frames[i].payloads[0], *sent[i]), 0.015);
        if (i > 0) {
            EXPECT_GT(frames[i].sample, frames[i - 1].end_sample);
        }
    }
}

TEST(BurstLink, TheStrongerOfTwoOverlappingArrives)
{
    Link link(FrameProfile::from_name("standard"), 10);
    const auto weak = random_payload(400, Modulation::qpsk, link.random());
    const auto strong = random_payload(400, Modulation::qpsk, link.random());
    const auto next = random_payload(50, Modulation::qpsk, link.random());
    auto config = link.draw(30.0);
    config.gain_db = 0.0;
    const auto lower = through(link.burst(weak), config);
    config = link.draw(30.0);
    config.gain_db = 20.0;
    const auto upper = through(link.burst(strong), config);
    config = link.draw(30.0);
    config.gain_db = 0.0;
    const auto later = through(link.burst(next), config);

    Samples stream = lower;
    constexpr std::size_t LATER = 900;
    stream.resize(LATER + upper.size() + later.size());
    for (std::size_t i = 0; i < upper.size(); i++) {
        stream[LATER + i] += upper[i];
    }
    for (std::size_t i = 0; i < later.size(); i++) {
        stream[LATER + upper.size() + i] += later[i];
    }
    const auto frames = good(link.receive(stream));
    int strong_seen = 0, next_seen = 0;
    for (const auto& frame : frames) {
        ASSERT_EQ(frame.payloads.size(), 1u);
        strong_seen += same_content(frame.payloads[0].header, strong.header);
        next_seen += same_content(frame.payloads[0].header, next.header);
    }
    EXPECT_EQ(strong_seen, 1);
    EXPECT_EQ(next_seen, 1);
}

// Whatever a radio brings first, the next good burst decodes.
TEST(BurstLink, AfterRubbishComesAFrame)
{
    Link link(FrameProfile::from_name("standard"), 11);
    const auto sent = random_payload(60, Modulation::qpsk, link.random());
    const auto burst = through(link.burst(sent), [&] {
        auto config = link.draw(6.0);
        config.gain_db = 0.0;
        return config;
    }());
    constexpr std::size_t LENGTH = 20000;
    const float nan = std::nanf(""), inf = std::numeric_limits<float>::infinity();
    const auto noise
        = [&] { return std::complex<float>(0.5 * link.random().complex_gaussian()); };
    for (int kind = 0; kind < 7; kind++) {
        Samples stream(LENGTH);
        for (std::size_t i = 0; i < LENGTH; i++) {
            const double t = double(i);
            switch (kind) {
            case 0:
                stream[i] = noise();
                break;
            case 1:
                break; // silence
            case 2:
                stream[i] = noise() + std::complex<float>(std::polar(5.0, 0.05 * t));
                break;
            case 3:
                stream[i] = noise() + std::complex<float>(std::polar(5.0, 1e-5 * t * t));
                break;
            case 4:
                stream[i] = { i % 2 ? nan : inf, -inf };
                break;
            case 5:
                stream[i] = 1e30f * noise();
                break;
            default: // a transmitter that was cut off, again and again
                stream[i] = burst[i % 1500];
                break;
            }
        }
        stream.insert(stream.end(), burst.begin(), burst.end());
        int seen = 0;
        for (const auto& frame : link.receive(stream)) {
            if (frame.fault != Fault::none) {
                continue;
            }
            ASSERT_EQ(frame.payloads.size(), 1u) << kind;
            EXPECT_TRUE(same_content(frame.payloads[0].header, sent.header)) << kind;
            seen++;
        }
        EXPECT_EQ(seen, 1) << kind;
    }
}

// The wrong rate: the header's claim may hold or not, nothing else may happen.
TEST(BurstLink, AnotherProfileIsNotUnderstood)
{
    Link sender(FrameProfile::from_name("multipath"), 12);
    Link receiver(FrameProfile::from_name("standard"), 13);
    FrameProfile faster;
    faster.samples_per_symbol = 4;
    Link other_rate(faster, 14);
    for (int i = 0; i < 5; i++) {
        const auto sent = random_payload(500, Modulation::qpsk, sender.random());
        const auto stream = through(sender.burst(sent), sender.draw(20.0));
        EXPECT_TRUE(good(receiver.receive(stream)).empty());
        EXPECT_TRUE(good(other_rate.receive(stream)).empty());
    }
}
