# SPDX-License-Identifier: GPL-3.0-or-later
# What SANITIZER and ENABLE_FUZZING add to the compiler's options. LibTorch and GNU Radio are as
# Debian built them: only the code of this repository is watched.
set(TEST_SLOWDOWN 1) # of programs that are watched, for the tests' time limits
if(ENABLE_FUZZING OR SANITIZER)
    set(TEST_SLOWDOWN 10)
endif()

if(ENABLE_FUZZING)
    if(NOT CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
        message(FATAL_ERROR "ENABLE_FUZZING: found the compiler ${CMAKE_CXX_COMPILER_ID}, expected "
            "Clang (-DCMAKE_CXX_COMPILER=clang++ -DCMAKE_C_COMPILER=clang)")
    endif()
    if(SANITIZER)
        message(FATAL_ERROR "ENABLE_FUZZING brings its sanitizers along; SANITIZER: found "
            "'${SANITIZER}', expected nothing")
    endif()
    # -fno-sanitize: the types of LibTorch's classes are hidden in its libraries.
    set(watched -fsanitize=address,undefined -fno-sanitize=vptr,function)
    add_compile_options(-fsanitize=fuzzer-no-link ${watched} -fno-sanitize-recover=all
        -fno-omit-frame-pointer -gline-tables-only -O1)
    add_compile_definitions(_GLIBCXX_ASSERTIONS)
    add_link_options(${watched})
elseif(SANITIZER MATCHES "^(address|undefined|thread|address,undefined)$")
    add_compile_options(-fsanitize=${SANITIZER} -fno-omit-frame-pointer -g1 -O1)
    add_link_options(-fsanitize=${SANITIZER})
    if(SANITIZER MATCHES "undefined")
        add_compile_options(-fno-sanitize=vptr -fno-sanitize-recover=all)
    endif()
    if(SANITIZER MATCHES "address")
        add_compile_definitions(_GLIBCXX_ASSERTIONS)
    endif()
elseif(SANITIZER)
    message(FATAL_ERROR "SANITIZER: found '${SANITIZER}', expected address, undefined, thread or "
        "address,undefined")
endif()

# What tests in Python need: the run time of the sanitizer has to be there before Python, which is
# not built with it; and that of C++, whose exceptions it has to find.
if(SANITIZER)
    set(run_time_address asan)
    set(run_time_undefined ubsan)
    set(run_time_thread tsan)
    string(REPLACE "," ";" kinds "${SANITIZER}")
    set(libraries)
    foreach(kind ${kinds})
        list(APPEND libraries ${run_time_${kind}})
    endforeach()
    foreach(library ${libraries} stdc++)
        execute_process(COMMAND ${CMAKE_CXX_COMPILER} -print-file-name=lib${library}.so
            OUTPUT_VARIABLE path OUTPUT_STRIP_TRAILING_WHITESPACE)
        string(APPEND SANITIZER_PRELOAD "${path} ")
    endforeach()
    string(STRIP "${SANITIZER_PRELOAD}" SANITIZER_PRELOAD)
    # GNU Radio's Thrift ends its threads while leaks are looked for. What each thread has for
    # itself is then gone in the middle of it, and is not looked at.
    set(SANITIZER_ENVIRONMENT "LD_PRELOAD=${SANITIZER_PRELOAD}"
        "LSAN_OPTIONS=suppressions=${PROJECT_SOURCE_DIR}/tests/sanitize/leaks.txt:print_suppressions=0:use_tls=0")
endif()
