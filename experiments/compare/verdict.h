// The verdict on the time of one cell against that of another.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "attnlab/measure/bootstrap.h"
#include "cell/cell.h"

namespace attnlab {

/// The verdict on B against A. Overlap: the interval reaches across the edge of the noise floor. Too few: too
/// few samples were taken. Disturbed: too few are clean, so that the figures use disturbed ones.
enum class Verdict { faster, slower, same, overlap, too_few, disturbed };
inline constexpr std::array verdicts{Verdict::faster,  Verdict::slower,  Verdict::same,
                                     Verdict::overlap, Verdict::too_few, Verdict::disturbed};
std::string_view to_string(Verdict verdict);

/// Whether the verdict says which of the two is faster, or that neither is.
bool is_decided(Verdict verdict);

/// Faster or slower if the whole interval lies beyond the noise floor, same if it lies within, else overlap.
/// The floor is a fraction: 0.02 stands for ratios from 1 / 1.02 to 1.02.
Verdict judge(const Interval& interval, double floor);

/// The exact rank test (Mann and Whitney 1947) where it can decide with few samples: all samples of one side
/// lie beyond all of the other by more than the noise floor, and with equal distributions fewer than 1 % of
/// the orders would be like this or its reverse. Else overlap.
Verdict judge_by_ranks(std::span<const double> a, std::span<const double> b, double floor);

/// Time of one cell over that of another, from clean samples.
struct TimeRatio {
  double value;  ///< b / a: median over blocks of one group, or ratio of the medians
  Interval interval;
  Verdict verdict;
  bool by_ranks = false;   ///< the exact rank test decided
  std::int64_t clean = 0;  ///< clean samples: of the pairs, or of the side with fewer
  std::int64_t taken = 0;  ///< samples taken, of the same side
  /// Of an overlap: about how many clean samples would leave the edge of the floor outside the interval; 0 if
  /// that many cannot be taken.
  std::int64_t settling_samples = 0;
};

/// Whether there are enough clean samples for a 99 % interval.
bool has_interval(const TimeRatio& ratio);
/// Why there is none.
inline constexpr const char* no_interval = "fewer than eight clean samples give no 99 % interval";

/// Both records have figures. An interval needs `fewest_clean` clean samples on both sides.
TimeRatio compare_times(const Json& a, const Json& b, double floor);

/// The verdict and what a reader needs beside it, such as `OVERLAP: about 40 clean samples would settle it`,
/// `TOO FEW: 3 samples`, `FASTER by the exact rank test`.
std::string in_words(const TimeRatio& ratio);

/// What the verdicts mean, for the notes of tables.
std::string verdict_note(double floor);

}  // namespace attnlab
