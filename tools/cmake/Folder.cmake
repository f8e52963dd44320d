# One library and one test program for each source folder.
#
#   folder(NAME [DEPENDS target…] [PROGRAM name])
#
# makes the static library NAME from the folder's *.cpp (tests and main.cpp apart), where there are
# *_test.cpp the gtest program NAME_test, known to ctest by its cases with the label "unit" (in
# hotreload/ and workers/ "unit_engine"), and with PROGRAM the program of main.cpp, which lies in
# the top of the build folder. The target sanitizer_tests builds the test programs of the engine.

include(GoogleTest)

add_custom_target(sanitizer_tests)

function(folder name)
  cmake_parse_arguments(ARG "" "PROGRAM" "DEPENDS" ${ARGN})
  file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/*.cpp)
  set(tests ${sources})
  list(FILTER tests INCLUDE REGEX "_test\\.cpp$")
  list(FILTER sources EXCLUDE REGEX "(_test|/main)\\.cpp$")
  if(sources)
    add_library(${name} STATIC ${sources})
    target_link_libraries(${name}
        PUBLIC ${ARG_DEPENDS} PRIVATE $<BUILD_INTERFACE:project_options>)
    target_include_directories(${name} PUBLIC $<BUILD_INTERFACE:${CMAKE_SOURCE_DIR}>)
  else()
    add_library(${name} INTERFACE)
    target_link_libraries(${name} INTERFACE ${ARG_DEPENDS})
    target_include_directories(${name} INTERFACE $<BUILD_INTERFACE:${CMAKE_SOURCE_DIR}>)
  endif()
  if(ARG_PROGRAM AND EXISTS ${CMAKE_CURRENT_SOURCE_DIR}/main.cpp)
    add_executable(${ARG_PROGRAM} main.cpp)
    target_link_libraries(${ARG_PROGRAM} PRIVATE ${name} project_options)
    set_target_properties(${ARG_PROGRAM} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR})
  endif()
  if(tests AND GTest_FOUND)
    folder_tests(${name} ${tests})
  endif()
endfunction()

# The tests themselves are not optimised, whatever they test is: that halves their compile time.
function(folder_tests name)
  add_executable(${name}_test ${ARGN})
  target_compile_options(${name}_test PRIVATE $<$<CONFIG:Release>:-O0>)
  target_link_libraries(${name}_test
      PRIVATE ${name} project_options GTest::gmock GTest::gtest_main)
  target_compile_definitions(${name}_test
      PRIVATE SOURCE_DIR="${CMAKE_SOURCE_DIR}" BINARY_DIR="${CMAKE_BINARY_DIR}")
  register_tests(${name}_test)
endfunction()

# Makes the cases of a gtest program known to ctest, and the program to the sanitizer builds.
function(register_tests program)
  set(labels unit)  # one word: gtest_discover_tests takes no list here, ctest -L is a search
  if(CMAKE_CURRENT_SOURCE_DIR MATCHES "^${CMAKE_SOURCE_DIR}/(hotreload|workers)/")
    set(labels unit_engine)
    add_dependencies(sanitizer_tests ${program})
  endif()
  gtest_discover_tests(${program}
      PROPERTIES LABELS ${labels} TIMEOUT 300
      DISCOVERY_TIMEOUT 30 DISCOVERY_MODE PRE_TEST)
endfunction()
