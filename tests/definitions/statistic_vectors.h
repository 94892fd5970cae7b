// Rows of weights with statistics computed by hand, rounded to six decimals.
#pragma once

#include <cmath>
#include <cstdint>
#include <map>
#include <numeric>
#include <string>
#include <vector>

namespace definitions {

struct StatisticVector {
  std::string row;
  std::vector<std::int64_t> keys;
  std::int64_t position;  ///< of the query
  std::vector<double> logits, weights, value_norms;
  std::map<std::string, double> expected;  ///< NaN: undefined
};

/// 200 keys of equal weight with sum 50; the query is at the last key.
inline StatisticVector even_row() {
  StatisticVector row{"200 equal weights",
                      std::vector<std::int64_t>(200),
                      199,
                      std::vector<double>(200, 0.0),
                      std::vector<double>(200, 0.25),
                      std::vector<double>(200, 3.0),
                      {}};
  std::iota(row.keys.begin(), row.keys.end(), 0);
  row.expected = {{"entropy", 5.298317},
                  {"normalised_entropy", 1},
                  {"participation_ratio", 200},
                  {"max_weight", 0.005},
                  {"sink_mass", 0.02},
                  {"window_mass", 0.64},
                  {"mean_distance", 99.5},
                  {"support", 200},
                  {"varentropy", 0},
                  {"renyi2_entropy", 5.298317},
                  {"effective_support", 200},
                  {"sparsity", 0},
                  {"top8_mass", 0.04},
                  {"top64_mass", 0.32},
                  {"distance_p50", 127},
                  {"distance_p90", 255},
                  {"logsumexp", 5.298317},
                  {"logit_spread", 0},
                  {"value_entropy", 5.298317},
                  {"value_participation_ratio", 200},
                  {"sharpness", 0},
                  {"reachable_sharpness", 0}};
  return row;
}

inline std::vector<StatisticVector> statistic_vectors() {
  return {
      // p = 1/2, 1/4, 1/8, 1/8: H = 7/4 ln 2, sum p (ln p)^2 = 15/4 (ln 2)^2, sum p^2 = 22/64. Every p |v| is
      // 1/2.
      {"halves and quarters",
       {0, 2, 3, 5, 9},
       6,
       {2, 1, 0, 0, -1},
       {.5, .25, .125, .125, 0},
       {1, 2, 4, 4, 7},
       {{"entropy", 1.213008},
        {"normalised_entropy", 0.753684},
        {"participation_ratio", 2.909091},
        {"max_weight", 0.5},
        {"sink_mass", 0.875},
        {"window_mass", 1},
        {"mean_distance", 4.5},
        {"support", 4},
        {"varentropy", 0.330311},
        {"renyi2_entropy", 1.067841},
        {"effective_support", 3.363586},
        {"sparsity", 0.2},
        {"top8_mass", 1},
        {"top64_mass", 1},
        {"distance_p50", 7},
        {"distance_p90", 7},
        {"logsumexp", 2.523744},
        {"logit_spread", 3},
        {"value_entropy", 1.386294},
        {"value_participation_ratio", 4},
        {"sharpness", 0.396430},
        {"reachable_sharpness", 1.007506}}},
      even_row(),
      // Keys after the query are in no window. The weights sum to 2.
      {"keys after the query",
       {2, 3, 4, 140},
       2,
       {0, 0, 0.693147, -9},
       {.5, .5, 1, 0},
       {0, 1, 1, 1},
       {{"entropy", 1.039721},
        {"participation_ratio", 2.666667},
        {"max_weight", 0.5},
        {"sink_mass", 0.5},
        {"window_mass", 0.25},
        {"mean_distance", 1.25},
        {"support", 3},
        {"sparsity", 0.25},
        {"top8_mass", 1},
        {"distance_p50", 1},
        {"distance_p90", 3},
        {"logit_spread", 9.693147},
        // w = 0, 1/3, 2/3
        {"value_entropy", 0.636514},
        {"value_participation_ratio", 1.8},
        {"sharpness", 0.346574}}},
      {"beyond the window",
       {0, 71, 72, 199},
       199,
       {0, 0, 0, 0},
       {.25, .25, .25, .25},
       {1, 1, 1, 1},
       {{"sink_mass", 0.25},
        {"window_mass", 0.5},
        {"mean_distance", 113.5},
        {"distance_p50", 127},
        {"distance_p90", 255}}},
      {"one key",
       {7},
       9,
       {-3},
       {1},
       {2},
       {{"entropy", 0},
        {"normalised_entropy", NAN},
        {"participation_ratio", 1},
        {"max_weight", 1},
        {"sink_mass", 0},
        {"window_mass", 1},
        {"mean_distance", 2},
        {"support", 1},
        {"varentropy", 0},
        {"renyi2_entropy", 0},
        {"effective_support", 1},
        {"sparsity", 0},
        {"distance_p50", 3},
        {"logsumexp", -3},
        {"logit_spread", 0},
        {"value_entropy", 0},
        {"value_participation_ratio", 1},
        {"sharpness", 0},
        {"reachable_sharpness", 0}}},
      {"no weight",
       {0, 1},
       1,
       {0, -1},
       {0, 0},
       {1, 1},
       {{"entropy", NAN},
        {"participation_ratio", NAN},
        {"max_weight", NAN},
        {"sink_mass", NAN},
        {"support", 0},
        {"sparsity", 1},
        {"distance_p50", NAN},
        {"logsumexp", 0.313262},
        {"logit_spread", 1},
        {"value_entropy", NAN},
        {"value_participation_ratio", NAN}}},
      {"values of zero",
       {0, 1},
       1,
       {0, 0},
       {.5, .5},
       {0, 0},
       {{"entropy", 0.693147}, {"value_entropy", NAN}, {"value_participation_ratio", NAN}}},
  };
}

}  // namespace definitions
