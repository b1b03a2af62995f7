#include "Variation.h"

#include "../evaluator/Sampling.h"

#include "llvm/CodeGen/MachineScheduler.h"

using namespace llvm;

namespace regalloc {

namespace {

// Bits of greedy's priorities: whether a live range is to be assigned, and whether it has a hint.
constexpr unsigned ToAssign = 1u << 31, Hinted = 1u << 30;

// How often each change is made, one in so many live ranges (docs/search.md).
constexpr uint64_t PutOffOneIn = 2, HintOneIn = 8, GlobalOneIn = 8;

// Numbers of their own, so that one change says nothing about another.
enum Change : uint64_t { PutOff, Hint, Global, Changes };

// How instructions are ordered. Draws take turns at it, so that a few of them have seen each way.
enum Order : uint64_t { AsUsual, Unscheduled, FromTop, Orders };

Order orderOf(int64_t Seed) { return static_cast<Order>(static_cast<uint64_t>(Seed) % Orders); }

bool isPicked(int64_t Seed, unsigned LiveRange, Change By, uint64_t OneIn) {
  return scramble(Seed, static_cast<uint64_t>(LiveRange) * Changes + By) % OneIn == 0;
}

} // namespace

bool Variation::leavesUnscheduled() const { return Seed && orderOf(*Seed) == Unscheduled; }

void Variation::direct(MachineSchedPolicy &Scheduling) const {
  if (!Seed || orderOf(*Seed) != FromTop)
    return;
  Scheduling.OnlyTopDown = true;
  Scheduling.OnlyBottomUp = false;
}

bool Variation::putsOff(unsigned LiveRange) const {
  return Seed && isPicked(*Seed, LiveRange, PutOff, PutOffOneIn);
}

unsigned Variation::order(unsigned Priority, unsigned GlobalBit, unsigned LiveRange) const {
  // What was split, or put off, comes last in any case.
  if (!Seed || !(Priority & ToAssign))
    return Priority;
  if (isPicked(*Seed, LiveRange, Hint, HintOneIn))
    Priority ^= Hinted;
  if (isPicked(*Seed, LiveRange, Global, GlobalOneIn))
    Priority ^= GlobalBit;
  return Priority;
}

} // namespace regalloc
