# hotreload_places(TARGET): tells an embedding program where the engine's parts lie, as macros
#
#   HOTRELOAD_NATIVE_WORKER   the program that opens C++ plugins
#   HOTRELOAD_PYTHON_SDK      the folder with the Python package `hotreload`
#   HOTRELOAD_CPP_SDK         the include folder of C++ plugins (hotreload/plugin.h)
#
# in this tree as after find_package(hotreload), which finds this file beside itself: then they are
# paths below the prefix as it lies when the program is configured.
if(NOT hotreload_SDK_DIR)
  set(hotreload_SDK_DIR ${CMAKE_CURRENT_LIST_DIR}/../../sdk)
  cmake_path(NORMAL_PATH hotreload_SDK_DIR)
endif()

function(hotreload_places target)
  target_compile_definitions(${target} PRIVATE
      HOTRELOAD_NATIVE_WORKER="$<TARGET_FILE:hotreload::hotreload-native-worker>"
      HOTRELOAD_PYTHON_SDK="${hotreload_SDK_DIR}/python"
      HOTRELOAD_CPP_SDK="${hotreload_SDK_DIR}/cpp")
  add_dependencies(${target} hotreload::hotreload-native-worker)
endfunction()
