# One GoogleTest program for each folder. Conformance and property tests run once for every instruction-set level; for a
# level that the machine lacks they exit with status 77 and are shown as skipped.
set(attnlab_installer tests/run.sh)
attnlab_find(GTest libgtest-dev)
attnlab_find(rapidcheck librapidcheck-dev)

file(GLOB attnlab_test_definitions CONFIGURE_DEPENDS tests/definitions/*.cpp)
add_library(attnlab_test_support STATIC tests/support/case.cpp tests/support/by_definition.cpp tests/support/main.cpp
            tests/support/temporary_directory.cpp ${attnlab_test_definitions})
target_include_directories(attnlab_test_support PUBLIC tests)
target_link_libraries(attnlab_test_support PUBLIC attnlab::attnlab GTest::gtest rapidcheck)

add_library(attnlab_test_command STATIC tests/harness/command.cpp tests/harness/on_terminal.cpp
            tests/harness/synthetic_run.cpp)
target_link_libraries(attnlab_test_command PUBLIC attnlab_test_support)

set(test_timeout 900)
if(ATTNLAB_SANITIZE)
  set(test_timeout 3600)
  set(attnlab_user_flags -fsanitize=${ATTNLAB_SANITIZE})
endif()
foreach(folder unit members property conformance harness report)
  file(GLOB sources CONFIGURE_DEPENDS tests/${folder}/*_test.cpp)
  add_executable(test_${folder} ${sources})
  target_link_libraries(test_${folder} PRIVATE attnlab_test_command attnlab_experiments)
endforeach()
# Functions of a register, compiled for each level like row code.
foreach(level ${attnlab_levels})
  add_library(attnlab_test_real_${level} OBJECT tests/unit/real_of_level.cpp)
  target_include_directories(attnlab_test_real_${level} PRIVATE ${attnlab_include} tests)
  target_compile_definitions(attnlab_test_real_${level} PRIVATE ATTNLAB_LEVEL=${level})
  target_compile_options(attnlab_test_real_${level}
                         PRIVATE $<TARGET_PROPERTY:attnlab_kernels_${level},COMPILE_OPTIONS>)
  target_link_libraries(test_unit PRIVATE attnlab_test_real_${level})
endforeach()
if(ATTNLAB_SANITIZE STREQUAL "thread")
  foreach(program test_unit test_members test_property test_conformance test_harness test_report attnlab_command)
    target_sources(${program} PRIVATE tests/support/tsan_openmp.cpp)
  endforeach()
endif()

set(test_environment "ATTNLAB_COMMAND=$<TARGET_FILE:attnlab_command>;ATTNLAB_SOURCE=${PROJECT_SOURCE_DIR};TSAN_OPTIONS=suppressions=${PROJECT_SOURCE_DIR}/tests/support/tsan.supp;LSAN_OPTIONS=suppressions=${PROJECT_SOURCE_DIR}/tests/support/lsan.supp")

add_test(NAME unit COMMAND test_unit)
add_test(NAME build_layers COMMAND ${CMAKE_COMMAND} -DSOURCE=${PROJECT_SOURCE_DIR} -P ${PROJECT_SOURCE_DIR}/tests/build/layers.cmake)
add_test(NAME build_layers_can_fail
         COMMAND ${CMAKE_COMMAND} -DWORK=${PROJECT_BINARY_DIR}/layers_can_fail -P ${PROJECT_SOURCE_DIR}/tests/build/layers_can_fail.cmake)
foreach(level ${attnlab_levels})
  foreach(code kernels test_real)
    add_test(NAME build_symbols_${code}_${level}
             COMMAND ${CMAKE_COMMAND} -DLEVEL=${level} -DOBJECT=$<TARGET_OBJECTS:attnlab_${code}_${level}> -DNM=${CMAKE_NM}
                     -P ${PROJECT_SOURCE_DIR}/tests/build/symbols.cmake)
  endforeach()
endforeach()
add_test(NAME build_no_heap_hook
         COMMAND ${CMAKE_COMMAND} -DLIBRARY=$<TARGET_FILE:attnlab> -DMEASURE=$<TARGET_FILE:attnlab_measure> -DNM=${CMAKE_NM}
                 -DSANITIZE=${ATTNLAB_SANITIZE} -P ${PROJECT_SOURCE_DIR}/tests/build/no_heap_hook.cmake)
# build_shared builds the library a second time.
function(attnlab_test_installed name script)
  add_test(NAME ${name} ${ARGN}
           COMMAND ${CMAKE_COMMAND} -DBUILD=${PROJECT_BINARY_DIR} -DSOURCE=${PROJECT_SOURCE_DIR}
                   -DWORK=${PROJECT_BINARY_DIR}/${script} -DCXX=${CMAKE_CXX_COMPILER} -DNM=${CMAKE_NM}
                   -DGENERATOR=${CMAKE_GENERATOR} "-DFLAGS=${attnlab_user_flags}" "-DHEADERS=${attnlab_public_headers}"
                   "-DEXAMPLES=attention;own_variant" -P ${PROJECT_SOURCE_DIR}/tests/build/${script}.cmake)
endfunction()
attnlab_test_installed(build_installed installed)
attnlab_test_installed(build_shared shared CONFIGURATIONS nightly)
add_test(NAME build_subdirectory
         COMMAND ${CMAKE_COMMAND} -DSOURCE=${PROJECT_SOURCE_DIR} -DWORK=${PROJECT_BINARY_DIR}/subdirectory
                 -DCXX=${CMAKE_CXX_COMPILER} -DGENERATOR=${CMAKE_GENERATOR}
                 -P ${PROJECT_SOURCE_DIR}/tests/build/subdirectory.cmake)
add_test(NAME build_missing_package
         COMMAND ${CMAKE_COMMAND} -DSOURCE=${PROJECT_SOURCE_DIR} -DWORK=${PROJECT_BINARY_DIR}/missing_package
                 -DCXX=${CMAKE_CXX_COMPILER} -DGENERATOR=${CMAKE_GENERATOR}
                 -P ${PROJECT_SOURCE_DIR}/tests/build/missing_package.cmake)
add_test(NAME build_headers
         COMMAND bash ${PROJECT_SOURCE_DIR}/tests/build/headers.sh ${CMAKE_CXX_COMPILER} ${PROJECT_SOURCE_DIR}
                 ${attnlab_include} ${attnlab_generated_include} ${PROJECT_SOURCE_DIR}/experiments)
add_test(NAME build_docs COMMAND bash ${PROJECT_SOURCE_DIR}/tests/build/docs.sh ${PROJECT_SOURCE_DIR}
                                 ${PROJECT_BINARY_DIR}/docs ${attnlab_public_headers})
add_test(NAME report COMMAND test_report)
add_test(NAME report_in_chromium COMMAND bash ${PROJECT_SOURCE_DIR}/tests/report/chromium.sh)
add_test(NAME harness COMMAND test_harness)
# Tests of figures that must be reached; each prints its figure: `ctest -C nightly -L nightly -V`, with -R for one of
# them. The everyday run has smaller versions of the same names.
add_test(NAME harness_200_kills CONFIGURATIONS nightly COMMAND test_harness --gtest_filter=RandomKills.*)
set_tests_properties(harness_200_kills PROPERTIES ENVIRONMENT "ATTNLAB_KILLS=200")
add_test(NAME harness_200_pairs CONFIGURATIONS nightly COMMAND test_harness --gtest_filter=NightlyNoise.Equal*)
set_tests_properties(harness_200_pairs PROPERTIES ENVIRONMENT "ATTNLAB_AA_PAIRS=200")
add_test(NAME harness_five_percent CONFIGURATIONS nightly COMMAND test_harness --gtest_filter=NightlyNoise.Five*)
set_tests_properties(harness_five_percent PROPERTIES ENVIRONMENT "ATTNLAB_AA_PAIRS=20")
add_test(NAME harness_overhead CONFIGURATIONS nightly COMMAND test_harness --gtest_filter=NightlyOverhead.*)
set_tests_properties(harness_overhead PROPERTIES ENVIRONMENT "ATTNLAB_OVERHEAD=1")
add_test(NAME harness_10000_records CONFIGURATIONS nightly COMMAND test_harness --gtest_filter=ManyRecords.*)
set_tests_properties(harness_10000_records PROPERTIES ENVIRONMENT "ATTNLAB_RECORDS=10000")
add_test(NAME report_100000_records CONFIGURATIONS nightly COMMAND test_report --gtest_filter=Fuzz.*)
set_tests_properties(report_100000_records PROPERTIES ENVIRONMENT "ATTNLAB_FUZZ=100000")
set(nightly build_shared harness_200_kills harness_200_pairs harness_five_percent harness_overhead harness_10000_records
    report_100000_records)
# Faults that the tests must find (tests/mutants). The nightly run plants all of them. Every run checks that each fault still
# matches its source, and plants two that compile quickly.
if(CMAKE_GENERATOR STREQUAL "Ninja" AND NOT ATTNLAB_SANITIZE)
  attnlab_find(Python3 python3 COMPONENTS Interpreter)
  set(mutants ${Python3_EXECUTABLE} ${CMAKE_SOURCE_DIR}/tests/mutants/run.py)
  add_test(NAME mutants_list COMMAND ${mutants} --check)
  add_test(NAME mutants_two COMMAND ${mutants} --build ${CMAKE_BINARY_DIR} --work ${CMAKE_BINARY_DIR}/mutants_two
                                    --only divergence-order colour-sign)
  add_test(NAME mutants CONFIGURATIONS nightly COMMAND ${mutants} --build ${CMAKE_BINARY_DIR})
  list(APPEND nightly mutants)
endif()
# Tests run in parallel: waiting threads must not spin on the cores of another test.
foreach(folder property conformance members)
  foreach(level ${attnlab_levels})
    add_test(NAME ${folder}_${level} COMMAND test_${folder})
    set_tests_properties(${folder}_${level} PROPERTIES ENVIRONMENT "ATTNLAB_ISA=${level};OMP_WAIT_POLICY=passive")
  endforeach()
endforeach()
# Without a forced level only products of bfloat16 may differ, which conformance then runs by oneDNN.
add_test(NAME conformance COMMAND test_conformance)
set_tests_properties(conformance PROPERTIES ENVIRONMENT "OMP_WAIT_POLICY=passive")
# Random cases are the same in every run, so that a new failure comes from the change; the nightly run has new cases.
set(test_environment "${test_environment};RC_PARAMS=seed=1")
add_test(NAME property_new_cases CONFIGURATIONS nightly COMMAND test_property --gtest_filter=Random.*)
list(APPEND nightly property_new_cases)
get_property(names DIRECTORY PROPERTY TESTS)
foreach(name ${names})
  set_property(TEST ${name} APPEND PROPERTY ENVIRONMENT "${test_environment}")
endforeach()
set_property(TEST property_new_cases PROPERTY ENVIRONMENT "RC_PARAMS=max_success=3000")
set_tests_properties(${names} PROPERTIES SKIP_RETURN_CODE 77 TIMEOUT ${test_timeout} LABELS fast)
# Tests that take more than a few seconds; `ctest -L fast` leaves them out.
list(FILTER names INCLUDE REGEX "^(conformance|property|harness|report_in_chromium|mutants_two|build_(headers|installed)$)")
set_tests_properties(${names} PROPERTIES LABELS slow)
set_tests_properties(${nightly} PROPERTIES LABELS nightly TIMEOUT 7200)
# Tests of limits, kills and clocks need the machine for themselves.
set_tests_properties(harness ${nightly} PROPERTIES RUN_SERIAL ON)
