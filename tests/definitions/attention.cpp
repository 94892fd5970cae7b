#include "definitions/attention.h"

#include <algorithm>
#include <cmath>

#include "definitions/modifiers.h"
#include "definitions/normalisers.h"
#include "definitions/patterns.h"
#include "definitions/scores.h"

namespace definitions {

namespace {

std::vector<double> row_of(const std::vector<double>& tensor, std::int64_t row, std::int64_t width) {
  return {tensor.begin() + row * width, tensor.begin() + (row + 1) * width};
}

/// Consecutive query heads in groups of equal size share a key head (arXiv:2305.13245).
std::int64_t kv_head_of(const Inputs& inputs, std::int64_t head) {
  return head * inputs.kv_heads / inputs.heads;
}

void note_largest(Row& row) {
  for (const double logit : row.logits) row.largest = std::fmax(row.largest, std::abs(logit));
}

}  // namespace

Row attend(const Variant& variant, const Inputs& inputs, std::int64_t head, std::int64_t i) {
  const Call score = read_call(variant.score);
  const Call normaliser = read_call(variant.normaliser);
  const std::int64_t first_key = kv_head_of(inputs, head) * inputs.n_k;
  ModifiedRow about{head,
                    inputs.heads,
                    static_cast<double>(i + inputs.n_k - inputs.n_q),
                    {},
                    static_cast<double>(inputs.n_k),
                    row_of(inputs.q, head * inputs.n_q + i, inputs.d)};
  std::vector<Call> modifying;
  if (!variant.modifiers.empty())
    for (const std::string& modifier : split(variant.modifiers, '+'))
      modifying.push_back(read_call(modifier));
  Row row;
  for (std::int64_t j = 0; j < inputs.n_k; ++j) {
    const auto key = static_cast<double>(j);
    const auto hides = [&](const Call& call) {
      const Modifier& modifier = modifiers().at(call.name);
      return modifier.sees && !modifier.sees(call, key, about, inputs.learned);
    };
    if (!visible(variant.pattern, {head, about.position, key, static_cast<double>(inputs.n_k)}) ||
        std::any_of(modifying.begin(), modifying.end(), hides))
      continue;
    row.keys.push_back(j);
    about.keys.push_back(static_cast<double>(j));
    row.logits.push_back(scores().at(score.name)(score, about.query,
                                                 row_of(inputs.k, first_key + j, inputs.d), inputs.learned));
  }
  row.output.assign(static_cast<std::size_t>(inputs.d_v), 0);
  if (row.keys.empty()) return row;
  note_largest(row);
  for (const Call& call : modifying)
    if (!modifiers().at(call.name).after_normaliser) {
      modifiers().at(call.name).apply(call, row.logits, about, inputs.learned);
      note_largest(row);
    }
  row.weights = normalisers().at(normaliser.name)(normaliser, row.logits);
  for (const Call& call : modifying)
    if (modifiers().at(call.name).after_normaliser)
      modifiers().at(call.name).apply(call, row.weights, about, inputs.learned);
  for (std::size_t t = 0; t < row.keys.size(); ++t) {
    const std::vector<double> value = row_of(inputs.v, first_key + row.keys[t], inputs.d_v);
    for (std::size_t c = 0; c < value.size(); ++c) row.output[c] += row.weights[t] * value[c];
  }
  return row;
}

}  // namespace definitions
