#include "sweep/conditions.h"

#include <fmt/format.h>

namespace attnlab {

std::vector<std::string> disturbing_conditions(const std::optional<double>& load, int most_threads,
                                               int cores) {
  std::vector<std::string> conditions;
  if (load && *load > 0.3)
    conditions.push_back(fmt::format("load average {:.2f}: other programs are running", *load));
  if (most_threads > cores)
    conditions.push_back(
        fmt::format("{} threads on {} core{}: threads wait for each other, and every sample is "
                    "disturbed",
                    most_threads, cores, cores == 1 ? "" : "s"));
  return conditions;
}

}  // namespace attnlab
