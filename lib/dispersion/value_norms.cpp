#include "attnlab/dispersion/value_norms.h"

#include <cmath>

namespace attnlab {

std::vector<double> value_norms(const TensorView& v, std::int64_t batch, std::int64_t kv_head) {
  std::vector<double> norms(static_cast<std::size_t>(v.shape[2]));
  std::vector<float> row(static_cast<std::size_t>(v.shape[3]));
  for (std::size_t j = 0; j < norms.size(); ++j) {
    read_row(v, batch, kv_head, static_cast<std::int64_t>(j), row);
    double squares = 0;
    for (const float value : row) squares += static_cast<double>(value) * static_cast<double>(value);
    norms[j] = std::sqrt(squares);
  }
  return norms;
}

}  // namespace attnlab
