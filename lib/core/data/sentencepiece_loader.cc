// SPDX-License-Identifier: GPL-3.0-or-later
#include "sentencepiece_api.h"

#include <udeepsc_core/error.h>

#include <dlfcn.h>

// The run times of these sanitizers refuse RTLD_DEEPBIND. Clang has no macros for them.
#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define UDEEPSC_NO_DEEPBIND
#endif
#endif
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)                        \
    || !defined(RTLD_DEEPBIND)
#define UDEEPSC_NO_DEEPBIND
#endif

namespace udeepsc_core {

namespace {

const char* const s_module = "libudeepsc_sentencepiece.so";

// The module lies beside the library that this code is in.
std::string module_path()
{
    Dl_info info {};
    if (dladdr(reinterpret_cast<void*>(&make_sentencepiece), &info) && info.dli_fname) {
        const std::string here = info.dli_fname;
        const auto slash = here.rfind('/');
        if (slash != std::string::npos)
            return here.substr(0, slash + 1) + s_module;
    }
    return s_module;
}

using Maker = SentencePieceApi* (*)();

Maker load_module()
{
    int flags = RTLD_NOW | RTLD_LOCAL;
#ifndef UDEEPSC_NO_DEEPBIND
    flags |= RTLD_DEEPBIND; // the module's own protobuf comes before LibTorch's
#endif
    const auto path = module_path();
    void* handle = dlopen(path.c_str(), flags);
    if (!handle)
        throw Error(std::string("the SentencePiece module cannot be loaded: ")
                    + dlerror());
    const auto maker
        = reinterpret_cast<Maker>(dlsym(handle, "udeepsc_make_sentencepiece"));
    if (!maker)
        throw Error("the SentencePiece module " + path + " is of another version");
    return maker;
}

} // namespace

std::unique_ptr<SentencePieceApi> make_sentencepiece()
{
    static const Maker maker = load_module();
    return std::unique_ptr<SentencePieceApi>(maker());
}

} // namespace udeepsc_core
