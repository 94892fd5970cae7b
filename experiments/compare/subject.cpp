#include "compare/subject.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "compare/noise_floor.h"
#include "records/analysis.h"

namespace attnlab {

bool Subject::is_of(const Json& record, std::size_t index) const {
  return names.size() == 1 || text_at(record, "run") == (index == 0 ? "A" : "B");
}

double Subject::floor() const {
  std::optional<double> largest;
  for (const auto& floor : floors)
    if (floor) largest = std::max(largest.value_or(0), *floor);
  return largest.value_or(default_noise_floor);
}

Subject make_subject(std::vector<Run> runs, bool force, std::optional<std::string> baseline) {
  Subject subject;
  subject.baseline = std::move(baseline);
  for (const Run& run : runs) {
    subject.names.push_back(run.name);
    subject.floors.push_back(noise_floor(run.records.cells, run.records.twins));
  }
  if (runs.size() == 2) {
    subject.comparison = compare_runs(runs[0].records.cells, runs[1].records.cells, subject.floor(), force);
    for (std::size_t at = 0; at < runs.size(); ++at)
      for (std::vector<Json>* records : {&runs[at].records.cells, &runs[at].records.twins})
        for (Json& record : *records) record["run"] = at == 0 ? "A" : "B";
  }
  for (Run& run : runs) {
    std::move(run.records.cells.begin(), run.records.cells.end(), std::back_inserter(subject.records));
    std::move(run.records.twins.begin(), run.records.twins.end(), std::back_inserter(subject.twins));
  }
  return subject;
}

}  // namespace attnlab
