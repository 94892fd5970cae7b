#include "records/value_type.h"

#include <algorithm>

namespace attnlab {

namespace {

template <class Is>
bool is_list(const Json& value, Is is) {
  return value.is_array() && std::all_of(value.begin(), value.end(), is);
}

}  // namespace

const char* name_of(Type type) {
  switch (type) {
    case Type::text:
      return "a string";
    case Type::whole:
      return "a whole number";
    case Type::number:
      return "a number";
    case Type::boolean:
      return "true or false";
    case Type::numbers:
      return "a list of numbers";
    case Type::wholes:
      return "a list of whole numbers";
    case Type::objects:
      return "a list of objects";
    case Type::texts:
      return "a list of strings";
    case Type::object:
      return "an object";
  }
  return "";
}

bool has_type(const Json& value, Type type) {
  switch (type) {
    case Type::text:
      return value.is_string();
    case Type::whole:
      return value.is_number_integer();
    case Type::number:
      return value.is_number();
    case Type::boolean:
      return value.is_boolean();
    case Type::numbers:
      return is_list(value, [](const Json& item) { return item.is_number(); });
    case Type::wholes:
      return is_list(value, [](const Json& item) { return item.is_number_integer(); });
    case Type::objects:
      return is_list(value, [](const Json& item) { return item.is_object(); });
    case Type::texts:
      return is_list(value, [](const Json& item) { return item.is_string(); });
    case Type::object:
      return value.is_object();
  }
  return false;
}

}  // namespace attnlab
