# How everything is compiled: warnings are errors, ccache and mold when present, sanitizers by
# preset.

set(TGSTATS_SANITIZE "" CACHE STRING "For -fsanitize=: address,undefined or thread")
option(TGSTATS_FUZZ "Make the fuzz targets; clang only" OFF)

add_library(project_options INTERFACE)
target_compile_options(project_options INTERFACE
    -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wnon-virtual-dtor -Woverloaded-virtual
    -Wimplicit-fallthrough -Werror)
target_include_directories(project_options INTERFACE
    ${CMAKE_SOURCE_DIR} ${CMAKE_SOURCE_DIR}/sdk/cpp)

# g++ 12 reports false positives of these in coroutine frames and in Boost's inlined code.
if(CMAKE_CXX_COMPILER_ID STREQUAL GNU)
  target_compile_options(project_options INTERFACE
      -Wno-maybe-uninitialized -Wno-mismatched-new-delete -Wno-restrict)
else()
  # clang reports what libstdc++ 12 has declared deprecated and uses itself, in stable_sort. Uses of
  # our own are found by g++.
  target_compile_options(project_options INTERFACE -Wno-deprecated-declarations)
endif()
target_compile_options(project_options INTERFACE -Wno-missing-field-initializers)

# Files compiled together: what is local to one of them is said to leak out of a header.
if(CMAKE_UNITY_BUILD AND CMAKE_CXX_COMPILER_ID STREQUAL GNU)
  target_compile_options(project_options INTERFACE -Wno-subobject-linkage)
endif()

if(TGSTATS_SANITIZE)
  target_compile_options(project_options INTERFACE
      -fsanitize=${TGSTATS_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  target_link_options(project_options INTERFACE -fsanitize=${TGSTATS_SANITIZE})
endif()

# What is fuzzed tells libFuzzer which ways it took; its main comes with each target.
if(TGSTATS_FUZZ)
  target_compile_options(project_options INTERFACE -fsanitize=fuzzer-no-link)
endif()

# Paths are hashed relative to the checkout: a second checkout finds the first one's objects.
find_program(CCACHE ccache)
if(CCACHE)
  set(launcher ${CMAKE_COMMAND} -E env
      CCACHE_BASEDIR=${CMAKE_SOURCE_DIR} CCACHE_NOHASHDIR=1 ${CCACHE})
  set(CMAKE_C_COMPILER_LAUNCHER ${launcher})
  set(CMAKE_CXX_COMPILER_LAUNCHER ${launcher})
endif()

find_program(MOLD mold)
if(MOLD)
  target_link_options(project_options INTERFACE -fuse-ld=mold)
endif()

find_package(Boost 1.81 REQUIRED COMPONENTS json)
find_package(OpenSSL REQUIRED)
find_package(PkgConfig REQUIRED)
find_package(fmt REQUIRED)
find_package(spdlog REQUIRED)
find_package(yaml-cpp REQUIRED)
find_package(GTest QUIET)  # ./run does without: no test programs are made then
find_package(Threads REQUIRED)

# Asio once, compiled: every other file only declares it.
add_library(asio STATIC ${CMAKE_SOURCE_DIR}/tools/cmake/asio.cpp)
set_target_properties(asio PROPERTIES OUTPUT_NAME hotreload_asio)
target_compile_definitions(asio PUBLIC BOOST_ASIO_SEPARATE_COMPILATION BOOST_ASIO_NO_DEPRECATED)
if(TGSTATS_SANITIZE STREQUAL thread)
  # ThreadSanitizer does not understand fences; the scheduler's mutex orders handlers all the same.
  target_compile_definitions(asio PUBLIC BOOST_ASIO_DISABLE_FENCED_BLOCK)
endif()
target_link_libraries(asio PUBLIC Boost::headers OpenSSL::SSL OpenSSL::Crypto Threads::Threads)
target_link_options(asio PUBLIC
    $<BUILD_INTERFACE:$<TARGET_PROPERTY:project_options,INTERFACE_LINK_OPTIONS>>)
if(TGSTATS_SANITIZE)
  target_compile_options(asio PRIVATE -fsanitize=${TGSTATS_SANITIZE})
endif()
