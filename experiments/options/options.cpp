#include "options/options.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <boost/locale/utf.hpp>
#include <boost/program_options.hpp>
#include <cerrno>
#include <charconv>
#include <cmath>
#include <cstring>
#include <fstream>
#include <optional>
#include <stdexcept>

#include "options/configuration_line.h"

namespace attnlab {

namespace po = boost::program_options;

namespace {

constexpr Option table[] = {
    {"backend", "LIST", "chunked", "full, chunked, window, sparse"},
    {"engine", "LIST", "", "reference, onednn or tiled, instead of the backend's engine"},
    {"variant", "LIST", "", "a whole canonical name, e.g. 'scaled_dot|causal|entmax(1.5)'"},
    {"score", "LIST", "", "see 'attnlab list scores' (scaled_dot)"},
    {"modifier", "LIST", "", "see 'attnlab list modifiers'; + joins several: softcap(30)+alibi"},
    {"pattern", "LIST", "", "see 'attnlab list patterns'; & | ! combine them: causal&window(512)"},
    {"normaliser", "LIST", "", "see 'attnlab list normalisers' (the backend's default)"},
    {"seqlen", "LIST", "", "number of queries; 4k is 4096 (1024, or as in the input)"},
    {"seqlen-k", "LIST", "", "number of keys (as many as queries, or as in an input where they differ)"},
    {"cu-seqlens", "FILE", "", ".npy of int32 or int64: starts of packed sequences and the end, from 0 to n"},
    {"batch", "LIST", "", "batch size (1, or as in the input)"},
    {"heads", "LIST", "", "number of query heads (8, or as in the input)"},
    {"kv-heads", "LIST", "", "number of key and value heads, a divisor of heads (heads, or as in the input)"},
    {"head-dim", "LIST", "", "dimension of Q and K (64, or as in the input)"},
    {"head-dim-v", "LIST", "", "dimension of V and the output (head-dim, or as in the input)"},
    {"dtype", "LIST", "f32", "storage type: f32, bf16, f16"},
    {"threads", "LIST", "", "number of threads (all cores)"},
    {"input", "LIST", "gaussian(1)",
     "gaussian(sigma), needle(delta), npy:PREFIX, FILE.npz, FILE.safetensors"},
    {"seed", "LIST", "1", "seed of synthetic inputs and learned weights"},
    {"score-weights", "PREFIX", "", "reads PREFIX_NAME.npy for each learned matrix (Xavier, from the seed)"},
    {"against", "VARIANT", "", "baseline for weights and output (softmax over all keys, or all past keys)"},
    {"rounds", "N", "12", "least number of clean samples of a cell; each sample is a process"},
    {"max-rounds", "N", "", "largest number of samples, if 2 % is not reached before (4 x rounds)"},
    {"retries", "N", "3", "largest number of disturbed samples repeated for each cell"},
    {"budget", "SECONDS", "20", "time for the samples of a cell; at least 3 samples are taken"},
    {"min-time", "SECONDS", "0.05", "least duration of one sample"},
    {"time-limit", "SECONDS", "300", "time for one process of a cell; then it is stopped, and recorded"},
    {"memory-limit", "BYTES", "", "memory for one cell, e.g. 6G (80 % of the available memory)"},
    {"filter", "REGEX", "", "only cells whose variant's name matches"},
    {"shard", "I/N", "", "only the I-th of N shares of the grid; attnlab merge joins them"},
    {"aa-pairs", "N", "1", "number of cells measured twice, to find the noise floor"},
    {"out", "PATH", "", "output file (standard output)"},
    {"config", "FILE", "",
     "file of lines 'name = value' with these options; # comments; quotes around a value with a #"},
    {"dry-run", "", "", "print the cells with predicted bytes and time; write no records"},
    {"resume", "", "",
     "finish the run in --out: cells without a record, with --retry-failed failed ones, too"},
    {"retry-failed", "", "", "with --resume: run failed cells again, but not refused ones", "resume"},
    {"quiet", "", "", "no progress on standard error; errors and warnings alone"},
    {"json", "", "", "print JSON only"},
    {"brief", "", "", "print a summary of at most 8 lines"},
    {"save-output", "FILE", "", "write the output (batch, heads, n_q, d_v) as a float32 .npy"},
    {"chart", "NAME", "", "what is drawn against n"},
    {"width", "LENGTH", "3.3in", "width of the picture, in in, cm, mm or pt"},
    {"under", "CONDITION", "", "of several inputs, thread counts …, one as the report names it"},
    {"head", "N", "0", "query head to draw, from 0, counted through all batches"},
    {"format", "NAME", "", "output format"},
    {"baseline", "SERIES", "", "what others are compared with: a backend, a variant or 'BACKEND VARIANT'"},
    {"table", "NAME", "", "only this table, such as time, summary, error"},
    {"pivot", "NAME", "", "a row for each n, a column for each variant, the best bold"},
    {"between", "A,B", "", "two series of one run: backends, engines, variants or 'BACKEND VARIANT'"},
    {"floor", "PERCENT", "", "noise floor (from the A/A pairs, else 2)"},
    {"force", "", "", "compare although CPUs differ"},
    {"fail-on", "VERDICT", "nothing", "exit status 4 for it; lost: only A has figures"},
};

}  // namespace

const Option& option_named(std::string_view name) {
  return *std::find_if(std::begin(table), std::end(table),
                       [&](const Option& option) { return option.name == name; });
}

namespace {

std::vector<std::string> option_names(const Command& command, const std::string& dashes) {
  std::vector<std::string> names;
  for (const std::string_view name : command.options) names.push_back(dashes + std::string(name));
  return names;
}

po::options_description describe(const Command& command) {
  po::options_description description;
  for (const std::string_view name : command.options) {
    if (option_named(name).value.empty())
      description.add_options()(std::string(name).c_str(), po::bool_switch(), "");
    else
      description.add_options()(std::string(name).c_str(), po::value<std::string>(), "");
  }
  description.add_options()("positional", po::value<std::vector<std::string>>(), "");
  return description;
}

bool is_flag(const std::string& name) { return option_named(name).value.empty(); }

/// `yes` or `no`, for a flag in a configuration file. Throws ArgumentError.
std::string flag_value(const std::string& name, const std::string& given) {
  if (given == "yes" || given == "true") return "yes";
  if (given == "no" || given == "false") return "no";
  throw ArgumentError(name, given, "neither on nor off", "yes, true, no or false");
}

/// Adds parsed options to `settings`. Throws UsageError for an option given twice.
void merge(const po::parsed_options& parsed, Settings& settings, const std::string& origin = {}) {
  for (const po::option& option : parsed.options) {
    if (option.string_key == "positional") {
      settings.positional.insert(settings.positional.end(), option.value.begin(), option.value.end());
      continue;
    }
    if (settings.has(option.string_key))
      throw UsageError(
          fmt::format("{}{} is given twice", origin.empty() ? "--" : origin + ": ", option.string_key));
    const std::string given = option.value.empty() ? "yes" : option.value.back();
    settings.set(option.string_key, is_flag(option.string_key) ? flag_value(option.string_key, given) : given,
                 origin);
  }
}

void read_configuration(const Command& command, const std::string& file, Settings& settings) {
  std::ifstream stream(file);
  if (!stream)
    throw ArgumentError("config", file, fmt::format("cannot open the file: {}", std::strerror(errno)), {});
  const po::options_description description = describe(command);
  Settings from_file;
  std::string line;
  for (int number = 1; std::getline(stream, line); ++number) {
    const std::string where = fmt::format("{}:{}", file, number);
    if (number == 1 && line.starts_with(byte_order_mark)) line.erase(0, byte_order_mark.size());
    const std::optional<ConfigurationLine> setting = read_configuration_line(line, where);
    if (!setting) continue;
    const auto& [name, value] = *setting;
    if (std::find(command.options.begin(), command.options.end(), name) == command.options.end())
      throw unknown_name("config", fmt::format("{}: {}", where, name), name, option_names(command, ""));
    po::parsed_options parsed(&description);
    parsed.options.emplace_back(name, std::vector{value});
    try {
      merge(parsed, from_file, where);
    } catch (const ArgumentError& error) {
      throw UsageError(fmt::format("{}: {}", where, error.what()));
    }
    if (from_file.has("config"))
      throw ArgumentError("config", where, "a configuration file cannot name another", {});
  }
  if (stream.bad())
    throw ArgumentError("config", file, fmt::format("cannot read the file: {}", std::strerror(errno)), {});
  for (const auto& [name, value] : from_file.all())
    if (!settings.has(name) && !(is_flag(name) && value == "no"))
      settings.set(name, value, from_file.origin(name));
}

}  // namespace

const std::string& Settings::text(const std::string& name) const {
  const auto found = values_.find(name);
  if (found == values_.end()) throw std::logic_error("option " + name + " has no value");
  return found->second;
}

const std::string& Settings::required(const std::string& name, std::string_view meaning) const {
  if (!has(name)) throw UsageError(fmt::format("--{} is missing: {}", name, meaning));
  return text(name);
}

const std::string& Settings::required_argument(std::string_view meaning) const {
  if (positional.empty()) throw UsageError(fmt::format("an argument is missing: {}", meaning));
  return positional.front();
}

std::string Settings::origin(const std::string& name) const {
  const auto found = origins_.find(name);
  return found == origins_.end() ? "" : found->second;
}

std::string Settings::with_origin(const ArgumentError& error) const {
  const std::string from = origin(error.argument());
  return from.empty() ? error.what() : from + ": " + error.what();
}

std::int64_t Settings::integer(const std::string& name, std::int64_t low, std::int64_t high) const {
  const std::string& given = text(name);
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(given.data(), given.data() + given.size(), value);
  const bool is_number = error == std::errc() && end == given.data() + given.size();
  if (!is_number || value < low || value > high)
    throw ArgumentError(name, given, is_number ? "out of range" : "not a whole number",
                        fmt::format("a whole number from {} to {}", low, high));
  return value;
}

double Settings::number(const std::string& name, double low) const {
  const std::string& given = text(name);
  double value = 0;
  const auto [end, error] = std::from_chars(given.data(), given.data() + given.size(), value);
  const bool is_number = error == std::errc() && end == given.data() + given.size();
  if (!is_number || !(value > low) || value > 1e9)
    throw ArgumentError(name, given, is_number ? "out of range" : "not a number",
                        fmt::format("a number above {} and up to 1e9", low));
  return value;
}

std::int64_t Settings::bytes(const std::string& name) const {
  const std::string& given = text(name);
  double value = 0;
  const auto [end, error] = std::from_chars(given.data(), given.data() + given.size(), value);
  const std::string_view unit(end, static_cast<std::size_t>(given.data() + given.size() - end));
  const double scale = unit.empty()  ? 1
                       : unit == "K" ? 0x1p10
                       : unit == "M" ? 0x1p20
                       : unit == "G" ? 0x1p30
                                     : 0;
  if (error != std::errc() || !(value * scale >= 1) || value * scale > 0x1p50)
    throw ArgumentError(name, given, "not a number of bytes in range",
                        "1 to 1048576G: a number, with or without K, M or G after it");
  return static_cast<std::int64_t>(value * scale);
}

std::string Settings::choice(const std::string& name, const std::vector<std::string>& allowed) const {
  if (!has(name)) return allowed.front();
  if (std::find(allowed.begin(), allowed.end(), text(name)) == allowed.end())
    throw ArgumentError(name, text(name), "unknown choice", fmt::format("{}", fmt::join(allowed, ", ")));
  return text(name);
}

namespace {

bool is_utf8(const std::string& text) {
  using Traits = boost::locale::utf::utf_traits<char>;
  for (auto at = text.begin(); at != text.end();)
    if (!boost::locale::utf::is_valid_codepoint(Traits::decode(at, text.end()))) return false;
  return true;
}

/// Throws ArgumentError or UsageError for text that a record, which is JSON, cannot hold.
void require_utf8(const Settings& settings) {
  const auto error = [](const std::string& name, const std::string& text) {
    return ArgumentError(name, text, "not UTF-8", "UTF-8 text, also in names of files");
  };
  for (const std::string& argument : settings.positional)
    if (!is_utf8(argument)) throw error("argument", argument);
  for (const auto& [name, value] : settings.all())
    if (!is_utf8(value)) throw UsageError(settings.with_origin(error(name, value)));
}

}  // namespace

Settings parse_options(const Command& command, const std::vector<std::string>& arguments) {
  const po::options_description description = describe(command);
  po::positional_options_description positional;
  positional.add("positional", -1);
  Settings settings;
  settings.arguments = arguments;
  try {
    const int style = po::command_line_style::default_style & ~po::command_line_style::allow_guessing;
    merge(po::command_line_parser(arguments).options(description).positional(positional).style(style).run(),
          settings);
  } catch (const po::unknown_option& error) {
    throw unknown_name("option", error.get_option_name(), error.get_option_name(),
                       option_names(command, "--"));
  } catch (const po::error_with_option_name& error) {
    throw ArgumentError("option", error.get_option_name(), error.what(), {});
  } catch (const po::error& error) {
    throw ArgumentError("option", fmt::format("{}", fmt::join(arguments, " ")), error.what(), {});
  }
  if (settings.positional.size() > command.most_positional)
    throw ArgumentError("argument", settings.positional[command.most_positional],
                        fmt::format("too many arguments for attnlab {}", command.name),
                        command.arguments.empty() ? "options only" : command.arguments);
  if (settings.has("config")) read_configuration(command, settings.text("config"), settings);
  require_utf8(settings);
  for (const std::string_view name : command.options) {
    const Option& option = option_named(name);
    if (!option.fallback.empty()) settings.fall_back(std::string(name), std::string(option.fallback));
  }
  return settings;
}

std::string usage_of(const Command& command) {
  std::string usage = fmt::format("attnlab {}", command.name);
  if (!command.options.empty()) usage += " [options]";
  if (!command.arguments.empty()) usage += fmt::format(" {}", command.arguments);
  return usage;
}

std::string_view value_of(const Command& command, const Option& option) {
  return option.value == "LIST" && !command.takes_lists ? "VALUE" : option.value;
}

std::string help_of(const Command& command, const Option& option) {
  const auto own = command.texts.find(option.name);
  std::string text(own == command.texts.end() ? option.help : own->second);
  std::string fallback(option.fallback);
  if (const auto choices = command.choices.find(option.name); choices != command.choices.end()) {
    text += fmt::format(": {}", fmt::join(choices->second, ", "));
    fallback = choices->second.front();
  }
  if (!fallback.empty()) text += fmt::format(" ({})", fallback);
  return text;
}

std::vector<std::string> notes_of(const Command& command) {
  std::vector<std::string> notes;
  if (command.takes_lists) notes.emplace_back("LIST: a,b; numbers also as 64:512:+64, 1024:65536:x2.");
  if (std::any_of(command.options.begin(), command.options.end(),
                  [&](std::string_view name) { return help_of(command, option_named(name)).ends_with(')'); }))
    notes.emplace_back("In parentheses: the default.");
  return notes;
}

std::string help_text(const Command& command) {
  std::string text = fmt::format("usage: {}", usage_of(command));
  for (const std::string& note : notes_of(command)) text += "  " + note;
  text += fmt::format("\n{}\n", command.summary);
  for (const std::string_view name : command.options) {
    const Option& option = option_named(name);
    if (!option.needs.empty()) continue;
    std::string left = fmt::format("--{}", option.name);
    if (!option.value.empty()) left += fmt::format(" {}", value_of(command, option));
    for (const std::string_view other : command.options)
      if (option_named(other).needs == name) left += fmt::format(" [--{}]", other);
    text += fmt::format("  {:<23} {}\n", left, help_of(command, option));
  }
  if (!command.exit_status.empty()) text += fmt::format("Exit status: {}\n", command.exit_status);
  return text + fmt::format("Example: {}\n", command.example);
}

const std::vector<std::string_view>& cell_options() {
  static const std::vector<std::string_view> names{
      "backend",    "engine",     "variant",    "score",  "modifier", "pattern",       "normaliser",
      "seqlen",     "seqlen-k",   "cu-seqlens", "batch",  "heads",    "kv-heads",      "head-dim",
      "head-dim-v", "dtype",      "threads",    "input",  "seed",     "score-weights", "against",
      "rounds",     "max-rounds", "retries",    "budget", "min-time", "time-limit",    "memory-limit"};
  return names;
}

}  // namespace attnlab
