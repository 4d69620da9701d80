// SPDX-License-Identifier: GPL-3.0-or-later
// spdlog's headers and LibTorch's must not meet in one file.
#include <udeepsc_core/log.h>

#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>

#include <mutex>

namespace udeepsc_core {

namespace {

std::shared_ptr<spdlog::logger> logger()
{
    static std::mutex lock;
    const std::lock_guard<std::mutex> guard(lock);
    auto existing = spdlog::get("udeepsc");
    if (!existing) {
        existing = spdlog::stderr_color_mt("udeepsc");
        existing->set_pattern("udeepsc: %^%l%$: %v");
    }
    return existing;
}

} // namespace

void log_info(const std::string& text)
{
    logger()->info("{}", text);
}
void log_warning(const std::string& text)
{
    logger()->warn("{}", text);
}
void log_error(const std::string& text)
{
    logger()->error("{}", text);
}

} // namespace udeepsc_core
