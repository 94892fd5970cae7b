#include "attnlab/variants/external.h"

#include <algorithm>
#include <mutex>
#include <string>

#include "attnlab/core/argument_error.h"
#include "attnlab/variants/modifier.h"
#include "attnlab/variants/normaliser.h"
#include "attnlab/variants/pattern.h"
#include "attnlab/variants/score.h"

namespace attnlab {

namespace {

/// The members of one table, under a lock.
template <class Functions>
class Added {
 public:
  void add(const Functions& functions) {
    const std::lock_guard lock(mutex_);
    all_.push_back(&functions);
  }
  const Functions* find(std::string_view name) const {
    const std::lock_guard lock(mutex_);
    const auto found = std::find_if(all_.begin(), all_.end(),
                                    [&](const Functions* member) { return member->info.name == name; });
    return found == all_.end() ? nullptr : *found;
  }
  std::vector<MemberInfo> infos() const {
    const std::lock_guard lock(mutex_);
    std::vector<MemberInfo> infos;
    for (const Functions* member : all_) infos.push_back(member->info);
    return infos;
  }

 private:
  mutable std::mutex mutex_;
  std::vector<const Functions*> all_;
};

template <class Functions>
Added<Functions>& added() {
  static Added<Functions> members;
  return members;
}

void require_free_name(std::string_view name) {
  const auto allowed = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_'; };
  if (name.empty() || !std::all_of(name.begin(), name.end(), allowed))
    throw ArgumentError("member", name, "not a name", "lower-case letters, digits and underscores");
  for (const auto& infos : {score_infos(), modifier_infos(), pattern_infos(), normaliser_infos()})
    for (const MemberInfo& info : infos)
      if (info.name == name) throw ArgumentError("member", name, "the name is taken", "a new name");
}

}  // namespace

void register_functions(const ExternalModifierFunctions& functions) {
  require_free_name(functions.info.name);
  added<ExternalModifierFunctions>().add(functions);
}

void register_functions(const ExternalNormaliserFunctions& functions) {
  require_free_name(functions.info.name);
  added<ExternalNormaliserFunctions>().add(functions);
}

const ExternalModifierFunctions* find_external_modifier(std::string_view name) {
  return added<ExternalModifierFunctions>().find(name);
}
const ExternalNormaliserFunctions* find_external_normaliser(std::string_view name) {
  return added<ExternalNormaliserFunctions>().find(name);
}

std::vector<MemberInfo> external_modifier_infos() { return added<ExternalModifierFunctions>().infos(); }
std::vector<MemberInfo> external_normaliser_infos() { return added<ExternalNormaliserFunctions>().infos(); }

}  // namespace attnlab
