#include "report/first_screen.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>
#include <set>

#include "records/analysis.h"
#include "records/quantities.h"
#include "records/samples.h"
#include "records/series_names.h"
#include "report/cell_tables.h"

namespace attnlab {

namespace {

using Cells = std::vector<const Json*>;

/// The distinct values at a path, in order of appearance; numbers as a range if there are more than three.
std::string values_of(const std::vector<Json>& records, const char* path) {
  std::vector<std::string> found;
  std::set<std::int64_t> numbers;
  for (const Json& record : records) {
    const std::string text = text_at(record, path);
    if (std::find(found.begin(), found.end(), text) == found.end()) found.push_back(text);
    if (const Json* value = value_at(record, path); value && value->is_number_integer())
      numbers.insert(value->get<std::int64_t>());
  }
  if (numbers.size() == found.size() && numbers.size() > 3)
    return fmt::format("{} … {}", *numbers.begin(), *numbers.rbegin());
  if (numbers.size() == found.size()) return fmt::format("{}", fmt::join(numbers, ", "));
  return found.size() > 6 ? fmt::format("{} and {} more", found.front(), found.size() - 1)
                          : fmt::format("{}", fmt::join(found, ", "));
}

/// The cells with valid figures at the largest n of one condition and dtype: the first that has some.
Cells longest_cells(const std::vector<Json>& records) {
  const Conditions conditions(records);
  std::map<std::tuple<std::size_t, bool, std::string>, Cells> groups;
  for (const Json& record : records)
    if (counts(record)) {
      const std::string dtype = text_at(record, "cell.dtype");
      groups[{conditions.index(record), dtype != "f32", dtype}].push_back(&record);
    }
  if (groups.empty()) return {};
  Cells cells = groups.begin()->second;
  std::int64_t n = 0;
  for (const Json* cell : cells) n = std::max(n, seqlen_of(*cell));
  std::erase_if(cells, [&](const Json* cell) { return seqlen_of(*cell) != n; });
  return cells;
}

double time_of(const Json& record) { return number_at(record, "time.median_ns").value_or(0); }

/// Such as `0.12 from exact attention (relative L2)`.
std::string price_of(const Json& record) {
  const auto given_up = number_at(record, "deviation.relative_l2");
  if (is_exact(record) || !given_up) return is_exact(record) ? "the exact answer" : "an unknown deviation";
  return fmt::format("an output that is {} from exact attention (relative L2)", format_figure(*given_up));
}

/// Such as `, 7.42 × as fast as full`; empty without a speed-up that has a verdict.
std::string speed_of(const Json& record, const Against& against) {
  const SpeedUp& speed_up = against.of(record);
  if (!speed_up.time || !is_decided(speed_up.time->verdict)) return "";
  if (speed_up.time->verdict == Verdict::same) return fmt::format(", as fast as {}", against.name());
  return fmt::format(
      ", {} × as fast as {} ({})", format_figure(1 / speed_up.time->value), against.name(),
      has_interval(*speed_up.time) ? "99 %: " + speed_up_interval(speed_up).text : "exact rank test");
}

std::string one_run(const Subject& subject, const Against& against) {
  const Cells all = longest_cells(subject.records);
  if (all.empty()) return "No cell has figures within their error budget.";
  const Conditions conditions(subject.records);
  const std::string& condition = conditions.label(conditions.index(*all.front()));
  const std::string where =
      fmt::format("At n = {} in {}{}", seqlen_of(*all.front()), text_at(*all.front(), "cell.dtype"),
                  condition.empty() ? "" : " and " + condition);
  Cells cells = all;
  std::erase_if(cells, [](const Json* cell) { return is_disturbed(*cell); });
  if (cells.empty())
    return fmt::format("{}, every one of the {} cells was disturbed: no variant can be called the fastest.",
                       where, all.size());
  std::stable_sort(cells.begin(), cells.end(),
                   [](const Json* a, const Json* b) { return time_of(*a) < time_of(*b); });
  const SeriesNames names(subject.records);
  const Json& best = *cells.front();
  std::string text =
      fmt::format("{}, {} is the fastest of {}: {}{}, with {}.", where, names.of(best), all.size(),
                  format_seconds(time_of(best) * 1e-9), speed_of(best, against), price_of(best));
  if (all.size() == 1)
    text = fmt::format("{}, {} takes {}{}, with {}.", where, names.of(best),
                       format_seconds(time_of(best) * 1e-9), speed_of(best, against), price_of(best));
  if (cells.size() > 1) {
    const TimeRatio next = compare_times(*cells[1], best, subject.floor());
    if (next.verdict != Verdict::faster)
      text +=
          fmt::format(" The next, {}, is not told apart from it ({}).", names.of(*cells[1]), in_words(next));
  }
  const auto exact =
      std::find_if(cells.begin(), cells.end(), [](const Json* cell) { return is_exact(*cell); });
  if (exact != cells.end() && exact != cells.begin())
    text += fmt::format(" The fastest exact one is {}: {}{}.", names.of(**exact),
                        format_seconds(time_of(**exact) * 1e-9), speed_of(**exact, against));
  return text;
}

std::string two_runs(const Comparison& comparison) {
  std::string text;
  for (const Verdict verdict : verdicts)
    if (const std::int64_t count = comparison.count(verdict); count > 0)
      text += fmt::format("{}{} {}", text.empty() ? ": " : ", ", count, to_string(verdict));
  return fmt::format("B against A, {} cells{}; noise floor {:.1f} %.", comparison.pairs.size(), text,
                     comparison.floor * 100);
}

struct Disturbed {
  std::int64_t cells = 0;
  std::int64_t measured = 0;
};
Disturbed count_disturbed(const std::vector<Json>& records) {
  Disturbed found;
  for (const Json& record : records) {
    if (record.at("status") != "ok") continue;
    ++found.measured;
    if (is_disturbed(record)) ++found.cells;
  }
  return found;
}

/// The verdict on a row of the summary, or why there is none.
TableCell summary_verdict(const Json& record, const Against& against) {
  if (!counts(record)) return TableCell("outside its error budget", "OUTSIDE BUDGET");
  const SpeedUp& speed_up = against.of(record);
  const bool decided = speed_up.time && is_decided(speed_up.time->verdict);
  if (is_disturbed(record) && !decided)
    return TableCell(fmt::format("DISTURBED: {} clean", to_string(clean_share(record))), "DISTURBED");
  return speed_up.is_baseline ? TableCell("baseline") : verdict_cell(speed_up);
}

TableCell given_up(const Json& record) {
  return is_exact(record) ? TableCell("nothing", text_at(record, "deviation.relative_l2"))
                          : figure(record, "deviation.relative_l2");
}

TableCell memory(const Json& record) {
  const auto bytes = number_at(record, "memory.workspace_bytes");
  return bytes ? TableCell(format_bytes(static_cast<std::int64_t>(*bytes)), fmt::format("{:.0f}", *bytes))
               : TableCell::none(not_recorded);
}

}  // namespace

std::array<std::string, 2> what_ran(const std::vector<Json>& records) {
  const SeriesNames names(records);
  const auto of = [&](const char* path) { return values_of(records, path); };
  const std::string heads = of("cell.heads");
  const std::string kv_heads = of("cell.kv_heads");
  const std::string dim = of("cell.head_dim");
  const std::string dim_v = of("cell.head_dim_v");
  const std::string queries = of("cell.seqlen_q");
  const std::string keys = of("cell.seqlen_k");
  return {fmt::format("{}, row code {}, {} thread{}", of("machine.cpu"), of("machine.level"),
                      of("cell.threads"), of("cell.threads") == "1" ? "" : "s"),
          fmt::format("{}{}{} heads{}, d {}{}, {}, n {}{}, input {}", names.common(),
                      names.common().empty() ? "" : "; ", heads,
                      kv_heads == heads ? "" : fmt::format(" ({} kv)", kv_heads), dim,
                      dim_v == dim ? "" : fmt::format(" (V {})", dim_v), of("cell.dtype"), keys,
                      queries == keys ? "" : fmt::format(" ({} queries)", queries), of("input.name"))};
}

std::string make_answer(const Subject& subject, const Against& against) {
  const std::string answer = subject.comparison ? two_runs(*subject.comparison) : one_run(subject, against);
  const Disturbed disturbed = count_disturbed(subject.records);
  if (disturbed.cells == 0) return answer;
  return fmt::format("{} {} of {} cells {} disturbed (too few clean samples; in italics): do not quote {}.",
                     answer, disturbed.cells, disturbed.measured, disturbed.cells == 1 ? "is" : "are",
                     disturbed.cells == 1 ? "it" : "them");
}

Badge make_badge(const Subject& subject, const Table& validity) {
  const Disturbed disturbed = count_disturbed(subject.records);
  if (disturbed.cells > 0)
    return {fmt::format("Disturbed: {} of {} cells", disturbed.cells, disturbed.measured), true};
  std::int64_t cautions = 0;
  std::string first;
  for (const auto& row : validity.rows)
    if (std::any_of(row.begin(), row.end(), [](const TableCell& cell) { return cell.text == caution; })) {
      if (++cautions == 1) first = row.front().text;
    }
  if (cautions == 0) return {"Valid: no check calls for caution", false};
  return {cautions == 1 ? fmt::format("Caution: {}", first)
                        : fmt::format("Caution: {} and {} more", first, cautions - 1),
          true};
}

namespace {

constexpr std::size_t summary_figures = 7;

/// The figures of a row of the summary; of a cell without figures its status.
std::vector<TableCell> summary_row(const Json& record, const Against& against) {
  if (record.at("status") != "ok") {
    std::vector<TableCell> row(summary_figures, TableCell::none(text_at(record, "status")));
    row.front() = text_at(record, "status");
    return row;
  }
  const SpeedUp& speed_up = against.of(record);
  const auto low = number_at(record, "time.low_ns");
  const auto high = number_at(record, "time.high_ns");
  return {TableCell(format_seconds(time_of(record) * 1e-9), fmt::format("{}", time_of(record))),
          speed_up.is_baseline ? TableCell("1") : speed_up_cell(speed_up),
          summary_verdict(record, against),
          low && high ? interval_cell({*low, *high}, -1, 1e6) : TableCell::none(not_recorded),
          memory(record),
          given_up(record),
          figure(record, "dispersion.mean.entropy")};
}

}  // namespace

Table make_summary_table(const Subject& subject, const Against& against) {
  const Conditions conditions(subject.records);
  std::map<std::size_t, std::int64_t> largest;
  for (const Json& record : subject.records) {
    std::int64_t& n = largest[conditions.index(record)];
    if (record.at("status") == "ok") n = std::max(n, seqlen_of(record));
  }
  std::set<std::int64_t> lengths;
  for (const auto& [condition, n] : largest) lengths.insert(n);
  const std::string caption = lengths.size() == 1 ? fmt::format("The variants at n = {}", *lengths.begin())
                                                  : std::string("The variants at the largest n");
  const CellTables cells(subject.records);
  Table table = cells.make(
      "summary", caption,
      {{"time", "time_median_ns"},
       {"speed-up", "speed_up"},
       {"verdict", "verdict", false},
       {"99 % interval, ms", "time_low_ns", true, "time_high_ns"},
       {"workspace", "workspace_bytes"},
       {"gives up", "deviation_relative_l2"},
       {"entropy", "entropy"}},
      [&](const Json& record) {
        return seqlen_of(record) == largest.at(conditions.index(record)) ? Rows{summary_row(record, against)}
                                                                         : Rows{};
      },
      "");
  // A column with one value has nothing to tell apart: the caption has n, and the lines above the type.
  const auto drop = [&](std::ptrdiff_t column) {
    table.columns.erase(table.columns.begin() + column);
    for (auto& row : table.rows) row.erase(row.begin() + column);
  };
  const bool one_type = std::all_of(table.keys.begin(), table.keys.end(),
                                    [&](const RowKey& key) { return key.dtype == table.keys.front().dtype; });
  if (one_type) drop(2);
  if (lengths.size() == 1) drop(1);
  table.note = fmt::format(
      "Speed-up against {}; noise floor {:.3g} %{}. Gives up: distance of the output from exact attention, "
      "relative L2. Entropy: mean over rows, nats.",
      against.name(), subject.floor() * 100,
      std::any_of(subject.floors.begin(), subject.floors.end(),
                  [](const auto& floor) { return floor.has_value(); })
          ? ""
          : " (assumed)");
  return table;
}

}  // namespace attnlab
