#include "cell/needle_weight.h"

#include <algorithm>
#include <vector>

namespace attnlab {

namespace {

struct Mean {
  double sum = 0;
  std::int64_t rows = 0;
  Json value() const { return rows == 0 ? Json() : Json(sum / static_cast<double>(rows)); }
};

}  // namespace

void add_needle_weight(const Variant& variant, const Shape& shape, std::span<const std::int64_t> needles,
                       const TensorView& output, Json& dispersion) {
  Mean all;
  Json per_head = Json::array();
  std::vector<float> row(static_cast<std::size_t>(shape.head_dim_v));
  for (std::int64_t head = 0; head < shape.batch * shape.heads; ++head) {
    const std::int64_t batch = head / shape.heads;
    const std::int64_t h = head % shape.heads;
    const std::int64_t needle = needles[static_cast<std::size_t>(batch * shape.kv_heads + shape.kv_head(h))];
    Mean own;
    for (std::int64_t i = 0; i < shape.seqlen_q; ++i) {
      if (variant.pattern.keys_within(shape, h, i, {needle, needle + 1}).count() == 0) continue;
      read_row(output, batch, h, i, row);
      own.sum += static_cast<double>(row[0]);
      ++own.rows;
    }
    all.sum += own.sum;
    all.rows += own.rows;
    per_head.push_back(own.value());
  }
  dispersion["mean"]["needle_weight"] = all.value();
  dispersion["per_head"]["needle_weight"] = per_head;
}

}  // namespace attnlab
