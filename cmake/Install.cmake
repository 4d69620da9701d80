# SPDX-License-Identifier: GPL-3.0-or-later
# What an installation has beside libraries and headers: CMake packages, pkg-config files,
# programs, examples, `ninja uninstall`. Everything finds its parts relative to itself, so
# that any prefix will do.
include(CMakePackageConfigHelpers)

# udeepsc_package(name target dependencies [packages]): find_package(name) gives
# udeepsc::target; pkg-config asks for the packages too.
function(udeepsc_package name target dependencies)
    set(folder ${CMAKE_INSTALL_LIBDIR}/cmake/${name})
    set(PACKAGE_NAME ${name})
    set(PACKAGE_DEPENDENCIES ${dependencies})
    configure_package_config_file(${PROJECT_SOURCE_DIR}/cmake/package-config.cmake.in
        ${CMAKE_BINARY_DIR}/cmake/${name}Config.cmake INSTALL_DESTINATION ${folder})
    write_basic_package_version_file(${CMAKE_BINARY_DIR}/cmake/${name}ConfigVersion.cmake
        COMPATIBILITY SameMinorVersion)
    install(FILES ${CMAKE_BINARY_DIR}/cmake/${name}Config.cmake
                  ${CMAKE_BINARY_DIR}/cmake/${name}ConfigVersion.cmake DESTINATION ${folder})
    install(EXPORT ${name}-targets NAMESPACE udeepsc:: DESTINATION ${folder})

    set(PACKAGE_LIBRARY ${target})
    set(PACKAGE_REQUIRES "${ARGN}")
    configure_file(${PROJECT_SOURCE_DIR}/cmake/package.pc.in ${CMAKE_BINARY_DIR}/cmake/${name}.pc @ONLY)
    install(FILES ${CMAKE_BINARY_DIR}/cmake/${name}.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
endfunction()

# udeepsc_program(name program arguments): bin/udeepsc-<name> runs a Python program of apps.
function(udeepsc_program name program arguments)
    set(PROGRAM ${program})
    set(ARGUMENTS "${arguments}")
    configure_file(${PROJECT_SOURCE_DIR}/cmake/program.sh.in ${CMAKE_BINARY_DIR}/programs/udeepsc-${name} @ONLY)
    install(PROGRAMS ${CMAKE_BINARY_DIR}/programs/udeepsc-${name} DESTINATION ${CMAKE_INSTALL_BINDIR})
endfunction()

if(ENABLE_TORCH)
    udeepsc_package(udeepsc-core udeepsc_core "")
    include(Manual) # of the programs
endif()
udeepsc_package(udeepsc-phy udeepsc_phy "")
# Its headers include those of the modem.
udeepsc_package(udeepsc-conventional udeepsc_conventional "find_dependency(udeepsc-phy)" udeepsc-phy)
if(TARGET gnuradio-udeepsc)
    udeepsc_package(gnuradio-udeepsc gnuradio-udeepsc "find_dependency(Gnuradio 3.10 COMPONENTS runtime pmt)")
    if(ENABLE_PYTHON AND ENABLE_TORCH)
        file(RELATIVE_PATH BIN_TO_PREFIX /prefix/${CMAKE_INSTALL_BINDIR} /prefix)
        foreach(name tx rx sim node chat channel)
            udeepsc_program(${name} radio ${name})
        endforeach()
        udeepsc_program(demo demo "")
        udeepsc_program(run flowgraph.py "")
        install(DIRECTORY ${PROJECT_SOURCE_DIR}/apps/demo ${PROJECT_SOURCE_DIR}/apps/radio
            DESTINATION ${CMAKE_INSTALL_DATADIR}/udeepsc/apps FILES_MATCHING PATTERN "*.py")
        install(FILES ${PROJECT_SOURCE_DIR}/apps/flowgraph.py DESTINATION ${CMAKE_INSTALL_DATADIR}/udeepsc/apps)
        install(FILES ${PROJECT_SOURCE_DIR}/python/gnuradio_first.py RENAME __init__.py
            DESTINATION ${CMAKE_INSTALL_DATADIR}/udeepsc/python/first/gnuradio)
        # What a radio's text may hold is checked without GNU Radio.
        install(FILES ${PROJECT_SOURCE_DIR}/python/udeepsc/radio_settings.py
            DESTINATION ${CMAKE_INSTALL_DATADIR}/udeepsc/python/udeepsc)
        install(DIRECTORY ${PROJECT_SOURCE_DIR}/examples DESTINATION ${CMAKE_INSTALL_DATADIR}/udeepsc
            PATTERN .gitignore EXCLUDE)
    endif()
endif()
install(FILES ${PROJECT_SOURCE_DIR}/LICENSE ${PROJECT_SOURCE_DIR}/README.md DESTINATION ${CMAKE_INSTALL_DOCDIR})

add_custom_target(uninstall
    COMMAND ${CMAKE_COMMAND} -DMANIFEST=${CMAKE_BINARY_DIR}/install_manifest.txt
            -P ${PROJECT_SOURCE_DIR}/cmake/uninstall.cmake)
