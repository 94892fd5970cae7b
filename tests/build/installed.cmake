# Runs the installed command, and builds the examples against the installed tree, as a user's project in a scratch
# directory, with find_package and with pkg-config. Run with cmake -P: BUILD (the build to install), SOURCE, WORK (a scratch directory), CXX, FLAGS (of the
# build type and of sanitizers), HEADERS (attnlab's public headers, without version.h).
cmake_minimum_required(VERSION 3.25)
file(REMOVE_RECURSE ${WORK})
set(prefix ${WORK}/prefix)

function(run)
  execute_process(COMMAND ${ARGV} OUTPUT_VARIABLE said ERROR_VARIABLE said RESULT_VARIABLE failed)
  if(failed)
    list(JOIN ARGV " " command)
    message(FATAL_ERROR "${command}\nended with ${failed}:\n${said}")
  endif()
endfunction()

run(${CMAKE_COMMAND} --install ${BUILD} --prefix ${prefix})
run(${prefix}/bin/attnlab list)

# Exactly the public headers are installed. Each compiles by itself without attnlab's build dependencies and includes
# nothing of oneDNN, fmt or Boost.
file(GLOB_RECURSE installed RELATIVE ${prefix}/include/attnlab ${prefix}/include/attnlab/*)
list(FILTER installed EXCLUDE REGEX "^measure/")
set(expected ${HEADERS} version.h)
list(SORT installed)
list(SORT expected)
if(NOT installed STREQUAL expected)
  message(FATAL_ERROR "installed headers: ${installed}\nexpected: ${expected}")
endif()
foreach(header ${installed})
  file(WRITE ${WORK}/header.cpp "#include <attnlab/${header}>\n")
  execute_process(COMMAND ${CXX} -std=c++20 -Wall -Wextra -Werror -fsyntax-only -H -I ${prefix}/include ${WORK}/header.cpp
                  ERROR_VARIABLE included RESULT_VARIABLE failed)
  if(failed)
    message(FATAL_ERROR "attnlab/${header} does not compile by itself:\n${included}")
  endif()
  if(NOT included MATCHES "attnlab/${header}\n")
    message(FATAL_ERROR "the compiler did not list attnlab/${header}:\n${included}")
  endif()
  if(included MATCHES "[^\n]*(include/(dnnl|oneapi|fmt/|boost/)|/omp\\.h)[^\n]*")
    message(FATAL_ERROR "attnlab/${header} includes ${CMAKE_MATCH_0}")
  endif()
endforeach()

# A user's project.
file(WRITE ${WORK}/user/CMakeLists.txt "
cmake_minimum_required(VERSION 3.25)
project(user LANGUAGES CXX)
find_package(attnlab 0.1 REQUIRED)
foreach(name ${EXAMPLES})
  add_executable(\${name} \${name}.cpp)
  target_link_libraries(\${name} PRIVATE attnlab::attnlab)
endforeach()
")
foreach(example ${EXAMPLES})
  file(COPY ${SOURCE}/lib/examples/${example}.cpp DESTINATION ${WORK}/user)
endforeach()
run(${CMAKE_COMMAND} -S ${WORK}/user -B ${WORK}/user/build -G ${GENERATOR} -DCMAKE_CXX_COMPILER=${CXX}
    -DCMAKE_CXX_FLAGS=${FLAGS} -DCMAKE_PREFIX_PATH=${prefix} -DCMAKE_FIND_USE_PACKAGE_REGISTRY=OFF)
run(${CMAKE_COMMAND} --build ${WORK}/user/build)
foreach(example ${EXAMPLES})
  run(${WORK}/user/build/${example})
endforeach()

# The program keeps its own malloc.
execute_process(COMMAND ${NM} --defined-only ${WORK}/user/build/attention OUTPUT_VARIABLE symbols)
if(NOT symbols MATCHES " T main\n" OR symbols MATCHES " [TWD] malloc\n")
  message(FATAL_ERROR "the example defines malloc, or nm could not read it")
endif()

find_program(PKG_CONFIG pkg-config)
if(NOT PKG_CONFIG)
  message("1 passed, 0 failed; pkg-config is missing, so attnlab.pc was not tried")
  return()
endif()
# A program names the libraries behind a static library itself, and has the folder of a shared one in its run path.
file(GLOB_RECURSE pc ${prefix}/attnlab.pc)
cmake_path(GET pc PARENT_PATH pc_folder)
file(GLOB_RECURSE shared ${prefix}/libattnlab.so)
if(shared)
  cmake_path(GET shared PARENT_PATH lib_folder)
  set(run_path -Wl,-rpath,${lib_folder})
else()
  set(static --static)
endif()
execute_process(COMMAND ${CMAKE_COMMAND} -E env PKG_CONFIG_PATH=${pc_folder} ${PKG_CONFIG} ${static} --cflags --libs attnlab
                OUTPUT_VARIABLE options ERROR_VARIABLE said RESULT_VARIABLE failed OUTPUT_STRIP_TRAILING_WHITESPACE)
if(failed)
  message(FATAL_ERROR "pkg-config: ${said}")
endif()
separate_arguments(options UNIX_COMMAND "${options}")
separate_arguments(flags UNIX_COMMAND "${FLAGS}")
run(${CXX} -std=c++20 ${flags} ${WORK}/user/attention.cpp -o ${WORK}/by_pkg_config ${options} ${run_path})
run(${WORK}/by_pkg_config)
message("1 passed, 0 failed")
