# Builds attnlab as a shared library, installs it and uses the installed tree as installed.cmake does. Run with cmake -P:
# SOURCE, WORK (a scratch directory), CXX, NM, GENERATOR, FLAGS, HEADERS, EXAMPLES.
cmake_minimum_required(VERSION 3.25)
set(BUILD ${WORK}/build)
foreach(step "-S;${SOURCE};-B;${BUILD};-G;${GENERATOR};-DCMAKE_CXX_COMPILER=${CXX};-DBUILD_SHARED_LIBS=ON"
             "--build;${BUILD};--target;attnlab;attnlab_command;--parallel;2")
  execute_process(COMMAND ${CMAKE_COMMAND} ${step} OUTPUT_VARIABLE said ERROR_VARIABLE said RESULT_VARIABLE failed)
  if(failed)
    message(FATAL_ERROR "${said}")
  endif()
endforeach()

# The command needs the library of its minor version, which may change the interface.
execute_process(COMMAND readelf --dynamic ${BUILD}/attnlab OUTPUT_VARIABLE needed)
if(NOT needed MATCHES "NEEDED[^\n]*\\[libattnlab\\.so\\.[0-9]+\\.[0-9]+\\]")
  message(FATAL_ERROR "the command does not need a shared library of a minor version:\n${needed}")
endif()
set(WORK ${WORK}/installed)
include(${CMAKE_CURRENT_LIST_DIR}/installed.cmake)
