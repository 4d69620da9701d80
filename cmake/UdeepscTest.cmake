# SPDX-License-Identifier: GPL-3.0-or-later
include_guard(GLOBAL)
include(GoogleTest)

# udeepsc_add_gtest(name SOURCES ... [LIBS ...] [LABELS ...])
#
# A GoogleTest program whose cases are ctest tests of their own, "name.Suite.Case", with a
# time limit of 120 s each (more with a sanitizer). They are listed when ctest starts and not during the build: a
# program that links a large library takes seconds to start. Each takes one thread: ctest
# runs as many at a time as there are cores.
function(udeepsc_add_gtest name)
    cmake_parse_arguments(ARG "" "" "SOURCES;LIBS;LABELS" ${ARGN})
    if(NOT ARG_SOURCES)
        message(FATAL_ERROR "udeepsc_add_gtest(${name}): SOURCES is empty")
    endif()
    add_executable(${name} ${ARG_SOURCES})
    target_include_directories(${name} PRIVATE ${PROJECT_SOURCE_DIR}/include)
    target_link_libraries(${name} PRIVATE ${ARG_LIBS} GTest::gtest_main)
    set(labels)
    if(ARG_LABELS)
        # ctest takes a list of labels; the extra level keeps it one argument.
        string(REPLACE ";" "\\;" ARG_LABELS "${ARG_LABELS}")
        set(labels LABELS "${ARG_LABELS}")
    endif()
    math(EXPR timeout "120 * ${TEST_SLOWDOWN}")
    gtest_discover_tests(${name}
        TEST_PREFIX "${name}."
        DISCOVERY_MODE PRE_TEST
        DISCOVERY_TIMEOUT 60
        PROPERTIES TIMEOUT ${timeout} ENVIRONMENT OMP_NUM_THREADS=1 ${labels})
endfunction()
