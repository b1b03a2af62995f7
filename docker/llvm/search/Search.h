// Allocates a function several times and keeps the allocation that costs least.
//
// At a function's first eviction decision the compiler tries allocations one after the other, each in a
// process of its own (Trial.h): by LLVM's default heuristic, by the policy, and by draws of the policy. Then
// it makes the best of them itself. So no function gets worse by the score that is compared, a function
// without a decision costs nothing, and what is chosen depends on function, flags and seed alone.
#ifndef REGALLOC_SEARCH_H
#define REGALLOC_SEARCH_H

#include "Choice.h"
#include "Choices.h"
#include "Cost.h"
#include "Trial.h"

#include "llvm/ADT/STLFunctionalExtras.h"
#include "llvm/Analysis/TensorSpec.h"

#include <memory>
#include <optional>
#include <vector>

namespace llvm {
class MachineBlockFrequencyInfo;
class MachineFunction;
} // namespace llvm

namespace regalloc {

class Policy;

enum class Decider { Default, Policy };

// Whether the command line asks for a search, or for the choices of one.
bool isSearching();

// Makes LLVM ask the advisor that searches. The advisor's unit has it.
void switchAdvisorOn();

// A search belongs to one module's code generation, and so to one thread.
class Search {
public:
  explicit Search(const std::vector<llvm::TensorSpec> &Features);
  ~Search();

  // Where the advisor writes the feature of this number.
  void *feature(size_t Index);

  // An allocation of a function begins, or another part of it.
  void enter(const llvm::MachineFunction &MF, const llvm::MachineBlockFrequencyInfo &MBFI);

  // A decision about a live range is to be made: says by whom. At a function's first one the trials are
  // made.
  Decider decide(unsigned LiveRange);

  // The policy's decision on the features.
  int64_t ask();

  // A function is allocated.
  void leave(const llvm::MachineFunction &MF, llvm::function_ref<Cost()> Measure);

private:
  bool canAsk() const;
  bool isWorthIt() const;
  bool isPromising() const;
  bool hasGained() const;
  bool isChosen();
  bool isPolicysTurn() const;
  void setUp(const Choice &Chosen);
  void tryAll();
  bool drawAll(unsigned Count);
  bool climb(unsigned Count);
  const Choice &best() const;
  void choose(const Choice &Chosen);
  bool tryOne(const Choice &Tried);
  void use(const Choice &Chosen);

  std::unique_ptr<Policy> Asked;
  const Choices *const Given; // null without a file of choices
  size_t OtherCode = 0, OtherPolicy = 0; // functions that it does not fit
  const llvm::MachineFunction *MF = nullptr; // being allocated
  const llvm::MachineBlockFrequencyInfo *MBFI = nullptr;
  bool HasDecided = false;
  Cost Floor{}; // before the first decision: nothing is spilled yet
  Choice Current;
  uint64_t Decisions = 0, MostDecisions = 0; // in this allocation
  std::optional<Trial> Here;                 // in a trial's process
  // What was tried of this function. The best is the first of those that cost least.
  std::vector<std::pair<Choice, Outcome>> Tried;
};

} // namespace regalloc

#endif
