#include "attnlab/engines/engine.h"

namespace attnlab {

FilterCounts& FilterCounts::operator+=(const FilterCounts& other) {
  rows += other.rows;
  approximated_rows += other.approximated_rows;
  appended += other.appended;
  passed += other.passed;
  support += other.support;
  solves += other.solves;
  whole_rows += other.whole_rows;
  return *this;
}

}  // namespace attnlab
