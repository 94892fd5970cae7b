// A heatmap as a table, for readers who cannot see it.
#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "records/analysis.h"
#include "report/tables.h"

namespace attnlab {

namespace {

bool is_map(const Json& map, std::int64_t bins) {
  const auto size = static_cast<std::size_t>(bins);
  return map.is_array() && map.size() == size && std::all_of(map.begin(), map.end(), [&](const Json& row) {
           return row.is_array() && row.size() == size;
         });
}

/// Mean over the bins [top, bottom) x [left, right).
double pooled(const Json& map, std::int64_t top, std::int64_t bottom, std::int64_t left, std::int64_t right) {
  double sum = 0;
  for (std::int64_t row = top; row < bottom; ++row)
    for (std::int64_t column = left; column < right; ++column) {
      const Json& value = map.at(static_cast<std::size_t>(row)).at(static_cast<std::size_t>(column));
      if (value.is_number()) sum += value.get<double>();
    }
  return sum / static_cast<double>((bottom - top) * (right - left));
}

}  // namespace

std::vector<std::size_t> heatmap_records(const std::vector<Json>& records) {
  std::vector<std::size_t> shown;
  std::set<std::string> seen;
  for (std::size_t index = 0; index < records.size() && shown.size() < most_heatmaps; ++index) {
    const Json& record = records[index];
    if (is_exact(record) || !record.contains("heatmap") || !record.at("heatmap").is_object()) continue;
    const Json& map = record.at("heatmap");
    const auto bins = number_at(map, "bins");
    if (!bins || *bins < 1 || *bins > 128 || !number_at(map, "n") || !map.contains("exact") ||
        !map.contains("variant"))
      continue;
    const auto size = static_cast<std::int64_t>(*bins);
    if (is_map(map.at("exact"), size) && is_map(map.at("variant"), size) &&
        seen.insert(text_at(record, "variant") + "\n" + text_at(record, "input.name")).second)
      shown.push_back(index);
  }
  return shown;
}

Table make_heatmap_table(const std::vector<Json>& records, std::size_t index) {
  const Json& record = records.at(index);
  const Json& map = record.at("heatmap");
  const std::int64_t bins = map.at("bins").get<std::int64_t>();
  const auto rows = record.at("cell").at("seqlen_q").get<std::int64_t>();
  const std::int64_t keys = seqlen_of(record);
  const std::int64_t blocks = std::min<std::int64_t>(8, bins);
  const auto range = [&](std::int64_t block, std::int64_t n) {
    return fmt::format("{}–{}", block * bins / blocks * n / bins, (block + 1) * bins / blocks * n / bins - 1);
  };
  Table table{fmt::format("heatmap-{}", index),
              fmt::format("Weight × n of {}, {}, pooled further", text_at(record, "variant"),
                          text_at(record, "input.name")),
              {{"map", "map", false}, {"queries", "queries"}},
              {},
              "1 is uniform attention over all n keys."};
  for (std::int64_t block = 0; block < blocks; ++block) {
    const std::string name = range(block, keys);
    table.columns.push_back({"keys " + name, "keys " + name});
  }
  for (const char* which : {"exact", "variant"})
    for (std::int64_t down = 0; down < blocks; ++down) {
      std::vector<TableCell> row{std::string(which), range(down, rows)};
      for (std::int64_t across = 0; across < blocks; ++across)
        row.emplace_back(format_figure(pooled(map.at(which), down * bins / blocks, (down + 1) * bins / blocks,
                                              across * bins / blocks, (across + 1) * bins / blocks)));
      table.rows.push_back(std::move(row));
    }
  return table;
}

}  // namespace attnlab
