#include "cell/doubts.h"

#include <fmt/format.h>

#include "attnlab/measure/machine.h"

namespace attnlab {

std::vector<std::string> doubts(const Cell& cell, const std::optional<double>& cpu_quota) {
  std::vector<std::string> found;
  if (const auto cores = this_machine().cores; cell.problem.threads > cores)
    found.push_back(fmt::format("{} threads share {} cores", cell.problem.threads, cores));
  if (cpu_quota && cell.problem.threads > *cpu_quota)
    found.push_back(fmt::format("{} thread{} the time of {:g} CPUs: a control group allows no more",
                                cell.problem.threads, cell.problem.threads == 1 ? " has" : "s share",
                                *cpu_quota));
  // With one query, as when decoding, there are more heads than queries, but not more than keys.
  if (const auto shape = cell.input.captured_shape();
      shape && shape->heads > shape->seqlen_q && shape->kv_heads > shape->seqlen_k)
    found.push_back(fmt::format(
        "{} has {} heads of {} rows: the arrays may be (n, heads, d), but are read as (heads, n, d)",
        cell.input.name(), shape->heads, shape->seqlen_q));
  return found;
}

}  // namespace attnlab
