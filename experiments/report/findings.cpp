#include "report/findings.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "records/analysis.h"
#include "records/quantities.h"
#include "records/samples.h"
#include "records/series_names.h"
#include "report/against.h"
#include "report/tables.h"

namespace attnlab {

namespace {

using Records = std::vector<const Json*>;

std::string time_of(const Json& record) {
  const auto time = number_at(record, "time.median_ns");
  return time ? format_seconds(*time * 1e-9) : "no time";
}

/// Number of cells without figures by status, such as `2 timeout, 1 refused`.
std::string statuses(const std::vector<Json>& records) {
  std::map<std::string, int> counted;
  for (const Json& record : records)
    if (record.at("status") != "ok") ++counted[record.at("status").get<std::string>()];
  std::string text;
  for (const auto& [status, count] : counted)
    text += fmt::format("{}{} {}", text.empty() ? "" : ", ", count, status);
  return text;
}

std::string coverage(const std::vector<Json>& records) {
  const auto ok =
      std::count_if(records.begin(), records.end(), [](const Json& r) { return r.at("status") == "ok"; });
  const auto valid = std::count_if(records.begin(), records.end(), counts);
  std::string text = fmt::format("{} of {} cells have figures", ok, records.size());
  if (const std::string others = statuses(records); !others.empty()) text += fmt::format(" ({})", others);
  return text + (valid == ok ? ok > 0 ? ", all of them within their error budget." : "."
                             : fmt::format("; {} of them outside their error budget.", ok - valid));
}

/// Such as `B against A, 38 cells: 3 FASTER, 35 SAME; noise floor 1.2 %`.
std::string counted_verdicts(const Comparison& comparison) {
  std::string text;
  for (const Verdict verdict : verdicts)
    if (const std::int64_t count = comparison.count(verdict); count > 0)
      text += fmt::format("{} {} {}", text.empty() ? ":" : ",", count, to_string(verdict));
  return fmt::format("B against A, {} cells{}; noise floor {:.1f} %.", comparison.pairs.size(), text,
                     comparison.floor * 100);
}

/// Null if all cells are disturbed.
const Json* fastest(const Records& cells) {
  const Json* best = nullptr;
  for (const Json* cell : cells)
    if (const auto time = number_at(*cell, "time.median_ns");
        time && !is_disturbed(*cell) && (!best || *time < *number_at(*best, "time.median_ns")))
      best = cell;
  return best;
}

/// The fastest exact cell at the largest n and its savings, and the fastest cell of all if it is not exact.
void add_fastest(std::vector<std::string>& findings, const Records& cells, const SeriesNames& names,
                 const Against& against) {
  std::int64_t n = 0;
  for (const Json* cell : cells) n = std::max(n, seqlen_of(*cell));
  Records longest;
  Records exact;
  for (const Json* cell : cells)
    if (seqlen_of(*cell) == n) {
      longest.push_back(cell);
      if (is_exact(*cell)) exact.push_back(cell);
    }
  const auto ratios = [&](const Json& cell) {
    const SpeedUp& speed_up = against.of(cell);
    if (!speed_up.time || !speed_up.workspace) return std::string();
    const std::string smaller = fmt::format("1/{} of its workspace", format_figure(*speed_up.workspace));
    switch (speed_up.time->verdict) {
      case Verdict::faster:
      case Verdict::slower:
        return fmt::format(", {} × the speed of {} in {}", format_figure(1 / speed_up.time->value),
                           against.name(), smaller);
      case Verdict::same:
        return fmt::format(", the same speed as {} within the noise floor ({}), in {}", against.name(),
                           to_string(speed_up.time->verdict), smaller);
      default:
        return fmt::format(", without a verdict against {} ({}), in {}", against.name(),
                           in_words(*speed_up.time), smaller);
    }
    return std::string();
  };
  const Json* best = fastest(exact);
  if (best)
    findings.push_back(fmt::format("Fastest exact attention at n = {}, {}: {}, {}{}.", n,
                                   text_at(*best, "cell.dtype"), names.of(*best), time_of(*best),
                                   ratios(*best)));
  const Json* approximate = fastest(longest);
  if (approximate && !is_exact(*approximate)) {
    const auto given_up = number_at(*approximate, "deviation.relative_l2");
    findings.push_back(fmt::format(
        "Fastest of all at n = {}, {}: {}, {}{}{}.", n, text_at(*approximate, "cell.dtype"),
        names.of(*approximate), time_of(*approximate), ratios(*approximate),
        given_up ? fmt::format("; its output differs from that of exact attention by {} (relative L2)",
                               format_figure(*given_up))
                 : ""));
  }
}

/// A value and its label.
using Said = std::pair<double, std::string>;

/// show(one) of each; of more than four, only of the least and the greatest.
template <class Show>
std::string listed(const std::vector<Said>& said, Show show) {
  if (said.size() > 4) {
    const auto [least, greatest] = std::minmax_element(said.begin(), said.end());
    return fmt::format("{} to {}, the least and the greatest of {}", show(*least), show(*greatest),
                       said.size());
  }
  std::string text;
  for (const Said& one : said) text += (text.empty() ? "" : ", ") + show(one);
  return text;
}

/// Such as `Time grows as n^2.04 (full), n^1.95 (chunked)`.
void add_growth(std::vector<std::string>& findings, const Records& cells, const SeriesNames& names,
                const char* what, const std::string& path) {
  std::map<std::size_t, std::vector<std::pair<double, double>>> curves;
  const bool is_time = path.starts_with("time.");
  for (const Json* cell : cells)
    if (const auto value = number_at(*cell, path); value && *value > 0 && !(is_time && is_disturbed(*cell)))
      curves[names.index(*cell)].emplace_back(static_cast<double>(seqlen_of(*cell)), *value);
  std::vector<Said> said;
  for (const auto& [series, points] : curves)
    if (const auto exponent = fitted_exponent(points); exponent && is_known_well(*exponent))
      said.emplace_back(exponent->value, names.all()[series]);
  if (!said.empty())
    findings.push_back(fmt::format(
        "{} in {} grows as {}.", what, text_at(*cells.front(), "cell.dtype"),
        listed(said, [](const Said& one) { return fmt::format("n^{:.2f} ({})", one.first, one.second); })));
}

void add_dispersion(std::vector<std::string>& findings, const Records& cells, const SeriesNames& names) {
  std::int64_t n = 0;
  for (const Json* cell : cells) n = std::max(n, seqlen_of(*cell));
  std::vector<Said> said;
  std::set<std::string> seen;
  for (const Json* cell : cells) {
    const auto entropy = number_at(*cell, "dispersion.mean.normalised_entropy");
    const auto support = number_at(*cell, "dispersion.mean.support");
    const std::string variant = text_at(*cell, "variant");
    if (seqlen_of(*cell) == n && entropy && support && seen.insert(variant).second)
      said.emplace_back(*entropy,
                        fmt::format("{} keys ({})", format_figure(*support), names.of_variant(variant)));
  }
  if (!said.empty())
    findings.push_back(
        fmt::format("Mean entropy of a row as a share of its maximum, and mean support, at n = {}: {}.", n,
                    listed(said, [](const Said& one) {
                      return fmt::format("{} over {}", format_figure(one.first), one.second);
                    })));
}

}  // namespace

std::vector<std::string> make_findings(const Subject& subject) {
  const std::vector<Json>& records = subject.records;
  const SeriesNames names(records);
  const Conditions conditions(records);
  const Against against(records, subject.baseline, subject.floor());
  std::vector<std::string> findings{coverage(records)};
  if (subject.comparison) findings.push_back(counted_verdicts(*subject.comparison));
  // Cells by dtype, f32 first.
  std::map<std::pair<bool, std::string>, Records> groups;
  std::size_t condition = conditions.size();
  for (const Json& record : records)
    if (counts(record)) condition = std::min(condition, conditions.index(record));
  for (const Json& record : records) {
    const std::string dtype = text_at(record, "cell.dtype");
    if (counts(record) && conditions.index(record) == condition)
      groups[{dtype != "f32", dtype}].push_back(&record);
  }
  if (conditions.size() > 1 && !groups.empty())
    findings.push_back(fmt::format("The findings below are for {}; the tables also have the other {}.",
                                   conditions.label(condition), conditions.size() - 1));
  for (const auto& [dtype, cells] : groups) add_fastest(findings, cells, names, against);
  if (!groups.empty()) {
    const Records& first = groups.begin()->second;
    add_growth(findings, first, names, "Time", "time.median_ns");
    add_growth(findings, first, names, "Workspace", "memory.workspace_bytes");
    add_dispersion(findings, first, names);
  }
  return findings;
}

}  // namespace attnlab
