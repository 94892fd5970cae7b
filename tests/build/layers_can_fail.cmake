# The check of layers finds what it is there to find: small trees with one broken rule each. Run with cmake -P; WORK is
# a directory to make them in.
cmake_minimum_required(VERSION 3.25)
set(failures 0)

# A sound tree with `text` added to `file` breaks one rule (COMPLAINT) or NONE.
function(expect outcome file text)
  file(REMOVE_RECURSE ${WORK})
  set(tree ${WORK}/common/tree)  # the name of a folder above the tree is nobody's business
  foreach(sound lib/core/tensor.h lib/variants/score.h lib/kernels/lane.h lib/engines/engine.h lib/engines/registry.cpp
                lib/engines/tiled/tiled.h lib/engines/flash_2/flash.h lib/measure/heap.h experiments/cell/cell.h
                tests/harness/command.h tests/unit/score_test.cpp)
    file(WRITE ${tree}/${sound} "#include <vector>\n")
  endforeach()
  file(APPEND ${tree}/${file} "${text}\n")
  execute_process(COMMAND ${CMAKE_COMMAND} -DSOURCE=${tree} -P ${CMAKE_CURRENT_FUNCTION_LIST_DIR}/layers.cmake
                  ERROR_VARIABLE said RESULT_VARIABLE failed)
  if(outcome STREQUAL NONE AND failed)
    message("${file} with '${text}' is sound, but: ${said}")
  elseif(outcome STREQUAL COMPLAINT AND NOT (failed AND said MATCHES "[^0-9]1 broken rules"))
    message("${file} with '${text}' passed: ${said}")
  else()
    return()
  endif()
  math(EXPR count "${failures} + 1")
  set(failures ${count} PARENT_SCOPE)
endfunction()

expect(NONE lib/engines/registry.cpp "#include \"attnlab/engines/tiled/tiled.h\"")
expect(NONE lib/engines/tiled/tiled.h "#include \"attnlab/engines/engine.h\"\n#include \"attnlab/kernels/lane.h\"")
expect(NONE tests/harness/score_test.cpp "#include \"cell/cell.h\"")
expect(COMPLAINT lib/core/tensor.h "#include \"attnlab/variants/score.h\"")
expect(COMPLAINT lib/variants/score.h "#  include <attnlab/engines/engine.h>")
expect(COMPLAINT lib/variants/score.h "#include \"../engines/engine.h\"")
expect(COMPLAINT lib/kernels/lane.h "#include \"attnlab/engines/engine.h\"")
expect(COMPLAINT lib/measure/heap.h "#include \"attnlab/engines/engine.h\"")
expect(COMPLAINT lib/engines/engine.h "#include \"cell/cell.h\"")
expect(COMPLAINT lib/engines/tiled/tiled.h "#include \"attnlab/engines/flash_2/flash.h\"")
expect(COMPLAINT lib/flash/fast.h "")
expect(COMPLAINT experiments/cell.h "")
expect(NONE experiments/cell/cell.h "#include \"options/options.h\"")
expect(COMPLAINT experiments/cell/cell.h "#include \"records/records.h\"")
expect(COMPLAINT experiments/cell/cell.h "#include \"harness/command.h\"")
expect(COMPLAINT tests/unit/score_test.cpp "#include \"cell/cell.h\"")
expect(COMPLAINT lib/core/string_utils.h "")
expect(COMPLAINT extra.txt "")
string(REPEAT "int a[\n" 501 long)
expect(COMPLAINT lib/core/tensor.h "${long}")

file(REMOVE_RECURSE ${WORK})
if(failures GREATER 0)
  message(FATAL_ERROR "${failures} expectations failed")
endif()
