# Writes HEADER with build type, flags and git revision. The build runs it (cmake -P) with SOURCE, HEADER, TYPE and FLAGS.
find_program(GIT git)
set(revision unknown)
set(dirty -1)
if(GIT)
  execute_process(COMMAND ${GIT} -C ${SOURCE} rev-parse --short=12 HEAD OUTPUT_VARIABLE found RESULT_VARIABLE failed
                  OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
  if(NOT failed)
    set(revision ${found})
    execute_process(COMMAND ${GIT} -C ${SOURCE} status --porcelain OUTPUT_VARIABLE changes RESULT_VARIABLE failed
                    OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
    if(NOT failed)
      string(COMPARE NOTEQUAL "${changes}" "" dirty)
    endif()
  endif()
endif()
string(STRIP "${FLAGS}" FLAGS)
set(text "#pragma once
#define ATTNLAB_BUILD_TYPE \"${TYPE}\"
#define ATTNLAB_BUILD_FLAGS \"${FLAGS}\"
#define ATTNLAB_GIT_REVISION \"${revision}\"
#define ATTNLAB_GIT_DIRTY ${dirty}
")
set(before "")
if(EXISTS ${HEADER})
  file(READ ${HEADER} before)
endif()
if(NOT before STREQUAL text)
  file(WRITE ${HEADER} "${text}")
endif()
