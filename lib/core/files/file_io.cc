// SPDX-License-Identifier: GPL-3.0-or-later
#include <udeepsc_core/file_io.h>

#include <udeepsc_core/error.h>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstring>
#include <filesystem>

namespace udeepsc_core {

namespace {

namespace fs = std::filesystem;

std::string reason(int error_number)
{
    return std::strerror(error_number);
}

//! The directory entry is what rename() changed, so it has to reach the disk as well.
void sync_directory(const fs::path& directory) noexcept
{
    const int fd = ::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd >= 0) {
        ::fsync(fd);
        ::close(fd);
    }
}

} // namespace

AtomicFile::AtomicFile(const std::string& path)
{
    std::error_code ignored;
    const fs::path target = fs::weakly_canonical(path, ignored);
    d_path = target.empty() ? path : target.string();
    const fs::file_status status = fs::status(d_path, ignored);
    if (fs::exists(status) && !fs::is_regular_file(status)) {
        throw Error("writing '" + path
                    + "': found something that is not a regular file, "
                      "expected a file or nothing");
    }

    static std::atomic<unsigned> s_counter { 0 };
    d_temporary = d_path + ".tmp." + std::to_string(::getpid()) + "."
        + std::to_string(s_counter++);
    d_fd = ::open(d_temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (d_fd < 0) {
        const int error_number = errno;
        throw Error("writing '" + path + "': cannot create '" + d_temporary
                    + "': " + reason(error_number));
    }
}

AtomicFile::~AtomicFile()
{
    discard();
}

void AtomicFile::discard() noexcept
{
    if (d_fd >= 0) {
        ::close(d_fd);
        d_fd = -1;
        ::unlink(d_temporary.c_str());
    }
}

void AtomicFile::fail(const std::string& doing, int error_number)
{
    discard();
    throw Error("writing '" + d_path + "': " + doing
                + " failed: " + reason(error_number));
}

void AtomicFile::write(const void* data, std::size_t bytes)
{
    if (d_fd < 0) {
        throw Error("writing '" + d_path + "': the file is closed already");
    }
    const char* next = static_cast<const char*>(data);
    while (bytes > 0) {
        const ssize_t written = ::write(d_fd, next, bytes);
        if (written < 0 && errno == EINTR) {
            continue;
        }
        if (written <= 0) {
            fail("write", written < 0 ? errno : ENOSPC);
        }
        next += written;
        bytes -= static_cast<std::size_t>(written);
    }
}

void AtomicFile::commit()
{
    if (d_fd < 0) {
        throw Error("writing '" + d_path + "': the file is closed already");
    }
    if (::fsync(d_fd) != 0) {
        fail("fsync", errno);
    }
    // Some file systems report a full disk only here.
    const int fd = d_fd;
    d_fd = -1;
    int error_number = ::close(fd) != 0 ? errno : 0;
    if (error_number == 0 && ::rename(d_temporary.c_str(), d_path.c_str()) != 0) {
        error_number = errno;
    }
    if (error_number != 0) {
        ::unlink(d_temporary.c_str());
        fail("close or rename", error_number);
    }
    sync_directory(fs::path(d_path).parent_path());
}

std::vector<std::uint8_t> read_file(const std::string& path, std::uint64_t max_bytes)
{
    // O_NONBLOCK: opening a named pipe must not hang before it can be refused.
    const int fd = ::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0) {
        const int error_number = errno;
        throw Error("reading '" + path + "': " + reason(error_number));
    }
    struct Closer {
        int fd;
        ~Closer() { ::close(fd); }
    } closer { fd };

    struct stat status { };
    if (::fstat(fd, &status) != 0) {
        throw Error("reading '" + path + "': " + reason(errno));
    }
    if (!S_ISREG(status.st_mode)) {
        throw Error("reading '" + path + "': found a "
                    + (S_ISDIR(status.st_mode) ? "directory" : "device or pipe")
                    + ", expected a regular file");
    }
    const auto size = static_cast<std::uint64_t>(status.st_size);
    if (size > max_bytes) {
        throw Error("reading '" + path + "': found " + std::to_string(size)
                    + " bytes, expected at most " + std::to_string(max_bytes));
    }

    std::vector<std::uint8_t> content(size);
    std::size_t have = 0;
    while (have < content.size()) {
        const ssize_t got = ::read(fd, content.data() + have, content.size() - have);
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got <= 0) {
            throw Error("reading '" + path + "': found " + std::to_string(have)
                        + " bytes, expected " + std::to_string(size)
                        + (got < 0 ? ": " + reason(errno) : std::string()));
        }
        have += static_cast<std::size_t>(got);
    }
    return content;
}

} // namespace udeepsc_core
