// Who decides in one allocation of a function.
#ifndef REGALLOC_CHOICE_H
#define REGALLOC_CHOICE_H

#include <cstdint>
#include <vector>

namespace regalloc {

struct Choice {
  enum Kind { Default, Greedy, Draw } By = Default; // LLVM's heuristic, the policy, a draw of it
  int64_t Seed = 0;                                 // of a draw

  // Some decisions are changed: for each of these seeds, one in 2^Rarity live ranges, which the seed
  // picks, is decided about by a draw with that seed. The last seed that picks a live range counts.
  std::vector<int64_t> Changes;
  unsigned Rarity = 0;
};

} // namespace regalloc

#endif
