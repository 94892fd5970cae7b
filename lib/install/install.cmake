# cmake --install installs the library with its public headers, its CMake package and its pkg-config file, and
# attnlab::measure and the attnlab command if they are built.
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

# Public headers are attention.h and register_member.h with the headers that they include. All others are private, as is
# dnnl.hpp.
set(attnlab_public_headers attention.h register_member.h
    core/argument_error.h core/block.h core/dtype.h core/isa.h core/problem.h core/tensor.h core/workspace.h
    dispersion/row_statistics.h
    engines/engine.h engines/registry.h kernels/lane.h
    variants/arguments.h variants/dual.h variants/external.h variants/inputs.h variants/key_bits.h variants/key_set.h
    variants/modifier.h variants/modifiers/optional.h variants/modifiers/row_facts.h variants/normaliser.h
    variants/normalisers/edge.h variants/normalisers/kind.h
    variants/normalisers/row_keys.h variants/normalisers/row_scratch.h variants/opaque.h variants/pattern.h
    variants/real.h variants/score.h variants/score_weights.h variants/variant.h)
foreach(header ${attnlab_public_headers})
  cmake_path(GET header PARENT_PATH folder)
  install(FILES lib/${header} DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/attnlab/${folder})
endforeach()
install(FILES ${attnlab_generated_include}/attnlab/version.h DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/attnlab)

# Before 1.0 every minor version may change the interface; programs load a shared library of their own minor version.
set_target_properties(attnlab PROPERTIES VERSION ${PROJECT_VERSION} SOVERSION ${PROJECT_VERSION_MAJOR}.${PROJECT_VERSION_MINOR})

set(attnlab_package ${CMAKE_INSTALL_LIBDIR}/cmake/attnlab)
install(TARGETS attnlab EXPORT attnlab_targets INCLUDES DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
install(EXPORT attnlab_targets NAMESPACE attnlab:: FILE attnlab-targets.cmake DESTINATION ${attnlab_package})
configure_package_config_file(lib/install/attnlab-config.cmake.in ${PROJECT_BINARY_DIR}/install/attnlab-config.cmake
                              INSTALL_DESTINATION ${attnlab_package})
write_basic_package_version_file(${PROJECT_BINARY_DIR}/install/attnlab-config-version.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/install/attnlab-config.cmake lib/install/onednn.cmake
              ${PROJECT_BINARY_DIR}/install/attnlab-config-version.cmake DESTINATION ${attnlab_package})

if(ATTNLAB_MEASURE)
  install(TARGETS attnlab_measure EXPORT attnlab_measure_targets)
  install(EXPORT attnlab_measure_targets NAMESPACE attnlab:: FILE attnlab-measure-targets.cmake
          DESTINATION ${attnlab_package})
  install(DIRECTORY lib/measure DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/attnlab FILES_MATCHING PATTERN "*.h")
endif()
if(ATTNLAB_COMMAND)
  # The installed command finds a shared library wherever the prefix is moved.
  if(BUILD_SHARED_LIBS)
    file(RELATIVE_PATH attnlab_bin_to_lib ${CMAKE_INSTALL_FULL_BINDIR} ${CMAKE_INSTALL_FULL_LIBDIR})
    set_target_properties(attnlab_command PROPERTIES INSTALL_RPATH "$ORIGIN/${attnlab_bin_to_lib}")
  endif()
  install(TARGETS attnlab_command)
endif()

# The libraries that a program links besides a static libattnlab.a. Default folders of the linker are left out.
cmake_path(GET DNNL_LIBRARY PARENT_PATH attnlab_onednn_folder)
if(NOT attnlab_onednn_folder IN_LIST CMAKE_CXX_IMPLICIT_LINK_DIRECTORIES)
  set(attnlab_pc_private_libraries " -L${attnlab_onednn_folder}")
endif()
list(TRANSFORM OpenMP_CXX_LIB_NAMES PREPEND " -l" OUTPUT_VARIABLE attnlab_openmp_libraries)
string(JOIN "" attnlab_pc_private_libraries "${attnlab_pc_private_libraries}" " -ldnnl" ${attnlab_openmp_libraries})
file(RELATIVE_PATH attnlab_pc_to_prefix ${CMAKE_INSTALL_FULL_LIBDIR}/pkgconfig ${CMAKE_INSTALL_PREFIX})
configure_file(lib/install/attnlab.pc.in ${PROJECT_BINARY_DIR}/install/attnlab.pc @ONLY)
install(FILES ${PROJECT_BINARY_DIR}/install/attnlab.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
