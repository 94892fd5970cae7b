# Another project adds attnlab by add_subdirectory. It gets only attnlab::attnlab and needs none of the dependencies of
# the command. Run with cmake -P: SOURCE, WORK (a scratch directory), CXX, GENERATOR.
cmake_minimum_required(VERSION 3.25)
file(REMOVE_RECURSE ${WORK})
file(WRITE ${WORK}/user/CMakeLists.txt "
cmake_minimum_required(VERSION 3.25)
project(user LANGUAGES CXX)
add_subdirectory(${SOURCE} attnlab)
add_executable(user ${SOURCE}/lib/examples/attention.cpp)
target_link_libraries(user PRIVATE attnlab::attnlab)
foreach(target attnlab_command attnlab_experiments attnlab_measure)
  if(TARGET \${target})
    message(FATAL_ERROR \"\${target} is built\")
  endif()
endforeach()
")
execute_process(COMMAND ${CMAKE_COMMAND} -S ${WORK}/user -B ${WORK}/build -G ${GENERATOR} -DCMAKE_CXX_COMPILER=${CXX}
                        -DCMAKE_DISABLE_FIND_PACKAGE_benchmark=ON -DCMAKE_DISABLE_FIND_PACKAGE_nlohmann_json=ON
                        -DCAIRO_LIBRARY=NOTFOUND -DNPM=NOTFOUND -DCMAKE_EXPORT_COMPILE_COMMANDS=ON
                OUTPUT_VARIABLE said ERROR_VARIABLE said RESULT_VARIABLE failed)
if(failed)
  message(FATAL_ERROR "${said}")
endif()
file(READ ${WORK}/build/compile_commands.json compiled)
if(NOT compiled MATCHES "lib/kernels/rows\\.cpp" OR compiled MATCHES "lib/measure|experiments/|tests/|bench/")
  message(FATAL_ERROR "what a user would build: ${compiled}")
endif()
message("1 passed, 0 failed")
