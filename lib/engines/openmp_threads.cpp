#include "attnlab/engines/openmp_threads.h"

#include <omp.h>

namespace attnlab {

OpenMpThreads::OpenMpThreads(int threads) : before_(omp_get_max_threads()) { omp_set_num_threads(threads); }
OpenMpThreads::~OpenMpThreads() { omp_set_num_threads(before_); }

}  // namespace attnlab
