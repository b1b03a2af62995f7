// How a function is allocated.
#ifndef REGALLOC_CHOICE_H
#define REGALLOC_CHOICE_H

#include <cstdint>

namespace regalloc {

struct Choice {
  // By LLVM's heuristic; by the policy; by the policy in a greedy allocator that a draw changes
  // (Variation.h), or by the heuristic there if no policy is asked.
  enum Kind { Default, Greedy, Draw } By = Default;
  int64_t Seed = 0; // of a draw
};

} // namespace regalloc

#endif
