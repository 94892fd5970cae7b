#include "sweep/conditions.h"

#include <fmt/format.h>

namespace attnlab {

std::optional<std::string> disturbing_load(const std::optional<double>& load) {
  if (!load || *load <= 0.3) return std::nullopt;
  return fmt::format("load average {:.2f}: other programs are running", *load);
}

}  // namespace attnlab
