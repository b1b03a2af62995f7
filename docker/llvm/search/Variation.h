// What a draw changes in the greedy allocator.
//
// Whom to evict is one of many choices that decide an allocation. A draw leaves that to the policy and changes
// others, each for some live ranges: when a live range is allocated, and whether it is spilled as soon as nothing
// else helps or after all others have had their turn. All is a function of the draw's seed and the live range.
#ifndef REGALLOC_VARIATION_H
#define REGALLOC_VARIATION_H

#include <cstdint>
#include <optional>

namespace regalloc {

class Variation {
public:
  // None: all stays as it is.
  Variation() = default;
  explicit Variation(int64_t Seed) : Seed(Seed) {}

  // Whether a live range is spilled last. Many then find a register that others left.
  bool putsOff(unsigned LiveRange) const;

  // The place in the queue of a live range, given the one that greedy has for it. GlobalBit has the bit by which
  // ranges over several blocks come before local ones.
  unsigned order(unsigned Priority, unsigned GlobalBit, unsigned LiveRange) const;

private:
  std::optional<int64_t> Seed;
};

} // namespace regalloc

#endif
