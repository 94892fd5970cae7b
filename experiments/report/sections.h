// The page's sections: a table, a row each, in the order of the page.
#pragma once

#include <string>
#include <vector>

#include "report/tables.h"

namespace attnlab {

/// What sections are made of.
struct Material {
  const Subject& subject;
  std::vector<Table> tables;

  /// The table with this id as HTML; `otherwise` (HTML) where there is none or it has no rows.
  std::string table(const std::string& id, const std::string& otherwise = "") const;
};

struct Section {
  const char* id;
  const char* title;
  /// What stands under the title, as HTML; empty: the section is left out.
  std::string (*body)(const Material& material);
  /// What its charts are drawn from, or null where they need nothing of their own: scripts find it as
  /// model.sections[id], and draw each `figure` by the function of drawers.js that it names.
  Json (*data)(const Material& material) = nullptr;
};

const std::vector<Section>& sections();

}  // namespace attnlab
