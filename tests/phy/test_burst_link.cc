// SPDX-License-Identifier: GPL-3.0-or-later
#include "burst_link.h"
#include "modulations.h"

#include <ostream>

using namespace udeepsc_phy;

/*
 * Framer, radio channel, detector and demodulator together: short forms of the figures
 * that the modem is built for. Everything unknown is drawn anew for each burst: time and
 * its fraction, phase, carrier offset to +-0.02 cycles a symbol, clock to +-20 ppm, gain.
 */
namespace {

//! What many frames of one kind came to.
struct Tally {
    int sent = 0, arrived = 0;
    double symbols = 0, errors = 0; //!< of hard decisions
    double error_power = 0, claimed = 0; //!< sums over symbols
    double scaled_error_power = 0; //!< with the frame's amplitude put right
    double snr_error = 0, snr_squares = 0;

    double symbol_error_rate() const { return errors / symbols; }
    double symbol_error_deviation() const
    {
        const double p = symbol_error_rate();
        return std::sqrt(p * (1.0 - p) / symbols);
    }
    double output_esn0_db() const
    {
        return -10.0 * std::log10(scaled_error_power / symbols);
    }
    double snr_rms() const { return std::sqrt(snr_squares / arrived); }
};

/*!
 * At -6 dB a thousand reference symbols leave the amplitude uncertain by 0.3 dB. That
 * hardly makes errors, yet scales the noise; so it is taken out where there are enough
 * symbols.
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
    return (power / (scale * scale) - 2.0 * correlation.real() / scale + energy)
        / double(n);
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
 * Against theory, which for multipath is the Gaussian approximation at the output SNR of
 * the MMSE equaliser that knows the channel. Two looks: the error power at the output,
 * exact to 4.3 / sqrt(symbols) dB, and the error rate, whose deviation is allowed for
 * four times.
 */
TEST_P(SymbolErrorRates, LoseLittle)
{
    const auto& p = GetParam();
    Link link(FrameProfile::from_name(p.profile), 100 + p.symbols);
    const auto tally
        = run(link, p.frames, p.symbols, p.modulation, p.esn0_db, p.multipath);
    ASSERT_EQ(tally.arrived, tally.sent);
    const double ideal = ideal_esn0_db(p.multipath, p.esn0_db, link.profile().rolloff);
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
        LossCase {
            "three", "multipath", "three_tap", Modulation::qpsk, -6.0, 1000, 15, 0.5 },
        LossCase {
            "three0", "multipath", "three_tap", Modulation::qpsk, 4.0, 2000, 6, 0.5 },
        LossCase {
            "three64", "multipath", "three_tap", Modulation::qam64, 20.0, 5000, 4, 0.5 },
        LossCase {
            "late", "multipath", "late_peak", Modulation::qam16, 14.0, 2000, 6, 0.5 },
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
 * The bound for one gain, known only by 1100 known symbols, and as many values of noise,
 * is 0.37 dB at -6 dB; the rms of n of them is known to 1 / sqrt(2 n).
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
