#include "Cost.h"

#include "RegAllocScore.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/CodeGen/MachineBlockFrequencyInfo.h"
#include "llvm/CodeGen/MachineBranchProbabilityInfo.h"
#include "llvm/CodeGen/MachineDominators.h"
#include "llvm/CodeGen/MachineFunction.h"
#include "llvm/CodeGen/MachineLoopInfo.h"
#include "llvm/CodeGen/MachineRegisterInfo.h"
#include "llvm/CodeGen/TargetInstrInfo.h"
#include "llvm/CodeGen/TargetSubtargetInfo.h"
#include "llvm/Support/CommandLine.h"

#include <cmath>

using namespace llvm;
using regalloc::Cost;
using regalloc::Doubt;

namespace {

// One branch in so many goes anywhere, where counts are doubted.
constexpr uint32_t BranchesForOneByChance = 5;

cl::opt<double> LoadWeight("regalloc-search-load-weight", cl::Hidden, cl::init(1.0),
                           cl::desc("What a load costs"));
cl::opt<double> StoreWeight("regalloc-search-store-weight", cl::Hidden, cl::init(1.0),
                            cl::desc("What a store costs"));
cl::opt<double> CopyWeight("regalloc-search-copy-weight", cl::Hidden, cl::init(0.2),
                           cl::desc("What a copy between registers costs"));
cl::opt<double> RematWeight("regalloc-search-remat-weight", cl::Hidden, cl::init(0.2),
                            cl::desc("What a rematerialisable instruction costs"));
cl::opt<double> SaveWeight("regalloc-search-save-weight", cl::Hidden, cl::init(2.0),
                           cl::desc("What a callee-saved register costs that is used"));

size_t countSavedRegisters(const MachineFunction &MF) {
  const MachineRegisterInfo &MRI = MF.getRegInfo();
  size_t Count = 0;
  for (const MCPhysReg *Reg = MRI.getCalleeSavedRegs(); Reg && *Reg; ++Reg)
    Count += MRI.isPhysRegModified(*Reg);
  return Count;
}

// What was counted as never taken may be taken by another input. Exceptions become no likelier.
void makeLessCertain(MachineFunction &MF, const MachineBranchProbabilityInfo &MBPI) {
  auto Lands = [](const MachineBasicBlock *MBB) { return MBB->isEHPad(); };
  for (MachineBasicBlock &MBB : MF) {
    const uint32_t Ways = MBB.succ_size() - count_if(MBB.successors(), Lands);
    if (Ways < 2)
      continue;
    const uint32_t Each = BranchProbability::getDenominator() / BranchesForOneByChance / Ways;
    // All are read before one is set: one that is unknown is what the others leave.
    SmallVector<uint32_t, 8> Counted;
    for (auto Next = MBB.succ_begin(); Next != MBB.succ_end(); ++Next)
      Counted.push_back(MBPI.getEdgeProbability(&MBB, Next).getNumerator());
    auto Now = Counted.begin();
    for (auto Next = MBB.succ_begin(); Next != MBB.succ_end(); ++Next, ++Now)
      MBB.setSuccProbability(Next, BranchProbability::getRaw(*Now - *Now / BranchesForOneByChance +
                                                             (Lands(*Next) ? 0 : Each)));
    MBB.normalizeSuccProbs();
  }
}

Cost measureBy(const MachineFunction &MF, function_ref<double(const MachineBasicBlock &)> Frequency) {
  const TargetInstrInfo &TII = *MF.getSubtarget().getInstrInfo();
  RegAllocScore Counts = calculateRegAllocScore(
      MF, Frequency,
      [&](const MachineInstr &MI) { return TII.isTriviallyReMaterializable(MI); });
  return {Counts.loadCounts() + Counts.loadStoreCounts(),
          Counts.storeCounts() + Counts.loadStoreCounts(),
          Counts.copyCounts(),
          Counts.cheapRematCounts(),
          Counts.expensiveRematCounts(),
          static_cast<double>(countSavedRegisters(MF))};
}

Cost measureFlattened(const MachineFunction &MF, const MachineBlockFrequencyInfo &MBFI) {
  // A root is rounded alike everywhere, as other powers are not.
  return measureBy(MF, [&](const MachineBasicBlock &MBB) {
    return std::sqrt(MBFI.getBlockFreqRelativeToEntryBlock(&MBB));
  });
}

Cost measureLessCertain(MachineFunction &MF) {
  MachineBranchProbabilityInfo MBPI;
  makeLessCertain(MF, MBPI);
  MachineDominatorTree Dominators(MF);
  MachineLoopInfo Loops(Dominators);
  return measureFlattened(MF, MachineBlockFrequencyInfo(MF, MBPI, Loops));
}

} // namespace

Cost regalloc::measure(const MachineFunction &MF, const MachineBlockFrequencyInfo &MBFI) {
  return measureBy(MF, [&](const MachineBasicBlock &MBB) { return MBFI.getBlockFreqRelativeToEntryBlock(&MBB); });
}

Cost regalloc::measure(MachineFunction &MF, const MachineBlockFrequencyInfo &MBFI, Doubt Of) {
  switch (Of) {
  case Doubt::Nothing:
    return measure(MF, MBFI);
  case Doubt::Guesses:
    return measureFlattened(MF, MBFI);
  case Doubt::Counts:
    return measureLessCertain(MF);
  }
  llvm_unreachable("no such doubt");
}

double regalloc::score(const Cost &C) {
  return LoadWeight * C.Loads + StoreWeight * C.Stores + CopyWeight * C.Copies +
         RematWeight * (C.CheapRemats + C.ExpensiveRemats) + SaveWeight * C.SavedRegisters;
}
