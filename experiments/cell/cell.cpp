#include "cell/cell.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <map>
#include <regex>
#include <set>
#include <utility>

#include "attnlab/core/argument_error.h"
#include "attnlab/core/fnv.h"
#include "attnlab/engines/registry.h"
#include "attnlab/inputs/input_source.h"
#include "attnlab/inputs/npy.h"
#include "attnlab/measure/machine.h"

namespace attnlab {

std::string Cell::id() const {
  Json point = to_json(*this);
  for (const char* setting : {"rounds", "min_time_s", "heatmap", "save_output", "against"})
    point.erase(setting);
  const std::string text = point.dump();
  return fmt::format("{:016x}", fnv1a(std::as_bytes(std::span(text))));
}

std::string Cell::group_key() const {
  Json shared = to_json(*this);
  for (const char* own : {"backend", "engine", "variant", "twin", "heatmap"}) shared.erase(own);
  return shared.dump();
}

namespace {

constexpr std::int64_t usual_heads = 8;
constexpr std::int64_t usual_head_dim = 64;

}  // namespace

std::string Cell::label(const std::string& series) const {
  const Shape& shape = problem.shape;
  std::string text = fmt::format("n={}{} {} {} thread{}", shape.seqlen_q,
                                 shape.seqlen_k == shape.seqlen_q ? "" : fmt::format("x{}", shape.seqlen_k),
                                 to_string(problem.dtype), problem.threads, problem.threads == 1 ? "" : "s");
  const auto add = [&](const char* name, const auto& value, const auto& usual) {
    if (value != usual) text += fmt::format(", {} {}", name, value);
  };
  add("batch", shape.batch, 1);
  add("heads", shape.heads, usual_heads);
  add("kv heads", shape.kv_heads, shape.heads);
  add("head dim", shape.head_dim, usual_head_dim);
  add("head dim of V", shape.head_dim_v, shape.head_dim);
  add("input", input.name(), "gaussian(1)");
  add("seed", seed, std::uint64_t{1});
  add("weights", score_weights, "");
  add("packed as", cu_seqlens, "");
  return fmt::format("{}{}, {}", text, twin ? " (A/A)" : "", series);
}

Json to_json(const Cell& cell) {
  const Shape& shape = cell.problem.shape;
  return {{"backend", cell.backend ? Json(*cell.backend) : Json()},
          {"engine", cell.engine},
          {"variant", cell.variant.name()},
          {"shape",
           {shape.batch, shape.heads, shape.kv_heads, shape.seqlen_q, shape.seqlen_k, shape.head_dim,
            shape.head_dim_v}},
          {"dtype", to_string(cell.problem.dtype)},
          {"threads", cell.problem.threads},
          {"input", cell.input.name()},
          {"seed", cell.seed},
          {"score_weights", cell.score_weights},
          {"cu_seqlens", cell.cu_seqlens},
          {"rounds", cell.rounds},
          {"min_time_s", cell.min_time_s},
          {"heatmap", cell.heatmap},
          {"twin", cell.twin},
          {"save_output", cell.save_output},
          {"against", cell.against ? cell.against->name() : ""}};
}

namespace {

std::shared_ptr<const std::vector<std::int64_t>> read_cu_seqlens(const std::string& file) {
  if (file.empty()) return nullptr;
  return std::make_shared<const std::vector<std::int64_t>>(
      read_integers("cu-seqlens", open_npy("cu-seqlens", file)));
}

}  // namespace

Cell cell_from_json(const Json& json) {
  Cell cell;
  if (!json.at("backend").is_null()) cell.backend = json.at("backend").get<std::string>();
  cell.engine = json.at("engine");
  cell.variant = Variant::parse(json.at("variant").get<std::string>());
  const auto sizes = json.at("shape").get<std::vector<std::int64_t>>();
  cell.problem.shape = {sizes.at(0), sizes.at(1), sizes.at(2), sizes.at(3),
                        sizes.at(4), sizes.at(5), sizes.at(6)};
  cell.problem.dtype = parse_dtype(json.at("dtype").get<std::string>());
  cell.problem.threads = json.at("threads");
  cell.input = InputSource::parse(json.at("input").get<std::string>());
  cell.seed = json.at("seed");
  cell.score_weights = json.at("score_weights");
  cell.cu_seqlens = json.at("cu_seqlens");
  cell.problem.shape.cu_seqlens = read_cu_seqlens(cell.cu_seqlens);
  cell.rounds = json.at("rounds");
  cell.min_time_s = json.at("min_time_s");
  cell.heatmap = json.at("heatmap");
  cell.twin = json.at("twin");
  cell.save_output = json.at("save_output");
  if (const auto against = json.at("against").get<std::string>(); !against.empty())
    cell.against = Variant::parse(against);
  return cell;
}

namespace {

/// Items of a comma-separated list; a list of one nullopt if the option was not given.
std::vector<std::optional<std::string>> items(const Settings& settings, const std::string& name) {
  if (!settings.has(name)) return {std::nullopt};
  std::vector<std::optional<std::string>> list;
  for (const std::string_view item : split_outside_parentheses(settings.text(name), ',')) {
    if (item.empty())
      throw ArgumentError(name, settings.text(name), "empty item", "items separated by commas");
    list.emplace_back(item);
  }
  return list;
}

/// An option whose values are numbers from low to high.
struct Axis {
  std::string name;
  std::int64_t low = 1;
  std::int64_t high = max_small_dimension;
};
const Axis seed_axis{"seed", 0, std::int64_t{1} << 40};
const Axis threads_axis{"threads", 1, max_threads};
const Axis seqlen_axis{"seqlen", 1, max_seqlen};
const Axis seqlen_k_axis{"seqlen-k", 1, max_seqlen};

constexpr std::size_t most_cells = 100000;

/// The numbers of an axis, single or as ranges `first:last:xFACTOR` and `first:last:+STEP`; a list of one
/// nullopt if the option was not given.
std::vector<std::optional<std::int64_t>> sizes(const Settings& settings, const Axis& axis) {
  const auto& [name, low, high] = axis;
  std::vector<std::optional<std::int64_t>> list;
  for (const std::optional<std::string>& item : items(settings, name)) {
    if (!item) return {std::nullopt};
    const std::vector<std::string_view> parts = split_outside_parentheses(*item, ':');
    const auto whole_number = [&](std::string_view text, std::int64_t least, std::string_view part) {
      std::int64_t value = 0;
      const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
      const std::string_view unit(end, static_cast<std::size_t>(text.data() + text.size() - end));
      const std::int64_t scale = unit == "k" || unit == "K" ? 1024 : 1;
      const bool is_number = error == std::errc() && (unit.empty() || scale > 1);
      if (!is_number || value < least || value > high / scale)
        throw ArgumentError(
            name, *item, fmt::format("{}{}", part, is_number ? "out of range" : "not a whole number"),
            fmt::format("a whole number from {} to {}{}", least, high,
                        parts.size() > 1 ? "" : ", or a list or range such as 1024:65536:x2"));
      return value * scale;
    };
    if (parts.size() == 1) {
      list.emplace_back(whole_number(parts[0], low, ""));
      continue;
    }
    if (parts.size() != 3 || parts[2].size() < 2 || (parts[2][0] != 'x' && parts[2][0] != '+'))
      throw ArgumentError(name, *item, "malformed range",
                          "first:last:xFACTOR or first:last:+STEP, e.g. 1024:65536:x2");
    const bool multiplies = parts[2][0] == 'x';
    const std::int64_t first = whole_number(parts[0], low, "first is ");
    const std::int64_t last = whole_number(parts[1], low, "last is ");
    const std::int64_t step =
        whole_number(parts[2].substr(1), multiplies ? 2 : 1, multiplies ? "FACTOR is " : "STEP is ");
    if (first > last) throw ArgumentError(name, *item, "the last size is below the first", "first <= last");
    if (multiplies && first == 0)
      throw ArgumentError(name, *item, "every multiple of 0 is 0",
                          "a first number of at least 1 with xFACTOR");
    const std::int64_t before_last = multiplies ? last / step : last - step;
    for (std::int64_t value = first;; value = multiplies ? value * step : value + step) {
      list.emplace_back(value);
      if (list.size() > most_cells)
        throw ArgumentError(name, *item, "too many numbers", fmt::format("at most {}", most_cells));
      if (value > before_last) break;
    }
  }
  return list;
}

/// A storage type by its own name, or by one that other programs have for it. Throws ArgumentError.
DType find_dtype(const std::string& name) {
  static const std::map<std::string, DType> other_names{
      {"fp32", DType::f32}, {"float32", DType::f32}, {"float", DType::f32}, {"bfloat16", DType::bf16},
      {"fp16", DType::f16}, {"float16", DType::f16}, {"half", DType::f16}};
  const auto other = other_names.find(name);
  return other == other_names.end() ? parse_dtype(name) : other->second;
}

/// Throws UsageError for lists with too many combinations.
void require_few_combinations(const Settings& settings) {
  double cells = 1;
  for (const char* list :
       {"input", "dtype", "backend", "engine", "variant", "score", "modifier", "pattern", "normaliser"})
    cells *= static_cast<double>(items(settings, list).size());
  for (const Axis& axis : {seed_axis, threads_axis, seqlen_axis, seqlen_k_axis, Axis{"batch"}, Axis{"heads"},
                           Axis{"kv-heads"}, Axis{"head-dim"}, Axis{"head-dim-v"}})
    cells *= static_cast<double>(sizes(settings, axis).size());
  if (cells > static_cast<double>(most_cells))
    throw UsageError(
        fmt::format("these options make {:.0f} combinations; a grid has at most {}", cells, most_cells));
}

/// The sizes of one cell: from the option, else from the captured input, else the default. Fewer queries of a
/// captured input leave its keys as they are, unless it has as many keys as queries: then a cell has, too.
struct Axes {
  std::optional<std::int64_t> batch, heads, kv_heads, seqlen, seqlen_k, head_dim, head_dim_v;

