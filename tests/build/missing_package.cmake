# A build without GoogleTest says which command installs it, and which script does. Run with cmake -P: SOURCE, WORK (a
# scratch directory), CXX, GENERATOR.
cmake_minimum_required(VERSION 3.25)
file(REMOVE_RECURSE ${WORK})
execute_process(COMMAND ${CMAKE_COMMAND} -S ${SOURCE} -B ${WORK} -G ${GENERATOR} -DCMAKE_CXX_COMPILER=${CXX}
                        -DATTNLAB_TESTS=ON -DCMAKE_DISABLE_FIND_PACKAGE_GTest=ON
                OUTPUT_VARIABLE said ERROR_VARIABLE said RESULT_VARIABLE failed)
string(REGEX REPLACE "[ \n]+" " " said "${said}")
if(NOT failed OR NOT said MATCHES "apt-get install libgtest-dev, or let tests/run\\.sh do it")
  message(FATAL_ERROR "without GoogleTest: ${said}")
endif()
file(READ ${SOURCE}/experiments/scripts/install.sh installed)
if(NOT installed MATCHES "attnlab_test_packages=\\([^)]*libgtest-dev")
  message(FATAL_ERROR "tests/run.sh does not install libgtest-dev")
endif()
message("1 passed, 0 failed")
