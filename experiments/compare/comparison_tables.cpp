#include "compare/comparison_tables.h"

#include <fmt/format.h>

#include <optional>

#include "records/analysis.h"
#include "records/quantities.h"

namespace attnlab {

namespace {

/// Names of cells: backend, variant, and the parts of their conditions in which cells differ.
class Labels {
 public:
  explicit Labels(const Comparison& comparison) : conditions_(records_of(comparison)) {}

  std::string of(const Json& record) const {
    const std::string& condition = conditions_.label(conditions_.index(record));
    return fmt::format("{} {}{}{}", backend_of(record), text_at(record, "variant"),
                       condition.empty() ? "" : ", ", condition);
  }

 private:
  static std::vector<Json> records_of(const Comparison& comparison) {
    std::vector<Json> records;
    // Without the figures, which are large.
    const auto add = [&](const Json& record) {
      records.push_back(
          {{"cell", record.at("cell")}, {"input", record.at("input")}, {"machine", record.at("machine")}});
    };
    for (const Pair& pair : comparison.pairs) {
      add(pair.a);
      add(pair.b);
    }
    for (const Unpaired& unpaired : comparison.unpaired) add(unpaired.record);
    return records;
  }

  Conditions conditions_;
};

std::string change(std::optional<double> a, std::optional<double> b, const auto& show) {
  if (!a || !b) return missing;
  return *a == *b ? show(*a) : fmt::format("{} → {}", show(*a), show(*b));
}

Table pairs_table(const Comparison& comparison, const Labels& labels) {
  Table table{"compare",
              "B against A",
              {{"cell", "cell", false},
               {"n", "n"},
               {"dtype", "dtype", false},
               {"threads", "threads"},
               {"time A", "time_a"},
               {"time B", "time_b"},
               {"B / A", "ratio"},
               {"99 % interval", "ratio_low", true, "ratio_high"},
               {"verdict", "verdict", false},
               {"workspace", "workspace"},
               {"heap peak", "heap_peak"},
               {"max error", "max_error"},
               {"entropy", "entropy"}},
              {},
              fmt::format("FASTER and SLOWER need the whole interval beyond the noise floor of {:.3g} %.",
                          comparison.floor * 100)};
  const auto time = [](double ns) { return format_seconds(ns * 1e-9); };
  const auto bytes = [](double value) { return format_bytes(static_cast<std::int64_t>(value)); };
  const auto error = [](double value) { return fmt::format("{:.1e}", value); };
  const auto entropy = [](double value) { return fmt::format("{:.4g}", value); };
  for (const Pair& pair : comparison.pairs) {
    const auto changed = [&](const char* path, const auto& show) {
      return change(number_at(pair.a, path), number_at(pair.b, path), show);
    };
    const std::string a = labels.of(pair.a);
    const std::string b = labels.of(pair.b);
    table.rows.push_back(
        {a == b ? a : fmt::format("{} → {}", a, b), fmt::format("{}", seqlen_of(pair.a)),
         text_at(pair.a, "cell.dtype"), text_at(pair.a, "cell.threads"),
         time(*number_at(pair.a, "time.median_ns")), time(*number_at(pair.b, "time.median_ns")),
         TableCell(fmt::format("{:.3f}", pair.time_ratio), fmt::format("{}", pair.time_ratio)),
         interval_cell(pair.interval, 3), std::string(to_string(pair.verdict)),
         changed("memory.workspace_bytes", bytes), changed("memory.heap_peak_bytes", bytes),
         changed("error.max_abs", error), changed("dispersion.mean.entropy", entropy)});
  }
  return table;
}

Table unpaired_table(const Comparison& comparison, const Labels& labels) {
  Table table{"not-compared",
              "Not compared",
              {{"cell", "cell", false}, {"n", "n"}, {"dtype", "dtype", false}, {"why", "why", false}},
              {},
              ""};
  for (const Unpaired& unpaired : comparison.unpaired)
    table.rows.push_back({labels.of(unpaired.record), fmt::format("{}", seqlen_of(unpaired.record)),
                          text_at(unpaired.record, "cell.dtype"), unpaired.why});
  return table;
}

}  // namespace

std::vector<Table> comparison_tables(const Comparison& comparison) {
  const Labels labels(comparison);
  std::vector<Table> tables{pairs_table(comparison, labels)};
  if (!comparison.unpaired.empty()) tables.push_back(unpaired_table(comparison, labels));
  return tables;
}

}  // namespace attnlab