  /// `packed`: the last position of cu-seqlens.
  Shape shape(const std::optional<CapturedShape>& captured, std::optional<std::int64_t> packed) const {
    Shape made;
    made.batch = batch.value_or(captured ? captured->batch : 1);
    made.heads = heads.value_or(captured ? captured->heads : usual_heads);
    made.kv_heads = kv_heads.value_or(captured ? captured->kv_heads : made.heads);
    made.seqlen_q = seqlen.value_or(captured ? captured->seqlen_q : packed.value_or(1024));
    const bool keys_of_input = captured && (!seqlen || captured->seqlen_k != captured->seqlen_q);
    made.seqlen_k = seqlen_k.value_or(keys_of_input ? captured->seqlen_k : made.seqlen_q);
    made.head_dim = head_dim.value_or(captured ? captured->head_dim : usual_head_dim);
    made.head_dim_v = head_dim_v.value_or(captured ? captured->head_dim_v : made.head_dim);
    return made;
  }
};

struct Named {
  std::optional<std::string> backend;
  std::string engine;
  Variant variant;
};

/// Every combination of backend or engine with a variant.
std::vector<Named> named_variants(const Settings& settings) {
  const bool whole = settings.has("variant");
  for (const char* part : {"score", "modifier", "pattern", "normaliser"})
    if (whole && settings.has(part))
      throw ArgumentError(part, settings.text(part), "--variant is given, too",
                          "either --variant or the parts of a variant");
  std::vector<Named> named;
  for (const auto& backend : items(settings, "backend"))
    for (const auto& engine : items(settings, "engine")) {
      const Backend& pairing = find_backend(*backend);
      const std::string engine_name =
          engine ? std::string(find_engine(*engine).name()) : std::string(pairing.engine);
      const std::optional<std::string> shown = engine && *engine != pairing.engine ? std::nullopt : backend;
      for (const auto& variant : items(settings, "variant")) {
        if (variant) {
          named.push_back({shown, engine_name, Variant::parse(*variant)});
          continue;
        }
        for (const auto& score : items(settings, "score"))
          for (const auto& modifier : items(settings, "modifier"))
            for (const auto& pattern : items(settings, "pattern"))
              for (const auto& normaliser : items(settings, "normaliser"))
                named.push_back(
                    {shown, engine_name, make_variant({score, modifier, pattern, normaliser}, &pairing)});
      }
    }
  return named;
}

Variant parse_against(const std::string& text) {
  try {
    return Variant::parse(text);
  } catch (const ArgumentError& error) {
    throw ArgumentError(
        "against", text,
        error.value() == text ? error.reason() : fmt::format("'{}': {}", error.value(), error.reason()),
        error.requirement());
  }
}

/// Throws ArgumentError for members that have no meaning with packed sequences. `pattern_option` and
/// `modifier_option` are the options that named them.
void check_packed(const Variant& variant, const char* pattern_option, const char* modifier_option) {
  if (variant.pattern.uses("chunk_local"))
    throw ArgumentError(pattern_option, variant.name(),
                        "chunk_local counts chunks from position 0, not in each sequence",
                        "other patterns with cu-seqlens");
  if (std::any_of(variant.modifiers.begin(), variant.modifiers.end(),
                  [](const Modifier& modifier) { return modifier.fact() == RowFact::center; }))
    throw ArgumentError(modifier_option, variant.name(),
                        "local_p predicts a position among all keys, not in each sequence",
                        "other modifiers with cu-seqlens");
}

/// Throws ArgumentError for a problem, or for variants that do not fit it.
void check_shape(const Cell& cell) {
  const Shape& shape = cell.problem.shape;
  validate(cell.problem);
  validate(cell.variant, shape);
  if (cell.against) validate(*cell.against, shape);
  if (!shape.cu_seqlens) return;
  check_packed(cell.variant, "pattern", "modifier");
  if (cell.against) check_packed(*cell.against, "against", "against");
}

std::regex filter_of(const std::string& expression) {
  try {
    return std::regex(expression);
  } catch (const std::regex_error& error) {
    throw ArgumentError("filter", expression, fmt::format("not a regular expression: {}", error.what()), {});
  }
}

}  // namespace

std::vector<Cell> make_grid(const Settings& settings) {
  Cell common;
  common.rounds = static_cast<int>(settings.integer("rounds", 1, 10000));
  common.min_time_s = settings.number("min-time", 0);
  if (settings.has("score-weights")) common.score_weights = settings.text("score-weights");
  if (settings.has("cu-seqlens")) common.cu_seqlens = settings.text("cu-seqlens");
  const auto cu_seqlens = read_cu_seqlens(common.cu_seqlens);
  if (settings.has("against")) common.against = parse_against(settings.text("against"));
  const std::string expression = settings.has("filter") ? settings.text("filter") : "";
  const std::regex filter = filter_of(expression);

  require_few_combinations(settings);
  std::vector<Cell> cells;
  std::set<std::string> seen;
  const std::vector<Named> named = named_variants(settings);
  for (const auto& input_text : items(settings, "input")) {
    const InputSource input = InputSource::parse(*input_text);
    const std::optional<CapturedShape> captured = input.captured_shape();
    for (const auto& seed : sizes(settings, seed_axis))
      for (const auto& threads : sizes(settings, threads_axis))
        for (const auto& dtype : items(settings, "dtype"))
          for (const auto& batch : sizes(settings, {"batch"}))
            for (const auto& heads : sizes(settings, {"heads"}))
              for (const auto& kv_heads : sizes(settings, {"kv-heads"}))
                for (const auto& head_dim : sizes(settings, {"head-dim"}))
                  for (const auto& head_dim_v : sizes(settings, {"head-dim-v"}))
                    for (const auto& seqlen : sizes(settings, seqlen_axis))
                      for (const auto& seqlen_k : sizes(settings, seqlen_k_axis))
                        for (const Named& name : named) {
                          Cell cell = common;
                          cell.backend = name.backend;
                          cell.engine = name.engine;
                          cell.variant = name.variant;
                          cell.input = input;
                          cell.seed = static_cast<std::uint64_t>(*seed);
                          cell.problem = {
                              Axes{batch, heads, kv_heads, seqlen, seqlen_k, head_dim, head_dim_v}.shape(
                                  captured, cu_seqlens && cu_seqlens->size() > 1
                                                ? std::optional(cu_seqlens->back())
                                                : std::nullopt),
                              find_dtype(*dtype),
                              static_cast<int>(
                                  std::min<std::int64_t>(threads.value_or(this_machine().cores), 1 << 20))};
                          cell.problem.shape.cu_seqlens = cu_seqlens;
                          check_shape(cell);
                          if (std::regex_search(cell.variant.name(), filter) && seen.insert(cell.id()).second)
                            cells.push_back(cell);
                        }
  }
  if (cells.empty()) throw ArgumentError("filter", expression, "no cell's name matches", {});
  std::stable_sort(cells.begin(), cells.end(), [](const Cell& a, const Cell& b) {
    return a.problem.shape.seqlen_q * a.problem.shape.seqlen_k <
           b.problem.shape.seqlen_q * b.problem.shape.seqlen_k;
  });
  return cells;
}

std::vector<std::pair<std::string, std::string>> series_in_order(const Settings& settings) {
  std::vector<std::pair<std::string, std::string>> series;
  for (const Named& named : named_variants(settings))
    series.emplace_back(named.backend.value_or(named.engine), named.variant.name());
  return series;
}

void add_twins(std::vector<Cell>& cells, std::int64_t count) {
  const auto size = static_cast<std::int64_t>(cells.size());
  const std::int64_t pairs = std::min(count, size);
  // From the back, so that earlier indices stay valid.
  for (std::int64_t pair = pairs; pair-- > 0;) {
    const auto place = cells.begin() + (2 * pair + 1) * size / (2 * pairs);
    Cell twin = *place;
    twin.twin = true;
    twin.heatmap = false;
    cells.insert(std::next(place), twin);
  }
}

}  // namespace attnlab
