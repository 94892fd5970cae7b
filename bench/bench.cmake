# bench/NAME.cpp is the Google Benchmark program bench_NAME; bench/peers is attnlab's program for the race.
add_library(attnlab_bench_support STATIC bench/support/machine_limits.cpp bench/support/cases.cpp)
target_include_directories(attnlab_bench_support PUBLIC bench)
target_link_libraries(attnlab_bench_support PUBLIC attnlab::attnlab OpenMP::OpenMP_CXX fmt::fmt benchmark::benchmark)
target_compile_options(attnlab_bench_support PRIVATE -O3)  # the limits are those of optimised code in every build

file(GLOB attnlab_bench_sources CONFIGURE_DEPENDS bench/*.cpp)
foreach(source ${attnlab_bench_sources})
  cmake_path(GET source STEM name)
  add_executable(bench_${name} ${source})
  target_link_libraries(bench_${name} PRIVATE attnlab_bench_support)
endforeach()

add_executable(bench_peers bench/peers/attnlab_contestant.cpp)
target_link_libraries(bench_peers PRIVATE attnlab_bench_support attnlab::measure nlohmann_json::nlohmann_json)
