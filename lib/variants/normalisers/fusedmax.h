// fusedmax(lambda): sparsemax of the row after total-variation denoising, argmin_y |y - s|^2 / 2 + lambda sum
// |y_(t+1) - y_t|: neighbouring visible keys tend to share a weight. Niculae and Blondel, arXiv:1705.07704.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <vector>

#include "attnlab/variants/arguments.h"
#include "attnlab/variants/normalisers/kind.h"
#include "attnlab/variants/normalisers/row_scratch.h"
#include "attnlab/variants/normalisers/simplex.h"
#include "attnlab/variants/normalisers/sparsemax.h"

namespace attnlab {

struct Fusedmax {
  static constexpr MemberInfo info{"fusedmax", "lambda >= 0", "fusedmax(0.1)",
                                   "sparsemax(argmin_y |y - s|^2 / 2 + lambda sum |y_(t+1) - y_t|)",
                                   "Niculae and Blondel, arXiv:1705.07704"};
  static constexpr NormaliserKind kind = NormaliserKind::full_row;
  double lambda;

  static Fusedmax parse(const Arguments& given) {
    given.require_count(1, 1, info.parameters);
    return {given.number(0, "lambda", 0, std::numeric_limits<float>::max(), true)};
  }
  std::vector<double> arguments() const { return {lambda}; }

  void weights(std::span<double> row) const {
    denoise(row);
    Sparsemax().weights(row);
  }

  void solve(std::span<float> row, const RowScratch& scratch) const {
    if (lambda > 0) TautString(row, lambda, scratch).pull();
    project_on_simplex(row);
  }

 private:
  /// By level sets: {y > t} is the set of least cost sum (t - s) + lambda x its borders (Chambolle and Darbon
  /// 2009). With t the mean, either the empty set is best and y is t everywhere, or the row splits into runs
  /// above and below t, each drawn towards its neighbours.
  void denoise(std::span<double> row) const {
    double mean = 0;
    for (const double s : row) mean += s / static_cast<double>(row.size());
    // costs[high]: cost of the best labels so far whose last label is `high`; from: the label before it.
    std::vector<std::vector<char>> from(2, std::vector<char>(row.size()));
    double costs[2] = {0, 0};
    for (std::size_t t = 0; t < row.size(); ++t) {
      const double before[2] = {costs[0], costs[1]};
      for (std::size_t high = 0; high < 2; ++high) {
        const bool changes = t > 0 && before[1 - high] + lambda < before[high];
        from[high][t] = static_cast<char>(changes ? 1 - high : high);
        costs[high] = (changes ? before[1 - high] + lambda : before[high]) + (high ? mean - row[t] : 0);
      }
    }
    std::vector<char> labels(row.size());
    char label = costs[1] < costs[0];
    for (std::size_t t = row.size(); t-- > 0;) {
      labels[t] = label;
      label = from[static_cast<std::size_t>(label)][t];
    }
    if (std::count(labels.begin(), labels.end(), labels[0]) == std::ssize(labels)) {
      std::fill(row.begin(), row.end(), mean);
      return;
    }
    for (std::size_t begin = 0, end = 0; begin < row.size(); begin = end) {
      while (end < row.size() && labels[end] == labels[begin]) ++end;
      const double pull = labels[begin] ? -lambda : lambda;
      if (begin > 0) row[begin] += pull;
      if (end < row.size()) row[end - 1] += pull;
      denoise(row.subspan(begin, end - begin));
    }
  }

  /// The same by the taut string (Davies and Kovac 2001): y is the slope of the shortest path through the
  /// tube of half width lambda about the cumulative sums. Two chains have the points that the path may touch
  /// after its last bend: the least concave majorant of the floor and the greatest convex minorant of the
  /// ceiling. O(n), since a point enters and leaves each chain once. Point t is before key t.
  class TautString {
   public:
    TautString(std::span<float> row, double lambda, const RowScratch& scratch)
        : row_(row),
          sums_(scratch.values),
          floor_{scratch.places, -lambda},
          ceiling_{scratch.lengths, lambda} {}

    void pull() {
      // Relative to the maximum, so that large logits keep their precision.
      const double largest = static_cast<double>(*std::max_element(row_.begin(), row_.end()));
      double sum = 0;
      for (std::size_t t = 0; t < row_.size(); ++t) sums_[t] = sum += static_cast<double>(row_[t]) - largest;
      for (std::size_t point = 1; point <= row_.size(); ++point) {
        append(floor_, ceiling_, point, 1);
        append(ceiling_, floor_, point, -1);
      }
      while (floor_.first < floor_.last) bend(floor_);
    }

   private:
    struct Chain {
      std::span<std::int32_t> points;
      double offset;  ///< distance of the tube's border from the sums
      std::size_t first = 0;
      std::size_t last = 0;
    };

    double height(const Chain& chain, std::size_t point) const {
      return sums_[point - 1] + (point == row_.size() ? 0 : chain.offset);
    }
    std::size_t at(const Chain& chain, std::size_t place) const {
      return static_cast<std::size_t>(chain.points[place]);
    }
    /// From the bend to a point of the chain.
    double slope(const Chain& chain, std::size_t point) const {
      return (height(chain, point) - bend_height_) / static_cast<double>(point - bend_);
    }

    /// `side`: 1 for the floor, whose slopes decrease, -1 for the ceiling.
    void append(Chain& chain, Chain& other, std::size_t point, int side) {
      while (chain.first < chain.last) {
        const std::size_t last = at(chain, chain.last - 1);
        const double here = (height(chain, point) - height(chain, last)) / static_cast<double>(point - last);
        double before = slope(chain, last);
        if (chain.last - chain.first > 1) {
          const std::size_t previous = at(chain, chain.last - 2);
          before = (height(chain, last) - height(chain, previous)) / static_cast<double>(last - previous);
        }
        if (side * here < side * before) break;
        --chain.last;
      }
      if (chain.first == chain.last)
        while (other.first < other.last &&
               side * slope(chain, point) > side * slope(other, at(other, other.first)))
          bend(other);
      chain.points[chain.last++] = static_cast<std::int32_t>(point);
    }

    /// The path is straight to the first point of the chain and turns there.
    void bend(Chain& chain) {
      const std::size_t point = at(chain, chain.first++);
      const auto level = static_cast<float>(slope(chain, point));
      std::fill(row_.begin() + static_cast<std::ptrdiff_t>(bend_),
                row_.begin() + static_cast<std::ptrdiff_t>(point), level);
      bend_height_ = height(chain, point);
      bend_ = point;
    }

    std::span<float> row_;
    std::span<double> sums_;
    Chain floor_, ceiling_;
    std::size_t bend_ = 0;
    double bend_height_ = 0;
  };
};

}  // namespace attnlab
