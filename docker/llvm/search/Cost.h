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

// By block frequencies as they are.
Cost measure(const llvm::MachineFunction &MF, const llvm::MachineBlockFrequencyInfo &MBFI);

// Which frequencies are doubted. Doubted guesses are replaced by their roots. Doubted counts are replaced by the roots of
// the frequencies that blocks would have if one branch in five went anywhere. Either way blocks differ less.
enum class Doubt { Nothing, Guesses, Counts };

// To doubt counts changes the function's probabilities: only a trial's process may do that.
Cost measure(llvm::MachineFunction &MF, const llvm::MachineBlockFrequencyInfo &MBFI, Doubt Of);

// The one number that a search makes smaller.
double score(const Cost &C);

} // namespace regalloc

#endif
