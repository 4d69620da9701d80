# SPDX-License-Identifier: GPL-3.0-or-later
# Manual pages and bash completion of the programs, made from what they say with --help.
set(manual_python ${PYTHON_EXECUTABLE})
if(NOT manual_python)
    find_package(Python3 COMPONENTS Interpreter QUIET)
    set(manual_python ${Python3_EXECUTABLE})
endif()
if(NOT manual_python)
    message(STATUS "no Python: no manual pages and no completion")
    return()
endif()

set(manual_dir ${CMAKE_BINARY_DIR}/manual)
set(manual_programs)
if(TARGET gnuradio-udeepsc AND ENABLE_PYTHON)
    set(manual_programs --python)
endif()
file(GLOB manual_sources CONFIGURE_DEPENDS
    ${PROJECT_SOURCE_DIR}/apps/*.py ${PROJECT_SOURCE_DIR}/apps/*/*.py
    ${PROJECT_SOURCE_DIR}/scripts/docs/*.py)
add_custom_command(
    OUTPUT ${manual_dir}/man1/udeepsc.1
    COMMAND ${manual_python} -B ${PROJECT_SOURCE_DIR}/scripts/docs/manual.py ${PROJECT_SOURCE_DIR}
            $<TARGET_FILE:udeepsc> ${PROJECT_VERSION} ${manual_dir} ${manual_programs}
    DEPENDS udeepsc ${manual_sources} ${PROJECT_SOURCE_DIR}/gr-udeepsc
            ${PROJECT_SOURCE_DIR}/python/udeepsc/radio_settings.py)
add_custom_target(udeepsc_manual ALL DEPENDS ${manual_dir}/man1/udeepsc.1)
install(DIRECTORY ${manual_dir}/man1 DESTINATION ${CMAKE_INSTALL_MANDIR})
install(DIRECTORY ${manual_dir}/completions DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion)
