#include "records/needle_table.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>
#include <tuple>

#include "records/analysis.h"
#include "records/series_names.h"

namespace attnlab {

namespace {

bool has_needle(const Json& record) { return text_at(record, "input.name").starts_with("needle("); }

TableCell needle_weight(const Json& record) {
  const std::string path = "dispersion.mean.needle_weight";
  if (record.at("status") != "ok") return TableCell::none(text_at(record, "status"));
  const auto weight = number_at(record, path);
  return weight ? TableCell(fmt::format("{:.4f}", *weight), text_at(record, path))
                : TableCell::none("no row sees the needle, or it was not recorded");
}

}  // namespace

Table make_needle_table(const std::vector<Json>& records) {
  Table table{"needle",
              "Needle: mean weight on the one key that matters",
              {{"input", "input", false},
               {"backend", "backend", false},
               {"variant", "variant", false},
               {"dtype", "dtype", false}},
              {},
              "One key has logit delta among logits N(0, 1), for every query; n is the number of keys. A "
              "variant that disperses loses the needle as n grows."};
  const SeriesNames names(records);
  const Conditions conditions(records);
  for (const Column& column : conditions.columns("input")) table.columns.push_back(column);
  table.naming_columns = table.columns.size();
  using Line = std::tuple<std::size_t, std::string, std::string, std::string>;
  std::vector<Line> order;
  std::map<Line, std::map<std::int64_t, const Json*>> rows;
  std::set<std::int64_t> lengths;
  for (const Json& record : records) {
    if (!has_needle(record)) continue;
    const Line key{conditions.index(record), backend_of(record), text_at(record, "variant"),
                   text_at(record, "cell.dtype")};
    if (std::find(order.begin(), order.end(), key) == order.end()) order.push_back(key);
    rows[key].emplace(seqlen_of(record), &record);
    lengths.insert(seqlen_of(record));
  }
  std::stable_sort(order.begin(), order.end(),
                   [](const Line& a, const Line& b) { return std::get<0>(a) < std::get<0>(b); });
  for (const std::int64_t n : lengths)
    table.columns.push_back({fmt::format("n = {}", n), fmt::format("needle_weight_{}", n)});
  for (const Line& key : order) {
    const auto& [condition, backend, variant, dtype] = key;
    const Json& first = *rows[key].begin()->second;
    std::vector<TableCell> row{text_at(first, "input.name"), backend,
                               TableCell(names.of_variant(variant), variant), dtype};
    for (const TableCell& value : conditions.values(first, "input")) row.push_back(value);
    for (const std::int64_t n : lengths) {
      const auto found = rows[key].find(n);
      row.push_back(found == rows[key].end() ? TableCell::none("no cell with this n")
                                             : needle_weight(*found->second));
    }
    table.keys.push_back({names.index(first), dtype, std::nullopt});
    table.rows.push_back(std::move(row));
  }
  return table;
}

}  // namespace attnlab
