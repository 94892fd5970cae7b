// oscarmax(lambda): sparsemax of argmin_y |y - s|^2 / 2 + lambda sum_(t < u) max(y_t, y_u), which groups keys
// of similar logits at any distance. Niculae and Blondel, arXiv:1705.07704, without the absolute values and
// the clipping at 0 of the published code, which are not invariant under a shift of the logits.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <numeric>
#include <span>
#include <vector>

#include "attnlab/variants/arguments.h"
#include "attnlab/variants/normalisers/kind.h"
#include "attnlab/variants/normalisers/row_scratch.h"
#include "attnlab/variants/normalisers/simplex.h"
#include "attnlab/variants/normalisers/sparsemax.h"

namespace attnlab {

struct Oscarmax {
  static constexpr MemberInfo info{"oscarmax", "lambda >= 0", "oscarmax(0.01)",
                                   "sparsemax(argmin_y |y - s|^2 / 2 + lambda sum_(t<u) max(y_t, y_u))",
                                   "Niculae and Blondel, arXiv:1705.07704"};
  static constexpr NormaliserKind kind = NormaliserKind::full_row;
  double lambda;

  static Oscarmax parse(const Arguments& given) {
    given.require_count(1, 1, info.parameters);
    return {given.number(0, "lambda", 0, std::numeric_limits<float>::max(), true)};
  }
  std::vector<double> arguments() const { return {lambda}; }

  /// For the row in descending order, the nearest non-increasing row to s_(t) + lambda t: from each position
  /// on, the run with the highest mean. Positions count from 0; a constant for the whole row changes no
  /// weight.
  void weights(std::span<double> row) const {
    std::vector<std::size_t> order(row.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::stable_sort(order.begin(), order.end(), [&](auto a, auto b) { return row[a] > row[b]; });
    for (std::size_t t = 0; t < row.size(); ++t) row[order[t]] += lambda * static_cast<double>(t);
    for (std::size_t begin = 0, end = 0; begin < row.size(); begin = end) {
      double sum = 0;
      double best = -std::numeric_limits<double>::infinity();
      for (std::size_t t = begin; t < row.size(); ++t) {
        sum += row[order[t]];
        if (sum / static_cast<double>(t + 1 - begin) < best) continue;
        best = sum / static_cast<double>(t + 1 - begin);
        end = t + 1;
      }
      for (std::size_t t = begin; t < end; ++t) row[order[t]] = best;
    }
    Sparsemax().weights(row);
  }

  void solve(std::span<float> row, const RowScratch& scratch) const {
    const std::span<std::int32_t> order = scratch.places.subspan(0, row.size());
    const auto logit = [&](std::int32_t place) { return row[static_cast<std::size_t>(place)]; };
    std::iota(order.begin(), order.end(), 0);
    std::sort(order.begin(), order.end(), [&](std::int32_t a, std::int32_t b) {
      return logit(a) > logit(b) || (logit(a) == logit(b) && a < b);
    });
    const double largest = static_cast<double>(logit(order[0]));
    // Pool adjacent violators: runs are sums and lengths; a run that is not below the previous one is merged
    // with it.
    std::size_t runs = 0;
    for (std::size_t t = 0; t < order.size(); ++t) {
      scratch.values[runs] = static_cast<double>(logit(order[t])) - largest + lambda * static_cast<double>(t);
      scratch.lengths[runs++] = 1;
      while (runs > 1 && scratch.values[runs - 1] * scratch.lengths[runs - 2] >=
                             scratch.values[runs - 2] * scratch.lengths[runs - 1]) {
        --runs;
        scratch.values[runs - 1] += scratch.values[runs];
        scratch.lengths[runs - 1] += scratch.lengths[runs];
      }
    }
    // Relative to the first run, which is the highest, so that lambda n costs no precision.
    const double highest = scratch.values[0] / scratch.lengths[0];
    std::size_t t = 0;
    for (std::size_t run = 0; run < runs; ++run) {
      const auto level = static_cast<float>(scratch.values[run] / scratch.lengths[run] - highest);
      for (std::int32_t left = scratch.lengths[run]; left > 0; --left)
        row[static_cast<std::size_t>(order[t++])] = level;
    }
    project_on_simplex(row);
  }
};

}  // namespace attnlab
