// What a draw changes around the decisions of an allocation.
//
// Whom to evict is one of many choices that decide an allocation. A draw leaves that to the policy and changes
// others. In the greedy allocator it changes, each for some live ranges, when a live range is allocated, and whether
// it is spilled as soon as nothing else helps or after all others have had their turn. Before that, it changes the
// order of instructions, by which live ranges are longer or shorter: it leaves a function unscheduled, or has it
// scheduled from the top. All is a function of the draw's seed and the live range.
#ifndef REGALLOC_VARIATION_H
#define REGALLOC_VARIATION_H

#include <cstdint>
#include <optional>

namespace llvm {
struct MachineSchedPolicy;
} // namespace llvm

namespace regalloc {

class Variation {
public:
  // None: all stays as it is.
  Variation() = default;
  explicit Variation(int64_t Seed) : Seed(Seed) {}

  // Whether instructions stay in the order that they have before scheduling.
  bool leavesUnscheduled() const;

  // What is changed in how instructions are scheduled.
  void direct(llvm::MachineSchedPolicy &Scheduling) const;

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
