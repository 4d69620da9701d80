// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <udeepsc_core/api.h>

#include <cstdint>
#include <string>
#include <vector>

namespace udeepsc_core UDEEPSC_CORE_API {

/*!
 * \brief A file that replaces its target only when all of it is safely on the disk.
 *
 * Bytes go to a temporary file beside the target; commit() flushes it to the disk and
 * renames it. Whoever reads the target sees the old content or the new, never half of it.
 * Without commit() (an exception, a full disk) the temporary file is removed and the old
 * target stays as it was.
 *
 * Errors: Error naming the file and the system's reason. A target that exists and is not
 * a regular file is refused, so that a device node is never replaced.
 */
class AtomicFile {
public:
    explicit AtomicFile(const std::string& path);
    ~AtomicFile();
    AtomicFile(const AtomicFile&) = delete;
    AtomicFile& operator=(const AtomicFile&) = delete;

    void write(const void* data, std::size_t bytes);
    void commit();

private:
    [[noreturn]] void fail(const std::string& doing, int error_number);
    void discard() noexcept;

    std::string d_path; // the target, symbolic links resolved
    std::string d_temporary;
    int d_fd = -1;
};

//! Whole file into memory. Error where it is missing, not a regular file, unreadable, or
//! larger than \p max_bytes.
std::vector<std::uint8_t> read_file(const std::string& path,
                                    std::uint64_t max_bytes = std::uint64_t(1) << 32);

} // namespace udeepsc_core
