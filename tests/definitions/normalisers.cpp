#include "definitions/normalisers.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace definitions {

namespace {

using Row = std::vector<double>;

double largest_of(const Row& row) { return *std::max_element(row.begin(), row.end()); }

/// exp(s) / (extra + sum exp(s)) over the logits that `kept` accepts.
template <class Kept>
Row exponentials(const Row& logits, double extra, Kept kept) {
  const double shift = extra > 0 ? std::fmax(0, largest_of(logits)) : largest_of(logits);
  double sum = extra * std::exp(-shift);
  for (const double s : logits)
    if (kept(s)) sum += std::exp(s - shift);
  Row weights;
  for (const double s : logits) weights.push_back(kept(s) ? std::exp(s - shift - std::log(sum)) : 0);
  return weights;
}

bool every(double) { return true; }

/// Gupta et al., arXiv:2106.06899: softmax of the k largest. A logit is kept if fewer than k are larger.
Row topk_softmax(const Call& call, const Row& logits) {
  const auto kept = [&](double s) {
    const auto larger = std::count_if(logits.begin(), logits.end(), [&](double other) { return other > s; });
    return static_cast<double>(larger) < call.arguments.at(0);
  };
  return exponentials(logits, 0, kept);
}

/// Ramapuram et al., arXiv:2409.04431, equation 3: sigma(s + b), b = -ln n unless given.
Row sigmoid(const Call& call, const Row& logits) {
  const double bias = call.argument(0, -std::log(static_cast<double>(logits.size())));
  Row weights;
  for (const double s : logits)
    weights.push_back(s + bias < 0 ? std::exp(s + bias) / (1 + std::exp(s + bias))
                                   : 1 / (1 + std::exp(-(s + bias))));
  return weights;
}

/// Wortsman et al., arXiv:2309.08586: L^(-alpha) h with h = relu^2 and alpha = 1.
Row relu2(const Call&, const Row& logits) {
  Row weights;
  for (const double s : logits)
    weights.push_back(std::pow(std::fmax(s, 0), 2) / static_cast<double>(logits.size()));
  return weights;
}

/// Peters et al., arXiv:1905.05702, equation 4: max((alpha - 1) s - tau, 0)^(1 / (alpha - 1)), tau such that
/// they sum to 1. With tau = (alpha - 1) theta - 1 these are exponentials e(s - theta) of Tsallis, e(x) = [1
/// + (alpha - 1) x]^(1 / (alpha - 1)), which float64 holds for alpha near 1, too. The sum minus 1 is convex
/// and decreasing in theta, so that Newton's steps from below approach theta without passing it.
Row entmax(double alpha, const Row& logits) {
  const double largest = largest_of(logits);
  const auto exponential = [&](double x) {
    return (alpha - 1) * x > -1 ? std::exp(std::log1p((alpha - 1) * x) / (alpha - 1)) : 0;
  };
  double theta = 0;  // relative to the largest logit
  for (double before = -1; theta > before;) {
    before = theta;
    double excess = -1;
    double slope = 0;
    for (const double s : logits) {
      const double x = s - largest - theta;
      if ((alpha - 1) * x <= -1) continue;
      excess += exponential(x);
      slope += exponential(x) / (1 + (alpha - 1) * x);
    }
    theta += excess / slope;
  }
  Row weights;
  for (const double s : logits) weights.push_back(exponential(s - largest - theta));
  return weights;
}

/// Martins and Astudillo, arXiv:1602.02068: entmax with alpha = 2.
Row sparsemax(const Row& logits) { return entmax(2, logits); }

/// argmin_y |y - s|^2 / 2 + lambda sum |y_(t+1) - y_t|, by the path as lambda grows from 0: neighbouring runs
/// move towards each other, a run at a rate of 1 / its length for each neighbour, and runs that meet are
/// merged (Hoefling 2010, arXiv:0910.0526).
Row denoised(double lambda, const Row& logits) {
  struct Run {
    double level;
    std::size_t length;
  };
  std::vector<Run> runs;
  for (const double s : logits) runs.push_back({s, 1});
  const auto speed = [&](std::size_t run) {
    const auto pull = [&](double other) { return other > runs[run].level ? 1.0 : -1.0; };
    double sum = 0;
    if (run > 0) sum += pull(runs[run - 1].level);
    if (run + 1 < runs.size()) sum += pull(runs[run + 1].level);
    return sum / static_cast<double>(runs[run].length);
  };
  double left = lambda;
  while (true) {
    // The pair that meets first.
    double first = left;
    std::size_t meets = runs.size();
    for (std::size_t run = 0; run + 1 < runs.size(); ++run) {
      const double gap = runs[run + 1].level - runs[run].level;
      const double closing = gap == 0 ? 1 : (speed(run) - speed(run + 1)) * (gap > 0 ? 1 : -1);
      if (closing <= 0 || std::abs(gap) / closing > first) continue;
      first = std::abs(gap) / closing;
      meets = run;
    }
    Row speeds;
    for (std::size_t run = 0; run < runs.size(); ++run) speeds.push_back(speed(run));
    for (std::size_t run = 0; run < runs.size(); ++run) runs[run].level += first * speeds[run];
    left -= first;
    if (meets == runs.size()) break;
    runs[meets].length += runs[meets + 1].length;
    runs.erase(runs.begin() + static_cast<std::ptrdiff_t>(meets) + 1);
  }
  Row levels;
  for (const Run& run : runs) levels.insert(levels.end(), run.length, run.level);
  return levels;
}

/// argmin_y |y - s|^2 / 2 + lambda sum_(t < u) max(y_t, y_u). In descending order the penalty is linear: the
/// t-th largest of n, counted from 0, is the larger one of n - 1 - t pairs. The solution is the nearest
/// non-increasing row, by the min-max formula (Robertson, Wright and Dykstra 1988): the least over a <= t of
/// the largest over b >= t of the mean from a to b.
Row grouped(double lambda, const Row& logits) {
  const std::size_t n = logits.size();
  std::vector<std::size_t> order(n);
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](auto a, auto b) { return logits[a] > logits[b]; });
  Row sums(n + 1, 0);
  for (std::size_t t = 0; t < n; ++t)
    sums[t + 1] = sums[t] + logits[order[t]] - lambda * static_cast<double>(n - 1 - t);
  Row levels(n);
  for (std::size_t t = 0; t < n; ++t) {
    double least = INFINITY;
    for (std::size_t a = 0; a <= t; ++a) {
      double highest = -INFINITY;
      for (std::size_t b = t; b < n; ++b)
        highest = std::fmax(highest, (sums[b + 1] - sums[a]) / static_cast<double>(b + 1 - a));
      least = std::fmin(least, highest);
    }
    levels[order[t]] = least;
  }
  return levels;
}

}  // namespace

const std::map<std::string, Normaliser>& normalisers() {
  static const std::map<std::string, Normaliser> table{
      {"softmax", [](const Call&, const Row& s) { return exponentials(s, 0, every); }},
      // Miller, "Attention Is Off By One", 2023: 1 more in the denominator.
      {"off_by_one", [](const Call&, const Row& s) { return exponentials(s, 1, every); }},
      {"topk_softmax", topk_softmax},
      {"sigmoid", sigmoid},
      {"relu2", relu2},
      {"sparsemax", [](const Call&, const Row& s) { return sparsemax(s); }},
      {"entmax", [](const Call& call, const Row& s) { return entmax(call.argument(0, 1.5), s); }},
      // Niculae and Blondel, arXiv:1705.07704, sections 4.1 and 4.2.
      {"fusedmax",
       [](const Call& call, const Row& s) { return sparsemax(denoised(call.arguments.at(0), s)); }},
      {"oscarmax",
       [](const Call& call, const Row& s) { return sparsemax(grouped(call.arguments.at(0), s)); }},
  };
  return table;
}

}  // namespace definitions
