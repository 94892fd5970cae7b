#include "records/baseline.h"

#include <fmt/format.h>

#include <algorithm>

#include "attnlab/core/argument_error.h"
#include "records/analysis.h"
#include "records/series_names.h"

namespace attnlab {

namespace {

/// The canonical name with softmax as its normaliser, the last part.
std::string with_softmax(const std::string& variant) {
  return variant.substr(0, variant.rfind('|') + 1) + "softmax";
}

template <class Wanted>
const Json* first(const std::vector<const Json*>& cells, Wanted wanted) {
  const auto found =
      std::find_if(cells.begin(), cells.end(), [&](const Json* cell) { return wanted(*cell); });
  return found == cells.end() ? nullptr : *found;
}

}  // namespace

Baseline::Baseline(const std::vector<Json>& records, const std::optional<std::string>& series) {
  const auto ran = [&](const std::string& backend) {
    return std::any_of(records.begin(), records.end(),
                       [&](const Json& record) { return backend_of(record) == backend; });
  };
  kind_ = !series && !ran("full")        ? Kind::softmax
          : ran(series.value_or("full")) ? Kind::backend
                                         : Kind::variant;
  name_ = kind_ == Kind::softmax ? "softmax on the same backend" : series.value_or("full");
  const SeriesNames names(records);
  for (const Json& record : records)
    if (kind_ == Kind::softmax ? with_softmax(text_at(record, "variant")) == text_at(record, "variant")
                               : is_called(series_of(record), name_, names))
      cells_[comparison_key(record)].push_back(&record);
  if (series && cells_.empty()) throw unknown_name("baseline", *series, *series, callable_names(records));
}

const Json* Baseline::choose(const Json& record, const std::vector<const Json*>& cells) const {
  const std::string variant = record.at("variant");
  const auto is_variant = [](const std::string& wanted) {
    return [wanted](const Json& cell) { return cell.at("variant") == wanted; };
  };
  const auto is_beside = [&](const Json& cell) { return backend_of(cell) == backend_of(record); };
  switch (kind_) {
    case Kind::backend: {
      const Json* own = first(cells, is_variant(variant));
      return own ? own : first(cells, is_variant(text_at(record, "deviation.exact_variant")));
    }
    case Kind::variant: {
      const Json* own = first(cells, is_beside);
      return own || cells.size() > 1 ? own : cells.front();
    }
    case Kind::softmax:
      return first(cells, [&](const Json& cell) {
        return is_beside(cell) && is_variant(with_softmax(variant))(cell);
      });
  }
  return nullptr;
}

std::pair<const Json*, std::string> Baseline::cell_for(const Json& record) const {
  if (!counts(record)) return {nullptr, "outside its error budget"};
  const auto cells = cells_.find(comparison_key(record));
  if (cells == cells_.end())
    return {nullptr, fmt::format("no cell of {} with this n, dtype, shape, threads and input", name_)};
  const Json* found = choose(record, cells->second);
  if (!found)
    return {nullptr, kind_ == Kind::variant ? fmt::format("{} ran on several other backends", name_)
                                            : fmt::format("{} ran here with other variants only", name_)};
  if (found->at("status") != "ok")
    return {nullptr,
            fmt::format("{} has no figures here: {}", name_, found->at("status").get<std::string>())};
  if (!counts(*found)) return {nullptr, fmt::format("{} is outside its error budget here", name_)};
  return {found, ""};
}

Ratio Baseline::ratio(const Json& record, const std::string& path) const {
  const auto [base, why] = cell_for(record);
  if (!base) return {std::nullopt, why};
  const auto above = number_at(*base, path);
  const auto below = number_at(record, path);
  if (!above || !below || !(*below > 0)) return {std::nullopt, "not measured"};
  return {*above / *below, ""};
}

}  // namespace attnlab
