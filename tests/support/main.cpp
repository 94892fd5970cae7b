// Runs the tests at the level that ATTNLAB_ISA names. Exits with status 77 (skipped) if the machine lacks it.
#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>

#include "attnlab/core/argument_error.h"
#include "attnlab/core/isa.h"

int main(int argc, char** argv) {
  ::testing::InitGoogleTest(&argc, argv);
  if (const char* level = std::getenv("ATTNLAB_ISA"); level != nullptr && *level != '\0') {
    try {
      attnlab::force_isa_level(attnlab::parse_isa_level(level));
    } catch (const attnlab::ArgumentError& error) {
      std::printf("skipped: %s\n", error.what());
      return 77;
    }
  }
  return RUN_ALL_TESTS();
}
