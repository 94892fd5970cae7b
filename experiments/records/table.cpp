#include "records/table.h"

#include <fmt/format.h>

namespace attnlab {

TableCell TableCell::none(std::string reason) {
  TableCell cell(missing);
  cell.why = std::move(reason);
  return cell;
}

std::string format_figure(double value) {
  if (value == 0) return "0";
  const double size = value < 0 ? -value : value;
  return size < 0.01     ? fmt::format("{:.2e}", value)
         : size < 0.9995 ? fmt::format("{:.3f}", value)
         : size < 9.995  ? fmt::format("{:.2f}", value)
         : size < 99.95  ? fmt::format("{:.1f}", value)
                         : fmt::format("{:.0f}", value);
}

TableCell interval_cell(const Interval& interval, int decimals, double unit) {
  const auto show = [&](double value) {
    return decimals < 0 ? format_figure(value / unit) : fmt::format("{:.{}f}", value / unit, decimals);
  };
  TableCell cell(fmt::format("{} … {}", show(interval.low), show(interval.high)),
                 fmt::format("{}", interval.low));
  cell.high = fmt::format("{}", interval.high);
  return cell;
}

}  // namespace attnlab
