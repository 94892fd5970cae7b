# The attnlab command: the library attnlab_experiments, which tests link, too, and main.
attnlab_find(fmt libfmt-dev)
attnlab_find(Boost libboost-program-options-dev COMPONENTS program_options)
attnlab_find(nlohmann_json nlohmann-json3-dev)
find_path(CAIRO_INCLUDE_DIR cairo.h PATH_SUFFIXES cairo)
find_library(CAIRO_LIBRARY cairo)
if(NOT CAIRO_INCLUDE_DIR OR NOT CAIRO_LIBRARY)
  message(FATAL_ERROR "Cairo is missing: apt-get install libcairo2-dev, or let experiments/scripts/quickstart.sh do it")
endif()

# attnlab_build.h describes the build. It is checked in every build and written when it changes.
string(TOUPPER ${CMAKE_BUILD_TYPE} attnlab_type)
set(attnlab_build_header ${PROJECT_BINARY_DIR}/generated/attnlab_build.h)
add_custom_target(attnlab_build_info BYPRODUCTS ${attnlab_build_header}
  COMMAND ${CMAKE_COMMAND} -DSOURCE=${PROJECT_SOURCE_DIR} -DHEADER=${attnlab_build_header} -DTYPE=${CMAKE_BUILD_TYPE}
          "-DFLAGS=${CMAKE_CXX_FLAGS} ${CMAKE_CXX_FLAGS_${attnlab_type}} ${ATTNLAB_SANITIZE}"
          -P ${PROJECT_SOURCE_DIR}/experiments/scripts/build_info.cmake)

file(GLOB attnlab_command_sources CONFIGURE_DEPENDS experiments/*/*.cpp)
list(REMOVE_ITEM attnlab_command_sources ${PROJECT_SOURCE_DIR}/experiments/cli/main.cpp)
add_library(attnlab_experiments STATIC ${attnlab_command_sources})
add_dependencies(attnlab_experiments attnlab_build_info)
target_include_directories(attnlab_experiments PUBLIC experiments ${PROJECT_BINARY_DIR}/generated)
target_include_directories(attnlab_experiments SYSTEM PUBLIC ${CAIRO_INCLUDE_DIR})
target_link_libraries(attnlab_experiments
                      PUBLIC attnlab::attnlab attnlab::measure fmt::fmt Boost::program_options nlohmann_json::nlohmann_json
                             ${CAIRO_LIBRARY}
                      PRIVATE OpenMP::OpenMP_CXX DNNL::dnnl benchmark::benchmark)
include(experiments/report/assets.cmake)

add_executable(attnlab_command experiments/cli/main.cpp)
set_target_properties(attnlab_command PROPERTIES OUTPUT_NAME attnlab)
target_link_libraries(attnlab_command PRIVATE attnlab_experiments)
