// Tables about weights: spread, concentration, reach, sharpness, distance from a baseline, and the exact
// filter.
#include <fmt/format.h>

#include <algorithm>

#include "attnlab/dispersion/row_statistics.h"
#include "records/needle_table.h"
#include "report/cell_tables.h"

namespace attnlab {

namespace {

struct Shown {
  const char* title;
  Statistic statistic;
};

Table statistics_table(const CellTables& cells, const char* id, const char* caption,
                       const std::vector<Shown>& shown, const char* note) {
  std::vector<Column> columns;
  for (const Shown& one : shown)
    columns.push_back({one.title, std::string(statistic_names[static_cast<std::size_t>(one.statistic)])});
  return cells.make(
      id, caption, columns,
      [&](const Json& record) {
        std::vector<TableCell> row;
        for (const Column& column : columns) row.push_back(figure(record, "dispersion.mean." + column.name));
        return when_ok(record, row);
      },
      note);
}

/// Sharpness over reachable sharpness, of all heads and of the heads with the least and the largest share.
Rows sharpness(const Json& record) {
  const auto share = [](double used, double reachable) -> TableCell {
    return reachable > 0 ? TableCell(format_figure(used / reachable), fmt::format("{}", used / reachable))
                         : TableCell::none("the logits have no spread");
  };
  const auto used = number_at(record, "dispersion.mean.sharpness");
  const auto reachable = number_at(record, "dispersion.mean.reachable_sharpness");
  if (record.at("status") != "ok" || !used || !reachable) return {};
  const Json& heads = record.at("dispersion").at("per_head");
  std::vector<std::pair<double, double>> of_heads;
  for (std::size_t head = 0; head < heads.at("sharpness").size(); ++head) {
    const Json& of_head = heads.at("sharpness").at(head);
    const Json& reach = heads.at("reachable_sharpness").at(head);
    if (of_head.is_number() && reach.is_number()) of_heads.emplace_back(of_head, reach);
  }
  const auto [least, most] = std::minmax_element(
      of_heads.begin(), of_heads.end(),
      [](const auto& a, const auto& b) { return a.first * b.second < b.first * a.second; });
  return {{figure(record, "dispersion.mean.logit_spread"), figure(record, "dispersion.mean.logsumexp"),
           figure(record, "dispersion.mean.sharpness"), figure(record, "dispersion.mean.reachable_sharpness"),
           share(*used, *reachable), share(least->first, least->second), share(most->first, most->second)}};
}

/// No row if the baseline is the variant itself or was not recorded.
Rows against(const Json& record) {
  const std::string baseline = text_at(record, "against.variant");
  if (baseline.empty() || baseline == text_at(record, "variant")) return {};
  return when_ok(record,
                 {baseline, figure(record, "against.mean.l1"), figure(record, "against.mean.kl"),
                  whole(record, "against.infinite_kl_rows"), figure(record, "against.mean.lost_mass"),
                  figure(record, "against.output.relative_l2"), figure(record, "against.output.max_abs")});
}

Rows filter(const Json& record) {
  const Json* path = value_at(record, "filter.approximated");
  if (!path) return {};
  const auto percent = [&](const char* name) { return figure(record, std::string("filter.") + name, 0.01); };
  const Json* rows = value_at(record, "filter.approximated_rows");
  std::string first = path->get<bool>() ? "8-bit" : "full";
  if (path->get<bool>() && rows && rows->is_number() && *rows < 1)
    first += fmt::format(", {:.3g} % of the rows", 100 * rows->get<double>());
  return when_ok(record, {first, percent("appended"), percent("passed"), percent("support"),
                          figure(record, "filter.solves_per_row"), percent("whole_rows")});
}

Table make_sharpness_table(const CellTables& cells) {
  return cells.make(
      "sharpness", "Sharpness, and its share of the most that softmax reaches with logits of this spread",
      {{"logit spread", "logit_spread"},
       {"logsumexp", "logsumexp"},
       {"ln n − H, nats", "sharpness"},
       {"C(spread), nats", "reachable_sharpness"},
       {"share", "sharpness_share"},
       {"least head", "sharpness_share_least"},
       {"largest head", "sharpness_share_most"}},
      sharpness,
      "H: entropy. C: the most by which the entropy of softmax can be below ln n, at any n, with logits "
      "of the measured spread (largest minus smallest). Means over rows. Share: the third column over "
      "the fourth, for all heads and for the heads with the least and the largest share. Softmax cannot "
      "exceed 1; regularised normalisers can.");
}

Table make_against_table(const CellTables& cells) {
  return cells.make(
      "against", "Weights and output against the baseline",
      {{"baseline", "baseline", false},
       {"L1", "l1"},
       {"KL, nats", "kl"},
       {"rows of infinite KL", "infinite_kl_rows"},
       {"mass lost", "lost_mass"},
       {"output, relative L2", "output_relative_l2"},
       {"output, max", "output_max_abs"}},
      against,
      "In float64, on the query rows of the error. L1: sum |p - q|, 2 if no key is shared; KL: of the "
      "variant's weights from the baseline's, over the rows where it is finite; mass lost: weight of the "
      "baseline on keys that the variant leaves out.");
}

Table make_filter_table(const CellTables& cells) {
  return cells.make(
      "filter", "The exact filter: keys that pass the bounds",
      {{"first products", "filter_products", false},
       {"appended, %", "filter_appended"},
       {"passed, %", "filter_passed"},
       {"support, %", "filter_support"},
       {"solves a row", "filter_solves_per_row"},
       {"whole rows, %", "filter_whole_rows"}},
      filter,
      "Shares of the visible keys. Appended: above the bound of the row when their tile was scanned. "
      "Passed: above all later bounds; after 8-bit products only these get a full product. Support: with "
      "weight. Whole rows: rows whose candidates exceeded their buffer.");
}

}  // namespace

std::vector<Table> make_dispersion_tables(const std::vector<Json>& records) {
  const CellTables cells(records);
  return {
      statistics_table(
          cells, "dispersion", "Spread of the weights",
          {{"entropy", Statistic::entropy},
           {"÷ ln n", Statistic::normalised_entropy},
           {"exp(entropy)", Statistic::effective_support},
           {"participation", Statistic::participation_ratio},
           {"Rényi-2", Statistic::renyi2_entropy},
           {"varentropy", Statistic::varentropy},
           {"entropy, by |v|", Statistic::value_entropy},
           {"participation, by |v|", Statistic::value_participation_ratio}},
          "Means over all rows of all heads, as in the next two tables. Entropies in nats; ÷ ln n: divided "
          "by the logarithm of the row's visible keys; participation: 1 / sum p²; Rényi-2: -ln sum p²; by "
          "|v|: with weights p |v|."),
      statistics_table(
          cells, "concentration", "Concentration: share of the largest weights",
          {{"largest", Statistic::max_weight},
           {"8 largest", Statistic::top8_mass},
           {"64 largest", Statistic::top64_mass},
           {"support", Statistic::support},
           {"sparsity", Statistic::sparsity}},
          "Shares of the weight; support: number of keys with p > 0; sparsity: share of the visible keys "
          "with p = 0."),
      statistics_table(
          cells, "reach", "Reach: where the weight lies",
          {{"first 4 keys", Statistic::sink_mass},
           {"last 128 keys", Statistic::window_mass},
           {"mean distance", Statistic::mean_distance},
           {"half within", Statistic::distance_p50},
           {"nine tenths within", Statistic::distance_p90}},
          "Shares of the weight, and distances |i - j| in keys; half within: the least 2^b - 1 within "
          "which half of the weight lies."),
      make_sharpness_table(cells),
      make_against_table(cells),
      make_filter_table(cells),
      make_needle_table(records),
  };
}

}  // namespace attnlab
