# What `cmake --install` puts where. Two components, each whole without the other:
#
#   hotreload   the engine as a library: lib, include, its worker and SDK, a CMake package
#   tgstats     the bot: bin/tgstats, and what it looks for beside itself (tgstats/app/places.h)

include(CMakePackageConfigHelpers)
set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/hotreload)
set(sdk_files FILES_MATCHING PATTERN "*.py" PATTERN "*.h" PATTERN "*.hpp"
    PATTERN "__pycache__" EXCLUDE)

install(TARGETS hotreload-native-worker EXPORT hotreload
    RUNTIME DESTINATION libexec/hotreload COMPONENT hotreload)
foreach(language python cpp)
  install(DIRECTORY sdk/${language}/hotreload
      DESTINATION share/hotreload/sdk/${language} COMPONENT hotreload ${sdk_files})
endforeach()
install(EXPORT hotreload NAMESPACE hotreload:: FILE hotreloadTargets.cmake
    DESTINATION ${package_dir} COMPONENT hotreload)
configure_package_config_file(tools/cmake/hotreloadConfig.cmake.in
    ${CMAKE_BINARY_DIR}/hotreloadConfig.cmake
    INSTALL_DESTINATION ${package_dir})
write_basic_package_version_file(${CMAKE_BINARY_DIR}/hotreloadConfigVersion.cmake
    COMPATIBILITY SameMinorVersion)
install(FILES
    ${CMAKE_BINARY_DIR}/hotreloadConfig.cmake
    ${CMAKE_BINARY_DIR}/hotreloadConfigVersion.cmake
    tools/cmake/Places.cmake
    DESTINATION ${package_dir} COMPONENT hotreload)

install(TARGETS tgstats RUNTIME DESTINATION bin COMPONENT tgstats)
install(PROGRAMS $<TARGET_FILE:hotreload-native-worker>
    DESTINATION libexec/tgstats COMPONENT tgstats)
install(DIRECTORY sdk DESTINATION share/tgstats COMPONENT tgstats ${sdk_files})
install(DIRECTORY plugins DESTINATION share/tgstats COMPONENT tgstats
    PATTERN "__pycache__" EXCLUDE)
install(FILES LICENSE DESTINATION share/doc/tgstats COMPONENT tgstats)
install(DIRECTORY packaging DESTINATION share/doc/tgstats COMPONENT tgstats)
install(FILES LICENSE docs/protocol.md DESTINATION share/doc/hotreload COMPONENT hotreload)
