#include "definitions/call.h"

#include <cctype>

namespace definitions {

double Call::argument(std::size_t place, double otherwise) const {
  return place < arguments.size() ? arguments[place] : otherwise;
}

Call read_call(const std::string& text) {
  const std::size_t open = text.find('(');
  Call call{text.substr(0, open), {}};
  if (open == std::string::npos) return call;
  call.texts = split(text.substr(open + 1, text.rfind(')') - open - 1), ',');
  for (const std::string& argument : call.texts)
    if (std::isalpha(static_cast<unsigned char>(argument.at(0))))
      call.word = argument;
    else
      call.arguments.push_back(std::stod(argument));
  return call;
}

std::vector<std::string> split(const std::string& text, char separator) {
  std::vector<std::string> parts(1);
  int depth = 0;
  for (const char c : text) {
    depth += (c == '(') - (c == ')');
    if (c == separator && depth == 0)
      parts.emplace_back();
    else if (c != ' ')
      parts.back() += c;
  }
  return parts;
}

}  // namespace definitions
