// How a function is allocated.
#ifndef REGALLOC_CHOICE_H
#define REGALLOC_CHOICE_H

#include <cstdint>

namespace regalloc {

struct Choice {
  // By LLVM's heuristic, by the policy's highest ratings, or by a sample of its ratings.
  enum Kind { Default, Greedy, Sample } By = Default;
  // Whether the greedy allocator around the decisions is changed by chance as well (Variation.h).
  bool IsVaried = false;
  int64_t Seed = 0; // of a sample, or of a variation

  bool isDraw() const { return By == Sample || IsVaried; }
};

} // namespace regalloc

#endif
