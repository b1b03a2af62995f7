#include "Cost.h"

#include "RegAllocScore.h"
#include "llvm/CodeGen/MachineBlockFrequencyInfo.h"
#include "llvm/CodeGen/MachineFunction.h"
#include "llvm/CodeGen/MachineRegisterInfo.h"
#include "llvm/CodeGen/TargetInstrInfo.h"
#include "llvm/CodeGen/TargetSubtargetInfo.h"
#include "llvm/Support/CommandLine.h"

#include <cmath>

using namespace llvm;

namespace {

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

} // namespace

regalloc::Cost regalloc::measure(const MachineFunction &MF, const MachineBlockFrequencyInfo &MBFI, Frequencies By) {
  const TargetInstrInfo &TII = *MF.getSubtarget().getInstrInfo();
  RegAllocScore Counts = calculateRegAllocScore(
      MF,
      [&](const MachineBasicBlock &MBB) {
        double Frequency = MBFI.getBlockFreqRelativeToEntryBlock(&MBB);
        // A root is rounded alike everywhere, as other powers are not.
        return By == Frequencies::Flattened ? std::sqrt(Frequency) : Frequency;
      },
      [&](const MachineInstr &MI) { return TII.isTriviallyReMaterializable(MI); });
  return {Counts.loadCounts() + Counts.loadStoreCounts(),
          Counts.storeCounts() + Counts.loadStoreCounts(),
          Counts.copyCounts(),
          Counts.cheapRematCounts(),
          Counts.expensiveRematCounts(),
          static_cast<double>(countSavedRegisters(MF))};
}

double regalloc::score(const Cost &C) {
  return LoadWeight * C.Loads + StoreWeight * C.Stores + CopyWeight * C.Copies +
         RematWeight * (C.CheapRemats + C.ExpensiveRemats) + SaveWeight * C.SavedRegisters;
}
