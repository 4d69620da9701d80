// SPDX-License-Identifier: GPL-3.0-or-later
#include <udeepsc_phy/authenticator.h>

#include <fcntl.h>
#include <sodium.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <stdexcept>

namespace udeepsc_phy {
namespace {

constexpr std::size_t HEX_DIGITS = 2 * Authenticator::KEY_BYTES;
static_assert(Authenticator::KEY_BYTES == crypto_generichash_blake2b_KEYBYTES);

void prepare_library()
{
    if (sodium_init() < 0) {
        throw std::invalid_argument("libsodium does not start on this machine");
    }
}

[[noreturn]] void bad_key(const std::string& path, const std::string& what)
{
    throw std::invalid_argument("key " + path + ": " + what);
}

/*! A file that is closed whatever happens. */
class File {
public:
    File(const std::string& path, int flags, mode_t mode = 0)
        : d_descriptor(::open(path.c_str(), flags | O_CLOEXEC, mode))
    {
        if (d_descriptor < 0) {
            bad_key(path, std::strerror(errno));
        }
    }
    ~File() { ::close(d_descriptor); }
    File(const File&) = delete;
    File& operator=(const File&) = delete;

    int descriptor() const { return d_descriptor; }

private:
    const int d_descriptor;
};

//! The file's text without what stands after the digits in an editor's file.
std::string read_digits(const std::string& path)
{
    const File file(path, O_RDONLY | O_NONBLOCK); // a pipe must not hold us up
    struct stat about;
    if (::fstat(file.descriptor(), &about) != 0 || !S_ISREG(about.st_mode)) {
        bad_key(path, "is no file");
    }
    std::string text(HEX_DIGITS + 3, '\0'); // more than a key, a line's end of two
    const ssize_t got = ::read(file.descriptor(), text.data(), text.size());
    if (got < 0) {
        bad_key(path, std::strerror(errno));
    }
    text.resize(static_cast<std::size_t>(got));
    const std::size_t end = text.find_last_not_of("\r\n");
    text.resize(end == std::string::npos ? 0 : end + 1);
    return text;
}

} // namespace

Authenticator::Authenticator(const std::string& path)
{
    prepare_library();
    std::string digits = read_digits(path);
    std::size_t length = 0;
    const bool read = digits.size() == HEX_DIGITS
        && sodium_hex2bin(d_key.data(),
                          d_key.size(),
                          digits.data(),
                          digits.size(),
                          nullptr,
                          &length,
                          nullptr)
            == 0
        && length == d_key.size();
    sodium_memzero(digits.data(), digits.size());
    if (!read) {
        bad_key(path, "expected " + std::to_string(HEX_DIGITS) + " hexadecimal digits");
    }
}

Authenticator::~Authenticator()
{
    sodium_memzero(d_key.data(), d_key.size());
}

void Authenticator::make_tag(const std::string& domain,
                             const std::uint8_t* data,
                             std::size_t size,
                             std::uint8_t* tag,
                             std::size_t tag_size) const
{
    std::array<std::uint8_t, crypto_generichash_blake2b_PERSONALBYTES> personal {};
    if (domain.size() > personal.size() || tag_size < 1 || tag_size > MAX_TAG_BYTES) {
        throw std::invalid_argument("domain '" + domain + "' and a tag of "
                                    + std::to_string(tag_size)
                                    + " bytes: at most 16 characters, 1 to 32 bytes");
    }
    std::memcpy(personal.data(), domain.data(), domain.size());
    // Cut, not asked for short: BLAKE2b has an output for each length.
    std::array<std::uint8_t, MAX_TAG_BYTES> whole;
    crypto_generichash_blake2b_salt_personal(whole.data(),
                                             whole.size(),
                                             data,
                                             size,
                                             d_key.data(),
                                             d_key.size(),
                                             nullptr,
                                             personal.data());
    std::memcpy(tag, whole.data(), tag_size);
}

bool Authenticator::is_tag(const std::string& domain,
                           const std::uint8_t* data,
                           std::size_t size,
                           const std::uint8_t* tag,
                           std::size_t tag_size) const
{
    std::array<std::uint8_t, MAX_TAG_BYTES> expected;
    make_tag(domain, data, size, expected.data(), tag_size);
    return sodium_memcmp(expected.data(), tag, tag_size) == 0;
}

void Authenticator::write_key(const std::string& path)
{
    prepare_library();
    std::array<std::uint8_t, KEY_BYTES> key;
    randombytes_buf(key.data(), key.size());
    std::array<char, HEX_DIGITS + 1> digits;
    sodium_bin2hex(digits.data(), digits.size(), key.data(), key.size());
    digits.back() = '\n'; // in place of the terminating zero
    const File file(path, O_WRONLY | O_CREAT | O_EXCL, 0600);
    const ssize_t put = ::write(file.descriptor(), digits.data(), digits.size());
    sodium_memzero(key.data(), key.size());
    sodium_memzero(digits.data(), digits.size());
    if (put != static_cast<ssize_t>(digits.size())) {
        const std::string fault = put < 0 ? std::strerror(errno) : "disk full";
        ::unlink(path.c_str());
        bad_key(path, fault);
    }
}

} // namespace udeepsc_phy
