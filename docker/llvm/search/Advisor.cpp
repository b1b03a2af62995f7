// LLVM's policy-driven eviction advisor, and beside it one that searches.
//
// LLVM's unit is a part of this one, because its advisor is visible in it alone. The two functions by which
// the rest of LLVM reaches it are ours then, and pass on what is no search.

#define createReleaseModeAdvisor createPolicyAdvisor
#define createRegAllocScoringPass createTrainingScoringPass
namespace llvm {
class FunctionPass;
class RegAllocEvictionAdvisorAnalysis;
RegAllocEvictionAdvisorAnalysis *createPolicyAdvisor();
} // namespace llvm
#include "MLRegAllocEvictAdvisor.cpp"
#undef createReleaseModeAdvisor
#undef createRegAllocScoringPass
namespace llvm {
RegAllocEvictionAdvisorAnalysis *createReleaseModeAdvisor();
FunctionPass *createRegAllocScoringPass();
} // namespace llvm

#include "RegAllocPriorityAdvisor.h"
#include "Search.h"

#include "llvm/CodeGen/LazyMachineBlockFrequencyInfo.h"

using regalloc::Decider;
using regalloc::Doubt;
using regalloc::Search;

namespace {

// Asks the search's policy where LLVM's advisor asks a model.
class SearchRunner : public MLModelRunner {
public:
  SearchRunner(LLVMContext &Context, const std::vector<TensorSpec> &Features, Search &Owner)
      : MLModelRunner(Context, Kind::Release, Features.size()), Owner(Owner) {
    for (size_t I = 0; I < Features.size(); ++I)
      setUpBufferForTensor(I, Features[I], Owner.feature(I));
  }

private:
  void *evaluateUntyped() override {
    Decision = Owner.ask();
    return &Decision;
  }

  Search &Owner;
  int64_t Decision = 0;
};

// Has each decision made by the one whom the search says.
class SearchAdvisor : public RegAllocEvictionAdvisor {
public:
  SearchAdvisor(const MachineFunction &MF, const RAGreedy &RA, Search &Owner, MLModelRunner *Runner,
                const MachineBlockFrequencyInfo &MBFI, const MachineLoopInfo &Loops)
      : RegAllocEvictionAdvisor(MF, RA), Owner(Owner), Default(MF, RA), Policy(MF, RA, Runner, MBFI, Loops) {}

private:
  MCRegister tryFindEvictionCandidate(const LiveInterval &VirtReg, const AllocationOrder &Order,
                                      uint8_t CostPerUseLimit,
                                      const SmallVirtRegSet &FixedRegisters) const override {
    bool IsDefault = Owner.decide() == Decider::Default;
    const RegAllocEvictionAdvisor &Asked = IsDefault ? static_cast<const RegAllocEvictionAdvisor &>(Default) : Policy;
    return Asked.tryFindEvictionCandidate(VirtReg, Order, CostPerUseLimit, FixedRegisters);
  }

  bool canEvictHintInterference(const LiveInterval &VirtReg, MCRegister PhysReg,
                                const SmallVirtRegSet &FixedRegisters) const override {
    return static_cast<const RegAllocEvictionAdvisor &>(Default).canEvictHintInterference(VirtReg, PhysReg,
                                                                                        FixedRegisters);
  }

  Search &Owner;
  const DefaultEvictionAdvisor Default;
  const MLEvictAdvisor Policy;
};

class SearchAnalysis final : public RegAllocEvictionAdvisorAnalysis {
public:
  SearchAnalysis()
      : RegAllocEvictionAdvisorAnalysis(AdvisorMode::Release),
        Features{RA_EVICT_FEATURES_LIST(_DECL_FEATURES)}, Owned(Features) {}

  void prepare(const MachineFunction &MF, Search::Frequencies Of) { Owned.prepare(MF, Of); }

