// What a reader sees first: what ran, the answer in a sentence, the variants at the largest n, and whether to
// trust the figures.
#pragma once

#include <array>
#include <string>
#include <vector>

#include "compare/subject.h"
#include "report/against.h"
#include "report/tables.h"

namespace attnlab {

/// Two lines: machine and threads; what all cells have in common, heads, dimensions, types, lengths, inputs.
std::array<std::string, 2> what_ran(const std::vector<Json>& records);

/// One or two sentences: the fastest variant at the largest n in the first dtype, how it stands to the
/// baseline and to the next, and what it gives up; of two runs, the verdicts. Also whether cells are
/// disturbed.
std::string make_answer(const Subject& subject, const Against& against);

/// Such as `Valid: no check calls for caution`.
struct Badge {
  std::string text;
  bool caution;
};
Badge make_badge(const Subject& subject, const Table& validity);

/// A row for each series and dtype at the largest n of each condition.
Table make_summary_table(const Subject& subject, const Against& against);

}  // namespace attnlab
