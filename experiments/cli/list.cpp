#include "cli/list.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "attnlab/core/argument_error.h"
#include "attnlab/dispersion/divergence.h"
#include "attnlab/engines/registry.h"
#include "attnlab/inputs/input_source.h"
#include "attnlab/variants/patterns/compositions.h"
#include "cell/cell.h"

namespace attnlab {

namespace {

void add_members(Json& everything, const char* what, const std::vector<MemberInfo>& infos) {
  for (const MemberInfo& info : infos)
    everything[what].push_back({{"name", info.name},
                                {"parameters", info.parameters},
                                {"summary", info.summary},
                                {"example", info.example},
                                {"source", info.source}});
}

void add_statistics(Json& everything, const char* what, std::span<const StatisticInfo> infos) {
  for (const StatisticInfo& info : infos)
    everything[what].push_back({{"name", info.name},
                                {"parameters", ""},
                                {"summary", fmt::format("{}; {}, {}", info.meaning, info.formula, info.unit)},
                                {"example", ""},
                                {"source", ""}});
}

Json make_list() {
  Json everything;
  for (const Backend& backend : backends())
    everything["backends"].push_back({{"name", backend.name},
                                      {"parameters", ""},
                                      {"summary", backend.summary},
                                      {"example", ""},
                                      {"source", fmt::format("engine {}", backend.engine)}});
  for (const Engine* engine : engines())
    everything["engines"].push_back({{"name", engine->name()},
                                     {"parameters", ""},
                                     {"summary", engine->summary()},
                                     {"example", ""},
                                     {"source", engine->source()}});
  add_members(everything, "scores", score_infos());
  add_members(everything, "modifiers", modifier_infos());
  add_members(everything, "patterns", pattern_infos());
  add_members(everything, "patterns", {std::begin(pattern_compositions), std::end(pattern_compositions)});
  add_members(everything, "normalisers", normaliser_infos());
  for (const InputInfo& input : input_infos())
    everything["inputs"].push_back({{"name", input.name},
                                    {"parameters", input.parameters},
                                    {"summary", input.summary},
                                    {"example", ""},
                                    {"source", input.source}});
  add_statistics(everything, "statistics", statistic_infos);
  add_statistics(everything, "divergences", divergence_infos);
  return everything;
}

/// The call as a user types it: the example if it has arguments, else the name with its parameter.
std::string call_of(const Json& entry) {
  const std::string name = entry.at("name");
  const std::string parameters = entry.at("parameters");
  const std::string example = entry.at("example");
  if (parameters.empty()) return name;
  return example.size() > name.size()
             ? example
             : fmt::format("{}({})", name, parameters.substr(0, parameters.find(' ')));
}

}  // namespace

int list_command(const Settings& settings) {
  Json everything = make_list();
  if (!settings.positional.empty()) {
    const std::string& what = settings.positional.front();
    std::vector<std::string> known;
    for (const auto& [name, entries] : everything.items()) known.push_back(name);
    if (!everything.contains(what)) throw unknown_name("list", what, what, known);
    everything = Json{{what, everything[what]}};
  }
  if (settings.has("json")) {
    fmt::print("{}\n", everything.dump(2));
    return 0;
  }
  for (const auto& [name, entries] : everything.items()) {
    fmt::print("{}\n", name);
    std::size_t longest = 0;
    for (const Json& entry : entries) longest = std::max(longest, call_of(entry).size());
    for (const Json& entry : entries) {
      const std::string parameters = entry.at("parameters");
      const std::string source = entry.at("source");
      fmt::print("  {:<{}}  {}{}{}\n", call_of(entry), longest, entry.at("summary").get<std::string>(),
                 parameters.empty() ? "" : fmt::format("; {}", parameters),
                 source.empty() ? "" : fmt::format("  [{}]", source));
    }
  }
  return 0;
}

}  // namespace attnlab
