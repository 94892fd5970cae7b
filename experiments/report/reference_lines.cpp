#include "report/reference_lines.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <optional>

#include "attnlab/core/argument_error.h"
#include "attnlab/dispersion/laws.h"
#include "attnlab/inputs/input_source.h"
#include "records/analysis.h"

namespace attnlab {

namespace {

/// Softmax over all n keys of scaled dot products, to which laws and bounds apply.
bool is_plain_softmax(const Json& record) {
  return record.at("variant") == "scaled_dot|softmax" && text_at(record, "cell.cu_seqlens").empty();
}

/// Lower bound of the mean entropy of rows from the spread of each row's logits: ln n - C(spread), or 0 if
/// few keys of wide spread make that negative.
std::optional<double> least_entropy(const Json& record) {
  const auto mean = [&](const char* name) {
    return number_at(record, std::string("dispersion.mean.") + name);
  };
  const auto entropy = mean("entropy");
  const auto sharpness = mean("sharpness");
  const auto reachable = mean("reachable_sharpness");
  if (!entropy || !sharpness || !reachable) return std::nullopt;
  return std::max(*entropy + *sharpness - *reachable, 0.0);
}

DispersionLaw law_of(const Json& record) {
  const auto n = static_cast<double>(seqlen_of(record));
  try {
    const InputSource input = InputSource::parse(text_at(record, "input.name"));
    if (const auto sigma = input.gaussian_deviation()) return gaussian_law(n, *sigma);
    if (const auto delta = input.needle_logit()) return needle_law(n, *delta);
  } catch (const ArgumentError&) {
    // Records of other programs may name other inputs, for which there is no law.
  }
  return {};
}

}  // namespace

std::vector<ReferenceLine> reference_lines(const std::vector<Json>& records) {
  const Conditions conditions(records);
  std::vector<ReferenceLine> lines;
  // If several records have one n (backends, storage types), the first one is used.
  const auto line = [&](std::size_t condition, const char* chart, const char* label, const std::string& name,
                        const std::vector<const Json*>& measured, auto value) {
    std::map<std::int64_t, double> points;
    for (const Json* record : measured)
      if (const std::optional<double> y = value(*record)) points.emplace(seqlen_of(*record), *y);
    if (!points.empty()) lines.push_back({condition, chart, label, name, {points.begin(), points.end()}});
  };
  for (std::size_t condition = 0; condition < conditions.size(); ++condition) {
    std::vector<const Json*> measured;
    for (const Json& record : records)
      if (record.at("status") == "ok" && conditions.index(record) == condition) measured.push_back(&record);
    std::vector<const Json*> plain;
    std::copy_if(measured.begin(), measured.end(), std::back_inserter(plain),
                 [](const Json* record) { return is_plain_softmax(*record); });
    const std::string uniform = "uniform attention over n keys";
    const auto keys = [](const Json& record) {
      return std::optional(static_cast<double>(seqlen_of(record)));
    };
    line(condition, "entropy", "uniform", uniform, measured,
         [&](const Json& record) { return std::optional(std::log(*keys(record))); });
    line(condition, "participation", "uniform", uniform, measured, keys);
    line(condition, "support", "uniform", uniform, measured, keys);
    const std::string law = "law: softmax over these logits as n grows";
    line(condition, "entropy", "law", law, plain, [](const Json& record) { return law_of(record).entropy; });
    line(condition, "participation", "law", law, plain,
         [](const Json& record) { return law_of(record).participation_ratio; });
    line(condition, "needle_weight", "law", law, plain,
         [](const Json& record) { return law_of(record).needle_weight; });
    // The softmax that other variants are compared with: over all keys, or all past keys.
    const auto exact =
        std::find_if(measured.begin(), measured.end(), [](const Json* record) { return is_exact(*record); });
    if (exact == measured.end()) continue;
    const std::string variant = text_at(**exact, "variant");
    line(condition, "entropy", "bound", "bound: softmax cannot be sharper with logits of this spread",
         measured, [&](const Json& record) {
           return text_at(record, "variant") == variant ? least_entropy(record) : std::nullopt;
         });
  }
  return lines;
}

}  // namespace attnlab
