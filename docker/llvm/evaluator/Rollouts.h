// Several rollouts of a module in one compile: the compiler makes each of them from a function's first
// decision to its score, and goes back to that decision for the next. What comes before, most of code
// generation, is done once.
//
// Functions share no state between their register allocations, and a draw depends on the seed and the
// observation alone, so each rollout's log is what a compile of its own would have written.
#ifndef REGALLOC_ROLLOUTS_H
#define REGALLOC_ROLLOUTS_H

#include "llvm/ADT/ArrayRef.h"
#include "llvm/Support/raw_ostream.h"

#include <memory>
#include <string>

namespace regalloc {
namespace rollouts {

// The policies of the rollouts beside the compile's own, and where their logs go: one for one.
llvm::ArrayRef<std::string> models();
llvm::ArrayRef<std::string> logs();

// Opens one of those logs, empty.
std::unique_ptr<llvm::raw_fd_ostream> openLog(const std::string &Path);

// A logger says that the next decision is a function's first.
void enterFunction();

// Says that a decision is to be made, and returns under which policy: 0 under the compile's own, which
// comes last, 1 upwards under those beside it.
size_t decide();

// The rollout being made, and how many decisions it and the functions before it have.
size_t current();
size_t decisions();

// A logger has recorded the function's score: returns for the compile's own rollout, and else goes on
// with the next one.
void leaveFunction();

} // namespace rollouts
} // namespace regalloc

#endif
