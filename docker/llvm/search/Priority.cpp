// LLVM's policy-driven priority advisor, and beside it one that asks a search for the order of live ranges.
//
// LLVM's unit is a part of this one. The function by which the rest of LLVM reaches it is ours then, and passes
// on what is no search.

#define createReleaseModePriorityAdvisor createPolicyPriorityAdvisor
namespace llvm {
class RegAllocPriorityAdvisorAnalysis;
RegAllocPriorityAdvisorAnalysis *createPolicyPriorityAdvisor();
} // namespace llvm
#include "MLRegAllocPriorityAdvisor.cpp"
#undef createReleaseModePriorityAdvisor
namespace llvm {
RegAllocPriorityAdvisorAnalysis *createReleaseModePriorityAdvisor();
} // namespace llvm

#include "RegAllocGreedy.h"
#include "Search.h"

using regalloc::Search;

namespace {

class SearchPriorityAdvisor : public RegAllocPriorityAdvisor {
public:
  SearchPriorityAdvisor(const MachineFunction &MF, const RAGreedy &RA, SlotIndexes *Indexes)
      : RegAllocPriorityAdvisor(MF, RA, Indexes), MF(MF), Default(MF, RA, Indexes) {}

private:
  unsigned getPriority(const LiveInterval &LI) const override {
    // Bits of greedy's priorities.
    const unsigned GlobalBit = 1u << (RegClassPriorityTrumpsGlobalness ? 24 : 29);
    if (Search *Asked = Search::find(MF))
      Asked->begin();
    // LLVM counts these over all functions of a process, threads together.
    if (RA.getExtraInfo().getStage(LI) == RS_Memory)
      return PutOff++;
    unsigned Priority = static_cast<const RegAllocPriorityAdvisor &>(Default).getPriority(LI);
    return Search::variation(MF).order(Priority, GlobalBit, LI.reg().virtRegIndex());
  }

  const MachineFunction &MF;
  const DefaultPriorityAdvisor Default;
  mutable unsigned PutOff = 0; // live ranges so far
};

class SearchPriorityAnalysis final : public RegAllocPriorityAdvisorAnalysis {
public:
  SearchPriorityAnalysis() : RegAllocPriorityAdvisorAnalysis(AdvisorMode::Release) {}

private:
  void getAnalysisUsage(AnalysisUsage &AU) const override {
    AU.addRequired<SlotIndexesWrapperPass>();
    RegAllocPriorityAdvisorAnalysis::getAnalysisUsage(AU);
  }

  std::unique_ptr<RegAllocPriorityAdvisor> getAdvisor(const MachineFunction &MF, const RAGreedy &RA) override {
    return std::make_unique<SearchPriorityAdvisor>(MF, RA, &getAnalysis<SlotIndexesWrapperPass>().getSI());
  }
};

} // namespace

RegAllocPriorityAdvisorAnalysis *llvm::createReleaseModePriorityAdvisor() {
  return regalloc::isSearching() ? new SearchPriorityAnalysis() : createPolicyPriorityAdvisor();
}
