// Allocates a function several times and keeps the allocation that costs least.
//
// Before a function's first live range is queued, or before its instructions are scheduled where draws change that,
// the compiler tries allocations one after the other, each in a process of its own (Trial.h): by LLVM's default
// heuristic, by the policy, and by draws (Choice.h). Then it makes the best of them itself. So no function gets worse
// by the score that is compared, a function in which the default has nobody to evict is tried once, and what is
// chosen depends on function, flags and seed alone.
#ifndef REGALLOC_SEARCH_H
#define REGALLOC_SEARCH_H

#include "Choice.h"
#include "Choices.h"
#include "Cost.h"
#include "Trial.h"
#include "Variation.h"

#include "llvm/ADT/STLFunctionalExtras.h"
#include "llvm/ADT/SmallVector.h"
#include "llvm/Analysis/TensorSpec.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <vector>

namespace llvm {
class FunctionPass;
class MachineBlockFrequencyInfo;
class MachineFunction;
} // namespace llvm

namespace regalloc {

class Policy;

enum class Decider { Default, Policy };

// Whether the command line asks for a search, or for the choices of one.
bool isSearching();

// The pass before the first that a draw can change.
llvm::FunctionPass *createSearchPass();

// Makes LLVM ask the advisors that search. The eviction advisor's unit has it.
void switchAdvisorsOn();

// A search belongs to one module's code generation, and so to one thread.
class Search {
public:
  explicit Search(const std::vector<llvm::TensorSpec> &Features);
  ~Search();
  Search(const Search &) = delete;
  Search &operator=(const Search &) = delete;

  // The one that this thread's allocation of a function belongs to; null without.
  static Search *find(const llvm::MachineFunction &MF);
  // What the allocation of a function that this thread makes changes.
  static const Variation &variation(const llvm::MachineFunction &MF);

  // Where the advisor writes the feature of this number.
  void *feature(size_t Index);

  // Block frequencies, by whoever computes them only when asked.
  using Frequencies = llvm::function_ref<const llvm::MachineBlockFrequencyInfo &()>;

  // A function is about to be scheduled. If draws change that, the trials are made here.
  void prepare(const llvm::MachineFunction &MF, Frequencies Of);

  // An allocation of a function begins, or another part of it.
  void enter(const llvm::MachineFunction &MF, const llvm::MachineBlockFrequencyInfo &MBFI);

  // Something is asked about the function. The first time, the trials are made, unless they were made before.
  void begin();

  // A decision is to be made: says by whom.
  Decider decide();

  // The policy's decision on the features.
  int64_t ask();

  // A function is allocated.
  void leave(const llvm::MachineFunction &MF, llvm::function_ref<Cost(Doubt)> Measure);

private:
  // Parts of the default's cost, by both kinds of frequencies.
  struct Remaining {
    double Counted, Doubted;
    double mean() const { return (Counted + Doubted) / 2; }
    double worst() const { return std::max(Counted, Doubted); }
  };

  bool canAsk() const;
  bool isWorthIt() const;
  Doubt doubts() const;
  bool isPromising() const;
  bool hasGained() const;
  void start(const llvm::MachineFunction &MF, Frequencies Of);
  void settle();
  bool isChosen();
  void tryAll();
  llvm::SmallVector<Choice, 2> listTurns() const;
  bool drawAll();
  Remaining remaining(const Outcome &Of) const;
  const Choice &best() const;
  void choose(const Choice &Chosen);
  bool tryOne(const Choice &Tried);
  void use(const Choice &Chosen);
  uint32_t checksum() const;

  static thread_local Search *Current;

  const std::unique_ptr<Policy> Asked; // null if none is there, or none is wanted
  const Choices *const Given; // null without a file of choices
  size_t OtherCode = 0, OtherPolicy = 0; // functions that it does not fit
  const llvm::MachineFunction *MF = nullptr; // being allocated
  const llvm::MachineBlockFrequencyInfo *MBFI = nullptr; // once the function's trials may begin
  std::optional<double> Share;                           // of what a profile counted
  // How far the function has come: nothing was asked; the file of choices was; it has its allocation.
  enum { Fresh, Settled, Begun } Stage = Fresh;
  std::optional<ChosenFor> About; // where there is a file of choices
  Cost Floor{}; // before the first trial: nothing is spilled yet
  Choice Made;
  Variation Varied;
  uint64_t Decisions = 0, MostDecisions = 0; // in this allocation
  std::optional<Trial> Here;                 // in a trial's process
  // What was tried of this function, the default first.
  std::vector<std::pair<Choice, Outcome>> Tried;
};

} // namespace regalloc

#endif
