#include "attnlab/kernels/level_tables.h"
#include "attnlab/kernels/rows.h"

namespace attnlab {

const RowCode& row_code(IsaLevel level) {
  switch (level) {
    case IsaLevel::baseline:
      return baseline::table;
    case IsaLevel::avx2:
      return avx2::table;
    case IsaLevel::avx512:
      return avx512::table;
    case IsaLevel::avx512_bf16:
      return avx512_bf16::table;
  }
  return baseline::table;
}

}  // namespace attnlab
