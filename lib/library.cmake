# attnlab::attnlab, the library, and attnlab::measure, its instruments. Both are position-independent.
attnlab_find(OpenMP g++)
attnlab_find(fmt libfmt-dev)
attnlab_find(Boost libboost-dev)
include(${CMAKE_CURRENT_LIST_DIR}/install/onednn.cmake)
if(NOT TARGET DNNL::dnnl)
  message(FATAL_ERROR "oneDNN is missing: apt-get install libdnnl-dev, or let experiments/scripts/quickstart.sh do it")
endif()

# Headers of lib are included as attnlab/…, in the build tree as in the installed tree. attnlab/version.h is made from
# the version of the project.
set(attnlab_include ${PROJECT_BINARY_DIR}/include)
set(attnlab_generated_include ${PROJECT_BINARY_DIR}/generated)
file(MAKE_DIRECTORY ${attnlab_include})
file(CREATE_LINK ${PROJECT_SOURCE_DIR}/lib ${attnlab_include}/attnlab SYMBOLIC)
configure_file(lib/install/version.h.in ${attnlab_generated_include}/attnlab/version.h @ONLY)

# As fast as code that is not position-independent, since functions of the library cannot be replaced at load time.
set(attnlab_position_independent -fPIC -fno-semantic-interposition)

# Row code: lib/kernels/rows.cpp is compiled once for each instruction-set level, in a namespace of that level. It is
# always optimised: functions that are not inlined would become weak symbols and could replace those of another level.
set(attnlab_levels baseline avx2 avx512 avx512_bf16)
set(attnlab_flags_baseline -march=x86-64)
set(attnlab_flags_avx2 -march=x86-64-v3)
set(attnlab_flags_avx512 -march=x86-64-v4 -mprefer-vector-width=512)
set(attnlab_flags_avx512_bf16 ${attnlab_flags_avx512} -mavx512bf16 -mavx512vnni)
foreach(level ${attnlab_levels})
  add_library(attnlab_kernels_${level} OBJECT lib/kernels/rows.cpp)
  target_include_directories(attnlab_kernels_${level} PRIVATE ${attnlab_include})
  target_compile_definitions(attnlab_kernels_${level} PRIVATE ATTNLAB_LEVEL=${level})
  target_compile_options(attnlab_kernels_${level} PRIVATE ${attnlab_position_independent} -O3 -U_GLIBCXX_ASSERTIONS
                         -fno-sanitize=all -fno-math-errno -fno-trapping-math -ffp-contract=fast
                         -fno-tree-loop-distribute-patterns ${attnlab_flags_${level}})
  list(APPEND attnlab_kernel_objects $<TARGET_OBJECTS:attnlab_kernels_${level}>)
endforeach()

# Static unless BUILD_SHARED_LIBS is set. Only its sources include fmt and Boost; users need oneDNN and OpenMP.
file(GLOB_RECURSE attnlab_sources CONFIGURE_DEPENDS lib/*.cpp)
list(FILTER attnlab_sources EXCLUDE REGEX "/((measure|examples)/[^/]*|kernels/rows)\\.cpp$")
add_library(attnlab ${attnlab_sources} ${attnlab_kernel_objects})
add_library(attnlab::attnlab ALIAS attnlab)
target_compile_features(attnlab PUBLIC cxx_std_20)
target_compile_options(attnlab PRIVATE ${attnlab_position_independent})
target_include_directories(attnlab PUBLIC $<BUILD_INTERFACE:${attnlab_include}>
                           $<BUILD_INTERFACE:${attnlab_generated_include}>)
target_link_libraries(attnlab PRIVATE DNNL::dnnl OpenMP::OpenMP_CXX $<BUILD_INTERFACE:fmt::fmt-header-only>
                      $<BUILD_INTERFACE:Boost::headers>)
# Tests and error checks spend most of their time in the oracle.
file(GLOB attnlab_reference_sources CONFIGURE_DEPENDS lib/engines/reference/*.cpp lib/oracle/*.cpp)
set_source_files_properties(${attnlab_reference_sources} PROPERTIES COMPILE_OPTIONS -O3)

# Replaces the C allocation functions of the program that links it, to count the heap (lib/measure/heap.h).
if(ATTNLAB_MEASURE)
  attnlab_find(benchmark libbenchmark-dev)
  file(GLOB attnlab_measure_sources CONFIGURE_DEPENDS lib/measure/*.cpp)
  add_library(attnlab_measure STATIC ${attnlab_measure_sources})
  add_library(attnlab::measure ALIAS attnlab_measure)
  target_compile_options(attnlab_measure PRIVATE ${attnlab_position_independent})
  target_link_libraries(attnlab_measure PUBLIC attnlab PRIVATE OpenMP::OpenMP_CXX benchmark::benchmark)
endif()
