#include "cli/option_values.h"

#include "attnlab/engines/registry.h"
#include "attnlab/inputs/input_source.h"
#include "attnlab/variants/arguments.h"

namespace attnlab {

namespace {

using Words = std::vector<std::string>;

void add(Words& words, const std::vector<MemberInfo>& members) {
  for (const MemberInfo& member : members) words.emplace_back(member.example);
}

Words words_of(std::string_view option) {
  Words words;
  const bool variant = option == "variant" || option == "against";
  if (option == "backend" || option == "between")
    for (const Backend& backend : backends()) words.emplace_back(backend.name);
  if (option == "engine" || option == "between")
    for (const Engine* engine : engines()) words.emplace_back(engine->name());
  if (option == "score" || variant) add(words, score_infos());
  if (option == "modifier" || variant) add(words, modifier_infos());
  if (option == "pattern" || variant) add(words, pattern_infos());
  if (option == "normaliser" || variant) add(words, normaliser_infos());
  if (option == "dtype")
    for (const DType dtype : all_dtypes) words.emplace_back(to_string(dtype));
  if (option == "input")
    for (const InputInfo& input : input_infos())
      if (!input.name.starts_with("FILE"))
        words.emplace_back(input.name.substr(0, input.name.find("PREFIX")));
  return words;
}

}  // namespace

OptionValues values_of(const Command& command, const Option& option) {
  OptionValues values;
  if (const auto choices = command.choices.find(option.name); choices != command.choices.end())
    values.words = choices->second;
  else
    values.words = words_of(option.name);
  values.list = option.value == "LIST" || option.value == "A,B";
  values.files = option.value == "FILE" || option.value == "PATH" || option.value == "PREFIX";
  return values;
}

OptionValues argument_values(const Command& command) {
  OptionValues values;
  std::string_view shown = command.arguments;
  if (shown.find('|') == std::string_view::npos) {
    values.files = !shown.empty();
    return values;
  }
  if (shown.starts_with('[')) shown = shown.substr(1, shown.size() - 2);
  for (const std::string_view word : split_outside_parentheses(shown, '|')) values.words.emplace_back(word);
  return values;
}

}  // namespace attnlab
