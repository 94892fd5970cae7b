// The variants and shapes on which every engine is tested.
#pragma once

#include <string>
#include <vector>

#include "attnlab/core/argument_error.h"
#include "attnlab/core/problem.h"
#include "attnlab/variants/variant.h"

namespace attnlab {

inline const Shape awkward_shapes[] = {
    {1, 1, 1, 1, 1, 1, 1},        {1, 1, 1, 9, 20, 1, 1},      {1, 1, 1, 1, 2, 3, 5},
    {1, 2, 1, 17, 17, 8, 8},      {2, 4, 2, 127, 127, 16, 24}, {1, 2, 2, 128, 128, 32, 32},
    {1, 1, 1, 129, 129, 40, 72},  {1, 2, 1, 511, 511, 16, 16}, {1, 1, 1, 512, 512, 64, 64},
    {1, 1, 1, 513, 513, 64, 64},  {1, 3, 1, 7, 1031, 80, 33},  {1, 1, 1, 197, 61, 24, 24},
    {1, 1, 1, 131, 2311, 16, 16}, {1, 4, 2, 3, 4200, 8, 8},    {1, 2, 2, 11, 2222, 72, 64},
};

/// Whether the pattern can have this shape: images have one number of keys.
inline bool fits(const Variant& variant, const Shape& shape) {
  try {
    validate(variant, shape);
    return true;
  } catch (const ArgumentError&) {
    return false;
  }
}

/// Whether `name` is one of the words of `names`.
inline bool is_of(std::string_view names, std::string_view name) {
  return (" " + std::string(names) + " ").find(" " + std::string(name) + " ") != std::string::npos;
}

/// Every member of the tables alone, and the interesting combinations.
inline std::vector<std::string> variants() {
  std::vector<std::string> names;
  for (const MemberInfo& score : score_infos()) {
    names.push_back(std::string(score.example) + "|causal|softmax");
    names.push_back(std::string(score.example) + "|entmax(1.5)");
  }
  for (const MemberInfo& modifier : modifier_infos()) {
    names.push_back("scaled_dot|" + std::string(modifier.example) + "|softmax");
    names.push_back("scaled_dot|" + std::string(modifier.example) + "|causal|entmax(1.5)");
  }
  // What a pattern hides depends on no normaliser, so most patterns are combined with one of each kind.
  for (const MemberInfo& pattern : pattern_infos())
    for (const MemberInfo& normaliser : normaliser_infos())
      if (is_of("full causal window", pattern.name) ||
          is_of("softmax sigmoid entmax topk_softmax", normaliser.name))
        names.push_back("scaled_dot|" + std::string(pattern.example) + "|" + std::string(normaliser.example));
  for (const char* name : {"scaled_dot|softcap(2)+alibi|causal&window(100)|softmax",
                           "scaled_dot|window(3,5)|sparsemax",
                           "dot|temperature(8)|!window(37)|entmax(1.5)",
                           "scaled_dot|(window(20)|chunk_local(64))&causal|softmax",
                           "scaled_dot|entmax(1.25)",
                           "scaled_dot|alibi(plain)|causal|softmax",
                           "scaled_dot|entmax(1.0000001)",
                           "scaled_dot|causal|entmax(1.001)",
                           "dot|window(40)|entmax(1.05)",
                           "scaled_dot|causal|entmax(1.75)",
                           "scaled_dot|entmax(2)",
                           "scaled_dot|causal&!causal|softmax",
                           "scaled_dot|causal&!causal|sparsemax",
                           "scaled_dot|softcap(2)+local_p(300)|causal|off_by_one",
                           "scaled_dot|gaussian(5)+adaptive_temperature+local_p(90)|softmax",
                           "scaled_dot|local_p(30)+log_n(0.7)|causal|softmax",
                           "dot|local_p(7)+gaussian(40)|window(90,30)|topk_softmax(8)",
                           "scaled_dot|local_p(0.4)|sparsemax",
                           "scaled_dot|t5_causal+log_n(0.3)|causal|relu2",
                           "scaled_dot|local_p(25)|oscarmax(0.01)",
                           "scaled_dot|neighbourhood(8,16,3)|softmax",
                           "scaled_dot|neighbourhood(27,19,5)|entmax(1.5)",
                           "scaled_dot|neighbourhood(32,16,9)&!causal|off_by_one",
                           "scaled_dot|causal&(sink(4)|window(120))|softmax",
                           "scaled_dot|causal&(sink(70)|window(33))|entmax(1.5)",
                           "scaled_dot|causal&!(dilated(30,2)|strided(9))|relu2",
                           "scaled_dot|local_p(90)|bigbird(16,3,1,2)|softmax",
                           "scaled_dot|log_n(0.4)|!fixed(20,3)|softmax",
                           "scaled_dot|(window(20)|global(3))|fusedmax(0.1)",
                           "scaled_dot|per_head(0:!sink(40),1-:strided(70)&window(300))|softmax"})
    names.emplace_back(name);
  return names;
}

}  // namespace attnlab
