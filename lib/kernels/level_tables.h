// The RowCode tables of the levels, each defined by one compilation of rows.cpp.
#pragma once

#include "attnlab/kernels/rows.h"

namespace attnlab {

namespace baseline {
extern const RowCode table;
}
namespace avx2 {
extern const RowCode table;
}
namespace avx512 {
extern const RowCode table;
}
namespace avx512_bf16 {
extern const RowCode table;
}

}  // namespace attnlab
