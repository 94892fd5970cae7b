// The table of the page's sections, in the order of the page.
#pragma once

#include <string>
#include <vector>

#include "report/against.h"
#include "report/tables.h"

namespace attnlab {

/// The data from which sections are made.
struct Material {
  const Subject& subject;
  const Against& against;
  std::vector<Table> tables;

  /// The table with this id.
  const Table& table_named(const std::string& id) const;

  /// The table with this id as HTML; `otherwise` (HTML) if it is missing or has no rows.
  std::string table(const std::string& id, const std::string& otherwise = "") const;
};

struct Section {
  const char* id;
  const char* title;
  /// The section below its title, as HTML; empty: the section is left out.
  std::string (*body)(const Material& material);
  bool folded = false;  ///< closed until the reader opens it
  /// The data of its charts; null if they need no data of their own. Scripts read it as model.sections[id]
  /// and draw each `figure` with the function of drawers.js that it names.
  Json (*data)(const Material& material) = nullptr;
};

const std::vector<Section>& sections();

}  // namespace attnlab