  void leave(MachineFunction &MF, const MachineBlockFrequencyInfo &MBFI) {
    Owned.leave(MF, [&](Doubt Of) { return measure(MF, MBFI, Of); });
  }

private:
  void getAnalysisUsage(AnalysisUsage &AU) const override {
    AU.addRequired<MachineBlockFrequencyInfoWrapperPass>();
    AU.addRequired<MachineLoopInfoWrapperPass>();
    RegAllocEvictionAdvisorAnalysis::getAnalysisUsage(AU);
  }

  std::unique_ptr<RegAllocEvictionAdvisor> getAdvisor(const MachineFunction &MF, const RAGreedy &RA) override {
    const auto &MBFI = getAnalysis<MachineBlockFrequencyInfoWrapperPass>().getMBFI();
    if (!Runner)
      Runner = std::make_unique<SearchRunner>(MF.getFunction().getContext(), Features, Owned);
    Owned.enter(MF, MBFI);
    return std::make_unique<SearchAdvisor>(MF, RA, Owned, Runner.get(), MBFI,
                                           getAnalysis<MachineLoopInfoWrapperPass>().getLI());
  }

  const std::vector<TensorSpec> Features;
  Search Owned;
  std::unique_ptr<MLModelRunner> Runner;
};

// Tells the search what an allocation costs, where there is one.
class SearchScoring : public RegAllocScoring {
  StringRef getPassName() const override { return "Register Allocation Search Scoring"; }

  bool runOnMachineFunction(MachineFunction &MF) override {
    auto &Advisor = getAnalysis<RegAllocEvictionAdvisorAnalysis>();
    auto *Searching = dynamic_cast<SearchAnalysis *>(&Advisor);
    if (!Searching)
      return RegAllocScoring::runOnMachineFunction(MF);
    Searching->leave(MF, getAnalysis<MachineBlockFrequencyInfoWrapperPass>().getMBFI());
    return false;
  }
};

// Has trials begin where a draw can change what comes before the allocation.
class SearchPass : public MachineFunctionPass {
public:
  static char ID;
  SearchPass() : MachineFunctionPass(ID) {}

private:
  StringRef getPassName() const override { return "Register Allocation Search"; }

  void getAnalysisUsage(AnalysisUsage &AU) const override {
    AU.setPreservesAll();
    AU.addRequired<LazyMachineBlockFrequencyInfoPass>();
    MachineFunctionPass::getAnalysisUsage(AU);
  }

  bool runOnMachineFunction(MachineFunction &MF) override {
    // Not required: its own analyses are those that are there when it is required first.
    auto *Advisor = getAnalysisIfAvailable<RegAllocEvictionAdvisorAnalysis>();
    if (auto *Searching = dynamic_cast<SearchAnalysis *>(Advisor))
      Searching->prepare(MF, [&]() -> const MachineBlockFrequencyInfo & {
        return getAnalysis<LazyMachineBlockFrequencyInfoPass>().getBFI();
      });
    return false;
  }
};

char SearchPass::ID;

} // namespace

FunctionPass *regalloc::createSearchPass() { return new SearchPass(); }

RegAllocEvictionAdvisorAnalysis *llvm::createReleaseModeAdvisor() {
  return regalloc::isSearching() ? new SearchAnalysis() : createPolicyAdvisor();
}

FunctionPass *llvm::createRegAllocScoringPass() { return new SearchScoring(); }

// A mode that is named on the command line behind the search is obeyed.
template <typename Mode> static void beRelease(StringRef Option) {
  cl::Option *Found = cl::getRegisteredOptions().lookup(Option);
  if (Found && !Found->getNumOccurrences())
    static_cast<cl::opt<Mode> *>(Found)->setValue(Mode::Release);
}

void regalloc::switchAdvisorsOn() {
  beRelease<RegAllocEvictionAdvisorAnalysis::AdvisorMode>("regalloc-enable-advisor");
  beRelease<RegAllocPriorityAdvisorAnalysis::AdvisorMode>("regalloc-enable-priority-advisor");
}
