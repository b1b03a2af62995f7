// What an allocated function is expected to execute because of its allocation.
#ifndef REGALLOC_COST_H
#define REGALLOC_COST_H

namespace llvm {
class MachineBlockFrequencyInfo;
class MachineFunction;
} // namespace llvm

namespace regalloc {

// Expected executions for each call of the function: every instruction counts with its block's
// frequency relative to the entry.
struct Cost {
  double Loads, Stores;                  // an instruction that does both counts as both
  double Copies;                         // between registers
  double CheapRemats, ExpensiveRemats;   // rematerialisable instructions, as LLVM tells them apart
  double SavedRegisters;                 // callee-saved registers that the function must save
};

// By block frequencies as they are, or by their roots, which differ less from one another.
enum class Frequencies { AsTheyAre, Flattened };

Cost measure(const llvm::MachineFunction &MF, const llvm::MachineBlockFrequencyInfo &MBFI, Frequencies By);

// The one number that a search makes smaller.
double score(const Cost &C);

} // namespace regalloc

#endif
